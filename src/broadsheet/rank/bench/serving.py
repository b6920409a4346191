"""How long a ranker takes for one more event of a user and the best hundred of all items, whatever came before; the model's weights are random."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from broadsheet.core.bench import Bench, Measured, Task, by_arm, over_seeds, run_tasks
from broadsheet.core.device import choose_dtype
from broadsheet.core.modality import Content
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.rank.batcher import Batcher
from broadsheet.rank.batches import kept
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.model import SequenceModel
from broadsheet.rank.ranker import Ranker
from broadsheet.rank.states import UserStates

BEST, FEATURES = 100, 64
# Events before the one that is timed; users that are timed one by one, and that ask at once.
LENGTHS, TIMED, THREADS, TURNS = (5, 20, 45, 200), 100, 40, 10


class ServingPlan(NamedTuple):
    """What is timed: a catalogue of so many items, the model."""

    items: int = 100_000
    seeds: int = 1
    budget_minutes: float | None = None
    config: RankerConfig = RankerConfig()


def bench_serving(plan: ServingPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Time one user after the other, users side by side, and compare what is kept in two formats, row by row in `folder`."""
    ranker = cache(lambda seed: _ranker(plan, seed))
    arms: dict[str, Callable[[int], Mapping[str, float]]] = {
        f"after {length} events": lambda seed, length=length: _one(ranker(seed), length) for length in LENGTHS
    }
    arms["many threads"] = lambda seed: _many(ranker(seed))
    arms["states in bfloat16"] = lambda seed: _formats(ranker(seed), plan.items)
    identity = {"items": plan.items, "config": plan.config.model_dump(mode="json")}

    def task(arm: str, seed: int) -> Task:
        return Task(f"{plan.items:,} items", arm, seed, identity, lambda: Measured(arms[arm](seed), None, {"model": ranker(seed).model}))

    tasks = [task(arm, seed) for arm in arms for seed in range(plan.seeds)]
    outcome = run_tasks("rank-serving", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    rows = [
        {"name": f"{data}: {arm}", "model": of[0].artifact.manifest.models["model"].rpartition(",")[0], **over_seeds(of)}
        for (data, arm), of in by_arm(outcome).items()
    ]
    notes = (
        f"Wall milliseconds of one user's new event and the best {BEST} of all items; {THREADS} threads ask through the batcher.",
        f"Products of many items in {choose_dtype().name}, the best scored again in float32. Weights are random: times and agreement, no quality.",
    )
    return Bench.of("rank-serving", command, outcome, rows, data={"items": plan.items}, seeds=plan.seeds, notes=notes)


def _ranker(plan: ServingPlan, seed: int) -> Ranker:
    """Return a ranker of random weights over items with random content."""
    rng = generator(seed, "serving")
    vectors = rng.normal(size=(plan.items, FEATURES)).astype(np.float32)
    contents = {"text": Content(vectors, np.ones(plan.items, dtype=bool))}
    model = SequenceModel(plan.config, plan.items, {}, contents, seed=seed).eval()
    return Ranker.of_model(plan.config, model, [f"i{number}" for number in range(plan.items)])


def _draw(rng: np.random.Generator, ranker: Ranker) -> str:
    return f"i{rng.integers(len(ranker))}"


def _one(ranker: Ranker, length: int) -> dict[str, float]:
    """Return the time of one more event and a ranking, after so many events."""
    rng, spent, tokens = generator(0, "one", str(length)), [], []
    for number in range(TIMED):
        user = f"{length}-{number}"
        for _ in range(length):
            ranker.append(user, _draw(rng, ranker))
        ranker.rank_user(user, BEST)
        before, began = ranker.users.encoded, time.perf_counter()
        ranker.append(user, _draw(rng, ranker))
        ranker.rank_user(user, BEST)
        spent.append(1000 * (time.perf_counter() - began))
        tokens.append(ranker.users.encoded - before)
    low, high = np.quantile(spent, [0.5, 0.95])
    return {"p50_ms": float(low), "p95_ms": float(high), "tokens_read": float(np.mean(tokens))}


def _many(ranker: Ranker) -> dict[str, float]:
    """Return how many users a second are told of an event and ranked, many threads asking at once."""
    with Batcher(ranker) as batcher:

        def ask(number: int) -> None:
            rng = generator(number, "many")
            for _ in range(TURNS):
                batcher.rank_user(f"thread {number}", BEST, items=[_draw(rng, ranker)])

        began = time.perf_counter()
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent = time.perf_counter() - began
        return {"users_s": THREADS * TURNS / spent, "users_a_pass": batcher.answered / batcher.batches}


def _formats(ranker: Ranker, items: int) -> dict[str, float]:
    """Return how far states kept in half the bytes are from those in float32, and what a token takes."""
    model, vectors, outputs = ranker.parts()
    exact, half = (UserStates(model, vectors, dtype=dtype) for dtype in ("float32", "bfloat16"))
    rng = generator(0, "formats")
    for _ in range(30 * TIMED):
        user, item = f"u{rng.integers(TIMED)}", int(rng.integers(items))
        for states in (exact, half):
            states.append(user, item)
            if rng.random() < 0.2:
                states.read([user])
    users = [f"u{number}" for number in range(TIMED)]
    one, other = exact.read(users), half.read(users)
    held = sum(kept(len(half.history(user)), model.config.longest) for user in users)
    with torch.inference_mode():
        first, second = (states @ outputs.T for states in (one, other))
        best, also = (scores.topk(20).indices.tolist() for scores in (first, second))
        rows = [half.history(user) for user in users]
        anew = model.read([np.array(row[len(row) - kept(len(row), model.config.longest) :]) for row in rows], None, vectors)
    return {
        "bytes_a_token": (half.nbytes - len(users) * 4 * model.width) / held,
        "best 20 the same": float(np.mean([len({*a} & {*b}) / 20 for a, b in zip(best, also, strict=True)])),
        "largest difference of a score": float((first - second).abs().max()),
        "largest difference in float32": float((first - anew @ outputs.T).abs().max()),
    }
