"""The values that an amendment says, each with how it is compared, and small words that tell what is wished for beside them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from broadsheet.ask.amend.cues import STOP
from broadsheet.ask.amend.heard import Cue, Day, Heard
from broadsheet.ask.amend.scene import CURRENT_YEARS, SURE, Scene
from broadsheet.ask.cypher.nodes import Literal_

COMPARISONS = ("<=", ">=", "<", ">", "=")
PARTS = {"contains": "CONTAINS", "starts": "STARTS WITH", "ends": "ENDS WITH"}


class Said(NamedTuple):
    """A value that was said, the sign that was said with it ("" for none), and the words of both."""

    value: int | float | str
    sign: str
    words: frozenset[int]
    place: int


def values(scene: Scene) -> Iterator[Said]:
    """Yield the values that are meant, each with how it is compared."""
    heard = scene.heard
    for place, word in enumerate(heard.words):
        if word.value is None or place in heard.contrast:
            continue
        # A text is not more or less than another: "from Oslo" is no bound, as a day is.
        signs = COMPARISONS if not isinstance(word.value, str) or isinstance(word.value, Day) else ("=", *PARTS)
        near = [
            cue for cue in heard.cues if cue.kind in signs and not cue.words & heard.contrast and (0 <= place - cue.end <= 3 or 0 <= cue.start - place - 1 <= 1)
        ]
        if isinstance(word.value, str) and not isinstance(word.value, Day) and not near and place and heard.words[place - 1].low == "from":
            yield Said(word.value, "", frozenset({place - 1, place}), place)
            continue
        near.sort(key=lambda cue: (min(abs(place - cue.end), abs(cue.start - place - 1)), cue.start > place))
        sign = _aged(scene, near[0], word.value) if near else ""
        yield Said(word.value, sign, frozenset({place}) | (near[0].words if near else frozenset()), place)
    yield from _unquoted(scene)


def _aged(scene: Scene, cue: Cue, value: object) -> str:
    """Return the sign that a phrase stands for: what is older than a year is before it, what is older than a number is more."""
    said = {scene.heard.words[place].low for place in cue.words}
    older, younger = bool(said & {"older"}), bool(said & {"younger"})
    if not older and not younger:
        return cue.kind
    year = isinstance(value, int) and CURRENT_YEARS[0] <= value <= CURRENT_YEARS[1]
    return "<" if older == year else ">"


def _unquoted(scene: Scene) -> Iterator[Said]:
    """Yield a value without a capital or quotation marks behind a word that announces one, and values that the graph is known to have."""
    heard = scene.heard
    for cue in heard.cues:
        at = cue.end
        while at < len(heard.words) and heard.words[at].low in {"the", "word", "substring", "text", "string", "a", "an", "letters"}:
            at += 1
        if (
            cue.kind in {*PARTS, "="}
            and at < len(heard.words)
            and heard.words[at].value is None
            and heard.words[at].low[0].isalnum()
            and at not in heard.contrast | _small(heard)
        ):
            end = at + 1
            if any(at in one.words and one.kind in {"property", "label"} and one.sure > SURE for one in heard.mentions) or cue.words & heard.contrast:
                continue
            yield Said(heard.words[at].text, cue.kind, cue.words | frozenset(range(cue.end, end)), at)
    for one in heard.mentions:
        if one.kind == "value" and one.owner and heard.words[one.start].value is None and not one.words & heard.contrast:
            yield Said(one.name, "", one.words, one.start)


def _small(heard: Heard) -> frozenset[int]:
    return frozenset(place for place, word in enumerate(heard.words) if word.low in STOP)


def literal(value: Any) -> Literal_:
    """Return a value as a query has it."""
    return Literal_(value, "" if isinstance(value, str) else str(value))


def also(heard: Heard) -> frozenset[int]:
    """Return the places of words with which a further one is wished for: "also those by", "and also"."""
    return frozenset(
        place for place, word in enumerate(heard.words) if (word.low in {"also", "too"} or (word.low == "and" and not place)) and not heard.all("show", "count")
    )


def with_columns(heard: Heard) -> frozenset[int]:
    """Return the places of words at the beginning that wish for something to be shown: "with the mill", "with their length"."""
    lows = [word.low for word in heard.words[:2]]
    return frozenset({0, 1}) if lows and lows[0] == "with" and lows[1:] in (["the"], ["their"], ["its"]) else frozenset()
