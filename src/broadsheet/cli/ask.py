"""`broadsheet ask`: questions to a graph, as Cypher that is checked, explained and amended before it is run."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli import ask_loop, ask_run
from broadsheet.cli.ask_graph import build, describe
from broadsheet.cli.ask_group import QUESTION, AskCommand, AskGroup

app = typer.Typer(
    cls=AskGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def ask() -> None:
    """Ask a knowledge graph: broadsheet ask "Who wrote the most papers?" opens the loop.

    A first word that is one of the commands below is that command; behind -- it is a question.
    """


app.command(QUESTION, cls=AskCommand, hidden=True)(ask_loop.question)
app.command("run")(ask_run.run)
app.command("replay")(ask_run.replay)


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
    and canonical. What is not allowed is an info, NOT_ALLOWED. A line's question is held against its query. Errors and warnings are alarms; what is a matter of style is an info. Exits with 1 where any query has an error.

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


app.command("build")(build)
app.command("describe")(describe)


@app.command("grammar")
def grammar(
    schema: Annotated[Path, typer.Option("--schema", help="The graph's schema, JSON, or triples (A, KNOWS, B).")],
    database: Annotated[str | None, typer.Option("--database", help="Which database of a file of several.")] = None,
    value: Annotated[list[str] | None, typer.Option("--value", help="A text that a query may compare with, beside those of the schema. Repeats.")] = None,
) -> None:
    """Print a grammar of queries on a schema in GBNF, for servers that hold a language model to one.

    Names, directions and types are right in whatever fits it. Whether conditions are against each other, no such grammar can say: check what comes out.

    Example: broadsheet ask grammar --schema schema.json --value 'Ana Bell' > schema.gbnf
    """
    from broadsheet.ask.decode.gbnf import gbnf
    from broadsheet.ask.decode.given import Given
    from broadsheet.ask.schema_files import read_schema

    typer.echo(gbnf(read_schema(schema, database), Given(tuple(value or ()))), nl=False)
