"""Indexes against brute force: the k nearest, under any filter, after adding, removing, saving."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import MissingExtraError, RecordError, WeightsError
from broadsheet.core.index import ExactIndex, IndexConfig, IvfIndex, build_index, decode, encode, open_index, truncate
from broadsheet.core.schema import ArtifactKind, Item
from broadsheet.represent import TfidfEmbedder


def unit(seed, count, width=16):
    rows = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ids(count):
    return [f"i{n}" for n in range(count)]


def brute(vectors, query, k, mask=None):
    """The k nearest in float64, equal ones in order."""
    scores = vectors.astype(np.float64) @ query.astype(np.float64)
    rows = [row for row in sorted(range(len(vectors)), key=lambda row: (-scores[row], row)) if mask is None or mask[row]]
    return [f"i{row}" for row in rows[:k]]


@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 10_000))
def test_exact_is_brute_force_with_any_filter_and_any_k(count, k, seed):
    rng = np.random.default_rng(seed)
    vectors, query, mask = unit(seed, count), unit(seed + 1, 1)[0], rng.random(count) < 0.4
    index = ExactIndex(IndexConfig(format="float32")).build(ids(count), vectors)
    for allowed in (None, mask, [f"i{n}" for n in np.flatnonzero(mask)]):
        found = index.search(query, k, allowed)
        want = brute(vectors, query, k, None if allowed is None else mask)
        assert found.ids[0] == want
        assert found.scores.shape == (1, k)
        assert np.isneginf(found.scores[0, len(want) :]).all()
        assert (np.diff(found.scores[0, : len(want)]) <= 1e-6).all()


def test_equal_vectors_come_in_the_order_they_were_added_and_silent_ones_score_nothing():
    vectors = np.vstack([unit(1, 1), unit(1, 1), unit(1, 1), np.zeros((1, 16), dtype=np.float32), -unit(1, 1)])
    found = ExactIndex(IndexConfig(format="float32")).build(ids(5), vectors).search(unit(1, 1), 5)
    assert found.ids[0] == ["i0", "i1", "i2", "i4", "i3"]
    assert found.scores[0] == pytest.approx([1, 1, 1, -1, 0], abs=1e-6)


@pytest.mark.parametrize("kept", ["float32", "bfloat16", "int8"])
def test_a_format_keeps_what_it_promises_and_most_of_the_order(kept):
    vectors, queries = unit(3, 400, 64), unit(4, 40, 64)
    back = decode(encode(vectors, kept))
    bound = {"float32": 0.0, "bfloat16": 2.0**-8, "int8": 0.5 / 127}[kept]
    largest = np.abs(vectors) if kept == "bfloat16" else np.abs(vectors).max(axis=1, keepdims=True)
    assert (np.abs(back - vectors) <= bound * largest + 1e-7).all()
    index = build_index(ids(400), vectors, IndexConfig(format=kept))
    found = index.search(queries, 10)
    recall = np.mean([len(set(of) & set(brute(vectors, query, 10))) / 10 for of, query in zip(found.ids, queries, strict=True)])
    assert recall >= {"float32": 1.0, "bfloat16": 0.97, "int8": 0.93}[kept]


def test_bfloat16_rounds_as_torch_does():
    import torch

    vectors = unit(5, 50)
    assert np.array_equal(decode(encode(vectors, "bfloat16")), torch.from_numpy(vectors).to(torch.bfloat16).float().numpy())


def test_a_narrower_vector_is_its_beginning_of_length_one():
    vectors = np.vstack([unit(1, 3), np.zeros((1, 16), dtype=np.float32)])
    cut = truncate(vectors, 4)
    assert np.linalg.norm(cut, axis=1) == pytest.approx([1, 1, 1, 0])
    assert np.allclose(cut[0] * np.linalg.norm(vectors[0, :4]), vectors[0, :4])
    with pytest.raises(RecordError, match="cannot be cut"):
        truncate(vectors, 17)


@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_adding_and_removing_is_building_anew(kind, tmp_path):
    vectors = unit(6, 300)
    config = IndexConfig(kind=kind)
    index = build_index(ids(200), vectors[:200], config).add([f"i{n}" for n in range(200, 300)], vectors[200:])
    index.remove(["i5", "i250"])
    keep = [n for n in range(300) if n not in {5, 250}]
    anew = build_index([f"i{n}" for n in keep], vectors[keep], config)
    queries = unit(7, 10)
    assert index.search(queries, 5).ids == anew.search(queries, 5).ids
    again = open_index(read_artifact(index.save(tmp_path / "index").path, ArtifactKind.INDEX))
    assert type(again) is type(index)
    first, second = index.search(queries, 5), again.search(queries, 5)
    assert first.ids == second.ids
    assert np.array_equal(first.scores, second.scores)


def clustered(count, width=32):
    """Vectors in groups, as real ones are."""
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(40, width))
    rows = (centres[rng.integers(40, size=count)] + 0.6 * rng.normal(size=(count, width))).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_inverted_file_reaches_the_recall_that_was_asked_for_and_says_so():
    vectors = clustered(4000)
    index = IvfIndex(IndexConfig(kind="ivf", recall=0.95)).build(ids(4000), vectors)
    found = index.search(vectors[:100], 10)
    recall = np.mean([len(set(of) & set(brute(vectors, query, 10))) / 10 for of, query in zip(found.ids, vectors[:100], strict=True)])
    assert recall >= 0.9
    assert index.reached.low >= 0.95
    assert index.nprobe < index.metrics()["lists"]
    assert f"recall@10 {index.reached.mean:.3f}" in found.how
    assert IvfIndex(IndexConfig(kind="ivf")).build(ids(4000), vectors).search(vectors[:100], 10).ids == found.ids


@pytest.mark.parametrize("share", [0.001, 0.02, 0.5])
def test_the_inverted_file_gives_k_whenever_k_are_allowed(share):
    vectors = clustered(3000)
    index = IvfIndex(IndexConfig(kind="ivf", recall=0.8)).build(ids(3000), vectors)
    mask = np.random.default_rng(3).random(3000) < share
    found = index.search(vectors[:20], 10, mask)
    assert all(len(of) == min(10, mask.sum()) for of in found.ids)
    assert all(mask[int(i[1:])] for of in found.ids for i in of)


def test_an_empty_index_finds_nothing_and_one_item_is_found():
    for kind in (ExactIndex, IvfIndex):
        assert kind().build([], np.zeros((0, 0), dtype=np.float32)).search(unit(1, 2), 3).ids == [[], []]
        assert kind().build(["only"], unit(1, 1)).search(unit(2, 1), 3).ids == [["only"]]
        assert kind().build(["only"], unit(1, 1)).search(unit(2, 1), 3, ["nobody"]).ids == [[]]


def test_what_does_not_fit_is_refused_in_two_lines():
    index = ExactIndex().build(ids(3), unit(1, 3))
    broken = unit(1, 3)
    broken[1, 2] = np.nan
    for call, kind in [
        (lambda: index.build(ids(2), unit(1, 3)), RecordError),
        (lambda: index.build(["a", "a", "b"], unit(1, 3)), RecordError),
        (lambda: index.build(ids(3), broken), WeightsError),
        (lambda: index.add(["i1"], unit(1, 1)), RecordError),
        (lambda: index.search(unit(1, 1, 8), 1), RecordError),
        (lambda: index.search(broken, 1), WeightsError),
        (lambda: index.search(unit(1, 1), 0), RecordError),
        (lambda: index.search(unit(1, 1), 1, np.ones(7, dtype=bool)), RecordError),
    ]:
        with pytest.raises(kind) as error:
            call()
        assert len(str(error.value).splitlines()) == 2


def test_large_catalogues_get_the_inverted_file_and_the_index_names_what_it_came_from(tmp_path):
    assert type(build_index(ids(30), unit(1, 30), IndexConfig(exact_up_to=20))) is IvfIndex

    class Dense(TfidfEmbedder):
        def __call__(self, texts, progress=None):
            return unit(len(texts), len(texts))

    made = embed_catalogue(Dense().fit_texts(["a soup"]), Catalogue([Item(id="a", title="soup"), Item(id="b", title="tram")]), tmp_path)
    artifact = build_index(made).save(tmp_path / "index")
    assert artifact.manifest.parents == {"embeddings": made.artifact.content_hash}
    assert artifact.manifest.config["built"] == "exact"
    assert artifact.manifest.models == {"embedder": made.model}


def test_without_faiss_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *a: None)
    with pytest.raises(MissingExtraError, match="pip install faiss-cpu"):
        build_index(ids(3), unit(1, 3), IndexConfig(kind="ivf"))
