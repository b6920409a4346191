"""How fast texts and pictures become vectors on this machine, a probe of it beside each row, and whether memory stays flat."""

import resource
import time
from collections.abc import Callable, Sequence
from itertools import count as count_from
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, over_seeds, run_tasks
from broadsheet.core.bench.probe import beside_probes
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.component import Content, Embedder
from broadsheet.core.device import choose_dtype
from broadsheet.core.errors import RecordError
from broadsheet.core.progress import Progress, silent
from broadsheet.represent.minilm import MiniLMConfig, MiniLMEmbedder
from broadsheet.represent.pictures.labelled import read_labelled
from broadsheet.represent.pictures.tower import PooledTower, TowerConfig
from broadsheet.sources import read_source

TEXTS, PICTURES = "abstracts", "pictures"
MEMORY = "memory"


class SpeedPlan(NamedTuple):
    """What is timed: so many `texts` of sources and so many `pictures` of a folder; `flat` short texts are embedded to see memory."""

    sources: tuple[str, ...]
    images: Path
    labelled: tuple[Path, ...]
    texts: int = 600
    pictures: int = 300
    flat: int = 100_000
    seeds: int = 3
    budget_minutes: float | None = None


def bench_speed(plan: SpeedPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Time every arm, another sample for each seed; rows are kept in `folder`."""
    texts = [announced.item.text for announced in read_source(list(plan.sources)).announcements if announced.item.text]
    pictures = read_labelled(plan.labelled).rows
    if len(texts) < plan.texts or len(pictures) < plan.pictures:
        raise RecordError(f"{len(texts)} texts and {len(pictures)} pictures are there.", f"Give at least {plan.texts} and {plan.pictures}, or ask for fewer.")
    data = {"pictures": hash_files(plan.labelled), "texts": str(len(texts))}

    def sample(seed: int, of: Sequence[Any], count: int) -> list[Any]:
        return [of[int(row)] for row in np.random.default_rng(seed).permutation(len(of))[:count]]

    tasks = []
    for seed in range(plan.seeds):
        for dtype in ("float32", "bfloat16") if choose_dtype().name == "bfloat16" else ("float32",):
            chosen = [Content(text) for text in sample(seed, texts, plan.texts)]
            embedder = MiniLMEmbedder(MiniLMConfig(size="base", dtype=dtype))
            tasks.append(Task(TEXTS, f"MiniLM, 256 tokens, {dtype}", seed, {**data, "count": plan.texts}, _timed(embedder, chosen)))
        shown = [Content("", plan.images / row.image) for row in sample(seed, pictures, plan.pictures)]
        for name, mirrored in (("EfficientNet-Lite0, decoded and resized", False), ("EfficientNet-Lite0, and its mirror image", True)):
            tower = PooledTower(TowerConfig(mirrored=mirrored))
            tasks.append(Task(PICTURES, name, seed, {**data, "count": plan.pictures}, _timed(tower, shown)))
    tasks.append(Task(MEMORY, f"MiniLM, {plan.flat:,} short texts", 0, {**data, "count": plan.flat}, _flat(texts, plan.flat)))
    outcome = run_tasks("represent-speed", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"Number format: {choose_dtype().name}, {choose_dtype().why}.",
        "Brackets are the least and the greatest over seeds; probes stand before and after each row.",
    )
    return Bench.of("represent-speed", command, outcome, _summary(outcome), data=data, seeds=plan.seeds, notes=notes)


def _timed(embedder: Embedder[Any], contents: Sequence[Content]) -> Callable[[], Measured]:
    def measure() -> Measured:
        wall, cpu = time.perf_counter(), time.process_time()
        embedded = embedder.embed(contents)
        spent, busy = time.perf_counter() - wall, time.process_time() - cpu
        done = len(contents) - len(embedded.faults)
        return Measured({"per_s": done / spent, "per_cpu_s": done / busy, "faults": len(embedded.faults)}, models={"embedder": embedder.model})

    def warmed() -> Measured:
        embedder.embed(contents[:8])
        return beside_probes(measure)()

    return warmed


def _flat(texts: Sequence[str], count: int) -> Callable[[], Measured]:
    """Embed short texts in ten parts; the greatest memory after the first tenth and after the last is compared."""

    def measure() -> Measured:
        embedder = MiniLMEmbedder(MiniLMConfig(size="tiny", batch=128))
        said = [text.split() for text in texts[:: max(1, len(texts) // 1000)]]
        words = list(islice((" ".join(text[at : at + 4]) for at in count_from(0, 4) for text in said), count))
        peaks = []
        for start in range(0, count, max(1, count // 10)):
            embedder(words[start : start + max(1, count // 10)])
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return Measured({"first_mib": peaks[0], "last_mib": peaks[-1], "growth_mib": peaks[-1] - peaks[0]}, models={"embedder": embedder.model})

    return measure


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    return tuple({"name": f"{data}: {arm}", **over_seeds(rows, ("per_s", "per_cpu_s"))} for (data, arm), rows in by_arm(outcome).items())
