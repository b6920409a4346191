"""What a row of a bench keeps of drafts that were amended, and the figures of several rows."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from broadsheet.ask.bench.played import MOST, Played
from broadsheet.ask.bench.told import share
from broadsheet.core.bench import Row
from broadsheet.core.schema import Columns

DRAFTED, TURNS, MADE, UNASKED, PICKED, BESIDE, BACK, ANSWERS = "drafted", "turns", "made", "unasked", "picked", "beside", "asked_back", "answers"
# After so many amendments; and after so many things that a person did, an answer to a question counted as one.
AFTER, ACTS = ([f"{name}_{one}" for one in range(MOST + 1)] for name in ("after", "acts"))
NAMES = (Columns.POSITION, DRAFTED, *AFTER, *ACTS, TURNS, MADE, UNASKED, PICKED, BESIDE, BACK, ANSWERS)


def line_of(game: Played | None) -> tuple[Any, ...]:
    """Return what a row keeps of one draft: right as drafted, after each amendment and each thing done, and how many amendments, changes and questions there were."""
    if game is None:
        return (False, *([False] * 2 * (MOST + 1)), 0, 0, 0, 0, 0, 0, 0)
    made, unasked = (
        ([len(changes) for changes in held] for held in zip(*((turn.made, turn.unrequested) for turn in game.turns), strict=True)) if game.turns else ([], [])
    )
    # What a person has picked, be it by mistake, is asked for by the pick: it is counted apart.
    picked = sum(some for some, turn in zip(unasked, game.turns, strict=True) if turn.answered)
    beside = sum(some for every, some in zip(made, unasked, strict=True) if some < every)
    back, answers = sum(turn.asked_back for turn in game.turns), sum(turn.answered for turn in game.turns)
    return (game.drafted, *game.right, *game.right_by_turns, len(game.turns), sum(made), sum(unasked) - picked, picked, beside, back, answers)


def counted(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of drafts that were played, over all seeds."""
    values = pl.concat([row.values() for row in rows])
    line = share("first_try", values[DRAFTED]) | share("mended", values["after_0"])
    for number in range(1, MOST + 1):
        line |= share(AFTER[number], values[AFTER[number]]) | share(ACTS[number], values[ACTS[number]])
    right = [values[f"after_{number}"].to_list() for number in range(MOST + 1)]
    attempts = sum(next((place + 1 for place, one in enumerate(each) if one), MOST + 1) for each in zip(*right, strict=True))
    successes = sum(right[-1])
    if successes:
        line["attempts_per_success"] = attempts / successes
    for metric, column, whole in (
        ("unrequested", UNASKED, MADE),
        ("picked", PICKED, MADE),
        ("beside", BESIDE, MADE),
        (BACK, BACK, TURNS),
        (ANSWERS, ANSWERS, BACK),
    ):
        count, every = int(values[column].sum()), int(values[whole].sum())
        if every:
            line |= share(metric, [True] * count + [False] * (every - count))
    return line
