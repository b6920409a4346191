"""The slate of a page as a frame: for each item its score, chance, place, and what put it there or kept it out."""

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from broadsheet.core.artifacts import Artifact
from broadsheet.core.schema import Columns

NAME = "plan"
SLATE = "slate"


class Placed(NamedTuple):
    """One item: its log-odds, its chance (None: not known), its slot from 1 (None: not on the slate), the chance that it had of one, and its interest.

    `held_back` says that a plan of categories took from its odds, `explored` that chance gave it its place, `kept_out` what keeps it off the slate,
    `because` in one sentence why it is on it, where that is not told by evidence of its own.
    """

    item: str
    score: float
    chance: float | None = None
    slot: int | None = None
    propensity: float = 0.0
    interest: str = ""
    held_back: bool = False
    explored: bool = False
    kept_out: str = ""
    because: str = ""


SCHEMA = {
    Columns.ITEM: pl.String,
    Columns.SCORE: pl.Float64,
    Columns.CHANCE: pl.Float64,
    Columns.SLOT: pl.Int64,
    Columns.PROPENSITY: pl.Float64,
    "interest": pl.String,
    "held_back": pl.Boolean,
    "explored": pl.Boolean,
    "kept_out": pl.String,
    "because": pl.String,
}


def slate_frame(placed: Iterable[Placed]) -> pl.DataFrame:
    """Return items as a frame.

    >>> slate_frame([Placed("a", 1.5, slot=1)]).height
    1
    """
    return pl.DataFrame([tuple(one) for one in placed], schema=SCHEMA, orient="row")


def read_slate(artifact: Artifact) -> dict[str, Placed]:
    """Return the items of a slate that was written, by id."""
    frame = artifact.frame(SLATE)
    # What an earlier version wrote may have a column less.
    return {row[Columns.ITEM]: Placed(**row) for row in frame.select([name for name in SCHEMA if name in frame.columns]).iter_rows(named=True)}
