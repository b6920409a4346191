"""Indexes against brute force: the k nearest, under any filter, after adding, removing, saving."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.device import Choice
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import ArtifactError, ConfigError, MissingExtraError, RecordError, WeightsError
from broadsheet.core.index import ExactIndex, IndexConfig, IvfIndex, build_index, decode, encode, open_index, truncate
from broadsheet.core.index import scan as scanning
from broadsheet.core.schema import ArtifactKind, Item
from broadsheet.represent import TfidfEmbedder

FORMATS = ["float32", "bfloat16", "int8"]
KINDS = [ExactIndex, IvfIndex]


def unit(seed, count, width=16):
    rows = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def clustered(count, width=32):
    """Vectors in groups, as real ones are."""
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(40, width))
    rows = (centres[rng.integers(40, size=count)] + 0.6 * rng.normal(size=(count, width))).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ids(count):
    return [f"i{n}" for n in range(count)]


def brute(vectors, query, k, mask=None):
    """Rows of the k nearest in float64, equal ones in order, silent ones last."""
    scores = np.einsum("nd,d->n", vectors, query, dtype=np.float64)
    scores[~vectors.any(axis=1)] = -np.inf
    rows = np.argsort(-scores, kind="stable")
    return [int(row) for row in rows if mask is None or mask[row]][:k]


def recall(found, vectors, queries, mask=None):
    k = found.positions.shape[1]
    return np.mean([len(set(of.tolist()) & set(brute(vectors, query, k, mask))) / k for of, query in zip(found.positions, queries, strict=True)])


@pytest.fixture
def bfloat16(monkeypatch):
    """A processor that multiplies bfloat16; this one may emulate it, to the same bits."""
    monkeypatch.setattr("broadsheet.core.index.exact.choose_dtype", lambda: Choice("bfloat16", "the processor has amx_bf16"))


# What exact search promises.


@settings(max_examples=60)
@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 10_000))
def test_exact_is_brute_force_with_any_filter_and_any_k(count, k, seed):
    rng = np.random.default_rng(seed)
    vectors, query, mask = unit(seed, count), unit(seed + 1, 1)[0], rng.random(count) < 0.4
    vectors[rng.random(count) < 0.1] = 0
    vectors[rng.random(count) < 0.2] = vectors[0]
    index = ExactIndex().build(ids(count), vectors)
    for allowed in (None, mask, [f"i{n}" for n in np.flatnonzero(mask)]):
        found = index.search(query, k, allowed)
        want = brute(vectors, query, k, None if allowed is None else mask)
        assert found.ids[0] == [f"i{row}" for row in want]
        assert found.positions[0].tolist() == want + [-1] * (k - len(want))
        assert found.scores[0, : len(want)] == pytest.approx(vectors[want] @ query, abs=1e-6)
        assert np.isneginf(found.scores[0, len(want) :]).all()


@pytest.mark.parametrize("kept", FORMATS)
def test_bfloat16_products_find_the_nearest_of_what_is_kept(bfloat16, kept):
    vectors, queries = clustered(600), clustered(640)[600:]
    index = ExactIndex(IndexConfig(format=kept)).build(ids(600), vectors)
    assert index.arithmetic == "bfloat16, scored again: the processor has amx_bf16"
    assert index.nbytes == 600 * 32 * {"float32": 6, "bfloat16": 2, "int8": 3}[kept] + (2400 if kept == "int8" else 0)
    mask = np.arange(600) % 3 > 0
    for allowed in (None, mask, mask & (np.arange(600) < 60)):
        found = index.search(queries, 10, allowed)
        assert found.positions.tolist() == [brute(index.vectors(), query, 10, allowed) for query in queries]


@pytest.mark.parametrize(("kept", "width"), [("float32", 32), ("bfloat16", 32), ("int8", 32), ("float32", 20)])
def test_a_scan_of_bytes_loses_nothing(kept, width):
    vectors, queries = clustered(5000, width), 3 * clustered(5010, width)[5000:]
    vectors[17] = 0
    index = ExactIndex(IndexConfig(format=kept)).build(ids(5000), vectors)
    assert "a scan of one byte a dimension" in index.arithmetic
    mask = np.random.default_rng(2).random(5000) < 0.5
    for allowed in (None, mask):
        found = index.search(queries, 10, allowed)
        assert found.positions.tolist() == [brute(index.vectors(), query, 10, allowed) for query in queries]
        one_by_one = [index.search(query, 10, allowed) for query in queries]
        assert [of.ids[0] for of in one_by_one] == found.ids
        many = index.search(np.tile(queries, (2, 1)), 10, allowed)
        assert many.ids == found.ids * 2
        assert np.array_equal(many.scores[:10], found.scores)


@given(st.integers(0, 10_000), st.sampled_from([3, 16, 24, 48]), st.floats(-3, 3))
def test_a_product_of_bytes_errs_by_no_more_than_its_bound(seed, width, size):
    rng = np.random.default_rng(seed)
    vectors, queries = (rng.standard_t(2, size=(n, width)).astype(np.float32) * np.float32(10**size) for n in (50, 5))
    scan = scanning.ByteScan(encode(vectors, "float32"))
    numbers, worth, error = scan.whole(queries)
    rough, rows = scan._codes.search(numbers, 50)
    true = np.take_along_axis(queries.astype(np.float64) @ vectors.T.astype(np.float64), rows, axis=1)
    assert (np.abs(rough * worth[:, None] - true) <= error[:, None]).all()
    assert (error <= 0.3 * np.linalg.norm(queries, axis=1) * np.linalg.norm(vectors, axis=1).max()).all()


def test_where_the_bound_leaves_a_query_open_the_scan_is_not_believed(monkeypatch):
    asked = []
    plain = scanning.ByteScan._looked
    monkeypatch.setattr(scanning.ByteScan, "_looked", lambda self, queries, k, wide, *rest: asked.append(wide) or plain(self, queries, k, wide, *rest))
    # All but the same direction: codes cannot tell them apart, and 64 candidates say nothing of the others.
    near = unit(1, 1, 32) + 1e-4 * unit(2, 5000, 32)
    index = ExactIndex().build(ids(5000), near)
    found = index.search(unit(1, 1, 32), 10)
    assert asked == [64, 512]
    assert found.positions[0].tolist() == brute(near, unit(1, 1, 32)[0], 10)


def test_without_faiss_exact_search_says_what_it_computes_in(monkeypatch):
    monkeypatch.setattr("broadsheet.core.index.exact.importlib.util.find_spec", lambda name: None)
    vectors = clustered(5000)
    index = ExactIndex().build(ids(5000), vectors)
    assert index.arithmetic.startswith(("float32:", "bfloat16"))
    assert index.search(vectors[:3], 10).positions.tolist() == [brute(vectors, query, 10) for query in vectors[:3]]


def test_equal_vectors_come_in_the_order_they_were_added_and_silent_ones_last():
    vectors = np.vstack([unit(1, 1), unit(1, 1), np.zeros((1, 16)), -unit(1, 1), unit(1, 1)])
    for kind in KINDS:
        found = kind().build(ids(5), vectors).search(unit(1, 1), 5)
        assert found.ids[0] == ["i0", "i1", "i4", "i3", "i2"]
        assert found.scores[0] == pytest.approx([1, 1, 1, -1, 0], abs=0.01)
        assert kind().build(ids(5), vectors).search(np.zeros(16), 3).ids == [["i0", "i1", "i3"]]
        assert kind().build(ids(2), np.zeros((2, 16))).search(unit(1, 1), 3).ids == [["i0", "i1"]]


# How vectors are kept.


@pytest.mark.parametrize("kept", FORMATS)
def test_a_format_keeps_what_it_promises_and_most_of_the_order(kept):
    vectors, queries = unit(3, 400, 64), unit(4, 40, 64)
    back = decode(encode(vectors, kept))
    bound = {"float32": 0.0, "bfloat16": 2.0**-8, "int8": 0.5 / 127}[kept]
    largest = np.abs(vectors) if kept == "bfloat16" else np.abs(vectors).max(axis=1, keepdims=True)
    assert (np.abs(back - vectors) <= bound * largest + 1e-7).all()
    assert np.array_equal(decode(encode(back, kept)), back) or kept == "int8"
    found = build_index(ids(400), vectors, IndexConfig(format=kept)).search(queries, 10)
    assert recall(found, vectors, queries) >= {"float32": 1.0, "bfloat16": 0.97, "int8": 0.93}[kept]


@given(st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=1, max_size=8))
def test_bfloat16_rounds_as_torch_does(values):
    import torch

    row = np.array([values], dtype=np.float32)
    assert np.array_equal(decode(encode(row, "bfloat16")), torch.from_numpy(row).to(torch.bfloat16).float().numpy())


def test_a_narrower_vector_is_its_beginning_of_length_one():
    vectors = np.vstack([unit(1, 3), np.zeros((1, 16), dtype=np.float32)])
    cut = truncate(vectors, 4)
    assert np.linalg.norm(cut, axis=1) == pytest.approx([1, 1, 1, 0])
    assert np.allclose(cut[0] * np.linalg.norm(vectors[0, :4]), vectors[0, :4])
    with pytest.raises(RecordError, match="cannot be cut"):
        truncate(vectors, 17)


# A life: adding, removing, saving.


@pytest.mark.parametrize("kept", FORMATS)
def test_adding_and_removing_is_building_anew(kept):
    vectors = unit(6, 300)
    vectors[[3, 280]] = 0
    config = IndexConfig(kind="exact", format=kept)
    index = build_index(ids(200), vectors[:200], config).add(ids(300)[200:], vectors[200:]).remove(["i5", "i250"])
    keep = [n for n in range(300) if n not in {5, 250}]
    anew = build_index([f"i{n}" for n in keep], vectors[keep], config)
    first, second = index.search(unit(7, 10), 5), anew.search(unit(7, 10), 5)
    assert first.ids == second.ids
    assert np.array_equal(first.scores, second.scores)
    assert index.remove(index.ids).search(unit(7, 1), 5).ids == [[]]
    assert index.add(["new"], unit(8, 1)).search(unit(7, 1), 5).ids == [["new"]]


def test_an_inverted_file_takes_what_is_added_and_learns_anew_when_it_has_outgrown_its_lists():
    vectors, queries = clustered(4000), clustered(4040)[4000:]
    index = IvfIndex().build(ids(2000), vectors[:2000])
    index.add(ids(3000)[2000:], vectors[2000:3000]).remove(ids(500))
    assert index.metrics()["learnt_on"] == 2000
    assert index.ids == ids(3000)[500:]
    assert recall(index.search(queries, 10), vectors[500:3000], queries) >= 0.9
    again = np.random.default_rng(0).random(2500) < 0.3
    assert recall(index.search(queries, 10, again), vectors[500:3000], queries, again) >= 0.9
    index.add(ids(4000)[3000:] + ids(500), np.concatenate([vectors[3000:], vectors[:500]]))
    assert index.metrics()["learnt_on"] == 2000
    index.add([f"more {n}" for n in range(1000)], clustered(5000)[4000:])
    assert index.metrics()["learnt_on"] == 5000
    assert recall(index.search(queries, 10), index.vectors(), queries) >= 0.9
    assert index.remove(index.ids).search(queries, 5).ids == [[]] * 40


@pytest.mark.parametrize("kind", ["exact", "ivf"])
@pytest.mark.parametrize("kept", FORMATS)
def test_what_was_saved_answers_alike_and_can_grow(kind, kept, tmp_path):
    vectors, queries = unit(6, 400), unit(7, 10)
    index = build_index(ids(300), vectors[:300], IndexConfig(kind=kind, format=kept)).remove(["i7"])
    again = open_index(read_artifact(index.save(tmp_path / "index").path, ArtifactKind.INDEX))
    assert type(again) is type(index)
    assert again.metrics() == index.metrics()
    for _ in range(2):
        first, second = index.search(queries, 5), again.search(queries, 5)
        assert first.ids == second.ids
        assert np.array_equal(first.scores, second.scores)
        for grown in (index, again):
            grown.add([f"i{n}" for n in range(300, 400) if f"i{n}" not in grown.ids], vectors[300 : 400 if len(grown) < 350 else 300])


def test_an_index_names_what_it_came_from_and_what_was_built(tmp_path):
    class Dense(TfidfEmbedder):
        def __call__(self, texts, progress=None):
            return unit(len(texts), len(texts))

    made = embed_catalogue(Dense().fit_texts(["a soup"]), Catalogue([Item(id="a", title="soup"), Item(id="b", title="tram")]), tmp_path)
    index = build_index(made)
    artifact = index.save(tmp_path / "index")
    assert artifact.manifest.parents == {"embeddings": made.artifact.content_hash}
    assert artifact.manifest.models == {"embedder": made.model}
    assert artifact.manifest.config["built"] == "exact"
    assert artifact.manifest.config["kept"] == "float32"
    changed = index.add(["c"], unit(5, 1)).save(tmp_path / "changed")
    assert changed.manifest.parents.keys() == {"vectors"}
    assert changed.manifest.parents == build_index(index.ids, index.vectors()).save(tmp_path / "anew").manifest.parents
    with pytest.raises(ArtifactError, match="kind exact, not ivf"):
        IvfIndex.load(artifact)
    with pytest.raises(ArtifactError, match="no index"):
        open_index(made.artifact)


# The inverted file.


def test_the_inverted_file_reaches_the_recall_that_was_asked_for_and_says_so():
    vectors, queries = clustered(4000), clustered(4200)[4000:]
    index = IvfIndex(IndexConfig(kind="ivf", recall=0.95)).build(ids(4000), vectors)
    found = index.search(queries, 10)
    assert recall(found, vectors, queries) >= 0.93
    assert index.reached.mean >= index.reached.low >= 0.95
    assert index.nprobe < index.lists
    assert f"{index.nprobe} of {index.lists} lists, recall@10 {index.reached.mean:.3f}" in found.how
    assert IvfIndex(IndexConfig(kind="ivf")).build(ids(4000), vectors).search(queries, 10).ids == found.ids
    all_lists = index.probing(index.lists).search(queries, 10)
    assert recall(all_lists, vectors, queries) >= 0.97
    with pytest.raises(ConfigError, match="cannot be probed"):
        index.probing(index.lists + 1)


def test_among_families_of_copies_real_queries_judge_better_than_vectors_of_the_index(tmp_path):
    one = clustered(800)
    noise = unit(3, 4800, 32) * 0.1
    vectors = np.tile(one, (6, 1)) + noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = clustered(900)[500:900]
    judges, asked = queries[:200], queries[200:]
    config = IndexConfig(kind="ivf", recall=0.95)
    index = build_index(ids(4800), vectors, config, queries=judges)
    assert index.judged_on == 200
    assert index.reached.low >= 0.95
    assert recall(index.search(asked, 10), vectors, asked) >= 0.93
    assert index.nprobe >= build_index(ids(4800), vectors, config).nprobe
    again = open_index(read_artifact(index.save(tmp_path / "index").path, ArtifactKind.INDEX))
    assert (again.nprobe, again.judged_on) == (index.nprobe, 200)
    assert type(build_index(ids(800), one, queries=judges)) is ExactIndex


@pytest.mark.parametrize(("share", "how"), [(0.001, "exact over the"), (0.02, "exact over the"), (0.5, "lists"), (0.9, "lists")])
def test_the_inverted_file_gives_k_whenever_k_are_allowed_and_as_many_of_the_nearest(share, how):
    vectors, queries = clustered(3000), clustered(3020)[3000:]
    index = IvfIndex(IndexConfig(kind="ivf", recall=0.8)).build(ids(3000), vectors)
    mask = np.random.default_rng(3).random(3000) < share
    found = index.search(queries, 10, mask)
    assert how in found.how
    assert all(len(of) == min(10, mask.sum()) for of in found.ids)
    assert all(mask[int(i[1:])] for of in found.ids for i in of)
    if mask.sum() >= 10:
        assert recall(found, vectors, queries, mask) >= 0.75


def test_lists_that_give_too_few_are_not_the_last_word():
    vectors = clustered(3000)
    index = IvfIndex().build(ids(3000), vectors).probing(1)
    found = index.search(vectors[:5], 400)
    assert "exact for" in found.how
    assert found.positions[0].tolist() == brute(index.vectors(), vectors[0], 400)


# The edges.


def test_an_empty_index_finds_nothing_and_one_item_is_found():
    for kind in KINDS:
        assert kind().build([], np.zeros((0, 0), dtype=np.float32)).search(unit(1, 2), 3).ids == [[], []]
        assert kind().search(unit(1, 2), 3).ids == [[], []]
        assert kind().build(["only"], unit(1, 1)).search(unit(2, 1), 3).ids == [["only"]]
        assert kind().build(["only"], unit(1, 1)).search(np.zeros((0, 16)), 3).ids == []
        found = kind().build(["only"], unit(1, 1)).search(unit(2, 1), 3, ["nobody"])
        assert found.ids == [[]]
        assert found.unknown == ("nobody",)


def test_what_does_not_fit_is_refused_in_two_lines_and_changes_nothing():
    index = ExactIndex().build(ids(3), unit(1, 3))
    broken = unit(1, 3)
    broken[1, 2] = np.nan
    for call, kind in [
        (lambda: index.build(ids(2), unit(1, 3)), RecordError),
        (lambda: index.build(["a", "a", "b"], unit(1, 3)), RecordError),
        (lambda: index.build(ids(3), broken), WeightsError),
        (lambda: index.add(["i1"], unit(1, 1)), RecordError),
        (lambda: index.add(["a", "a"], unit(1, 2)), RecordError),
        (lambda: index.add(["a"], unit(1, 1, 8)), RecordError),
        (lambda: index.remove(["i1", "i9"]), RecordError),
        (lambda: index.search(unit(1, 1, 8), 1), RecordError),
        (lambda: index.search(broken, 1), WeightsError),
        (lambda: index.search(unit(1, 1), 0), RecordError),
        (lambda: index.search(unit(1, 1), 1, np.ones(7, dtype=bool)), RecordError),
        (lambda: index.search(unit(1, 1), 1, np.ones(3)), RecordError),
        (lambda: build_index(["a"]), RecordError),
    ]:
        with pytest.raises(kind) as error:
            call()
        assert len(str(error.value).splitlines()) == 2
    assert index.ids == ids(3)
    assert index.search(unit(1, 1), 1).ids == [["i0"]]


def test_large_catalogues_get_the_inverted_file():
    assert type(build_index(ids(30), unit(1, 30), IndexConfig(exact_up_to=20))) is IvfIndex
    assert type(build_index(ids(30), unit(1, 30), IndexConfig(exact_up_to=30))) is ExactIndex


def test_without_faiss_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *a: None)
    with pytest.raises(MissingExtraError, match="pip install faiss-cpu"):
        build_index(ids(3), unit(1, 3), IndexConfig(kind="ivf"))
