"""Themes by non-negative factors of TF-IDF, and how surely each is found again among other people, beyond what words dealt out by lot give."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.needs.themes.words import Words

# A theme is told by so many of its words.
TOP = 10
NUMBERS = (4, 6, 8, 10, 12, 15, 20)
RESAMPLES = 12
# A theme of which this share of the words that chance does not bring comes again is one that others would find too.
STABLE = 0.5
_STEPS, _CLOSE = 600, 1e-3
_LARGEST_SEED = 2**31

Fit = Callable[[Words, int, int | None], np.ndarray]


class Found(NamedTuple):
    """Themes by words `[T, V]`; of each, which share of its words comes again `[T]`, and how surely it does beyond chance, 0 to 1 `[T]`; `chance` is what chance brings.

    `of` `[N]` is the theme that weighs most in each post, or -1, and `people` `[T]` how many people have such a post.
    """

    terms: np.ndarray
    again: np.ndarray
    stability: np.ndarray
    chance: float
    of: np.ndarray
    people: np.ndarray

    @property
    def stable(self) -> np.ndarray:
        """Which themes others would find too `[T]`; one that nobody speaks of is none."""
        return (self.stability >= STABLE) & (self.people > 0)


def weighted(words: Words) -> sparse.csr_array:
    """Return TF-IDF `[N, V]`, the rows of a person so long that their squares sum to 1: whoever writes much counts as one."""
    from sklearn.feature_extraction.text import TfidfTransformer

    share = 1 / np.sqrt(np.bincount(words.person)[words.person])
    return sparse.csr_array(
        sparse.dia_array((share[None, :], [0]), shape=(len(share), len(share))) @ TfidfTransformer(sublinear_tf=True).fit_transform(words.counts)
    )


def nmf(words: Words, number: int, seed: int | None) -> np.ndarray:
    """Return so many themes `[T, V]`, begun by lot, or without a seed by singular vectors."""
    return factors(words, number, seed).components_


def factors(words: Words, number: int, seed: int | None) -> Any:
    """Return the fitted factors; a fit that is stopped before it has settled is one whose themes come again less surely."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    made = NMF(number, init="nndsvda" if seed is None else "random", random_state=0 if seed is None else seed, max_iter=_STEPS, tol=_CLOSE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return made.fit(weighted(words))


def lda(words: Words, number: int, seed: int | None) -> np.ndarray:
    """Return so many topics `[T, V]` by latent Dirichlet allocation: what themes are held against."""
    from sklearn.decomposition import LatentDirichletAllocation

    return LatentDirichletAllocation(number, random_state=0 if seed is None else seed).fit(words.counts).components_


def top_words(terms: np.ndarray) -> list[list[int]]:
    """Return the places of the words that each theme `[T, V]` is told by, the weightiest first; one without weight is none."""
    return [[place for place in np.argsort(-row, kind="stable")[:TOP].tolist() if row[place] > 0] for row in terms]


def overlap(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return which share of the words of each of our themes `[T, V]` is that of the theme among theirs it is matched with `[T]`; each is matched once, as well as can be.

    >>> overlap(np.eye(3), np.eye(3)[[2, 0, 1]]).tolist()
    [1.0, 1.0, 1.0]
    """
    sides = [[set(words) for words in top_words(terms)] for terms in (ours, theirs)]
    common = np.array([[len(one & other) / max(len(one), len(other), 1) for other in sides[1]] for one in sides[0]])
    rows, columns = linear_sum_assignment(-common)
    found = np.zeros(len(ours))
    found[rows] = common[rows, columns]
    return found


def comes_again(words: Words, number: int, seed: int, fit: Fit = nmf, resamples: int = RESAMPLES) -> tuple[np.ndarray, np.ndarray]:
    """Return themes of all posts `[T, V]`, and which share of each one's words comes again, on average, when people are drawn anew and the fit begins elsewhere `[T]`."""
    terms = fit(words, number, None)
    order = np.argsort(words.person, kind="stable")
    starts = np.searchsorted(words.person[order], np.arange(words.people + 1))
    shares = []
    for draw in range(resamples):
        rng = generator(seed, "themes", str(number), str(draw))
        people = rng.integers(words.people, size=words.people)
        rows = [order[starts[one] : starts[one + 1]] for one in people]
        drawn = words.some(np.concatenate(rows), np.repeat(np.arange(len(rows)), [len(row) for row in rows]))
        shares.append(overlap(terms, fit(drawn, number, int(rng.integers(_LARGEST_SEED)))))
    return terms, np.mean(shares, axis=0)


def dealt(words: Words, seed: int) -> Words:
    """Return the posts with their words dealt out anew by lot: each word as often, and in about as many posts, and no theme."""
    held = words.counts.tocoo()
    rows = generator(seed, "themes dealt").permutation(held.coords[0])
    return words._replace(counts=sparse.csr_array(sparse.coo_array((held.data, (rows, held.coords[1])), shape=held.shape)))


def find(words: Words, number: int, seed: int, resamples: int = RESAMPLES) -> Found:
    """Find so many themes, and tell of each how surely others would find it."""
    terms, again = comes_again(words, number, seed, resamples=resamples)
    chance = float(comes_again(dealt(words, seed), number, seed, resamples=resamples)[1].mean())
    weights = factors(words, number, None).transform(weighted(words))
    of = np.where(weights.max(axis=1) > 0, weights.argmax(axis=1), -1)
    people = np.array([len(np.unique(words.person[of == theme])) for theme in range(number)])
    return Found(terms, again, np.clip((again - chance) / max(1 - chance, 1e-9), 0.0, 1.0), chance, of, people)


def choose(words: Words, numbers: Sequence[int], seed: int, resamples: int = RESAMPLES, progress: Progress = silent, k: int = 1) -> Found:
    """Find themes in that number of `numbers` that has most stable ones that `k` people or more speak of; of equals the smallest.

    Numbers that the posts cannot fill are passed over.
    """
    can = [number for number in numbers if number <= words.most] or [words.most]
    best: Found | None = None
    for done, number in enumerate(can):
        progress("numbers of themes", done, len(can))
        found = find(words, number, seed, resamples)
        if best is None or _shown(found, k) > _shown(best, k):
            best = found
    progress("numbers of themes", len(can), len(can))
    assert best is not None
    return best


def _shown(found: Found, k: int) -> int:
    return int((found.stable & (found.people >= k)).sum())
