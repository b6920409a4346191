"""What those who speak of a level earn and how old they are, where their posts say so."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
from pydantic import ValidationError

from broadsheet.core.errors import SourceNotFoundError
from broadsheet.core.schema import Columns
from broadsheet.needs.records import PersonFact
from broadsheet.needs.view.sheet import Count, FactRow, fewer

# Months that each period of pay is. An hour's pay tells no month's without the hours.
MONTHS = {"week": 12 / 52, "month": 1.0, "year": 12.0}
KINDS: tuple[Literal["income", "age"], ...] = ("income", "age")


class Facts(NamedTuple):
    """Facts by the post that tells them, and how many were left out for which reason."""

    told: Sequence[tuple[str, PersonFact]]
    left_out: Mapping[str, int]


def read_facts(path: Path, texts: Mapping[str, str]) -> Facts:
    """Return the facts of a file of JSON lines: those of a PersonFact, and a `post_id`. One whose words do not stand in its post is left out, and counted.

    Raises SourceNotFoundError.
    """
    told: list[tuple[str, PersonFact]] = []
    left_out: Counter[str] = Counter()
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --facts.") from None
    for line in filter(None, map(bytes.strip, lines)):
        post, fact, reason = _fact(line, texts)
        if fact is None:
            left_out[reason] += 1
        else:
            told.append((post, fact))
    return Facts(told, dict(sorted(left_out.items())))


def _fact(line: bytes, texts: Mapping[str, str]) -> tuple[str, PersonFact | None, str]:
    try:
        held = json.loads(line)
        post = str(held.pop("post_id"))
        fact = PersonFact.model_validate(held)
    except (ValueError, ValidationError, KeyError, AttributeError, TypeError):
        return "", None, "malformed_fact"
    if post not in texts:
        return post, None, "fact_of_unknown_post"
    if texts[post][fact.span.start : fact.span.end] != fact.span.text:
        return post, None, "fact_not_verbatim"
    if fact.kind == "income" and fact.period not in MONTHS:
        return post, None, "income_without_month"
    return post, fact, ""


def by_level(facts: Facts, posts: pl.DataFrame, mentions: pl.DataFrame, levels: Sequence[str], k: int) -> tuple[FactRow, ...]:
    """Return quartiles of people's incomes, a month and in the currency that most tell, and of their ages, by the levels they speak of; each person is one figure."""
    authors = dict(posts.select(Columns.POST, Columns.AUTHOR).iter_rows())
    spoken = mentions.join(posts.select(Columns.POST, Columns.AUTHOR), on=Columns.POST).select(Columns.AUTHOR, Columns.LEVEL).unique()
    speakers: dict[str, set[str]] = {level: set() for level in levels}
    for author, level in spoken.iter_rows():
        speakers.get(level, set()).add(author)
    rows = []
    for kind in KINDS:
        unit, figures = _figures(facts, kind, authors)
        if figures:
            rows += [_row(kind, unit, level, [value for author, value in figures.items() if author in speakers[level]], k) for level in levels]
    return tuple(rows)


def _figures(facts: Facts, kind: str, authors: Mapping[str, str]) -> tuple[str, dict[str, float]]:
    """Return the unit and each person's figure, the median of what is told."""
    told = [(authors[post], fact) for post, fact in facts.told if fact.kind == kind and post in authors]
    currencies = Counter(fact.currency for _, fact in told)
    currency = min(currencies, key=lambda one: (-currencies[one], one), default="")
    each: dict[str, list[float]] = {}
    for author, fact in told:
        if fact.currency == currency:
            each.setdefault(author, []).append(fact.value / MONTHS[fact.period] if kind == "income" else fact.value)
    unit = f"{currency} a month".strip() if kind == "income" else "years"
    return unit, {author: float(np.median(values)) for author, values in each.items()}


def _row(kind: Literal["income", "age"], unit: str, level: str, values: Sequence[float], k: int) -> FactRow:
    people: Count = fewer(k) if 0 < len(values) < k else len(values)
    low, middle, high = (None, None, None) if len(values) < k else (blurred(float(end)) for end in np.quantile(values, [0.25, 0.5, 0.75]))
    return FactRow(kind=kind, level=level, people=people, low=low, middle=middle, high=high, unit=unit)


def blurred(value: float) -> float:
    """Round to two digits, so that no figure is one person's own.

    >>> blurred(4_321.0), blurred(37.5)
    (4300.0, 38.0)
    """
    return float(f"{value:.1e}")
