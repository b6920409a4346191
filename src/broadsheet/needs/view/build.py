"""From an inference to what is shown of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet import __version__
from broadsheet.needs.cells import WITHHELD, Count, count, fewer, parts, told
from broadsheet.needs.facts import Facts
from broadsheet.needs.hierarchy.covariates import Covariate
from broadsheet.needs.hierarchy.infer import Inference, Interval, LevelFigures
from broadsheet.needs.suppression import suppress
from broadsheet.needs.taxonomy import Taxonomy
from broadsheet.needs.view.facts import by_level
from broadsheet.needs.view.quotes import Said, quotations
from broadsheet.needs.view.sheet import (
    AgreementRow,
    ArrowRow,
    LevelRow,
    ModelRow,
    MonthRow,
    NullRow,
    PairRow,
    Provenance,
    Sheet,
    SlopeRow,
    Theme,
    ThemeLevel,
    TrendRow,
    Whole,
    bound,
)

KINDS = {
    "frequency": "how many speak of each",
    "time": "when people come to each",
    "horizon": "how soon each is to be met",
    "claims": "what people say comes first",
    "income": "what goes with income",
    "age": "what goes with age",
}
MODELS = {"cumulative": "A scale: whoever speaks of a level speaks of those below", "unfolding": "Unfolding: people speak of levels near where they stand"}


class Shown(NamedTuple):
    """How much is shown: no number of people under `k`, and so many quotations of a level."""

    k: int = 5
    quotations: int = 5


class Beside(NamedTuple):
    """What is shown beside the inference where it is given: the posts and mentions it is of, what was said in them, facts of people, themes with the levels their posts speak of."""

    posts: pl.DataFrame | None = None
    mentions: pl.DataFrame | None = None
    said: Said | None = None
    facts: Facts | None = None
    themes: Sequence[Theme] = ()
    theme_levels: Sequence[ThemeLevel] = ()


def sheet(
    found: Inference,
    taxonomy: Taxonomy,
    beside: Beside | None = None,
    shown: Shown | None = None,
    *,
    inputs: Mapping[str, str] | None = None,
    left_out: Mapping[str, int] | None = None,
) -> Sheet:
    """Lay out what is shown of an inference; `inputs` are hashes of what it was made from, `left_out` what was not used, by reason."""
    beside, shown = beside or Beside(), shown or Shown()
    names = {level.id: level.name for level in taxonomy.levels}
    levels = tuple(_level(level, names.get(level.id, level.id), found.people, shown.k) for level in found.levels)
    open_levels = [row.id for row in levels if isinstance(row.people, int) and row.people]
    months = _months(found, shown.k)
    quotes, facts = (), ()
    if beside.posts is not None and beside.said is not None:
        dated = {(row.month, row.level) for row in months if row.share is not None}
        quotes = quotations(beside.said, beside.posts, taxonomy, open_levels, shown.quotations)
        quotes = tuple(quote if (quote.month, quote.level) in dated else quote.model_copy(update={"month": ""}) for quote in quotes)
    if beside.posts is not None and beside.mentions is not None and beside.facts is not None:
        facts = by_level(beside.facts, beside.posts, beside.mentions, [row.id for row in levels], shown.k)
    return Sheet(
        taxonomy=taxonomy.name,
        title=taxonomy.title,
        k=shown.k,
        whole=_whole(found, open_levels, shown.k),
        levels=levels,
        pairs=tuple(_pairs(found, open_levels)),
        arrows=tuple(_arrows(found, shown.k)),
        months=tuple(months),
        nulls=_nulls(found),
        models=tuple(
            ModelRow(id=name, name=says, gain=round(found.finding.held_out[name], 2)) for name, says in MODELS.items() if name in found.finding.held_out
        ),
        agreements=tuple(
            AgreementRow(id=name, name=says, tau=told(found.taxonomy_agreement.get(name)) if found.people >= shown.k else None) for name, says in KINDS.items()
        ),
        facts=facts,
        slopes=tuple(_slopes(found)),
        trends=tuple(_trend(one, found.people, shown.k) for one in found.covariates),
        themes=tuple(theme.model_copy(update={"people": count(theme.people, shown.k)}) if isinstance(theme.people, int) else theme for theme in beside.themes),
        theme_levels=tuple(beside.theme_levels),
        quotations=quotes,
        provenance=Provenance(
            plan=found.plan, plan_hash=found.plan_hash, package_version=__version__, inputs=dict(sorted((inputs or {}).items())), left_out=dict(left_out or {})
        ),
    )


def _whole(found: Inference, shown: Sequence[str], k: int) -> Whole:
    rests, few = found.finding, 0 < found.people < k
    low, high = _ends(found.intervals.get("H"))
    timed = count(found.time.people, k)
    return Whole(
        verdict=found.verdict,
        reason=f"There are {fewer(k)} people: too few to tell." if few else found.reason,
        people=count(found.people, k),
        posts=WITHHELD if few else found.posts,
        mentions=WITHHELD if few else found.mentions,
        H=None if few else told(found.H),
        H_low=None if few else low,
        H_high=None if few else high,
        strength="untold" if few else found.strength,
        beyond_writing=told(rests.beyond_writing),
        without_error=told(rests.without_error),
        detectable=told(rests.detectable),
        unfolding_better=told(rests.unfolding_better),
        error=told(rests.error),
        error_given=rests.error_given,
        writing_exponent=told(rests.writing_exponent),
        reproducibility=None if few else told(found.reproducibility),
        scalability=None if few else told(found.scalability),
        order_by_frequency=tuple(level for level in found.order_by_frequency if level in shown),
        time_people=timed,
        time_agreement=told(found.time.agreement) if isinstance(timed, int) and timed else None,
        time_p=told(found.time.p) if isinstance(timed, int) and timed else None,
        **_claimed(found, k),
    )


def _claimed(found: Inference, k: int) -> dict[str, Any]:
    """Return what people say comes first, where as many say so as may be told."""
    claims = found.claims
    if claims is None or claims.people < k:
        return {"claims_people": count(claims.people, k) if claims else 0}
    low, high = _ends(claims.interval)
    figures = {"agreement": told(claims.agreement), "low": low, "high": high, "p": told(claims.p), "people": claims.people}
    return {f"claims_{name}": value for name, value in figures.items()}


def _slopes(found: Inference) -> Iterator[SlopeRow]:
    for one in found.covariates:
        for level in one.levels:
            low, high = _ends(level.interval)
            yield SlopeRow(kind=one.kind, level=level.id, slope=told(level.slope), low=low, high=high, p=told(level.p))


def _trend(one: Covariate, people: int, k: int) -> TrendRow:
    low, high = _ends(one.trend_interval)
    part = parts([one.people], [people], k)[0]
    return TrendRow(
        kind=one.kind,
        unit=one.unit,
        step=one.step,
        people=part.people,
        missing=WITHHELD if part.share is None else one.missing,
        trend=told(one.trend),
        low=low,
        high=high,
        p=told(one.p),
        agreement=told(one.agreement),
    )


def _level(level: LevelFigures, name: str, people: int, k: int) -> LevelRow:
    part = parts([level.people], [people], k)[0]
    shows = part.share is not None
    low, high = _ends(level.share_interval if shows else None)
    scale_low, scale_high = _ends(level.H_interval if shows else None)
    return LevelRow(
        id=level.id,
        name=name,
        order=level.order,
        people=part.people,
        share=part.share,
        share_low=low,
        share_high=high,
        H=told(level.H) if shows else None,
        H_low=scale_low,
        H_high=scale_high,
        not_monotone=level.not_monotone if shows else None,
        crossing=level.crossing if shows else None,
    )


def _pairs(found: Inference, shown: Sequence[str]) -> list[PairRow]:
    """Return every pair of levels, with figures where both levels' people are told."""
    rows = []
    for one, others in found.order_probabilities.items():
        for other, below in others.items():
            both = one in shown and other in shown
            tie = found.association.get(one, {}).get(other)
            rows.append(PairRow(one=one, other=other, below=told(below) if both else None, association=told(tie) if both else None))
    return rows


def _arrows(found: Inference, k: int) -> list[ArrowRow]:
    """Return which way people go between two levels, from time alone; those of too few people have no arrow."""
    rows = []
    for one, other in ((one, other) for one, others in found.time.beyond.items() for other, more in others.items() if round(more) > 0):
        forth, back = found.time.sooner[one][other], found.time.sooner[other][one]
        if forth + back < k:
            continue
        hidden = np.ma.getmaskarray(suppress(np.array([forth, back]), k)).any()
        p = found.time.p_pairs[one][other]
        people: Count = WITHHELD if hidden else forth + back
        rows.append(ArrowRow(start=one, end=other, people=people, more=round(found.time.beyond[one][other]), p=bound(p), is_clear=p <= found.plan.level))
    return sorted(rows, key=lambda row: (not row.is_clear, -row.more))


def _months(found: Inference, k: int) -> list[MonthRow]:
    months = list(found.month_people)
    of = [found.month_people[month] for month in months]
    rows = []
    for level in (level.id for level in found.levels):
        some = [round(found.months[month][level] * people) for month, people in zip(months, of, strict=True)]
        for month, part in zip(months, parts(some, of, k), strict=True):
            rows.append(MonthRow(month=month, level=level, authors=part.of, people=part.people, share=part.share))
    return rows


def _nulls(found: Inference) -> tuple[NullRow, ...]:
    rests = found.finding
    return (
        NullRow(id="writing", says="People speak of each level by chance, more often the more they write", counts=True, p=told(rests.p)),
        NullRow(id="independence", says="Levels have nothing to do with one another, against the better of two models", counts=True, p=told(rests.p_gain)),
        NullRow(
            id="shuffled",
            says="Each level’s mentions are dealt out to people anew: much writing alone can pass for a scale here",
            counts=False,
            p=told(rests.p_shuffled),
        ),
    )


def _ends(ends: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if ends is None else (told(ends[0]), told(ends[1]))
