"""`broadsheet ask`: questions to a graph, as Cypher that is checked, explained and amended before it is run."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Questions to a knowledge graph: Cypher that is checked, explained in words, and run read-only.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def ask() -> None:
    """Ask a knowledge graph."""


@app.command("check")
def check(
    queries: Annotated[
        Path, typer.Option("--queries", help="JSON lines: id, query (or cypher), and if wanted a question, a database, or a schema of its own.")
    ],
    schema: Annotated[
        Path | None, typer.Option("--schema", help="The graph's schema, JSON, or triples (A, KNOWS, B). Not needed where each line has its own.")
    ] = None,
    database: Annotated[str | None, typer.Option("--database", help="Which database of a file of several. Default: that of each line.")] = None,
) -> None:
    """Hold queries against a schema without running them; one line of JSON for each query, in order.

    A line has id, parsed, allowed (nothing in it writes, calls or loads), findings (code, severity, span in code points, message, fix), fixed, explanation
    and canonical. A line's question is held against its query. Errors and warnings are alarms; what is a matter of style is an info. Exits with 1 where any query has an error.

    Example: broadsheet ask check --schema schema.json --queries queries.jsonl > findings.jsonl
    """
    import json

    from broadsheet.ask.lines import Schemas, checked_lines, has_error

    wrong = False
    for told in checked_lines(queries, Schemas(schema, database)):
        typer.echo(json.dumps(told))
        wrong = wrong or has_error(told)
    if wrong:
        raise typer.Exit(1)
