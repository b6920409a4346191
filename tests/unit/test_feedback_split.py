"""Readers split over arms: who is where, when no verdict is given, and what a difference is worth."""

from datetime import date

import numpy as np
import pytest
from scipy import stats

from broadsheet.core.errors import ConfigError
from broadsheet.core.seeds import generator
from broadsheet.report.feedback.split import CLICK_THROUGH, VALUE, Reader, assign, detectable, judge, sample_ratio

EVEN = {"a": 1.0, "b": 1.0}
DAY = date(2026, 2, 9)


def test_a_reader_stays_in_an_arm_on_every_machine():
    assert [assign("words", reader, EVEN) for reader in ("ada", "bob", "Zoë", "")] == ["b", "a", "b", "a"]


def test_arms_have_their_shares_and_experiments_are_independent():
    readers = [f"reader {n}" for n in range(2000)]
    shares = {"a": 1.0, "b": 2.0, "c": 1.0}
    counts = {arm: sum(assign("one", reader, shares) == arm for reader in readers) for arm in shares}
    assert sample_ratio(counts, shares).p > 0.001
    table = [[sum((assign("one", r, EVEN), assign("two", r, EVEN)) == (i, j) for r in readers) for j in "ab"] for i in "ab"]
    assert stats.chi2_contingency(table).pvalue > 0.001


def test_a_share_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="shares"):
        assign("x", "ada", {"a": 1, "b": 0})


def readers_of(lift: float, count: int, rng: np.random.Generator, name: str = "x") -> list[Reader]:
    """Return readers whose clicks are overdispersed, those of `b` with a lift; a click is worth 1 or 3."""
    names = [f"{name} {rng.integers(10**9)} {number}" for number in range(count)]
    arms = [assign(name, one, EVEN) for one in names]
    shown = 20 * rng.integers(5, 31, size=count)
    rates = rng.beta(2, 10, size=count) * (1 + lift * np.array([arm == "b" for arm in arms]))
    clicks = rng.binomial(shown, np.minimum(rates, 1.0))
    values = clicks + 2 * rng.binomial(clicks, 0.3)
    return [Reader(*one) for one in zip(names, arms, shown.tolist(), clicks.tolist(), values.astype(float).tolist(), strict=True)]


def test_a_planted_better_arm_is_found_with_both_figures():
    told = judge("x", readers_of(0.5, 600, np.random.default_rng(0)), EVEN)
    assert told.said == "b"
    assert {one.figure for one in told.differences} == {CLICK_THROUGH, VALUE}
    assert all(one.low > 0 and one.relative > 0.2 for one in told.differences)


def test_the_delta_method_has_the_interval_of_a_bootstrap_over_readers():
    readers = readers_of(0.3, 400, np.random.default_rng(1))
    told = next(one for one in judge("x", readers, EVEN).differences if one.figure == CLICK_THROUGH)
    rng = np.random.default_rng(2)
    arms = {arm: np.array([(r.clicks, r.shown) for r in readers if r.arm == arm], dtype=float) for arm in "ab"}

    def drawn(values: np.ndarray) -> np.ndarray:
        sums = values[rng.integers(len(values), size=(4000, len(values)))].sum(axis=1)
        return sums[:, 0] / sums[:, 1]

    low, high = np.quantile(drawn(arms["b"]) - drawn(arms["a"]), [0.025, 0.975])
    assert told.low == pytest.approx(low, abs=0.15 * (high - low))
    assert told.high == pytest.approx(high, abs=0.15 * (high - low))


def test_p_values_of_two_arms_alike_are_uniform_and_looks_at_any_time_rarely_alarm():
    found = [judge("x", readers_of(0.0, 120, generator(0, "aa", str(n))), EVEN) for n in range(120)]
    for place in (0, 1):
        p = [one.differences[place].p for one in found]
        assert stats.kstest(p, "uniform").pvalue > 0.001
    alarms = sum(one.said != "no difference" for one in found)
    assert alarms <= stats.binom.ppf(0.999, len(found), 0.05)
    assert np.mean([min(d.anytime.p for d in one.differences) < 0.05 for one in found]) < 0.05


def test_arms_of_the_wrong_size_get_no_verdict():
    readers = readers_of(0.5, 600, np.random.default_rng(0))
    lost = [one for number, one in enumerate(readers) if one.arm == "b" or number % 3]
    told = judge("x", lost, EVEN)
    assert told.ratio.is_broken
    assert told.said == "refused"
    assert told.differences == ()


def test_a_broken_ratio_is_rare_where_nothing_is_broken():
    broken = [sample_ratio({"a": int(a), "b": 500 - int(a)}, EVEN).is_broken for a in np.random.default_rng(0).binomial(500, 0.5, 1000)]
    assert np.mean(broken) < 0.005


def test_few_readers_say_too_little_and_readers_who_do_nothing_no_difference():
    assert judge("x", readers_of(0.5, 8, np.random.default_rng(0)), EVEN).said == "too little"
    quiet = [Reader(f"r{n}", "ab"[n % 2], 20, 0, 0.0) for n in range(40)]
    told = judge("x", quiet, EVEN)
    assert told.said == "no difference"
    assert all(one.p == 1 for one in told.differences)
    assert judge("x", [one._replace(shown=0) for one in quiet], EVEN).said == "no difference"


def test_figures_that_pull_apart_are_mixed():
    rng = np.random.default_rng(0)
    readers = [Reader(f"r{n}", "ab"[n % 2], 100, 10 + 10 * (n % 2) + int(rng.integers(3)), float(30 - 20 * (n % 2) + rng.integers(3))) for n in range(80)]
    assert judge("x", readers, EVEN).said == "mixed"


def test_a_worse_arm_makes_the_first_the_better_one():
    assert judge("x", readers_of(-0.4, 600, np.random.default_rng(0)), EVEN).said == "a"


def test_a_detectable_effect_is_found_in_four_cases_of_five():
    rng = np.random.default_rng(0)
    error = 0.1
    effect = detectable(error, error)
    z = (effect + rng.normal(size=20_000) * error * np.sqrt(2)) / (error * np.sqrt(2))
    assert (z > 1.96).mean() == pytest.approx(0.8, abs=0.01)
