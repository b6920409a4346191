"""A folder of tables as a graph: nodes-LABEL and relations-TYPE, each a CSV or a Parquet file."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from broadsheet.ask.graph.keyed import Keyed
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.graph.typed import typed
from broadsheet.core.errors import ColumnError, RecordError

NODES, RELATIONS = "nodes-", "relations-"
START, END, START_LABEL, END_LABEL = "start", "end", "start_label", "end_label"
SUFFIXES = (".csv", ".parquet")


def is_folder(path: Path) -> bool:
    """Whether a folder holds tables of nodes or of relations."""
    return path.is_dir() and any(next(table_files(path, mark), None) for mark in (NODES, RELATIONS))


def table_files(path: Path, mark: str) -> Iterator[Path]:
    """Yield the tables of nodes, or those of relations, in the order of their names."""
    yield from sorted(file for file in path.iterdir() if file.name.startswith(mark) and file.suffix in SUFFIXES)


def folder_graph(path: Path) -> Graph:
    """Read a folder.

    `nodes-LABEL.csv` has a row for each node: its key in the column `id`, or in the first column where there is none of that name; each column is a property.
    `relations-TYPE.csv` has the keys of both ends in `start` and `end`; `start_label` and `end_label` where one key stands under several labels; each other
    column is a property. Raises ColumnError or RecordError.
    """
    keyed = Keyed()
    if next(table_files(path, NODES), None) is None:
        raise RecordError(
            f"{path} has tables of relations, and none of nodes.", "Add nodes-LABEL.csv for each label: a row for each node, its key in the column id."
        )
    for file in table_files(path, NODES):
        frame = _table(file)
        key = "id" if "id" in frame.columns else frame.columns[0]
        keyed.nodes(file.stem.removeprefix(NODES), map(_key, frame[key].to_list()), _by_content(frame), file.name)
    for file in table_files(path, RELATIONS):
        _join(keyed, file)
    return keyed.graph()


def _join(keyed: Keyed, file: Path) -> None:
    frame, kind = _table(file), file.stem.removeprefix(RELATIONS)
    for column in (START, END):
        if column not in frame.columns:
            raise ColumnError(f"{file.name} has no column {column!r}.", f"Its columns are: {', '.join(frame.columns)}. A relation has start and end.")
    keys = {column: [_key(one) for one in frame[column].to_list()] for column in (START, END)}
    labels = {}
    for column, label in ((START, START_LABEL), (END, END_LABEL)):
        stated = frame[label].to_list() if label in frame.columns else [None] * frame.height
        labels[column] = [said or keyed.home_of(key, file.name) for said, key in zip(stated, keys[column], strict=True)]
    own = _by_content(frame.drop([column for column in (START, END, START_LABEL, END_LABEL) if column in frame.columns]))
    for pair in dict.fromkeys(zip(labels[START], labels[END], strict=True)):
        rows = [row for row, both in enumerate(zip(labels[START], labels[END], strict=True)) if both == pair]
        start, end = ((label, [keys[column][row] for row in rows]) for label, column in zip(pair, (START, END), strict=True))
        keyed.join(kind, start, end, own[rows], file.name)


def _key(value: object) -> str | None:
    return None if value is None else str(value)


def _by_content(frame: pl.DataFrame) -> pl.DataFrame:
    """Give columns of texts the type that their content tells."""
    return frame.with_columns([typed(name, frame[name].to_list()).values for name, kind in frame.schema.items() if kind == pl.String])


def _table(file: Path) -> pl.DataFrame:
    try:
        if file.suffix == ".parquet":
            return pl.read_parquet(file)
        file.read_bytes().decode("utf-8")
        return pl.read_csv(file, infer_schema=False)
    except UnicodeDecodeError as fault:
        raise RecordError(f"{file.name} is not UTF-8 (byte {fault.start}).", f"Convert it: iconv -f latin1 -t utf-8 {file.name}") from None
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise RecordError(
            f"{file.name} cannot be read as a table: {str(fault).splitlines()[0]}.", "Mend the file: a header, and a row for each record."
        ) from None
