"""From posts and mentions to what may be said of a hierarchy: the verdict, how levels scale, and their order by evidence of each kind."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from broadsheet.core.catalogue import text_hash
from broadsheet.core.schema import Columns, Record
from broadsheet.core.seeds import generator
from broadsheet.needs.facts import KINDS, Facts
from broadsheet.needs.facts import figures as facts_of
from broadsheet.needs.hierarchy import claimed, latent, mokken, order
from broadsheet.needs.hierarchy.claimed import ClaimFigures
from broadsheet.needs.hierarchy.covariates import Covariate, goes_with
from broadsheet.needs.hierarchy.people import People, authors_by_month, authors_of, by_month, people_of, rows_of
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.hierarchy.verdict import Finding, Verdict, judge

Interval = tuple[float, float]


class LevelFigures(Record):
    """One level and where the taxonomy has it, from 1: how many people speak of it, which share of all (with its interval), its H with its interval, and steps that go against a scale.

    `not_monotone` counts comparisons in which who has more of the other levels speaks less of this one, `crossing` those in which it changes places with another level;
    each significantly.
    """

    id: str
    order: int
    people: int
    share: float
    share_interval: Interval
    H: float | None
    H_interval: Interval | None
    not_monotone: int
    crossing: int


class TimeFigures(Record):
    """Order in time: how far people come to levels in the taxonomy's order (-1 to 1), its p, and by how many people more than by chance one is mentioned before another.

    `sooner` is how many people mention one before another at all, `p_pairs` how likely chance alone divides them as unevenly, over all pairs (Holm).
    """

    people: int
    agreement: float
    p: float
    sooner: Mapping[str, Mapping[str, int]]
    p_pairs: Mapping[str, Mapping[str, float]]
    beyond: Mapping[str, Mapping[str, float]]
    before: Mapping[str, Mapping[str, float | None]]


class Inference(Record):
    """What was inferred; figures that data do not tell are null. Orders by frequency, time, horizon, claims, income and age stand apart: none is made of another.

    `association` is by how many standard deviations more people speak of two levels than by how much each writes; a level that nobody or everybody speaks of has none.
    """

    verdict: Verdict
    reason: str
    people: int
    posts: int
    mentions: int
    H: float | None
    H_se: float | None
    H_transposed: float | None
    reproducibility: float | None
    scalability: float | None
    strength: str
    levels: tuple[LevelFigures, ...]
    intervals: Mapping[str, Interval]
    order_probabilities: Mapping[str, Mapping[str, float]]
    order_by_frequency: tuple[str, ...]
    taxonomy_agreement: Mapping[str, float | None]
    time: TimeFigures
    claims: ClaimFigures | None
    covariates: tuple[Covariate, ...]
    finding: Finding
    association: Mapping[str, Mapping[str, float]]
    months: Mapping[str, Mapping[str, float]]
    month_people: Mapping[str, int]
    plan: AnalysisPlan
    plan_hash: str


class Evidence(NamedTuple):
    """What else tells of order: claims of people (person, before, after) by level, horizons in years of mentions by level, and facts of people."""

    claims: Sequence[tuple[str, int, int]] = ()
    horizons: Mapping[int, Sequence[float]] = {}
    facts: Facts | None = None


# Its matrices are small: threads would wait for each other longer than they work, and round in another order.
@threadpool_limits.wrap(limits=1, user_api="blas")
def infer(
    posts: pl.DataFrame,
    mentions: pl.DataFrame,
    levels: Sequence[str],
    plan: AnalysisPlan,
    *,
    moved: np.ndarray | None = None,
    evidence: Evidence | None = None,
) -> Inference:
    """Infer from `posts` (post, author, at in seconds, text_hash) and accepted `mentions` (post, level); `levels` in the order that the taxonomy says.

    `moved` `[L, L]` says with which chance a mention of one level is taken for each, where that is known. The taxonomy's order is only compared with: the verdict
    does not know it.
    """
    people, evidence = people_of(posts, mentions, levels), evidence or Evidence()
    covariates = _covariates(people, posts, evidence.facts, plan)
    finding = judge(people.present, people.posts, plan, moved)
    rows = rows_of(people.present, people.posts)
    scale = mokken.scalability(rows.present, rows.weight)
    draws = generator(plan.seed, "people").multinomial(int(rows.people), rows.weight / rows.people, size=plan.resamples)
    frequency = order.by_frequency(rows, draws)
    by_frequency = np.argsort(-rows.share, kind="stable")
    time = _time(people, plan)
    reproducible, scalable = mokken.reproducibility(rows.present, rows.weight)
    whole = interval(scale.whole, scale.whole_se, rows.people, len(levels), plan.confidence)
    return Inference(
        verdict=finding.verdict,
        reason=finding.reason,
        people=len(people.posts),
        posts=int(people.posts.sum()),
        mentions=int(people.mentions.sum()),
        H=_told(scale.whole),
        H_se=_told(scale.whole_se),
        H_transposed=_told(mokken.transposed(rows.present, rows.weight)),
        reproducibility=_told(reproducible),
        scalability=_told(scalable),
        strength=_strength(scale.whole),
        levels=_levels(people, scale, frequency, plan),
        intervals={"H": whole} if whole else {},
        order_probabilities=_named(levels, frequency.before),
        order_by_frequency=tuple(levels[level] for level in by_frequency),
        taxonomy_agreement=_agreements(people, rows.share, time, evidence, covariates),
        time=TimeFigures(
            people=time.direction.people,
            agreement=time.direction.agreement,
            p=time.direction.p,
            sooner={one: {other: int(value) for other, value in row.items()} for one, row in _named(levels, time.read.sooner).items()},
            p_pairs=_named(levels, order.by_chance(time.read.sooner)),
            beyond=_named(levels, time.read.beyond),
            before={one: {other: _told(value) for other, value in row.items()} for one, row in _named(levels, time.read.before).items()},
        ),
        claims=claimed.figures(evidence.claims, levels, plan) if evidence.claims else None,
        covariates=covariates,
        finding=finding,
        association=_association(people, plan),
        months=by_month(posts, mentions, levels),
        month_people=authors_by_month(posts),
        plan=plan,
        plan_hash=text_hash(json.dumps(plan.model_dump(mode="json"), sort_keys=True)),
    )


class _Time(NamedTuple):
    read: order.InTime
    direction: order.Direction


def _time(people: People, plan: AnalysisPlan) -> _Time:
    read = order.in_time(people, plan.resamples, generator(plan.seed, "time"))
    return _Time(read, order.direction(people, range(len(people.levels)), plan.resamples, generator(plan.seed, "direction")))


def _covariates(people: People, posts: pl.DataFrame, facts: Facts | None, plan: AnalysisPlan) -> tuple[Covariate, ...]:
    if facts is None:
        return ()
    authors = dict(posts.select(Columns.POST, Columns.AUTHOR).iter_rows())
    return goes_with(people, [facts_of(facts, kind, authors) for kind in KINDS], authors_of(posts), plan)


def _agreements(people: People, share: np.ndarray, time: _Time, evidence: Evidence, covariates: Sequence[Covariate]) -> dict[str, float | None]:
    """Return Kendall's tau of the taxonomy's order with that by each kind of evidence, the lowest level first; None where it tells nothing."""
    count = len(people.levels)
    taxonomy = np.arange(count, dtype=float)
    pairs = time.read.sooner
    total = pairs.sum(axis=1) + pairs.sum(axis=0)
    later = np.divide(pairs.sum(axis=0), total, out=np.full(count, np.nan), where=total > 0)
    said = order.claimed([(before, after) for _, before, after in claimed.votes(evidence.claims)], count)
    beside = {one.kind: one.agreement for one in covariates}
    return {
        "frequency": _told(order.agreement(taxonomy, np.where(share > 0, -share, np.nan))),
        "time": _told(order.agreement(taxonomy, later)),
        "horizon": _told(order.agreement(taxonomy, order.near_and_far(evidence.horizons, count))),
        "claims": None if said is None else _told(order.agreement(taxonomy, said)),
        **{kind: beside.get(kind) for kind in KINDS},
    }


def _association(people: People, plan: AnalysisPlan) -> dict[str, dict[str, float]]:
    share = people.present.mean(axis=0)
    kept = [level for level in np.argsort(-share, kind="stable").tolist() if 0 < share[level] < 1]
    if len(people.posts) < plan.people or len(kept) < 2:
        return {}
    rows = rows_of(people.present[:, kept], people.posts)
    return _named([people.levels[level] for level in kept], latent.association(rows, latent.independent(rows)).deviations)


def _levels(people: People, scale: mokken.Scalability, frequency: order.Frequency, plan: AnalysisPlan) -> tuple[LevelFigures, ...]:
    rows = rows_of(people.present, people.posts)
    steps, crossing = mokken.monotone(rows.present, rows.weight), mokken.invariant(rows.present, rows.weight)
    tail = (1 - plan.confidence) / 2
    low, high = np.quantile(frequency.shares, [tail, 1 - tail], axis=0)
    return tuple(
        LevelFigures(
            id=name,
            order=number + 1,
            people=int(people.present[:, number].sum()),
            share=float(rows.share[number]),
            share_interval=(float(low[number]), float(high[number])),
            H=_told(scale.items[number]),
            H_interval=interval(scale.items[number], scale.items_se[number], rows.people, len(people.levels), plan.confidence),
            not_monotone=int(steps.significant[number]),
            crossing=int(crossing.significant[number]),
        )
        for number, name in enumerate(people.levels)
    )


def _strength(whole: float) -> str:
    """Say in words what an H is, by Mokken's convention.

    >>> _strength(0.43)
    'medium'
    """
    if not np.isfinite(whole):
        return "untold"
    return "none" if whole < 0.3 else "weak" if whole < 0.4 else "medium" if whole < 0.5 else "strong"


def interval(value: float, error: float, people: float, levels: int, confidence: float) -> Interval | None:
    """Return the interval of an H with a standard error over so many people; None where either is no number, or people are hardly more than levels.

    It is symmetric in the logarithm of 1 - H, the share of Guttman errors, which cannot fall below 0, and by Student's t with as many degrees of freedom as there are
    people beyond the levels, whose shares are estimated too.

    >>> [round(end, 3) for end in interval(0.5, 0.1, 38, 7, 0.95)]
    [0.208, 0.684]
    """
    from scipy.stats import t as student

    free = people - levels - 1
    if not (np.isfinite(value) and np.isfinite(error)) or free < 1:
        return None
    half = float(student.ppf((1 + confidence) / 2, free) * error * np.sqrt(people / free))
    left = 1 - float(value)
    if left <= 0 or error == 0:
        return (float(value) - half, float(value) + half)
    return (1 - left * float(np.exp(half / left)), 1 - left * float(np.exp(-half / left)))


def _told(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _named(levels: Sequence[str], values: np.ndarray) -> dict[str, dict[str, float]]:
    return {one: {other: float(values[row, column]) for column, other in enumerate(levels) if column != row} for row, one in enumerate(levels)}
