"""The retriever as a component: what holds for any catalogue, also while it changes."""

import numpy as np
import polars as pl
import pytest

from broadsheet.core.artifacts import Manifest, read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.embeddings import Embeddings
from broadsheet.core.errors import NotFittedError, RecordError
from broadsheet.core.schema import ArtifactKind, Columns, Item
from broadsheet.retrieve.fit import RetrieverConfig
from broadsheet.retrieve.retriever import Ask, Retriever

COUNT = 40
CONFIG = RetrieverConfig(size="tiny", levels=2, epochs=12, id_epochs=6, batch=150, dropout=0.1, beam=20, top=20, longest=8)
CATALOGUE = Catalogue([Item(id=f"i{number}", title=f"Item {number}", categories=(f"quarter {number // 10}",)) for number in range(COUNT)])
RNG = np.random.default_rng(0)
# A ring: who had an item takes the next one; a query is the noisy vector of the item that it found.
HISTORIES = [[f"i{(start + step) % COUNT}" for step in range(6)] for start in RNG.integers(COUNT, size=120)]
VECTORS = RNG.normal(size=(COUNT, 12)).astype(np.float32)
QUERIES = [(VECTORS[number] + 0.1 * RNG.normal(size=12).astype(np.float32), f"i{number}") for number in np.tile(np.arange(COUNT), 5)]


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    return Retriever(CONFIG).fit(CATALOGUE, tmp_path_factory.mktemp("bundle") / "a", histories=HISTORIES, queries=QUERIES)


@pytest.fixture
def retriever(artifact):
    return Retriever.load(artifact)


def ids(answer):
    return [hit.item for hit in answer.hits]


def test_histories_and_queries_find_their_items_in_one_model(retriever):
    histories = [Ask([f"i{number}", f"i{(number + 1) % COUNT}"]) for number in range(0, COUNT, 3)]
    wanted = [f"i{(number + 2) % COUNT}" for number in range(0, COUNT, 3)]
    assert np.mean([want in ids(answer)[:5] for want, answer in zip(wanted, retriever(histories), strict=True)]) > 0.7
    queries = [Ask(query=vector) for vector in VECTORS]
    assert np.mean([f"i{number}" in ids(answer)[:5] for number, answer in enumerate(retriever(queries))]) > 0.7


def test_what_is_loaded_answers_as_what_was_fitted_and_the_same_seed_fits_the_same(artifact, tmp_path):
    fresh = Retriever(CONFIG)
    again = fresh.fit(CATALOGUE, tmp_path / "b", histories=HISTORIES, queries=QUERIES)
    assert again.content_hash == artifact.content_hash
    asked = [Ask(["i3"]), Ask(query=VECTORS[7]), Ask(["i1", "i2"], VECTORS[3])]
    loaded = Retriever.load(read_artifact(artifact.path, ArtifactKind.RETRIEVER))
    assert fresh(asked) == loaded(asked)
    assert artifact.manifest.models["retriever"] == loaded.model
    assert artifact.manifest.metrics["collisions"] == 0


def test_a_filter_gives_k_answers_wherever_k_items_pass_it(retriever):
    few = [f"i{number}" for number in (1, 5, 9, 30, 31, 32, 33)]
    answers = retriever([Ask(["i30"]), Ask(query=VECTORS[0])], 6, allowed=few)
    assert set(ids(answers[0])) == set(few) - {"i30"}
    assert len(ids(answers[1])) == 6
    assert retriever([Ask(["i1"])], 3, allowed=["i1"])[0].hits == []
    assert len(retriever([Ask(["i1"])], COUNT)[0].hits) == COUNT - 1


def test_what_was_had_or_is_hidden_is_not_given_again_and_unknown_ids_are_reported(retriever):
    answer = retriever([Ask(["i3", "nobody", "i4"], hidden=["i5"])], COUNT)[0]
    assert answer.unknown == ("nobody",)
    assert not {"i3", "i4", "i5"} & set(ids(answer))
    stranger = retriever([Ask(["nobody"])])[0]
    assert len(stranger.hits) == 10


def test_items_come_and_go_without_training(retriever):
    before = retriever([Ask(["i20", "i21"])], 10)[0]
    retriever.delete(ids(before)[0])
    assert ids(before)[0] not in ids(retriever([Ask(["i20", "i21"])], COUNT)[0])
    code = retriever.insert("new", {"categories": ["quarter 2"]})
    assert len(code) == 2
    found = retriever([Ask(["i20", "i21"])], COUNT)[0]
    assert "new" in ids(found)
    assert len(retriever([Ask(["new"])], 5)[0].hits) == 5
    assert len({hit.semantic_id for hit in found.hits}) == len(found.hits)
    for call in (lambda: retriever.insert("new"), lambda: retriever.delete("nobody")):
        with pytest.raises(RecordError) as error:
            call()
        assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize("count", [0, 1, 2])
def test_tiny_catalogues_without_data_are_fitted_and_say_that_nothing_was_trained(count, tmp_path):
    made = Retriever(CONFIG).fit(Catalogue(CATALOGUE.items[:count]), tmp_path / "a")
    assert "not trained" in made.manifest.models["retriever"]
    answers = Retriever.load(made)([Ask(), Ask(["i0"])])
    assert [len(answer.hits) for answer in answers] == [count, max(0, count - 1)]


def test_before_a_fit_and_with_wrong_data_the_error_says_what_to_do(tmp_path, retriever):
    with pytest.raises(NotFittedError):
        Retriever()([Ask()])
    with pytest.raises(RecordError, match="not in the catalogue"):
        Retriever(CONFIG).fit(CATALOGUE, tmp_path / "a", histories=[["i1", "i77"]])
    with pytest.raises(RecordError, match="A query of 3 numbers"):
        retriever([Ask(query=np.zeros(3))])


def test_configuration_round_trip():
    assert RetrieverConfig.model_validate_json(CONFIG.model_dump_json()) == CONFIG
    with pytest.raises(ValueError, match="extra"):
        RetrieverConfig(no_such_field=1)


def test_the_command_line_fits_a_bundle_and_answers_within_a_category(tmp_path):
    import json

    from typer.testing import CliRunner

    from broadsheet.cli import app

    (tmp_path / "sequences.txt").write_text("\n".join(f"{user} {' '.join(item[1:] for item in row)}" for user, row in enumerate(HISTORIES)))
    (tmp_path / "item2attributes.json").write_text(json.dumps({str(number): [f"q{number // 10}"] for number in range(COUNT)}))
    bundle = tmp_path / "bundle"
    settings = [
        part for name, value in (("size", "tiny"), ("levels", 2), ("epochs", 2), ("id_epochs", 1), ("batch", 150)) for part in ("--set", f"{name}={value}")
    ]
    done = CliRunner().invoke(app, ["retrieve", "fit", "--data", str(tmp_path), "--out", str(bundle), *settings, "--json"])
    assert json.loads(done.stdout)["metrics"]["collisions"] == 0
    done = CliRunner().invoke(app, ["retrieve", "run", str(bundle), "--history", "3,4,77", "--category", "q1", "-k", "20", "--json"])
    (answer,) = json.loads(done.stdout)["answers"]
    assert sorted(int(hit["item"]) for hit in answer["hits"]) == list(range(10, 20))
    assert answer["unknown"] == ["77"]
    done = CliRunner().invoke(app, ["retrieve", "run", str(bundle), "--category", "q9"])
    assert "did you mean" in str(done.exception).lower() or "No item" in str(done.exception)


def embedded(name, vectors, folder):
    """Vectors of the catalogue as `embed_catalogue` writes them."""
    manifest = Manifest(kind=ArtifactKind.EMBEDDINGS, models={"embedder": name})
    items = pl.DataFrame({Columns.ITEM: list(CATALOGUE.ids), Columns.TEXT_HASH: [""] * COUNT})
    return Embeddings(write_artifact(folder / name, manifest, {"vectors": {"vectors": vectors}}, {"items": items}))


def test_modalities_keep_their_order_and_a_newcomer_is_placed_by_them_after_loading_too(tmp_path):
    rng = np.random.default_rng(8)
    text, image = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True), rng.normal(size=(COUNT, 9)).astype(np.float32)
    contents = {"text": embedded("text", text, tmp_path), "image": embedded("image", image, tmp_path)}
    config = CONFIG.model_copy(update={"own": False, "taste": 5.0, "epochs": 4, "id_epochs": 2})
    fresh = Retriever(config)
    loaded = Retriever.load(fresh.fit(CATALOGUE, tmp_path / "bundle", histories=HISTORIES, contents=contents))
    asked = [Ask(["i3"]), Ask(["i1", "i2"]), Ask()]
    assert fresh(asked) == loaded(asked)
    said = {"text": text[7], "image": image[7]}
    for one in (fresh, loaded):
        one.delete("i7")
    assert fresh.insert("new", {"categories": ["quarter 0"]}, said) == loaded.insert("new", {"categories": ["quarter 0"]}, said)
    assert fresh(asked, COUNT) == loaded(asked, COUNT)
    assert "new" in ids(loaded([Ask(["i3"])], COUNT)[0])
