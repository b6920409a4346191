"""Readers of sessions side by side, as arrays: what they were shown, how it wore on them, and what a slate does to them."""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from broadsheet.plan.environment import noise
from broadsheet.plan.environment.lists import Found, Lists
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.items import ItemTable, padded_rows
from broadsheet.plan.laws import Laws

LEAST = 0.02
"""A weight of a kernel below this counts as none."""
# Numbers are summed over a slate in whole multiples of these: such sums are exact, so the order of a slate is nothing to them.
_SHARE, _GRAIN = 2.0**-30, np.float32(2.0**-20)
# No chance is so small that it matters beyond this many logits, and the exponential of more has no place in 32 bits.
_STEEP = np.float32(80)
# A chance below this is none, though luck draws a nought once in 2^24 times.
_NEVER = np.float32(1e-30)
_LEAVES = noise.scattered(noise.LEAVES)

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Felt(NamedTuple):
    """What a slate does to readers, slots first.

    Chances `[k, B]` (0 for a void slot), what is liked `[k, B]`, how many of it `[B]`, the stock, who leaves, the expected reward, the greatest exposure `[B]`, and for the next round: where it is counted how
    often each item was shown, and how often it was before `[k, B]`, what exposures there are with the slate, flat, and where.
    """

    chance: Floats
    liked: Mask
    pleased: Floats
    stock: Floats
    leaves: Mask
    expected: Floats
    most: Floats
    cells: Rows
    before: NDArray[np.signedinteger]
    exposed: Floats
    found: Found


class Readers:
    """The state of `count` sessions: exposures `[B, C]`, the greatest of each and stocks `[B]`, how often each item was shown.

    A row of items that is void is `len(items)` in here: an item beyond the last that nobody likes and that wears nothing out.
    """

    def __init__(self, items: ItemTable, truth: Truth, laws: Laws, count: int, slate: int, horizon: int) -> None:
        self.items, self.truth, self.laws, self.slate, self.horizon = items, truth, laws, slate, horizon
        self._laid = _laid(items, truth, laws, count, slate)
        self._logits, self._own = np.ascontiguousarray(truth.logits, dtype=np.float32).ravel(), _own(len(truth.logits), laws.spread)
        self._tides = np.zeros(0, dtype=np.float32) if truth.tides is None else np.ascontiguousarray(truth.tides, dtype=np.float32).ravel()
        self.user, self.step = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int32)
        self.exposure, self.most = np.zeros((count, len(items.categories)), dtype=np.float32), np.zeros(count, dtype=np.float32)
        self.stock = np.full(count, laws.start, dtype=np.float32)
        self._slates = np.zeros(self.exposure.size)
        self._keys, self._dial, self._believed = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.int64)
        # Counts of a session begin above all those of the session before it, so that nothing need be wiped.
        self._shown = np.zeros(count * (len(items) + 1), dtype=np.int16 if horizon < 2**10 else np.int64)
        self._above, self._cells = np.zeros(count, dtype=self._shown.dtype), np.arange(count) * (len(items) + 1)

    def begin(self, which: Rows, users: Rows, keys: noise.Words) -> None:
        """Begin sessions anew, of these users and keys of luck."""
        self.user[which], self.step[which], self._keys[which] = users, 0, keys
        self.exposure[which], self.most[which], self.stock[which] = 0, 0, self.laws.start
        self._dial[which], self._believed[which] = np.float32(self.laws.boredom * self.laws.fatigue) * self._own[users], users * len(self.items)
        if int(self._above.max()) + 2 * self.horizon + 2 > np.iinfo(self._above.dtype).max:
            self._shown[:] = self._counts().ravel()
            self._above[:] = 0
        self._above[which] += self.horizon + 1

    def times(self) -> NDArray[np.signedinteger]:
        """Return how often each item was shown in each session `[B, I]`."""
        return self._counts()[:, :-1]

    def _counts(self) -> NDArray[np.signedinteger]:
        counts = self._shown.reshape(len(self._above), -1) - self._above[:, None]
        return np.maximum(counts, 0, out=counts)

    def valid(self, rows: Rows) -> Mask:
        """Tell which slots `[k, B]` hold an item that is on offer and does not stand on the slate before."""
        valid = rows >= 0
        for slot in range(1, self.slate):
            valid[slot] &= ~(rows[:slot] == rows[slot]).any(axis=0)
        return valid if self.items.first is None else valid & self.items.offered(self.step, rows.T).T

    def felt(self, at: Rows, valid: Mask) -> Felt:
        """Return what slates of `at` `[k, B]` (void: `len(items)`) do."""
        laws, laid, share = self.laws, self._laid, np.float32(1 / self.slate)
        found = laid.own.find(at)
        exposed, worn = self._worn(at, found)
        cells = at + self._cells
        before = self._shown.take(cells, mode="clip")
        before -= self._above
        np.maximum(before, 0, out=before)
        against = worn * self._dial
        against += np.float32(laws.repeat) * before
        against -= self._logits.take(at + self._believed, mode="clip")
        if len(self._tides):
            against -= self._tide(at, found)
        chance = _sigmoid(against)
        chance *= valid
        luck = self._luck(at)
        liked = luck[:-1] < chance
        worn *= valid
        pleased = counted(liked)
        gain = (pleased - np.float32(laws.boredom * laws.cost) * _exact_sum(worn)) * share
        stock = (self.stock + np.float32(laws.learning) * (gain - self.stock)).astype(np.float32, copy=False)
        most = laid.own.greatest(exposed, found, self.most) * np.float32(laws.decay)
        patience = stock * np.float32(laws.loyal)
        patience -= np.float32(laws.leave)
        patience -= most * np.float32(laws.boredom * laws.restless)
        goes = _sigmoid(patience)
        return Felt(chance, liked, pleased, stock, (luck[-1] < goes) & (goes > _NEVER), _exact_sum(chance) * share, most, cells, before, exposed, found)

    def move(self, felt: Felt, live: Mask | None) -> None:
        """Let a round pass for the sessions that are live, all for None."""
        self.exposure.ravel()[felt.found.places] = felt.exposed
        if live is None:
            self.exposure *= np.float32(self.laws.decay)
            self.stock, self.most = felt.stock, felt.most
            self.step += 1
        else:
            self.exposure *= np.where(live, np.float32(self.laws.decay), np.float32(1))[:, None]
            np.copyto(self.stock, felt.stock, where=live)
            np.copyto(self.most, felt.most, where=live)
            self.step += live
        # Slots of sessions that are over are void, and what is counted of the item beyond the last is nobody's.
        self._shown[felt.cells] = felt.before + (self._above + self._above.dtype.type(1))

    def _luck(self, at: Rows) -> Floats:
        """Return the luck of each slot, and in a last row whether the reader leaves `[k + 1, B]`."""
        words = np.empty((len(at) + 1, at.shape[1]), dtype=np.uint64)
        self._laid.luck.take(at, mode="clip", out=words[:-1])
        words[-1] = _LEAVES
        words += noise.round_keys(self._keys, self.step)
        return noise.uniform_of(words)

    def _worn(self, at: Rows, found: Found) -> tuple[Floats, Floats]:
        """Return exposures with the slate at the places found, flat, and how worn each slot's item is `[k, B]`: by exposures and by the others of the slate."""
        laid, exposure = self._laid, self.exposure.ravel()
        np.add.at(self._slates, found.places, laid.shares.values(at, found))
        slate = self._slates.take(found.places, mode="clip").astype(np.float32)
        exposed = exposure.take(found.places, mode="clip")
        lists, where = laid.own, found
        if laid.wearing is None:
            entries = slate * np.float32(self.laws.beside) + exposed
        else:
            lists = laid.wearing
            where = lists.find(at)
            entries = self._slates.take(where.places, mode="clip").astype(np.float32) * np.float32(self.laws.beside) + exposure.take(where.places, mode="clip")
        self._slates[found.places] = 0
        entries *= lists.values(at, where)
        worn = lists.sums(entries, where, at)
        worn -= laid.itself.take(at, mode="clip")
        exposed += slate
        return exposed, np.maximum(worn, 0, out=worn)

    def _tide(self, at: Rows, found: Found) -> Floats:
        """Return what the round's tides add to each slot's logit `[k, B]`."""
        users, count = len(self.truth.logits), self.exposure.shape[1]
        last = len(self._tides) // (users * count) - 1
        round_of = np.minimum(self.step, last).astype(np.int64) * users + self.user
        tides = self._tides.take(((round_of - np.arange(len(round_of))) * count).take(found.places // count) + found.places, mode="clip")
        return self._laid.own.sums(tides * self._laid.own.values(at, found), found, at)


def _sigmoid(against: Floats) -> Floats:
    """Return `1 / (1 + exp(against))`, in the place of `against`."""
    np.minimum(against, _STEEP, out=against)
    np.exp(against, out=against)
    against += 1
    return np.reciprocal(against, out=against)


def counted(mask: Mask) -> Floats:
    """Return how many slots of each session are true `[B]`; slates are far below the 127 that an octet counts, or are counted in more."""
    kind = np.int8 if len(mask) < 127 else np.int32
    return np.add.reduce(mask.view(np.int8), axis=0, dtype=kind).astype(np.float32)


def _exact_sum(values: Floats) -> Floats:
    """Return sums over slots `[B]` of values `[k, B]` in whole grains: no order of the slots gives another."""
    return np.rint(values * (1 / _GRAIN)).sum(axis=0, dtype=np.float64).astype(np.float32) * _GRAIN


def _own(users: int, spread: float) -> Floats:
    """Return how quickly each reader tires `[U]`: the reader's own, the same in every session and under every seed."""
    rows = np.arange(users)
    luck = noise.uniform(noise.session_keys(0, rows, np.zeros_like(rows)), noise.TEMPER)
    return np.exp(spread * ndtri(np.clip(luck.astype(np.float64), 1e-6, 1 - 1e-6)) - spread * spread / 2).astype(np.float32)


class _Laid(NamedTuple):
    """Items and the void one: counters of their luck, their categories with weights and with shares of a slate, what wears them out, what they wear out themselves.

    `wearing` is None where that is an item's own categories by their weights. `itself` `[I + 1]` is how much of what an item is worn by its slate is its own place there.
    """

    luck: noise.Words
    own: Lists[np.float32]
    shares: Lists[np.float64]
    wearing: Lists[np.float32] | None
    itself: Floats


def _laid(items: ItemTable, truth: Truth, laws: Laws, count: int, slate: int) -> _Laid:
    width, (numbers, weights) = len(items.categories), items.listed
    wearing = (items.weights @ truth.kernel).astype(np.float32)
    tired, tiring = padded_rows(wearing, LEAST)
    itself = (np.where(wearing > LEAST, wearing, 0) * items.weights).sum(axis=1)
    alike = tired.shape == numbers.shape and bool((tired == numbers).all() and (tiring == weights).all())
    shares = np.rint(weights.astype(np.float64) / slate / _SHARE) * _SHARE
    return _Laid(
        noise.scattered(np.arange(len(items) + 1, dtype=np.uint64)),
        Lists(_void(numbers), _void(weights), count, width),
        Lists(_void(numbers), _void(shares), count, width),
        None if alike else Lists(_void(tired), _void(tiring), count, width),
        _void((laws.beside / slate * itself).astype(np.float32)),
    )


Number = TypeVar("Number", np.int32, np.float32, np.float64)


def _void(table: NDArray[Number]) -> NDArray[Number]:
    """Return a table with a row of zeros for the item that is none."""
    return np.concatenate([table, np.zeros((1, *table.shape[1:]), dtype=table.dtype)])
