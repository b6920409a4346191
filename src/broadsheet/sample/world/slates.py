"""Slates in bulk: what was shown to whom and when, and what was opened in which order."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

DAY: Final = 86_400
"""Seconds of a day."""
ROOM: Final = 300
"""Seconds that one slate takes at most, its start moved by up to `JITTER`."""
JITTER: Final = 60


class Slates(NamedTuple):
    """`S` slates of `n` papers each, as rows of the catalogue in the order of the slots.

    `second` `[S]` counts from the first day's midnight. `opened` `[S, n]` is 0 for a paper that
    was passed over, else 1, 2, … in the order of opening. `liking` `[S, n]` is the chance that it
    is opened at all. `truth` names what a slate probes, if anything; `final` says whether what is
    opened is the reader's last event.
    """

    reader: NDArray[np.int64]
    second: NDArray[np.int64]
    paper: NDArray[np.int64]
    propensity: NDArray[np.float64]
    opened: NDArray[np.int64]
    liking: NDArray[np.float64]
    truth: str = ""
    final: bool = False


def moments(day: NDArray[np.int64], minute: NDArray[np.int64] | int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the seconds at which slates of a `day` start, at the `minute` and a little later."""
    return day * DAY + np.asarray(minute) * 60 + rng.integers(0, JITTER, size=day.shape)


def open_in_turn(clicked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the order in which papers were clicked, from the top; 0 for the others.

    >>> open_in_turn(np.array([[True, False, True]])).tolist()
    [[1, 0, 2]]
    """
    return np.where(clicked, np.cumsum(clicked, axis=1), 0)


def category_exposures(slates: list[Slates], theme: NDArray[np.int64], shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Count what slates showed by day, reader and category: `[days, R, T]`."""
    counts = np.zeros(shape)
    for part in slates:
        day = np.broadcast_to((part.second // DAY)[:, None], part.paper.shape)
        reader = np.broadcast_to(part.reader[:, None], part.paper.shape)
        np.add.at(counts, (day, reader, theme[part.paper]), 1.0)
    return counts
