"""What people's posts say of their income and age: read, and made one figure a person."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import ValidationError

from broadsheet.core.schema import Columns
from broadsheet.needs.frames import rows
from broadsheet.needs.records import PersonFact

Kind = Literal["income", "age"]
KINDS: tuple[Kind, ...] = ("income", "age")
# Months that each period of pay is. An hour's pay tells no month's without the hours.
MONTHS = {"week": 12 / 52, "month": 1.0, "year": 12.0}
COLUMNS = (Columns.POST, Columns.KIND, Columns.VALUE, Columns.CURRENCY, Columns.PERIOD, Columns.START, Columns.END, Columns.TEXT)
SPAN = (Columns.START, Columns.END, Columns.TEXT)


class Facts(NamedTuple):
    """Facts by the post that tells them, and how many were left out for which reason."""

    told: Sequence[tuple[str, PersonFact]]
    left_out: Mapping[str, int]


class Figures(NamedTuple):
    """One kind of fact: its unit, each person's figure, and how many facts were left out for being in another currency."""

    kind: Kind
    unit: str
    of: Mapping[str, float]
    other_currency: int


def read_facts(path: Path, posts: Container[str], texts: Mapping[str, str] | None = None) -> Facts:
    """Return the facts of a folder of `needs run`, of its facts.parquet, or of JSON lines: those of a PersonFact, and a `post_id`.

    Left out, and counted, is what is malformed, of a post that is not among `posts`, an income that is no week's, month's or year's, and, where `texts` are given, what
    does not stand in its post. Raises as `rows` does.
    """
    told: list[tuple[str, PersonFact]] = []
    left_out: Counter[str] = Counter()
    for held in rows(path, "facts", COLUMNS):
        post, fact, reason = _fact(held, posts, texts)
        if fact is None:
            left_out[reason] += 1
        else:
            told.append((post, fact))
    return Facts(told, dict(sorted(left_out.items())))


def _fact(held: dict[str, Any] | None, posts: Container[str], texts: Mapping[str, str] | None) -> tuple[str, PersonFact | None, str]:
    try:
        rest = dict(held or {})
        post = str(rest.pop("post_id"))
        if "span" not in rest:
            rest["span"] = {name: rest.pop(name) for name in SPAN}
        fact = PersonFact.model_validate(rest)
    except (ValueError, ValidationError, KeyError, AttributeError, TypeError):
        return "", None, "malformed_fact"
    if post not in posts:
        return post, None, "fact_of_unknown_post"
    if texts is not None and texts[post][fact.span.start : fact.span.end] != fact.span.text:
        return post, None, "fact_not_verbatim"
    if fact.kind == "income" and fact.period not in MONTHS:
        return post, None, "income_without_month"
    return post, fact, ""


def figures(facts: Facts, kind: Kind, authors: Mapping[str, str]) -> Figures:
    """Return each person's figure of a kind, the median of what is told: incomes a month and in the currency that most facts are in.

    `authors` says who wrote each post.
    """
    told = [(authors[post], fact) for post, fact in facts.told if fact.kind == kind and post in authors]
    currencies = Counter(fact.currency for _, fact in told)
    currency = min(currencies, key=lambda one: (-currencies[one], one), default="")
    each: dict[str, list[float]] = {}
    for author, fact in told:
        if fact.currency == currency:
            each.setdefault(author, []).append(fact.value / MONTHS[fact.period] if kind == "income" else fact.value)
    unit = f"{currency} a month".strip() if kind == "income" else "years"
    return Figures(kind, unit, {author: float(np.median(values)) for author, values in each.items()}, len(told) - currencies[currency])
