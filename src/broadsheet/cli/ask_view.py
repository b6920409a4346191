"""States of the loop on a terminal: the query with what is wrong marked under it, what it says, its rows and where they come from, what may be typed next."""

import io
import re
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from broadsheet.ask.amend.chips import chips
from broadsheet.ask.answer.values import CELL, cell, cut
from broadsheet.ask.cypher.layout import clause_places
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.loop.records import Compared, Found, Preview, State, Transcript
from broadsheet.ask.loop.showing import in_words, rests_on
from broadsheet.ask.schema import Naming

if TYPE_CHECKING:
    from rich.console import RenderableType

# What would move the cursor, or turn the direction of writing: a value of a graph, or a model, can hold it.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COLOURS = {"error": "bold red", "warning": "yellow", "info": "cyan"}


class Terminal(Console):
    """A console as wide as the terminal, or 120 columns elsewhere; a pipe that nobody reads any more ends the command as it does everywhere."""

    def __init__(self) -> None:
        # What the terminal cannot write stands as a question mark.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        super().__init__(width=shutil.get_terminal_size((120, 24)).columns, highlight=False)

    def on_broken_pipe(self) -> None:
        """Let the command end with what a broken pipe ends with. Raises BrokenPipeError."""
        raise BrokenPipeError


def text(said: str, style: str = "") -> Text:
    r"""Return words for the terminal, a mark in the place of each character that would do something to it.

    >>> text("a\x1b[2Jb").plain
    'a\ufffd[2Jb'
    """
    return Text(_CONTROL.sub("\ufffd", said), style)


def show(console: Console, transcript: Transcript, *, asks: bool = True) -> None:
    """Print the state that a loop is at; `asks` for what is to be done next."""
    state = transcript.state
    if state is None:
        return
    console.print()
    console.rule(_title(transcript, state), align="left", style="dim")
    console.print(text("Question  ", "dim") + text(transcript.question, "bold"))
    if state.options:
        _show_options(console, state)
        if asks:
            console.print(text(f"\n{what_next(state)}", style="dim"))
        return
    _show_history(console, state)
    for line in query_lines(state, max(40, console.width - 4)):
        console.print(Padding(line, (0, 0, 0, 2), expand=False), soft_wrap=True)
    console.print()
    _show_findings(console, state)
    _show_words(console, state, transcript.by)
    if state.compared is not None:
        console.print(Padding(_beside(state.compared, transcript.graph.naming), (0, 0, 1, 2), expand=False))
    if state.preview is not None:
        _show_rows(console, state, state.preview, transcript.graph.naming)
    if asks:
        console.print(text(what_next(state), style="dim"))


def _show_history(console: Console, state: State) -> None:
    for line in _written(state):
        console.print(text(line, style="dim"))
    for line in state.changes:
        console.print(text(f"Changed: {line}", style="green"))
    for line in state.unasked:
        console.print(text(f"Nobody asked for this, and it was taken back: {line} (keep: have it back)", style="yellow"))
    console.print()


def what_next(state: State) -> str:
    """Return what may be typed at a state."""
    if state.options:
        none = "undo for none of these, " if state.parent is not None else ""
        otherwise = "other words, " if state.options[0].query else ""
        return f"Type {'yes' if len(state.options) == 1 else f'1 to {len(state.options)}'}, {otherwise}{none}or quit."
    can = ["accept"] if state.preview is not None and not state.preview.fault else []
    can += ["amend WORDS", *(f"fix {number}" for number, one in enumerate(state.findings, 1) if one.fix)]
    can += ["keep"] if state.whole else []
    can += ["parts"] if state.query else ["query CYPHER"]
    can += ["undo"] if state.parent is not None else []
    can += ["why 1"] if state.preview is not None and state.preview.rows else []
    can += ["why not X"] if state.preview is not None else []
    return " · ".join([*can, "help", "quit"])


def _title(transcript: Transcript, state: State) -> str:
    before = f", from state {state.parent}" if state.parent is not None else ""
    return f"State {state.number} of {len(transcript.states)}{before} · graph {escape(transcript.graph.name)}"


def _show_options(console: Console, state: State) -> None:
    for line in _written(state):
        console.print(text(line, style="dim"))
    console.print(text(f"\n{state.options[0].words!r} may mean:", "bold"))
    for number, one in enumerate(state.options, 1):
        count = "" if one.query else f" ({one.count} node{'' if one.count == 1 else 's'})"
        console.print(text(f"  {number}  ", "bold") + text(f"{one.meaning}{count}"))


def _written(state: State) -> Iterator[str]:
    """Yield who wrote the query, and what was done to it since."""
    for number, draft in enumerate(state.drafts):
        said = "Written by" if not number else "Then"
        notes = f": {'; '.join(note.removesuffix('.') for note in draft.notes)}" if draft.notes else ""
        yield f"{said} {draft.by}{'' if draft.text is not None else ', without a query'}{notes}"


def query_lines(state: State, width: int) -> Iterator[Text]:
    """Yield the query clause by clause, coloured, with marks under what is wrong and the numbers of the findings."""
    for start, end in _pieces(state.text, width):
        yield _coloured(state.text[start:end])
        marks, numbers = [" "] * (end - start), []
        for number, one in enumerate(state.findings, 1):
            first, last = max(one.span[0], start), min(max(one.span[1], one.span[0] + 1), end)
            if first < last:
                marks[first - start : last - start] = "^" * (last - first)
                numbers.append(str(number))
        if numbers:
            worst = min((one for one in state.findings), key=lambda one: list(COLOURS).index(one.severity))
            yield text("".join(marks).rstrip() + " " + ",".join(numbers), style=COLOURS[worst.severity])


def _pieces(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield the places of lines: each clause on its own, none wider than the terminal, line ends as they stand."""
    for start, end in clause_places(text):
        left = start
        while end - left > width:
            at = text.rfind(" ", left + 1, left + width)
            at = left + width if at <= left else at + 1
            yield left, at
            left = at
        yield left, end


def _coloured(line: str) -> Text:
    said = text(line)
    said.highlight_regex(r":`?[\w ]+`?", "cyan")
    said.highlight_regex(r"\b\d[\d_.]*\b", "magenta")
    said.highlight_regex(
        r"\b(?:OPTIONAL|MATCH|WHERE|WITH|UNWIND|RETURN|UNION|ALL|ORDER BY|SKIP|LIMIT|DISTINCT|AS|AND|OR|XOR|NOT|IN|IS|NULL|CASE|WHEN|THEN|ELSE|END|DESC|EXISTS|COUNT"
        r"|CONTAINS|STARTS|ENDS|CALL)\b",
        "bold blue",
    )
    said.highlight_regex(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "green")
    return said


def _show_findings(console: Console, state: State) -> None:
    if state.refused:
        console.print(text(f"Not run: {state.refused} is not allowed, a query only reads.", style=COLOURS["error"]))
    for number, one in enumerate(state.findings, 1):
        console.print(text(f"  {number}  ") + text(f"{one.severity} {one.code}", COLOURS[one.severity]) + text(f"  {one.message}{_offer(number, one)}"))
    if not state.text:
        console.print(text("There is no query.", style=COLOURS["error"]))
    elif state.preview is None and not state.refused:
        console.print(text("Not run: see what is marked.", style=COLOURS["error"]))
    if state.findings or state.refused:
        console.print()


def _offer(number: int, one: Found) -> str:
    return f" (fix {number}: {', '.join(new or 'nothing' for _, _, new in one.fix)})" if one.fix else ""


def _show_words(console: Console, state: State, by: str) -> None:
    for line in state.explanation.splitlines():
        console.print(Padding(text(line), (0, 0, 0, 2), expand=False))
    if state.prose:
        console.print(Padding(Group(text(f"In the words of {by}:", style="dim"), text(state.prose, style="italic")), (1, 0, 0, 2), expand=False))
        for line in state.made_up:
            console.print(Padding(text(f"It says what the query does not: {line}", "bold yellow"), (0, 0, 0, 2), expand=False))
        for line in state.appended:
            console.print(Padding(text(f"It leaves out: {line}", style="yellow"), (0, 0, 0, 2), expand=False))
    if state.unsaid:
        console.print(Padding(text(f"{by} gave no explanation: {state.unsaid}", style="yellow"), (0, 0, 0, 2), expand=False))
    if state.explanation:
        console.print()


def _beside(compared: Compared, naming: Naming) -> "RenderableType":
    """Return the rows before and now, side by side, those that differ."""
    said = text(f"Rows: {compared.words}")
    if not (compared.added or compared.removed or compared.changed):
        return said
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("before", style="red")
    table.add_column("now", style="green")
    for before, after in compared.changed:
        table.add_row(_line(before, naming), _line(after, naming))
    for place in range(max(len(compared.added), len(compared.removed))):
        sides = (compared.removed, compared.added)
        table.add_row(*(_line(side[place], naming) if place < len(side) else "" for side in sides))
    return Group(said, table)


def _line(row: tuple[Any, ...], naming: Naming) -> Text:
    return text(", ".join(cell(value, naming) for value in row))


def _show_rows(console: Console, state: State, preview: Preview, naming: Naming) -> None:
    for line in preview.fault:
        console.print(text(line, style=COLOURS["error"]))
    for number, step in enumerate(preview.steps, 1):
        console.print(text(f"  step {number}  {step.words}", style="dim"))
    for line in preview.empty:
        console.print(text(f"  {line}", style=COLOURS["warning"]))
    if preview.rows:
        table = Table(header_style="bold", title_justify="left")
        table.add_column("", justify="right", style="dim")
        for name in preview.columns:
            table.add_column(text(name))
        origins = [cut("; ".join(rests_on(preview, number, naming)), 2 * CELL) for number in range(1, len(preview.rows) + 1)]
        if any(origins):
            table.add_column("rests on", style="dim")
        for number, row in enumerate(in_words(state, naming), 1):
            origin = [origins[number - 1]] if any(origins) else []
            table.add_row(str(number), *map(text, row), *map(text, origin))
        console.print(table)
    if not preview.fault:
        console.print(text(preview.sentence, "bold"))
        more = ", and there are more" if preview.cut else ""
        console.print(text(f"{preview.total:,} row{'' if preview.total == 1 else 's'}{more}; {len(preview.rows)} shown."))
    for line in preview.notes:
        console.print(text(line, style="yellow"))


def show_states(console: Console, transcript: Transcript) -> None:
    """Print the tree of states."""
    for state in transcript.states:
        mark = "→" if state.number == transcript.at else " "
        parent = f"from {state.parent}" if state.parent is not None else "first"
        said = state.query or (f"asks back: {state.options[0].words}" if state.options else state.text or "no query")
        console.print(text(f"{mark} {state.number} ({parent}) {cut(said, 120)}"))


def show_parts(console: Console, transcript: Transcript) -> None:
    """Print the parts of the query that can be edited, with their numbers."""
    state = transcript.state
    query = parse(state.query).query if state is not None and state.query is not None else None
    if query is None:
        console.print("There is no query yet.")
        return
    for number, one in enumerate(chips(query), 1):
        console.print(text(f"  {number:>2}  {one.kind:<10} {one.value or '(nothing)'}"))
    console.print(text("edit N NEW gives one another value; edit N - takes it away", style="dim"))
