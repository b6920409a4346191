"""A labeller learnt from labels: chosen within them, kept without pickle, the same again, and silent where nothing can be learnt."""

import hashlib

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.errors import ArtifactError, ConfigError
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.needs.agree.labels import Label, Labelled
from broadsheet.needs.extract.extractor import Extractor
from broadsheet.needs.fit.rows import rows_of
from broadsheet.needs.fit.run import Options, fit
from broadsheet.needs.label.prototypes import NONE, Prototypes
from broadsheet.needs.label.trained import TrainedLabeller, together
from broadsheet.needs.taxonomy import open_taxonomy

TAXONOMY = open_taxonomy()
LEVELS = [level.id for level in TAXONOMY.levels]
# Words of a level that its prototypes do not have: prototypes cannot know them, labels teach them.
SAID = {"survival": "zorb quill", "cash_flow": "vant mirk", "debt_credit": "plosh gern", NONE: "weather garden"}


def embed(texts):
    """Give each word a direction of its own: vectors of texts that share words are near each other."""
    rows = np.zeros((len(texts), 64))
    for number, text in enumerate(texts):
        for word in text.lower().split():
            draw = np.random.default_rng(int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little"))
            rows[number] += draw.normal(size=64)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def prototypes(taxonomy=TAXONOMY, model="words by lot"):
    return Prototypes(taxonomy, embed, model)


def labels(count=48, *, who=("ana",), rare=2, seed=0):
    """Posts that say their level in two words among many, and a few of a level that is rare."""
    draw = np.random.default_rng(seed)
    filler = [f"word{number}" for number in range(30)]
    texts, truth = {}, {}
    for number in range(count + rare):
        level = list(SAID)[number % len(SAID)] if number < count else LEVELS[-1]
        words = [*draw.choice(filler, 6), *(draw.permutation(SAID[level].split()) if level in SAID else ["heirloom"])]
        texts[f"p{number}"], truth[f"p{number}"] = " ".join(draw.permutation(words)), level
    return Labelled({(post, one): Label(level) for post, level in truth.items() for one in who}, texts, {})


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("read already")
    return path


def fitted(sheet, tmp_path, labelled=None, **options):
    return fit([sheet], labels() if labelled is None else labelled, tmp_path / "labeller", TAXONOMY, prototypes(), Options(**options))


def test_what_labels_teach_is_learnt_and_is_better_than_prototypes_that_cannot_know(sheet, tmp_path):
    found, artifact = fitted(sheet, tmp_path)
    assert found.compared.is_better
    assert found.compared.gain.low > 0
    right = {one.name: one.accuracy.value for one in found.compared.tried}
    assert right["chosen in each fold"] > right["prototypes"] + 0.3
    assert found.rare
    assert set(found.rare) | set(SAID) == {*LEVELS, NONE}
    assert "more often" in artifact.manifest.config["says"]
    made = TrainedLabeller.load(artifact, TAXONOMY, prototypes())
    assert made(["word1 zorb word2 quill", "gern plosh word3"]).best == ["survival", "debt_credit"]
    assert made([]).best == []
    assert made.needs(["gern plosh word3"])[0] in {"debt_credit", *(need.id for need in TAXONOMY.levels[2].needs)}


def test_the_same_labels_in_any_order_give_the_same_bytes_and_loading_the_same_chances(sheet, tmp_path):
    found, first = fitted(sheet, tmp_path)
    bytes_before = {file.name: file.read_bytes() for file in first.path.iterdir()}
    whole = labels()
    turned = whole._replace(labels=dict(reversed(whole.labels.items())), texts=dict(reversed(whole.texts.items())))
    again, second = fitted(sheet, tmp_path, turned)
    assert again == found
    assert {file.name: file.read_bytes() for file in second.path.iterdir()} == bytes_before
    assert set(bytes_before) <= {"manifest.json", "regression.safetensors", "terms.parquet"}
    one = TrainedLabeller.load(first, TAXONOMY, prototypes())
    other = TrainedLabeller.load(read_artifact(first.path, ArtifactKind.NEEDS_LABELLER), TAXONOMY, prototypes())
    texts = [*whole.texts.values(), "", "words that nobody said"]
    assert np.abs(one(texts).chances - other(texts).chances).max() < 1e-12
    assert one.name == other.name


@pytest.mark.parametrize("features", ["words", "vectors", "words and vectors"])
def test_every_way_is_kept_and_loaded_as_it_was(sheet, tmp_path, monkeypatch, features):
    from broadsheet.needs.fit import choose, run
    from broadsheet.needs.label.trained import Regression

    kept = []
    monkeypatch.setattr(choose, "WAYS", (choose.Way(features, sentences=True),))
    monkeypatch.setattr(run, "sharpened", lambda made, *rest: kept.append(choose.sharpened(made, *rest)) or kept[-1])
    _, artifact = fitted(sheet, tmp_path)
    made = TrainedLabeller.load(artifact, TAXONOMY, prototypes())
    texts = list(labels().texts.values())
    before: Regression = kept[0]
    assert np.abs(before.odds(features, texts, embed(texts)) - made.regression.odds(features, texts, embed(texts))).max() < 1e-6


def test_labels_that_say_nothing_are_told_as_no_better(sheet, tmp_path):
    draw = np.random.default_rng(3)
    whole = labels(60, rare=0)
    mixed = dict(zip(whole.labels, map(Label, draw.choice(list(SAID), 60)), strict=True))
    found, artifact = fitted(sheet, tmp_path, whole._replace(labels=mixed))
    assert not found.compared.is_better
    assert all(one.accuracy.value < 0.6 for one in found.compared.tried)
    assert "use --labeller minilm" in found.says or "no better than the prototypes" in found.says
    assert artifact.manifest.metrics["is_better"] == 0.0


def test_too_few_labels_are_refused_in_two_lines(sheet, tmp_path):
    with pytest.raises(ConfigError, match="fewer than two labels have 4 texts"):
        fitted(sheet, tmp_path, labels(6, rare=0))
    assert not (tmp_path / "labeller").exists()


def test_language_models_are_not_learnt_from_unless_asked_for(sheet, tmp_path):
    with pytest.raises(ConfigError, match="Only language models"):
        fitted(sheet, tmp_path, labels(who=("llm:m",)))
    assert fitted(sheet, tmp_path, labels(who=("llm:m",)), also_llm=True)[0].annotators == ("llm:m",)
    both = labels()
    contrary = {(post, "llm:m"): Label("survival") for post, _ in both.labels}
    alone = rows_of(both, TAXONOMY)
    assert rows_of(both._replace(labels={**both.labels, **contrary}), TAXONOMY).levels == alone.levels


def test_ties_and_a_text_with_two_levels_are_left_out_and_personal_data_are_not_learnt():
    texts = {"a": "mail jo@example.org now", "b": "same  words", "c": "same words", "d": "rent"}
    said = {("a", "ana"): "survival", ("b", "ana"): "survival", ("c", "ana"): "cash_flow", ("d", "ana"): "survival", ("d", "bo"): "cash_flow"}
    rows = rows_of(Labelled({key: Label(level) for key, level in said.items()}, texts, {"a": 0.5, "b": 1, "c": 1, "d": 1}), TAXONOMY)
    assert rows.texts == ("mail [EMAIL] now",)
    assert rows.weights.tolist() == [2.0]
    assert rows.left_out == {"tied": 1, "of two levels": 1}


def test_a_folder_of_another_taxonomy_or_another_model_is_refused(sheet, tmp_path):
    _, artifact = fitted(sheet, tmp_path)
    papers = open_taxonomy("papers")
    with pytest.raises(ArtifactError, match="another taxonomy"):
        TrainedLabeller.load(artifact, papers, prototypes(papers))
    with pytest.raises(ArtifactError, match="was learnt with"):
        TrainedLabeller.load(artifact, TAXONOMY, prototypes(model="another"))


def test_its_name_and_hash_stand_in_every_mention(sheet, tmp_path):
    _, artifact = fitted(sheet, tmp_path)
    made = TrainedLabeller.load(artifact, TAXONOMY, prototypes())
    posts = pl.DataFrame({Columns.POST: ["p"], Columns.AUTHOR: ["ana"], Columns.AT: [0], Columns.TEXT: ["Hello there. Zorb quill zorb quill."]}).with_columns(
        pl.col(Columns.AT).cast(pl.Datetime("us", "UTC"))
    )
    mentions = Extractor(TAXONOMY, made, b"k" * 32, 0.2)(posts).mentions
    assert len(mentions) > 0
    assert all(artifact.content_hash[:12] in name for name in mentions[Columns.EXTRACTOR])


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=2), st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
def test_chances_add_up_and_rare_labels_keep_theirs(odds, beside):
    shares = np.array([beside]) / np.sum(beside)
    chances = together("abcd", "bd", np.array([odds]), shares)
    assert chances.sum() == pytest.approx(1)
    assert chances[0, [0, 2]] == pytest.approx(shares[0, [0, 2]])
