"""Runs under the same luck, what is measured of them, and comparisons that tell skill from chance."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).parent))

from plan_rules import Rule, constant_rule, random_rule, unseen_best_rule

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.metrics import crossed_sums
from broadsheet.plan.agents.registry import open_agent
from broadsheet.plan.datasets.made import made
from broadsheet.plan.environment.readers import Readers
from broadsheet.plan.evaluate.compare import alone, closed, compare, corrected, scored
from broadsheet.plan.evaluate.metrics import first_rounds, measure, overlap, per_session
from broadsheet.plan.evaluate.run import NoRepeats, nobody_leaves, run_sessions
from broadsheet.plan.material import Split


@pytest.fixture(scope="module")
def pair():
    return made(users=48)


@pytest.fixture(scope="module")
def users(pair):
    return pair.material.of(Split.TEST)


def test_every_user_has_each_stream_and_two_runs_are_the_same_bits(pair, users):
    first, second = (run_sessions(random_rule(200), pair, users, streams=3, seed=5) for _ in range(2))
    assert first.user.tolist() == np.repeat(users, 3).tolist()
    assert first.stream.tolist() == [0, 1, 2] * len(users)
    for name in ("reward", "expected", "shown", "liked", "length", "left"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    assert first.reward.sum() > 0
    assert first.facts["rounds"] <= 20


def test_luck_belongs_to_the_user_and_the_stream_whoever_else_is_there(pair, users):
    every = run_sessions(unseen_best_rule(pair.material), pair, users, streams=2)
    alone = run_sessions(unseen_best_rule(pair.material), pair, users[3:5], streams=2)
    assert np.array_equal(every.of(np.isin(every.user, users[3:5])).reward, alone.reward)


def test_rewards_are_what_was_liked_and_nothing_comes_after_the_end(pair, users):
    log = run_sessions(random_rule(200), pair, users)
    assert np.allclose(log.reward, (log.liked > 0).sum(axis=2) / 6)
    late = np.arange(20) >= log.length[:, None]
    assert not log.reward[late].any()
    assert (log.shown[late] == -1).all()
    assert (log.shown[~late] >= 0).all()
    assert log.left.any()
    assert (log.length[~log.left] == 20).all()
    assert abs(log.reward.mean() - log.expected.mean()) < 0.02


def test_an_agent_is_given_observations_and_nothing_else(pair, users):
    agent = random_rule(200)
    run_sessions(agent, pair, users)
    assert {frozenset(seen) for seen in agent.seen} == {frozenset({"shown", "liked", "step", "user"})}


def test_without_repeats_what_was_shown_before_leaves_its_place_empty(pair, users):
    log = run_sessions(NoRepeats(constant_rule(np.arange(6))), pair, users)
    assert (log.shown[:, 0] >= 0).all()
    assert (log.shown[:, 1:] == -1).all()
    kept = run_sessions(NoRepeats(unseen_best_rule(pair.material)), pair, users)
    assert np.array_equal(kept.reward, run_sessions(unseen_best_rule(pair.material), pair, users).reward)


def test_where_nobody_leaves_all_sessions_have_all_rounds(pair, users):
    log = run_sessions(random_rule(200), nobody_leaves(pair), users)
    assert (log.length == 20).all()
    assert not log.left.any()
    assert first_rounds(log) == pytest.approx(log.reward[:, :10].sum(axis=1).mean())


def test_figures_of_sessions_against_counting_one_by_one(pair, users):
    items, log = pair.material.items, run_sessions(random_rule(200), pair, users, streams=2)
    each = per_session(log, items)
    for row in range(len(log)):
        shown = [item for slate in log.shown[row] for item in slate if item >= 0]
        shares = np.zeros(8)
        for item in shown:
            shares += items.member[item] / items.member[item].sum()
        part = shares / shares.sum()
        assert each["items"][row] == len(set(shown))
        assert each["categories"][row] == (shares > 0).sum()
        assert each["mcd"][row] == pytest.approx(part.max(), abs=1e-6)
        assert each["entropy"][row] == pytest.approx(stats.entropy(part, base=2), abs=1e-5)
        assert each["repeat"][row] == pytest.approx((max(shown.count(item) for item in shown) - 1) / max(1, log.length[row] - 1))
        assert each["r_cum"][row] == pytest.approx(sum(log.reward[row]))
        assert each["discounted"][row] == pytest.approx(sum(0.9**t * reward for t, reward in enumerate(log.reward[row])), abs=1e-6)


def test_a_constant_loop_shows_in_every_figure_that_finds_loops(pair, users):
    loop, own = (measure(run_sessions(agent, pair, users), pair.material) for agent in (constant_rule(np.arange(6)), unseen_best_rule(pair.material)))
    assert loop["overlap"] == 1
    assert loop["repeat_most"] == 1
    assert loop["repeat"] > 0.5
    assert loop["coverage"] == 6 / 200
    assert own["repeat"] == own["repeat_most"] == 0
    assert own["overlap"] < 0.5 < own["coverage"]
    assert own["gini"] < loop["gini"]
    assert own["r_cum"] > loop["r_cum"]
    assert own["r_each"] == pytest.approx(own["r_cum"] / own["length"])
    shares = [own[f"shown, popularity {third}"] for third in ("low", "middle", "high")]
    assert sum(shares) == pytest.approx(1)


def test_overlap_against_sets_of_all_pairs(pair, users):
    log = run_sessions(random_rule(200), pair, users, streams=1)
    sets = [{item for item in row.ravel().tolist() if item >= 0} for row in log.shown]
    every = [len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for a in range(len(log)) for b in range(a)]
    assert overlap(log, pairs=20_000) == pytest.approx(np.mean(every), abs=0.005)


def test_overlap_is_of_different_users_alone(pair, users):
    """Each of two users is shown the same things in all sessions, and nothing that the other is shown."""
    own = Rule("own", lambda seen, _: 6 * (seen["user"] == users[0])[:, None] + np.arange(6))
    log = run_sessions(own, pair, users[:2], streams=4)
    assert overlap(log) == 0
    assert overlap(log.of(log.user == users[0])) == 0


def test_regret_closed_is_the_way_gone_and_no_number_where_there_is_no_way(pair, users):
    of = both(pair, users)
    own, chance = of["ours"], of["theirs"]
    assert closed(own, chance, own, rounds=200) == (1, 1, 1)
    assert closed(chance, chance, own, rounds=200) == (0, 0, 0)
    assert np.isnan(closed(own, own, chance, rounds=200).mean)
    with pytest.raises(RecordError, match="no seed in common"):
        closed(own, chance, {7: own[0]})
    mean, low, high = alone(own, rounds=500)
    assert low < mean < high
    assert mean == pytest.approx(np.mean([frame["r_cum"].mean() for frame in own.values()]))


def both(pair, users, seeds=3, **settings):
    of = {name: {} for name in ("ours", "theirs")}
    for seed in range(seeds):
        of["ours"][seed] = scored(run_sessions(unseen_best_rule(pair.material), pair, users, seed=seed, **settings))
        of["theirs"][seed] = scored(run_sessions(random_rule(200), pair, users, seed=seed, **settings))
    return of


def test_a_difference_has_its_interval_its_share_and_its_tests(pair, users):
    of = both(pair, users)
    found = compare(of["ours"], of["theirs"], "best", rounds=2000)
    again = compare(of["ours"], of["theirs"], "best", rounds=2000)
    assert repr(found) == repr(again)
    mine, other = (np.mean([frame["r_cum"].mean() for frame in of[name].values()]) for name in ("ours", "theirs"))
    assert found.gain.mean == pytest.approx(mine - other)
    assert found.share.mean == pytest.approx(mine / other - 1)
    assert 0 < found.gain.low < found.gain.mean < found.gain.high
    assert found.p < 0.01
    assert np.isnan(found.p_seeds)
    assert found.seeds == 3
    none = compare(of["ours"], of["ours"], rounds=100)
    assert none.gain == (0, 0, 0)
    assert none.p == 1


def test_what_all_users_of_a_seed_share_is_told_over_seeds(pair, users):
    """Each seed moves all users alike, up or down: to users alone it looks like skill, and over seeds it is luck."""
    of = scored(run_sessions(random_rule(200), pair, users, streams=1))
    theirs = dict.fromkeys(range(6), of)
    ours = {seed: of.with_columns(pl.col("r_cum") + shift) for seed, shift in enumerate((2.0, -1.5, 1.0, -1.0, 0.5, -0.5))}
    found = compare(ours, theirs, rounds=200)
    assert found.p < 0.01
    assert found.p_seeds > 0.3


def test_two_agents_that_did_not_meet_the_same_luck_are_not_compared(pair, users):
    of = both(pair, users, seeds=1)
    with pytest.raises(RecordError, match="no seed in common"):
        compare({0: of["ours"][0]}, {1: of["theirs"][0]})
    with pytest.raises(RecordError, match="same users and streams"):
        compare(of["ours"], {0: of["theirs"][0][4:]})


def test_a_family_is_corrected_by_holm_and_seeds_where_there_are_enough(pair, users):
    of = both(pair, users, seeds=1)
    found = compare(of["ours"], of["theirs"], rounds=500)
    family = {"a": found._replace(p=0.01, p_seeds=0.03), "b": found._replace(p=0.03), "c": found._replace(p=0.04, p_seeds=0.04)}
    made_of = corrected(family)
    assert [made_of[name][0] for name in "abc"] == pytest.approx([0.03, 0.06, 0.06])
    assert [made_of[name][1] for name in "ac"] == pytest.approx([0.06, 0.06])
    assert np.isnan(made_of["b"][1])


def test_an_interval_over_seeds_and_users_covers_where_one_over_pairs_of_them_does_not():
    rng = np.random.default_rng(0)
    crossed, pairs = [], []
    for _ in range(200):
        values = 0.5 * rng.normal(size=(8, 1)) + 0.5 * rng.normal(size=30) + rng.normal(size=(8, 30))
        means = crossed_sums(values[None], rng, rounds=300)[:, 0] / values.size
        flat = values.ravel()[rng.integers(values.size, size=(300, values.size))].mean(axis=1)
        for kept, drawn in ((crossed, means), (pairs, flat)):
            low, high = np.quantile(drawn, [0.025, 0.975])
            kept.append(low <= 0 <= high)
    assert np.mean(crossed) > 0.88
    assert np.mean(pairs) < 0.7


def test_crossed_sums_against_drawing_one_by_one():
    values = np.random.default_rng(1).normal(size=(2, 1, 5))
    drawn = crossed_sums(values, np.random.default_rng(2), rounds=4000)
    by_hand = np.random.default_rng(3).integers(5, size=(4000, 5))
    theirs = values[:, 0][:, by_hand].sum(axis=2).T
    assert np.allclose(drawn.mean(axis=0), theirs.mean(axis=0), atol=0.1)
    assert np.allclose(np.cov(drawn.T), np.cov(theirs.T), rtol=0.15)
    with pytest.raises(RecordError, match="shape"):
        crossed_sums(values[0], np.random.default_rng(0))
    with pytest.raises(RecordError, match="at least 2"):
        crossed_sums(values[:, :, :1], np.random.default_rng(0))


def test_perturbing_the_truth_changes_scores_and_no_decision(pair, users):
    """A stateless agent is fed what it observed in the one environment again: what it decides is a function of that alone."""
    agent = unseen_best_rule(pair.material)
    log = run_sessions(agent, pair, users)
    other = replace(pair, truth=replace(pair.truth, logits=pair.truth.logits[:, ::-1].copy()))
    observed, decided = agent.seen, [agent.rule(seen, None) for seen in agent.seen]
    changed = run_sessions(unseen_best_rule(other.material), other, users)
    assert not np.array_equal(log.reward, changed.reward)
    fresh = unseen_best_rule(other.material)
    for seen, slate in zip(observed, decided, strict=True):
        assert np.array_equal(fresh.rule(seen, None), slate)


def test_where_nobody_leaves_nobody_does_though_luck_draws_a_nought(monkeypatch):
    monkeypatch.setattr(Readers, "_luck", lambda self, at: np.zeros((len(at) + 1, at.shape[1]), dtype=np.float32))
    pair = nobody_leaves(made(users=24, items=30))
    log = run_sessions(open_agent("greedy", pair.material, slate=pair.slate, horizon=pair.horizon), pair, pair.material.of(Split.TEST), streams=1)
    assert not log.left.any()


def test_a_law_that_there_is_not_is_told():
    with pytest.raises(ConfigError, match="boredom"):
        made(users=24).with_laws(bordeom=0.0)
    with pytest.raises(ConfigError, match="less than 1"):
        made(users=24).with_laws(decay=2.0)
