"""When readers leave in the published games: distances in a window, counts of categories in a window, tempers that run out."""

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import ConfigError

Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]

TEMPER = 20.0
"""What a temper begins with in KuaiSim and LERL; below 1 a reader leaves."""


class Quit(Protocol):
    """Says who leaves after a round; called once a round, for all sessions `[B]`."""

    def begin(self, count: int, which: Rows) -> None:
        """Forget the sessions `which` of `count`."""
        ...

    def leaves(self, shown: NDArray[np.int32], step: NDArray[np.int32], rows: Rows, reward: NDArray[np.float32]) -> Bools:
        """Tell who leaves `[B]`: `shown` `[B, T, k]` holds the rounds before this, `step` `[B]` how many they are, `rows` `[B, k]` this round's slate."""
        ...


def window_start(step: NDArray[np.int32], window: int, *, window_bug: bool) -> NDArray[np.int32]:
    """Return the first of the picks that a rule of the last `window` picks looks at, for the pick number `step`.

    The published code takes the slice `picks[step - window : step]` of a Python list. Where `step < window` its start is negative and counts from the
    end of the list: with `window_bug` 7 picks are looked at from the eighth on, but at the fifth, sixth and seventh only the last three, two and one. Without it the whole
    beginning is looked at (CIRS, DORL and EasyRL4Rec share the slice).

    >>> window_start(np.arange(9, dtype=np.int32), 7, window_bug=True).tolist()
    [0, 0, 0, 0, 1, 3, 5, 0, 1]
    >>> window_start(np.arange(9, dtype=np.int32), 7, window_bug=False).tolist()
    [0, 0, 0, 0, 0, 0, 0, 0, 1]
    """
    start = step - window
    return np.maximum(np.where((start < 0) & window_bug, start + step, start), 0).astype(np.int32)


class _Windowed:
    """The last picks of sessions in which one item is shown a round."""

    def __init__(self, window: int, *, window_bug: bool) -> None:
        if window < 1:
            raise ConfigError(f"A window of {window} picks holds nothing.", "Look at one pick at least.")
        self.window, self.window_bug = window, window_bug

    def begin(self, count: int, which: Rows) -> None:
        """Hold nothing between rounds."""

    def _last(self, shown: NDArray[np.int32], step: NDArray[np.int32]) -> tuple[Rows, Bools]:
        """Return the picks of the window `[B, N]`, and which of them the rule looks at."""
        at = step[:, None] - np.arange(self.window, 0, -1)
        looked = at >= window_start(step, self.window, window_bug=self.window_bug)[:, None]
        return shown[np.arange(len(step))[:, None], np.maximum(at, 0), 0].astype(np.int64), looked


class NearItem(_Windowed):
    """Leave where the pick is near to one of the last `window` picks (Coat; EasyRL4Rec, CoatEnv). `near` `[I, I]` says which items are; an item is near to itself."""

    def __init__(self, near: Bools, window: int = 7, *, window_bug: bool = True) -> None:
        super().__init__(window, window_bug=window_bug)
        self.near = near

    def leaves(self, shown: NDArray[np.int32], step: NDArray[np.int32], rows: Rows, reward: NDArray[np.float32]) -> Bools:  # noqa: ARG002
        """Tell whose pick is near to one of the window."""
        last, looked = self._last(shown, step)
        return np.any(self.near[rows[:, :1], last] & looked, axis=1)


class CategoryCount(_Windowed):
    """Leave where any category of the pick occurs more than `threshold` times among the last `window` picks (KuaiRec, KuaiRand; EasyRL4Rec, KuaiEnv).

    `listed` `[I, P]` are the items' categories, padded with -1; a category that an item lists twice counts twice, as it does there. Published settings: window 9 and
    threshold 1 (EasyRL4Rec), 4 and 0 (DORL).
    """

    def __init__(self, listed: NDArray[np.int32], window: int = 9, threshold: int = 1, *, window_bug: bool = True) -> None:
        super().__init__(window, window_bug=window_bug)
        self.listed, self.threshold = listed, threshold

    def leaves(self, shown: NDArray[np.int32], step: NDArray[np.int32], rows: Rows, reward: NDArray[np.float32]) -> Bools:  # noqa: ARG002
        """Tell whose pick has a category that the window holds too often."""
        last, looked = self._last(shown, step)
        held = np.where(looked[:, :, None], self.listed[last], -1).reshape(len(rows), -1)
        own = self.listed[rows[:, 0]]
        counts = ((own[:, :, None] == held[:, None, :]) & (own >= 0)[:, :, None]).sum(axis=2)
        return (counts > self.threshold).any(axis=1)


class SameCategory:
    """Leave when a temper falls below 1: 1 a slate, and 1 more where categories of the slate before come again (LERL's released environment).

    `quit="position"` is the published rule: the slate before has the same category at the same place, ANY place. So a slate turned by one place tires nobody,
    and any policy can be mended by permuting its slates. `quit="overlap"` asks for a category that both slates share, wherever it stands. `category` `[I]` is one category an item.
    """

    def __init__(self, category: NDArray[np.int32], quit: Literal["position", "overlap"] = "position", temper: float = TEMPER) -> None:  # noqa: A002
        if quit not in {"position", "overlap"}:
            raise ConfigError(f"There is no rule {quit!r} of leaving.", "Rules are: 'position', 'overlap'.")
        self.category, self.quit, self.start = category, quit, temper
        self.temper = np.zeros(0)

    def begin(self, count: int, which: Rows) -> None:
        """Give readers a fresh temper."""
        if len(self.temper) != count:
            self.temper = np.full(count, self.start)
        self.temper[which] = self.start

    def leaves(self, shown: NDArray[np.int32], step: NDArray[np.int32], rows: Rows, reward: NDArray[np.float32]) -> Bools:  # noqa: ARG002
        """Lower tempers, and tell whose is below 1."""
        now = self.category[rows]
        before = self.category[shown[np.arange(len(step)), np.maximum(step - 1, 0)]]
        same = now == before if self.quit == "position" else (now[:, :, None] == before[:, None, :]).any(axis=2)
        self.temper -= 1.0 + (same.any(axis=1) & (step > 0))
        return self.temper < 1


class Temper:
    """Leave when a temper falls below 1: a round moves it by `clip(reward - 2, -2, 0)` (KuaiSim, whole session).

    With a reward of clicks alone, in [0, 1], the length of a session is a function of the mean reward, about 19 / (2 - reward): length, mean and sum are one figure.
    """

    def __init__(self, temper: float = TEMPER) -> None:
        self.start = temper
        self.temper = np.zeros(0)

    def begin(self, count: int, which: Rows) -> None:
        """Give readers a fresh temper."""
        if len(self.temper) != count:
            self.temper = np.full(count, self.start)
        self.temper[which] = self.start

    def leaves(self, shown: NDArray[np.int32], step: NDArray[np.int32], rows: Rows, reward: NDArray[np.float32]) -> Bools:  # noqa: ARG002
        """Lower tempers, and tell whose is below 1."""
        self.temper += np.clip(reward.astype(np.float64) - 2, -2, 0)
        return self.temper < 1
