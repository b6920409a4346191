"""The logging policy: what is logged as a propensity is the probability, slot by slot."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import chisquare

from broadsheet.core.schema import Columns as C
from broadsheet.sample.world import world
from broadsheet.sample.world.policy import draw_slates, shuffle_slates
from broadsheet.sample.world.settings import SLOTS, WINDOW

SCORES = np.array([1.5, 0.0, -1.0, 0.7, 2.0])
ELIGIBLE = np.array([True, True, True, True, False])
EXPLORATION = 0.3
DRAWS = 40_000


def chances(taken: tuple[int, ...]) -> np.ndarray:
    """The policy written down again: softmax and uniform over what is left."""
    left = ELIGIBLE & ~np.isin(np.arange(5), taken)
    weight = np.exp(SCORES) * left
    return (1 - EXPLORATION) * weight / weight.sum() + EXPLORATION * left / left.sum()


@pytest.fixture(scope="module")
def drawn():
    shape = (DRAWS, 5)
    return draw_slates(np.broadcast_to(SCORES, shape), np.broadcast_to(ELIGIBLE, shape), 3, EXPLORATION, np.random.default_rng(3))


@pytest.mark.parametrize("above", [(), (0,), (3,), (0, 1), (3, 0)])
def test_slots_are_filled_with_the_chances_that_are_logged(drawn, above):
    slot = len(above)
    rows = (drawn.candidate[:, :slot] == above).all(axis=1)
    expected = chances(above)
    picked = drawn.candidate[rows, slot]
    assert np.allclose(drawn.propensity[rows, slot], expected[picked], atol=1e-12)
    possible = expected > 0
    counts = np.bincount(picked, minlength=5)
    assert counts[~possible].sum() == 0
    assert chisquare(counts[possible], expected[possible] * rows.sum()).pvalue > 0.001


def test_a_slate_holds_nothing_twice(drawn):
    assert all(len(set(slate)) == 3 for slate in drawn.candidate[:500].tolist())


def test_small_slates_come_in_any_order_alike():
    order, propensity = shuffle_slates(np.tile(np.arange(3), (12_000, 1)), np.random.default_rng(0))
    assert propensity[0].tolist() == [1 / 3, 1 / 2, 1.0]
    _, counts = np.unique(order, axis=0, return_counts=True)
    assert len(counts) == 6
    assert chisquare(counts).pvalue > 0.001


@pytest.fixture(scope="module")
def made():
    return world(readers=200, posters=10)


def daily(made) -> pl.DataFrame:
    """Showings of the daily slates, with the day."""
    shown = made.events.filter((pl.col(C.KIND) == "shown") & (pl.len().over(C.USER, C.AT) == SLOTS))
    return shown.with_columns(day=(pl.col(C.AT).dt.date() - pl.col(C.AT).dt.date().min()).dt.total_days()).filter(pl.col(C.AT).dt.hour() < 12)


@pytest.mark.parametrize("slot", [0, 3, 7])
def test_inverse_propensities_count_the_candidates(made, slot):
    # The sum over candidates of p * 1/p is their number, whatever the policy prefers.
    rows = daily(made)
    feed = made.papers.with_columns(pl.Series(C.ANNOUNCED, [item.announced for item in made.catalogue])).filter(pl.col("role") == "feed")
    first = rows[C.AT].min().date()
    age = (feed[C.ANNOUNCED] - first).dt.total_days().to_numpy()
    ages = dict(zip(feed[C.ITEM], age.tolist(), strict=True))
    candidates, inverse = [], []
    for slate in rows.filter(pl.col("day").is_in([4, 12, 20])).partition_by(C.USER, "day"):
        day = slate["day"][0]
        before = rows.filter((pl.col(C.USER) == slate[C.USER][0]) & (pl.col("day") < day))[C.ITEM]
        pool = ((age <= day) & (age > day - WINDOW)).sum() - sum(ages[item] > day - WINDOW for item in before)
        candidates.append(pool - slot)
        inverse.append(1 / slate.filter(pl.col(C.SLOT) == slot)[C.PROPENSITY][0])
    difference = np.array(inverse) - candidates
    assert abs(difference.mean()) < 3 * difference.std() / np.sqrt(len(difference))
    assert np.mean(inverse) == pytest.approx(np.mean(candidates), rel=0.15)


def test_propensities_of_a_slate_of_four_are_those_of_a_random_order(made):
    probes = made.probes.filter(pl.col(C.TRUTH) == "figure").explode(C.CANDIDATES)
    shown = made.events.filter(pl.col(C.KIND) == "shown").join(probes, left_on=[C.USER, C.ITEM], right_on=[C.USER, C.CANDIDATES])
    assert np.allclose(shown[C.PROPENSITY].to_numpy(), 1 / (4 - shown[C.SLOT].to_numpy()))
    motif = shown.join(made.papers, on=C.ITEM).filter(pl.col(C.SLOT) == 0)["motif"].value_counts()["count"]
    assert chisquare(motif.to_numpy()).pvalue > 0.001
