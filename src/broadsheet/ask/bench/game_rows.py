"""What a row of a bench keeps of drafts that were amended, and the figures of several rows."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from broadsheet.ask.bench.played import MOST, Played
from broadsheet.ask.bench.told import share
from broadsheet.core.bench import Row
from broadsheet.core.schema import Columns

DRAFTED, TURNS, MADE, UNASKED, BESIDE = "drafted", "turns", "made", "unasked", "beside"
NAMES = (Columns.POSITION, DRAFTED, *(f"after_{one}" for one in range(MOST + 1)), TURNS, MADE, UNASKED, BESIDE)


def line_of(game: Played | None) -> tuple[Any, ...]:
    """Return what a row keeps of one draft: right as drafted, after each amendment, and how many amendments and changes there were."""
    if game is None:
        return (False, *([False] * (MOST + 1)), 0, 0, 0, 0)
    made, unasked = (
        ([len(changes) for changes in held] for held in zip(*((turn.made, turn.unrequested) for turn in game.turns), strict=True)) if game.turns else ([], [])
    )
    beside = sum(some for every, some in zip(made, unasked, strict=True) if some < every)
    return (game.drafted, *game.right, len(game.turns), sum(made), sum(unasked), beside)


def counted(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of drafts that were played, over all seeds."""
    values = pl.concat([row.values() for row in rows])
    line = share("first_try", values[DRAFTED]) | share("mended", values["after_0"])
    for number in range(1, MOST + 1):
        line |= share(f"after_{number}", values[f"after_{number}"])
    right = [values[f"after_{number}"].to_list() for number in range(MOST + 1)]
    attempts = sum(next((place + 1 for place, one in enumerate(each) if one), MOST + 1) for each in zip(*right, strict=True))
    successes = sum(right[-1])
    if successes:
        line["attempts_per_success"] = attempts / successes
    made = int(values[MADE].sum())
    for metric, column in (("unrequested", UNASKED), ("beside", BESIDE)) if made else ():
        count = int(values[column].sum())
        line |= share(metric, [True] * count + [False] * (made - count))
    return line
