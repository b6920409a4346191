"""The times of plan: which rows there are, and that the loop which a batch is held against lives by the same laws."""

from dataclasses import replace

import numpy as np
import pytest

from broadsheet.core.errors import ConfigError
from broadsheet.plan.bench.loop import LoopEnv
from broadsheet.plan.bench.speed import SpeedPlan, bench_speed
from broadsheet.plan.datasets.made import made
from broadsheet.plan.policy.config import PolicyConfig


def test_the_loop_has_the_laws_of_the_environment():
    pair = made(20, 80, 8).with_laws(spread=0.0, leave=-100.0, learning=0.5)
    users, rng = np.arange(20), np.random.default_rng(0)
    env, loop = pair.judge(users), LoopEnv(pair, 20, rng)
    env.reset(seed=0, options={"users": users})
    for user, session in enumerate(loop.sessions):
        session.user = user
    for _ in range(8):
        slates = rng.integers(-1, 80, (20, 6))
        slates[:, 5] = slates[:, 0]
        chances = env.chances(slates)
        assert np.abs(chances - [session.chances(slate)[0] for session, slate in zip(loop.sessions, slates.tolist(), strict=True)]).max() < 1e-6
        env.step(slates)
        told = loop.step(slates.tolist())
        assert not any(left or full for _, _, left, full in told)


def test_each_row_is_timed_and_read_again(tmp_path):
    config = PolicyConfig(size="tiny", sessions_a_rollout=8)
    plan = SpeedPlan({"made": lambda: replace(made(24, 60, 6), horizon=5)}, batches=(1, 4, 200), seconds=0.01, repeats=2, config=config)
    bench = bench_speed(plan, tmp_path, "broadsheet bench plan --env speed")
    assert [row["name"] for row in bench.rows] == [
        "made: environment, one session",
        "made: environment, 4 sessions",
        "made: environment, 200 sessions",
        "made: loop, one session",
        "made: loop, 4 sessions",
        "made: rollout, one session",
        "made: rollout, 4 sessions",
        "made: rollout, 200 sessions",
        "made: training, 8 sessions",
    ]
    assert not bench.missing
    assert all(row["steps_s_lo"] <= row["steps_s"] <= row["steps_s_hi"] for row in bench.rows)
    assert bench_speed(plan, tmp_path, "").rows == bench.rows
    with pytest.raises(ConfigError, match="Did you mean 'rollout'"):
        bench_speed(plan._replace(arms=("rolout",)), tmp_path, "")
