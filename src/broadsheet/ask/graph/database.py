"""A graph written as a database of ladybug: a table for each label, one for each type of relation."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import polars as pl

from broadsheet.ask.cypher.printer import label_name
from broadsheet.ask.graph.tables import Graph
from broadsheet.core.errors import MissingExtraError
from broadsheet.core.files import staged_folder
from broadsheet.core.schema import Columns

DATABASE = "graph.lbug"
# The form in which tables are written; a database of another form is not opened.
FORM = "lbug-1"
# How many databases are kept.
KEPT = 8


def engine_module() -> ModuleType:
    """Return ladybug. Raises MissingExtraError where it is not installed."""
    try:
        import ladybug
    except ImportError:
        raise MissingExtraError("Queries are answered by ladybug, which is not installed.", "Run: pip install 'ladybug>=0.22,<0.23'") from None
    return ladybug


def kept_database(graph: Graph, folder: Path) -> Path:
    """Return a folder with the database of a graph: the one that is kept under what the graph holds, or a new one. Of the kept, the newest few stay."""
    path = folder / f"{FORM}-{graph.content_hash()[:32]}"
    if not (path / DATABASE).is_file():
        with staged_folder(path, DATABASE) as stage:
            build_database(graph, stage / DATABASE)
        _forget(folder, path)
    path.touch()
    return path


def _forget(folder: Path, but: Path) -> None:
    others = sorted((one for one in folder.glob("*-*") if (one / DATABASE).is_file() and one != but), key=lambda one: one.stat().st_mtime)
    for one in others[: max(0, len(others) + 1 - KEPT)]:
        remove_database(one)


def remove_database(path: Path) -> None:
    """Remove the folder of a database."""
    path.chmod(0o700)
    shutil.rmtree(path)


def build_database(graph: Graph, path: Path) -> None:
    """Write a graph's tables to a new database at `path`; rows keep their order, so that a node is known by its row."""
    engine = engine_module()
    database = engine.Database(str(path), max_num_threads=1)
    connection = engine.Connection(database)
    with TemporaryDirectory(dir=path.parent) as scratch:
        for label, frame in graph.nodes.items():
            keyed = frame.with_row_index(Columns.GRAPH_ROW).with_columns(pl.col(Columns.GRAPH_ROW).cast(pl.Int64))
            connection.execute(f"CREATE NODE TABLE {_quoted(label)}({_columns(keyed)}, PRIMARY KEY({Columns.GRAPH_ROW}))")
            _copy(connection, label, keyed, Path(scratch))
        for kind in dict.fromkeys(one.type for one in graph.joined):
            same = [one for one in graph.joined if one.type == kind]
            pairs = ", ".join(f"FROM {_quoted(one.start)} TO {_quoted(one.end)}" for one in same)
            held = pl.concat([one.frame.head(0) for one in same], how="diagonal_relaxed").drop(Columns.GRAPH_START, Columns.GRAPH_END)
            connection.execute(f"CREATE REL TABLE {_quoted(kind)}({pairs}, {_columns(held.with_columns(pl.lit(0).alias(Columns.GRAPH_ROW)))})")
            for one in same:
                ends = one.frame.select(Columns.GRAPH_START, Columns.GRAPH_END)
                whole = pl.concat([held.head(0), one.frame.drop(ends.columns)], how="diagonal_relaxed")
                rows = pl.int_range(one.frame.height, eager=True).cast(pl.Int32).alias(Columns.GRAPH_ROW)
                _copy(connection, kind, pl.concat([ends, whole, rows.to_frame()], how="horizontal"), Path(scratch), (one.start, one.end))
    connection.close()
    database.close()
    path.chmod(0o400)


def _quoted(name: str) -> str:
    plain = label_name(name)
    return plain if plain.startswith("`") else f"`{plain}`"


def _columns(frame: pl.DataFrame) -> str:
    return ", ".join(f"{_quoted(name)} {_type(kind)}" for name, kind in frame.schema.items())


def _type(kind: Any) -> str:
    if isinstance(kind, pl.List):
        return f"{_type(kind.inner)}[]"
    if kind.is_integer():
        return "INT64" if kind != pl.Int32 else "INT32"
    plain = {pl.String: "STRING", pl.Boolean: "BOOL", pl.Date: "DATE", pl.Datetime: "TIMESTAMP", pl.Duration: "INTERVAL", pl.Null: "STRING"}
    return "DOUBLE" if kind.is_float() else next((name for held, name in plain.items() if kind == held), "STRING")


def _copy(connection: Any, table: str, frame: pl.DataFrame, scratch: Path, ends: Iterable[str] = ()) -> None:
    if not frame.height:
        return
    file = scratch / "rows.parquet"
    frame.with_columns(_stored(frame[name]) for name in frame.columns).write_parquet(file)
    pair = "" if not ends else " (from='{}', to='{}')".format(*ends)
    connection.execute(f"COPY {_quoted(table)} FROM '{file}'{pair}")


def _stored(values: pl.Series) -> pl.Series:
    """Return a column in a type that the engine reads from a file: it takes instants and spans of time as text."""
    kind = values.dtype
    if isinstance(kind, pl.Datetime):
        return (values.dt.convert_time_zone("UTC") if kind.time_zone else values).dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    if isinstance(kind, pl.Duration):
        return values.dt.total_microseconds().cast(pl.String) + " microseconds"
    if isinstance(kind, pl.List) or kind.is_integer() or kind.is_float() or kind in {pl.String, pl.Boolean, pl.Date}:
        return values
    return values.cast(pl.String) if kind != pl.Struct else values.struct.json_encode()
