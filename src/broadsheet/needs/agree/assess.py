"""All that labels tell: how far people agree, how right a labeller is by them, and what that makes of its shares."""

from collections.abc import Mapping, Sequence

import numpy as np

from broadsheet.core.errors import ConfigError
from broadsheet.core.schema import Record
from broadsheet.core.seeds import generator
from broadsheet.needs.agree.agreement import Figure, Kappa, SpanAgreement, Votes, alpha, kappa_of, kappas, span_agreement, span_agreements, votes_of
from broadsheet.needs.agree.labels import NONE, Labelled, is_model
from broadsheet.needs.agree.predicted import Predicted
from broadsheet.needs.agree.prevalence import Checked, Prevalence, accuracy, confusion, prevalences
from broadsheet.needs.agree.truth import Truth, truth_of
from broadsheet.needs.taxonomy import Taxonomy

COMPARED = "people and a labeller"
# Intervals that rest on the normal distribution, or on redrawn posts, are too narrow for a level that hardly any of the posts has.
FEW = 5
_HARD = "Posts were not drawn evenly: how far annotators agree is told of the posts they labelled, which are likely harder than most; a labeller is weighted to all."
_NOT_ACCURACY = "Agreement among language models is not accuracy: they can agree and be wrong. Their figures stand apart from those of people."


class Alpha(Record):
    """Krippendorff's alpha of people, or of language models, never of both together; ordinal leaves out posts and votes of none."""

    group: str
    annotators: tuple[str, ...]
    nominal: Figure
    ordinal: Figure


class Reference(Record):
    """What a labeller is held against: people's labels, by a rule; `accuracy` is the rule's estimate for each person, if it makes one."""

    rule: str
    people: tuple[str, ...]
    posts: int
    tied: int
    accuracy: Mapping[str, float] | None


class Labeller(Record):
    """A labeller against people: `confusion` has a row for each label by people, and a column for each by the labeller, in the order of `labels`.

    `confusion_of_levels` is its part without none, as `needs infer` reads it; rows of `assumed` levels had no count there and are taken as free of error.
    """

    name: str
    labels: tuple[str, ...]
    accuracy: Figure
    kappa: Kappa
    spans: SpanAgreement | None
    confusion: tuple[tuple[float, ...], ...]
    confusion_of_levels: tuple[tuple[float, ...], ...]
    assumed: tuple[str, ...]
    prevalence: tuple[Prevalence, ...]
    left_out: Mapping[str, int]


class Assessment(Record):
    """What labels of posts tell; intervals are over posts, 95 %."""

    taxonomy: str
    posts: int
    people: tuple[str, ...]
    models: tuple[str, ...]
    labels: Mapping[str, int]
    unlabelled: int
    alpha: tuple[Alpha, ...]
    kappa: tuple[Kappa, ...]
    spans: tuple[SpanAgreement, ...]
    reference: Reference | None
    labeller: Labeller | None
    notes: tuple[str, ...]


def assess(labelled: Labelled, taxonomy: Taxonomy, predicted: Predicted | None = None, posts: Sequence[str] = (), *, seed: int = 0) -> Assessment:
    """Tell what labels say, and how a labeller of all `posts` does by them. Raises ConfigError where nobody, or no person, labelled anything."""
    if not labelled.labels:
        raise ConfigError("Nobody has labelled a post yet.", f"Fill in the column level: a level, or {NONE}. Or label with: broadsheet needs label --terminal")
    names = (*(level.id for level in taxonomy.levels), NONE)
    votes = votes_of(labelled, names)
    people = [one for one in votes.annotators if not is_model(one)]
    models = [one for one in votes.annotators if is_model(one)]
    notes = [_NOT_ACCURACY] if models else []
    if labelled.repeated:
        notes.append(f"{labelled.repeated:,} times the evidence stands more than once in its post: the first place is taken.")
    if len(set(labelled.propensities.values())) > 1:
        notes.append(_HARD)
    truth = truth_of(votes.of(people)) if people else None
    found = None
    if predicted:
        if not truth:
            raise ConfigError("Only language models have labelled these posts; a labeller cannot be held against them.", "Add --labels of at least one person.")
        found, more = _labeller(labelled, votes.of(people), truth, predicted, posts, generator(seed, "needs", "labeller"))
        notes += more
    return Assessment(
        taxonomy=taxonomy.name,
        posts=len(votes.posts),
        people=tuple(people),
        models=tuple(models),
        labels={one: int((row >= 0).sum()) for one, row in zip(votes.annotators, votes.codes, strict=True)},
        unlabelled=labelled.unlabelled,
        alpha=tuple(_alpha(group, votes.of(who), seed) for group, who in (("people", people), ("models", models)) if len(who) > 1),
        kappa=tuple(kappas(votes)),
        spans=tuple(span_agreements(labelled, generator(seed, "needs", "spans"))),
        reference=_reference(truth, people) if truth else None,
        labeller=found,
        notes=tuple(notes),
    )


def level_part(counts: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Return the part of a confusion `[L + 1, L + 1]` without none `[L, L]`, and which of its rows were empty: they are taken as free of error.

    >>> level_part(np.array([[2.0, 1.0, 3.0], [0.0, 0.0, 4.0], [1.0, 1.0, 1.0]]))[0].tolist()
    [[2.0, 1.0], [0.0, 1.0]]
    """
    part = counts[:-1, :-1].copy()
    empty = np.flatnonzero(part.sum(axis=1) == 0)
    part[empty, empty] = 1.0
    return part, empty.tolist()


def _alpha(group: str, votes: Votes, seed: int) -> Alpha:
    nominal, ordinal = (alpha(votes, generator(seed, "needs", "alpha", group), ordinal=is_ordinal) for is_ordinal in (False, True))
    return Alpha(group=group, annotators=votes.annotators, nominal=nominal, ordinal=ordinal)


def _reference(truth: Truth, people: Sequence[str]) -> Reference:
    return Reference(rule=truth.rule, people=tuple(people), posts=len(truth.chances), tied=truth.tied, accuracy=truth.accuracy)


def _labeller(
    labelled: Labelled, votes: Votes, truth: Truth, predicted: Predicted, posts: Sequence[str], rng: np.random.Generator
) -> tuple[Labeller, list[str]]:
    names = votes.names
    place = {post: number for number, post in enumerate(posts)}
    everywhere = predicted.labels.chances.argmax(axis=1)
    rows = np.array([place[post] for post in votes.posts])
    weights, notes = _weights(labelled, votes.posts)
    checked = Checked(everywhere, everywhere[rows], truth.chances, weights)
    counts = confusion(checked)
    levels, empty = level_part(counts)
    assumed = tuple(names[number] for number in empty)
    if assumed:
        notes.append(
            f"The labeller names no level where people say {', '.join(assumed)}, or people never say it: the confusion of levels takes it as free of error."
        )
    if few := [name for name, count in zip(names, truth.chances.sum(axis=0), strict=True) if count < FEW]:
        notes.append(f"Fewer than {FEW} posts by people have {', '.join(few)}: the intervals of these shares are too narrow.")
    if predicted.several:
        notes.append(f"{predicted.several:,} posts have mentions of several levels: the surest stands for the post.")
    pairs = [
        (post, labelled.labels[post, one], predicted.label(post, place[post]))
        for post in votes.posts
        for one in votes.annotators
        if (post, one) in labelled.labels
    ]
    found = Labeller(
        name=predicted.name,
        labels=names,
        accuracy=accuracy(checked, rng),
        kappa=kappa_of("people", predicted.name, (truth.chances.argmax(axis=1), checked.said), len(names) - 1, kind=COMPARED, weights=weights),
        spans=span_agreement("people", predicted.name, pairs, rng, COMPARED),
        confusion=_rounded(counts),
        confusion_of_levels=_rounded(levels),
        assumed=assumed,
        prevalence=tuple(prevalences(checked, names, rng)),
        left_out=predicted.left_out,
    )
    return found, notes


def _weights(labelled: Labelled, posts: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Return the inverse of the chance with which each post was drawn, or ones with a note where it is not known of all."""
    known = [labelled.propensities.get(post) for post in posts]
    chances = [chance for chance in known if chance is not None]
    if len(chances) == len(known):
        return 1 / np.array(chances), []
    told = f"{len(known) - len(chances):,} posts have no propensity: none is weighted, and shares are right only if posts were drawn evenly."
    return np.ones(len(known)), [told]


def _rounded(matrix: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(value), 6) for value in row) for row in matrix)
