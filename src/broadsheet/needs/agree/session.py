"""Labelling post by post in a terminal: every answer is saved, so that a stopped session goes on where it was."""

from collections.abc import Callable
from pathlib import Path

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.schema import Columns
from broadsheet.needs.agree.labels import NONE, locate
from broadsheet.needs.agree.sheet import COLUMNS, Sheet, write_sheet
from broadsheet.needs.normal import normalise
from broadsheet.needs.taxonomy import Taxonomy

_KEYS = "0 none   s skip   u undo   q stop   (words of the post may follow a number: 3 behind on my card)"
_ANSWERS = (Columns.LEVEL, Columns.START, Columns.END, Columns.EVIDENCE)


class Session:
    """One annotator's way through a sheet. `ask` returns a line, or None at the end of the input; `tell` prints one."""

    def __init__(self, path: Path, sheet: Sheet, annotator: str, taxonomy: Taxonomy, ask: Callable[[], str | None], tell: Callable[[str], None]) -> None:
        """Raise ConfigError for a sheet in which another annotator labels."""
        if other := next((name for row in sheet.rows if (name := row[Columns.ANNOTATOR].strip()) not in ("", annotator)), ""):
            raise ConfigError(f"{path} is filled in by {other}.", f"Give {annotator} another --out: the same options and seed draw the same posts.")
        self._path, self._annotator, self._taxonomy = path, annotator, taxonomy
        self._ask, self._tell = ask, tell
        self._sheet = sheet._replace(columns=(*sheet.columns, *(name for name in COLUMNS if name not in sheet.columns)))
        self._passed: list[int] = []

    def run(self) -> int:
        """Ask for each post without a level until all are done or somebody stops; return how many rows have one."""
        place = self._open(0)
        self._passed = [number for number in range(len(self._sheet.rows) if place is None else place) if self._level(number)]
        is_new = True
        while place is not None:
            if is_new:
                self._show(place)
            line = self._ask()
            if line is None or line.strip().lower() == "q":
                break
            following = self._answer(place, line.strip())
            is_new = following != place or line.strip().lower() == "u"
            place = following
        return self._done()

    def _answer(self, place: int, line: str) -> int | None:
        """Take one line; return the post to ask for next, which is the same one where the line was no answer."""
        match line.lower():
            case "s":
                self._passed.append(place)
                return self._open(place + 1)
            case "u":
                return self._undo(place)
        cell, _, words = line.partition(" ")
        levels = self._taxonomy.levels
        names = {"0": NONE, **{str(level.order): level.id for level in levels}}
        if cell not in names or (words.strip() and names[cell] == NONE):
            self._tell(f"Write 0 to {len(levels)}, s, u or q.")
            return place
        answer = {**dict.fromkeys(_ANSWERS, ""), Columns.LEVEL: names[cell]}
        if words.strip():
            try:
                span, _ = locate(normalise(self._sheet.rows[place][Columns.TEXT]), words)
            except RecordError as fault:
                self._tell(f"{fault.what}. {fault.mend}")
                return place
            answer |= {Columns.START: str(span.start), Columns.END: str(span.end), Columns.EVIDENCE: span.text}
        self._sheet.rows[place].update(answer, **{Columns.ANNOTATOR: self._annotator})
        self._save()
        self._passed.append(place)
        return self._open(place + 1)

    def _undo(self, place: int) -> int:
        if not self._passed:
            self._tell("There is nothing to undo.")
            return place
        back = self._passed.pop()
        self._sheet.rows[back].update(dict.fromkeys(_ANSWERS, ""))
        self._save()
        return back

    def _show(self, place: int) -> None:
        row = self._sheet.rows[place]
        self._tell(f"\n{self._done() + 1} of {len(self._sheet.rows)}   {printable(row[Columns.POST])}\n\n{printable(row[Columns.TEXT])}\n")
        for level in self._taxonomy.levels:
            self._tell(f"{level.order} {level.id}: {level.name}")
        self._tell(_KEYS)

    def _open(self, start: int) -> int | None:
        return next((number for number in range(start, len(self._sheet.rows)) if not self._level(number)), None)

    def _level(self, number: int) -> str:
        return self._sheet.rows[number][Columns.LEVEL].strip()

    def _done(self) -> int:
        return sum(bool(self._level(number)) for number in range(len(self._sheet.rows)))

    def _save(self) -> None:
        write_sheet(self._path, self._sheet)


def printable(text: str) -> str:
    r"""Return a text without what a terminal would obey: a stranger's post may hold it.

    >>> printable("Rent\x1b[2J is\n due")
    'Rent\ufffd[2J is\n due'
    """
    return "".join(char if char.isprintable() or char in "\n\t" else " " if char.isspace() else "\ufffd" for char in text)
