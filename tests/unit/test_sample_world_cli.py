"""The command `broadsheet world`."""

import json

from typer.testing import CliRunner

from broadsheet.cli import app
from broadsheet.core.errors import ConfigError
from broadsheet.sample.world import read_world

SMALL = ("--readers", "12", "--items", "800", "--posters", "10")


def run(*words: str):
    return CliRunner().invoke(app, ["world", *words])


def test_help_has_an_example():
    done = run("--help")
    assert done.exit_code == 0
    assert "Example: broadsheet world --readers 120 --seed 0 --out world" in done.stdout


def test_a_world_is_written_and_counted(tmp_path):
    done = run(*SMALL, "--seed", "4", "--out", str(tmp_path / "w"))
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / 'w'}\n"
    made = read_world(tmp_path / "w")
    assert made.config.seed == 4
    assert f"{made.events.height:,}" in done.stderr
    assert "days: 30" in done.stderr


def test_json_is_one_object(tmp_path):
    done = run(*SMALL, "--without", "cold", "--without", "figure", "--out", str(tmp_path / "w"), "--json")
    told = json.loads(done.stdout)
    made = read_world(tmp_path / "w")
    assert told["counts"]["events"] == made.events.height
    assert told["counts"]["items"] == 800
    assert made.config.without == {"cold", "figure"}


def test_an_unknown_truth_is_an_error_that_knows_better(tmp_path):
    done = run("--without", "fatige", "--out", str(tmp_path / "w"))
    assert isinstance(done.exception, ConfigError)
    assert "Did you mean 'fatigue'?" in str(done.exception)
    assert not (tmp_path / "w").exists()


def test_check_prints_a_table_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("broadsheet.sample.world.truths.TRUTHS", _first_truths())
    done = run("--readers", "20", "--items", "800", "--posters", "10", "--check")
    assert done.exit_code == 0, done.output
    head, *lines = done.stdout.splitlines()
    assert head.split()[:3] == ["truth", "by", "figure"]
    assert [line.split()[:2] for line in lines] == [["figure", "solver"], ["figure", "text"], ["order", "solver"], ["order", "bag"]]
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("broadsheet.sample.world.truths.TRUTHS", _first_truths()[1:])
    told = json.loads(run("--readers", "20", "--items", "800", "--posters", "10", "--check", "--json").stdout)
    assert [row["truth"] for row in told] == ["order", "order"]
    assert told[0]["world"]["figure"] > told[0]["control"]["figure"]


def _first_truths():
    from broadsheet.sample.world.truths import TRUTHS

    return TRUTHS[:2]
