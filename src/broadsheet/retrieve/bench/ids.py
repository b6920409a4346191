"""Semantic IDs on real vectors: what is left of the neighbourhood, how evenly codes are used, what a collision costs to mend, and how long it takes."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, over_seeds, run_tasks
from broadsheet.core.bench.probe import beside_probes
from broadsheet.core.bench.vectors import Vectors, read_vectors
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.retrieve.tokenizer import Codebook, CodebookConfig
from broadsheet.retrieve.tokenizer.card import card
from broadsheet.retrieve.tokenizer.rqvae import fit_rqvae

OURS, PLAIN, FAISS, VAE = "balanced, no collisions", "residual k-means, as it falls", "faiss residual quantiser", "RQ-VAE"
ARMS = (OURS, PLAIN, FAISS, VAE)
LEVELS, SIZE = 3, 256


class IdsPlan(NamedTuple):
    """What is measured: folders or files of vectors, how many of them, and how many that are made up for a figure of time alone."""

    vectors: tuple[Path, ...]
    items: int = 12_101
    large: int = 0
    seeds: int = 3
    arms: tuple[str, ...] = ARMS
    budget_minutes: float | None = None


def bench_ids(plan: IdsPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Fit every arm to the same rows, other rows for each seed where there are more."""
    vectors = read_vectors(plan.vectors)
    tasks: list[Task] = []
    for seed in range(plan.seeds):
        rows = vectors.rows[np.sort(generator(seed, "ids").permutation(len(vectors.rows))[: plan.items])]
        facts = {"hash": vectors.hash, "items": len(rows)}
        tasks += [Task(f"{len(rows):,} vectors", arm, seed, facts, _measuring(arm, rows, seed)) for arm in plan.arms]
        if plan.large:
            name = f"{plan.large:,} made up, 64 wide"
            tasks.append(Task(name, OURS, seed, {"large": plan.large}, _measuring(OURS, None, seed, plan.large)))
    outcome = run_tasks("retrieve-ids", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    return Bench.of("retrieve-ids", command, outcome, _summary(outcome), data=_data(vectors), seeds=plan.seeds, notes=_notes())


def _data(vectors: Vectors) -> dict[str, Any]:
    return {"vectors": len(vectors.rows), "dimensions": vectors.rows.shape[1], "models": "; ".join(vectors.models), "hash": vectors.hash}


def _notes() -> tuple[str, ...]:
    return (
        f"{LEVELS} levels of {SIZE} codes, equal bits for all. Error: share of the variance that the codes lose. Neighbours: share of the ten nearest kept.",
        "Extra error: what moving items apart costs, over the error before. Times are of fitting and encoding, on this machine, wall and processor.",
    )


def _measuring(arm: str, rows: np.ndarray | None, seed: int, large: int = 0) -> Callable[[], Measured]:
    def measure() -> Measured:
        vectors = made_up(large, seed) if rows is None else rows
        began, spent = time.perf_counter(), time.process_time()
        codes, decoded, facts = _coded(arm, vectors, seed)
        facts |= {"seconds": time.perf_counter() - began, "processor_s": time.process_time() - spent}
        marks = card(codes, SIZE, vectors, decoded, seed=seed)
        return Measured({**facts, **marks}, models={"ids": arm})

    return beside_probes(measure)


def made_up(count: int, seed: int) -> np.ndarray:
    """Return vectors `[count, 64]` in heaps of a hundred or so."""
    rng = generator(seed, "made up")
    heaps = rng.normal(size=(max(1, count // 100), 64)).astype(np.float32)
    return heaps[rng.integers(len(heaps), size=count)] + rng.normal(size=(count, 64)).astype(np.float32)


def _coded(arm: str, vectors: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """Return codes `[N, L]`, what they decode to `[N, d]`, and figures."""
    config = CodebookConfig(levels=LEVELS, size=SIZE)
    if arm == OURS:
        book, encoded = Codebook.fit(vectors, config, seed=seed)
        return encoded.codes, book.decode(encoded.codes), {"extra_error": encoded.error_apart / max(encoded.error, 1e-12) - 1}
    if arm == PLAIN:
        # With room for all of them at every centre nothing is balanced, and codes are taken before they are moved apart.
        book, _ = Codebook.fit(vectors, config.model_copy(update={"slack": float(SIZE)}), seed=seed)
        codes = book.nearest(vectors)
        return codes, book.decode(codes), {}
    if arm == VAE:
        fitted = fit_rqvae(vectors, codes=config, seed=seed)
        codes = fitted.encoded.codes
        return (
            codes,
            fitted.model.reconstruct(fitted.codebook.decode(codes)),
            {"extra_error": fitted.encoded.error_apart / max(fitted.encoded.error, 1e-12) - 1},
        )
    import faiss

    quantiser = faiss.ResidualQuantizer(vectors.shape[1], LEVELS, int(np.log2(SIZE)))
    quantiser.cp.seed = seed
    quantiser.train(np.ascontiguousarray(vectors))
    packed = quantiser.compute_codes(np.ascontiguousarray(vectors))
    return packed[:, :LEVELS].astype(np.int64), quantiser.decode(packed), {}


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    ranged = ("neighbour_recall", "seconds")
    return tuple({"name": f"{data}: {arm}", **over_seeds(rows, ranged)} for (data, arm), rows in by_arm(outcome).items())
