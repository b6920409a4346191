"""What the values of a column are, told by their content: whole numbers, fractions, truth values, dates, times, or texts."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
# An exponent without a sign makes no number of a code such as 12e3.
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+([eE][+-]?[0-9]+)?|[eE][+-][0-9]+)?|-?\.[0-9]+")
# With three figures behind it a comma may part thousands.
_COMMA = re.compile(r"-?(0|[1-9][0-9]*),[0-9]{1,2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")
_MEASURED = re.compile(r"(?P<before>[$£€]?)\s*(?P<figure>-?[0-9]+([.,][0-9]+)?)\s*(?P<after>[^\W\d_]{0,8}|[%$£€°]|°[CF])")
# Units that may stand right at their figure, and what they are called in a column's name.
UNITS = {
    **dict.fromkeys(("g", "kg", "mg", "m", "cm", "mm", "km", "l", "ml", "cl", "dl", "h", "min", "s", "ms", "w", "kw", "v", "lb", "oz", "in", "ft", "gb", "mb")),
    "%": "percent", "€": "eur", "$": "usd", "£": "gbp", "°": "degrees", "°c": "celsius", "°f": "fahrenheit",
}  # fmt: skip
_LARGEST = 2**63 - 1
_TRUTH = {"true": True, "false": False}
_ANSWERS = (("yes", "no"), ("ja", "nein"), ("oui", "non"))


class Typed(NamedTuple):
    """A column's values of one type, a remark where that needs one, and the unit that stood behind each figure."""

    values: pl.Series
    remark: str = ""
    unit: str = ""


def typed(name: str, values: Sequence[Any]) -> Typed:
    """Return a column by its content; None and blank texts are missing. A column of several types stays one of texts, and the remark says so.

    >>> typed("price", ["3", "4.5", ""]).values.to_list(), typed("zip", ["01067", "80331"]).values.to_list()
    ([3.0, 4.5, None], ['01067', '80331'])
    >>> typed("price", ["3", "n/a"]).remark
    "mixed: 1 of 2 are of type integer, 'n/a' (row 2) is not; all stay text"
    """
    held: list[Any] = [None if _missing(one) else float(one) if isinstance(one, Decimal) else one for one in values]
    own: list[Any] = [one for one in held if one is not None]
    if own and all(isinstance(one, str) for one in own):
        return _of_texts(name, held)
    kinds = {type(one) for one in own}
    if kinds <= {int, float} and all(abs(one) <= _LARGEST for one in own):
        return Typed(pl.Series(name, held, dtype=pl.Int64 if kinds == {int} else pl.Float64 if kinds else pl.String, strict=False))
    plain: Mapping[type, Any] = {bool: pl.Boolean, date: pl.Date}
    if len(kinds) == 1 and (kind := plain.get(next(iter(kinds)))) is not None:
        return Typed(pl.Series(name, held, dtype=kind))
    if kinds == {datetime} and len({one.tzinfo is None for one in own}) == 1:
        return _times(name, held)
    texts = [None if one is None else _text(one) for one in held]
    remark = f"mixed: values of type {', '.join(sorted(kind.__name__ for kind in kinds))}; all stay text" if len(kinds) > 1 else ""
    return Typed(pl.Series(name, texts, dtype=pl.String), remark)


def _of_texts(name: str, held: Sequence[str | None]) -> Typed:
    own = {one.strip() for one in held if one is not None}
    for yes, no in _ANSWERS:
        if {one.lower() for one in own} == {yes, no}:
            return Typed(_parsed(name, held, lambda text, yes=yes: text.lower() == yes, pl.Boolean), f"{yes} and {no} are truth values")
    if any("," in one for one in own) and all(_COMMA.fullmatch(one) or _INTEGER.fullmatch(one) for one in own):
        return Typed(_parsed(name, held, lambda text: float(text.replace(",", ".")), pl.Float64), "a comma stands before decimals")
    if (unit := _unit(own)) and len(own) > 1:
        bare = typed(name, [None if one is None else _figure(one) for one in held])
        return bare._replace(remark=f"figures in {unit}", unit=UNITS.get(unit.lower()) or unit) if bare.values.dtype.is_numeric() else _as_text(name, held)
    kind = _kind(own)
    if kind == "datetime":
        return _times(name, [None if one is None else datetime.fromisoformat(one.strip()) for one in held])
    forms: Mapping[str, tuple[Callable[[str], Any], Any]] = {
        "boolean": (lambda text: _TRUTH[text.lower()], pl.Boolean),
        "integer": (int, pl.Int64),
        "float": (float, pl.Float64),
        "date": (date.fromisoformat, pl.Date),
    }
    if kind in forms:
        return Typed(_parsed(name, held, *forms[kind]))
    return _as_text(name, held)


def _as_text(name: str, held: Sequence[str | None]) -> Typed:
    return Typed(pl.Series(name, held, dtype=pl.String), _mixed(held))


def _unit(own: set[str]) -> str:
    """Return the unit that stands behind, or before, the figure of every text; an empty string where there is none, or several.

    >>> _unit({"50 g", "100 g"}), _unit({"12€", "7.50 €"}), _unit({"$5", "$12.50"}), _unit({"12a", "7a"}), _unit({"3 g", "2 kg"})
    ('g', '€', '$', '', '')
    """
    found = {_MEASURED.fullmatch(one) for one in own}
    units = {one["after"] or one["before"] if one is not None and bool(one["after"]) != bool(one["before"]) else "" for one in found}
    unit = units.pop() if len(units) == 1 else ""
    spaced = all(" " in one for one in own)
    return unit if unit and (spaced or unit.lower() in UNITS) else ""


def _figure(text: str) -> str:
    found = _MEASURED.fullmatch(text.strip())
    return found["figure"] if found is not None else text


def _kind(own: set[str]) -> str:
    """Return the type of which all texts are; texts that look like numbers but for a zero in front make none."""
    kinds = {_of_text(one) for one in own}
    if kinds == {"integer", "float"}:
        return "float"
    if kinds == {"datetime"} and len({datetime.fromisoformat(one).tzinfo is None for one in own}) > 1:
        return "string"
    return kinds.pop() if len(kinds) == 1 else "string"


def _of_text(text: str) -> str:
    if _INTEGER.fullmatch(text) and abs(int(text)) <= _LARGEST:
        return "integer"
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return "string" if text.lstrip("-").isdigit() else "float"
    if text.lower() in _TRUTH:
        return "boolean"
    for form, kind, name in ((_DATE, date, "date"), (_DATETIME, datetime, "datetime")):
        if form.fullmatch(text):
            try:
                _plain(kind.fromisoformat(text))
            except (ValueError, OverflowError):
                return "string"
            return name
    return "string"


def _mixed(held: Sequence[str | None]) -> str:
    kinds = {row: _of_text(one.strip()) for row, one in enumerate(held, 1) if one is not None}
    other = next((row for row, kind in kinds.items() if kind == "string"), None)
    found = [kind for kind in kinds.values() if kind != "string"]
    if not found:
        return ""
    if other is None:
        return f"mixed: values of type {' and '.join(dict.fromkeys(found))}; all stay text"
    if (held[other - 1] or "").strip().lstrip("-").isdigit():
        return "numbers with zeros in front, or too long for a number, stay text"
    of = " or ".join(dict.fromkeys(found))
    return f"mixed: {len(found)} of {len(kinds)} are of type {of}, {held[other - 1]!r} (row {other}) is not; all stay text"


def _parsed(name: str, held: Sequence[str | None], parse: Callable[[str], Any], kind: Any) -> pl.Series:
    return pl.Series(name, [None if one is None else parse(one.strip()) for one in held], dtype=kind)


def _times(name: str, held: Sequence[datetime | None]) -> Typed:
    aware = any(one is not None and one.tzinfo is not None for one in held)
    return Typed(pl.Series(name, [None if one is None else _plain(one) for one in held], dtype=pl.Datetime("us")), "times are in UTC" if aware else "")


def _plain(at: Any) -> Any:
    """Return a time without a zone: that of UTC, where it had one."""
    return at.astimezone(UTC).replace(tzinfo=None) if isinstance(at, datetime) and at.tzinfo else at


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or (isinstance(value, str) and not value.strip()) or value == []


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
