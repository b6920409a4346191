"""Candidates of the dense head and of the beam, joined, and described by what the fusion weighs."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy import sparse
from scipy.special import logsumexp

from broadsheet.core.baselines import recent
from broadsheet.core.metrics import hide
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.retrieve.decoding import Answers, Filter, LiveTrie, beam, exact
from broadsheet.retrieve.fusion import NONE, Candidates, union
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.model.search import SearchModel
from broadsheet.retrieve.tokenizer import Codebook

FEATURES = ("dense", "generative", "prefix")
COOCCURRENCE = "cooccurrence"
BLOCK = 256
# What the logarithm of a co-occurrence of zero is.
FLOOR = 1e-4


class Index(NamedTuple):
    """All that answers: the model, its items' vectors `[N, d]`, the codebook and the trie of semantic IDs; co-occurrences `[N, N]` if any."""

    model: SearchModel
    vectors: np.ndarray
    book: Codebook
    trie: LiveTrie
    near: sparse.csr_array | None = None

    @classmethod
    def of(cls, model: SearchModel, book: Codebook, codes: np.ndarray, near: sparse.csr_array | None = None) -> "Index":
        """Make an index of all items."""
        return cls(model, model.items(), book, LiveTrie(codes, book.config.size), near)

    @property
    def features(self) -> tuple[str, ...]:
        """Name what a candidate is described by; co-occurrence, where there is one, is last."""
        return FEATURES if self.near is None else (*FEATURES, COOCCURRENCE)

    def listed(self, allowed: Filter | None) -> np.ndarray:
        """Tell of each item `[N]` whether it is in the trie and allowed."""
        found = np.zeros(len(self.vectors), dtype=bool)
        for part in self.trie.parts():
            found[np.delete(part.trie.items, part.gone)] = True
        if allowed is not None:
            found &= np.isin(np.arange(len(found)), allowed.items)
        return found


class Found(NamedTuple):
    """Of a block of requests: which they are, dense scores of all items `[B, N]`, the beam's answers, and the joined candidates."""

    rows: np.ndarray
    dense: np.ndarray
    answers: Answers
    candidates: Candidates


def retrieve(
    index: Index,
    requests: Requests,
    hidden: Sequence[np.ndarray],
    *,
    allowed: Filter | None = None,
    width: int = 50,
    top: int = 100,
    also: Sequence[np.ndarray] | None = None,
    progress: Progress = silent,
) -> Iterator[Found]:
    """Yield blocks of requests with their candidates: the `top` of the dense head, and what a beam of `width` finds, of items that are `allowed`.

    Features: the logarithm of the dense head's softmax, that of the semantic ID's probability, and the product of the state with what
    the ID's codes but the last stand for; with co-occurrences the logarithm of theirs. All are computed for every candidate, whoever found it; `also` are candidates that nobody need find.
    """
    count = len(requests.asks)
    for start in range(0, count, BLOCK):
        rows = np.arange(start, min(start + BLOCK, count))
        asked, unseen = requests.rows(rows), [hidden[row] for row in rows.tolist()]
        states = index.model.read(asked)
        with torch.inference_mode():
            dense = index.model.products(torch.from_numpy(states), torch.from_numpy(index.vectors)).numpy().astype(np.float64)
        dense[:, ~index.listed(None)] = -np.inf
        # Over the whole catalogue, so that neither a filter nor what was had changes the score of another item.
        sums = logsumexp(dense, axis=1, keepdims=True)
        hide(dense, unseen)
        if allowed is not None:
            dense[:, ~index.listed(allowed)] = -np.inf
        decoder = index.model.decoder
        assert decoder is not None
        scorer = decoder.scorer(states[:, : index.model.table.width] if index.model.writer is None else index.model.read(asked, writing=True))
        answers = beam(index.trie, scorer, len(rows), width, allowed=allowed, hidden=unseen)
        best = np.argpartition(-dense, min(top, dense.shape[1]) - 1, axis=1)[:, :top]
        best = np.where(np.isfinite(np.take_along_axis(dense, best, axis=1)), best, NONE)
        named = [] if also is None else [Ragged.of(also[row] for row in rows.tolist()).padded(np.arange(len(rows)), NONE)]
        items = union([best, answers.items, *named])
        likely = _likelihoods(exact(index.trie, scorer, len(rows), allowed=[row[row != NONE] for row in items]), items)
        yield Found(rows, dense, answers, Candidates(items, _features(index, asked, states, dense - np.where(np.isfinite(sums), sums, 0.0), items, likely)))
        progress("retrieving", int(rows[-1]) + 1, count)


def _likelihoods(answers: Answers, items: np.ndarray) -> np.ndarray:
    """Return the scores of `items` `[B, C]` among answers, minus infinity where they are none."""
    found = np.full(items.shape, -np.inf)
    for row, (given, scores) in enumerate(zip(answers.items, answers.scores, strict=True) if answers.items.size else ()):
        order = np.argsort(given, kind="stable")
        at = np.minimum(np.searchsorted(given[order], items[row]), len(order) - 1)
        there = (given[order][at] == items[row]) & (items[row] != NONE)
        found[row, there] = scores[order][at][there]
    return found


def _features(index: Index, asked: Requests, states: np.ndarray, chances: np.ndarray, items: np.ndarray, likely: np.ndarray) -> np.ndarray:
    there = np.maximum(items, 0)
    chance = np.take_along_axis(chances, there, axis=1)
    codes = index.model.codes.numpy()[there]
    prefix = index.book.decode(codes[:, :, :-1].reshape(-1, codes.shape[2] - 1)).reshape(*items.shape, -1)
    columns = [chance, likely, np.einsum("ud,ucd->uc", states, prefix)]
    if index.near is not None:
        together = (recent(asked.histories, len(index.vectors)) @ index.near).toarray()
        columns.append(np.log(np.take_along_axis(together, there, axis=1) + FLOOR))
    features = np.stack(columns, axis=2)
    return np.where((items != NONE)[:, :, None] & np.isfinite(features), features, 0.0)
