"""The files of M-BEIR's layout: queries, pools, relevance and instructions, a bad line named and the rest read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.core.component import Content
from broadsheet.core.errors import ColumnError, EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.core.files import json_lines

# What the candidates of a task are, by the number in a set's name.
WANTED = {0: "image", 1: "text", 2: "image,text", 3: "text", 4: "image", 5: "image,text", 6: "text", 7: "image", 8: "image,text"}
LAYOUT = "A folder of the layout holds query/test/*.jsonl, cand_pool/local/*.jsonl, qrels/test/*.txt and instructions/query_instructions.tsv."
HEADER = ("query_modality", "cand_modality", "dataset_name", "dataset_id")


class Query(NamedTuple):
    """A query, before its instruction, and the relevant candidates that it names itself."""

    id: str
    text: str
    image: str
    modality: str
    golds: frozenset[str]


class Candidate(NamedTuple):
    """A candidate of a pool, or (`fault`) two lines on a line that is none."""

    id: str
    content: Content
    fault: str = ""


class Files(NamedTuple):
    """The files of one set. `qrels` is None where there is no such file: queries name their relevant candidates themselves."""

    name: str
    queries: Path
    pool: Path
    qrels: Path | None


def find_sets(folder: Path, split: str, pool: str, wanted: Sequence[str] = ()) -> list[Files]:
    """Return the files of each set of a split, with the pool of its own (`local`) or that of all (`global`).

    Raises SourceNotFoundError for a set, or a pool of one, that is not there.
    """
    queries = {re.sub(rf"^mbeir_|_{split}$", "", file.stem): file for file in sorted((folder / "query" / split).glob("*.jsonl"))}
    if not queries:
        raise SourceNotFoundError(f"There is no query file in {folder / 'query' / split}.", LAYOUT)
    lacking = [name for name in wanted if name not in queries]
    if lacking:
        raise SourceNotFoundError(f"{folder} has no set {', '.join(lacking)}.", f"It holds: {', '.join(queries)}.")
    found = []
    for name in wanted or queries:
        qrels = folder / "qrels" / split / f"mbeir_{name}_{split}_qrels.txt"
        found.append(Files(name, queries[name], _pool(folder, name, split, pool), qrels if qrels.is_file() else None))
    return found


def _pool(folder: Path, name: str, split: str, pool: str) -> Path:
    base = folder / "cand_pool" / pool
    names = [f"mbeir_union_{split}_cand_pool.jsonl"] if pool == "global" else [f"mbeir_{name}_{split}_cand_pool.jsonl", f"mbeir_{name}_cand_pool.jsonl"]
    for each in names:
        if (base / each).is_file():
            return base / each
    raise SourceNotFoundError(f"{base} has no {' or '.join(names)}.", LAYOUT)


def read_queries(file: Path) -> tuple[list[Query], dict[str, str]]:
    """Read queries, and two lines by place for each line that is none. Raises EmptySourceError where no line is one."""
    queries: list[Query] = []
    faults: dict[str, str] = {}
    for place, data in _lines(file):
        if isinstance(data, str):
            faults[place] = data
        elif not data.get("qid") or not (data.get("query_txt") or data.get("query_img_path")):
            faults[place] = f"{place}, has no qid, or neither query_txt nor query_img_path.\nGive each query an id, and a text or a picture."
        else:
            golds = frozenset(str(did) for did in data.get("pos_cand_list") or ())
            name, text, image, modality = (str(data.get(key) or "") for key in ("qid", "query_txt", "query_img_path", "query_modality"))
            queries.append(Query(name, text, image, modality, golds))
    if not queries:
        raise EmptySourceError(f"{file} has no query.", "Each line is a JSON object with qid, query_txt or query_img_path, and query_modality.")
    return queries, faults


def read_pool(file: Path, images: Path) -> Iterator[Candidate]:
    """Yield the candidates of a pool as they stand in the file."""
    for place, data in _lines(file):
        if isinstance(data, str):
            yield Candidate(place, Content(), data)
        elif not data.get("did") or not (data.get("txt") or data.get("img_path")):
            yield Candidate(place, Content(), f"{place}, has no did, or neither txt nor img_path.\nGive each candidate an id, and a text or a picture.")
        else:
            path = data.get("img_path")
            yield Candidate(str(data["did"]), Content(str(data.get("txt") or "").strip(), images / str(path) if path else None))


def read_qrels(file: Path) -> dict[str, frozenset[str]]:
    """Read the relevant candidates of each query: lines of `qid 0 did grade` and more. Raises RecordError for another line."""
    found: dict[str, set[str]] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) < len(("qid", "0", "did", "grade")) or not re.fullmatch(r"-?\d+", parts[3]):
            raise RecordError(f"{file}, line {number}, is not of the form: qid 0 did grade.", "Mend that line.")
        if int(parts[3]) > 0:
            found.setdefault(parts[0], set()).add(parts[2])
    return {query: frozenset(dids) for query, dids in found.items()}


def read_instructions(folder: Path) -> dict[tuple[str, str, str], list[str]]:
    """Read the wordings of instructions by dataset id, query modality and candidate modality.

    Raises SourceNotFoundError where the file is missing, ColumnError where its header is another.
    """
    file = folder / "instructions" / "query_instructions.tsv"
    if not file.is_file():
        raise SourceNotFoundError(f"There is no {file}.", "Put the file there, or measure without: instructions = false.")
    header, *lines = file.read_text(encoding="utf-8").splitlines() or [""]
    names = header.split("\t")
    lacking = [name for name in HEADER if name not in names]
    if lacking:
        raise ColumnError(f"{file} has no column {', '.join(lacking)}.", f"It needs {', '.join(HEADER)}, then the wordings; it has {', '.join(names)}.")
    at = {name: names.index(name) for name in HEADER}
    found = {}
    for line in lines:
        parts = line.split("\t")
        if len(parts) > len(HEADER):
            wordings = [text.strip() for place, text in enumerate(parts) if place not in at.values() and text.strip()]
            found[parts[at["dataset_id"]], parts[at["query_modality"]], parts[at["cand_modality"]]] = wordings
    return found


def wanted_modality(name: str) -> str:
    """Return what the candidates of a set are, by the task in its name; empty where it has none.

    >>> wanted_modality("cirr_task7"), wanted_modality("mine")
    ('image', '')
    """
    task = re.search(r"_task(\d+)", name)
    return WANTED.get(int(task[1]), "") if task else ""


def _lines(file: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    """Yield each line's place and its object, or two lines that say what is wrong."""
    for place, data in json_lines(file):
        yield place, data if data is not None else f"{place}, is no JSON object.\nWrite one JSON object a line."
