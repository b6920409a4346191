"""Semantic IDs: balanced, without collisions, near what they stand for, and steady over time."""

import importlib

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import RecordError
from broadsheet.retrieve.decoding import LiveTrie
from broadsheet.retrieve.tokenizer import Codebook, CodebookConfig, align, assign, balanced_kmeans, card, neighbour_recall


def clustered(count, seed=0, width=16, clusters=12):
    """Vectors around some centres, with the centre of each."""
    rng = np.random.default_rng(seed)
    of = rng.integers(clusters, size=count)
    return (rng.normal(size=(clusters, width))[of] + 0.4 * rng.normal(size=(count, width))).astype(np.float32), of


def test_no_cluster_holds_more_than_its_capacity_and_the_centre_is_the_mean():
    rows, _ = clustered(500)
    found = balanced_kmeans(rows, 16, 40)
    assert np.bincount(found.of, minlength=16).max() <= 40
    assert np.allclose(found.centres[3], rows[found.of == 3].mean(axis=0), atol=1e-5)


def test_with_room_for_all_every_row_has_its_nearest_centre():
    rows, _ = clustered(300)
    centres = rows[:10]
    wanted = ((rows[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    assert np.array_equal(assign(rows, centres, 300), wanted)
    assert np.array_equal(assign(rows, centres), wanted)


def test_the_balanced_assignment_is_close_to_the_best_there_is():
    from scipy.optimize import linear_sum_assignment

    rows, _ = clustered(120)
    centres = rows[:12]
    cost = ((rows[:, None] - centres[None]) ** 2).sum(axis=2)
    rows_of, places = linear_sum_assignment(np.repeat(cost, 12, axis=1))
    of = assign(rows, centres, 12)
    assert np.bincount(of).max() <= 12
    assert cost[np.arange(120), of].sum() <= 1.1 * cost[rows_of, places // 12].sum()


def test_rows_that_cannot_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        assign(np.zeros((9, 2)), np.zeros((2, 2)), 4)


@given(st.integers(0, 27), st.integers(0, 5), st.booleans())
@settings(max_examples=40, deadline=None)
def test_there_is_no_collision_however_many_items_or_equal_vectors(count, seed, equal):
    rows = np.zeros((count, 4), dtype=np.float32) if equal else clustered(count, seed, width=4, clusters=2)[0]
    book, encoded = Codebook.fit(rows, CodebookConfig(levels=3, size=3), seed=seed)
    assert len(np.unique(encoded.codes, axis=0)) == count
    assert encoded.codes.shape == (count, 3)
    assert book.centres.shape == (3, 3, 4)


def test_more_items_than_semantic_ids_and_vectors_that_are_not_finite_are_refused():
    with pytest.raises(RecordError, match="do not fit"):
        Codebook.fit(np.zeros((28, 4), dtype=np.float32), CodebookConfig(levels=3, size=3))
    with pytest.raises(RecordError, match="row 2 is not finite"):
        Codebook.fit(np.array([[0, 0], [1, 1], [np.nan, 0]]), CodebookConfig(levels=2, size=3))


def test_codes_are_balanced_and_keep_neighbours_about_as_well_as_faiss_at_the_same_bits():
    rows, of = clustered(4000, width=32, clusters=30)
    book, encoded = Codebook.fit(rows, CodebookConfig(levels=3, size=64))
    marks = card(encoded.codes, 64, rows, book.decode(encoded.codes), categories=of, popularity=np.arange(4000.0))
    assert marks["collisions"] == 0
    assert encoded.error_apart <= 1.02 * encoded.error
    assert marks["perplexity@1"] >= 0.9 * 64
    assert marks["purity@1"] > 5 * marks["purity_chance"]
    rival = faiss.ResidualQuantizer(32, 3, 6)
    rival.train(rows)
    theirs = neighbour_recall(rows, rival.decode(rival.compute_codes(rows)))
    assert marks["neighbour_recall"] >= 0.8 * theirs


def test_ids_that_are_shuffled_tell_nothing_of_the_category():
    rows, of = clustered(1000)
    book, encoded = Codebook.fit(rows, CodebookConfig(levels=2, size=32))
    mixed = np.random.default_rng(0).permutation(encoded.codes)
    marks = card(mixed, 32, rows, book.decode(mixed), categories=of)
    assert marks["purity@1"] < 1.3 * marks["purity_chance"]
    assert marks["neighbour_recall"] < 0.1


def test_a_newcomer_gets_the_nearest_free_id_whether_its_cluster_is_full_or_not():
    rows, _ = clustered(200)
    book, encoded = Codebook.fit(rows, CodebookConfig(levels=2, size=16, slack=1.0))
    trie = LiveTrie(encoded.codes, 16)
    for number in range(40):
        new = rows[number] + 1e-4
        codes = book.free(new, trie.holders)
        # The nearest first code, though its cluster was full when the codebook was fitted.
        assert (
            codes[0] == book.nearest(new[None])[0, 0] or (trie.holders(np.stack([np.array([book.nearest(new[None])[0, 0], c]) for c in range(16)])) >= 0).all()
        )
        trie.insert(1000 + number, codes)
    assert len(trie) == 240


def test_when_every_id_is_taken_a_newcomer_is_refused():
    book, encoded = Codebook.fit(clustered(4, width=2)[0], CodebookConfig(levels=2, size=2))
    trie = LiveTrie(encoded.codes, 2)
    with pytest.raises(RecordError, match="is taken"):
        book.free(np.zeros(2), trie.holders)


def test_a_new_fit_takes_the_names_of_the_old_one():
    rows, _ = clustered(800)
    _, old = Codebook.fit(rows, CodebookConfig(levels=3, size=16), seed=0)
    again = Codebook.fit(rows + 0.01, CodebookConfig(levels=3, size=16), seed=0)
    shuffled = np.random.default_rng(1).permutation(16)
    renamed = shuffled[again[1].codes]
    centres = again[0].centres.copy()
    centres[:, shuffled] = again[0].centres
    named = align(Codebook(again[0].config, centres), renamed, old.codes)
    assert named.changed[0] < 0.1
    assert np.allclose(named.codebook.decode(named.codes), again[0].decode(again[1].codes))
    assert list(named.changed) == sorted(named.changed)


def test_the_same_seed_gives_the_same_codes():
    rows, _ = clustered(300)
    one, other = (Codebook.fit(rows, CodebookConfig(levels=2, size=32), seed=3)[1].codes for _ in range(2))
    assert np.array_equal(one, other)


def test_the_autoencoder_learns_codes_without_collisions_and_dead_codes_are_restarted():
    from broadsheet.retrieve.tokenizer.rqvae import RqVaeConfig, error, fit_rqvae

    rows, of = clustered(600, width=16, clusters=20)
    codes = CodebookConfig(levels=2, size=32)
    fitted = fit_rqvae(rows, RqVaeConfig(latent=8, hidden=32, steps=300, batch=256, restart_every=20), codes)
    lost = error(fitted, rows)
    assert lost["plain"] < lost["coded"] < 0.7
    assert len(np.unique(fitted.encoded.codes, axis=0)) == 600
    marks = card(fitted.encoded.codes, 32, fitted.model.latents(rows), fitted.codebook.decode(fitted.encoded.codes), categories=of)
    assert marks["used@1"] > 0.8
    assert marks["purity@1"] > 5 * marks["purity_chance"]


def test_neighbours_of_a_large_catalogue_take_little_memory(monkeypatch):
    import tracemalloc

    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20_000, 4)).astype(np.float32)
    decoded = vectors + 0.1 * rng.normal(size=vectors.shape).astype(np.float32)
    whole = neighbour_recall(vectors[:3000], decoded[:3000])
    monkeypatch.setattr(importlib.import_module("broadsheet.retrieve.tokenizer.card"), "CELLS", 2**17)
    assert neighbour_recall(vectors[:3000], decoded[:3000]) == whole
    tracemalloc.start()
    neighbour_recall(vectors, decoded)
    assert tracemalloc.get_traced_memory()[1] < 2000 * 20_000
