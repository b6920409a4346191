"""Whether tiring is found where it is planted, and only there."""

import numpy as np
import pytest

from broadsheet.core.errors import ConfigError
from broadsheet.plan.bench.identified import IdentifiedPlan, bench_fatigue
from broadsheet.plan.datasets.asked import asked_of_plant
from broadsheet.plan.models.fatigue import Asked, Effect, fatigue_identified, recent_share, tied


def found(effects: tuple[Effect, ...], order: str) -> Effect:
    return next(effect for effect in effects if effect.order == order and effect.held == "user and category")


def test_planted_tiring_is_found_and_its_placebo_is_not():
    effects = fatigue_identified(*asked_of_plant(0.5), rounds=100)
    assert found(effects, "difference").low < -0.4 < found(effects, "difference").high + 0.1
    assert found(effects, "difference").high < 0
    assert abs(found(effects, "order shuffled").slope) < 0.1


def test_where_nothing_is_planted_nothing_is_found():
    effect = found(fatigue_identified(*asked_of_plant(0.0), rounds=100), "difference")
    assert effect.low < 0 < effect.high


def test_recent_shares_are_those_of_a_plain_loop():
    asked, member = asked_of_plant(users=5)
    share = recent_share(asked, member)
    for row, (at, item) in enumerate(zip(asked.at.tolist(), asked.item.tolist(), strict=True)):
        before = [place for place in range(at) if asked.user[place] == asked.user[at]][-5:]
        if len(before) < 5:
            assert np.isnan(share[row])
        else:
            assert share[row] == np.mean([(member[asked.met[place]] & member[item]).any() for place in before])


def test_ties_count_within_users_alone():
    asked = Asked(np.array([0, 0, 0, 1]), np.arange(4), np.arange(4), np.arange(4), np.zeros(4), np.array([5.0, 5.0, 6.0, 6.0]))
    assert tied(asked) == 0.5
    assert np.isnan(tied(asked._replace(times=None)))


def test_the_bench_has_a_row_for_each_order_and_reads_its_rows_again(tmp_path):
    plan = IdentifiedPlan(rounds=50)
    bench = bench_fatigue(plan, tmp_path, "broadsheet bench plan --env identified")
    assert [row["name"].rpartition(": ")[2] for row in bench.rows] == ["order as it is", "order shuffled", "difference"] * 2
    assert all(row["slope_lo"] <= row["slope_hi"] for row in bench.rows)
    assert bench_fatigue(plan, tmp_path, "again").rows == bench.rows


def test_a_log_that_there_is_not_is_refused_and_one_that_is_lacking_is_said(tmp_path):
    with pytest.raises(ConfigError, match="no row 'ml1k'"):
        bench_fatigue(IdentifiedPlan(arms=("ml1k",)), tmp_path, "")
    bench = bench_fatigue(IdentifiedPlan(arms=("planted (-0.5)",), rounds=20), tmp_path, "")
    assert "Not asked, for there is no folder of its data: ml100k." in bench.notes
