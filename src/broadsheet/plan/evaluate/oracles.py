"""Upper bounds: agents that know the truth, the laws and each reader's temper, for regret; none of them could be had."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment import noise
from broadsheet.plan.environment.readers import LEAST
from broadsheet.plan.session import Observation, Sessions

Floats = NDArray[np.float32]

CANDIDATES: Final = 160
"""Items by true liking that an oracle chooses from."""
ROUNDS: Final = 8
"""Slates that the controller looks ahead; what follows is taken to go on as in the last of them."""
CHUNK: Final = 256
SHUNS: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""How much more than it costs now a rule shuns what is worn: the rules that the controller follows to see which does best."""
PRICES: Final = (0.5, 1.0, 2.0)
"""Factors of the price of an exposure, which is what it takes from the slates to come."""


class State(NamedTuple):
    """What is true of sessions `[B]`: user, round, exposures `[B, C]`, how often each item was shown `[B, I]`, stock, own fatigue (dial and laws multiplied in)."""

    user: NDArray[np.int64]
    step: NDArray[np.int32]
    exposure: Floats
    times: NDArray[np.uint8]
    stock: Floats
    tires: Floats


class Table(NamedTuple):
    """Candidates of sessions: rows `[B, N]`, true logits of the round without wear but with repeats `[B, N]`, how much each candidate tires each, `[B, N, N]`, and how worn each is `[B, N]`."""

    rows: NDArray[np.int64]
    logits: Floats
    tires: Floats
    worn: Floats


class Oracle(ABC):
    """What both oracles have in common: the state of each session, kept as the environment keeps it, from the observations."""

    name = "oracle"

    def __init__(self, pair: Pair, candidates: int = CANDIDATES) -> None:
        self.pair, self.items, self.laws, self.truth = pair, pair.material.items, pair.laws, pair.truth
        self.count = min(candidates, len(self.items))
        wearing = (self.items.weights @ self.truth.kernel).astype(np.float32)
        self.wearing = np.where(wearing > LEAST, wearing, 0)
        self.begin(0, 0)

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; nothing is drawn."""
        del seed
        self.sessions = Sessions(self.items, count, self.pair.slate, self.laws.decay)
        self.stock = np.full(count, self.laws.start, dtype=np.float32)

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return a slate of rows for each session `[B, k]`."""
        self._settle(observation)
        slates = np.full((len(self.stock), self.pair.slate), -1, dtype=np.int64)
        live = np.flatnonzero(observation["step"] < self.pair.horizon)
        for begin in range(0, len(live), CHUNK):
            which = live[begin : begin + CHUNK]
            slates[which] = self.choose(self._state(observation, which))
        return slates

    @abstractmethod
    def choose(self, state: State) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""

    def facts(self) -> Mapping[str, Any]:
        """Say that this is a bound."""
        return {"bound": "upper: it knows the truth"}

    def chances(self, observation: Observation, slates: NDArray[np.int64]) -> Floats:
        """Return how likely each item of slates `[B, k]` without empty slots is liked, as the environment has it. To be called before `act`, once a round."""
        self._settle(observation)
        state = self._state(observation, np.arange(len(slates)))
        table = self.table(state, slates)
        places = np.broadcast_to(np.arange(slates.shape[1]), slates.shape)
        return expit(table.logits - state.tires[:, None] * self.together(table.worn, table, places))

    def candidates(self, state: State, rounds: int = 1) -> Table:
        """Return the best liked items that may be shown within `rounds`, repeats counted in; this round's best are always among them."""
        logits = self.truth.logits[state.user] - np.float32(self.laws.repeat) * state.times
        if self.items.first is not None and self.items.last is not None:
            every = np.broadcast_to(np.arange(len(self.items)), logits.shape)
            now = self.items.offered(state.step, every)
            soon = (self.items.first <= state.step[:, None] + rounds - 1) & (self.items.last >= state.step[:, None])
            best = np.where(now, logits, -np.inf)
            least = np.partition(best, -min(4 * self.pair.slate, len(self.items)), axis=1)[:, [-min(4 * self.pair.slate, len(self.items))]]
            logits = np.where(soon, logits, -1e6) + np.where(now & (best >= least), 1e3, 0)
        rows = np.argpartition(-logits, self.count - 1, axis=1)[:, : self.count]
        return self.table(state, np.sort(rows, axis=1).astype(np.int64))

    def table(self, state: State, rows: NDArray[np.int64]) -> Table:
        """Return what is true of candidates `[B, N]`."""
        times = np.take_along_axis(state.times, rows, axis=1)
        logits = self.truth.logits[state.user[:, None], rows] - np.float32(self.laws.repeat) * times + self.tide(state, rows, 0)
        wearing, weights = self.wearing[rows], self.items.weights[rows]
        return Table(rows, logits.astype(np.float32), weights @ wearing.transpose(0, 2, 1), np.einsum("bnc,bc->bn", wearing, state.exposure))

    def tide(self, state: State, rows: NDArray[np.int64], ahead: int) -> Floats:
        """Return what a round `ahead` adds to the logits of items `[B, N]`."""
        if self.truth.tides is None:
            return np.zeros(rows.shape, dtype=np.float32)
        tide = self.truth.tides[np.minimum(state.step + ahead, len(self.truth.tides) - 1), state.user]
        categories, shares = self.items.listed
        under = categories[rows]
        return (np.take_along_axis(tide, under.reshape(len(under), -1), axis=1).reshape(under.shape) * shares[rows]).sum(axis=2)

    def together(self, worn: Floats, table: Table, places: NDArray[np.int64]) -> Floats:
        """Return how worn the items at `places` `[B, k]` of the candidates are, worn `[B, N]` before, together on a slate."""
        every = np.arange(len(places))[:, None, None]
        beside = table.tires[every, places[:, :, None], places[:, None, :]]
        others = beside.sum(axis=1) - np.einsum("bkk->bk", beside)
        return np.take_along_axis(worn, places, axis=1) + np.float32(self.laws.beside / self.pair.slate) * others

    def pick(self, table: Table, usable: NDArray[np.bool_], fatigue: Floats, price: Floats | None = None) -> NDArray[np.int64]:
        """Return places of candidates for a slate `[B, k]`, one after the other by chance under a `fatigue` `[B]`, less a `price` `[B, N]`; -1 where nothing may be shown."""
        every = np.arange(len(table.rows))
        worn, left = table.worn.copy(), usable.copy()
        step = np.float32(self.laws.beside / self.pair.slate)
        places = np.full((len(every), self.pair.slate), -1, dtype=np.int64)
        for slot in range(self.pair.slate):
            values = table.logits - fatigue[:, None] * worn
            best = np.where(left, values if price is None else expit(values) - price, -np.inf).argmax(axis=1)
            places[:, slot] = np.where(left[every, best], best, -1)
            left[every, best] = False
            worn += step * table.tires[every, best]
        return places

    def _settle(self, observation: Observation) -> None:
        """Bring exposures and stocks up to date, by the environment's own rule."""
        before, step = self.sessions.recent.copy(), observation["step"]
        moved = np.flatnonzero((step > 0) & (step != self.sessions.step))
        self.sessions.see(observation)
        self.stock[step == 0] = self.laws.start
        if not len(moved):
            return
        laws, rows, liked = self.laws, self.sessions.slate[moved], self.sessions.liked[moved] > 0
        there = rows >= 0
        at = np.where(there, rows, 0)
        wearing, shares = self.wearing[at], self.items.weights[at] * (there / np.float32(self.pair.slate))[:, :, None]
        sum_of = before[moved][:, None, :] + laws.beside * (shares.sum(axis=1, keepdims=True) - shares)
        worn = np.where(there, (wearing * sum_of).sum(axis=2), 0)
        gain = (liked.sum(axis=1) - laws.boredom * laws.cost * worn.sum(axis=1)) / self.pair.slate
        self.stock[moved] += laws.learning * (gain - self.stock[moved])

    def _state(self, observation: Observation, which: NDArray[np.int64]) -> State:
        user, laws = observation["user"][which], self.laws
        luck = noise.uniform(noise.session_keys(0, user, np.zeros_like(user)), noise.TEMPER)
        own = np.exp(laws.spread * ndtri(np.clip(luck, 1e-6, 1 - 1e-6)) - laws.spread**2 / 2)
        tires = (laws.boredom * laws.fatigue * own).astype(np.float32)
        return State(user, observation["step"][which], self.sessions.recent[which], self.sessions.times[which], self.stock[which], tires)


class OracleGreedy(Oracle):
    """The items of the highest true chances in this round, those before on the slate counted in."""

    name = "oracle greedy"

    def choose(self, state: State) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        table = self.candidates(state)
        return _rows(table, self.pick(table, self.items.offered(state.step, table.rows), state.tires))


class Followed(NamedTuple):
    """A rule followed for some rounds: what it is expected to please `[B]`, its first slate as places `[B, k]`, what each candidate shown now takes from later slates `[B, N]`."""

    total: Floats
    first: NDArray[np.int64]
    price: Floats


class OracleMPC(Oracle):
    """Model predictive control by rollout (Bertsekas 2013) with the truth: rules are followed in the mean for `rounds` slates, and the best one's slate is shown.

    The rules take the best true chances, what is worn shunned more or less; then the best of them with candidates priced by what they take from
    its own later slates. Leaving is reckoned with by the expected stock. The first rule is the oracle greedy, so that this is worse only by what
    a mean leaves out.
    """

    name = "oracle MPC"

    def __init__(self, pair: Pair, candidates: int = CANDIDATES, rounds: int = ROUNDS) -> None:
        self.rounds = rounds
        super().__init__(pair, candidates)

    def choose(self, state: State) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        table = self.candidates(state, self.rounds)
        shun = np.zeros(len(state.user), dtype=np.float32)
        best = self._followed(state, table, shun)
        for tried in SHUNS[1:]:
            found = self._followed(state, table, np.full_like(shun, tried))
            shun = np.where(found.total > best.total, np.float32(tried), shun)
            best = _better(best, found)
        price = best.price
        for factor in PRICES:
            best = _better(best, self._followed(state, table, shun, np.float32(factor) * price))
        return _rows(table, best.first)

    def _followed(self, state: State, table: Table, shun: Floats, price: Floats | None = None) -> Followed:
        """Follow a rule in the mean; its first slate heeds the price, the others do not."""
        laws, slate, horizon = self.laws, np.float32(self.pair.slate), self.pair.horizon
        exposure, stock, worn = state.exposure.copy(), state.stock.copy(), table.worn.copy()
        alive, total, costs = np.ones_like(stock), np.zeros_like(stock), np.zeros_like(worn)
        left, every = np.ones(table.rows.shape, dtype=bool), np.arange(len(stock))[:, None]
        first, reward, leaves = np.zeros((len(stock), self.pair.slate), dtype=np.int64), stock, stock
        for ahead in range(min(self.rounds, horizon - int(state.step.min()))):
            now = table._replace(worn=worn, logits=table.logits + self._turn(state, table.rows, ahead))
            usable = left & self.items.offered(state.step + np.int32(ahead), table.rows)
            places = self.pick(now, usable, state.tires * (1 + shun), None if ahead else price)
            at, there = np.maximum(places, 0), places >= 0
            together = self.together(worn, table, at)
            chance = np.where(there, expit(np.take_along_axis(now.logits, at, axis=1) - state.tires[:, None] * together), 0)
            reward, on = chance.mean(axis=1), alive * (state.step + ahead < horizon)
            total += on * reward
            if ahead == 0:
                first = places
            else:
                slope = chance * (1 - chance) * (on * state.tires * laws.decay**ahead / slate**2)[:, None]
                costs += np.einsum("bkn,bk->bn", table.tires.transpose(0, 2, 1)[every, at], slope.astype(np.float32))
            worn = np.float32(laws.decay) * (worn + table.tires[every, at].sum(axis=1) / slate)
            exposure = np.float32(laws.decay) * (exposure + self.items.weights[np.take_along_axis(table.rows, at, axis=1)].sum(axis=1) / slate)
            stock = stock + np.float32(laws.learning) * (reward - np.float32(laws.boredom * laws.cost) * (there * together).mean(axis=1) - stock)
            leaves = expit(np.float32(laws.leave) - np.float32(laws.loyal) * stock + np.float32(laws.boredom * laws.restless) * exposure.max(axis=1, initial=0))
            alive = alive * (1 - leaves)
            left[every, at] &= ~there
        # Afterwards it goes on as in the last round.
        more = np.maximum(horizon - state.step - self.rounds, 0)
        total += alive * reward * np.where(leaves > 1e-6, (1 - (1 - leaves) ** more) / np.maximum(leaves, 1e-6), more)
        return Followed(total, first, costs)

    def _turn(self, state: State, rows: NDArray[np.int64], ahead: int) -> Floats | float:
        """Return how much more the tide of a round ahead gives than that of this one."""
        return self.tide(state, rows, ahead) - self.tide(state, rows, 0) if self.truth.tides is not None and ahead else 0.0


def _better(best: Followed, found: Followed) -> Followed:
    more = found.total > best.total + 1e-6
    return Followed(*(np.where(more if one.ndim == 1 else more[:, None], two, one) for one, two in zip(best, found, strict=True)))


def _rows(table: Table, places: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(places >= 0, np.take_along_axis(table.rows, np.maximum(places, 0), axis=1), -1)
