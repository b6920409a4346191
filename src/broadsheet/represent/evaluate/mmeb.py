"""The layout of MMEB: one folder of parquet a set, each row with its own candidates, the right one first."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Measured, Task, run_tasks
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.component import Content, MultimodalEmbedder
from broadsheet.core.config import Config
from broadsheet.core.errors import ColumnError, EmptySourceError, SourceNotFoundError, TruncatedError
from broadsheet.core.metrics import Ranking
from broadsheet.core.progress import Progress, silent
from broadsheet.represent.evaluate.results import Evaluation, evaluation, mean_row, measured, resampling, set_row
from broadsheet.represent.evaluate.scoring import Embeds, all_tied, earned, exact_scores

LAYOUT = "MMEB"
UNKNOWN = "unknown"
# The 36 sets by meta-task: first those whose training part is in MMEB-train (in distribution), then those that are held out.
SETS = {
    "classification": ("ImageNet-1K N24News HatefulMemes VOC2007 SUN397", "Place365 ImageNet-A ImageNet-R ObjectNet Country211"),
    "VQA": ("OK-VQA A-OKVQA DocVQA InfographicsVQA ChartQA Visual7W", "ScienceQA VizWiz GQA TextVQA"),
    "retrieval": ("VisDial CIRR VisualNews_t2i VisualNews_i2t MSCOCO_t2i MSCOCO_i2t NIGHTS WebQA", "FashionIQ Wiki-SS-NQ OVEN EDIS"),
    "grounding": ("MSCOCO", "RefCOCO RefCOCO-Matching Visual7W-Pointing"),
}
NEEDED = ("qry_text", "qry_img_path", "tgt_text", "tgt_img_path")
OPTIONAL = ("qry_inst", "tgt_inst")
# Marks the place of the picture in the published texts; an embedder places it itself.
MARK = re.compile(r"<\|image_\d+\|>\s*")
_MEAN = ("hit@1", "ndcg@5", "ndcg@10")


class MmebConfig(Config):
    """`sets` are the sets to run, all that are there where it is empty; `seed` draws the intervals."""

    sets: tuple[str, ...] = ()
    seed: int = 0


class Known(NamedTuple):
    """What is known of a set: its meta-task, and whether it is held out (`OOD`) or not (`IND`)."""

    task: str
    split: str


class _Query(NamedTuple):
    """A query and its distinct candidates, the right one first, as rows of the set's contents."""

    name: str
    query: int
    candidates: list[int]


class _Set(NamedTuple):
    contents: list[Content]
    names: list[str]
    queries: list[_Query]
    faults: dict[str, str]


def known_set(name: str) -> Known:
    """Return what is known of a set by its name, in either spelling of hyphens.

    >>> known_set("imagenet_1k")
    Known(task='classification', split='IND')
    >>> known_set("my-shop").task
    'unknown'
    """
    return _KNOWN.get(_plain(name), Known(UNKNOWN, UNKNOWN))


def evaluate_mmeb(
    folder: Path,
    images: Path,
    embedder: MultimodalEmbedder,
    rows: Path,
    *,
    config: MmebConfig | None = None,
    command: str = "",
    budget_minutes: float | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Measure an embedder on each set of a folder; `images` is what picture paths are relative to.

    A set is a folder of parquet files or one file, with `qry_text`, `qry_img_path`, `tgt_text` and `tgt_img_path` (lists, the
    right candidate first), and `qry_inst` and `tgt_inst` where there are instructions, put before the text with a space. Candidates of one text and one picture count
    once. Each set is kept as an artefact under `rows` and not measured twice (by the parquet files' hashes; those of pictures are
    not taken: measure into another folder where pictures changed). Sets that cannot be read are
    missing with the reason. A set of another name is measured as `unknown` and in none of the means. Raises SourceNotFoundError where there is no set.
    """
    settings = config or MmebConfig()
    sets = _sets(folder, settings.sets)
    embeds = Embeds(embedder)

    def task(name: str, files: list[Path]) -> Task:
        facts = {"layout": LAYOUT, "hash": hash_files(files), "model": embeds.model}
        return Task(name, embeds.model, settings.seed, facts, lambda: _measure(name, files, images, embeds, settings.seed))

    outcome = run_tasks(LAYOUT, [task(name, files) for name, files in sets.items()], rows, budget_minutes=budget_minutes, progress=progress)
    table = [set_row(row, known_set(row.data)._asdict()) for row in outcome.rows]
    unknown = [row.data for row in outcome.rows if known_set(row.data).task == UNKNOWN]
    notes = [f"Not among the 36 sets, and in no mean: {', '.join(unknown)}."] if unknown else []
    return evaluation(LAYOUT, command, outcome, [*table, *_means(table)], {"folder": folder.name, "model": embeds.model}, notes)


def _sets(folder: Path, wanted: Sequence[str]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.rglob("*.parquet")):
        found.setdefault(file.stem if file.parent == folder else file.relative_to(folder).parts[0], []).append(file)
    if not found:
        raise SourceNotFoundError(f"There is no parquet file in {folder}.", "Name the folder that holds one folder a set, such as CIRR/test.parquet.")
    lacking = [name for name in wanted if name not in found]
    if lacking:
        raise SourceNotFoundError(f"{folder} has no set {', '.join(lacking)}.", f"It holds: {', '.join(found)}.")
    return {name: found[name] for name in wanted or found}


def _measure(name: str, files: Sequence[Path], images: Path, embeds: Embeds, seed: int) -> Measured:
    data = _read(files, images)
    # No order of the file reaches the embedder: the right candidate is not the first of a batch.
    order = sorted(range(len(data.contents)), key=lambda row: data.names[row])
    made, wrong = embeds([data.contents[row] for row in order])
    vectors = np.empty_like(made)
    vectors[order] = made
    rankings = [_ranked(query, vectors) for query in data.queries]
    chances = [all_tied(len(query.candidates), 1, 1) for query in data.queries]
    faults = {**data.faults, **{data.names[order[place]]: fault for place, fault in wrong.items()}}
    candidates = float(np.mean([len(query.candidates) for query in data.queries]))
    names = [query.name for query in data.queries]
    return measured(names, earned(rankings), earned(chances), candidates, faults, resampling(seed, LAYOUT, name), embeds.model)


def _ranked(query: _Query, vectors: np.ndarray) -> Ranking:
    gold = np.zeros(len(query.candidates))
    gold[0] = 1
    return Ranking.of_scores(exact_scores(vectors[query.query], vectors[query.candidates]), gold)


def _read(files: Sequence[Path], images: Path) -> _Set:
    """Read a set; contents stand once, whoever names them."""
    row_of: dict[tuple[str, str], int] = {}
    queries: list[_Query] = []
    faults: dict[str, str] = {}
    for file in files:
        for number, row in enumerate(_rows(file)):
            name = f"{file.stem}, row {number}"
            asked = _key(row.get("qry_inst"), row["qry_text"], row["qry_img_path"])
            candidates = list(dict.fromkeys(_candidates(row)))
            if not any(asked) or not candidates or not any(candidates[0]):
                faults[name] = f"{name}, has no query or no right candidate.\nGive it a text or a picture in qry_ and in the first of tgt_."
            else:
                places = [row_of.setdefault(key, len(row_of)) for key in (asked, *candidates)]
                queries.append(_Query(name, places[0], places[1:]))
    if not queries:
        raise EmptySourceError(f"{files[0].parent} has no row that can be scored.", "Each row needs a query and candidates, the right one first.")
    contents = [Content(text, images / path if path else None) for text, path in row_of]
    return _Set(contents, [" ".join(part for part in (path, text) if part) for text, path in row_of], queries, faults)


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        frame = pl.read_parquet(file)
    except (pl.exceptions.ComputeError, OSError):
        raise TruncatedError(f"{file} is no whole parquet file.", "Fetch it again; a cut download has no footer.") from None
    lacking = [name for name in NEEDED if name not in frame.columns]
    if lacking:
        raise ColumnError(f"{file} has no column {', '.join(lacking)}.", f"It needs {', '.join(NEEDED)}; it has {', '.join(frame.columns)}.")
    return frame[[name for name in (*NEEDED, *OPTIONAL) if name in frame.columns]].iter_rows(named=True)


def _candidates(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    texts, paths, instructions = (_listed(row.get(name)) for name in ("tgt_text", "tgt_img_path", "tgt_inst"))
    for place in range(max(len(texts), len(paths))):
        instruction = instructions[0] if len(instructions) == 1 else _at(instructions, place)
        yield _key(instruction, _at(texts, place), _at(paths, place))


def _key(instruction: object, text: object, path: object) -> tuple[str, str]:
    parts = (MARK.sub("", str(part or "")).strip() for part in (instruction, text))
    return " ".join(part for part in parts if part), str(path or "")


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _at(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else None


def _means(table: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    of = [(row, known_set(row["name"])) for row in table]
    means = []
    for name in (*SETS, "IND", "OOD", "overall"):
        rows = [row for row, known in of if known.task != UNKNOWN and name in {*known, "overall"}]
        if rows:
            means.append(mean_row(name, rows, _MEAN, sum(name in {*known, "overall"} for known in _KNOWN.values())))
    return means


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


_KNOWN = {
    _plain(name): Known(task, split)
    for task, parts in SETS.items()
    for split, names in zip(("IND", "OOD"), parts, strict=True)
    for name in names.split()
}  # fmt: skip
