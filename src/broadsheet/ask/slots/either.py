"""Bounds of which one must be met."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.slots.sketch import Condition, Sketch


class Bounds(NamedTuple):
    """Conditions on a property of a node that the words at a place gave; a range gives two."""

    place: Place
    node: int
    key: str
    conditions: tuple[Condition, ...]


def bounds_of(before: Sketch, after: Sketch, place: Place) -> Iterator[Bounds]:
    """Yield the conditions that a sketch has and one before it has not."""
    for node, spot in enumerate(before.spots):
        added = tuple(one for one in after.spots[node].conditions if one not in spot.conditions)
        if added and len({one.property for one in added}) == 1:
            yield Bounds(place, node, added[0].property, added)


def together(made: Sequence[Bounds]) -> list[Bounds]:
    """Return bounds with those of the same words as one: the two of a range."""
    found: list[Bounds] = []
    for one in made:
        last = found[-1] if found else None
        if last is not None and (last.place, last.node, last.key) == (one.place, one.node, one.key):
            found[-1] = last._replace(conditions=(*last.conditions, *one.conditions))
        else:
            found.append(one)
    return found


def one_of(sketch: Sketch, run: Sequence[Bounds]) -> Sketch:
    """Return a sketch with one condition in place of those of some bounds: that those of one of them are met. Equal ones are one of a list."""
    gone = [one for bounds in run for one in bounds.conditions]
    if all((one.property, one.sign) == (gone[0].property, "=") for one in gone):
        joined = gone[0]._replace(sign="IN", value=tuple(one.value for one in gone))  # pyrefly: ignore[bad-argument-type]
    else:
        joined = gone[0]._replace(either=tuple(bounds.conditions for bounds in run))
    spot = sketch.spots[run[0].node]
    kept = tuple(joined if one == gone[0] else one for one in spot.conditions if one == gone[0] or one not in gone)
    return replace(sketch, spots=(*sketch.spots[: run[0].node], spot._replace(conditions=kept), *sketch.spots[run[0].node + 1 :]))
