"""What a person types in the loop: a command, or words that say what to change."""

import re
from typing import NamedTuple

from broadsheet.ask.loop.records import Act, Event

_CYPHER = re.compile(r"query\s+(?=(?:match|optional|unwind|with|return|call)\b)", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<word>fix|branch|choose|why)\s+(?P<number>[0-9]{1,6})\Z", re.IGNORECASE)
_EDIT = re.compile(r"edit\s+(?P<number>[0-9]{1,6})\s+(?P<text>.*\S)", re.IGNORECASE | re.DOTALL)
_WHY_NOT = re.compile(r"why\s+not\s+(?P<text>.*\S)", re.IGNORECASE | re.DOTALL)
_AMEND = re.compile(r"amend:?\s+(?P<text>.*\S)", re.IGNORECASE | re.DOTALL)
_PICTURE = re.compile(r"picture(?:\s+(?P<text>\S.*))?", re.IGNORECASE)
_PLAIN = {
    "accept": Act.ACCEPT, "yes": Act.ACCEPT, "ok": Act.ACCEPT, "undo": Act.UNDO, "keep": Act.KEEP, "quit": Act.QUIT, "exit": Act.QUIT, "q": Act.QUIT, "why": Act.WHY,
}  # fmt: skip
_NUMBERS = {"fix": Act.FIX, "branch": Act.BRANCH, "choose": Act.CHOOSE, "why": Act.WHY}
# Words that show something and change nothing.
SHOWING = frozenset({"show", "help", "?", "states", "parts", "picture"})
COMMANDS = (
    ("accept", "take the answer, and end"),
    ("amend WORDS", "change the query in words; a line that is no command is taken so"),
    ("fix N", "make the change that finding N offers"),
    ("parts", "list what can be edited: labels, directions, values, limits"),
    ("edit N NEW", "give part N another value (a direction: right, left or either); - takes it away"),
    ("query CYPHER", "write the query yourself; it is checked as any other"),
    ("keep", "have the changes back that nobody asked for"),
    ("undo", "go back to the state before"),
    ("states", "list all states; nothing is lost"),
    ("branch N", "go on from state N"),
    ("choose N", "say which meaning is meant; the number alone will do"),
    ("why N", "which nodes and relations row N comes from"),
    ("why not X", "why X is not among the rows"),
    ("picture FILE", "draw what was matched, as SVG"),
    ("show", "show the state again"),
    ("quit", "end without an answer; the end of input does so too"),
)


class Typed(NamedTuple):
    """An event, or where nothing happens a word of `SHOWING` with what stands behind it."""

    event: Event | None
    shows: str = ""
    rest: str = ""


def typed(line: str, *, choosing: bool = False) -> Typed | None:
    """Return what a line says, None for one without words. While meanings are asked for (`choosing`) a bare number chooses.

    >>> typed("fix 2").event
    Event(act=<Act.FIX: 'fix'>, text='', number=2)
    >>> typed("only films after 2020").event.act, typed("fix the year").event.act, typed("show").shows
    (<Act.AMEND: 'amend'>, <Act.AMEND: 'amend'>, 'show')
    """
    line = line.strip()
    low = line.lower()
    if not line:
        return None
    if low in SHOWING - {"picture"}:
        return Typed(None, "help" if low == "?" else low)
    if (match := _PICTURE.fullmatch(line)) is not None:
        return Typed(None, "picture", (match["text"] or "").strip())
    if choosing and line.isascii() and line.isdigit() and len(line) < 7:
        return Typed(Event(act=Act.CHOOSE, number=int(line)))
    return Typed(_event(line, low))


def _event(line: str, low: str) -> Event:
    if low in _PLAIN:
        return Event(act=_PLAIN[low])
    if (match := _NUMBERED.fullmatch(line)) is not None:
        return Event(act=_NUMBERS[match["word"].lower()], number=int(match["number"]))
    for form, act in ((_EDIT, Act.EDIT), (_WHY_NOT, Act.WHY_NOT), (_AMEND, Act.AMEND)):
        if (match := form.fullmatch(line)) is not None:
            return Event(act=act, text=match["text"], number=int(match.groupdict().get("number") or 0))
    if (match := _CYPHER.match(line)) is not None:
        return Event(act=Act.WRITE, text=line[match.end() :])
    return Event(act=Act.AMEND, text=line)
