"""`broadsheet ask run`: a question answered in one go; `broadsheet ask replay`: a transcript done again."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.ask_group import asked
from broadsheet.cli.ask_tools import Graph, Json, Llm, Opening, Seconds, Shown, Svg, Tries, opened, reopened
from broadsheet.cli.llm_options import Asked, MaxCalls, MaxUsd, Prices, Record, Store

if TYPE_CHECKING:
    from broadsheet.ask.loop.machine import Loop
    from broadsheet.ask.loop.records import State, Transcript

NOT_RUN, ASKED_BACK, UNWRITTEN = 1, 6, 7
# Differences that are told.
FEW = 10


def run(
    words: Annotated[list[str], typer.Argument(metavar="QUESTION", help="The question.")],
    graph: Graph = "sample",
    llm: Llm = None,
    svg: Svg = None,
    rows: Shown = 20,
    seconds: Seconds = 10.0,
    tries: Tries = 2,
    record: Record = None,
    prices: Prices = None,
    max_usd: MaxUsd = None,
    max_calls: MaxCalls = None,
    store: Store = None,
    *,
    choose: Annotated[
        list[int] | None,
        typer.Option("--choose", min=1, help="Which meaning of words that have several is meant, by its number; once for each such word, in their order."),
    ] = None,
    accept_warnings: Annotated[
        bool, typer.Option("--accept-warnings", help="Run a query although something is doubtful about it; one with errors is never run.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Answer a question without asking anybody anything: draft, check, mend, explain, run.

    The JSON object has question, graph, outcome, writer, drafts (each text with who wrote it), query (canonical), findings of the checker, question_findings (what the
    question asks for otherwise), explanation, answer (a sentence of what is in the rows), columns, rows, names (for each row what its nodes are called), total, provenance
    (for each row its nodes and relations), steps, why_empty, asked_back (the meanings of words that have several, of which --choose says one) and fault. Exits with 0 for an answer, also one without rows; with 1 where the query is wrong, not allowed, or doubtful without
    --accept-warnings; with 6 where it must ask back; with 7 where no query could be written; with 90 to 92 where the engine could not answer.

    Example: broadsheet ask run "Which papers are about reranking?" --json
    """
    import json

    from broadsheet.ask.loop.machine import Loop
    from broadsheet.ask.loop.outcome import fault_of, told
    from broadsheet.cli.ask_picture import draw
    from broadsheet.cli.ask_view import Terminal, show

    question = asked(words)
    opening = Opening(graph, Asked(llm, record, prices, max_usd, max_calls, store), rows, seconds, tries, accept_warnings)
    with opened(opening) as tools:
        loop = Loop(tools)
        made = loop.begin(question)
        if made.state is None:
            raise fault_of(made)
        made, idle = _chosen(loop, made, choose or ())
        if as_json:
            typer.echo(json.dumps(told(loop, made)))
        else:
            show(Terminal(), made, asks=False)
        if svg is not None:
            typer.echo(draw(loop, made, svg), err=True)
        called = ", ".join(tools.schema.labels)
    if idle:
        typer.echo(f"--choose {' --choose '.join(map(str, idle))} chose nothing: no more words of the question were open.", err=True)
    _exit(made.state, called, shlex.quote(graph), f"broadsheet ask {shlex.quote(question)} --graph {shlex.quote(graph)}")


def _chosen(loop: "Loop", made: "Transcript", numbers: Sequence[int]) -> tuple["Transcript", Sequence[int]]:
    """Return the transcript with the meanings chosen that are told, and those that make no difference; and the numbers that were not needed.

    Raises ConfigError for a number that is of no meaning.
    """
    from broadsheet.ask.loop.records import Act, Event
    from broadsheet.core.errors import ConfigError

    for at, number in enumerate(numbers):
        if made.state is None or not made.state.options:
            return made, numbers[at:]
        made = loop.step(made, Event(act=Act.CHOOSE, number=number))
        if fault := made.happened[-1].fault:
            raise ConfigError(*fault)
    return loop.without_idle_choice(made), ()


def _exit(state: object, called: str, graph: str, loop: str) -> None:
    """Exit as the state came out; `called` is what things are called in the graph, for who has to ask otherwise, and `loop` the command that asks back."""
    from broadsheet.ask.loop.asking import is_spelling
    from broadsheet.ask.loop.outcome import Outcome, outcome_of
    from broadsheet.ask.loop.records import State
    from broadsheet.cli.ask_view import text

    assert isinstance(state, State)
    match outcome_of(state):
        case Outcome.FAILED if state.preview is not None:
            typer.echo("broadsheet: " + "\n".join(state.preview.fault), err=True)
            raise typer.Exit(state.preview.code)
        case Outcome.DOUBTFUL:
            typer.echo(
                f"Not run: {text(_doubt(state)).plain}\nAsk otherwise (things here are called {called}), run it with --accept-warnings, or amend it: {loop}",
                err=True,
            )
            raise typer.Exit(NOT_RUN)
        case Outcome.REFUSED:
            raise typer.Exit(NOT_RUN)
        case Outcome.ASKED_BACK:
            meanings = "; ".join(f"--choose {number} for {one.meaning}" for number, one in enumerate(state.options, 1))
            why = f"nothing is called {state.options[0].words!r}" if is_spelling(state.options[0]) else f"{state.options[0].words!r} has several meanings here"
            typer.echo(f"Not run: {why}.\nSay which is meant: {meanings}. Or be asked: {loop}", err=True)
            raise typer.Exit(ASKED_BACK)
        case Outcome.UNWRITTEN:
            why = text("; ".join(note.removesuffix(".") for note in state.drafts[-1].notes)).plain if state.drafts else ""
            typer.echo(
                f"No query could be written{f': {why}' if why else ''}{'' if why.endswith('?') else '.'}\n"
                f"Ask otherwise: things here are called {called}. What the graph holds: broadsheet ask describe {graph}",
                err=True,
            )
            raise typer.Exit(UNWRITTEN)


def _doubt(state: "State") -> str:
    """Return the first finding of a state that is an alarm, errors before warnings."""
    first = next((one for grave in ("error", "warning") for one in state.findings if one.severity == grave), None)
    return f"{first.code}: {first.message}" if first is not None else "something is wrong or doubtful about the query."


def replay(
    transcript: Annotated[Path, typer.Argument(metavar="TRANSCRIPT", help="What --transcript wrote.")],
    graph: Graph = "sample",
) -> None:
    """Do a transcript again, without any model, and compare it byte for byte with what was written; exits with 1 where they differ, and says where.

    Example: broadsheet ask replay loop.json
    """
    from broadsheet.ask.loop.machine import Loop
    from broadsheet.ask.loop.transcript import differences, dumped, read_transcript, replayed
    from broadsheet.cli.progress import shown
    from broadsheet.stack.words import counted

    recorded, text = read_transcript(transcript)
    with reopened(recorded, graph) as tools, shown() as progress:
        made = dumped(replayed(recorded, Loop(tools), progress))
    found = list(differences(text, made))
    for line in found[:FEW]:
        typer.echo(line)
    if found:
        more = f"\nAnd {len(found) - FEW:,} more." if len(found) > FEW else ""
        typer.echo(f"{counted(len(found), 'difference')}.{more}")
        raise typer.Exit(1)
    spoken = len(recorded.spoken)
    counts = f"{counted(len(recorded.happened), 'event')}, {counted(len(recorded.states), 'state')}, {counted(spoken, 'reply', 'replies')}"
    typer.echo(f"The same, byte for byte: {counts} of a model.")
