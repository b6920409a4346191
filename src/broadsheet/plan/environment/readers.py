"""Readers of sessions side by side, as arrays: what they were shown, how it wore on them, and what a slate does to them."""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from broadsheet.plan.environment import noise
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.items import ItemTable, padded_rows
from broadsheet.plan.laws import Laws

LEAST = 0.02
"""A weight of a kernel below this counts as none."""
# Numbers are summed over a slate in whole multiples of these: such sums are exact, so the order of a slate is nothing to them.
_SHARE, _GRAIN = 2.0**-30, np.float32(2.0**-20)
# No chance is so small that it matters beyond this many logits, and the exponential of more has no place in 32 bits.
_STEEP = 80.0

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
Number = TypeVar("Number", np.int32, np.float32)


class Felt(NamedTuple):
    """What a slate does to readers, slots first: chances `[k, B]`, what is liked `[k, B]`, exposures after it `[C, B]`, stock, chance to leave, expected reward `[B]`."""

    chance: Floats
    liked: Mask
    exposure: Floats
    stock: Floats
    leaves: Floats
    expected: Floats


class Readers:
    """The state of `count` sessions, sessions last: exposures `[C, B]`, stocks `[B]`, how often each item was shown.

    A row of items that is void is `len(items)` in here: an item beyond the last that nobody likes and that wears nothing out.
    """

    def __init__(self, items: ItemTable, truth: Truth, laws: Laws, count: int, slate: int, horizon: int) -> None:
        self.items, self.truth, self.laws, self.slate, self.horizon = items, truth, laws, slate, horizon
        self._laid = _laid(items, truth, laws, count, slate)
        self._logits, self._own = np.ascontiguousarray(truth.logits, dtype=np.float32).ravel(), _own(len(truth.logits), laws.spread)
        self._tides = np.zeros(0, dtype=np.float32) if truth.tides is None else np.ascontiguousarray(truth.tides, dtype=np.float32).ravel()
        self.user, self.step = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int32)
        self.exposure, self.stock = np.zeros((len(items.categories), count), dtype=np.float32), np.full(count, laws.start, dtype=np.float32)
        self._keys = np.zeros(count, dtype=np.uint64)
        self._dial = np.zeros(count, dtype=np.float32)
        # Counts of a session begin above all those of the session before it, so that nothing need be wiped: see `_times`.
        self._shown = np.zeros(count * (len(items) + 1), dtype=np.int16 if horizon < 2**10 else np.int64)
        self._above = np.zeros(count, dtype=self._shown.dtype)
        self._place, self._cells = np.arange(count), np.arange(count) * (len(items) + 1)

    def begin(self, which: Rows, users: Rows, keys: noise.Words) -> None:
        """Begin sessions anew, of these users and keys of luck."""
        self.user[which], self.step[which], self._keys[which] = users, 0, keys
        self.exposure[:, which], self.stock[which] = 0, self.laws.start
        self._dial[which] = np.float32(self.laws.boredom * self.laws.fatigue) * self._own[users]
        if int(self._above.max()) + 2 * self.horizon + 2 > np.iinfo(self._above.dtype).max:
            times = self._shown.reshape(len(self._place), -1)
            np.subtract(times, self._above[:, None], out=times)
            np.maximum(times, 0, out=times)
            self._above[:] = 0
        self._above[which] += self.horizon + 1

    def times(self) -> NDArray[np.int64]:
        """Return how often each item was shown in each session `[B, I]`."""
        counts = self._shown.reshape(len(self._place), -1)[:, :-1].astype(np.int64) - self._above[:, None]
        return np.maximum(counts, 0)

    def valid(self, rows: Rows) -> Mask:
        """Tell which slots `[k, B]` hold an item that is on offer and does not stand on the slate before."""
        valid = rows >= 0
        for slot in range(1, self.slate):
            valid[slot] &= ~(rows[:slot] == rows[slot]).any(axis=0)
        return valid if self.items.first is None else valid & self.items.offered(self.step, rows.T).T

    def felt(self, at: Rows, valid: Mask, luck: noise.Words) -> tuple[Felt, NDArray[np.signedinteger]]:
        """Return what slates of `at` `[k, B]` (void: `len(items)`) do under round keys `luck` `[B]`, and how often each item was shown before."""
        laws, laid = self.laws, self._laid
        cells = laid.categories.take(at, axis=0, mode="clip").reshape(self.slate, -1)
        cells += laid.place
        shares = laid.shares.take(at, axis=0, mode="clip")
        slate = np.bincount(cells.ravel(), weights=shares.ravel(), minlength=self.exposure.size).reshape(self.exposure.shape).astype(np.float32)
        worn = self._worn((self.exposure + np.float32(laws.beside) * slate).astype(np.float32, copy=False), at, cells)
        before = self._shown.take(at + self._cells, mode="clip") - self._above
        np.maximum(before, 0, out=before)
        against = worn * self._dial
        against += np.float32(laws.repeat) * before
        against -= self._logits.take(at + self.user * len(self.items), mode="clip")
        if self.truth.tides is not None:
            against -= self._tide(at)
        np.minimum(against, np.float32(_STEEP), out=against)
        chance = np.exp(against, out=against)
        chance += 1
        np.reciprocal(chance, out=chance)
        chance *= valid
        liked = noise.uniform(luck, at.view(np.uint64)) < chance
        share = np.float32(1 / self.slate)
        gain = (liked.sum(axis=0, dtype=np.int32) - np.float32(laws.boredom * laws.cost) * _exact_sum(worn * valid)) * share
        stock = self.stock + np.float32(laws.learning) * (gain - self.stock)
        exposure = self.exposure + slate
        exposure *= np.float32(laws.decay)
        impatience = np.float32(laws.loyal) * stock - np.float32(laws.leave) - np.float32(laws.boredom * laws.restless) * exposure.max(axis=0, initial=0)
        leaves = 1 / (1 + np.exp(np.minimum(impatience, np.float32(_STEEP))))
        return Felt(chance, liked, exposure, stock, leaves, _exact_sum(chance) * share), before

    def move(self, felt: Felt, live: Mask | None, at: Rows, before: NDArray[np.signedinteger]) -> None:
        """Let a round pass for the sessions that are live, all for None."""
        if live is None:
            self.exposure, self.stock = felt.exposure, felt.stock
            self.step += 1
        else:
            np.copyto(self.exposure, felt.exposure, where=live)
            np.copyto(self.stock, felt.stock, where=live)
            self.step += live
        # Slots of sessions that are over are void, and what is counted of the item beyond the last is nobody's.
        before += 1
        before += self._above
        self._shown[at + self._cells] = before

    def luck(self) -> noise.Words:
        """Return the key of luck of each session's round `[B]`."""
        return noise.round_keys(self._keys, self.step)

    def _worn(self, sum_of: Floats, at: Rows, cells: Rows) -> Floats:
        """Return how worn each slot's item is `[k, B]`, by exposures and the others of the slate."""
        laid = self._laid
        if laid.tired is not None:
            cells = laid.tired.take(at, axis=0, mode="clip").reshape(self.slate, -1)
            cells += laid.tired_place
        parts = sum_of.ravel().take(cells, mode="clip").reshape(*at.shape, -1)
        parts *= laid.tiring.take(at, axis=0, mode="clip")
        # One after the other, and not by a sum over the last axis, whose order and so whose bits could follow the size of the batch.
        worn = parts[..., 0] - laid.itself.take(at, mode="clip")
        for column in range(1, parts.shape[-1]):
            worn += parts[..., column]
        return np.maximum(worn, 0, out=worn)

    def _tide(self, at: Rows) -> Floats:
        laid, users, count = self._laid, len(self.truth.logits), len(self.items.categories)
        last = len(self._tides) // (users * count) - 1
        first = (np.minimum(self.step, last) * np.int64(users) + self.user) * count
        parts = self._tides.take(laid.numbers.take(at, axis=0, mode="clip") + first[:, None], mode="clip") * laid.weights.take(at, axis=0, mode="clip")
        tide = parts[..., 0].copy()
        for column in range(1, parts.shape[-1]):
            tide += parts[..., column]
        return tide


def _exact_sum(values: Floats) -> Floats:
    """Return sums over slots `[B]` of values `[k, B]` in whole grains: no order of the slots gives another."""
    return np.rint(values * (1 / _GRAIN)).sum(axis=0, dtype=np.float64).astype(np.float32) * _GRAIN


def _own(users: int, spread: float) -> Floats:
    """Return how quickly each reader tires `[U]`: the reader's own, the same in every session and under every seed."""
    rows = np.arange(users)
    luck = noise.uniform(noise.session_keys(0, rows, np.zeros_like(rows)), noise.TEMPER)
    return np.exp(spread * ndtri(np.clip(luck.astype(np.float64), 1e-6, 1 - 1e-6)) - spread * spread / 2).astype(np.float32)


class _Laid(NamedTuple):
    """Items and the void one as padded lists `[I + 1, P]` and `[I + 1, R]`.

    `numbers` are an item's categories, `categories` where their exposures begin, `shares` what each takes of a slate, `weights` of the item; `tired` where the exposures of the
    categories that wear it out begin (None: they are its own), `tiring` how much they do, `itself` `[I + 1]` how much of that is the item's own
    place on the slate. `place` and `tired_place` are the sessions, once for each entry of a list.
    """

    numbers: Rows
    categories: Rows
    shares: NDArray[np.float64]
    weights: Floats
    tired: Rows | None
    tiring: Floats
    itself: Floats
    place: Rows
    tired_place: Rows


def _laid(items: ItemTable, truth: Truth, laws: Laws, count: int, slate: int) -> _Laid:
    numbers, weights = _void(items.listed[0]), _void(items.listed[1])
    wearing = (items.weights @ truth.kernel).astype(np.float32)
    lists = padded_rows(wearing, LEAST)
    tired, tiring = _void(lists[0]), _void(lists[1])
    itself = (np.where(wearing > LEAST, wearing, 0) * items.weights).sum(axis=1)
    shares = np.rint(weights.astype(np.float64) / slate / _SHARE) * _SHARE
    own = tired.shape == numbers.shape and bool((tired == numbers).all())
    place = np.arange(count)
    return _Laid(
        numbers.astype(np.int64),
        numbers.astype(np.int64) * count,
        shares,
        weights,
        None if own else tired.astype(np.int64) * count,
        tiring,
        _void((laws.beside / slate * itself).astype(np.float32)),
        np.repeat(place, numbers.shape[1]),
        np.repeat(place, tired.shape[1]),
    )


def _void(table: NDArray[Number]) -> NDArray[Number]:
    """Return a table with a row of zeros for the item that is none."""
    return np.concatenate([table, np.zeros((1, *table.shape[1:]), dtype=table.dtype)])
