"""Why a paper is on the page: evidence, each with the score that is lost when it is taken away."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from broadsheet.core.catalogue import reading_text
from broadsheet.core.component import similarity
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.report.affinity import AffinityConfig, kernel
from broadsheet.report.interests import STATED
from broadsheet.report.model import Evidence, Reason
from broadsheet.report.profile import Profile, same_person
from broadsheet.stack import Represented

TERMS_TRIED = 4
TERMS_SHOWN = 3
LIBRARY_SHOWN = 2
LEAST_SHARE = 0.01


class Bonus(NamedTuple):
    """What a rule or a followed author adds to a score."""

    kind: Evidence
    text: str
    amount: float


def bonuses(item: Item, profile: Profile, near: float, config: AffinityConfig) -> list[Bonus]:
    """Return what the profile's rules and followed authors add, each as a multiple of `near`."""
    found = [Bonus("author", name, config.follow * near) for name in item.creators if any(same_person(name, followed) for followed in profile.follow)]
    return found + [Bonus("rule", rule.describe(), config.include * near) for rule in profile.include if rule.matches(item)]


def library_reasons(row: np.ndarray, library: Sequence[Item], score: float) -> list[Reason]:
    """Return the nearest library papers and stated interests, at most two, with exact shares.

    `row` is the kernel `[M]` of the paper with each library paper; the score is a sum over
    them, so what is lost without one is its own kernel.
    """
    nearest = [int(j) for j in np.argsort(-row, kind="stable")[:LIBRARY_SHOWN] if score > 0 and row[j] / score >= LEAST_SHARE]
    return [
        Reason(
            kind="interest" if library[j].id.startswith(STATED) else "library",
            text=library[j].title,
            share=float(row[j] / score),
            reference="" if library[j].id.startswith(STATED) else library[j].id,
        )
        for j in nearest
    ]


def term_reasons(
    items: Sequence[Item],
    rows: Sequence[int],
    weights: np.ndarray,
    scores: np.ndarray,
    vectors: Represented,
    config: AffinityConfig,
    progress: Progress = silent,
) -> list[list[Reason]]:
    """Return, for each of `rows`, the words of the paper that its score rests on.

    A word is tried by taking every occurrence out of the title and abstract, embedding what
    remains in both spaces and scoring it again; only words whose removal lowers the score are
    shown, with the share lost. `weights` is the kernel `[N, M]`, `scores` `[N]`.
    """
    tried: list[tuple[int, str, str]] = []
    for row in rows:
        text = reading_text(items[row])
        for term in _leading_terms(row, weights, vectors):
            without = _pattern(term).sub(" ", text)
            if without != text:
                tried.append((row, term, without))
            if sum(1 for other, _, _ in tried if other == row) == TERMS_TRIED:
                break
    if not tried:
        return [[] for _ in rows]
    texts = [without for _, _, without in tried]
    lexical = similarity(vectors.lexical(texts), vectors.lexical_library)
    dense = None
    if vectors.dense is not None and vectors.dense_library is not None:
        dense = similarity(vectors.dense(texts, _renamed(progress)), vectors.dense_library)
    left = kernel(lexical, dense, config).sum(axis=1)
    whole = weights.sum(axis=1)
    found: dict[int, list[Reason]] = {row: [] for row in rows}
    for (row, term, _), after in zip(tried, left, strict=True):
        share = float((whole[row] - after) / scores[row]) if scores[row] > 0 else 0.0
        if share >= LEAST_SHARE:
            found[row].append(Reason(kind="term", text=term, share=share))
    return [sorted(found[row], key=lambda r: -r.share)[:TERMS_SHOWN] for row in rows]


def word_weights(row: int, weights: np.ndarray, vectors: Represented) -> dict[str, float]:
    """Return how much each word of a paper speaks for it: its weight times the library's."""
    pull = _pull(row, weights, vectors)
    terms = vectors.lexical.terms
    found: dict[str, float] = {}
    for column, value in pull.items():
        for word in terms[column].split():
            found[word] = found.get(word, 0.0) + value
    return found


def _leading_terms(row: int, weights: np.ndarray, vectors: Represented) -> list[str]:
    pull = _pull(row, weights, vectors)
    terms = vectors.lexical.terms
    chosen: list[str] = []
    # A pair of words goes before its parts when it pulls nearly as much.
    for column in sorted(pull, key=lambda c: (-pull[c] * (1.3 if " " in terms[c] else 1.0), terms[c])):
        words = set(terms[column].split())
        if pull[column] > 0 and not any(words & set(other.split()) for other in chosen):
            chosen.append(terms[column])
        if len(chosen) == 2 * TERMS_TRIED:
            break
    return chosen


def _pull(row: int, weights: np.ndarray, vectors: Represented) -> dict[int, float]:
    own = sparse.csr_array(vectors.lexical_candidates[[row]])
    library = np.asarray(weights[row] @ vectors.lexical_library).ravel()
    return {int(column): float(value * library[column]) for column, value in zip(own.indices, own.data, strict=True)}


def _pattern(term: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, term.split())) + r"(?!\w)", re.IGNORECASE)


def _renamed(progress: Progress) -> Progress:
    def told(step: str, done: int, total: int) -> None:
        del step
        progress("measuring reasons", done, total)

    return told
