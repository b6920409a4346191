"""Reading a plan out of whatever a model said: names of a list in it, and what was wrong with the rest."""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LONGEST = 20_000
"""Characters of a reply that are looked at."""
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"|' + r"(?<!\w)'((?:[^'\\\n]|\\.|(?<=\w)'(?=\w))*)'(?!\w)")
_THOUGHT = "</think>"
_REFUSAL = re.compile(
    r"\b(?:i\s+(?:cannot|can't|can\s+not|won't|will\s+not|am\s+unable|am\s+not\s+able)|i['’]m\s+(?:sorry|unable|not\s+able)|as\s+an\s+ai)\b", re.IGNORECASE
)


class Reading(NamedTuple):
    """The rows of the categories that a reply names, in its order and each once; `reason` says why there are none.

    `unknown` names stood in the list that are no category on offer (a bare number, one out of range, another word), `again` counts those named twice.
    """

    rows: tuple[int, ...]
    reason: str = ""
    unknown: int = 0
    again: int = 0


def read_plan(text: str, names: Sequence[str], offered: Iterable[int], most: int) -> Reading:
    """Read the first list in a text that names a category on offer: JSON, half of it, or JSON among prose. Never raises.

    What a model thinks aloud before it answers (up to `</think>`) is not its plan. Prose without a list is not searched for names: who writes that a category is to be avoided names it too.

    >>> read_plan('Sure! ["Crime", "crime", "Cooking", 7', ["Poems", "Crime"], [0, 1], 3)
    Reading(rows=(1,), reason='', unknown=2, again=1)
    >>> read_plan("I would avoid Crime.", ["Poems", "Crime"], [0, 1], 3).reason
    'no list'
    """
    said = text[:LONGEST].rpartition(_THOUGHT)[2]
    if not said.strip():
        return Reading((), "empty")
    place = {_folded(names[row]): row for row in offered}
    lists = [part for part in said.split("[")[1:] if part.strip()]
    if not lists:
        return Reading((), "refusal" if _REFUSAL.search(said) else "no list")
    best = Reading((), "no name")
    for part in lists:
        found = _of_list(part.partition("]")[0], place, most)
        if found.rows:
            return found
        best = found if found.unknown > best.unknown else best
    return best


def _of_list(inside: str, place: dict[str, int], most: int) -> Reading:
    rows: dict[int, None] = {}
    unknown = again = 0
    for word in _words(inside):
        row = place.get(_folded(word))
        if row is None:
            unknown += 1
        elif row in rows:
            again += 1
        else:
            rows[row] = None
    return Reading(tuple(rows)[:most], "" if rows else "no name", unknown, again)


def _words(inside: str) -> list[str]:
    """Return what stands in a list: quoted words, and what is between commas beside them."""
    quoted = [_unescaped(first) or second for first, second in _QUOTED.findall(inside)]
    rest = [part.strip() for part in _QUOTED.sub(",", inside).split(",")]
    # Of a text that was cut the last word may have lost its end: it stands without its closing quote, and is no name by itself.
    return [*quoted, *(part for part in rest if part)]


def _unescaped(word: str) -> str:
    """Return what a word between double quotes says, or the word as it stands where JSON cannot read it."""
    try:
        return json.loads(f'"{word}"')
    except ValueError:
        return word


def _folded(name: str) -> str:
    """Return a name without what is the same to a reader: case, width, blanks."""
    return " ".join(unicodedata.normalize("NFKC", name.replace("\\'", "'")).casefold().split())
