"""`broadsheet ask build` and `ask describe`: graphs made, and told."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.ask_tools import Json


def build(
    source: Annotated[str, typer.Argument(help="sample, world, or a path: a world, tables, a zip of Neo4j's importer, CREATE statements, papers, a table.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the graph; one that is there is replaced where the source has changed.")],
    label: Annotated[str, typer.Option("--label", help="What the rows of a single table are called; else its file's name says it.")] = "",
    nodes: Annotated[list[str] | None, typer.Option("--nodes", help="A column of a single table whose values become nodes too. Repeats.")] = None,
    no_nodes: Annotated[list[str] | None, typer.Option("--no-nodes", help="A column whose values become no nodes. Repeats.")] = None,
    key: Annotated[str, typer.Option("--key", help="The column of a single table's keys: rows of one key become one node. Else each row is one.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Make a graph of a source, and keep it. Of a source that has not changed, the graph that is there stays.

    A folder of tables has nodes-LABEL.csv (or .parquet), its key in the column id, and relations-TYPE.csv with the keys start and end.

    A single table that is not one of papers (CSV, JSON Lines, Parquet, also .gz) has a node for each row; what became of each column is told.

    Example: broadsheet ask build papers.jsonl --out papers-graph
    """
    import json

    from broadsheet.ask.graph.describe import column_lines
    from broadsheet.ask.graph.flat import Wishes
    from broadsheet.ask.graph.opened import build_graph
    from broadsheet.stack.words import counted

    built = build_graph(source, out, Wishes(label, tuple(nodes or ()), tuple(no_nodes or ()), key=key))
    counts = {"nodes": built.graph.node_count, "relations": built.graph.edge_count}
    if as_json:
        held = {"path": str(out), "content_hash": built.content_hash, "changed": built.changed, "counts": counts}
        columns = {"columns": [dict(one) for one in built.graph.columns]} if built.graph.columns else {}
        typer.echo(json.dumps(held | columns, indent=1, ensure_ascii=False))
        return
    typer.echo(f"{counted(counts['nodes'], 'node')}, {counted(counts['relations'], 'relation')}{'' if built.changed else '; nothing has changed'}", err=True)
    for line in column_lines(built.graph.columns):
        typer.echo(line, err=True)
    typer.echo(str(out))


def describe(
    graph: Annotated[str, typer.Argument(help="sample, world, or the path of a graph or of what `ask build` reads.")],
    svg: Annotated[Path | None, typer.Option("--svg", help="Write a picture of labels and relations to this file.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Tell what a graph holds: labels, properties and their values, relations, and the guards of the engine that answers over it.

    What --json prints is also a schema for `ask check --schema`.

    Example: broadsheet ask describe sample --svg schema.svg
    """
    import json

    from broadsheet.ask.graph.describe import described, in_words, schema_picture, with_guards
    from broadsheet.ask.graph.opened import open_graph
    from broadsheet.core.files import write_file

    with open_graph(graph) as engine:
        told = with_guards(described(engine.graph), engine)
        if svg is not None:
            write_file(svg, schema_picture(engine.graph))
    typer.echo(json.dumps(told, indent=1, ensure_ascii=False) if as_json else in_words(told))
