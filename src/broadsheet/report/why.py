"""Why a paper is on the page: evidence, each with the score that is lost when it is taken away."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from broadsheet.core.catalogue import reading_text
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.report.interests import STATED
from broadsheet.report.model import Evidence, Reason
from broadsheet.report.profile import Profile, same_person
from broadsheet.report.scoring import Scoring
from broadsheet.stack.represented import Represented

TERMS_TRIED = 4
TERMS_SHOWN = 3
LIBRARY_TRIED, LIBRARY_SHOWN = 3, 2
LEAST_SHARE = 0.01


class Bonus(NamedTuple):
    """What a rule, a followed author, or what the reader did adds to a paper's log-odds; `reference` is the paper acted on."""

    kind: Evidence
    text: str
    amount: float
    reference: str = ""


def bonuses(item: Item, profile: Profile, *, include: float, follow: float) -> list[Bonus]:
    """Return what the profile's rules and followed authors add."""
    found = [Bonus("author", name, follow) for name in item.creators if any(same_person(name, followed) for followed in profile.follow)]
    return found + [Bonus("rule", rule.describe(), include) for rule in profile.include if rule.matches(item)]


def odds(text: np.ndarray | None, extra: np.ndarray) -> np.ndarray:
    """Return the scores `[N]`: odds against an average paper, from what the texts say and what rules add.

    Without a library (`text` None or -inf) rules alone count, and a paper that no rule finds scores 0.

    >>> odds(None, np.array([0.0, np.log(3.0)])).round(3).tolist()
    [0.0, 2.0]
    """
    return np.expm1(extra) if text is None else np.where(np.isneginf(text), np.expm1(extra), np.exp(text + extra))


def rule_reasons(added: Sequence[Bonus], text: float | None, extra: float, score: float) -> list[Reason]:
    """Return each rule, followed author and what was learnt with the share of the score that is lost without it."""
    if score <= 0:
        return []
    known = None if text is None else np.array([text])
    without = [odds(known, np.array([extra - bonus.amount]))[0] for bonus in added]
    return [Reason(kind=b.kind, text=b.text, share=float(1 - less / score), reference=b.reference) for b, less in zip(added, without, strict=True)]


def library_reasons(row: int, scoring: Scoring) -> list[Reason]:
    """Return the library papers and stated interests that a paper's score rests on most, at most two, with measured shares.

    The nearest few are taken away one at a time, and the paper is scored again.
    """
    whole = float(scoring.utilities()[row])
    near = np.argsort(-scoring.kernel[row], kind="stable")[:LIBRARY_TRIED]
    lost = sorted(((float(-np.expm1(scoring.utilities(int(j))[row] - whole)), int(j)) for j in near), key=lambda pair: (-pair[0], pair[1]))
    return [
        Reason(
            kind="interest" if scoring.library[j].id.startswith(STATED) else "library",
            text=scoring.library[j].title,
            share=share,
            reference="" if scoring.library[j].id.startswith(STATED) else scoring.library[j].id,
        )
        for share, j in lost[:LIBRARY_SHOWN]
        if share >= LEAST_SHARE
    ]


def term_reasons(items: Sequence[Item], rows: Sequence[int], scoring: Scoring, progress: Progress = silent) -> list[list[Reason]]:
    """Return, for each of `rows`, the words of the paper that its score rests on.

    A word is tried by taking every occurrence out of the title and abstract, embedding what
    remains in every space and scoring it again; only words whose removal lowers the score are
    shown, with the share lost.
    """
    tried: list[tuple[int, str, str]] = []
    for row in rows:
        text = reading_text(items[row])
        for term in _leading_terms(row, scoring.kernel, scoring.vectors):
            without = _pattern(term).sub(" ", text)
            if without != text:
                tried.append((row, term, without))
            if sum(1 for other, _, _ in tried if other == row) == TERMS_TRIED:
                break
    found: dict[int, list[Reason]] = {row: [] for row in rows}
    if not tried:
        return list(found.values())
    texts = [without for _, _, without in tried]
    dense = np.asarray(scoring.vectors.dense(texts, _renamed(progress))) if scoring.vectors.dense is not None else None
    after = scoring.of_texts(texts, [row for row, _, _ in tried], dense)
    whole = scoring.utilities()
    for (row, term, _), left in zip(tried, after, strict=True):
        share = float(-np.expm1(left - whole[row]))
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
