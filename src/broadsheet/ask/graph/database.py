"""A graph written as a database of ladybug: a table for each label, one for each type of relation."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import polars as pl

from broadsheet.ask.cypher.dialects.ladybug.kinds import Kind, stored
from broadsheet.ask.cypher.dialects.ladybug.layout import Layout, Table
from broadsheet.ask.graph.layouts import ENDS, kind_of
from broadsheet.ask.graph.tables import Graph
from broadsheet.core.errors import MissingExtraError
from broadsheet.core.files import staged_folder
from broadsheet.core.schema import Columns

DATABASE = "graph.lbug"
# The form in which tables are written; a database of another form is not opened.
FORM = "lbug-2"
# How many databases are kept.
KEPT = 8
# A table that holds nothing, for a graph without relations: patterns may still ask for some.
NO_NODES, NO_RELATIONS = "_no_nodes", "_no_relations"


def engine_module() -> ModuleType:
    """Return ladybug. Raises MissingExtraError where it is not installed."""
    try:
        import ladybug
    except ImportError:
        raise MissingExtraError("Queries are answered by ladybug, which is not installed.", "Run: pip install 'ladybug>=0.22,<0.23'") from None
    return ladybug


def kept_database(graph: Graph, layout: Layout, folder: Path) -> Path:
    """Return a folder with the database of a graph: the one that is kept under what the graph holds, or a new one. Of the kept, the newest few stay."""
    path = folder / f"{FORM}-{graph.content_hash()[:32]}"
    if not (path / DATABASE).is_file():
        with staged_folder(path, DATABASE) as stage:
            build_database(graph, layout, stage / DATABASE)
        path.chmod(0o500)
        _forget(folder, path)
    os.utime(path)
    return path


def _forget(folder: Path, but: Path) -> None:
    others = sorted((one for one in folder.glob("lbug-*") if (one / DATABASE).is_file() and one != but), key=lambda one: one.stat().st_mtime)
    for one in others[: max(0, len(others) + 1 - KEPT)]:
        remove_database(one)


def remove_database(path: Path) -> None:
    """Remove the folder of a database."""
    path.chmod(0o700)
    shutil.rmtree(path)


def build_database(graph: Graph, layout: Layout, path: Path) -> None:
    """Write a graph's tables to a new database at `path`, which nobody may write; rows keep their order, so that a node is known by its row."""
    engine = engine_module()
    database = engine.Database(str(path), max_num_threads=1)
    connection = engine.Connection(database)
    with TemporaryDirectory(prefix="broadsheet-tables-") as scratch:
        for label, frame in graph.nodes.items():
            table = layout.nodes[label]
            connection.execute(f"CREATE NODE TABLE `{table.name}`({_columns(table)}`{Columns.GRAPH_ROW}` INT64, PRIMARY KEY(`{Columns.GRAPH_ROW}`))")
            _copy(connection, table, frame, Path(scratch))
        for kind, table in layout.relations.items():
            same = [one for one in graph.joined if one.type == kind]
            pairs = ", ".join(f"FROM `{layout.nodes[one.start].name}` TO `{layout.nodes[one.end].name}`" for one in same)
            connection.execute(f"CREATE REL TABLE `{table.name}`({pairs}, {_columns(table)}`{Columns.GRAPH_ROW}` INT64)")
            for one in same:
                _copy(connection, table, one.frame, Path(scratch), (layout.nodes[one.start].name, layout.nodes[one.end].name))
        if not layout.relations:
            connection.execute(f"CREATE NODE TABLE {NO_NODES}(`row` INT64, PRIMARY KEY(`row`))")
            connection.execute(f"CREATE REL TABLE {NO_RELATIONS}(FROM {NO_NODES} TO {NO_NODES})")
    connection.close()
    database.close()
    path.chmod(0o400)


def _columns(table: Table) -> str:
    return "".join(f"`{column}` {stored(kind)}, " for of in table.columns.values() for column, kind in of)


def _copy(connection: Any, table: Table, frame: pl.DataFrame, scratch: Path, ends: tuple[str, ...] = ()) -> None:
    """Load a frame: the rows of its ends first, then a column of the table after the other, null where the frame has none."""
    if not frame.height:
        return
    held: list[pl.Series] = [frame[name] for name in ENDS] if ends else []
    for key, of in table.columns.items():
        held += [_column(frame, key, column, kind) for column, kind in of]
    held.append(pl.int_range(frame.height, eager=True).alias(Columns.GRAPH_ROW))
    file = scratch / "rows.parquet"
    pl.DataFrame(held).write_parquet(file)
    connection.execute(f"COPY `{table.name}` FROM '{file}'{' (from={!r}, to={!r})'.format(*ends) if ends else ''}")


def _column(frame: pl.DataFrame, key: str, column: str, kind: Kind) -> pl.Series:
    if key not in frame.columns or kind_of(frame.schema[key]) != kind:
        return pl.Series(column, [None] * frame.height, dtype=pl.String)
    return _stored(frame[key]).alias(column)


def _stored(values: pl.Series) -> pl.Series:
    """Return a column in a type that the engine reads from a file: it takes instants and spans of time as text."""
    kind = values.dtype
    if isinstance(kind, pl.Datetime):
        return (values.dt.convert_time_zone("UTC") if kind.time_zone else values).dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    if isinstance(kind, pl.Duration):
        return values.dt.total_microseconds().cast(pl.String) + " microseconds"
    if isinstance(kind, pl.List) or kind in {pl.String, pl.Boolean, pl.Date}:
        return values
    if kind.is_integer() or kind.is_float() or kind.is_decimal():
        return values.cast(pl.Int64 if kind.is_integer() else pl.Float64)
    return values.cast(pl.String) if kind != pl.Struct else values.struct.json_encode()
