"""The layout of M-BEIR: queries with instructions against a pool that may be far larger than memory."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from broadsheet.core.bench import Measured, Task, run_tasks
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.component import Content, MultimodalEmbedder
from broadsheet.core.config import Config
from broadsheet.core.errors import EmptySourceError, RecordError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.represent.evaluate.mbeir_files import (
    Candidate,
    Files,
    Query,
    find_sets,
    read_instructions,
    read_pool,
    read_qrels,
    read_queries,
    wanted_modality,
)
from broadsheet.represent.evaluate.results import Evaluation, evaluation, mean_row, measured, resampling, set_row
from broadsheet.represent.evaluate.scoring import DEEPEST, Embeds, all_tied, earned
from broadsheet.represent.evaluate.stream import Stream

LAYOUT = "M-BEIR"
# The published figure of a set is R@5, of these R@10.
DEEP = ("fashion200k", "fashioniq")
PUBLISHED = "R"
COUNTED = "R is hit@5, and hit@10 for Fashion200K and FashionIQ: whether any relevant candidate is among the first, as the benchmark counts it."
SETS = (
    "visualnews_task0 mscoco_task0 fashion200k_task0 webqa_task1 edis_task2 webqa_task2 visualnews_task3 mscoco_task3 fashion200k_task3 "
    "nights_task4 oven_task6 infoseek_task6 fashioniq_task7 cirr_task7 oven_task8 infoseek_task8"
).split()  # fmt: skip


class MbeirConfig(Config):
    """How a folder is measured.

    `pool` is a set's own (`local`) or that of all sets (`global`). `instructions` puts one of the wordings before each query, drawn
    by `seed`. The pool is embedded `block` candidates at a time. `sets` are the sets to run, all that are there where it is empty.
    """

    split: str = "test"
    pool: Literal["local", "global"] = "local"
    instructions: bool = True
    block: Annotated[int, Field(ge=1)] = 4096
    sets: tuple[str, ...] = ()
    seed: int = 0


def published_metric(name: str) -> str:
    """Return the metric that is published of a set.

    >>> published_metric("fashioniq_task7"), published_metric("cirr_task7")
    ('hit@10', 'hit@5')
    """
    return "hit@10" if name.startswith(DEEP) else "hit@5"


def evaluate_mbeir(
    folder: Path,
    embedder: MultimodalEmbedder,
    rows: Path,
    *,
    images: Path | None = None,
    config: MbeirConfig | None = None,
    command: str = "",
    budget_s: float | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Measure an embedder on each set of a folder; picture paths are relative to `images`, or else to the folder.

    Relevance is read from `qrels`, or where a set has no such file from its queries' `pos_cand_list`. Each set is kept as an
    artefact under `rows` and not measured twice; one that cannot be read is missing with the reason. A
    relevant candidate that the pool lacks is a fault, and a miss. Raises SourceNotFoundError for files that are not there.
    """
    settings = config or MbeirConfig()
    embeds, root = Embeds(embedder), images or folder
    sets = find_sets(folder, settings.split, settings.pool, settings.sets)
    wordings = read_instructions(folder) if settings.instructions else {}

    def task(files: Files) -> Task:
        read = [files.queries, files.pool, *([files.qrels] if files.qrels else [])]
        facts = {**settings.model_dump(exclude={"sets", "block"}), "layout": LAYOUT, "hash": hash_files(read), "model": embeds.model}
        facts["wordings"] = sorted((" ".join(key), *texts) for key, texts in wordings.items())
        return Task(files.name, embeds.model, settings.seed, facts, lambda: _measure(files, root, embeds, settings, wordings, progress))

    outcome = run_tasks(LAYOUT, [task(files) for files in sets], rows, budget_s=budget_s)
    table = [{**set_row(row, {"of": published_metric(row.data)}), PUBLISHED: row.metrics[published_metric(row.data)]} for row in outcome.rows]
    known = [row for row in table if row["name"] in SETS]
    means = [mean_row("overall", known, [PUBLISHED], len(SETS))] if known else []
    unknown = [row.data for row in outcome.rows if row.data not in SETS]
    notes = [COUNTED, *([f"Not among the 16 sets, and in no mean: {', '.join(unknown)}."] if unknown else [])]
    data = {"folder": folder.name, "model": embeds.model, "split": settings.split, "pool": settings.pool, "instructions": settings.instructions}
    return evaluation(LAYOUT, command, outcome, [*table, *means], data, notes)


def _measure(
    files: Files,
    root: Path,
    embeds: Embeds,
    settings: MbeirConfig,
    wordings: Mapping[tuple[str, str, str], list[str]],
    progress: Progress,
) -> Measured:
    queries, faults = read_queries(files.queries)
    golds = read_qrels(files.qrels) if files.qrels else {query.id: query.golds for query in queries}
    scored = [query for query in queries if golds.get(query.id)]
    # Queries and candidates are numbered alike, so a fault says which it is of.
    faults |= {f"query {q.id}": f"{q.id} has no relevant candidate.\nGive it one in qrels, or in pos_cand_list." for q in queries if not golds.get(q.id)}
    if not scored:
        raise EmptySourceError(f"{files.queries} has no query with a relevant candidate.", "Check that qrels and queries are of the same set.")
    asked = [Content(_instructed(query, files.name, settings, wordings), root / query.image if query.image else None) for query in scored]
    vectors, wrong = embeds(asked, progress)
    faults |= {f"query {scored[row].id}": fault for row, fault in wrong.items()}
    stream = Stream(vectors, [golds[query.id] for query in scored], DEEPEST)
    relevant = frozenset().union(*(golds[query.id] for query in scored))
    for block in _blocks(read_pool(files.pool, root), settings.block):
        good, bad = _parted(block, relevant, stream.seen)
        faults |= bad
        if good:
            made, wrong = embeds([each.content for each in good])
            faults |= {f"candidate {good[row].id}": fault for row, fault in wrong.items()}
            stream.add([each.id for each in good], made)
        progress(f"pool of {files.name}", stream.size, stream.size)
    absent = sorted(relevant - stream.seen)
    faults |= {f"candidate {name}": f"{name} is relevant, but not in {files.pool.name}.\nTake the pool that belongs to the queries." for name in absent}
    return _figures(files.name, scored, stream, golds, faults, settings, embeds.model)


def _parted(block: Sequence[Candidate], relevant: frozenset[str], seen: set[str]) -> tuple[list[Candidate], dict[str, str]]:
    """Part candidates from faults. A relevant one that stands twice would count twice; of others no list is kept, for a pool may have millions."""
    good: list[Candidate] = []
    faults: dict[str, str] = {}
    met = set(seen)
    for each in block:
        if each.fault:
            faults[each.id] = each.fault
        elif each.id in met:
            faults[f"candidate {each.id}"] = f"{each.id} stands twice in the pool; the first is kept.\nLeave one of the two lines out."
        else:
            good.append(each)
            if each.id in relevant:
                met.add(each.id)
    return good, faults


def _figures(
    name: str,
    queries: Sequence[Query],
    stream: Stream,
    golds: Mapping[str, frozenset[str]],
    faults: Mapping[str, str],
    settings: MbeirConfig,
    model: str,
) -> Measured:
    if not stream.size:
        raise EmptySourceError(f"The pool of {name} has no candidate.", "Each line is a JSON object with did, and txt or img_path.")
    counts = list(zip(stream.found(), (len(golds[query.id]) for query in queries), strict=True))
    # Few pairs of counts differ, and a pool is long.
    tied = {pair: earned([all_tied(stream.size, *pair)]) for pair in set(counts)}
    chance: dict[str, Any] = {metric: np.concatenate([tied[pair][metric] for pair in counts]) for metric in next(iter(tied.values()))}
    names = [query.id for query in queries]
    return measured(names, earned(stream.rankings()), chance, float(stream.size), faults, resampling(settings.seed, LAYOUT, name), model)


def _instructed(query: Query, name: str, settings: MbeirConfig, wordings: Mapping[tuple[str, str, str], list[str]]) -> str:
    """Return a query's text behind one of the wordings of its instruction. Raises RecordError where there is none."""
    if not settings.instructions:
        return query.text.strip()
    key = (query.id.partition(":")[0], query.modality, wanted_modality(name))
    texts = wordings.get(key)
    if not texts:
        raise RecordError(
            f"There is no instruction for dataset {key[0]}, queries of {key[1] or 'no modality'}, candidates of {key[2] or 'no known task'}.",
            "Add a line to instructions/query_instructions.tsv, or measure without: instructions = false.",
        )
    drawn = texts[int(generator(settings.seed, "instruction", query.id).integers(len(texts)))]
    return f"{drawn} {query.text}".strip()


def _blocks(candidates: Iterator[Candidate], size: int) -> Iterator[list[Candidate]]:
    while block := list(islice(candidates, size)):
        yield block
