"""Numbers of people as they may be shown: small ones, and those that would give small ones away, replaced by words."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.needs.suppression import suppress

# A number of people, or why it is not told.
Count = int | str
WITHHELD = "withheld"
# Figures are told with so many decimals: on the page, in JSON and in Parquet alike.
DECIMALS = 4


def fewer(k: int) -> str:
    """Return what stands in place of a small number of people.

    >>> fewer(5)
    'fewer than 5'
    """
    return f"fewer than {k}"


class Part(NamedTuple):
    """Some of so many people, as both may be shown, and which share they are."""

    people: Count
    of: Count
    share: float | None


def count(people: int, k: int) -> Count:
    """Return a number of people by itself.

    >>> count(12, 5), count(3, 5), count(0, 5)
    (12, 'fewer than 5', 0)
    """
    return fewer(k) if 0 < people < k else people


def parts(some: Sequence[int], of: Sequence[int], k: int) -> list[Part]:
    """Return numbers of people, each some of others, so that neither they nor the rest of the others is small; as if they added up.

    >>> parts([12, 3, 40, 30], [50, 50, 41, 60], 5)[0]
    Part(people=12, of=50, share=0.24)
    >>> [part.people for part in parts([12, 3, 40, 30], [50, 50, 41, 60], 5)]
    [12, 'fewer than 5', 'all but fewer than 5', 30]
    """
    people = np.array([[one, whole - one] for one, whole in zip(some, of, strict=True)], dtype=int).reshape(-1, 2)
    hidden = np.array([bool(np.ma.getmaskarray(suppress(row, k)).any()) for row in people], dtype=bool)
    # Those with somebody go before empty ones, the smallest first.
    order = np.lexsort((people[:, 0], people[:, 0] == 0))
    while hidden.any() and not hidden.all() and (hidden.sum() < 2 or people[hidden].sum(axis=0).min() < k) and len(people) > 1:
        hidden[next(row for row in order if not hidden[row])] = True
    return [_part(one, whole, k, is_hidden=bool(hides)) for one, whole, hides in zip(some, of, hidden, strict=True)]


def _part(some: int, of: int, k: int, *, is_hidden: bool) -> Part:
    if 0 < of < k:
        return Part(fewer(k), fewer(k), None)
    if not is_hidden:
        return Part(some, of, told(some / of) if of else None)
    if 0 < some < k:
        return Part(fewer(k), of, None)
    return Part(f"all but {fewer(k)}" if 0 < of - some < k else WITHHELD, of, None)


def told(value: float | None) -> float | None:
    """Return a figure with as many decimals as are shown; null for none."""
    # Adding nought makes a negative nought a plain one.
    return None if value is None or not np.isfinite(value) else round(float(value), DECIMALS) + 0.0
