"""How far annotators agree on the levels of posts, and on the words that say so."""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from broadsheet.core.metrics.resample import bootstrap_ratio
from broadsheet.core.schema import Record
from broadsheet.needs.agree.labels import Label, Labelled, is_model
from broadsheet.needs.records import Span

MISSING = -1
ROUNDS = 1_000
# Fewer posts than this share of resamples with a figure have no interval.
_TOLD = 0.95


class Votes(NamedTuple):
    """What annotators say of posts `[A, P]`: a place among `names` (levels in their order, NONE last), or MISSING."""

    annotators: tuple[str, ...]
    posts: tuple[str, ...]
    names: tuple[str, ...]
    codes: np.ndarray

    def of(self, annotators: Sequence[str]) -> "Votes":
        """Return the votes of some annotators, on the posts that any of them labelled."""
        rows = self.codes[[self.annotators.index(one) for one in annotators]]
        seen = (rows != MISSING).any(axis=0)
        return Votes(tuple(annotators), tuple(post for post, is_seen in zip(self.posts, seen, strict=True) if is_seen), self.names, rows[:, seen])

    def counts(self) -> np.ndarray:
        """Return how many annotators name each level, or none, of each post `[P, L + 1]`."""
        return (self.codes[:, :, None] == np.arange(len(self.names))).sum(axis=0)


class Figure(Record):
    """A figure with the ends of its 95 % interval; None where it cannot be told, `units` how many posts it rests on."""

    value: float | None
    low: float | None = None
    high: float | None = None
    units: int = 0


class Kappa(Record):
    """Cohen's kappa of two annotators; `quadratic` is weighted by the squared distance of levels, over the posts where neither says none."""

    first: str
    second: str
    kind: str
    posts: int
    kappa: float | None
    ordered_posts: int
    quadratic: float | None


class SpanAgreement(Record):
    """How well the words that `second` marks are those that `first` marks: equal spans, and characters in common. F1 has an interval over posts."""

    first: str
    second: str
    kind: str
    posts: int
    exact_precision: float
    exact_recall: float
    exact_f1: Figure
    characters_precision: float
    characters_recall: float
    characters_f1: Figure


def votes_of(labelled: Labelled, names: Sequence[str]) -> Votes:
    """Return labels as votes, posts in the order in which they were read."""
    annotators, posts = labelled.annotators, [post for post in labelled.texts if any((post, one) in labelled.labels for one in labelled.annotators)]
    codes = np.full((len(annotators), len(posts)), MISSING)
    place = {post: number for number, post in enumerate(posts)}
    for (post, annotator), label in labelled.labels.items():
        codes[annotators.index(annotator), place[post]] = names.index(label.level)
    return Votes(tuple(annotators), tuple(posts), tuple(names), codes)


def alpha(votes: Votes, rng: np.random.Generator, *, ordinal: bool = False, rounds: int = ROUNDS) -> Figure:
    """Return Krippendorff's alpha (2011) with its percentile interval over posts.

    Nominal, none is a label like others. Ordinal, levels stand in the taxonomy's order and none, which has no place in it, counts as missing.
    """
    counts = votes.counts()[:, : -1 if ordinal else None]
    counts = counts[counts.sum(axis=1) > 1]
    value = _alpha(counts, ordinal=ordinal)
    if value is None:
        return Figure(value=None, units=len(counts))
    drawn = [_alpha(counts[rng.integers(len(counts), size=len(counts))], ordinal=ordinal) for _ in range(rounds)]
    told = [one for one in drawn if one is not None]
    low, high = np.quantile(told, [0.025, 0.975]) if len(told) >= _TOLD * rounds else (None, None)
    return Figure(value=value, low=None if low is None else float(low), high=None if high is None else float(high), units=len(counts))


def _alpha(counts: np.ndarray, *, ordinal: bool) -> float | None:
    import krippendorff

    # With one label there is no disagreement to expect, and alpha is 0 / 0.
    if (counts.sum(axis=0) > 0).sum() < 2:
        return None
    measure = "ordinal" if ordinal else "nominal"
    return float(krippendorff.alpha(value_counts=counts, value_domain=list(range(counts.shape[1])), level_of_measurement=measure))


def kappas(votes: Votes) -> list[Kappa]:
    """Return Cohen's kappa of each pair of annotators, on the posts that both labelled."""
    found = []
    for one, two in combinations(range(len(votes.annotators)), 2):
        both = (votes.codes[one] != MISSING) & (votes.codes[two] != MISSING)
        found.append(kappa_of(votes.annotators[one], votes.annotators[two], (votes.codes[one, both], votes.codes[two, both]), len(votes.names) - 1))
    return found


def kappa_of(first: str, second: str, sides: tuple[np.ndarray, np.ndarray], none: int, *, kind: str = "", weights: np.ndarray | None = None) -> Kappa:
    """Return Cohen's kappa of two labellings `[P]`; `none` is the place of none, `kind` says what is compared where the names do not, `weights` `[P]` weigh posts."""
    left, right = sides
    heavy = np.ones(len(left)) if weights is None else weights
    ordered = (left != none) & (right != none)
    return Kappa(
        first=first,
        second=second,
        kind=kind or kind_of(first, second),
        posts=len(left),
        kappa=_kappa(left, right, heavy),
        ordered_posts=int(ordered.sum()),
        quadratic=_kappa(left[ordered], right[ordered], heavy[ordered], none),
    )


def _kappa(left: np.ndarray, right: np.ndarray, heavy: np.ndarray, levels: int = 0) -> float | None:
    from sklearn.metrics import cohen_kappa_score

    if len(np.unique(np.concatenate([left, right]))) < 2:
        return None
    # All levels are named, so that the distance of two does not shrink where one between them is never used.
    labels, weights = (np.arange(levels), "quadratic") if levels else (None, None)
    value = cohen_kappa_score(left, right, labels=labels, weights=weights, sample_weight=heavy)
    return float(value) if math.isfinite(value) else None


def kind_of(first: str, second: str) -> str:
    """Say whether people or language models are compared.

    >>> [kind_of("ana", "bo"), kind_of("ana", "llm:m"), kind_of("llm:m", "llm:n")]
    ['people', 'a person and a model', 'models']
    """
    return ("people", "a person and a model", "models")[is_model(first) + is_model(second)]


def span_agreements(labelled: Labelled, rng: np.random.Generator) -> list[SpanAgreement]:
    """Compare the words of each pair of annotators, over the posts in which both marked any."""
    pairs = []
    for first, second in combinations(labelled.annotators, 2):
        sides = [(post, labelled.labels.get((post, first)), labelled.labels.get((post, second))) for post in labelled.texts]
        found = span_agreement(first, second, [(post, one, two) for post, one, two in sides if one and two], rng)
        pairs += [found] if found else []
    return pairs


def span_agreement(first: str, second: str, sides: Sequence[tuple[str, Label, Label]], rng: np.random.Generator, kind: str = "") -> SpanAgreement | None:
    """Compare two annotators' words, post by post, whatever level they name; None where no post has words of both.

    `sides` are a post and its two labels; a post may come again, with another person's, and is redrawn with all of its labels.
    """
    held = [(post, one.spans, two.spans) for post, one, two in sides if one.spans and two.spans]
    if not held:
        return None
    posts, marked = [post for post, *_ in held], [spans for _, *spans in held]
    exact = np.array([(len(_places(one) & _places(two)), len(_places(one)), len(_places(two))) for one, two in marked])
    common = np.array([(len(_covered(one) & _covered(two)), len(_covered(one)), len(_covered(two))) for one, two in marked])
    return SpanAgreement(
        first=first,
        second=second,
        kind=kind or kind_of(first, second),
        posts=len(set(posts)),
        exact_precision=_share(exact[:, 0], exact[:, 2]),
        exact_recall=_share(exact[:, 0], exact[:, 1]),
        exact_f1=_f1(exact, posts, rng),
        characters_precision=_share(common[:, 0], common[:, 2]),
        characters_recall=_share(common[:, 0], common[:, 1]),
        characters_f1=_f1(common, posts, rng),
    )


def _places(spans: Sequence[Span]) -> set[tuple[int, int]]:
    return {(span.start, span.end) for span in spans}


def _covered(spans: Sequence[Span]) -> set[int]:
    return {place for span in spans for place in range(span.start, span.end)}


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float(part.sum() / whole.sum())


def _f1(counts: np.ndarray, posts: Sequence[str], rng: np.random.Generator) -> Figure:
    parts, wholes, units = 2 * counts[:, 0], counts[:, 1] + counts[:, 2], len(set(posts))
    if units < 2:
        return Figure(value=_share(parts, wholes), units=units)
    found = bootstrap_ratio(parts, wholes, rng, clusters=posts, rounds=ROUNDS)
    return Figure(value=found.mean, low=found.low, high=found.high, units=units)
