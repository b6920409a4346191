"""Intervals and tests: coverage on simulated data, scipy's exact test, Holm by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.metrics import bootstrap_f1, bootstrap_mean, bootstrap_ratio, holm, paired_permutation


def covered(interval, truth=0.0):
    return interval.low <= truth <= interval.high


def width(interval):
    return interval.high - interval.low


def grouped(rng, clusters, size):
    """Values of true mean 0 whose clusters differ more than their members do."""
    return np.repeat(rng.normal(size=clusters), size) + 0.3 * rng.normal(size=clusters * size)


def test_an_interval_of_95_percent_covers_the_truth_about_as_often():
    rng = np.random.default_rng(1)
    hits = [covered(bootstrap_mean(rng.normal(size=40), rng, rounds=500)) for _ in range(500)]
    assert 0.90 <= np.mean(hits) <= 0.99


def test_an_interval_of_80_percent_covers_less_often():
    rng = np.random.default_rng(2)
    hits = [covered(bootstrap_mean(rng.normal(size=40), rng, level=0.8, rounds=500)) for _ in range(500)]
    assert 0.73 <= np.mean(hits) <= 0.86


def test_an_interval_over_clusters_covers_where_a_naive_one_does_not():
    rng, papers = np.random.default_rng(3), np.repeat(np.arange(30), 8)
    naive, clustered = [], []
    for _ in range(300):
        values = grouped(rng, 30, 8)
        naive.append(covered(bootstrap_mean(values, rng, rounds=300)))
        clustered.append(covered(bootstrap_mean(values, rng, clusters=papers, rounds=300)))
    assert np.mean(naive) < 0.75
    assert 0.88 <= np.mean(clustered) <= 0.99


def test_a_large_sample_gives_the_normal_interval():
    values = np.random.default_rng(4).normal(3, 2, 800)
    mean, low, high = bootstrap_mean(values, np.random.default_rng(0), rounds=20_000)
    half = 1.96 * values.std() / np.sqrt(800)
    assert mean == values.mean()
    assert (low, high) == (pytest.approx(mean - half, abs=0.05 * half), pytest.approx(mean + half, abs=0.05 * half))


def test_copies_of_a_value_in_its_cluster_add_no_certainty():
    values = np.random.default_rng(5).normal(size=25)
    copies, papers = np.repeat(values, 6), [f"paper-{n}" for n in np.repeat(np.arange(25), 6)]
    honest = bootstrap_mean(copies, np.random.default_rng(0), clusters=papers, rounds=4000)
    assert width(honest) == pytest.approx(width(bootstrap_mean(values, np.random.default_rng(1), rounds=4000)), rel=0.08)
    assert width(honest) > 2 * width(bootstrap_mean(copies, np.random.default_rng(0), rounds=4000))


def test_clusters_of_one_value_are_no_clusters():
    values = np.random.default_rng(6).random(30)
    plain = bootstrap_mean(values, np.random.default_rng(0), rounds=500)
    assert bootstrap_mean(values, np.random.default_rng(0), clusters=range(30), rounds=500) == pytest.approx(plain)


def test_clusters_of_unequal_size_weigh_by_their_values():
    interval = bootstrap_mean([0, 0, 0, 1], np.random.default_rng(0), clusters=["a", "a", "a", "b"], rounds=2000)
    assert interval == (0.25, 0.0, 1.0)


def test_the_generator_alone_decides_and_blocks_do_not_show():
    values = np.random.default_rng(7).random(50_000)
    first, second = (bootstrap_mean(values, np.random.default_rng(8), rounds=100) for _ in range(2))
    assert first == second
    assert first.low < first.mean < first.high


@pytest.mark.parametrize("seed", range(6))
def test_the_exact_test_equals_scipy(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(0.4, 1, 9), rng.normal(0, 1, 9)
    theirs = stats.permutation_test((first, second), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf)
    ours = paired_permutation(first, second, rng)
    assert ours.p == pytest.approx(theirs.pvalue)
    assert ours.difference == pytest.approx(theirs.statistic)
    assert (ours.exact, ours.patterns) == (True, 512)


def test_the_smallest_p_of_twelve_pairs_is_two_in_4096():
    result = paired_permutation(np.arange(1, 13), np.zeros(12), np.random.default_rng(0))
    assert (result.p, result.exact, result.patterns) == (2 / 4096, True, 4096)


def test_more_pairs_are_sampled_and_p_is_never_zero():
    result = paired_permutation(np.arange(1, 31), np.zeros(30), np.random.default_rng(0), rounds=999)
    assert (result.p, result.exact, result.patterns) == (1 / 1000, False, 999)


def test_the_sampled_test_agrees_with_the_exact_one():
    differences = np.array([0.9, -0.3, 0.4, 0.2, -0.1, 0.8, 0.5, -0.6, 0.3, 0.2, 0.1, 0.4])
    exact = paired_permutation(differences, np.zeros(12), np.random.default_rng(0))
    # A pair that does not differ changes no sum, but makes too many patterns to count.
    sampled = paired_permutation([*differences, 0.0], np.zeros(13), np.random.default_rng(0), rounds=40_000)
    assert (exact.exact, sampled.exact) == (True, False)
    assert sampled.p == pytest.approx(exact.p, abs=0.008)


@pytest.mark.parametrize("n", [5, 40])
def test_no_difference_has_p_one(n):
    assert paired_permutation(np.ones(n), np.ones(n), np.random.default_rng(0), rounds=50).p == 1


@pytest.mark.parametrize("n", [11, 30])
def test_p_is_uniform_where_nothing_differs(n):
    rng = np.random.default_rng(9)
    ps = [paired_permutation(rng.normal(size=n), rng.normal(size=n), rng, rounds=400).p for _ in range(400)]
    assert stats.kstest(ps, "uniform").pvalue > 0.01
    assert 0.02 <= np.mean(np.array(ps) <= 0.05) <= 0.08


def test_p_of_clusters_keeps_its_level_where_a_naive_one_does_not():
    rng, papers = np.random.default_rng(10), np.repeat(np.arange(20), 6)
    naive, clustered = [], []
    for _ in range(200):
        values, zeros = grouped(rng, 20, 6), np.zeros(120)
        naive.append(paired_permutation(values, zeros, rng, rounds=300).p <= 0.05)
        clustered.append(paired_permutation(values, zeros, rng, clusters=papers, rounds=300).p <= 0.05)
    assert np.mean(naive) > 0.2
    assert np.mean(clustered) <= 0.1


def test_copies_in_clusters_have_the_p_of_the_originals():
    first, second = np.random.default_rng(11).normal(size=(2, 10))
    once = paired_permutation(first, second, np.random.default_rng(0))
    papers = np.repeat(np.arange(10), 5)
    copied = paired_permutation(np.repeat(first, 5), np.repeat(second, 5), np.random.default_rng(0), clusters=papers)
    assert copied == pytest.approx(once)


def test_sides_do_not_matter():
    first, second = np.random.default_rng(12).normal(size=(2, 10))
    one, other = (paired_permutation(a, b, np.random.default_rng(0)) for a, b in ((first, second), (second, first)))
    assert (one.p, one.difference) == (other.p, -other.difference)


def test_holm_by_hand():
    # Sorted: 0.005 * 4, 0.01 * 3, 0.03 * 2, then 0.04 * 1, which may not fall below 0.06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5]).tolist() == [1.0, 1.0]
    assert holm([0.2]).tolist() == [0.2]
    assert holm([]).shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.randoms())
def test_holm_keeps_the_order_and_lies_between_raw_and_bonferroni(raw, random):
    adjusted = holm(raw)
    assert (np.diff(adjusted[np.argsort(raw, kind="stable")]) >= 0).all()
    assert (adjusted >= raw).all()
    assert (adjusted <= np.minimum(1, np.array(raw) * len(raw))).all()
    order = random.sample(range(len(raw)), len(raw))
    assert holm([raw[i] for i in order]).tolist() == adjusted[order].tolist()


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda rng: bootstrap_mean([], rng), "Values to resample have 0"),
        (lambda rng: bootstrap_mean([1.0], rng), "Values to resample have 1"),
        (lambda rng: bootstrap_mean([1.0, 2.0], rng, clusters=["a", "a"]), "Values to resample have 1"),
        (lambda rng: bootstrap_mean([1.0, np.nan], rng), "Entry 1 of values is nan"),
        (lambda rng: bootstrap_mean([1.0, 2.0], rng, clusters=["a"]), "values 2, clusters 1"),
        (lambda rng: paired_permutation([], [], rng), "Paired values have 0"),
        (lambda rng: paired_permutation([1.0], [1.0, 2.0], rng), "first 1, second 2"),
        (lambda rng: paired_permutation([np.inf], [1.0], rng), "Entry 0 of first values is inf"),
        (lambda _: holm([0.5, 1.5]), "Entry 1 of p-values is 1.5"),
    ],
)
def test_wrong_data_are_an_error_of_two_lines(call, what):
    with pytest.raises(RecordError, match=what) as caught:
        call(np.random.default_rng(0))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda rng: bootstrap_mean([1, 2], rng, level=95), "The level is 95"),
        (lambda rng: bootstrap_mean([1, 2], rng, rounds=0), "number of rounds is 0"),
        (lambda rng: paired_permutation([1, 2], [1, 2], rng, rounds=0), "number of rounds is 0"),
    ],
)
def test_wrong_settings_are_an_error(call, what):
    with pytest.raises(ConfigError, match=what):
        call(np.random.default_rng(0))


def test_a_ratio_of_sums_is_drawn_with_both_of_its_numbers():
    rng = np.random.default_rng(1)
    parts, wholes = rng.random(60), rng.random(60) + 0.5
    interval = bootstrap_ratio(parts, wholes, np.random.default_rng(0), rounds=2000)
    assert interval.mean == pytest.approx(parts.sum() / wholes.sum())
    drawn = np.random.default_rng(0).integers(60, size=(2000, 60))
    oracle = np.quantile(parts[drawn].sum(1) / wholes[drawn].sum(1), [0.025, 0.975])
    assert [interval.low, interval.high] == pytest.approx(oracle)


def test_a_ratio_of_clusters_is_wider_than_one_of_their_copies():
    parts, wholes, clusters = np.repeat([1.0, 3.0, 2.0, 5.0], 10), np.full(40, 4.0), np.repeat([0, 1, 2, 3], 10)
    alone = bootstrap_ratio(parts, wholes, np.random.default_rng(0))
    together = bootstrap_ratio(parts, wholes, np.random.default_rng(0), clusters=clusters)
    assert together.high - together.low > 2 * (alone.high - alone.low)
    with pytest.raises(RecordError):
        bootstrap_ratio([1.0, 1.0], [1.0, 0.0], np.random.default_rng(0))


def test_f1_is_that_of_scikit_learn_over_all_labels_and_as_a_mean_over_kinds():
    from sklearn.metrics import f1_score

    draw = np.random.default_rng(2)
    true, said = draw.random((80, 5)) < 0.3, draw.random((80, 5)) < 0.4
    counts = [held.astype(int) for held in (true & said, said, true)]
    macro = bootstrap_f1(*counts, np.random.default_rng(0), rounds=500)
    assert macro.mean == pytest.approx(f1_score(true, said, average="macro"))
    drawn = np.random.default_rng(0).integers(80, size=(500, 80))
    oracle = np.quantile([f1_score(true[rows], said[rows], average="macro") for rows in drawn], [0.025, 0.975])
    assert [macro.low, macro.high] == pytest.approx(oracle)
    micro = bootstrap_f1(*(one.sum(axis=1) for one in counts), np.random.default_rng(0), rounds=500)
    assert micro.mean == pytest.approx(f1_score(true, said, average="micro"))


def test_kinds_and_units_without_a_label_have_no_part_in_f1():
    rng = np.random.default_rng
    assert bootstrap_f1([[1, 0], [0, 0]], [[1, 0], [0, 0]], [[1, 0], [0, 0]], rng(0)) == (1, 1, 1)
    with pytest.raises(RecordError, match="no F1"):
        bootstrap_f1([0, 0], [0, 0], [0, 0], rng(0))
    for counts in (([1], [1], [1]), ([1, 1], [1], [1, 1]), ([-1, 1], [1, 1], [1, 1])):
        with pytest.raises(RecordError):
            bootstrap_f1(*counts, rng(0))
