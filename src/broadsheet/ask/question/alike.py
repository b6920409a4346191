"""When a number, a date or a text of a question and one of a query are the same."""

import re
from typing import Any

from broadsheet.ask.question.facts import Value
from broadsheet.ask.question.held import MOMENT, Constant
from broadsheet.ask.question.values import iso
from broadsheet.core.letters import without_accents


def folded(text: str) -> str:
    """Return the letters and digits of a text, in small letters without accents.

    >>> folded("Sci-Fi & Co."), folded("Hans im Glück")
    ('scifico', 'hansimgluck')
    """
    return "".join(one for one in without_accents(text).lower() if one.isalnum())


def initials(text: str) -> str:
    """Return the first letters of the words of a text, small ones aside.

    >>> initials("United States of America")
    'usa'
    """
    return "".join(one[0] for one in re.findall(r"[^\W\d_]+", text) if one.lower() not in {"of", "the", "and"}).lower()


def near(one: float, other: float) -> bool:
    """Whether two numbers are the same but for rounding."""
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1.0)


def is_number(value: Any) -> bool:
    """Whether a value is a number, and no truth."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def year_of(value: Any) -> str:
    """Return the year of a count of seconds or thousandths since 1970, or nothing."""
    if not is_number(value) or not MOMENT <= value < 10**14:
        return ""
    seconds = value / 1000 if value >= 10**11 else value
    return str(1970 + int(seconds // 31_556_952))


def iso_of(value: Value) -> str:
    """Return the date that a quoted text is, or nothing."""
    return (iso(value.text) or "") if value.kind == "quoted" else ""


def span_of(value: Value) -> tuple[float, float] | None:
    """Return where in years a time begins and ends."""
    if value.kind in {"year", "decade"}:
        return float(value.value), float(value.value) + (1 if value.kind == "year" else 10)
    date = str(value.value) if value.kind == "date" else iso_of(value)
    if not date:
        return None
    start = _years(date)
    return start, start + (1 / 365 if len(date) > 7 else 1 / 12)


def _years(date: str) -> float:
    told = [int(one) for one in date[:10].split("-")]
    month, day, *_ = *told[1:], 1, 1
    return told[0] + (month - 1) / 12 + (day - 1) / 365


def moment_of(constant: Constant) -> float | None:
    """Return the point of time that a value of a query is, in years; None where it is none."""
    if constant.iso:
        late = isinstance(constant.value, str) and ("T23:" in constant.value or " 23:" in constant.value)
        return _years(constant.iso) + late / 365
    value: Any = constant.value
    if not is_number(value):
        return None
    if 1000 <= value <= 2100:
        return float(value)
    seconds = value / 1000 if value >= 10**11 else value
    return 1970 + seconds / 31_556_952 if value >= MOMENT else None
