"""What the stage plan tells of what went wrong or proves nothing: dropped data, planners that mask nothing, chance ahead, estimates apart."""

import json
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from broadsheet.cli import plan_view
from broadsheet.cli.bench_plan import BENCHES, Wanted
from broadsheet.cli.plan import _slates
from broadsheet.core.bench import Bench, Outcome, Row, render
from broadsheet.core.errors import ArtifactError, ConfigError, RecordError
from broadsheet.core.progress import silent
from broadsheet.plan.agents.registry import open_agent
from broadsheet.plan.bench.arms import CONTROL, MASK_RECENT, Arm, Kind, arms
from broadsheet.plan.bench.honest import HonestPlan, bench_honest
from broadsheet.plan.bench.notes import chance_ahead, masked_nothing
from broadsheet.plan.bundle import Ask, PlanBundle
from broadsheet.plan.datasets.made import made
from broadsheet.plan.datasets.shop import remarks, shop
from broadsheet.plan.evaluate.choose import believed
from broadsheet.plan.evaluate.run import run_sessions
from broadsheet.plan.fit import validation_sessions
from broadsheet.plan.material import Split
from broadsheet.plan.offline import SlateLog, estimate, read_log
from broadsheet.plan.planners.registry import check_planner
from broadsheet.plan.replay import Request
from broadsheet.plan.run import Answered, Made, Next, Pick
from broadsheet.plan.yardsticks import returns_of_rules


def test_a_folder_says_what_nobody_describes_and_what_was_dropped(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"u{user} " + " ".join(f"i{row}" for row in (99 if user < 9 else 0, *rng.permutation(15)[:12])) for user in range(130)]
    (tmp_path / "sequences.txt").write_text("\n".join([f"{lines[0]} rare", *lines[1:]]) + "\n")
    (tmp_path / "items.jsonl").write_text("\n".join(json.dumps({"id": f"i{row}", "categories": ["Cups", "Plates"][row % 2]}) for row in range(15)) + "\n")
    said = "\n".join(remarks(shop(tmp_path).material.facts))
    assert "2 items of the sequences are described nowhere: i99, rare" in said
    assert "taken for 'Other': 2" in said
    assert "Items dropped as too rare, had by fewer than 3 training users: 1" in said
    assert "Events dropped as repeats, of an item that the user had before: " in said
    assert remarks({}) == ()


def test_the_filler_has_a_control_of_its_own():
    arm = arms()[CONTROL]
    assert arm.kind is Kind.FILLED
    assert {spec.partition("+")[0] for spec in arm.specs} == {spec.partition("+")[0] for spec in arms()["mask-recent + greedy"].specs}
    assert {spec.partition("+")[2] for spec in arm.specs} == {"all"}


def _row(name, **metrics):
    return Row("made", name, 0, cast("object", SimpleNamespace(manifest=SimpleNamespace(metrics=metrics))), resumed=False)  # pyrefly: ignore


def test_a_planner_that_masked_nothing_is_told_of_and_the_control_is_not():
    known = {**arms(), "all:ttl=2 + greedy": Arm(Kind.FILLED, ("all:ttl=2",))}
    rows = [_row(name, planned_categories=9.0) for name in (CONTROL, "all:ttl=2 + greedy", "thompson + greedy")]
    found = masked_nothing(Outcome((*rows, _row(MASK_RECENT, planned_categories=8.9), _row("greedy")), ()), known, 9)
    assert found == ["made: thompson + greedy masked nothing: its settings, chosen on validation users, allow every category."]


def test_chance_that_is_ahead_of_planned_arms_is_told_of():
    rows = [
        {"name": "made: random", "kind": "rule", "r_cum": 3.0},
        {"name": "made: greedy", "kind": "rule", "r_cum": 4.0},
        {"name": "made: loop", "kind": "rule", "r_cum": 1.0},
        {"name": f"made: {MASK_RECENT}", "kind": "planner + policy", "r_cum": 2.0},
    ]
    (line,) = chance_ahead(rows)
    assert "random (3) has more than mask-recent + policy (2)" in line
    assert chance_ahead(rows[:2]) == []


def test_rules_play_the_sessions_that_weights_are_chosen_by():
    pair = made(24, 40)
    judged = pair.material.of(Split.VALIDATION)
    users, streams, luck = validation_sessions(judged, 2 * len(judged), 5)
    assert np.array_equal(users, np.tile(judged, 2))
    assert streams.max() == 1
    found = returns_of_rules(pair, 2 * len(judged), 5)
    log = run_sessions(open_agent("greedy", pair.material, slate=pair.slate, horizon=pair.horizon), believed(pair), judged, streams=2, seed=luck)
    assert found["greedy"] == pytest.approx(float(log.reward.sum(axis=1).mean()))
    assert set(found) == {"random", "greedy"}


@pytest.mark.parametrize(("after", "warned"), [(2.0, True), (2.5, False)])
def test_a_policy_that_does_not_beat_the_better_rule_is_warned_of(after, warned):
    told = dict.fromkeys(
        ("validation_return_untrained", "validation_length", "environment_steps", "environment_steps_to_90_percent", "plans", "fallback share", "actions"), 1.0
    )
    lines = "\n".join(plan_view.trained({**told, "validation_return": after, "validation_return_random": 2.2, "validation_return_greedy": 2.1}))
    assert "2.200 by random, 2.100 by greedy" in lines
    assert ("does not beat random" in lines) is warned


@pytest.mark.parametrize(("spec", "said"), [("mask-recnt", "Did you mean 'mask-recent'"), ("all:tll=2", "Did you mean 'ttl'"), ("llm", "in Python")])
def test_a_planner_that_cannot_be_opened_fails_before_anything_is_read(spec, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        check_planner(spec)
    wanted = Wanted("ml100k", tmp_path / "nowhere", 1, 0, (), False, (), {}, (spec,), None, 1, 10, 1, None, tmp_path)
    with pytest.raises(ConfigError, match=said):
        BENCHES["ml100k"](wanted, silent)


def test_a_planner_whose_table_is_not_there_fails_before_any_row(tmp_path):
    spec = "llm-table:path=nowhere"
    wanted = Wanted("made", None, 1, 0, ("zero",), False, (f"{spec} + greedy",), {}, (spec,), None, 1, 10, 1, None, tmp_path)
    with pytest.raises(ArtifactError, match="nowhere"):
        BENCHES["made"](wanted, silent)
    assert not list(tmp_path.iterdir())


def test_known_planners_are_those_that_a_command_line_opens():
    with pytest.raises(ConfigError) as told:
        check_planner("nothing")
    assert "llm-table" in told.value.mend
    assert "llm," not in told.value.mend
    assert "llm-replay" not in told.value.mend


def test_a_table_of_a_bench_is_small_and_its_json_is_whole():
    row = {"name": "made: x", "kind": "rule", "r_cum": 1.0, "r_cum_lo": 0.5, "r_cum_hi": 1.5, "mcd": 0.25, "regret_closed": 0.5, "regret_closed_lo": 0.1}
    bench = Bench(bench="plan", command="", commit="", data={"name": "made", "facts": {"many": 1}}, seeds=1, threads="", rows=(row,), notes=("A note.",))
    small = render(plan_view.brief(bench))
    assert "1 (0.5 to 1.5)" in small
    assert "All columns: --json\nA note." in small
    assert not any(word in small for word in ("mcd", "many", "0.1"))
    assert bench.rows == (row,)


def _log(chance):
    count = 40
    shown = np.tile([True, False], count)
    return SlateLog(
        np.arange(count),
        np.repeat(np.arange(count), 2),
        np.tile(np.array(["a", "b"], dtype=object), count),
        shown,
        np.where(shown, np.repeat(np.arange(count) % 4 == 0, 2), 0.0).astype(float),
        np.full(2 * count, 0.5),
        np.full(2 * count, chance),
    )


@pytest.mark.parametrize(("chance", "go_by", "apart"), [(0.25, "dr", False), (0.9, "dr", True), (np.nan, "snips", False)])
def test_it_is_said_which_estimate_to_go_by_and_where_the_model_errs(chance, go_by, apart):
    found = estimate(_log(chance), np.full(80, 0.5), rounds=200)
    assert found.trust == go_by
    assert plan_view.trusted(found.trust).startswith(f"Go by {go_by}:")
    assert any("lies far from dr" in line for line in found.warnings) is apart


def test_a_line_of_a_log_that_was_cut_is_named(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"user": "a"}\n\n{"user": "b"}\n{"us')
    with pytest.raises(RecordError, match=r"log.jsonl, line 4, is no JSON object"):
        read_log(path)


def test_a_mark_that_is_none_is_no_item():
    with pytest.raises(RecordError, match="Did you mean ':liked'"):
        _slates("ü-0:like,b")
    (slate,) = _slates("x:1,ü-0:liked")
    assert slate.items == ("x:1", "ü-0")
    assert slate.liked == {"ü-0"}


def test_slates_have_a_heading_and_a_simulated_reader_is_called_so(capsys):
    one = Next("guest 1", 1, (Pick("a", "A", ("c",), 0.5, None, False),), Made(("c",), "rule", 1), None)
    bundle = cast("PlanBundle", SimpleNamespace(name="toy"))
    for slate in (one, one._replace(liked=("a",), left=True)):
        plan_view.printed(bundle, Request((Ask("", ("nobody",)),)), Answered((slate,), (("nobody",),), {}), as_json=False)
    told = capsys.readouterr()
    assert told.out.count("slot, chance that it is liked, item\n") == 2
    assert told.out.count("they are not in the order of chances") == 2
    assert told.out.count("simulated") == 4
    assert "a reader of whom nothing is known" in told.err


def test_the_profile_names_the_plan_of_a_page_and_the_run_says_what_it_held_back(here, tmp_path):
    (tmp_path / "me.toml").write_text('interests = ["ranking"]\n\n[plan]\nplanner = "mask-recent"\ndays = 7\n')
    words = ("ranking", "slates", "readers", "graphs", "chance", "order", "query", "index", "places")
    told = {"creators": ["Ana"], "categories": ["cs.IR"], "announced": "2026-03-16"}
    papers = [{"id": f"p{row}", "title": word, "text": f"{word} and {words[row - 1]}", **told} for row, word in enumerate(words)]
    (tmp_path / "papers.jsonl").write_text("".join(json.dumps(paper) + "\n" for paper in papers))
    done = here("report", "--source", "papers.jsonl", "--profile", "me.toml", "--set", "ranking.use_dense=false")
    assert done.returncode == 0, done.stderr
    assert "\nplan mask-recent held back no category today\n" in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_progress_says_which_row_is_made(tmp_path):
    told = []
    plan = HonestPlan("made", lambda: made(24, 40), lambda _: pytest.fail("nothing is trained"), ("zero",), ("random", "greedy"), seeds=2, streams=1)
    bench_honest(plan, tmp_path, "", lambda step, done, total: told.append(step))
    assert "row 2 of 4: random, seed 2 of 2, rounds" in told
    assert not any(step == "rounds" for step in told)
