"""`broadsheet run`, `why`, `init` and `demo` as a user meets them."""

import tomllib

import pytest
from tests.conftest import missing
from typer.testing import CliRunner

from broadsheet.cli import app
from broadsheet.cli.demo import DEMOS
from broadsheet.core.packages import MINILM


@pytest.mark.parametrize("words", [("run",), ("why",), ("init",), ("demo",), ("sample", "catalogue"), ("sample", "posts")])
def test_help_has_an_example(words):
    said = CliRunner().invoke(app, [*words, "--help"], prog_name="broadsheet").stdout
    assert "Example: broadsheet " + " ".join(words) in said


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run", "sampel"), 10, "Did you mean 'sample'?"),
        (("run", "shop"), 21, "There is no source items.csv"),
        (("run", "sample", "--profile", "inez"), 12, "Did you mean 'ines'?"),
        (("why", "x"), 60, "There is no run in run"),
        (("init",), 10, "Of which kind"),
        (("init", "--kind", "shopp"), 10, "Did you mean 'shop'?"),
        (("init", "--kind", "shop", "--source", "nowhere.csv", "--events", "e.csv"), 10, "There is no nowhere.csv"),
        (("demo", "plann"), 10, "Did you mean 'plan'?"),
    ],
)
def test_a_fault_is_two_lines(here, words, code, said):
    done = here(*words)
    assert said in done.stderr
    assert done.returncode == code


def test_a_recipe_for_papers_brings_a_profile_to_fill_in(here, tmp_path):
    done = here("init", "--kind", "papers", "--source", "arxiv:cs.IR")
    assert done.returncode == 0, done.stderr
    recipe = tomllib.loads((tmp_path / "recipe.toml").read_text())
    assert recipe["reader"] == "me.toml"
    assert tomllib.loads((tmp_path / "me.toml").read_text())["interests"] == ["what I read about"]
    assert "broadsheet run recipe.toml" in done.stderr
    assert here("init", "--kind", "papers").returncode != 0


@pytest.mark.parametrize("stage", ["ask", "plan"])
def test_a_demo_shows_commands_what_to_look_at_and_how_to_go_on(here, stage):
    if stage == "plan" and not MINILM.is_installed():
        missing(f"all-MiniLM-L6-v2 is not installed: {MINILM.install}")
    done = here("demo", stage)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("$ broadsheet ") == len(DEMOS[stage].acts) == done.stdout.count("  → ")
    assert "The next stage: broadsheet demo " in done.stdout


def test_every_command_of_a_demo_is_one(here):
    for shown in DEMOS.values():
        for act in shown.acts:
            words = act.command.split()
            group = words[:2] if words[0] in {"sample", "represent", "retrieve", "rank", "needs", "ask", "plan"} else words[:1]
            said = CliRunner().invoke(app, [*group, "--help"], prog_name="broadsheet").stdout
            for option in [word for word in words if word.startswith("--")]:
                assert option in said, act.command
