"""The suite that plants faults which only the question tells, over a handful of public pairs."""

import csv
from itertools import islice

import pytest

from broadsheet.ask.bench.asked import OPERATORS
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.question_cases import CHOSEN_ON, FILES, LLM_SCHEMAS, POLE_GRAPH, POLE_PAIRS, POLE_SCHEMA, read_cases, rejected_cases
from broadsheet.ask.bench.suites import suite_of


@pytest.fixture
def few(data, tmp_path):
    """Return a folder of the public layout with some pairs of each file."""
    folder = tmp_path / "kgqa"
    (folder / "pole").mkdir(parents=True)
    for names in (*((one,) for one in FILES), POLE_PAIRS, POLE_SCHEMA, POLE_GRAPH):
        whole, own = (data / "kgqa").joinpath(*names), folder.joinpath(*names)
        if own.suffix in {".json", ".zip"} or names == (LLM_SCHEMAS,):
            own.symlink_to(whole)
        elif own.suffix == ".csv":
            with whole.open(encoding="utf-8", newline="") as lines, own.open("w", encoding="utf-8", newline="") as kept:
                csv.writer(kept).writerows(islice(csv.reader(lines), 9))
        else:
            with whole.open(encoding="utf-8") as lines:
                own.write_text("".join(islice(lines, 0, None, 300)), encoding="utf-8")
    return folder


@pytest.mark.data
def test_pairs_are_held_out_by_database_and_judged_ones_apart(few):
    plan = AskPlan(few)
    cases = read_cases(plan)
    assert {case.source for case in cases} == {"GPT-4 Turbo", "Opus", "ZOGRASCOPE", "Mind-the-Query"}
    assert {case.database for case in cases if case.source != "ZOGRASCOPE" and not case.held_out} <= CHOSEN_ON
    accepted = {case.text for case in cases if case.source == "Mind-the-Query"}
    assert not accepted & {case.text for case in rejected_cases(plan)}


@pytest.mark.data
def test_faults_are_flagged_and_figures_alone_see_fewer(few, tmp_path):
    bench = suite_of("questions")(AskPlan(few, seeds=1), tmp_path / "rows", "ours", lambda *_: None)
    rows = {row["name"]: row for row in bench.rows}
    for half in ("held out", "chosen on"):
        ours, figures = rows[f"ours, {half}"], rows[f"figures, {half}"]
        assert ours["named"] > figures["named"]
        assert ours["named_of"] == figures["named_of"] > 20
        assert ours["alarms"] < 0.2
    assert len([name for name in rows if name.endswith(("(named)", "(added)"))]) == len(OPERATORS)
