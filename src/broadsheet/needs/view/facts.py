"""What those who speak of a level earn and how old they are, where their posts say so."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from broadsheet.core.schema import Columns
from broadsheet.needs.cells import Count, fewer
from broadsheet.needs.facts import KINDS, Facts, Kind, figures
from broadsheet.needs.view.sheet import FactRow


def by_level(facts: Facts, posts: pl.DataFrame, mentions: pl.DataFrame, levels: Sequence[str], k: int) -> tuple[FactRow, ...]:
    """Return quartiles of people's incomes, a month and in the currency that most tell, and of their ages, by the levels they speak of; each person is one figure."""
    authors = dict(posts.select(Columns.POST, Columns.AUTHOR).iter_rows())
    spoken = mentions.join(posts.select(Columns.POST, Columns.AUTHOR), on=Columns.POST).select(Columns.AUTHOR, Columns.LEVEL).unique()
    speakers: dict[str, set[str]] = {level: set() for level in levels}
    for author, level in spoken.iter_rows():
        speakers.get(level, set()).add(author)
    rows = []
    for kind in KINDS:
        found = figures(facts, kind, authors)
        if found.of:
            rows += [_row(kind, found.unit, level, [value for author, value in found.of.items() if author in speakers[level]], k) for level in levels]
    return tuple(rows)


def _row(kind: Kind, unit: str, level: str, values: Sequence[float], k: int) -> FactRow:
    people: Count = fewer(k) if 0 < len(values) < k else len(values)
    low, middle, high = (None, None, None) if len(values) < k else (blurred(float(end)) for end in np.quantile(values, [0.25, 0.5, 0.75]))
    return FactRow(kind=kind, level=level, people=people, low=low, middle=middle, high=high, unit=unit)


def blurred(value: float) -> float:
    """Round to two digits, so that no figure is one person's own.

    >>> blurred(4_321.0), blurred(37.5)
    (4300.0, 38.0)
    """
    return float(f"{value:.1e}")
