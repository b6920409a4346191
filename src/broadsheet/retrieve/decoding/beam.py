"""Beam search inside a trie: children of live nodes alone, for all requests at once."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.retrieve.decoding.live import NONE, Filter, LiveTrie, Part, within

# Logits `[R, K]` of the next code, for rows of requests `[R]` and the codes before it `[R, depth]`.
Scorer = Callable[[np.ndarray, np.ndarray], np.ndarray]
# Rows that a scorer is given at once.
BLOCK = 8192


class Answers(NamedTuple):
    """Items `[B, W]`, best first, -1 where there are no more, and the logarithm of each one's probability `[B, W]`."""

    items: np.ndarray
    scores: np.ndarray


class Allowed:
    """What requests may see of one part: leaves that all may see, or each its own (all, if None), less leaves hidden from one request.

    Leaves of request b are kept as b (N + 1) + leaf, ascending: one search answers for all requests.
    """

    def __init__(self, part: Part, allowed: np.ndarray | Sequence[np.ndarray] | Filter | None, hidden: Sequence[np.ndarray] | None) -> None:
        self.part, self.wide = part, len(part.trie) + 1
        self.shared = allowed is None or isinstance(allowed, (np.ndarray, Filter))
        if allowed is None or isinstance(allowed, Filter):
            self.leaves = allowed.leaves(part) if allowed else None
        else:
            self.leaves = part.present(allowed) if isinstance(allowed, np.ndarray) else self._keyed(allowed)
        keys = self._keyed(hidden) if hidden else NONE
        if self.leaves is not None and len(keys):
            keys = keys[np.isin(keys % self.wide if self.shared else keys, self.leaves)]
        self.hidden = keys

    def _keyed(self, items: Sequence[np.ndarray]) -> np.ndarray:
        keys = [self.part.present(row) + request * self.wide for request, row in enumerate(items)]
        return np.concatenate(keys) if keys else NONE

    def alive(self, depth: int, nodes: np.ndarray) -> np.ndarray:
        """Tell of each node `[C]` whether an item of the catalogue is below it."""
        low, high = self.part.trie.leaves(depth, nodes)
        return high - low > within(self.part.gone, low, high)

    def open(self, depth: int, nodes: np.ndarray, owners: np.ndarray) -> np.ndarray:
        """Tell of each node `[C]` whether an item that its request `[C]` may see is below it."""
        low, high = self.part.trie.leaves(depth, nodes)
        shift = owners * self.wide
        if self.leaves is None:
            seen = high - low - within(self.part.gone, low, high)
        else:
            seen = within(self.leaves, low, high) if self.shared else within(self.leaves, low + shift, high + shift)
        if len(self.hidden):
            seen = seen - within(self.hidden, low + shift, high + shift)
        return seen > 0

    @property
    def everything(self) -> bool:
        """Whether every leaf is there and may be seen by all."""
        return self.leaves is None and not len(self.hidden) and not len(self.part.gone)


class Beams(NamedTuple):
    """Live prefixes: whose they are `[R]`, their scores `[R]`, their codes `[R, depth]` and their node in each part `[R, P]`, -1 for none."""

    owners: np.ndarray
    scores: np.ndarray
    codes: np.ndarray
    nodes: np.ndarray

    @classmethod
    def start(cls, requests: int, parts: int) -> "Beams":
        """Return the empty prefix for each request."""
        return cls(np.arange(requests), np.zeros(requests), np.zeros((requests, 0), dtype=np.int64), np.zeros((requests, parts), dtype=np.int64))


def beam(
    trie: LiveTrie,
    scorer: Scorer,
    requests: int,
    width: int | None,
    *,
    allowed: np.ndarray | Sequence[np.ndarray] | Filter | None = None,
    hidden: Sequence[np.ndarray] | None = None,
) -> Answers:
    """Return the `width` likeliest items that a beam of that width finds for each request.

    A code's probability is renormalised over the codes that the catalogue has after its prefix: no beam leaves the trie. A filter takes
    items away and rescales nothing, so an item's score is the same under every filter: `allowed` are item numbers that all requests may
    see (a `Filter` where they are used again), or one array for each request; `hidden` are those that each one may not. A prefix goes on while an item that may be seen is below it, so
    there are `width` answers wherever so many exist. With no width nothing is dropped: the exact likelihood of every item.
    """
    views = [Allowed(part, allowed, hidden) for part in trie.parts()]
    beams = Beams.start(requests, len(views))
    for depth in range(trie.depth):
        beams = step(views, trie.size, depth, beams, scorer, requests, width)
    items = np.full(len(beams.owners), -1, dtype=np.int64)
    for column, view in enumerate(views):
        here = beams.nodes[:, column] >= 0
        items[here] = view.part.trie.items[beams.nodes[here, column]]
    place = _place(beams.owners, requests)
    most = int(place.max(initial=-1)) + 1
    found = Answers(np.full((requests, most), -1, dtype=np.int64), np.full((requests, most), -np.inf))
    found.items[beams.owners, place], found.scores[beams.owners, place] = items, beams.scores
    return found


def exact(
    trie: LiveTrie,
    scorer: Scorer,
    requests: int,
    *,
    allowed: np.ndarray | Sequence[np.ndarray] | Filter | None = None,
    hidden: Sequence[np.ndarray] | None = None,
) -> Answers:
    """Return all items that each request may see by their exact likelihood: what the beam is measured by."""
    return beam(trie, scorer, requests, None, allowed=allowed, hidden=hidden)


class Children(NamedTuple):
    """What may follow live prefixes: each one's parent among them `[C]`, code `[C]`, node in each part `[C, P]`, score `[C]` and owner `[C]`."""

    parent: np.ndarray
    code: np.ndarray
    nodes: np.ndarray
    scores: np.ndarray
    owners: np.ndarray


def step(views: Sequence[Allowed], size: int, depth: int, beams: Beams, scorer: Scorer, requests: int, width: int | None) -> Beams:
    """Go one code deeper, and keep the best of each request."""
    found = spread(views, size, depth, beams, scorer)
    best = _best(found.owners, found.scores, requests, width)
    codes = np.concatenate([beams.codes[found.parent[best]], found.code[best, None]], axis=1)
    return Beams(found.owners[best], found.scores[best], codes, found.nodes[best])


def spread(views: Sequence[Allowed], size: int, depth: int, beams: Beams, scorer: Scorer) -> Children:
    """Return all that may follow: codes that the catalogue has there, with an item below that the request may see."""
    logits = _logits(scorer, beams, size)
    parent, code, nodes = _children(views, size, depth, beams.nodes)
    if any(len(view.part.gone) for view in views):
        alive = _any(views, nodes, lambda view, at, _: view.alive(depth + 1, at))
        parent, code, nodes = parent[alive], code[alive], nodes[alive]
    given = logits[parent, code].astype(np.float64)
    scores = beams.scores[parent] + given - _log_sums(given, parent, len(beams.owners))[parent]
    owners = beams.owners[parent]
    if not all(view.everything for view in views):
        seen = _any(views, nodes, lambda view, at, rows: view.open(depth + 1, at, owners[rows]))
        parent, code, nodes, scores, owners = parent[seen], code[seen], nodes[seen], scores[seen], owners[seen]
    return Children(parent, code, nodes, scores, owners)


def _logits(scorer: Scorer, beams: Beams, size: int) -> np.ndarray:
    if not len(beams.owners):
        return np.zeros((0, size))
    blocks = [scorer(beams.owners[start : start + BLOCK], beams.codes[start : start + BLOCK]) for start in range(0, len(beams.owners), BLOCK)]
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _children(views: Sequence[Allowed], size: int, depth: int, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return children in the order of parent and code: the parent's row `[C]`, the code `[C]`, the node in each part `[C, P]`."""
    if len(views) == 1:
        trie = views[0].part.trie
        parent, node = trie.children(depth, nodes[:, 0]) if len(trie) else (NONE, NONE)
        return parent, trie.codes[depth][node].astype(np.int64), node[:, None]
    keys, columns = [], []
    for column, view in enumerate(views):
        rows = np.flatnonzero(nodes[:, column] >= 0) if len(view.part.trie) else NONE
        parent, node = view.part.trie.children(depth, nodes[rows, column])
        keys.append(rows[parent] * size + view.part.trie.codes[depth][node])
        columns.append(node)
    joined, where = np.unique(np.concatenate(keys), return_inverse=True)
    found = np.full((len(joined), len(views)), -1, dtype=np.int64)
    start = 0
    for column, node in enumerate(columns):
        found[where[start : start + len(node)], column] = node
        start += len(node)
    return joined // size, joined % size, found


def _any(views: Sequence[Allowed], nodes: np.ndarray, asked: Callable[[Allowed, np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """Tell of each row of nodes `[C, P]` whether it holds in one of the parts."""
    found = np.zeros(len(nodes), dtype=bool)
    for column, view in enumerate(views):
        rows = np.flatnonzero((nodes[:, column] >= 0) & ~found)
        found[rows] = asked(view, nodes[rows, column], rows)
    return found


def _log_sums(values: np.ndarray, parent: np.ndarray, parents: int) -> np.ndarray:
    """Return the logarithm of the sum of exponentials over each parent's children `[parents]`; children stand parent by parent."""
    sums = np.zeros(parents)
    if len(values):
        begins = np.flatnonzero(np.diff(parent, prepend=-1))
        of = parent[begins]
        highest = np.zeros(parents)
        highest[of] = np.maximum.reduceat(values, begins)
        sums[of] = highest[of] + np.log(np.add.reduceat(np.exp(values - highest[parent]), begins))
    return sums


def _best(owners: np.ndarray, scores: np.ndarray, requests: int, width: int | None) -> np.ndarray:
    """Return rows of the best `width` of each request, best first; owners are ascending."""
    counts = np.bincount(owners, minlength=requests)
    if width is not None and len(scores) and counts.max() > width:
        import torch

        place = _place(owners, requests)
        square = torch.full((requests, int(counts.max())), -torch.inf, dtype=torch.float64)
        square[torch.from_numpy(owners), torch.from_numpy(place)] = torch.from_numpy(scores)
        top = torch.topk(square, width, dim=1)
        begins = np.cumsum(counts) - counts
        rows = (top.indices.numpy() + begins[:, None])[np.isfinite(top.values.numpy())]
    else:
        rows = np.arange(len(scores))
    return rows[np.lexsort((rows, -scores[rows], owners[rows]))]


def _place(owners: np.ndarray, requests: int) -> np.ndarray:
    """Return the place of each row among those of its owner, from 0."""
    counts = np.bincount(owners, minlength=requests)
    return np.arange(len(owners)) - (np.cumsum(counts) - counts)[owners]
