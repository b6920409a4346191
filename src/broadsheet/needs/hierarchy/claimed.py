"""What people say comes first and then: one vote a person and pair of levels, and whether votes go up the levels."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.metrics.resample import bootstrap_mean
from broadsheet.core.schema import Columns, Record
from broadsheet.core.seeds import generator
from broadsheet.needs.frames import rows
from broadsheet.needs.hierarchy.order import turned
from broadsheet.needs.hierarchy.plan import AnalysisPlan

COLUMNS = (Columns.POST, Columns.BEFORE, Columns.AFTER)


class Claims(NamedTuple):
    """Who says that which level comes before which, by their places, and how many claims were left out for which reason."""

    told: Sequence[tuple[str, int, int]]
    left_out: Mapping[str, int]


class ClaimFigures(Record):
    """Order by what people say: how far their votes go up the taxonomy's levels (-1 to 1, the mean of people's own), with its interval, and how likely chance goes as far.

    `wins` is how many people say that one level comes before another; who says both as often has no vote on the two.
    """

    people: int
    claims: int
    agreement: float
    interval: tuple[float, float] | None
    p: float
    wins: Mapping[str, Mapping[str, int]]


def read_order_claims(path: Path, posts: pl.DataFrame, levels: Sequence[str]) -> Claims:
    """Return the claims of a folder of `needs run`, of its claims.parquet, or of JSON lines (post_id, before, after), with who wrote each post.

    Raises as `rows` does.
    """
    authors = dict(posts.select(Columns.POST, Columns.AUTHOR).iter_rows())
    place = {level: number for number, level in enumerate(levels)}
    told: list[tuple[str, int, int]] = []
    left_out: Counter[str] = Counter()
    for held in rows(path, "claims", COLUMNS):
        post, before, after = (str((held or {}).get(name)) for name in ("post_id", Columns.BEFORE, Columns.AFTER))
        if held is None or "post_id" not in held or before == after:
            left_out["malformed_claim"] += 1
        elif post not in authors:
            left_out["claim_of_unknown_post"] += 1
        elif before not in place or after not in place:
            left_out["claim_of_unknown_level"] += 1
        else:
            told.append((authors[post], place[before], place[after]))
    return Claims(told, dict(sorted(left_out.items())))


def votes(claims: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Return one vote (person, before, after) for each person and pair: the way that person says more often; none where both are said as often.

    >>> votes([("ana", 0, 1), ("ana", 0, 1), ("ana", 1, 0), ("bo", 1, 0)])
    [('ana', 0, 1), ('bo', 1, 0)]
    """
    times = Counter(claims)
    return sorted((person, one, other) for (person, one, other), count in times.items() if count > times[person, other, one])


def figures(claims: Sequence[tuple[str, int, int]], levels: Sequence[str], plan: AnalysisPlan) -> ClaimFigures:
    """Tell how far people's votes go up the levels; under chance all of one person's votes are as likely the other way round."""
    cast = votes(claims)
    each: dict[str, list[int]] = {}
    wins = np.zeros((len(levels), len(levels)), dtype=int)
    for person, before, after in cast:
        each.setdefault(person, []).append(1 if before < after else -1)
        wins[before, after] += 1
    scores = np.array([np.mean(each[person]) for person in sorted(each)])
    spread = bootstrap_mean(scores, generator(plan.seed, "claims"), level=plan.confidence, rounds=plan.resamples) if len(scores) > 1 else None
    return ClaimFigures(
        people=len(scores),
        claims=len(claims),
        agreement=float(scores.mean()) if len(scores) else 0.0,
        interval=(spread.low, spread.high) if spread else None,
        p=turned(scores, plan.resamples, generator(plan.seed, "claims turned")),
        wins={one: {other: int(wins[row, column]) for column, other in enumerate(levels) if column != row} for row, one in enumerate(levels)},
    )
