"""The next pick of a session by beam search over the rounds that are left, under what the rule of leaving is taken to be."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.coat.rule import Rule

GONE = 50.0
"""What a pick costs at which the reader is taken to leave: more than is left to win nearly always, and less than a search without a way out would need."""


class Width(NamedTuple):
    """How many sequences are kept, how many items a user are tried, and how many rounds are looked ahead."""

    beam: int = 16
    tried: int = 40
    ahead: int = 16


WIDTH: Final = Width()


class _Beam(NamedTuple):
    """Sequences of sessions `[B, W]`: what each is worth, its picks so far `[B, W, d]` as numbers of items tried, and which of those it or the session had `[B, W, K]`."""

    worth: NDArray[np.float64]
    picks: NDArray[np.int64]
    had: NDArray[np.bool_]


class _Pairs(NamedTuple):
    """What pairs cost: of picks so far with items tried `[B, t, K]`, and of items tried with each other `[B, K, K]`; which are near, and which are in doubt (where any are)."""

    near_shown: NDArray[np.bool_]
    near: NDArray[np.bool_]
    doubt_shown: NDArray[np.bool_] | None
    doubt: NDArray[np.bool_] | None


def next_picks(
    rule: Rule,
    shown: NDArray[np.int64],
    worth: NDArray[np.float64],
    surprise: NDArray[np.float64],
    had: NDArray[np.bool_],
    proved: NDArray[np.bool_] | None = None,
    width: Width = WIDTH,
) -> NDArray[np.int64]:
    """Return the first pick of the best sequence found for each session `[B]`.

    `shown` `[B, t]` are the picks so far, `worth` `[B, I]` what an item is expected to give, `had` `[B, I]` which were shown. `surprise` `[B, I]` is what knowing an item may add to each
    time that it can come again: it is counted for an item's first showing, as often as a loop has yet to come round. `proved` `[B, I, I]` are pairs known not to be near; without it
    the rule is trusted.
    """
    step, each = shown.shape[1], np.arange(len(shown))
    index = np.where(had & (not rule.repeats), -np.inf, worth + _again(rule, step) * np.where(had, 0, surprise))
    tried = np.argsort(-index, axis=1, kind="stable")[:, : width.tried]
    pairs = _paired(rule, shown, tried, proved)
    gives, adds = np.take_along_axis(worth, tried, axis=1), np.take_along_axis(surprise, tried, axis=1)
    beam = _Beam(np.zeros((len(shown), 1)), np.zeros((len(shown), 1, 0), dtype=np.int64), had[each[:, None], tried][:, None, :])
    for at in range(step, min(step + width.ahead, rule.turns)):
        stake = rule.risk * (rule.turns - 1 - at) * gives[:, : rule.window + 1].mean(axis=1)
        cost = _cost(rule, pairs, beam, at, step, stake) + GONE * (beam.had & (not rule.repeats))
        gain = gives[:, None] + np.where(beam.had, 0, _again(rule, at) * adds[:, None])
        beam = _grown(beam, gain - cost, width.beam)
    best = beam.worth.argmax(axis=1)
    return tried[each, beam.picks[each, best, 0]]


def _paired(rule: Rule, shown: NDArray[np.int64], tried: NDArray[np.int64], proved: NDArray[np.bool_] | None) -> _Pairs:
    near_shown, near = rule.near[shown[:, :, None], tried[:, None, :]], rule.near[tried[:, :, None], tried[:, None, :]]
    if proved is None:
        return _Pairs(near_shown, near, None, None)
    sessions = np.arange(len(shown))[:, None, None]
    borne_shown, borne = proved[sessions, shown[:, :, None], tried[:, None, :]], proved[sessions, tried[:, :, None], tried[:, None, :]]
    return _Pairs(near_shown & ~borne_shown, near & ~borne, ~near_shown & ~borne_shown, ~near & ~borne)


def _cost(rule: Rule, pairs: _Pairs, beam: _Beam, at: int, step: int, stake: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each item tried would cost as the pick number `at` of each sequence `[B, W, K]`, by the picks that the rule looks at."""
    each = np.arange(len(stake))[:, None]
    cost = np.zeros((*beam.worth.shape, pairs.near.shape[2]))
    for back in range(rule.first(at), at):
        before = None if back < step else beam.picks[:, :, back - step]
        cost += GONE * (pairs.near_shown[:, back][:, None] if before is None else pairs.near[each, before])
        if pairs.doubt is not None and pairs.doubt_shown is not None:
            cost += stake[:, None, None] * (pairs.doubt_shown[:, back][:, None] if before is None else pairs.doubt[each, before])
    return cost


def _again(rule: Rule, step: int) -> int:
    """Return how often what is shown in a round can come again."""
    return (rule.turns - 1 - step) // (rule.window + 1) if rule.repeats else 0


def _grown(beam: _Beam, gain: NDArray[np.float64], most: int) -> _Beam:
    """Return the best sequences that are one pick longer; of equal ones the first."""
    sessions, _, tried = gain.shape
    worth = (beam.worth[:, :, None] + gain).reshape(sessions, -1)
    best = np.argsort(-worth, axis=1, kind="stable")[:, :most]
    before, pick = np.divmod(best, tried)
    each = np.arange(sessions)[:, None]
    had = beam.had[each, before]
    had[each, np.arange(best.shape[1]), pick] = True
    return _Beam(np.take_along_axis(worth, best, axis=1), np.concatenate([beam.picks[each, before], pick[:, :, None]], axis=2), had)
