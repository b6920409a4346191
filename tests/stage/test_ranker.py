"""The ranker as a component: plain lists of ids, users it was told of, items that come later."""

import numpy as np
import polars as pl
import pytest

from broadsheet.core.artifacts import Manifest, read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.config import build
from broadsheet.core.embeddings import Embeddings
from broadsheet.core.errors import ArtifactError, ConfigError, NotFittedError, OutputError, RecordError
from broadsheet.core.schema import ArtifactKind, Item
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.ranker import Ranker, open_ranker

COUNT = 40
CONFIG = RankerConfig(size="tiny", epochs=40, batch=150, dropout=0.1, longest=8)
CATALOGUE = Catalogue([Item(id=f"i{number}", title=f"Item {number}", categories=(f"quarter {number // 10}",)) for number in range(COUNT)])
# A ring: who had an item takes the next one.
HISTORIES = [[f"i{(start + step) % COUNT}" for step in range(6)] for start in np.random.default_rng(0).integers(COUNT, size=120)]


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    return Ranker(CONFIG).fit(CATALOGUE, tmp_path_factory.mktemp("bundle") / "a", histories=HISTORIES)


@pytest.fixture
def ranker(artifact):
    return Ranker.load(artifact)


def ids(ranking):
    return [hit.item for hit in ranking.hits]


def test_what_comes_next_is_found_for_a_plain_list_of_ids(ranker):
    found = [ranker.rank([f"i{number}", f"i{(number + 1) % COUNT}"], 3) for number in range(COUNT)]
    assert np.mean([f"i{(number + 2) % COUNT}" in ids(ranking) for number, ranking in enumerate(found)]) > 0.9
    assert all(0 <= hit.probability <= 1 for ranking in found for hit in ranking.hits)
    whole = ranker.rank(["i1", "i2"], COUNT, exclude_seen=False)
    assert sum(hit.probability for hit in whole.hits) == pytest.approx(1, abs=1e-3)
    assert ranker([["i1", "i2"]], 3) == [ranker.rank(["i1", "i2"], 3)]


def test_what_is_loaded_answers_as_what_was_fitted_and_the_same_seed_fits_the_same(artifact, tmp_path):
    fresh = Ranker(CONFIG)
    assert fresh.fit(CATALOGUE, tmp_path / "b", histories=HISTORIES).content_hash == artifact.content_hash
    loaded = Ranker.load(read_artifact(artifact.path, ArtifactKind.SEQUENCE_RANKER))
    assert fresh.rank(["i3", "i4"]) == loaded.rank(["i3", "i4"])
    assert artifact.manifest.models["ranker"] == loaded.model
    assert artifact.manifest.models["backbone"] == "native, 1 layers of 32"
    assert loaded.config == CONFIG
    stages = artifact.frame("stages")
    assert stages["stage"].to_list() == ["text", "collaborative", "joint"]
    assert {"last_loss", "ndcg@10", "gate categories", "gradient_share_text", "gradient_norm", "frozen_hash"} <= set(stages.columns)
    assert open_ranker(artifact.path).model == loaded.model


def test_candidates_alone_are_ranked_and_what_was_had_is_left_out_if_it_is_to_be(ranker):
    assert set(ids(ranker.rank(["i1", "i2"], 9, ["i9", "i3", "i1", "i3"]))) == {"i9", "i3"}
    assert ids(ranker.rank(["i1", "i2"], 9, ["i9", "i3", "i1"]))[0] == "i3"
    assert "i1" in ids(ranker.rank(["i1", "i2"], 9, ["i9", "i3", "i1"], exclude_seen=False))
    assert len(ranker.rank(["i1", "i2"], COUNT).hits) == COUNT - 2
    everything, few = ranker.rank(["i1", "i2"], COUNT), ranker.rank(["i1", "i2"], 5, ["i30", "i31"])
    scores = {hit.item: hit for hit in everything.hits}
    assert all(hit == scores[hit.item] for hit in few.hits)


def test_an_unknown_id_is_reported_and_the_rest_is_answered(ranker):
    ranking = ranker.rank(["i3", "nobody", "i4"], 3, ["i5", "nothing", "i6"])
    assert ranking.unknown == ("nobody", "nothing")
    assert ids(ranking)[0] == "i5"


def test_candidates_that_the_history_has_are_told(ranker):
    assert ranker.rank(["i1", "i2"], 3, ["i2", "i3"]).seen == ("i2",)
    assert ranker.rank(["i1", "i2"], 3, ["i2", "i3"], exclude_seen=False).seen == ()
    assert ranker.rank(["i1", "i2"], 3).seen == ()


@pytest.mark.parametrize(
    "asked",
    [
        lambda ranker: ranker.rank([1, 2]),
        lambda ranker: ranker.rank("i1"),
        lambda ranker: ranker.rank(["i1"], 0),
        lambda ranker: ranker.rank_user("ada", -3),
        lambda ranker: ranker.rank(["i1"], candidates=[3]),
        lambda ranker: ranker.rank_users(["ada"], candidates=[3]),
        lambda ranker: ranker.rank(["i1"], times=[float("nan")]),
        lambda ranker: ranker.append("ada", 4),
        lambda ranker: ranker.append("ada", "i4", float("nan")),
        lambda ranker: ranker.append("ada", "i4", "2020-01-01"),
        lambda ranker: ranker.take_back("ada", 4),
        lambda ranker: ranker.put(41, attributes={"categories": ["quarter 1"]}),
        lambda ranker: ranker.put("new", attributes={"brand": ["Acme"]}),
    ],
)
def test_a_request_that_is_none_is_told_in_two_lines(ranker, asked):
    with pytest.raises(RecordError) as told:
        asked(ranker)
    assert len(str(told.value).splitlines()) == 2
    assert not ranker.users.history("ada")


def test_nothing_known_is_answered_by_what_most_had(ranker):
    counts = {item: sum(row[:-1].count(item) for row in HISTORIES) for item in CATALOGUE.ids}
    for history in ([], ["nobody"]):
        ranking = ranker.rank(history, 5)
        assert ranking.popular
        assert [counts[item] for item in ids(ranking)] == sorted(counts.values(), reverse=True)[:5]
    assert not ranker.rank(["i1"]).popular


def test_a_user_is_told_of_an_event_at_a_time_and_has_what_the_whole_list_has(ranker):
    for item in ("i1", "i2", "i3"):
        ranker.append("ada", item)
    for item in ("i7", "i8"):
        ranker.append("bob", item)
    listed = [ranker.rank(row, 5) for row in (["i1", "i2", "i3"], ["i7", "i8"])]
    for one, other in zip(ranker.rank_users(["ada", "bob"], 5), listed, strict=True):
        assert ids(one) == ids(other)
        assert [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in other.hits], abs=0.5)
    ranker.take_back("ada", "i3")
    assert ids(ranker.rank_user("ada", 3)) == ids(ranker.rank(["i1", "i2"], 3))
    assert ranker.rank_user("nobody", 3).popular
    with pytest.raises(RecordError, match="i9x"):
        ranker.append("ada", "i9x")
    with pytest.raises(RecordError, match="no event"):
        ranker.take_back("ada", "i30")


def test_a_new_item_is_ranked_at_once_and_a_copy_stands_beside_its_twin(tmp_path, embedded):
    made = Ranker(CONFIG.model_copy(update={"own": False, "epochs": 60.0})).fit(CATALOGUE, tmp_path / "a", histories=HISTORIES, contents={"text": embedded})
    ranker = Ranker.load(made)
    vectors = dict(zip(embedded.ids, embedded.vectors, strict=True))
    before = [ids(ranker.rank([f"i{number - 2}", f"i{number - 1}"], COUNT)).index(f"i{number}") for number in range(2, COUNT)]
    ranker.append("ada", "i10")
    for number in range(2, COUNT):
        ranker.put(f"copy {number}", "A copy", attributes={"categories": [f"quarter {number // 10}"]}, contents={"text": vectors[f"i{number}"]})
    after = ranker.rank(["i10", "i11"], 4)
    places = ids(ranker.rank(["i10", "i11"], len(ranker)))
    assert abs(places.index("copy 12") - places.index("i12")) == 1
    assert after.hits[0].title in {"Item 12", "A copy"}
    assert np.median(before) <= 1
    ranker.append("ada", "copy 11")
    assert {"i12", "copy 12"} & set(ids(ranker.rank_user("ada", 3)))
    with pytest.raises(RecordError, match="already"):
        ranker.put("copy 12", contents={"text": vectors["i1"]})
    with pytest.raises(RecordError, match="Nothing is said"):
        ranker.put("bare")
    with pytest.raises(RecordError, match="finite"):
        ranker.put("odd", contents={"text": np.zeros(3)})
    with pytest.raises(RecordError, match="no vectors"):
        ranker.put("odd", contents={"txt": np.zeros(3)})
    with pytest.raises(RecordError, match="one word"):
        ranker.put("odd", attributes={"categories": "quarter 1"})


def test_a_new_item_is_liked_by_the_usual_user_as_the_mean_item_where_items_have_priors(tmp_path, embedded):
    config = CONFIG.model_copy(update={"prior": True, "order": "joint", "epochs": 10.0})
    ranker = Ranker.load(Ranker(config).fit(CATALOGUE, tmp_path / "a", histories=HISTORIES, contents={"text": embedded}))
    ranker.put("new", contents={"text": -embedded.vectors.sum(axis=0)})
    _, _, outputs = ranker.parts()
    usual = ranker._usual
    assert float(outputs[-1] @ usual.state) == pytest.approx(usual.level, abs=1e-3)
    assert float((outputs[:COUNT] @ usual.state).mean()) == pytest.approx(usual.level, abs=1e-3)
    assert Ranker.load(Ranker(CONFIG.model_copy(update={"epochs": 1.0})).fit(CATALOGUE, tmp_path / "b", histories=HISTORIES))._usual is None


@pytest.fixture
def embedded(tmp_path):
    """Vectors of the items, as an artefact of embeddings has them."""

    rng = np.random.default_rng(3)
    frame = pl.DataFrame({"item": list(CATALOGUE.ids), "text_hash": [str(number) for number in range(COUNT)]})
    manifest = Manifest(kind=ArtifactKind.EMBEDDINGS, models={"embedder": "random"})
    vectors = {"vectors": rng.normal(size=(COUNT, 24)).astype(np.float32)}
    return Embeddings(write_artifact(tmp_path / "embedded", manifest, {"vectors": vectors}, {"items": frame}))


@pytest.mark.parametrize("items", [0, 1])
def test_tiny_catalogues(tmp_path, items):
    made = Ranker(CONFIG).fit(Catalogue(list(CATALOGUE)[:items]), tmp_path / "a", histories=[["i0"]] * items)
    ranker = Ranker.load(made)
    assert made.manifest.models["ranker"].endswith("not trained")
    assert not ranker.trained
    assert ranker.rank(["x"], 3).unknown == ("x",)
    assert len(ranker.rank([], 3).hits) == items


def test_what_is_no_request_and_what_is_no_log_is_refused(ranker, tmp_path):
    with pytest.raises(RecordError, match="times"):
        ranker.rank(["i1", "i2"], times=[0.0])
    with pytest.raises(RecordError, match="i40"):
        Ranker(CONFIG).fit(CATALOGUE, tmp_path / "a", histories=[["i40", "i1"]])
    with pytest.raises(RecordError, match="order of its times"):
        Ranker(CONFIG).fit(CATALOGUE, tmp_path / "a", histories=[["i4", "i1"]], times=[[2.0, 1.0]])
    with pytest.raises(RecordError, match="no number"):
        Ranker(CONFIG).fit(CATALOGUE, tmp_path / "a", histories=[["i4", "i1"]], times=[[2.0, float("nan")]])
    with pytest.raises(RecordError, match="differ in number"):
        Ranker(CONFIG).fit(CATALOGUE, tmp_path / "a", histories=[["i4", "i1"]], times=[[2.0]])
    with pytest.raises(RecordError, match="passed over"):
        Ranker(CONFIG).fit(CATALOGUE, tmp_path / "a", histories=[["i4", "i1"]], passed=[[["i3"]]])
    with pytest.raises(NotFittedError):
        Ranker(CONFIG).rank(["i1"])
    with pytest.raises(ConfigError, match="epoch"):
        build(RankerConfig, {"epoch": 3}, "--set")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    with pytest.raises(OutputError):
        Ranker(CONFIG).fit(CATALOGUE, tmp_path / "other", histories=HISTORIES)
    with pytest.raises(ArtifactError):
        open_ranker(tmp_path / "nowhere")


def test_times_are_read_where_the_log_has_them(tmp_path):
    times = [[float(86_400 * place) for place in range(6)] for _ in HISTORIES]
    made = Ranker(CONFIG.model_copy(update={"epochs": 4.0})).fit(CATALOGUE, tmp_path / "a", histories=HISTORIES, times=times)
    ranker = Ranker.load(made)
    assert ranker.timed
    day, none = (ranker.rank(["i1", "i2"], 3, times=known) for known in ([0.0, 86_400.0], None))
    assert day != none
    ranker.append("ada", "i1", 0.0)
    ranker.append("ada", "i2", 86_400.0)
    assert [hit.score for hit in ranker.rank_user("ada", 3).hits] == pytest.approx([hit.score for hit in day.hits], abs=0.2)


def test_shuffling_what_users_had_last_changes_no_weight(tmp_path, artifact):
    """The last item chooses weights of earlier stages and the temperature, and trains nothing: with one stage no weight depends on it."""
    joint = CONFIG.model_copy(update={"order": "joint", "epochs": 3.0})
    last = [row[-1] for row in HISTORIES]
    shuffled = [[*row[:-1], item] for row, item in zip(HISTORIES, np.random.default_rng(5).permutation(last).tolist(), strict=True)]
    one, other = (Ranker(joint).fit(CATALOGUE, tmp_path / name, histories=rows) for name, rows in (("a", HISTORIES), ("b", shuffled)))
    assert all(np.array_equal(value, other.tensors("weights")[name]) for name, value in one.tensors("weights").items())
