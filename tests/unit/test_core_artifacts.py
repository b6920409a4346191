"""Artefacts: a folder with a manifest, written whole, checked when opened."""

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from broadsheet import __version__
from broadsheet.core.artifacts import SCHEMA_VERSION, Artifact, Manifest, check_replaceable, load_artifact, read_artifact, write_artifact
from broadsheet.core.errors import ArtifactError, OutputError
from broadsheet.core.schema import ArtifactKind

EMBEDDINGS = ArtifactKind.EMBEDDINGS


def written(path: Path, value: float = 1.0, **facts) -> Artifact:
    manifest = Manifest(kind=EMBEDDINGS, config={"size": "tiny"}, models={"embedder": "letters"}, **facts)
    return write_artifact(path, manifest, {"vectors": {"vectors": np.full((2, 3), value)}}, {"items": pl.DataFrame({"id": ["a", "b"]})})


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


def edit(path: Path, **facts) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**manifest, **facts}))


def test_what_is_written_is_read_back(tmp_path):
    made = written(tmp_path / "a", seed=7)
    again = read_artifact(tmp_path / "a", EMBEDDINGS)
    assert again == made
    assert again.tensors("vectors")["vectors"].tolist() == [[1, 1, 1], [1, 1, 1]]
    assert again.frame("items")["id"].to_list() == ["a", "b"]
    assert again.manifest.seed == 7
    assert again.manifest.package_version == __version__


def test_tensors_keep_their_shape_and_type(tmp_path):
    kinds = {
        "scalar": np.array(0.5),
        "empty": np.zeros((0, 3), dtype=np.float16),
        "turned": np.arange(6).reshape(2, 3).T,
        "every other": np.arange(10, dtype=np.int32)[::2],
        "truth": np.array([True, False]),
        "big-endian": np.array([1, 2], dtype=">f8"),
    }
    write_artifact(tmp_path / "a", Manifest(kind=EMBEDDINGS), {"all": kinds})
    read = read_artifact(tmp_path / "a", EMBEDDINGS).tensors("all")
    assert {name: (value.shape, value.dtype.name) for name, value in read.items()} == {name: (value.shape, value.dtype.name) for name, value in kinds.items()}
    assert all(np.array_equal(read[name], value) for name, value in kinds.items())


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    one, two = written(tmp_path / "one"), written(tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert one.content_hash == two.content_hash


def test_other_inputs_give_another_content_hash(tmp_path):
    made = [
        written(tmp_path / "a"),
        written(tmp_path / "b", 2.0),
        written(tmp_path / "c", seed=1),
        written(tmp_path / "d", parents={"catalogue": "0"}),
        written(tmp_path / "e", metrics={"recall@10": 0.5}),
    ]
    assert len({artifact.content_hash for artifact in made}) == len(made)


@pytest.mark.parametrize("value", [0.1, math.inf, math.nan])
def test_the_content_hash_outlives_reading_back(tmp_path, value):
    made = written(tmp_path / "a", metrics={"recall@10": value})
    assert read_artifact(tmp_path / "a", EMBEDDINGS).content_hash == made.content_hash


def test_nothing_in_it_is_pickled(tmp_path):
    written(tmp_path / "a")
    assert sorted(contents(tmp_path / "a")) == ["items.parquet", "manifest.json", "vectors.safetensors"]


def test_a_manifest_alone_is_an_artefact(tmp_path):
    made = write_artifact(tmp_path / "a", Manifest(kind=ArtifactKind.EMBEDDER))
    assert read_artifact(tmp_path / "a", ArtifactKind.EMBEDDER) == made
    assert made.manifest.files == {}


def flip_last_byte(path: Path) -> None:
    data = (path / "vectors.safetensors").read_bytes()
    (path / "vectors.safetensors").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (flip_last_byte, "vectors.safetensors is missing or was changed"),
        (lambda path: (path / "items.parquet").write_bytes(b""), "items.parquet is missing or was changed"),
        (lambda path: (path / "items.parquet").unlink(), "items.parquet is missing or was changed"),
        (lambda path: (path / "manifest.json").unlink(), "no artefact"),
        (lambda path: ((path / "manifest.json").unlink(), (path / "manifest.json").mkdir()), "cannot be read"),
        (lambda path: (path / "manifest.json").write_text('{"kind": "embedd'), "not a manifest"),
        (lambda path: (path / "manifest.json").write_bytes(b"\xff\xfe"), "not a manifest"),
        (lambda path: (path / "manifest.json").write_text("[]"), "not a manifest"),
        (lambda path: edit(path, no_such_field=1), "not a manifest"),
    ],
)
def test_damage_is_noticed_when_it_is_opened(tmp_path, damage, says):
    written(tmp_path / "a")
    damage(tmp_path / "a")
    with pytest.raises(ArtifactError, match=says) as error:
        read_artifact(tmp_path / "a", EMBEDDINGS)
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize("name", ["nowhere", "empty", "file", "file/below"])
def test_a_path_that_holds_none_is_an_error_of_two_lines(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("text")
    with pytest.raises(ArtifactError, match="no artefact") as error:
        read_artifact(tmp_path / name, EMBEDDINGS)
    assert len(str(error.value).splitlines()) == 2


def test_another_kind_is_refused(tmp_path):
    written(tmp_path / "a")
    with pytest.raises(ArtifactError, match="holds embeddings, not embedder"):
        read_artifact(tmp_path / "a", ArtifactKind.EMBEDDER)


@pytest.mark.parametrize("facts", [{}, {"field_of_tomorrow": 1}, {"kind": "kind-of-tomorrow"}])
def test_a_newer_schema_asks_for_an_upgrade_whatever_else_it_brings(tmp_path, facts):
    written(tmp_path / "a")
    edit(tmp_path / "a", schema_version=SCHEMA_VERSION + 1, **facts)
    with pytest.raises(ArtifactError, match="newer") as error:
        read_artifact(tmp_path / "a", EMBEDDINGS)
    assert "pip install -U broadsheet" in error.value.mend


def test_a_file_that_is_not_in_it_is_an_error_that_says_what_is(tmp_path):
    with pytest.raises(ArtifactError) as error:
        written(tmp_path / "a").frame("nothing")
    assert "nothing.parquet" in error.value.what
    assert "items.parquet" in error.value.mend


def test_a_write_that_fails_midway_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(pl.DataFrame, "write_parquet", fail)
    with pytest.raises(OutputError, match="No space left"):
        written(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_artefact_outlives_a_rewrite_that_fails(tmp_path, monkeypatch):
    before = written(tmp_path / "a")
    monkeypatch.setattr(pl.DataFrame, "write_parquet", fail)
    with pytest.raises(OutputError):
        written(tmp_path / "a", 2.0)
    assert read_artifact(tmp_path / "a", EMBEDDINGS) == before
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_what_is_no_artefact_of_the_kind_is_never_replaced(tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "mine.txt").write_text("kept")
    written(tmp_path / "other")
    (tmp_path / "file").write_text("kept")
    other = Manifest(kind=ArtifactKind.RETRIEVER)
    for name in ("notes", "other", "file"):
        for call in (lambda path: write_artifact(path, other), lambda path: check_replaceable(path, ArtifactKind.RETRIEVER)):
            with pytest.raises(OutputError) as error:
                call(tmp_path / name)
            assert len(str(error.value).splitlines()) == 2
    assert (notes / "mine.txt").read_text() == "kept"
    assert contents(tmp_path / "other")
    (tmp_path / "empty").mkdir()
    assert write_artifact(tmp_path / "empty", other).path.is_dir()


def test_a_folder_that_is_replaced_while_it_is_read_is_one_or_the_other(tmp_path):
    import threading

    path, done, seen = tmp_path / "a", threading.Event(), []
    written(path, 0.0, seed=0)

    def swap() -> None:
        for number in range(1, 60):
            written(path, float(number), seed=number)
        done.set()

    writer = threading.Thread(target=swap)
    writer.start()
    while not done.is_set():
        kind = ArtifactKind.EMBEDDINGS
        seen.append(load_artifact(path, kind, lambda found: (found.manifest.seed, float(next(iter(found.tensors("vectors").values())).flat[0]))))
    writer.join()
    assert all(seed == value for seed, value in seen)
    # Without a second look: what was opened is gone, and is said to be.
    opened = read_artifact(path, ArtifactKind.EMBEDDINGS)
    written(path, 7.5, seed=3)
    with pytest.raises(ArtifactError, match="changed"):
        opened.tensors("vectors")


def test_a_rewrite_leaves_no_file_of_the_one_before(tmp_path):
    written(tmp_path / "a")
    write_artifact(tmp_path / "a", Manifest(kind=EMBEDDINGS))
    assert sorted(contents(tmp_path / "a")) == ["manifest.json"]


def fail(*_) -> None:
    raise OSError(28, "No space left on device")
