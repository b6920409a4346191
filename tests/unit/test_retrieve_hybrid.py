"""Candidates of both retrievers: everything that the fusion weighs, against its definition."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from broadsheet.core.backbones.trunk import Trunk
from broadsheet.core.baselines import cooccurrence
from broadsheet.core.modality import Content
from broadsheet.core.ragged import Ragged
from broadsheet.retrieve.decoding import exact
from broadsheet.retrieve.hybrid import FEATURES, FLOOR, Index, retrieve
from broadsheet.retrieve.living import LiveIndex, Newcomer
from broadsheet.retrieve.model.items import ItemTable
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.model.search import SearchModel
from broadsheet.retrieve.model.tasks import Roles
from broadsheet.retrieve.pretrain import tokenise
from broadsheet.retrieve.tokenizer import CodebookConfig

ITEMS = 40
HISTORIES = Ragged.of([np.random.default_rng(row).permutation(ITEMS)[: 2 + row % 5] for row in range(9)])


def index(*, apart=False):
    net = SearchModel(ItemTable(ITEMS, 32, {}, {}), Trunk(32, 1, 8), 1, cosine=False).eval()
    with torch.no_grad():
        net.table.own.weight.mul_(30)
    book, codes, _ = tokenise(net, Roles(""), CodebookConfig(levels=2, size=8), 0, apart=apart)
    return Index.of(net.eval(), book, codes, cooccurrence(HISTORIES, ITEMS))


@pytest.mark.parametrize("apart", [False, True])
def test_every_candidate_has_every_feature_whoever_found_it(apart):
    made, requests = index(apart=apart), Requests.of_histories(HISTORIES)
    (found,) = list(retrieve(made, requests, list(HISTORIES), width=6, top=10))
    states = made.model.read(requests)
    whole = exact(made.trie, made.model.decoder.scorer(made.model.read(requests, writing=True)), 9)
    near = made.near.toarray()
    for row, history in enumerate(HISTORIES):
        items = found.candidates.items[row]
        kept = items >= 0
        scores = states[row] @ made.vectors.T
        total = logsumexp(scores)
        scores[history] = -np.inf
        best = set(np.argsort(-scores)[:10].tolist())
        assert best | set(found.answers.items[row][found.answers.items[row] >= 0].tolist()) == set(items[kept].tolist())
        assert not set(items[kept].tolist()) & set(history.tolist())
        given = dict(zip(whole.items[row].tolist(), whole.scores[row].tolist(), strict=True))
        weight = sum(near[item] * 0.7**back for back, item in enumerate(history[::-1][:6].tolist()))
        for item, features in zip(items[kept].tolist(), found.candidates.features[row][kept], strict=True):
            prefix = made.book.centres[0][made.model.codes[item, 0]]
            wanted = [scores[item] - total, given[item], states[row] @ prefix, np.log(weight[item] + FLOOR)]
            assert np.allclose(features, wanted, atol=1e-3)
    assert found.candidates.features.shape[2] == len(FEATURES) + 1


def test_a_catalogue_smaller_than_what_is_asked_for_is_given_whole():
    (found,) = list(retrieve(index(), Requests.of_histories(Ragged.of([[1]])), [np.array([1])], width=50, top=100))
    assert sorted(found.candidates.items[0].tolist()) == [0, *range(2, ITEMS)]


def test_with_taste_what_is_alike_to_the_history_scores_more_and_newcomers_too():
    vectors = np.random.default_rng(5).normal(size=(ITEMS, 6)).astype(np.float32)
    contents, nothing = {"image": Content(vectors, np.arange(ITEMS) != 4)}, [np.zeros(0, dtype=np.int64)] * 3
    plain, leaning = (SearchModel(ItemTable(ITEMS, 32, {}, contents), Trunk(32, 1, 8), 1, cosine=False, taste=taste).eval() for taste in (0.0, 5.0))
    asked = Requests(Ragged.of([[1, 2], [], [30]]), np.ones((3, 1), dtype=np.float32), np.array([False, True, True]))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    unit[4] = 0
    more = leaning.read(asked) @ leaning.items().T - plain.read(asked) @ plain.items().T
    assert np.allclose(more, 5 * np.stack([unit[[1, 2]].mean(axis=0), np.zeros(6), unit[30]]) @ unit.T, atol=1e-4)
    book, codes, _ = tokenise(leaning, Roles(""), CodebookConfig(levels=2, size=8), 0)
    live = LiveIndex(Index.of(leaning.eval(), book, codes))
    live.insert(Newcomer({}, {"image": 7 * vectors[3]}))
    live.insert(Newcomer({}, {}))
    assert np.allclose(live.index.vectors[[ITEMS, ITEMS + 1], 32:], [unit[3], np.zeros(6)], atol=1e-6)
    found = list(retrieve(live.index, asked, nothing, width=50, top=100))
    assert set(found[0].candidates.items[0].tolist()) >= set(range(ITEMS + 2))
    history = Requests.of_histories(Ragged.of([[3], [ITEMS]]))
    assert np.allclose(*leaning.read(history)[:, 32:], atol=1e-6)


def test_candidates_that_are_named_are_described_whoever_finds_them():
    named = [np.array([7, 3]), np.array([], dtype=np.int64)]
    (found,) = list(retrieve(index(), Requests.of_histories(Ragged.of([[1], [2]])), [np.array([1]), np.array([2])], width=1, top=1, also=named))
    assert {7, 3} <= set(found.candidates.items[0].tolist())
    assert (found.candidates.items[1] >= 0).sum() <= 2
    assert (found.candidates.features[0][np.isin(found.candidates.items[0], [7, 3])][:, 1] < 0).all()
