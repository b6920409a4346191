"""How long work tells what it has done, without knowing who watches."""

from typing import Protocol


class Progress(Protocol):
    """Told of each step: its name, how much is done, and how much there is."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Hear of `done` of `total` in the step of that name."""
        ...


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""
    del step, done, total


def within(name: str, progress: Progress) -> Progress:
    """Return what tells `progress` of steps under the name of the work that they are part of.

    >>> within("row 2 of 9", lambda *told: print(told))("rounds", 3, 20)
    ('row 2 of 9, rounds', 3, 20)
    """

    def told(step: str, done: int, total: int) -> None:
        progress(f"{name}, {step}", done, total)

    return told
