"""The bench of labellers on planted sentences: what is drawn, what is counted, and that nothing of it is the taxonomy's."""

import numpy as np
import polars as pl
import pytest

from broadsheet.core.llm.backends.rules import ScriptedLLM
from broadsheet.core.schema import Columns
from broadsheet.needs.bench.levels import BOTH, CUES, LIKENESS, MAJORITY, MODEL, LevelsPlan, bench_levels, draw_sentences, scored
from broadsheet.needs.label.asked import AskedLabeller, UnsureAsked
from broadsheet.needs.label.prototypes import NONE
from broadsheet.needs.label.words import CueWords
from broadsheet.needs.taxonomy import open_taxonomy

TAXONOMY = open_taxonomy()
LEVELS = tuple(level.id for level in TAXONOMY.levels)


def labeller(name, client):
    first = CueWords(TAXONOMY)
    asked = AskedLabeller(TAXONOMY, client) if client else None
    return asked if name == "llm" else UnsureAsked(first, asked, 0.8) if asked else first


def test_sentences_are_of_a_pattern_each_and_none_is_the_taxonomys():
    drawn = draw_sentences(0, 40, LEVELS)
    assert len(drawn.texts) == len(set(drawn.patterns)) == len(set(drawn.texts)) == 40
    assert not set(drawn.texts) & set(TAXONOMY.sentences())
    assert set(drawn.truth) <= {*LEVELS, NONE}
    assert drawn.most == NONE
    assert draw_sentences(0, 40, LEVELS) == drawn
    assert draw_sentences(1, 40, LEVELS).texts != drawn.texts


def test_figures_are_those_of_scikit_learn():
    from sklearn.metrics import accuracy_score, f1_score

    draw = np.random.default_rng(0)
    truth, answer = (draw.choice([*LEVELS, NONE], 90).tolist() for _ in range(2))
    truth = [said if draw.random() < 0.5 else true for said, true in zip(answer, truth, strict=True)]
    values = pl.DataFrame({Columns.TRUTH: truth, Columns.ANSWER: answer, Columns.FAMILY: [str(n % 30) for n in range(90)]})
    found = scored(values, (*LEVELS, NONE))
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, answer))
    assert found["macro_f1"] == pytest.approx(f1_score(truth, answer, average="macro"))
    assert found["accuracy_lo"] < found["accuracy"] < found["accuracy_hi"]


def test_every_arm_has_its_row_and_one_without_a_model_asks_nobody(tmp_path):
    plan = LevelsPlan(LEVELS, labeller, lambda: ScriptedLLM(lambda request: '{"choice": "survival"}', "a rule"), "rule", sentences=20, seeds=2)
    bench = bench_levels(plan, tmp_path, "ours")
    rows = {row["name"]: row for row in bench.rows}
    assert list(rows) == [MAJORITY, CUES, LIKENESS, MODEL.format(llm="rule"), BOTH.format(llm="rule")]
    assert [row["asked"] for row in rows.values()][:4] == [0, 0, 0, 1]
    assert 0 < rows[BOTH.format(llm="rule")]["asked"] < 1
    assert rows[MODEL.format(llm="rule")]["says_most"] == 1.0
    assert rows[CUES]["accuracy"] > rows[MODEL.format(llm="rule")]["accuracy"]
    assert bench.missing == ()
