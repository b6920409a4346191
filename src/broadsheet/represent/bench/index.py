"""The bench of indexes: recall against exact float32 search, time of a query, memory, each beside what the machine gave just then."""

import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, by_arm, run_tasks
from broadsheet.core.bench.probe import PROBES, probe, probed
from broadsheet.core.bench.vectors import Vectors, read_vectors
from broadsheet.core.errors import RecordError
from broadsheet.core.index import Encoded, Found, Index, IndexConfig, build_index
from broadsheet.core.index.nearest import nearest, plain_scorer
from broadsheet.core.metrics import Ranking, bootstrap_mean, recall
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator

TOP = 10
Search = Callable[[np.ndarray], Found | np.ndarray]


class Arm(NamedTuple):
    """An index by its configuration, or a rival: `product` (numpy, float32) or `faiss-flat`; `large` arms run at the second size too.

    `judges` queries, held out of the index and of the queries measured, choose how many lists are probed.
    """

    config: IndexConfig | None = None
    rival: str = ""
    large: bool = False
    judges: int = 0


ARMS: dict[str, Arm] = {
    "exact, float32": Arm(IndexConfig(kind="exact")),
    "exact, bfloat16": Arm(IndexConfig(kind="exact", format="bfloat16")),
    "exact, int8": Arm(IndexConfig(kind="exact", format="int8")),
    "IVF-SQ8": Arm(IndexConfig(kind="ivf"), large=True),
    "IVF-SQ8, judged on queries": Arm(IndexConfig(kind="ivf"), large=True, judges=256),
    "float32 product": Arm(rival="product"),
    "faiss flat": Arm(rival="faiss-flat"),
}


class IndexPlan(NamedTuple):
    """What is measured: folders or files of vectors, how many are indexed, and with how many held-out queries for each seed.

    `exact` vectors are indexed by every arm, `large` by the inverted file. Fewer vectors than a size are refused, unless `jitter` is
    the length of random noise: then copies of the vectors, moved by it and brought back to length 1, fill up, and the row says so.
    """

    vectors: tuple[Path, ...]
    exact: int = 200_000
    large: int = 1_000_000
    queries: int = 1000
    timed: int = 200
    seeds: int = 3
    jitter: float | None = None
    budget_minutes: float | None = None
    arms: tuple[str, ...] = tuple(ARMS)


class _Pool(NamedTuple):
    """What is indexed `[size, d]`, how much of it is real, and the held-out vectors that are asked and that judge."""

    indexed: np.ndarray
    held_out: np.ndarray
    judges: np.ndarray
    real: int


class _Asked(NamedTuple):
    """Queries `[Q, d]`, the ids of the ten nearest by float32 vectors scored in float64, and how many of the vectors are real."""

    queries: np.ndarray
    truth: list[list[str]]
    real: int


def bench_index(plan: IndexPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Build every arm at its sizes and ask it, one query at a time and all at once; rows are kept in `folder`.

    Queries are real vectors held out of the index, another sample for each seed. Raises RecordError where vectors do not suffice.
    """
    vectors = read_vectors(plan.vectors)
    spare = plan.queries * plan.seeds
    if len(vectors.rows) <= spare:
        raise RecordError(f"{len(vectors.rows)} vectors are there, and {spare} are held out as queries.", "Give more --vectors, or ask fewer --queries.")

    @cache
    def pool(size: int, judges: int) -> _Pool:
        return _pool(vectors.rows, size, spare, plan.jitter, judges)

    @cache
    def asked(size: int, judges: int, seed: int) -> _Asked:
        of = pool(size, judges)
        queries = of.held_out[seed * plan.queries : (seed + 1) * plan.queries]
        truth = nearest(plain_scorer(Encoded("float32", of.indexed)), queries, TOP)
        return _Asked(queries, [[str(row) for row in near.rows.tolist()] for near in truth], of.real)

    tasks = []
    for size, name in _sizes(plan, len(vectors.rows) - spare):
        made = _once(ARMS[name], pool, size)
        tasks += [_task(plan, vectors, name, size, seed, asked, made) for seed in range(plan.seeds)]
    outcome = run_tasks("represent-index", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    data = {"vectors": len(vectors.rows), "dimensions": vectors.rows.shape[1], "models": "; ".join(vectors.models), "hash": vectors.hash}
    return Bench.of("represent-index", command, outcome, _summary(outcome), data=data, seeds=plan.seeds, notes=_notes(plan, outcome))


def _pool(rows: np.ndarray, size: int, spare: int, jitter: float | None, judges: int = 0) -> _Pool:
    rng = generator(0, "index bench")
    order = rng.permutation(len(rows))
    held_out, judging, rest = rows[order[:spare]], rows[order[spare : spare + judges]], rows[order[spare + judges :]]
    if size <= len(rest):
        return _Pool(rest[:size], held_out, judging, size)
    if jitter is None:
        what = f"{len(rest)} vectors are left beside {spare} queries, and {size} were to be indexed."
        raise RecordError(what, "Give more --vectors, a smaller size, or --jitter 0.5: moved copies fill up, and the row says so.")
    copies = np.tile(rest, (-(-size // len(rest)), 1))[:size]
    for start in range(len(rest), size, 2**14):
        block = copies[start : start + 2**14]
        noise = rng.standard_normal(block.shape, dtype=np.float32)
        block += noise * (jitter / np.linalg.norm(noise, axis=1, keepdims=True))
        block /= np.linalg.norm(block, axis=1, keepdims=True)
    return _Pool(copies, held_out, judging, len(rest))


def _sizes(plan: IndexPlan, real: int) -> list[tuple[int, str]]:
    """Return size and arm of every row: where `real` vectors do not suffice for the first size, large arms are measured on them alone too."""
    large = [name for name in plan.arms if ARMS[name].large]
    alone = [(real - ARMS[name].judges, name) for name in large if real < plan.exact and plan.jitter is not None]
    return [(plan.exact, name) for name in plan.arms] + alone + [(plan.large, name) for name in large if plan.large > plan.exact]


class _Built(NamedTuple):
    search: Search
    figures: dict[str, float]
    arithmetic: str


def _once(arm: Arm, pool: Callable[[int, int], _Pool], size: int) -> Callable[[], _Built]:
    """Return what builds an arm at its first call; its rows of all seeds ask the same index."""

    @cache
    def made() -> _Built:
        wall, cpu = time.perf_counter(), time.process_time()
        search, figures, arithmetic = _built(arm, pool(size, arm.judges))
        return _Built(search, {"build_s": time.perf_counter() - wall, "build_cpu_s": time.process_time() - cpu, **figures}, arithmetic)

    return made


def _built(arm: Arm, pool: _Pool) -> tuple[Search, dict[str, float], str]:
    rows = pool.indexed
    if arm.config is not None:
        index: Index = build_index([str(number) for number in range(len(rows))], rows, arm.config, queries=pool.judges)
        told = {
            "recall@10_expected" if name == "recall@10" else name: value for name, value in index.metrics().items() if name in {"lists", "nprobe", "recall@10"}
        }
        disk = sum(array.nbytes for array in index.tensors().values())
        return lambda queries: index.search(queries, TOP), {"bytes": index.nbytes / len(rows), "disk_bytes": disk / len(rows), **told}, index.arithmetic
    whole = {"bytes": float(rows.shape[1] * 4), "disk_bytes": float(rows.shape[1] * 4)}
    if arm.rival == "product":
        return lambda queries: _product(rows, queries), whole, "float32, numpy"
    import faiss

    flat: Any = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    return lambda queries: flat.search(queries, TOP)[1], whole, "float32, faiss"


def _product(rows: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Return the nearest as few lines of numpy give them, 64 queries at a time."""
    found = []
    for start in range(0, len(queries), 64):
        scores = queries[start : start + 64] @ rows.T
        near = np.argpartition(-scores, TOP, axis=1)[:, :TOP]
        found.append(np.take_along_axis(near, np.argsort(-np.take_along_axis(scores, near, axis=1), axis=1), axis=1))
    return np.concatenate(found)


def _task(plan: IndexPlan, vectors: Vectors, name: str, size: int, seed: int, asked: Callable[[int, int, int], _Asked], made: Callable[[], _Built]) -> Task:
    arm = ARMS[name]
    filled = size > len(vectors.rows) - plan.queries * plan.seeds - arm.judges
    stated = {"vectors": vectors.hash, "size": size, "queries": plan.queries, "timed": plan.timed, "seeds": plan.seeds, "rival": arm.rival}
    config = {
        **stated,
        "jitter": plan.jitter if filled else None,
        "index": arm.config.model_dump(mode="json") if arm.config else None,
        **({"judges": arm.judges} if arm.judges else {}),
    }

    def measure() -> Measured:
        queries, truth, real = asked(size, arm.judges, seed)
        built = made()
        before = probe()
        alone, together = _alone(built.search, queries[: plan.timed]), _together(built.search, queries)
        after = probe()
        values = pl.DataFrame({"share": _shares(together.found, truth), "ms": _filled(alone.spent[:, 0], truth), "cpu": _filled(alone.spent[:, 1], truth)})
        values = values.with_columns(pl.Series("share_alone", _filled(_shares(alone.found, truth), truth)))
        figures = {"queries_per_s": len(queries) / together.seconds, "real": float(real), **built.figures}
        probes = {f"{key}_{when}": value for when, of in (("before", before), ("after", after)) for key, value in of.items()}
        models = {"embedder": "; ".join(vectors.models), "arithmetic": built.arithmetic}
        return Measured({**_percentiles(alone.spent), **figures, **probes}, values, models)

    where = f"{size:,} x {vectors.rows.shape[1]}, {'real + jittered' if filled else 'real'}"
    return Task(where, name, seed, config, measure)


class _Alone(NamedTuple):
    """What was found for queries asked one by one, and the milliseconds `[Q, 2]` of each by the clock and of the process."""

    found: list[list[str]]
    spent: np.ndarray


class _Together(NamedTuple):
    found: list[list[str]]
    seconds: float


def _alone(search: Search, queries: np.ndarray) -> _Alone:
    """Ask one query after the other; the first is asked once before, as a warm-up."""
    search(queries[:1])
    spent, found = np.empty((len(queries), 2)), []
    for number in range(len(queries)):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = search(queries[number : number + 1])
        spent[number] = time.perf_counter() - wall, time.process_time() - cpu
        found += _ids(answer)
    return _Alone(found, 1000 * spent)


def _together(search: Search, queries: np.ndarray) -> _Together:
    wall = time.perf_counter()
    answer = search(queries)
    return _Together(_ids(answer), time.perf_counter() - wall)


def _ids(answer: Found | np.ndarray) -> list[list[str]]:
    return answer.ids if isinstance(answer, Found) else [[str(row) for row in of] for of in answer.tolist()]


def _shares(found: Sequence[Sequence[str]], truth: Sequence[Sequence[str]]) -> np.ndarray:
    """Return recall@10 of each query that was asked."""
    return np.array([recall(Ranking.of_ids(list(ids), relevant), TOP) for ids, relevant in zip(found, truth, strict=False)])


def _filled(figures: np.ndarray, all_queries: Sequence[Any]) -> np.ndarray:
    """Return figures of the first queries, NaN for those that were not asked alone."""
    return np.append(figures, np.full(len(all_queries) - len(figures), np.nan))


def _percentiles(timed: np.ndarray) -> dict[str, float]:
    names = {"p50_ms": (0, 50), "p95_ms": (0, 95), "cpu_p50_ms": (1, 50), "cpu_p95_ms": (1, 95)}
    return {name: float(np.percentile(timed[:, column], part)) for name, (column, part) in names.items()}


SPREAD = ("p50_ms", "p95_ms", "cpu_p50_ms", "cpu_p95_ms", "queries_per_s")
STATED = ("bytes", "disk_bytes", "build_s", "build_cpu_s", "lists", "nprobe", "recall@10_expected", "real")


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    """One row an arm and size: recall with its interval over queries, times with their range over seeds, probes with theirs."""
    return tuple(_row(data, arm, rows) for (data, arm), rows in by_arm(outcome).items())


def _row(data: str, arm: str, rows: Sequence[Row]) -> dict[str, Any]:
    made: dict[str, Any] = {"name": f"{arm}; {data}"}
    for name, column in (("recall@10", "share_alone"), ("recall@10_together", "share")):
        shares = np.concatenate([row.values()[column].to_numpy() for row in rows])
        interval = bootstrap_mean(shares[np.isfinite(shares)], generator(0, "index bench", data, arm), rounds=2000)
        made |= {name: interval.mean, f"{name}_lo": interval.low, f"{name}_hi": interval.high}
    for name in SPREAD:
        made |= _spread(name, [row.metrics[name] for row in rows])
    made |= {name: rows[0].metrics[name] for name in STATED if name in rows[0].metrics}
    for name in PROBES:
        made |= _spread(name, [row.metrics[f"{name}_{when}"] for row in rows for when in ("before", "after")])
    return {**made, "load": float(np.mean([row.metrics["load"] for row in rows])), "runs": len(rows)}


def _spread(name: str, figures: Sequence[float]) -> dict[str, float]:
    return {name: float(np.mean(figures)), f"{name}_lo": min(figures), f"{name}_hi": max(figures)}


def _notes(plan: IndexPlan, outcome: Outcome) -> tuple[str, ...]:
    arithmetic = {row.arm: row.artifact.manifest.models["arithmetic"] for row in outcome.rows}
    notes = [
        f"Recall is against the ten nearest by float32 vectors scored in float64: recall@10 that of {plan.timed} held-out queries a seed asked one by one, as times are; recall@10_together of {plan.queries} asked at once.",
        "Brackets: of recall 95 % by bootstrap over queries; of times and probes the least and the greatest over seeds (cpu: the process's own time).",
        f"Probes stand immediately before and after each row: {probed()}.",
        *(f"{arm}: {what}." for arm, what in arithmetic.items()),
    ]
    if any(ARMS[row.arm].large for row in outcome.rows):
        notes.append(
            "IVF-SQ8 chooses its probes on vectors of the index itself (recall@10_expected), or where the name says so on 256 real queries kept apart: "
            "where copies lie near each other, a vector of the index finds its neighbours more easily than a query does."
        )
    if any("jittered" in row.data for row in outcome.rows):
        notes.append(f"Jittered: copies of real vectors moved by noise of length {plan.jitter:g} in a random direction, where real ones do not suffice.")
    return (*notes, *([f"{len(outcome.missing)} rows are missing: run the same command again."] if outcome.missing else []))
