"""Whether logs tell that interest tires: liking on what of the same category came just before, within users."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator
from broadsheet.plan.items import to_bits

RECENT = 5
"""Events before, of whose categories the share counts."""
ROUNDS, SHUFFLES = 300, 5
LEVEL = 0.95
SWEEPS = 5
ORDERS = ("order as it is", "order shuffled", "difference")

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class Asked(NamedTuple):
    """What users met, one behind the other, and what is asked: items at places of that order, with the value each had.

    `user` and `met` `[M]` are the users (rising) and items of the order; `at` `[N]` is the place in it at which the item `[N]` was valued: what stands before counts. `times` `[M]` are seconds, where known.
    """

    user: Rows
    met: Rows
    at: Rows
    item: Rows
    value: Floats
    times: Floats | None = None


class Effect(NamedTuple):
    """What a unit of recent exposure adds to a value, with an interval over users; `held` says what intercepts were for."""

    order: str
    held: str
    slope: float
    low: float
    high: float
    asked: int
    users: int


class _Sums(NamedTuple):
    """Sums over each user's rows `[U]`: of products and of squares."""

    products: Floats
    squares: Floats
    asked: int


def fatigue_identified(asked: Asked, member: NDArray[np.bool_], *, seed: int = 0, rounds: int = ROUNDS) -> tuple[Effect, ...]:
    """Regress values on the share of the last five met items that share a category with the item, within users, and within users' categories.

    `member` `[I, C]` says which item has which category; one that is so frequent that it says little is best left out. A value is what means of items and users leave of it. Beside each
    slope stands that of the same events in shuffled order (mean of five shuffles), a placebo that finds what is no order's doing, and the difference of the two over the same users. Intervals
    are percentile bootstraps over users. A negative difference is what tiring would look like; whether it is that, an order of ratings need not tell (`tied`).
    """
    rng = generator(seed, "plan", "fatigue", "shuffles")
    told = {held: _sums(asked, member, held) for held in ("user", "user and category")}
    mixed = {held: [] for held in told}
    for _ in range(SHUFFLES):
        other = _shuffled(asked, rng)
        for held, found in mixed.items():
            found.append(_sums(other, member, held))
    effects: list[Effect] = []
    for held, real in told.items():
        placebo = _Sums(np.mean([part.products for part in mixed[held]], axis=0), np.mean([part.squares for part in mixed[held]], axis=0), real.asked)
        effects += _effects(held, real, placebo, seed, rounds)
    return tuple(effects)


def tied(asked: Asked) -> float:
    """Return the share of met events that share their second with the one before of the same user: their order means nothing. NaN without times."""
    if asked.times is None:
        return float("nan")
    same = np.diff(asked.user) == 0
    return float((np.diff(asked.times)[same] == 0).mean()) if same.any() else 0.0


def recent_share(asked: Asked, member: NDArray[np.bool_], last: int = RECENT) -> Floats:
    """Return which share of the user's last few met items has a category of the item's `[N]`; NaN where so many were not met before, or the item has none.

    >>> member = np.array([[True, False], [False, True]])
    >>> order = np.array([0, 0, 1, 0])
    >>> recent_share(Asked(np.zeros(4, dtype=int), order, np.arange(4), order, np.ones(4)), member, last=2).tolist()
    [nan, nan, 0.0, 0.5]
    """
    begins, bits = np.searchsorted(asked.user, asked.user), to_bits(member)
    own, count = bits[asked.item], np.zeros(len(asked.item))
    for back in range(1, last + 1):
        count += (own & bits[asked.met[np.maximum(asked.at - back, 0)]]).any(axis=1)
    whole = (asked.at - begins[asked.at] >= last) & own.any(axis=1)
    return np.where(whole, count / last, np.nan)


def _sums(asked: Asked, member: NDArray[np.bool_], held: str) -> _Sums:
    exposure = recent_share(asked, member)
    kept = ~np.isnan(exposure)
    user = asked.user[asked.at]
    count = int(asked.user.max(initial=0)) + 1
    value = asked.value
    for _ in range(SWEEPS):
        value = _within(_within(value, asked.item), user)
    group = user if held == "user" else user * member.shape[1] + member.argmax(axis=1)[asked.item]
    _, group = np.unique(group[kept], return_inverse=True)
    x, y = _within(exposure[kept], group), _within(value[kept], group)
    return _Sums(*(np.bincount(user[kept], weight, count).astype(np.float64) for weight in (x * y, x * x)), asked=int(kept.sum()))


def _shuffled(asked: Asked, rng: np.random.Generator) -> Asked:
    """Return the same with each user's order shuffled; what was asked at a place moves with it."""
    order = np.lexsort((rng.random(len(asked.user)), asked.user))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return asked._replace(met=asked.met[order], at=place[asked.at], times=None)


def _effects(held: str, real: _Sums, placebo: _Sums, seed: int, rounds: int) -> list[Effect]:
    present = np.flatnonzero((real.squares > 0) & (placebo.squares > 0))
    drawn = generator(seed, "plan", "fatigue", "bootstrap", held).choice(present, size=(rounds, len(present)))
    slopes = [_slope(part, drawn) for part in (real, placebo)]
    whole = [float(_slope(part, present[None])[0]) for part in (real, placebo)]
    found = []
    for order, slope, over in zip(ORDERS, (*whole, whole[0] - whole[1]), (*slopes, slopes[0] - slopes[1]), strict=True):
        low, high = np.quantile(over, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        found.append(Effect(order, held, slope, float(low), float(high), real.asked, len(present)))
    return found


def _slope(sums: _Sums, users: Rows) -> Floats:
    return sums.products[users].sum(axis=1) / np.maximum(sums.squares[users].sum(axis=1), 1e-12)


def _within(value: Floats, group: Rows) -> Floats:
    count = np.bincount(group)
    return value - (np.bincount(group, value) / np.maximum(count, 1))[group]
