"""The retriever as a component: what holds for any catalogue, also while it changes."""

import numpy as np
import polars as pl
import pytest

from broadsheet.core.artifacts import Manifest, read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.embeddings import Embeddings
from broadsheet.core.errors import ArtifactError, ConfigError, NotFittedError, OutputError, RecordError
from broadsheet.core.schema import ArtifactKind, Columns, Item
from broadsheet.retrieve.fit import RetrieverConfig
from broadsheet.retrieve.living import ALIKE
from broadsheet.retrieve.retriever import Ask, Retriever, open_retriever

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
    assert {"purity@1", "purity_chance", "popularity_skew"} <= set(artifact.manifest.metrics)


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


def test_a_request_of_nothing_known_is_answered_by_what_most_had(retriever):
    counts = {item: sum(row.count(item) for row in HISTORIES) for item in CATALOGUE.ids}
    most = sorted(CATALOGUE.ids, key=lambda item: (-counts[item], int(item[1:])))
    for ask in (Ask(), Ask(["nobody"])):
        answer = retriever([ask], COUNT)[0]
        assert answer.popular
        assert ids(answer) == most
    few = ["i3", "i7", most[0]]
    answer = retriever([Ask(hidden=["i3"])], 5, allowed=few)[0]
    assert set(ids(answer)) == {"i7", most[0]}
    assert not retriever([Ask(["i3"])])[0].popular
    assert not retriever([Ask(query=VECTORS[0])])[0].popular


def test_an_item_that_is_gone_still_says_something_of_who_had_it(retriever):
    before = retriever([Ask(["i20"])], COUNT)[0]
    retriever.delete("i20")
    after = retriever([Ask(["i20"])], COUNT)[0]
    assert after.unknown == ()
    assert ids(after) == ids(before)


@pytest.mark.parametrize("asked", [Ask(["i20", "i21"]), Ask(query=VECTORS[5])])
def test_neither_a_filter_nor_what_is_hidden_changes_the_score_of_another_item(retriever, asked):
    plain = {hit.item: hit for hit in retriever([asked], COUNT)[0].hits}
    for kept, hidden in ((["i1", "i2", "i30"], ()), (None, ["i22", "i5"])):
        for hit in retriever([asked._replace(hidden=hidden)], COUNT, allowed=kept)[0].hits:
            assert hit.dense == pytest.approx(plain[hit.item].dense, abs=1e-4)
            assert hit.generative == pytest.approx(plain[hit.item].generative, abs=1e-4)
            assert hit.score == pytest.approx(plain[hit.item].score, abs=1e-4)


def test_what_all_chose_last_is_learnt(tmp_path):
    last = [[f"i{number}" for number in RNG.permutation(30)[:4]] + ["i39"] for _ in range(200)]
    config = CONFIG.model_copy(update={"epochs": 30})
    made = Retriever.load(Retriever(config).fit(CATALOGUE, tmp_path / "a", histories=last))
    assert ids(made([Ask(["i1", "i2", "i3", "i4"])], 1)[0]) == ["i39"]


def test_what_is_no_request_and_no_item_is_refused_in_two_lines(retriever):
    wide = np.zeros(12, dtype=np.float32)
    for call, says in (
        (lambda: retriever([Ask("i1")]), "no request"),
        (lambda: retriever(Ask(["i1"])), "no request"),
        (lambda: retriever([Ask(["i1"])], 0), "0 items"),
        (lambda: retriever([Ask(query=wide + np.nan)]), "finite"),
        (lambda: retriever.insert("n", {"categorys": ["quarter 1"]}), "Did you mean 'categories'"),
        (lambda: retriever.insert("n", {"categories": "quarter 1"}), "one word"),
        (lambda: retriever.insert("n", {}, {"text": wide}), "no vectors 'text'"),
    ):
        with pytest.raises(RecordError, match=says) as error:
            call()
        assert len(str(error.value).splitlines()) == 2
    assert "n" not in ids(retriever([Ask(["i1"])], COUNT + 1)[0])


def test_a_newcomer_brings_its_title_and_a_category_of_its_own(retriever):
    retriever.insert("new", {"categories": ["quarter 2", "quarter 9"]}, title="A new one")
    (hit,) = retriever([Ask(["i20"])], 5, allowed=retriever.of_categories(["quarter 9"]))[0].hits
    assert (hit.item, hit.title) == ("new", "A new one")


def test_a_newcomer_is_as_long_as_those_of_which_the_most_alike_is_said(retriever):
    table = retriever._ready().model.table
    said = table.said().detach().numpy()
    new = table.newcomer({"categories": [2]}, {}).detach().numpy()
    alike = np.argsort(-(said / np.linalg.norm(said, axis=1, keepdims=True)) @ new, kind="stable")[:ALIKE]
    retriever.insert("new", {"categories": ["quarter 2"]})
    lengths = np.linalg.norm(retriever._ready().vectors, axis=1)
    assert lengths[COUNT] == pytest.approx(lengths[alike].mean(), rel=0.02)


def test_an_empty_catalogue_takes_its_first_item(tmp_path):
    made = Retriever.load(Retriever(CONFIG).fit(Catalogue([]), tmp_path / "a"))
    made.insert("first")
    assert ids(made([Ask()], 3)[0]) == ["first"]


def test_sequences_of_which_nothing_is_said_are_learnt_from(tmp_path):
    bare = Catalogue([Item(id=item, title="") for item in CATALOGUE.ids])
    made = Retriever.load(Retriever(CONFIG).fit(bare, tmp_path / "a", histories=HISTORIES))
    assert "i22" in ids(made([Ask(["i20", "i21"])], 3)[0])


def test_a_bundle_whose_settings_were_edited_is_refused_in_two_lines(artifact, tmp_path):
    import json
    import shutil

    shutil.copytree(artifact.path, tmp_path / "b")
    held = json.loads((tmp_path / "b" / "manifest.json").read_text())
    (tmp_path / "b" / "manifest.json").write_text(json.dumps({**held, "config": {**held["config"], "levels": "three"}}))
    with pytest.raises(ArtifactError) as error:
        open_retriever(tmp_path / "b")
    assert len(str(error.value).splitlines()) == 2


def test_taste_without_vectors_to_go_by_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="taste"):
        Retriever(CONFIG.model_copy(update={"taste": 3.0})).fit(CATALOGUE, tmp_path / "a", histories=HISTORIES)


def test_a_fit_that_is_stopped_goes_on_to_the_same_bundle_and_leaves_no_checkpoint(artifact, tmp_path, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("broadsheet.retrieve.retriever.first", stopped)
        with pytest.raises(KeyboardInterrupt):
            Retriever(CONFIG).fit(CATALOGUE, tmp_path / "a", histories=HISTORIES, queries=QUERIES, checkpoints=tmp_path / "checkpoints")
    steps = []
    again = Retriever(CONFIG).fit(
        CATALOGUE,
        tmp_path / "a",
        histories=HISTORIES,
        queries=QUERIES,
        checkpoints=tmp_path / "checkpoints",
        progress=lambda step, done, total: steps.append((step, done, total)),
    )
    assert again.manifest.files == artifact.manifest.files
    assert not [done for step, done, total in steps if step == "collab" and 0 < done < total]
    assert not list((tmp_path / "checkpoints").iterdir())


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
    (tmp_path / "items.jsonl").write_text(
        "\n".join(json.dumps({"id": number, "title": f"Pot of colour {number}", "categories": [f"q{number // 10}"]}) for number in range(COUNT))
    )
    bundle = tmp_path / "bundle"
    settings = [
        part for name, value in (("size", "tiny"), ("levels", 2), ("epochs", 2), ("id_epochs", 1), ("batch", 150)) for part in ("--set", f"{name}={value}")
    ]
    done = CliRunner().invoke(app, ["retrieve", "fit", "--data", str(tmp_path), "--out", str(bundle), *settings, "--json"])
    assert json.loads(done.stdout)["metrics"]["collisions"] == 0
    assert "120 users, 120 with two items or more, 720 events, 40 items\ncategories of 40 items\ntitles of 40 items" in done.stderr
    (again,) = json.loads(CliRunner().invoke(app, ["retrieve", "run", str(bundle), "--query", "pot of colour 7", "-k", "3", "--json"]).stdout)["answers"]
    assert len(again["hits"]) == 3
    for out in (tmp_path, bundle / "weights.safetensors"):
        before = sorted(path.name for path in tmp_path.iterdir())
        done_wrong = CliRunner().invoke(app, ["retrieve", "fit", "--data", str(tmp_path), "--out", str(out), *settings])
        assert isinstance(done_wrong.exception, OutputError)
        assert sorted(path.name for path in tmp_path.iterdir()) == before
    plain = CliRunner().invoke(app, ["retrieve", "fit", "--data", str(tmp_path), "--out", str(bundle), "--no-texts", *settings])
    assert "titles of 40 items, not used" in plain.stderr
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
