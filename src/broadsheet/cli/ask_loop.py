"""`broadsheet ask QUESTION`: the loop on a terminal, or over lines of standard input."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.ask_group import asked
from broadsheet.cli.ask_tools import Graph, Llm, Opening, Seconds, Shown, Svg, Tries, opened
from broadsheet.cli.llm_options import Asked, MaxCalls, MaxUsd, Prices, Record, Store

if TYPE_CHECKING:
    from rich.console import Console

    from broadsheet.ask.loop.machine import Loop
    from broadsheet.ask.loop.records import Transcript

PROMPT = "ask> "
ENDED, STOPPED = "end of input", "stopped"
# As a shell has it for what an interrupt has ended.
INTERRUPTED = 130


def question(
    words: Annotated[list[str], typer.Argument(metavar="QUESTION", help="The question. Behind -- it may be any word, a subcommand's name too.")],
    graph: Graph = "sample",
    llm: Llm = None,
    transcript: Annotated[Path | None, typer.Option("--transcript", help="Keep all that happens in this file, for `ask replay`.")] = None,
    svg: Svg = None,
    rows: Shown = 10,
    seconds: Seconds = 10.0,
    *,
    tries: Tries = 2,
    record: Record = None,
    prices: Prices = None,
    max_usd: MaxUsd = None,
    max_calls: MaxCalls = None,
    store: Store = None,
) -> None:
    r"""Ask, see what the query says and gives, and accept or amend it, until it is right.

    Typed are: accept, amend WORDS (or just the words), fix N, parts, edit N NEW, keep, undo, states, branch N, why N, why not X, picture FILE, show, help, quit. Lines of
    standard input do as well, and the end of input quits. Exits with 0 when the loop ended as it was told or at the end of input, with 130 when it was stopped; the
    transcript is whole either way.

    Example: broadsheet ask "Who wrote the most papers?"

    Example: printf 'at most 3 rows\naccept\n' | broadsheet ask "Who wrote the most papers?" --transcript loop.json
    """
    from broadsheet.ask.loop.machine import Loop
    from broadsheet.cli.ask_view import Terminal

    opening = Opening(graph, Asked(llm, record, prices, max_usd, max_calls, store), rows, seconds, tries)
    said = asked(words)
    with _interruptible(), opened(opening) as tools:
        Session(Loop(tools), Terminal(), transcript, svg).run(said)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let an interrupt end the loop and nothing else; raises typer.Exit for one before it began."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("\nStopped before there was a draft.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGINT, before)


class Session:
    """Shows states, reads lines, and keeps the transcript on disk after every event."""

    def __init__(self, loop: "Loop", console: "Console", file: Path | None, svg: Path | None) -> None:
        self._loop, self._console, self._file, self._svg = loop, console, file, svg

    def run(self, asked: str) -> None:
        """Run the loop to its end. Raises what keeps the first draft from being written, and typer.Exit for an interrupt."""
        from broadsheet.ask.loop.outcome import fault_of

        made = self._loop.blank(asked)
        try:
            made = self._kept(self._loop.begin(asked))
            if made.state is None:
                raise fault_of(made)
            self._show(made)
            while not made.ended:
                made = self._next(made)
        except KeyboardInterrupt:
            self._kept(self._end(made, STOPPED))
            self._console.print("\nStopped; the transcript is whole." if self._file else "\nStopped.")
            raise typer.Exit(INTERRUPTED) from None
        self._tell_end(made)

    def _next(self, made: "Transcript") -> "Transcript":
        """Read one line and do what it says."""
        from broadsheet.ask.loop.typed import typed
        from broadsheet.cli.ask_view import text

        line = self._line()
        if line is None:
            return self._kept(self._end(made, ENDED))
        said = typed(line, choosing=made.state is not None and bool(made.state.options))
        if said is None:
            return made
        if said.event is None:
            self._only_show(made, said.shows, said.rest)
            return made
        after = self._kept(self._loop.step(made, said.event))
        last = after.happened[-1]
        for told in last.told:
            self._console.print(text(told))
        for fault in last.fault:
            self._console.print(text(fault, "red"))
        if after.at != made.at and not after.ended:
            self._show(after)
        return after

    def _line(self) -> str | None:
        """Return the next line, None at the end of input."""
        from broadsheet.cli.ask_view import text

        if sys.stdin.isatty():
            import readline  # noqa: F401 - lines can be edited, and come again

            try:
                return input(PROMPT)
            except EOFError:
                return None
        line = sys.stdin.readline()
        if line:
            self._console.print(text(f"\n{PROMPT}{line.rstrip()}", "bold"))
        return line or None

    def _end(self, made: "Transcript", how: str) -> "Transcript":
        from broadsheet.ask.loop.records import Act, Event

        return self._loop.step(made, Event(act=Act.QUIT, text=how))

    def _kept(self, made: "Transcript") -> "Transcript":
        from broadsheet.ask.loop.transcript import write_transcript

        if self._file is not None:
            write_transcript(self._file, made)
        return made

    def _show(self, made: "Transcript") -> None:
        from broadsheet.cli.ask_view import show

        show(self._console, made)
        if self._svg is not None:
            self._draw(made, self._svg)

    def _only_show(self, made: "Transcript", what: str, rest: str) -> None:
        from broadsheet.ask.loop.typed import COMMANDS
        from broadsheet.cli.ask_view import show, show_parts, show_states

        if what == "help":
            for command, does in COMMANDS:
                self._console.print(f"  {command:<14} {does}", markup=False)
        elif what == "states":
            show_states(self._console, made)
        elif what == "parts":
            show_parts(self._console, made)
        elif what == "picture":
            self._draw(made, Path(rest) if rest else self._svg or Path("answer.svg"))
        else:
            show(self._console, made)

    def _draw(self, made: "Transcript", file: Path) -> None:
        from broadsheet.cli.ask_picture import draw

        self._console.print(draw(self._loop, made, file), markup=False, style="dim")

    def _tell_end(self, made: "Transcript") -> None:
        how = {
            "accepted": f"Accepted: state {made.accepted} of {len(made.states)}.",
            "quit": "Ended without an answer.",
            ENDED: "End of input: ended without an answer.",
        }
        where = f" All of it is in {self._file}." if self._file else ""
        self._console.print(f"\n{how.get(made.ended, made.ended)}{where}", markup=False)
