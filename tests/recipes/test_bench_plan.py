"""The bench of honest environments at toy size: what decides, what is judged, and that neither knows of the other."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from broadsheet.cli.bench_plan import BENCHES, HONEST, NOT_GIVEN, TAKES, Wanted, _planners
from broadsheet.core.errors import ArtifactError, ConfigError, LLMError, SourceNotFoundError
from broadsheet.core.progress import silent
from broadsheet.core.ragged import Ragged
from broadsheet.plan.agents.registry import open_agent
from broadsheet.plan.bench.arms import FLAT, MASK_RECENT, Arm, Kind, arms, whole
from broadsheet.plan.bench.fits import fitted
from broadsheet.plan.bench.honest import HonestPlan, bench_honest
from broadsheet.plan.bench.players import Fitted, Player, Training, counted
from broadsheet.plan.datasets.made import made
from broadsheet.plan.evaluate.run import run_sessions
from broadsheet.plan.material import Split

sys.path.insert(0, str(Path(__file__).parent.parent / "unit"))

TOY = {"size": "tiny", "iterations": 2, "sessions_a_rollout": 8}
SOME = ("random", "greedy", FLAT, MASK_RECENT, "mine + policy", "mask-recent + greedy", "oracle MPC")
MINE = {"mine": lambda _: "least-exposed:keep=2"}
TIMES = {"wall_s", "cpu_s", "load"}


def small():
    return replace(made(users=24, items=80), horizon=6)


def filled(training: Training) -> Fitted:
    """In the place of a policy the greedy filler."""
    spec = whole(training.planner) if training.planner else "greedy"
    return Fitted(open_agent(spec, training.pair.material, slate=training.pair.slate, horizon=training.pair.horizon))


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    rows = tmp_path_factory.mktemp("rows")
    plan = HonestPlan("made", small, filled, ("middle",), SOME, seeds=2, deep=6, planners=MINE, streams=2)
    return bench_honest(plan, rows, "broadsheet bench plan --env made"), plan, rows


def test_every_arm_stands_beside_those_that_validation_chose(bench):
    found = {row["name"]: row for row in bench[0].rows}
    assert set(found) == {f"made, boredom middle: {name}" for name in SOME}
    mine = found["made, boredom middle: mine + policy"]
    assert mine["runs"] == 6
    assert mine["gain_flat"] == pytest.approx(mine["r_cum"] - found[f"made, boredom middle: {FLAT}"]["r_cum"])
    assert mine["gain_flat_lo"] <= mine["gain_flat"] <= mine["gain_flat_hi"]
    assert {"gain_mask", "gain_rule", "share_flat", "each_flat", "p_flat", "p_seeds_flat", "detectable_flat", "regret_closed"} <= set(mine)
    assert "gain_flat" not in found[f"made, boredom middle: {FLAT}"]
    assert "gain_flat" not in found["made, boredom middle: oracle MPC"]
    assert found["made, boredom middle: oracle MPC"]["regret_closed"] == pytest.approx(1)
    assert found["made, boredom middle: random"]["runs"] == 2
    assert "p_seeds_flat" not in found["made, boredom middle: random"]
    assert found["made, boredom middle: random"]["model"] == "random"
    assert found["made, boredom middle: mask-recent + greedy"]["fallbacks"] >= 0


def test_who_was_trained_at_one_level_is_judged_at_the_other(tmp_path):
    plan = HonestPlan("made", small, filled, ("zero", "middle"), (FLAT, "mine + policy"), seeds=1, crossed=True, planners=MINE, streams=1)
    bench = bench_honest(plan, tmp_path, "broadsheet bench plan --env made")
    crossed = [row["name"] for row in bench.rows if "trained zero, judged middle" in row["name"]]
    assert crossed == [f"made, trained zero, judged middle: {name}" for name in (FLAT, "mine + policy")]
    assert "zero: rule none, flat policy flat PPO" in "\n".join(bench.notes)


def test_a_bench_that_was_stopped_goes_on_and_says_the_same(bench):
    again = bench_honest(bench[1], bench[2], "broadsheet bench plan --env made")
    assert again.rows == bench[0].rows


def test_of_settings_those_with_most_on_validation_are_chosen(tmp_path):
    pair = made(users=48).with_laws(boredom=2.0)
    player = Player(pair, "worn", Arm(Kind.RULE, ("worn:fatigue=0.0", "worn:fatigue=3.0", "random")), {}, {}, filled, tmp_path, {})
    assert player.spec == "worn:fatigue=3.0"


def test_an_unknown_level_or_arm_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="boredom 'zeroo'"):
        bench_honest(HonestPlan("made", small, filled, ("zeroo",)), tmp_path, "")
    with pytest.raises(ConfigError, match="no row 'gredy'"):
        bench_honest(HonestPlan("made", small, filled, ("zero",), ("gredy",)), tmp_path, "")


def test_the_reference_is_chosen_on_validation_and_not_on_the_test(tmp_path):
    """Two rules, of which the one shows VALIDATION users the best and all others the worst: it is chosen, and loses."""
    pair = small()
    flipped = np.where((pair.material.split == Split.VALIDATION)[:, None], pair.truth.logits, -pair.truth.logits).astype(np.float32)
    known = replace(pair, material=replace(pair.material, scores=flipped))
    rows = {
        row["name"].partition(": ")[2]: row
        for row in bench_honest(HonestPlan("made", lambda: known, filled, ("zero",), ("random", "greedy")), tmp_path, "").rows
    }
    assert rows["greedy"].get("chosen")
    assert rows["greedy"]["validation"] > rows["random"]["validation"]
    assert rows["random"]["gain_rule"] > 0


def test_a_policy_whose_weights_nobody_chose_on_validation_is_not_judged(policy):
    artifact = next((policy[1] / "fits").glob("*/manifest.json"))
    told = artifact.read_text()
    assert "validation users" in told
    artifact.write_text(told.replace("validation users", "the last step"))
    with pytest.raises(ArtifactError, match="not judged"):
        fitted(training(small(), policy[1]))
    artifact.write_text(told)


def test_a_fit_does_not_know_the_truth(tmp_path):
    told = []

    def fit(asked):
        told.append(asked.identity)
        return filled(asked)

    for turn in (1, -1):
        pair = replace(small(), truth=replace(small().truth, logits=np.ascontiguousarray(small().truth.logits[:, ::turn])))
        bench_honest(HonestPlan("made", lambda pair=pair: pair, fit, ("zero",), (FLAT,), seeds=1, streams=1), tmp_path, "")
    assert len(told) == 2
    assert told[0] == told[1]


def test_a_run_named_after_a_language_model_that_fell_back_fails():
    log = run_sessions(open_agent("planned+mask-recent", small().material, slate=6, horizon=6), small(), small().material.of(Split.TEST), streams=1)
    assert counted("mask-recent + greedy", log)["llm_plans"] == 0
    with pytest.raises(LLMError, match="named after a language model"):
        counted("llm + greedy", log)


def training(pair, folder, planner="mask-recent", seed=0):
    return Training(pair, MASK_RECENT, planner, TOY, seed, folder, {"material": "made"}, {})


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fits")
    return fitted(training(small(), folder)), folder


def weights(folder):
    return {file.parent.name: file.read_bytes() for file in (folder / "fits").glob("*/weights.safetensors")}


def test_another_truth_changes_scores_and_no_decision_of_a_trained_agent(policy):
    """What an agent decides is a function of what it observed: it is fed the same observations, and the truth is another."""
    pair, (first, folder) = small(), policy
    other = replace(pair, truth=replace(pair.truth, logits=np.ascontiguousarray(pair.truth.logits[:, ::-1])))
    users = pair.material.of(Split.TEST)
    seen: list = []

    class Heard:
        name = "heard"

        def begin(self, count, seed):
            first.agent.begin(count, seed)

        def act(self, observation):
            seen.append((observation, first.agent.act(observation)))
            return seen[-1][1]

        def facts(self):
            return first.agent.facts()

    log = run_sessions(Heard(), pair, users, streams=2)
    kept = dict(weights(folder))
    second = fitted(training(other, folder))
    assert weights(folder) == kept
    second.agent.begin(len(log), 0)
    for observation, slates in seen:
        assert np.array_equal(second.agent.act(observation), slates)
    assert not np.array_equal(run_sessions(second.agent, other, users, streams=2).reward, log.reward)


def test_permuting_the_users_of_the_test_changes_no_checkpoint(policy, tmp_path):
    pair = small()
    material, users = pair.material, pair.material.of(Split.TEST)
    order = np.arange(len(material.users))
    order[users] = np.roll(users, 1)
    mixed = Ragged.of([material.histories.row(row) for row in order])
    liked = Ragged(material.liked.astype(np.int64), material.histories.begins)
    liked = np.concatenate([liked.row(row) for row in order]).astype(np.int8)
    scores = material.scores[order]
    other = replace(pair, material=replace(material, histories=mixed, liked=liked, scores=scores))
    fitted(training(other, tmp_path))
    assert list(weights(tmp_path).values()) == list(weights(policy[1]).values())


def test_a_row_of_the_bench_has_the_same_bits_each_time(tmp_path):
    plan = HonestPlan("made", small, fitted, ("middle",), (MASK_RECENT,), seeds=1, settings=TOY, streams=2)
    first, second = (bench_honest(plan, tmp_path / name, "").rows[0] for name in "ab")
    assert {key: value for key, value in first.items() if key not in TIMES} == {key: value for key, value in second.items() if key not in TIMES}
    assert {"steps_to_90", "environment_steps", "actions", "planned_categories"} <= set(first)


def test_every_arm_of_the_table_can_be_opened():
    pair = small()
    for name, arm in arms().items():
        for spec in arm.specs if arm.kind is not Kind.ORACLE else ():
            assert open_agent(spec if arm.kind is Kind.RULE else whole(spec), pair.material, slate=pair.slate, horizon=pair.horizon).name, name


def test_a_planner_of_ones_own_is_made_for_each_level_and_trained_with(tmp_path):
    seen = []

    def spec(pair):
        seen.append(pair.laws.boredom)
        return "least-exposed:keep=2"

    names = ("mine + policy", "mine + greedy")
    plan = HonestPlan("made", small, filled, ("zero", "middle"), names, seeds=1, planners={"mine": spec}, streams=1)
    rows = bench_honest(plan, tmp_path, "").rows
    assert [row["name"] for row in rows] == [f"made, boredom {level}: {name}" for level in ("zero", "middle") for name in names]
    assert sorted(set(seen)) == [0.0, 1.0]


def wanted(rows):
    return Wanted("made", None, 1, 0, (), False, (), {}, ("all",), "smollm2", 8, 10, 1, None, rows)


@pytest.mark.parametrize("env", ["identified", "planners", "coat", "lerl", "ml100k", "books"])
def test_a_folder_of_data_that_there_is_not_is_no_reason_to_leave_rows_out(tmp_path, env):
    with pytest.raises(SourceNotFoundError, match="none"):
        BENCHES[env](wanted(tmp_path)._replace(env=env, data=tmp_path / "none"), silent)


def test_another_model_or_other_codes_of_a_table_are_other_rows(tmp_path):
    asked = []

    def run(codes):
        planners = {"table": lambda _: asked.append(codes) or "all"}
        plan = HonestPlan("made", small, filled, ("zero",), ("table + greedy",), seeds=1, streams=1, planners=planners, filled={"table": {"codes": codes}})
        bench_honest(plan, tmp_path, "")

    for codes in (8, 16, 8):
        run(codes)
    assert list(dict.fromkeys(asked)) == [8, 16]
    planners, told = _planners(wanted(tmp_path), silent)
    assert {name: dict(said) for name, said in told.items()} == {name: {"llm": "smollm2", "codes": 8} for name in planners if name != "all"}


def test_further_seeds_have_no_budget_of_their_own(tmp_path):
    made_rows = []

    def slow(asked):
        made_rows.append((asked.name, asked.seed))
        time.sleep(0.1)
        return filled(asked)

    plan = HonestPlan("made", small, slow, ("zero",), (FLAT, "flat A2C"), seeds=1, deep=2, streams=1, budget_minutes=0.001)
    bench = bench_honest(plan, tmp_path, "")
    assert made_rows == [(FLAT, 0)]
    assert [(row["arm"], row["seed"]) for row in bench.missing] == [("flat A2C", 0), (FLAT, 1)]


def test_arms_without_a_seed_in_common_stand_side_by_side(tmp_path):
    def some(asked):
        if (asked.name == FLAT) == (asked.seed == 1):
            raise LLMError("It failed.", "Try again.")
        return filled(asked)

    bench = bench_honest(HonestPlan("made", small, some, ("zero",), (FLAT, "flat A2C"), seeds=2, streams=1), tmp_path, "")
    assert [row["runs"] for row in bench.rows] == [1, 1]
    assert not any(name.startswith("gain_") for row in bench.rows for name in row)
    assert len(bench.missing) == 2


@pytest.mark.parametrize(
    ("words", "said"), [(("coat", "--boredom", "zero"), "--boredom"), (("made", "--readers", "10"), "--readers"), (("aa", "--set", "size=tiny"), "--set")]
)
def test_an_option_that_a_bench_does_not_take_is_told(here, words, said):
    done = here("bench", "plan", "--env", *words)
    assert done.returncode == ConfigError.exit_code
    assert f"takes no {said}." in done.stderr


def test_every_bench_says_what_it_takes():
    assert {**TAKES, "made": HONEST}.keys() == BENCHES.keys()
    assert set().union(*TAKES.values()) == NOT_GIVEN.keys() <= set(Wanted._fields)
