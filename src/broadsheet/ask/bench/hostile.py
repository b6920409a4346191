"""Statements that must never reach an engine, and such as only look like them."""

from importlib.resources import files
from typing import NamedTuple


class Hostile(NamedTuple):
    """Statements to be refused, and statements to be answered."""

    refused: list[str]
    allowed: list[str]


def hostile() -> Hostile:
    """Return both.

    >>> any("COPY" in one for one in hostile().refused), len(hostile().allowed) > 60
    (True, True)
    """
    text = (files("broadsheet.ask.bench") / "hostile.txt").read_text(encoding="utf-8")
    _, refused, _, allowed = (part.strip("\n").split("\n") for part in text.split("\n\n"))
    return Hostile(*([one.replace("~", "\n").replace("@", "\u200b") for one in part] for part in (refused, allowed)))
