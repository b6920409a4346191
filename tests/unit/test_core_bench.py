"""A bench's rows: resumed after a kill, within a budget, missing ones named, one object at the end."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import polars as pl
import pytest

from broadsheet.core.bench import Bench, Measured, Task, render, run_tasks
from broadsheet.core.errors import MissingExtraError


def task(arm: str, made: list[str], seed: int = 0, **config) -> Task:
    def measure() -> Measured:
        made.append(arm)
        return Measured({"ndcg@10": 0.5 + seed}, pl.DataFrame({"unit": [1, 2], "ndcg@10": [0.4, 0.6]}))

    return Task("toy", arm, seed, {"k": 10, **config}, measure)


def test_a_row_is_made_once_and_found_again(tmp_path):
    made: list[str] = []
    tasks = [task("a", made), task("b", made)]
    first, second = run_tasks("t", tasks, tmp_path), run_tasks("t", tasks, tmp_path)
    assert made == ["a", "b"]
    assert [row.resumed for row in second.rows] == [True, True]
    assert [row.metrics for row in first.rows] == [row.metrics for row in second.rows]
    assert second.rows[1].values()["ndcg@10"].to_list() == [0.4, 0.6]


@pytest.mark.parametrize("change", [{"k": 5}, {"seed": 1}])
def test_another_configuration_or_seed_is_another_row(tmp_path, change):
    made: list[str] = []
    run_tasks("t", [task("a", made)], tmp_path)
    run_tasks("t", [task("a", made, **change)], tmp_path)
    assert made == ["a", "a"]


def test_a_spent_budget_begins_no_row_and_names_what_is_missing(tmp_path):
    made: list[str] = []
    now = iter([0.0, 0.0, 61.0, 62.0])
    tasks = [task("a", made), task("b", made), task("c", made)]
    outcome = run_tasks("t", tasks, tmp_path, budget_minutes=1, clock=lambda: next(now))
    assert made == ["a"]
    assert [m.arm for m in outcome.missing] == ["b", "c"]
    assert "budget of 1 minutes" in outcome.missing[0].why
    again = run_tasks("t", tasks, tmp_path, budget_minutes=0)
    assert [row.arm for row in again.rows] == ["a"]
    assert len(again.missing) == 2


def test_an_arm_that_cannot_run_is_missing_with_its_reason_and_the_others_go_on(tmp_path):
    made: list[str] = []

    def refused() -> Measured:
        raise MissingExtraError("No weights.", "Install them.")

    outcome = run_tasks("t", [Task("toy", "a", 0, {}, refused), task("b", made)], tmp_path)
    assert [row.arm for row in outcome.rows] == ["b"]
    assert outcome.missing[0].why == "No weights. Install them."


def test_a_damaged_row_is_made_anew(tmp_path):
    made: list[str] = []
    row = run_tasks("t", [task("a", made)], tmp_path).rows[0]
    (row.artifact.path / "values.parquet").write_bytes(b"PAR1")
    run_tasks("t", [task("a", made)], tmp_path)
    assert made == ["a", "a"]


def test_a_kill_in_the_middle_of_any_row_loses_no_row_and_repeats_none(tmp_path):
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from broadsheet.core.bench import Measured, Task, run_tasks
        folder, fatal = Path(sys.argv[1]), sys.argv[2]

        def measure(arm):
            def run():
                with (folder / "begun").open("a") as file:
                    file.write(arm)
                if arm == fatal:
                    os.kill(os.getpid(), signal.SIGKILL)
                return Measured({"value": 1.0})
            return run

        outcome = run_tasks("t", [Task("toy", arm, 0, {}, measure(arm)) for arm in "abcd"], folder)
        print("".join(row.arm for row in outcome.rows))
        """
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    for fatal in ("b", "d"):
        dead = subprocess.run([sys.executable, "-c", script, str(tmp_path), fatal], env=environment, capture_output=True, text=True, check=False)
        assert dead.returncode == -signal.SIGKILL
    last = subprocess.run([sys.executable, "-c", script, str(tmp_path), "none"], env=environment, capture_output=True, text=True, check=True)
    assert last.stdout.strip() == "abcd"
    # b and d were begun twice because they were killed; a and c never again.
    assert (tmp_path / "begun").read_text() == "abbcdd"


def test_a_row_says_where_it_comes_from(tmp_path):
    row = run_tasks("t", [task("a", [])], tmp_path).rows[0]
    config = row.artifact.manifest.config
    assert (config["bench"], config["data"], config["arm"], config["k"]) == ("t", "toy", "a", 10)
    assert config["commit"]
    assert {"wall_s", "cpu_s", "load"} <= row.metrics.keys()


def test_the_object_is_one_and_the_table_says_the_same():
    rows = ({"name": "ours", "ndcg@10": 0.71, "ndcg@10_lo": 0.69, "ndcg@10_hi": 0.73}, {"name": "random", "ndcg@10": 0.22})
    missing = ({"data": "toy", "arm": "svm", "seed": 2, "why": "the budget of 1 minutes was spent"},)
    bench = Bench(bench="t", command="broadsheet bench t", commit="abc", data={"papers": 3}, seeds=3, threads="1", rows=rows, missing=missing)
    assert json.loads(bench.model_dump_json())["rows"][0]["ndcg@10_lo"] == 0.69
    table = render(bench)
    assert "0.71 (0.69 to 0.73)" in table
    assert "missing: toy, svm, seed 2" in table


def test_a_table_wider_than_the_terminal_is_several_with_the_names_before_each():
    rows = tuple({"name": f"row {number}", **{f"metric {column}": 0.5 for column in range(6)}} for number in range(2))
    bench = Bench(bench="b", command="", commit="", data={}, seeds=1, threads="1", rows=rows)
    narrow = render(bench, 30).splitlines()
    assert max(map(len, narrow)) <= 30
    assert sum(line.startswith("row 1") for line in narrow) == 3
    assert sum(line.startswith("row 1") for line in render(bench).splitlines()) == 1
    assert render(bench, 3).count("metric") == 6
