"""A policy set against itself under another name is told from itself as often as chance has it."""

import numpy as np
import pytest
from scipy import stats

from broadsheet.plan.bench.aa import ARMS, AAPlan, bench_aa, other_fits

PLAN = AAPlan(repeats=120, users=36)


@pytest.mark.parametrize("arm", ["other luck", "other draws"])
def test_p_values_of_a_policy_against_itself_are_uniform(arm):
    values = ARMS[arm](PLAN, 0)
    p = values["p"].to_numpy()
    assert len(p) == 120
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert (p < 0.05).mean() < 0.1
    assert values["covered"].to_numpy().mean() > 0.85


def test_trained_policies_that_differ_by_their_seeds_alone_are_judged_over_seeds():
    found = other_fits(PLAN._replace(users=24), 0)
    by_seeds, by_users = found["p"].to_numpy(), found["p_users"].to_numpy()
    assert stats.kstest(by_seeds, "uniform").pvalue > 0.01
    assert (by_seeds < 0.05).mean() < 0.1
    # What a seed drew is the same for all users: to users alone it looks like skill.
    assert (by_users < 0.05).mean() > 0.2


def test_the_bench_says_how_far_p_values_are_from_uniform(tmp_path):
    plan = AAPlan(repeats=40, users=12, arms=("other luck", "other fits"))
    bench, again = (bench_aa(plan, tmp_path, "broadsheet bench plan --env aa") for _ in range(2))
    assert [row["name"] for row in bench.rows] == ["other luck", "other fits"]
    assert all(0 <= row["ks_p"] <= 1 and row["repeats"] == 40 for row in bench.rows)
    assert np.all([row["ks"] == other["ks"] for row, other in zip(bench.rows, again.rows, strict=True)])
