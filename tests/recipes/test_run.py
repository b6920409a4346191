"""A recipe from the catalogue to the page: every stage of the sample, and the way of each paper to its place."""

import contextlib
import json
import re
import shutil

import numpy as np
import pytest
from tests.conftest import missing
from tests.small_world import PAPERS, small

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.errors import ArtifactError, RecordError
from broadsheet.core.home import store_path
from broadsheet.core.packages import MINILM, Packaged
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.store import Store
from broadsheet.report.composed import Asked, compose
from broadsheet.report.model import Report
from broadsheet.report.render.run_picture import drawn_edges, layout, run_picture
from broadsheet.stack.recipe import read_recipe
from broadsheet.stack.record import RunRecord, StepRecord, read_run
from broadsheet.stack.slate import read_slate
from broadsheet.stack.why import Lineage

STAGES = ["catalogue", "vectors", "retrieve", "rank", "score", "needs", "ask", "plan", "page"]


@pytest.fixture(scope="session")
def ran(tmp_path_factory):
    """The sample's run, once."""
    if not MINILM.is_installed():
        missing(f"all-MiniLM-L6-v2 is not installed: {MINILM.install}")
    folder = tmp_path_factory.mktemp("sample")
    with small(folder / "home"):
        return folder / "run", compose(read_recipe("sample"), folder / "run"), folder / "home"


@pytest.fixture
def report(ran):
    return Report.model_validate_json((ran[0] / "2026-03-16" / "report.json").read_bytes())


def test_every_stage_of_the_sample_leaves_an_artefact_that_names_what_it_was_made_from(ran):
    folder, done, _ = ran
    assert done.error is None
    assert [step.name for step in done.run.steps] == STAGES
    assert all(step.state == "done" for step in done.run.steps)
    hashes = {step.name: step.content_hash for step in done.run.steps}
    kinds = [ArtifactKind(name) for name in ("catalogue", "vectors", "candidates", "scores", "scores", "needs", "graph", "slate", "page")]
    for step, kind in zip(done.run.steps, kinds, strict=True):
        assert read_artifact(folder / step.artefact, kind).content_hash == step.content_hash
        assert all(hashes[name] == parent for name, parent in step.parents.items())
    assert "fitted on the fictional world" in done.run.step("rank").models["bundle"]
    assert done.run.step("needs").note.startswith("Verdict: ")
    assert done.page == folder / "2026-03-16" / "index.html"
    assert done.run == read_run(folder)


def test_a_stage_without_choices_to_weigh_it_by_moves_nothing_and_says_so(ran, report):
    folder, done, home = ran
    assert "weights of retrieve and rank are nought" in done.run.step("score").note
    with small(home):
        plain = compose(read_recipe("sample", ["stages.retrieve=off", "stages.rank=off", "stages.needs=off", "stages.ask=off"]), folder.parent / "plain")
    assert [step.name for step in plain.run.steps if step.state == "off"] == ["retrieve", "rank", "score", "needs", "ask"]
    assert [(entry.item.id, entry.score) for entry in report.picks()] == [(entry.item.id, entry.score) for entry in plain.report.picks()]


def test_what_has_not_changed_stays_and_a_page_that_was_taken_away_comes_back(ran, tmp_path):
    folder, _, home = ran
    again = tmp_path / "run"
    shutil.copytree(folder, again)
    shutil.rmtree(again / "2026-03-16")
    with small(home):
        done = compose(read_recipe("sample"), again)
    assert {step.state for step in done.run.steps} == {"unchanged"}
    assert (again / "2026-03-16" / "index.html").read_bytes() == (folder / "2026-03-16" / "index.html").read_bytes()


def test_the_page_shows_the_picture_of_its_run_and_a_why_for_each_paper(ran, report):
    page = (ran[0] / "2026-03-16" / "index.html").read_text()
    assert "<script" not in page
    assert page.count('class="lineage"') == len(report.entries) == PAPERS
    assert 'class="run"' in page
    for step in ran[1].run.steps[:-1]:
        assert step.content_hash[:12] in page, step.name
    assert "How it was made" in page
    assert (ran[0] / "run.svg").read_text().startswith("<svg xmlns=")


def test_why_is_read_from_the_artefacts_line_by_line(ran, report):
    folder, done, _ = ran
    lineage = Lineage(folder)
    first = report.picks()[0]
    causes = {cause.stage: cause for cause in lineage.why(first.item.id, "Ines Aldecoa")}
    assert list(causes) == ["catalogue", "vectors", "retrieve", "rank", "score", "plan", "page"]
    for name, cause in causes.items():
        assert cause.content_hash == done.run.step(name).content_hash
    candidates = read_artifact(folder / "steps/retrieve", ArtifactKind.CANDIDATES).frame("candidates").to_dicts()
    own = next(row for row in candidates if row["item"] == first.item.id and row["user"] == "Ines Aldecoa")
    assert "-".join(map(str, own["semantic_id"])) in causes["retrieve"].text
    assert causes["retrieve"].figures["score"] == pytest.approx(own["score"], abs=1e-6)
    placed = read_slate(read_artifact(folder / "steps/plan", ArtifactKind.SLATE))[first.item.id]
    assert placed.score == pytest.approx(np.log(first.score), abs=1e-4)
    assert causes["score"].figures["log-odds"] == pytest.approx(placed.score, abs=1e-6)
    assert causes["plan"].text.startswith("Place 1, by its score")
    assert causes["page"].text == "It stands at 2026-03-16/index.html#p1."
    # What the page shows under each paper is the same walk, less the line about the page itself.
    assert [cause.text for cause in first.lineage if cause.stage != "page"] == [cause.text for name, cause in causes.items() if name != "page"]


def test_why_of_what_is_not_there_is_two_lines_with_near_names(ran, report):
    lineage = Lineage(ran[0])
    item = report.entries[0].item
    for name, said in ((f"{item.id}x", item.id), (item.title.lower()[: len(item.title) - 4], item.id)):
        with pytest.raises(RecordError, match=re.escape(said)) as error:
            lineage.why(name)
        assert len(str(error.value).splitlines()) == 2
    with pytest.raises(RecordError, match="is for Ines Aldecoa"):
        lineage.why(item.id, "Bob")


def test_why_reads_no_artefact_that_is_not_the_run_s_own(ran, tmp_path):
    shutil.copytree(ran[0], tmp_path / "run")
    file = tmp_path / "run" / "steps" / "plan" / "slate.parquet"
    file.write_bytes(file.read_bytes() + b"x")
    lineage = Lineage(tmp_path / "run")
    with pytest.raises(ArtifactError, match="missing or was changed"):
        lineage.why(next(iter(lineage.holdings.items)))


def test_the_command_runs_tells_and_draws(ran, here, tmp_path):
    folder, _, home = ran
    shutil.copytree(folder, tmp_path / "run")
    with small(home):
        done = here("run", "--json")
        assert done.returncode == 0, done.stderr
        assert [step["state"] for step in json.loads(done.stdout)["steps"]] == ["unchanged"] * 9
        assert "Rank: unchanged" in done.stderr
        failed = here("run", "--set", "stages.needs=nowhere", "--out", "run")
    assert failed.returncode == 10
    assert "Needs failed: There is no labeller 'nowhere'" in failed.stderr
    assert failed.stdout.strip() == "run/2026-03-16/index.html"
    item = read_run(tmp_path / "run") and next(iter(Lineage(tmp_path / "run").holdings.items))
    told = here("why", item, "--svg", "why.svg", "--json")
    assert [cause["stage"] for cause in json.loads(told.stdout)["causes"]][:2] == ["catalogue", "vectors"]
    assert (tmp_path / "why.svg").read_text().startswith("<svg xmlns=")
    assert "from steps/vectors" in here("why", item).stdout


def test_without_a_model_of_meaning_words_rank_alone_and_each_stage_that_needs_one_says_so(tmp_path, monkeypatch):
    with small(tmp_path / "home"):
        words = compose(read_recipe("sample", ["ranking.use_dense=false", "stages.needs=off"]), tmp_path / "words")
        monkeypatch.setattr(Packaged, "is_installed", lambda _: False)
        bare = compose(read_recipe("sample", ["stages.needs=off"]), tmp_path / "bare")
    assert "words alone (ranking.use_dense = false)" in words.run.step("rank").note
    assert "pip install" in bare.run.step("rank").note
    assert "Words alone: no model of meaning is installed." in bare.run.step("vectors").note
    for done in (words, bare):
        assert done.error is None
        assert [step.name for step in done.run.steps if step.state == "off"] == ["retrieve", "rank", "score", "needs"]
        assert done.report.ranked_by == "words"


def test_real_papers_take_only_what_was_measured_to_help_and_the_page_says_why(tmp_path):
    with small(tmp_path / "home") as few:
        lines = [
            one.item.model_copy(update={"id": f"p{row}"}).model_dump_json(include={"id", "title", "text", "creators", "categories", "announced"})
            for row, one in enumerate(few)
        ]
        (tmp_path / "day.jsonl").write_text("\n".join(lines) + "\n")
        recipe = read_recipe("papers", [f"source={tmp_path / 'day.jsonl'}", "ranking.use_dense=false", "profile.budget=3"])
        done = compose(recipe, tmp_path / "run", Asked("ines"))
        again = compose(recipe, tmp_path / "run", Asked("ines"))
        with contextlib.closing(Store(store_path())) as store:
            shown = [event for event in store.events("Ines Aldecoa") if event.kind == "shown"]
    assert {step.state for step in again.run.steps} == {"unchanged", "off"}
    assert [event.slot for event in shown] == [1, 2, 3]
    assert [step.name for step in done.run.steps if step.state == "off"] == ["retrieve", "rank", "score", "needs"]
    assert "On real papers it adds" in done.run.step("rank").note
    page = done.page.read_text()
    assert "Of the stages only represent was measured to help" in page
    assert "broadsheet bench stack --on papers" in page
    assert len(done.report.picks()) == 3


def test_the_picture_tells_states_by_signs_and_words_and_no_line_goes_through_a_box():
    steps = (
        StepRecord(name="a", title="A & <b>", state="done", figures={"papers": 3}, seconds=1.0),
        StepRecord(name="b", title="B", state="failed", note="There is no soup.", after=("a",)),
        StepRecord(name="c", title="C", state="off", note="Left out.", after=("a",)),
        StepRecord(name="d", title="D", after=("a", "b")),
        StepRecord(name="page", title="Page", after=("a", "c", "d")),
    )
    run = RunRecord(recipe="mine", steps=steps)
    drawn = str(run_picture(run))
    assert "A &amp; &lt;b&gt;: done, 3 papers, 1.0 s." in drawn
    assert "B: failed. There is no soup." in drawn
    assert all(sign in drawn for sign in "●✕–○")
    assert drawn_edges(run) == [("a", "b"), ("a", "c"), ("b", "d"), ("c", "page"), ("d", "page")]
    boxes = layout(run)
    for one in boxes:
        for other in boxes:
            if one is not other:
                assert abs(one.y - other.y) >= 84 or abs(one.x - other.x) >= one.width
    # Whoever reaches down past other rows has a lane of its own.
    place = {box.step.name: box.x for box in boxes}
    assert place["a"] == place["b"] == place["d"] == place["page"] != place["c"]
    assert str(run_picture(RunRecord(recipe="empty"))).startswith("<svg")
