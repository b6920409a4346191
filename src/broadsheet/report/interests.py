"""A library as several interests: groups of its papers, each with a name made of its words."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import silhouette_score

from broadsheet.core.component import similarity
from broadsheet.core.schema import Item
from broadsheet.stack.represented import Represented

MOST = 7
STATED = "interest:"


class Interest(NamedTuple):
    """A group of library rows under a name; `stated` when the reader wrote it as a text."""

    name: str
    rows: tuple[int, ...]
    stated: bool


def stated_items(texts: Sequence[str]) -> list[Item]:
    """Make one library entry of each interest that a reader stated as a text."""
    return [Item(id=f"{STATED}{number}", title=text) for number, text in enumerate(texts, 1)]


def find_interests(library: Sequence[Item], vectors: Represented) -> list[Interest]:
    """Group the library by Ward's linkage (1963); the number of groups is chosen by silhouette.

    Each stated text is an interest of its own. Groups come in the order of their first paper.
    """
    stated = [row for row, item in enumerate(library) if item.id.startswith(STATED)]
    papers = [row for row in range(len(library)) if row not in stated]
    groups = group_rows(_distances(vectors, papers)) if papers else []
    grouped = [tuple(papers[i] for i in group) for group in groups]
    names = _names(library, grouped, vectors)
    found = [Interest(name, rows, stated=False) for name, rows in zip(names, grouped, strict=True)]
    return found + [Interest(library[row].title, (row,), stated=True) for row in stated]


def _distances(vectors: Represented, rows: Sequence[int]) -> np.ndarray:
    parts = [similarity(v, v)[np.ix_(rows, rows)] for v in (vectors.lexical_library, vectors.dense_library) if v is not None]
    distances = np.clip(1.0 - sum(parts) / len(parts), 0, None)
    np.fill_diagonal(distances, 0)
    return (distances + distances.T) / 2


def group_rows(distances: np.ndarray) -> list[list[int]]:
    """Group rows by their distances `[M, M]`: Ward's linkage, the number of groups by silhouette; fewer than three stay alone."""
    count = len(distances)
    if count < 3:
        return [[row] for row in range(count)]
    tree = linkage(squareform(distances, checks=False), method="ward")
    best, labels = 0.0, np.ones(count, dtype=int)
    for groups in range(2, min(MOST, count - 1) + 1):
        cut = fcluster(tree, groups, criterion="maxclust")
        quality = float(silhouette_score(distances, cut, metric="precomputed")) if 1 < len(set(cut)) < count else 0.0
        if quality > best:
            best, labels = quality, cut
    return [[row for row in range(count) if labels[row] == label] for label in dict.fromkeys(labels.tolist())]


def _names(library: Sequence[Item], groups: Sequence[Sequence[int]], vectors: Represented) -> list[str]:
    keywords = [_by_keywords(library, group, groups) for group in groups]
    return [name or _by_terms(group, vectors) for name, group in zip(keywords, groups, strict=True)]


def _by_keywords(library: Sequence[Item], group: Sequence[int], groups: Sequence[Sequence[int]]) -> str:
    def count(rows: Sequence[int]) -> Counter[str]:
        return Counter(w.strip().lower() for row in rows for w in str(library[row].attributes.get("keywords", "")).split(",") if w.strip())

    inside, everywhere = count(group), count([row for rows in groups for row in rows])
    ranked = sorted(inside, key=lambda word: (-inside[word] * inside[word] / everywhere[word], list(inside).index(word)))
    return ", ".join(ranked[:2])


def _by_terms(group: Sequence[int], vectors: Represented) -> str:
    terms = vectors.lexical.terms
    rows = np.asarray(sparse.csr_array(vectors.lexical_library[list(group)]).todense())
    # A name should hold for the group: words in one paper only come last.
    weight = rows.mean(axis=0) * (rows > 0).sum(axis=0)
    chosen: list[str] = []
    for column in np.argsort(-weight, kind="stable")[:40]:
        words = set(terms[column].split())
        if weight[column] > 0 and not any(words & set(other.split()) for other in chosen):
            chosen.append(terms[column])
        if len(chosen) == 3:
            break
    return ", ".join(chosen) or "other papers"
