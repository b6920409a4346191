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
