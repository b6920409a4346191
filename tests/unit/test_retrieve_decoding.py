"""Beams inside a trie: against likelihoods written out item by item, and against a trie built anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import RecordError
from broadsheet.retrieve.decoding import LiveTrie, Trie, beam, exact

SIZE, DEPTH = 5, 3


def scorer(seed=0, size=SIZE):
    """Logits that depend on the request and all codes so far, and on nothing else; calls and rows are counted."""
    weights = np.random.default_rng(seed).normal(size=(64, size)) * 3

    def logits(rows, prefixes):
        logits.calls += 1
        logits.rows += len(rows)
        mixed = rows * 7 + 3
        for column in range(prefixes.shape[1]):
            mixed = mixed * 31 + prefixes[:, column] + 1
        return weights[mixed % 64] + np.cos(mixed)[:, None] * np.arange(size)

    logits.calls = logits.rows = 0
    return logits


def drawn(count, seed=0, size=SIZE, depth=DEPTH):
    """Distinct semantic IDs, in no order."""
    keys = np.random.default_rng(seed).permutation(size**depth)[:count]
    return np.stack([keys // size**level % size for level in range(depth)], axis=1)


def likelihoods(ids, model, request):
    """The logarithm of each item's probability, from the definition: at each code renormalised over codes that some item has there."""
    found = []
    for row in ids:
        total = 0.0
        for level in range(len(row)):
            here = ids[(ids[:, :level] == row[:level]).all(axis=1)]
            codes = sorted(set(here[:, level].tolist()))
            given = model(np.array([request]), row[None, :level])[0]
            total += given[row[level]] - np.log(np.exp(given[codes]).sum())
        found.append(total)
    return np.array(found)


def found(answers, request):
    """Items and scores of one request, without the filling."""
    kept = answers.items[request] >= 0
    return answers.items[request][kept].tolist(), answers.scores[request][kept]


def test_a_trie_gives_back_the_codes_it_was_built_from():
    ids = drawn(60)
    trie = Trie.build(ids, SIZE)
    assert np.array_equal(trie.semantic_ids(), ids[trie.items])
    assert np.array_equal(trie.items[trie.find(ids)], np.arange(60))
    absent = drawn(125)[60:]
    assert (trie.find(absent) == -1).all()


def test_a_trie_of_nothing_and_of_one_item():
    empty = LiveTrie(np.zeros((0, DEPTH), dtype=int), SIZE)
    assert beam(empty, scorer(), 2, 4).items.shape == (2, 0)
    one = LiveTrie(np.array([[1, 2, 3]]), SIZE)
    answers = beam(one, scorer(), 2, 4)
    assert answers.items.tolist() == [[0], [0]]
    assert np.allclose(answers.scores, 0)


@pytest.mark.parametrize("codes", [[[0, 0, 5]], [[0, -1, 0]], [[1, 2, 3], [1, 2, 3]]])
def test_codes_out_of_range_and_collisions_are_refused(codes):
    with pytest.raises(RecordError) as error:
        Trie.build(np.array(codes), SIZE)
    assert len(str(error.value).splitlines()) == 2


def test_more_codes_than_a_key_holds_are_refused():
    with pytest.raises(RecordError, match="63 bits"):
        Trie.build(np.zeros((1, 8), dtype=int), 256)


def test_the_exact_mode_gives_the_likelihood_of_every_item():
    ids, model = drawn(60), scorer()
    answers = exact(LiveTrie(ids, SIZE), model, 2)
    for request in range(2):
        wanted = likelihoods(ids, model, request)
        items, scores = found(answers, request)
        assert sorted(items) == list(range(60))
        assert np.allclose(scores, wanted[items])
        assert np.isclose(np.exp(scores).sum(), 1)
        assert (np.diff(scores) <= 0).all()


def test_a_wide_beam_is_exact_on_two_hundred_items_and_a_narrow_one_stays_in_the_trie():
    ids, model = drawn(200, size=8), scorer(size=8)
    trie = LiveTrie(ids, 8)
    whole, wide = exact(trie, model, 3), beam(trie, model, 3, 200)
    assert np.array_equal(whole.items, wide.items)
    narrow = beam(trie, model, 3, 10)
    for request in range(3):
        items, scores = found(narrow, request)
        assert len(set(items)) == 10
        assert np.allclose(scores, likelihoods(ids, model, request)[items])


def test_a_beam_asks_the_model_once_a_code_and_no_more_than_its_width_for_each_request():
    model = scorer()
    beam(LiveTrie(drawn(60), SIZE), model, 4, 6)
    assert model.calls == DEPTH
    assert model.rows <= 4 * (1 + 5 + 6)


@given(st.sets(st.integers(0, 59), min_size=1, max_size=12), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_a_filter_gives_all_it_lets_through_in_the_exact_order_with_the_scores_they_have_without_it(kept, seed):
    ids, model = drawn(60), scorer(seed)
    trie = LiveTrie(ids, SIZE)
    answers = beam(trie, model, 2, len(kept), allowed=np.array(sorted(kept)))
    for request in range(2):
        wanted = likelihoods(ids, model, request)
        items, scores = found(answers, request)
        assert items == sorted(kept, key=lambda item: -wanted[item])
        assert np.allclose(scores, wanted[items])


def test_what_is_hidden_is_hidden_from_its_own_request_alone():
    ids, model = drawn(60), scorer()
    trie = LiveTrie(ids, SIZE)
    plain = beam(trie, model, 2, 60)
    best = plain.items[1][:5]
    answers = beam(trie, model, 2, 60, hidden=[np.zeros(0, dtype=int), best])
    assert found(answers, 0)[0] == found(plain, 0)[0]
    assert found(answers, 1)[0] == found(plain, 1)[0][5:]
    both = beam(trie, model, 2, 3, allowed=np.arange(6), hidden=[np.array([0, 1, 2, 40]), np.array([3])])
    assert set(found(both, 0)[0]) == {3, 4, 5}
    assert len(found(both, 1)[0]) == 3
    assert 3 not in found(both, 1)[0]


def test_each_request_may_have_a_filter_of_its_own():
    trie, model = LiveTrie(drawn(60), SIZE), scorer()
    whole = exact(trie, model, 2)
    sets = [np.array([3, 4, 5, 99]), np.array([5, 6, 7, 8, 9])]
    own = beam(trie, model, 2, 5, allowed=sets, hidden=[np.array([4, 20]), np.array([3])])
    for request, kept in enumerate(([3, 5], [5, 6, 7, 8, 9])):
        wanted = [item for item in found(whole, request)[0] if item in kept]
        assert found(own, request)[0] == wanted


def test_a_request_that_may_see_nothing_gets_nothing():
    answers = beam(LiveTrie(drawn(20), SIZE), scorer(), 2, 5, allowed=np.array([3]), hidden=[np.array([3]), np.zeros(0, dtype=int)])
    assert found(answers, 0)[0] == []
    assert found(answers, 1)[0] == [3]


def test_after_ten_thousand_inserts_and_deletes_answers_are_those_of_a_trie_built_anew():
    size, rng, model = 24, np.random.default_rng(5), scorer(size=24)
    ids = drawn(3000, size=size)
    trie = LiveTrie(ids, size)
    live = dict(enumerate(ids))
    taken = {tuple(row) for row in ids.tolist()}
    for step in range(10_000):
        if rng.random() < 0.5 and live:
            item = list(live)[int(rng.integers(len(live)))] if step % 50 == 0 else next(reversed(live))
            trie.delete(item)
            taken.remove(tuple(live.pop(item).tolist()))
        else:
            row = rng.integers(size, size=DEPTH)
            if tuple(row.tolist()) not in taken:
                trie.insert(10_000 + step, row)
                live[10_000 + step] = row
                taken.add(tuple(row.tolist()))
        if step % 2500 == 2499:
            _same(trie, live, size, model)
    assert len(trie) == len(live)


def _same(trie, live, size, model):
    anew = LiveTrie(np.stack(list(live.values())), size, np.array(list(live)))
    allowed = np.array(list(live))[::7]
    for options in ({}, {"allowed": allowed}, {"hidden": [allowed, allowed[:3]]}):
        one, other = beam(trie, model, 2, 20, **options), beam(anew, model, 2, 20, **options)
        assert np.array_equal(one.items, other.items)
        assert np.allclose(one.scores, other.scores)


def test_comings_and_goings_that_cannot_be_are_refused():
    trie = LiveTrie(np.array([[0, 0, 0], [0, 0, 1]]), SIZE)
    for what, call in (("is in the trie", (0, [1, 1, 1])), ("has the semantic ID", (5, [0, 0, 1])), ("no semantic ID", (5, [0, 0]))):
        with pytest.raises(RecordError, match=what):
            trie.insert(*call)
    trie.delete(1)
    trie.insert(9, [0, 0, 1])
    assert 9 in trie
    assert 1 not in trie
    for gone in (1, 77, -1):
        with pytest.raises(RecordError, match="is not in the trie"):
            trie.delete(gone)
    trie.delete(9)
    assert len(trie) == 1
