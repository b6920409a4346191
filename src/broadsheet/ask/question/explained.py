"""Whether the words of a question say why a value stands in a query."""

import re
from collections.abc import Set as AbstractSet

from broadsheet.ask.question import phrases as p
from broadsheet.ask.question.alike import folded, iso_of, near, year_of
from broadsheet.ask.question.facts import Facts, Value
from broadsheet.ask.question.held import Constant
from broadsheet.ask.question.words import root

# How often a unit of time goes into another, and thousandths.
UNITS = (60, 3600, 24, 7, 12, 30, 365, 1000, 60_000, 3_600_000, 86_400, 86_400_000, 0.01, 1e-3)


def explained(facts: Facts, constant: Constant, limits: AbstractSet[int]) -> bool:
    """Whether the words of a question say why a value stands in a query; what bounds the list says nothing of a value."""
    value = constant.value
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return _text_explained(facts, value, constant.iso)
    lows = {token.low for token in facts.tokens}
    if value in {0, 1, -1} or (value == 2 and (facts.marked("several") or facts.marked("both") or "same" in lows)):
        return True
    if value in range(32) and lows & p.CALENDAR:
        return True
    if value in {p.ORDINALS.get(token.low) for token in facts.tokens}:
        return True
    places = {limit.place for limit in facts.limits}
    for one in facts.values:
        if one.is_number and one.value in limits and any(place.start <= one.place.start and one.place.end <= place.end for place in places):
            continue
        if _gives(facts, one, value):
            return True
    left = [token.text for token in facts.tokens if token.shape not in {"number", "word", "mark"}]
    return any(str(value) in re.findall(r"\d+(?:\.\d+)?", said) for said in left)


def _gives(facts: Facts, one: Value, value: float) -> bool:
    """Whether a value of the question gives a number of the query: the same, its neighbour, the same in another unit, its year, or as a part of a text."""
    if one.is_number:
        number = float(one.value)
        century = one.soft and "century" in facts.question.lower() and (number - 1) * 100 <= value <= number * 100 + 1
        decade = one.kind == "decade" and value - number in {-1, 0, 9, 10}
        beside = abs(number - value) == 1 and _shifts(facts, one)
        scaled = bool(value) and any(near(number * factor, value) for factor in (*UNITS, 10**6, 10**9))
        if near(number, value) or century or decade or beside or scaled or year_of(value) in {str(one.value), f"{number + 1:g}"}:
            return True
    if one.kind == "date":
        return str(value) in str(one.value) or str(one.value)[:4] == year_of(value)
    return one.kind in {"quoted", "code", "name"} and str(value) in re.findall(r"\d+(?:\.\d+)?", one.text)


def _shifts(facts: Facts, value: Value) -> bool:
    """Whether a number may stand in a query as its neighbour: a bound, or a year that ends where the next begins."""
    return value.kind == "year" or any(one.value is not None and one.value.first == value.first for one in facts.comparisons)


def _text_explained(facts: Facts, value: str, iso: str) -> bool:
    said = folded(value)
    if not said or said in folded(facts.question):
        return True
    if iso and any(_about_date(one, iso) for one in facts.values):
        return True
    if any(one.kind == "value" and folded(one.value) == said for one in facts.mentions):
        return True
    asked = {root(token.low) for token in facts.tokens for token_part in (token.low,) if token_part}
    asked |= {root(word) for token in facts.tokens for word in re.findall(r"[^\W_]+", token.low)}
    words = [root(word) for word in re.findall(r"[^\W_]+", value.lower()) if len(word) > 2]
    return bool(words) and sum(word in asked or any(len(word) > 3 and one.startswith(word[:4]) for one in asked) for word in words) * 2 >= len(words)


def _about_date(one: Value, iso: str) -> bool:
    """Whether a value of the question may be what a date in the query bounds: the same day, or the end of the month or year."""
    date = str(one.value) if one.kind == "date" else iso_of(one)
    if date:
        months = [12 * int(part[:4]) + int(part[5:7] or 1) for part in (date, iso)]
        return date.startswith(iso) or iso.startswith(date) or (abs(months[0] - months[1]) <= 1 and iso[8:] in {"", "01", "28", "29", "30", "31"})
    if not one.is_number:
        return False
    year = int(iso[:4])
    return abs(float(one.value) - year) <= 1 or (one.kind == "decade" and float(one.value) <= year <= float(one.value) + 10)
