"""What sessions say of an agent: satisfaction, length, variety, and for whom."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.metrics import gini
from broadsheet.core.seeds import generator
from broadsheet.plan.evaluate.run import SessionLog
from broadsheet.plan.items import ItemTable
from broadsheet.plan.material import Material

if TYPE_CHECKING:
    from scipy.sparse import csr_array

GAMMA: Final = 0.9
ROUNDS: Final = 10
"""Rounds of the figure without leaving."""
PAIRS: Final = 4000
THIRDS: Final = ("low", "middle", "high")

Floats = NDArray[np.float64]


def per_session(log: SessionLog, items: ItemTable) -> dict[str, Floats]:
    """Return what can be said of each session, `[N]` each.

    `r_cum` the sum of rewards (EasyRL4Rec's cumulative satisfaction), `length` slates, `discounted` the sum with gamma .9, `stayed` the share of the horizon after whose
    rounds the reader was still there, `mcd` the share of the commonest category (majority category domination, CIRS), `entropy` of the categories in bits, `items` and
    `categories` how many different ones were shown, `repeat` on what share of the later slates the commonest
    item stood again: 0 without repeats, 1 for one that stood on all.
    """
    rounds = log.reward.shape[1]
    reward = log.reward.astype(np.float64)
    shares = category_shares(log, items)
    total = np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    part = shares / total
    distinct, most = _counted(log.shown)
    logs = np.log2(part, out=np.zeros_like(part), where=part > 0)
    return {
        "r_cum": reward.sum(axis=1),
        "length": log.length.astype(np.float64),
        "discounted": reward @ GAMMA ** np.arange(rounds),
        "stayed": (log.length - log.left) / rounds,
        "mcd": part.max(axis=1),
        "entropy": -(part * logs).sum(axis=1),
        "items": distinct,
        "categories": (shares > 0).sum(axis=1).astype(np.float64),
        "repeat": np.maximum(most - 1, 0) / np.maximum(log.length - 1, 1),
    }


def measure(log: SessionLog, material: Material) -> dict[str, float]:
    """Return the figures of an agent: means over sessions, and what only all sessions together have.

    `r_each` is the sum of rewards over the sum of lengths; `retained` the area under the curve of readers retained; `coverage` and `category_coverage` the shares of the catalogue and of
    its categories that anybody was shown; `gini` of how often items were shown; `overlap` the mean Jaccard index of what two users were shown in a session; thirds of users are by
    activity, of items by popularity: the share of what was shown, and how much of it was liked.
    """
    each = per_session(log, material.items)
    made = {name: float(values.mean()) for name, values in each.items()}
    made["retained"] = made.pop("stayed")
    made["repeat_most"] = float(each["repeat"].max())
    made["r_each"] = float(each["r_cum"].sum() / max(each["length"].sum(), 1))
    made["expected"] = float(log.expected.sum(axis=1).mean())
    made["left"] = float(log.left.mean())
    times = np.bincount(log.shown[log.shown >= 0], minlength=len(material.items))
    made |= {
        "coverage": float((times > 0).mean()),
        "category_coverage": float(material.items.member[times > 0].any(axis=0).mean()) if times.any() else 0.0,
        "gini": gini(times) if times.any() else 0.0,
        "overlap": overlap(log),
    }
    return made | _by_third(log, material, each["r_cum"])


def category_shares(log: SessionLog, items: ItemTable) -> Floats:
    """Return how much of each session was of each category `[N, C]`, an item shared out to its own."""
    shares = np.zeros((len(log), len(items.categories)))
    for number in range(log.shown.shape[1]):
        shown = log.shown[:, number]
        shares += (items.weights[np.maximum(shown, 0)] * (shown >= 0)[:, :, None]).sum(axis=1)
    return shares


def overlap(log: SessionLog, pairs: int = PAIRS, seed: int = 0) -> float:
    """Return the mean Jaccard index of the items of two sessions of different users, over `pairs` drawn ones; 1 is no personalisation. One user alone has none: 0."""
    rng = generator(seed, "plan", "overlap")
    users = np.unique(log.user)
    if len(users) < 2:
        return 0.0
    first = rng.integers(len(log), size=4 * pairs)
    second = rng.integers(len(log), size=4 * pairs)
    other = np.flatnonzero(log.user[first] != log.user[second])[:pairs]
    held: Any = _held(log.shown.reshape(len(log), -1))
    ours, theirs = held[first[other]], held[second[other]]
    both = np.asarray(ours.multiply(theirs).sum(axis=1), dtype=np.float64).ravel()
    either = np.asarray((ours + theirs).sum(axis=1), dtype=np.float64).ravel() - both
    return float((both / np.maximum(either, 1)).mean())


def _held(shown: NDArray[np.int32]) -> "csr_array":
    """Return which items each session `[N, M]` showed, 1 each `[N, I]`."""
    from scipy.sparse import csr_array

    session, place = np.nonzero(shown >= 0)
    held = csr_array((np.ones(len(session), dtype=np.float64), (session, shown[session, place])), shape=(len(shown), int(shown.max(initial=0)) + 1))
    held.sum_duplicates()
    held.data[:] = 1
    return held


def first_rounds(log: SessionLog, rounds: int = ROUNDS) -> float:
    """Return the mean sum of rewards of the first rounds: the figure of a fixed length, where nobody leaves."""
    return float(log.reward[:, :rounds].astype(np.float64).sum(axis=1).mean())


def _counted(shown: NDArray[np.int32]) -> tuple[Floats, Floats]:
    """Return how many different items each session `[N, T, k]` showed, and how often the commonest of them.

    >>> [part.tolist() for part in _counted(np.array([[[1, 2], [1, -1]]]))]
    [[2.0], [2.0]]
    """
    flat = np.sort(shown.reshape(len(shown), -1), axis=1)
    begins = np.ones(flat.shape, dtype=bool)
    begins[:, 1:] = flat[:, 1:] != flat[:, :-1]
    place = np.arange(flat.shape[1])
    run = place - np.maximum.accumulate(np.where(begins, place, 0), axis=1) + 1
    there = flat >= 0
    return (begins & there).sum(axis=1).astype(np.float64), np.where(there, run, 0).max(axis=1).astype(np.float64)


def _by_third(log: SessionLog, material: Material, r_cum: Floats) -> dict[str, float]:
    made: dict[str, float] = {}
    active = material.activity_third[log.user]
    there = log.shown >= 0
    popular = material.popularity_third[np.maximum(log.shown, 0)]
    for third, name in enumerate(THIRDS):
        who, what = active == third, there & (popular == third)
        made |= _where(f"r_cum, activity {name}", who, lambda who=who: float(r_cum[who].mean()))
        made[f"shown, popularity {name}"] = float(what.sum() / max(there.sum(), 1))
        made |= _where(f"liked, popularity {name}", what, lambda what=what: float((log.liked[what] > 0).mean()))
    return made


def _where(name: str, some: NDArray[np.bool_], value: Callable[[], float]) -> dict[str, float]:
    return {name: value()} if some.any() else {}
