"""Upper bounds are upper bounds, and settings are chosen where they may be."""

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from broadsheet.core.errors import ConfigError
from broadsheet.plan.agents.registry import open_agent
from broadsheet.plan.datasets.made import made
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.evaluate.choose import GRIDS, believed, choose
from broadsheet.plan.evaluate.oracles import OracleGreedy, OracleMPC
from broadsheet.plan.evaluate.run import run_sessions
from broadsheet.plan.material import Split

USERS = np.arange(20)


def full_pair():
    """A pair with everything: a kernel, tides, offers."""
    pair, rng = replace(made(20, 60, 6), horizon=8), np.random.default_rng(0)
    kernel = np.where(rng.random((6, 6)) < 0.4, 0.3, 0.01) * (1 - np.eye(6)) + np.eye(6)
    truth = Truth(pair.truth.logits, kernel.astype(np.float32), tides=rng.normal(size=(8, 20, 6)).astype(np.float32))
    first = rng.integers(-5, 7, 60).astype(np.int32)
    items = replace(pair.material.items, first=first, last=first + 5)
    return replace(pair, truth=truth, material=replace(pair.material, items=items))


@pytest.mark.parametrize("pair", [made(20, 60, 6), full_pair()], ids=["plain", "full"])
def test_an_oracle_knows_what_the_environment_does(pair):
    env = pair.judge(USERS, autoreset=AutoresetMode.DISABLED)
    seen, _ = env.reset(seed=0, options={"users": USERS})
    oracle, rng = OracleGreedy(pair), np.random.default_rng(1)
    oracle.begin(20, 0)
    over = np.zeros(20, dtype=bool)
    for number in range(5):
        now = np.flatnonzero(pair.material.items.offered(np.array([number], dtype=np.int32), np.arange(60)[None])[0])
        slates = np.stack([rng.choice(now, 6, replace=False) for _ in range(20)])
        chances = oracle.chances(seen, slates)
        seen, _, ended, _, info = env.step(slates)
        assert info["expected"][~over] == pytest.approx(chances.mean(axis=1)[~over], abs=1e-5)
        over |= ended
    oracle._settle(seen)
    assert oracle.stock[~over] == pytest.approx(info["stock"][~over], abs=1e-5)


@pytest.mark.parametrize("oracle", [OracleGreedy, OracleMPC])
def test_slates_of_an_oracle_are_on_offer_and_none_twice(oracle):
    pair = full_pair()
    log = run_sessions(oracle(pair), pair, USERS, streams=1, seed=1)
    there = np.arange(8) < log.length[:, None]
    offered = np.array([pair.material.items.offered(np.array([step], dtype=np.int32), np.arange(60)[None])[0].sum() for step in range(8)])
    full = (log.shown >= 0).sum(axis=2)
    # The environment voids what is not on offer, stands twice, or is empty.
    assert (full == np.minimum(6, offered))[there].all()
    assert np.array_equal(log.shown, run_sessions(oracle(pair), pair, USERS, streams=1, seed=1).shown)
    assert log.facts["bound"].startswith("upper")


def test_looking_ahead_is_no_worse_than_the_best_of_this_round_and_no_rule_comes_near():
    figures = {"worn": 0.0, "greedy": 0.0, "mpc": 0.0}
    for seed in range(2):
        pair = replace(made(24, 90, 6, seed=seed), horizon=10)
        for name, agent in (
            ("worn", open_agent("worn", pair.material, slate=6, horizon=10)),
            ("greedy", OracleGreedy(pair)),
            ("mpc", OracleMPC(pair, 40, rounds=5)),
        ):
            figures[name] += float(run_sessions(agent, pair, np.arange(24), streams=2).expected.sum(axis=1).mean())
    assert figures["worn"] < figures["greedy"] < figures["mpc"]
    still = made(6, 60, 6).with_laws(boredom=0.0)
    one, two = (run_sessions(agent, still, np.arange(6), streams=1) for agent in (OracleGreedy(still), OracleMPC(still)))
    assert np.array_equal(one.shown, two.shown)


def test_settings_are_chosen_on_validation_users_and_the_agents_own_model():
    pair = made(24, 80, 6).with_laws(boredom=2.0)
    tests = pair.material.split == Split.TEST
    wrong = replace(pair, truth=Truth(-pair.truth.logits, np.eye(6, dtype=np.float32)))
    turned = pair.material.scores.copy()
    turned[tests] *= -1
    other = replace(pair, material=replace(pair.material, scores=turned))
    chosen = choose(GRIDS["worn"], pair, streams=1)
    assert chosen == choose(GRIDS["worn"], wrong, streams=1) == choose(GRIDS["worn"], other, streams=1)
    assert chosen.facts()["chosen"] == chosen.spec == max(chosen.tried, key=chosen.tried.get)
    assert chosen.spec != "worn:fatigue=0.0"
    assert np.array_equal(believed(pair).truth.logits, pair.material.scores)
    with pytest.raises(ConfigError, match="nothing to choose"):
        choose([], pair)


def test_every_grid_can_be_opened():
    material = made(20, 60, 6).material
    for specs in GRIDS.values():
        for spec in specs:
            assert open_agent(spec, material, slate=6, horizon=20).name
