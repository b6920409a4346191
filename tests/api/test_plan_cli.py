"""`broadsheet plan` as a user meets it."""

import json

import numpy as np
import pytest

from broadsheet.plan.datasets.made import made
from broadsheet.plan.offline import DrawingAgent


@pytest.fixture
def fitted(here):
    done = here(
        "plan",
        "fit",
        "--env",
        "made",
        "--planner",
        "least-exposed:keep=3",
        "--set",
        "size=tiny",
        "--set",
        "iterations=1",
        "--set",
        "sessions_a_rollout=8",
        "--known",
        "9",
        "--out",
        "b",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    return done


def test_a_plan_is_fitted_asked_and_replayed(here, fitted, tmp_path):
    facts = json.loads(fitted.stdout)
    assert facts["metrics"]["known users"] == 9
    assert "before training" in fitted.stderr
    assert "environment steps" in fitted.stderr
    assert "0.0% of them fall-backs" in fitted.stderr
    assert "broadsheet plan run b" in fitted.stderr

    done = here("plan", "run", "b", "--history", "i0001,nowhere", "--shown", "i0005,i0007:liked", "--draw", "--log", "log.jsonl", "--json")
    told = json.loads(done.stdout)
    assert "nowhere is not in the bundle" in done.stderr
    assert told["unknown"] == [["nowhere"]]
    (slate,) = told["slates"]
    assert slate["round"] == 2
    assert slate["plan"]["source"] == "rule"
    assert all(0 < pick["propensity"] <= 1 and pick["categories"] for pick in slate["picks"])
    (tmp_path / "slates.json").write_text(json.dumps([{"items": ["i0005", "i0007"], "liked": ["i0007"]}]))
    again = here("plan", "run", "b", "--history", "i0001,nowhere", "--shown", "slates.json", "--draw", "--json")
    assert json.loads(again.stdout)["slates"] == told["slates"]

    done = here("plan", "replay", "log.jsonl", "--bundle", "b")
    assert "every byte is the same" in done.stdout
    lines = (tmp_path / "log.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "cut.jsonl").write_text("".join(line for line in lines if '"kind": "plan"' not in line))
    done = here("plan", "replay", "cut.jsonl", "--bundle", "b")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (83, 2)
    done = here("plan", "replay", "cut.jsonl", "--bundle", "b", "--lenient", "--json")
    assert json.loads(done.stdout)["misses"] == 2

    done = here("plan", "run", "b", "--rounds", "3", "--user", "u000")
    assert done.stdout.count("planned by rule") == 3
    assert "liked" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("fit", "--env", "mad"), 10, "Did you mean 'made'"),
        (("fit", "--env", "made", "--planner", "lest-exposed"), 10, "Did you mean 'least-exposed'"),
        (("fit", "--env", "made", "--set", "sise=tiny"), 10, "Did you mean 'size'"),
        (("fit", "--env", "made", "--boredom", "midle"), 10, "Did you mean 'middle'"),
        (("fit", "--env", "made", "--match", "some"), 10, "Say any or all"),
        (("run", "nowhere"), 60, "no artefact in nowhere"),
        (("run", "--rounds", "2", "--shown", "a"), 10, "Give --shown, or --rounds"),
        (("run", "--shown", "no.json"), 27, "holds no slates"),
        (("replay", "no.jsonl"), 21, "cannot be read"),
        (("offline", "no.jsonl"), 21, "cannot be read"),
    ],
)
def test_a_fault_is_two_lines_with_its_exit_code(here, words, code, said):
    done = here("plan", *words)
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2


@pytest.fixture
def log(tmp_path):
    pair = made(30, 40)
    users = np.tile(np.arange(30), 4)
    env = pair.judge(np.arange(30), count=120)
    seen, _ = env.reset(seed=1, options={"users": users, "streams": np.repeat(np.arange(4), 30)})
    agent = DrawingAgent(pair.material, slate=6, temperature=2.0)
    agent.begin(120, 0)
    seen, *_ = env.step(agent.act(seen))
    agent.log(seen).frame(pair.material.users).write_parquet(tmp_path / "log.parquet")


@pytest.mark.usefixtures("log")
def test_a_log_is_asked_what_another_way_would_have_got(here):
    found = {}
    for target in ("best", "soft:0.5", "even"):
        told = json.loads(here("plan", "offline", "log.parquet", "--target", target, "--json").stdout)
        found[target] = {one["name"]: one["value"] for one in told["estimates"]}
    assert found["best"]["dr"] > found["soft:0.5"]["dr"] > found["even"]["dr"]
    done = here("plan", "offline", "log.parquet")
    assert "120 slates of 30 users" in done.stdout
    assert "dr" in done.stdout
    for target in ("beast", "soft", "soft:0", "column"):
        assert len(here("plan", "offline", "log.parquet", "--target", target).stderr.strip().splitlines()) == 2


def test_the_bundle_of_the_package_answers(here):
    done = here("plan", "run", "--user", "r00000", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["slates"][0]["picks"]) == 8
    assert "world" in told["model"]
