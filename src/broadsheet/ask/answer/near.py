"""The values of a graph that are nearest to one that it does not have."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

from broadsheet.ask.graph.values import Value

# Values less alike than this are not alike, by the share of three letters in a row that they have in common.
ALIKE = 0.35
FEW = 3


class Near(NamedTuple):
    """A value that is there, and how alike it is: 1 where only capitals, blanks or the kind of value differ."""

    value: Value
    alike: float


def nearest_values(wanted: Value, values: Iterable[Value], most: int = FEW) -> tuple[Near, ...]:
    """Return the values most like another, the most alike first; numbers by how far they are.

    >>> [one.value for one in nearest_values("toy storry", ["Toy Story", "Toy Story 2", "Her"])]
    ['Toy Story', 'Toy Story 2']
    >>> [one.value for one in nearest_values(2005, [1988, 2009, 2013], 2)]
    [2009, 2013]
    """
    held = [one for one in values if one is not None]
    if isinstance(wanted, int | float) and not isinstance(wanted, bool) and (numbers := [one for one in held if isinstance(one, int | float)]):
        return tuple(Near(one, 1 / (1 + abs(one - wanted))) for one in sorted(numbers, key=lambda one: (abs(one - wanted), one))[:most])
    found = [Near(one, _alike(str(wanted), str(one))) for one in held if one != wanted]
    return tuple(sorted((one for one in found if one.alike >= ALIKE), key=lambda one: (-one.alike, str(one.value)))[:most])


def _alike(one: str, other: str) -> float:
    folded, against = (" ".join(text.casefold().split()) for text in (one, other))
    if folded == against:
        return 1.0
    if not folded or not against:
        return 0.0
    grams, others = _grams(folded), _grams(against)
    shared = 2 * len(grams & others) / (len(grams) + len(others))
    within = 0.8 if min(len(folded), len(against)) > 2 and (folded in against or against in folded) else 0.0
    # Short words have few letters in a row: what they share in order counts too, as far as it is most of them.
    order = SequenceMatcher(None, folded, against).ratio() if max(len(folded), len(against)) < 40 else 0.0
    return min(max(shared, within, order if order >= 0.7 else 0.0), 0.99)


def _grams(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[place : place + 3] for place in range(len(padded) - 2)}
