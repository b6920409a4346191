"""Things that are told by their kinds: `saws` are products of a kind, and who makes saws and glue makes a product of each."""

from collections.abc import Sequence
from dataclasses import replace

from broadsheet.ask.link.english import NAMES, PERSONS, PLACES
from broadsheet.ask.link.names import Names
from broadsheet.ask.question.words import parts
from broadsheet.ask.schema import Triple
from broadsheet.ask.slots.anchors import Anchor
from broadsheet.ask.slots.sketch import Because, Link, Sketch, Spot


class Kinds:
    """Reads the kinds of one question."""

    def __init__(self, found: Sequence[Anchor], names: Names) -> None:
        self._anchors, self._names = found, names

    def added(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Return the sketch with the things themselves where their kind is asked for, and each kind in a thing of its own."""
        return self._things(_apart(sketch)), 0.0

    def _things(self, sketch: Sketch) -> Sketch:
        root = sketch.spots[0]
        words = next((one for one in self._anchors if one.is_value and one.last == root.at), None)
        told = [one for one in root.conditions if one.sign in {"=", "IN"} and one.property in NAMES]
        triple = self._of(root.label)
        if words is None or not told or root.named or sketch.asked or triple is None or not _is_noun(words.words, str(told[0].value)):
            return sketch
        because = Because(words.place, words.words, f"{triple.start} of {triple.type}")
        thing = Spot(triple.start, (), root.at, 1)
        if not sketch.links:
            return replace(sketch, spots=(thing, root._replace(at=-1)), links=(Link(0, 1, triple.type, "right"),), why=(*sketch.why, because))
        first = sketch.links[0]
        far = sketch.spots[first.end]
        if far.at >= 0 or any(one.start == 0 for one in sketch.links[1:]):
            return sketch
        # The thing takes the place of its kind; what is denied of the kind's thing is denied of the thing.
        spots = (thing._replace(conditions=far.conditions), *(root._replace(at=-1) if at == first.end else one for at, one in enumerate(sketch.spots) if at))
        below = (one._replace(start=0, mode=first.mode if one.mode == "all" else one.mode) if one.start == first.end else one for one in sketch.links[1:])
        return replace(sketch, spots=spots, links=(Link(0, first.end, triple.type, "right"), *below), why=(*sketch.why, because))

    def _of(self, label: str) -> Triple | None:
        """Return the one relation by which things have a kind; None where a label is of no kinds."""
        held = [one for one in self._names.schema.triples if label in {one.start, one.end} and one.start != one.end]
        thing = len(held) == 1 and held[0].end == label and not (PERSONS | PLACES) & set(parts(label))
        return held[0] if thing else None


def _is_noun(words: str, value: str) -> bool:
    """Whether a value is told as a noun: in the plural, or in small letters.

    >>> _is_noun("saws", "Saw"), _is_noun("saw", "Saw"), _is_noun("Saw", "Saw"), _is_noun("calm", "calm")
    (True, True, False, False)
    """
    return words != value and words[:1].islower()


def _apart(sketch: Sketch) -> Sketch:
    """Return the sketch with a way of its own to each of several values that are reached through a node that nothing names."""
    for at, link in enumerate(sketch.links):
        same = [one for one in sketch.links[:at] if (one.start, one.type, one.towards, one.mode) == (link.start, link.type, link.towards, "all")]
        ends = [sketch.spots[one.end] for one in (*same, link)]
        if same and all(one.conditions and one.label == ends[0].label for one in ends) and link.mode != "optional":
            sketch = _own_way(sketch, at)
    return sketch


def _own_way(sketch: Sketch, at: int) -> Sketch:
    """Return the sketch with the link at a place behind copies of the nodes before it, back to one that is named or is the root."""
    into = {one.end: one for one in sketch.links}
    link, before = sketch.links[at], list[Link]()
    here = link.start
    while here and sketch.spots[here].at < 0 and not sketch.spots[here].conditions and into[here].mode == "all":
        before.insert(0, into[here])
        here = into[here].start
    if not before:
        return sketch
    spots, made = list(sketch.spots), list[Link]()
    for one in before:
        spots.append(Spot(sketch.spots[one.end].label))
        made.append(Link(here, len(spots) - 1, one.type, one.towards, "all" if made else link.mode))
        here = len(spots) - 1
    links = (*sketch.links[:at], *made, link._replace(start=here, mode="all"), *sketch.links[at + 1 :])
    return replace(sketch, spots=tuple(spots), links=links)
