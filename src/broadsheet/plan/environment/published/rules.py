"""The published games by name, each with the settings of its paper or its code, and its known bugs behind switches."""

from enum import StrEnum
from typing import Literal

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from broadsheet.plan.environment.published.game import GameVecEnv
from broadsheet.plan.environment.published.quits import CategoryCount, NearItem, Quit, SameCategory, Temper
from broadsheet.plan.environment.published.rewards import Clicks, Nothing, Table

TURNS = 30
"""Rounds of a session of Coat, KuaiRec and KuaiRand."""
FORCED = 10
"""Rounds of a session that nobody can leave (NX_10)."""
SLATES, SLATE = 20, 6
"""Slates of a session of KuaiSim and LERL, and items a slate."""
COAT_DISTANCE, COAT_WINDOW = 6.0, 7


class Mode(StrEnum):
    """How a game of single items is played (EasyRL4Rec): freely (FB), without repeats (NX_0), or without repeats and leaving for ten rounds (NX_10)."""

    FREE = "free"
    NO_REPEATS = "no repeats"
    FORCED = "no repeats, no leaving"


def column_distances(table: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the Euclidean distances of the columns of a table `[U, I]`, as `[I, I]`; exact for whole numbers.

    >>> column_distances(np.array([[0, 3], [0, 4]])).tolist()
    [[0.0, 5.0], [5.0, 0.0]]
    """
    columns = table.T.astype(np.float64)
    squares = (columns**2).sum(axis=1)
    return np.sqrt(np.maximum(squares[:, None] + squares - 2 * columns @ columns.T, 0))


def coat_game(
    truth: NDArray[np.integer],
    num_envs: int,
    mode: Mode = Mode.FREE,
    *,
    window_bug: bool = True,
    autoreset: AutoresetMode = AutoresetMode.DISABLED,
) -> GameVecEnv:
    """Return Coat's game (EasyRL4Rec, CoatEnv): the reward is the completed rating `truth` `[U, I]`, 1 to 5.

    The reader leaves when the pick's column of ratings is nearer than 6 to that of one of the last 7 picks; an item is at distance 0 from itself. `window_bug` is
    the published slice (`quits.window_start`).
    """
    return _single(Table(truth), NearItem(column_distances(truth) < COAT_DISTANCE, COAT_WINDOW, window_bug=window_bug), num_envs, mode, autoreset)


def kuai_game(
    table: NDArray[np.floating],
    listed: NDArray[np.int32],
    num_envs: int,
    mode: Mode = Mode.FREE,
    *,
    window: int = 9,
    leave_threshold: int = 1,
    window_bug: bool = True,
    autoreset: AutoresetMode = AutoresetMode.DISABLED,
) -> GameVecEnv:
    """Return the game of KuaiRec and KuaiRand (EasyRL4Rec, KuaiEnv): the reward is `table` `[U, I]`, watch ratios or clicks.

    The reader leaves when a category of the pick stands more than `leave_threshold` times in the last `window` picks. `listed` `[I, P]` are categories, -1 for none; `window_bug` is the published slice.
    """
    rule = CategoryCount(listed, window, leave_threshold, window_bug=window_bug)
    return _single(Table(table), rule, num_envs, mode, autoreset)


def lerl_game(
    category: NDArray[np.int32],
    num_envs: int,
    *,
    quit: Literal["position", "overlap"] = "position",  # noqa: A002
    users: int = 1,
    slate: int = SLATE,
    autoreset: AutoresetMode = AutoresetMode.DISABLED,
) -> GameVecEnv:
    """Return LERL's game as its code has it: 20 slates of six at most, the temper of `SameCategory`; without rewards, as its clicks are not to be had."""
    return GameVecEnv(Nothing(users, len(category)), SameCategory(category, quit), num_envs=num_envs, horizon=SLATES, slate=slate, autoreset=autoreset)


def kuaisim_game(
    logits: NDArray[np.floating],
    num_envs: int,
    *,
    double_sigmoid: bool = False,
    slate: int = SLATE,
    autoreset: AutoresetMode = AutoresetMode.DISABLED,
) -> GameVecEnv:
    """Return a game like KuaiSim's whole sessions: clicks by `logits` `[U, I]`, and a temper that low rewards wear out; `double_sigmoid` is KuaiSim's bug (`rewards.Clicks`)."""
    return GameVecEnv(Clicks(logits, double_sigmoid=double_sigmoid), Temper(), num_envs=num_envs, horizon=SLATES, slate=slate, autoreset=autoreset)


def _single(rewards: Table, rule: Quit, num_envs: int, mode: Mode, autoreset: AutoresetMode) -> GameVecEnv:
    forced = mode is Mode.FORCED
    return GameVecEnv(rewards, None if forced else rule, num_envs=num_envs, horizon=FORCED if forced else TURNS, repeats=mode is Mode.FREE, autoreset=autoreset)
