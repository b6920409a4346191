"""The ablation in the fictional world: weights come of other readers, a stage finds what is planted for it, a plan and goals are held against the same without."""

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from tests.recipes.test_bench_plan_days import by_days

from broadsheet.core.modality import Content
from broadsheet.core.ragged import Ragged
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.rank.bench.world import Known
from broadsheet.sample.world import world
from broadsheet.stack.bench import choosing, wanting
from broadsheet.stack.bench import world as ablation
from broadsheet.stack.bench.sessions import planned_days

READERS, ITEMS = 60, 48


def readers_of(seed: int) -> choosing.Readers:
    """Return readers who open, of two papers of one theme in words, the one with the look they like; which theme tells nothing."""
    rng = np.random.default_rng(seed)
    look, theme = np.arange(ITEMS) % 2, np.arange(ITEMS) // 2 % 6
    liked = rng.integers(2, size=READERS)
    words = sparse.csr_array(np.eye(6, dtype=np.float32)[theme])
    looks = (np.eye(2, dtype=np.float32)[look] + rng.normal(0, 0.1, size=(ITEMS, 2))).astype(np.float32)
    histories, passed, probes = [], [], []
    for reader, likes in enumerate(liked):
        pairs = 2 * rng.permutation(ITEMS // 2)[:9]
        histories.append(pairs[:8] + likes)
        passed += [[pair + 1 - likes] for pair in pairs[:8]]
        last = pairs[8]
        probes.append((reader, "figure" if reader % 3 else "plain", 8, [f"i{last}", f"i{last + 1}"], f"i{last + likes}"))
    frame = pl.DataFrame(probes, schema=["reader", "truth", "position", "candidates", "answer"], orient="row")
    contents = {"image": Content(looks, np.ones(ITEMS, dtype=bool))}
    times = [np.arange(8.0) for _ in histories]
    return choosing.Readers(Known(tuple(f"i{row}" for row in range(ITEMS)), contents, histories, times, Ragged.of(passed), frame), words)


def test_a_look_is_found_by_the_stage_that_sees_and_by_no_word():
    readers = readers_of(0)
    words, seen = (choosing.told(readers, says(readers, 0, Path())) for says in (choosing.in_words, choosing.by_meaning))
    assert choosing.joined([words])["hit"].mean() == 0.5
    assert choosing.joined([words, seen])["hit"].mean() > 0.9
    assert len(choosing.joined([words])) == READERS


def test_what_a_reader_chose_moves_no_weight_by_which_it_is_judged():
    readers = readers_of(1)
    frames = [choosing.told(readers, says(readers, 0, Path())) for says in (choosing.in_words, choosing.by_meaning)]
    part = choosing.parts(READERS) == 0
    turned = [frame.with_columns(chosen=pl.when(pl.Series(part)).then(1 - pl.col("chosen")).otherwise("chosen")) for frame in frames]
    first, second = choosing.joined(frames)["hit"].to_numpy(), choosing.joined(turned)["hit"].to_numpy()
    assert np.allclose(first[part] + second[part], 1)
    # Three of five others say the opposite: by them alone it is the opposite, and with those who are judged it would not be.
    opposed = ~part & (np.cumsum(~part) % 5 < 3)
    given = [frame.with_columns(chosen=pl.when(pl.Series(opposed)).then(1 - pl.col("chosen")).otherwise("chosen")) for frame in frames]
    assert choosing.joined(given)["hit"].to_numpy()[part].mean() < 0.1 < 0.9 < first[part].mean()


def test_rows_are_held_against_the_row_before_and_truths_against_the_stage_left_out(monkeypatch, tmp_path):
    def nothing(readers, seed, folder, progress):
        del seed, folder, progress
        return [np.zeros((2, 1)) for _ in readers.asked]

    stages = {"lexical": choosing.in_words, "represent": choosing.by_meaning, "retrieve": nothing, "rank": nothing}
    monkeypatch.setattr(choosing, "STAGES", stages)
    monkeypatch.setattr(ablation._Worlds, "_readers", lambda self, seed: readers_of(seed))
    plan = ablation.StackPlan(READERS, 1, ablation.JOINED)
    bench = ablation.bench_world(plan, tmp_path, "broadsheet bench stack --on world")
    assert not bench.missing
    rows = {row["name"]: row for row in bench.rows}
    assert [row["name"] for row in bench.rows if "right" in row] == ["lexical", "+ represent", "+ retrieve", "+ rank"]
    assert rows["+ represent"]["gain_lo"] > 0
    assert rows["+ represent"]["p"] < 0.01
    assert rows["+ represent"]["over"] == "lexical"
    assert rows["+ represent"]["runs"] == 1
    assert (rows["+ retrieve"]["gain"], rows["+ retrieve"]["gain_hi"]) == (0, 0)
    figure = rows["truth: figure"]
    assert (figure["stage"], figure["chance"]) == ("represent", 0.25)
    assert figure["found"] > 0.9 > 0.6 > figure["without"]
    assert "gain" not in rows["truth: plain"]
    monkeypatch.setattr(choosing, "told", lambda *_: pytest.fail("a row was made again"))
    some = ablation.bench_world(plan._replace(arms=("lexical", "retrieve")), tmp_path, "again")
    assert [row["name"] for row in some.rows if "right" in row] == ["lexical"]


def test_goals_of_a_post_are_worth_something_where_they_are_planted_alone():
    taxonomy = open_taxonomy("financial")
    made = {name: world(200, 800, 30, 1, posters=10, without=without) for name, without in (("planted", ()), ("none", ("finance",)))}
    gains = {}
    for name, of in made.items():
        # The true levels in the place of what is read in posts: what is tried here is the way from there to the page.
        frame = wanting.told_goals(of, taxonomy, None, boredom="zero")
        gains[name] = (frame["reward"] - frame["before reward"]).to_numpy()
        assert len(frame) == wanting.STREAMS * frame["user"].n_unique()
    assert gains["planted"].mean() > 0.1
    assert abs(gains["none"].mean()) < 0.1


def test_a_plan_is_held_against_the_same_scores_without_it(tmp_path):
    pair = by_days(40, 120, 6)
    frame, spec = planned_days(pair, "middle", "made", tmp_path)
    assert spec.startswith("planned+")
    assert frame["user"].to_list() == [pair.material.users[row] for row in pair.material.of(2)]
    assert {"reward", "kept", "before reward", "before kept"} <= set(frame.columns)
    ranked = dataclasses.replace(pair, material=dataclasses.replace(pair.material))
    again, _ = planned_days(ranked, "middle", "made", tmp_path)
    assert again.equals(frame)


def test_an_unknown_bench_of_the_stack_is_two_lines(here):
    done = here("bench", "stack", "--on", "wrld")
    assert "Did you mean 'world'?" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert "Give files or folders with --history." in here("bench", "stack", "--on", "papers").stderr


@pytest.mark.parametrize("stage", ["represent", "retrieve", "rank", "plan", "needs"])
def test_the_recipe_of_papers_has_the_stages_on_that_were_measured_to_help(stage):
    from broadsheet.report.measured import measured
    from broadsheet.stack.recipe import read_recipe

    said = measured()[stage]
    assert (getattr(read_recipe("papers").stages, stage) != "off") == said["on"]
    assert said["on"] == (said.get("gain_lo", 0) > 0)
    assert said["command"].startswith("broadsheet bench ")
