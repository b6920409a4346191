"""What readers took, and what stood beside it and was passed over, from a log of events."""

import polars as pl

from broadsheet.core.schema import Columns

SHOWN, OPENED = "shown", "opened"
PASSED = "passed"
_SINCE, _SLATE, _TAKEN = "since", "slate", "taken"


def choices(events: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each reader, by id: `item`, what was opened, in time order, `at`, when, and `passed`, for each of these what was shown with it and not opened.

    `events` have the columns user, item, kind (`shown` and `opened` count) and at. What a reader was shown at one time is a slate; an
    opening belongs to the last slate that held its item. Where none did, nothing was passed over.
    """
    shown = events.filter(pl.col(Columns.KIND) == SHOWN).select(Columns.USER, Columns.ITEM, pl.col(Columns.AT).alias(_SINCE)).unique().sort(_SINCE)
    opened = events.filter(pl.col(Columns.KIND) == OPENED).select(Columns.USER, Columns.ITEM, Columns.AT).sort(Columns.AT, maintain_order=True)
    placed = opened.join_asof(shown, left_on=Columns.AT, right_on=_SINCE, by=[Columns.USER, Columns.ITEM], coalesce=False, check_sortedness=False)
    slate = [Columns.USER, _SINCE]
    slates = shown.group_by(slate).agg(pl.col(Columns.ITEM).sort().alias(_SLATE))
    taken = placed.drop_nulls(_SINCE).group_by(slate).agg(pl.col(Columns.ITEM).alias(_TAKEN))
    beside = slates.join(taken, on=slate).select(*slate, pl.col(_SLATE).list.set_difference(_TAKEN).list.sort().alias(PASSED))
    found = placed.join(beside, on=slate, how="left", maintain_order="left").with_columns(pl.col(PASSED).fill_null([]))
    return found.group_by(Columns.USER, maintain_order=True).agg(Columns.ITEM, Columns.AT, PASSED).sort(Columns.USER)
