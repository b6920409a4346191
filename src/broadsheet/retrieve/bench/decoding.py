"""How fast semantic IDs are decoded under constraints, beside transformers with the same model and the same answers."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, over_seeds, run_tasks
from broadsheet.core.bench.probe import beside_probes
from broadsheet.core.errors import RecordError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.retrieve.bench.oracle import Oracle, Rectokens, allowed_tokens, has_rectokens
from broadsheet.retrieve.decoding import Filter, LiveTrie, Scorer, Trie, beam
from broadsheet.retrieve.decoding.beam import Allowed, Beams, spread, step
from broadsheet.retrieve.model.depth import DepthDecoder

WIDTH, SIZE = 128, 256
SMALL = 12_101


class DecodingPlan(NamedTuple):
    """What is timed: catalogues of these sizes, one request at a time with a beam of `single`, and `batch` at once with a beam of `wide`."""

    sizes: tuple[int, ...] = (SMALL, 1_000_000, 10_000_000)
    batch: int = 32
    wide: int = 50
    single: int = 20
    requests: int = 200
    seeds: int = 3
    budget_minutes: float | None = None


def bench_decoding(plan: DecodingPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Time every row; the model is random, the same for all."""
    tasks: list[Task] = []
    for seed in range(plan.seeds):
        facts = {"batch": plan.batch, "wide": plan.wide, "requests": plan.requests, "single": plan.single}
        tasks += [
            Task("equal answers", name, seed, facts, _probed(measure, plan, seed)) for name, measure in (("a step", _a_step), ("end to end", _end_to_end))
        ]
        if has_rectokens():
            tasks.append(Task("equal answers", "a step, rectokens", seed, facts, _probed(_beside_rectokens, plan, seed)))
        for size in plan.sizes:
            tasks.append(Task(f"{size:,} items", "one request", seed, {**facts, "size": size}, _probed(_sized(size), plan, seed)))
    outcome = run_tasks("retrieve-decoding", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"A random decoder of width {WIDTH}, {SIZE} codes a level; answers of both are compared before anything is timed. Theirs: beam search of transformers, or rectokens on CPU.",
        "A step: what is done beside the model, for all beams of a batch, at each level in turn; mask: that without the choice of the best. Times are seconds, the median; p99 over requests.",
    )
    if not has_rectokens():
        notes += ("No row of rectokens: it is not installed here. Run: pip install --no-deps rectokens",)
    return Bench.of("retrieve-decoding", command, outcome, _summary(outcome), data={"items": SMALL}, seeds=plan.seeds, notes=notes)


def _probed(measure: Callable[[DecodingPlan, int], dict[str, float]], plan: DecodingPlan, seed: int) -> Callable[[], Measured]:
    return beside_probes(lambda: Measured(measure(plan, seed), models={"decoder": f"random, width {WIDTH}"}))


def drawn(count: int, levels: int, seed: int) -> np.ndarray:
    """Return distinct random semantic IDs `[N, L]`."""
    rng = generator(seed, "decoding")
    keys = np.unique(rng.integers(SIZE**levels, size=int(count * 1.1) + 10))
    keys = rng.permutation(keys)[:count]
    return np.stack([keys // SIZE**level % SIZE for level in range(levels)], axis=1)


def _decoder(levels: int, requests: int, seed: int) -> tuple[DepthDecoder, np.ndarray]:
    decoder = DepthDecoder(WIDTH, levels, SIZE, 1, 0.0, seed).eval()
    rng = generator(seed, "decoder")
    with torch.no_grad():
        for weight in decoder.parameters():
            weight.add_(torch.from_numpy(rng.normal(size=weight.shape) * 0.05).float())
    return decoder, rng.normal(size=(requests, WIDTH)).astype(np.float32)


def _end_to_end(plan: DecodingPlan, seed: int) -> dict[str, float]:
    codes = drawn(SMALL, 3, seed)
    decoder, states = _decoder(3, plan.batch, seed)
    trie, scorer, oracle = LiveTrie(codes, SIZE), decoder.scorer(states), Oracle(decoder, states)
    ours, theirs = beam(trie, scorer, plan.batch, plan.wide), oracle.answers(codes, plan.wide)
    same = float((ours.items == theirs.items).mean())
    if same < 0.999:
        raise RecordError(f"Only {same:.1%} of the answers are those of transformers.", "Look at both before anything is timed.")
    mine = _median(lambda: beam(trie, scorer, plan.batch, plan.wide), 5)
    other = _median(lambda: oracle.answers(codes, plan.wide), 3)
    return {"ours_s": mine, "theirs_s": other, "ratio": other / mine, "same_answers": same}


def _a_step(plan: DecodingPlan, seed: int) -> dict[str, float]:
    """Time what keeps beams in the trie, the model's own work left out of both: the mask with its normalisation, and the whole step."""
    codes = drawn(SMALL, 3, seed)
    decoder, states = _decoder(3, plan.batch, seed)
    trie, scorer = LiveTrie(codes, SIZE), decoder.scorer(states)
    views = [Allowed(part, None, None) for part in trie.parts()]
    allowed = allowed_tokens(codes, SIZE)
    beams = Beams.start(plan.batch, 1)
    spent = np.zeros(4)
    for depth in range(3):
        ready = _fixed(scorer(beams.owners, beams.codes))
        prefixes = torch.from_numpy(np.concatenate([np.zeros((len(beams.codes), 1), dtype=np.int64), beams.codes + np.arange(depth) * SIZE], axis=1))
        vocabulary = torch.zeros(len(prefixes), 3 * SIZE + plan.batch)
        calls: tuple[Callable[[], Any], ...] = (
            partial(spread, views, SIZE, depth, beams, ready),
            partial(step, views, SIZE, depth, beams, ready, plan.batch, plan.wide),
            partial(_masked, allowed, prefixes, vocabulary),
            partial(_selected, allowed, prefixes, vocabulary, beams.scores, plan),
        )
        spent += [_median(call, 5) for call in calls]
        beams = step(views, SIZE, depth, beams, ready, plan.batch, plan.wide)
    mask, whole, other_mask, other = spent.tolist()
    return {"mask_s": mask, "their_mask_s": other_mask, "mask_ratio": other_mask / mask, "ours_s": whole, "theirs_s": other, "ratio": other / whole}


def _beside_rectokens(plan: DecodingPlan, seed: int) -> dict[str, float]:
    """Time a step of ours and one of rectokens on CPU, from the same logits, to the same answers."""
    codes = drawn(SMALL, 3, seed)
    decoder, states = _decoder(3, plan.batch, seed)
    trie, scorer = LiveTrie(codes, SIZE), decoder.scorer(states)
    views = [Allowed(part, None, None) for part in trie.parts()]
    rival = Rectokens(codes, SIZE, plan.batch, plan.wide)
    beams, theirs = Beams.start(plan.batch, 1), rival.start()
    mine = other = 0.0
    for depth in range(3):
        kept = scorer(beams.owners, beams.codes)
        owners = np.repeat(np.arange(plan.batch), theirs[1].shape[1])
        given = torch.from_numpy(np.ascontiguousarray(scorer(owners, theirs[2].numpy()))).float()
        mine += _median(partial(step, views, SIZE, depth, beams, _fixed(kept), plan.batch, plan.wide), 7)
        with torch.inference_mode():
            other += _median(partial(rival.step, depth, theirs, given), 7)
            theirs = rival.step(depth, theirs, given)
        beams = step(views, SIZE, depth, beams, _fixed(kept), plan.batch, plan.wide)
    found = theirs[2].numpy().reshape(plan.batch, -1, 3)
    same = float(np.mean([np.mean((found[row] == beams.codes[beams.owners == row]).all(axis=1)) for row in range(plan.batch)]))
    if same < 0.999:
        raise RecordError(f"Only {same:.1%} of the answers are those of rectokens.", "Look at both before anything is timed.")
    return {"ours_s": mine, "theirs_s": other, "ratio": other / mine, "same_answers": same}


def _fixed(logits: np.ndarray) -> Scorer:
    """Return a scorer that has its answer ready."""

    def scorer(rows: np.ndarray, prefixes: np.ndarray) -> np.ndarray:
        del rows, prefixes
        return logits

    return scorer


def _masked(allowed: Callable[[int, torch.Tensor], list[int]], prefixes: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    from transformers.generation.logits_process import PrefixConstrainedLogitsProcessor

    return torch.log_softmax(PrefixConstrainedLogitsProcessor(allowed, 1)(prefixes, scores), dim=-1)


def _selected(allowed: Callable[[int, torch.Tensor], list[int]], prefixes: torch.Tensor, scores: torch.Tensor, so_far: np.ndarray, plan: DecodingPlan) -> Any:
    """Mask, add what beams had, and take twice the width, as their beam search does."""
    totals = _masked(allowed, prefixes, scores) + torch.from_numpy(so_far)[:, None].float()
    return totals.view(plan.batch, -1).topk(2 * plan.wide, dim=1)


def _sized(size: int) -> Callable[[DecodingPlan, int], dict[str, float]]:
    def measure(plan: DecodingPlan, seed: int) -> dict[str, float]:
        levels = 3 if size <= 100_000 else 4
        codes = drawn(size, levels, seed)
        began = time.perf_counter()
        built = Trie.build(codes, SIZE)
        build = time.perf_counter() - began
        decoder, states = _decoder(levels, plan.requests, seed)
        trie = LiveTrie.of(built)
        few = generator(seed, "few").permutation(size)[: max(plan.single, size // 1000)]
        kept = Filter(few)
        plain, narrow = (_each(trie, decoder, states, plan.single, given) for given in (None, kept))
        began = time.perf_counter()
        fresh = generator(seed, "fresh").integers(SIZE, size=(2000, levels))
        fresh = fresh[trie.holders(fresh) < 0]
        _, first = np.unique(fresh, axis=0, return_index=True)
        for number, row in enumerate(fresh[first]):
            trie.insert(size + number, row)
        insert = (time.perf_counter() - began) / len(first)
        return {
            "build_s": build,
            "mib": built.bytes / 2**20,
            "p50_s": float(np.median(plain)),
            "p99_s": float(np.quantile(plain, 0.99)),
            "filtered_p50_s": float(np.median(narrow)),
            "filtered_ratio": float(np.median(narrow) / np.median(plain)),
            "insert_s": insert,
        }

    return measure


def _each(trie: LiveTrie, decoder: DepthDecoder, states: np.ndarray, width: int, allowed: Any) -> np.ndarray:
    spent = []
    for state in states:
        began = time.perf_counter()
        beam(trie, decoder.scorer(state[None]), 1, width, allowed=allowed)
        spent.append(time.perf_counter() - began)
    return np.array(spent[len(spent) // 10 :])


def _median(call: Callable[[], Any], times: int) -> float:
    call()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        spent.append(time.perf_counter() - began)
    return float(np.median(spent))


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    ranged = ("ratio", "mask_ratio", "p99_s", "filtered_ratio")
    return tuple({"name": f"{data}: {arm}", **over_seeds(rows, ranged)} for (data, arm), rows in by_arm(outcome).items())
