"""Functions of Cypher in the engine's words: only those that are named here ever reach it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from broadsheet.ask.cypher.dialects.ladybug.kinds import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    INTEGER,
    NO_TRUTH,
    NOTHING,
    NUMBERS,
    STRING,
    Kind,
    Said,
    cannot,
    cast,
    common,
    listed,
    literal,
)
from broadsheet.ask.cypher.dialects.ladybug.operators import ENDLESS, compare, element, is_null, over_parts, part

Call = Callable[..., Said]
_WHOLE, _NUMBER = r"\\s*[-+]?[0-9]{1,18}\\s*", r"\\s*[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?\\s*"
# How the engine calls what it has under another name, of texts, numbers and lists.
_TEXTS = {
    "toLower": "LOWER", "lower": "LOWER", "toUpper": "UPPER", "upper": "UPPER", "trim": "TRIM", "btrim": "TRIM", "lTrim": "LTRIM", "rTrim": "RTRIM",
}  # fmt: skip
_MATHS = {
    "sqrt": "SQRT", "log": "LN", "log10": "LOG10", "sin": "SIN", "cos": "COS", "tan": "TAN", "cot": "COT", "asin": "ASIN", "acos": "ACOS", "atan": "ATAN",
    "degrees": "DEGREES", "radians": "RADIANS",
}  # fmt: skip
# Parts of dates and instants.
PARTS = {
    "year": "year", "month": "month", "day": "day", "quarter": "quarter", "week": "week", "hour": "hour", "minute": "minute", "second": "second",
}  # fmt: skip
_UNITS = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
_TRUNCATES = ("millennium", "century", "decade", "year", "quarter", "month", "week", "day", "hour", "minute", "second")


def call(name: str, arguments: Sequence[Said], constants: Sequence[Any]) -> Said:
    """Return a call. `constants` are the arguments' values where these are written out, else None. Raises QueryError for what the engine has not."""
    if name not in CALLS:
        cannot(f"{name}()")
    try:
        return CALLS[name](arguments, constants)
    except (TypeError, IndexError, ValueError):
        return cannot(f"{name}() of {len(arguments)} arguments", "Look at what it takes.")


def _one(arguments: Sequence[Said], *names: str) -> Said | None:
    """Return the one argument, None where it is null. Raises QueryError where it is of another type."""
    (said,) = arguments
    if said.kind.name == "null":
        return None
    return said if said.kind.name in names else cannot(f"that of a {said.kind.name}", f"Give {' or '.join(names)}.")


def _text(engine: str) -> Call:
    def made(arguments: Sequence[Said], _: Any) -> Said:
        said = _one(arguments, "string")
        return NOTHING if said is None else Said(f"{engine}({said.text})", STRING)

    return made


def _maths(engine: str) -> Call:
    def made(arguments: Sequence[Said], _: Any) -> Said:
        said = _one(arguments, *NUMBERS)
        return NOTHING if said is None else Said(f"{engine}({cast(said, FLOAT)})", FLOAT)

    return made


def _all(arguments: Sequence[Said], kinds: Sequence[str]) -> bool:
    """Whether no argument is null; raise QueryError where one is of another type than is due."""
    for said, due in zip(arguments, kinds, strict=False):
        if said.kind.name not in {due, "null"}:
            cannot(f"that of a {said.kind.name}", f"Give a {due}.")
    return all(said.kind.name != "null" for said in arguments)


def _size(arguments: Sequence[Said], _: Any) -> Said:
    (said,) = arguments
    if said.kind.name == "relations":
        return Said(f"LENGTH({said.text})", INTEGER)
    found = _one(arguments, "string", "list")
    return NOTHING if found is None else Said(f"SIZE({found.text})", INTEGER)


def _length(arguments: Sequence[Said], _: Any) -> Said:
    found = _one(arguments, "path", "relations")
    return NOTHING if found is None else Said(f"CAST(LENGTH({found.text}) AS INT64)", INTEGER)


def _to_integer(arguments: Sequence[Said], _: Any) -> Said:
    (said,) = arguments
    if said.parts:
        return over_parts(said, lambda one: _to_integer([one], _))
    match said.kind.name:
        case "integer":
            return said
        case "float":
            return Said(f"CAST((CASE WHEN {said.text} < 0 THEN CEIL({said.text}) ELSE FLOOR({said.text}) END) AS INT64)", INTEGER)
        case "boolean":
            return Said(f"(CASE WHEN {said.text} IS NULL THEN NULL WHEN {said.text} THEN 1 ELSE 0 END)", INTEGER)
        case "string":
            whole = f"CAST((CASE WHEN REGEXP_FULL_MATCH({said.text}, '{_WHOLE}') THEN TRIM({said.text}) END) AS INT64)"
            return Said(f"COALESCE({whole}, {_to_integer([_to_float([said], _)], _).text})", INTEGER)
    return NOTHING if said.kind.name == "null" else cannot(f"the number of a {said.kind.name}")


def _to_float(arguments: Sequence[Said], _: Any) -> Said:
    (said,) = arguments
    if said.parts:
        return over_parts(said, lambda one: _to_float([one], _))
    if said.kind.name == "string":
        return Said(f"CAST((CASE WHEN REGEXP_FULL_MATCH({said.text}, '{_NUMBER}') THEN TRIM({said.text}) END) AS DOUBLE)", FLOAT)
    if said.kind.name in NUMBERS:
        return Said(cast(said, FLOAT), FLOAT)
    return NOTHING if said.kind.name == "null" else cannot(f"the number of a {said.kind.name}")


def _to_string(arguments: Sequence[Said], _: Any) -> Said:
    (said,) = arguments
    match said.kind.name:
        case "string":
            return said
        case "integer" | "date":
            return Said(f"CAST({said.text} AS STRING)", STRING)
        case "boolean":
            return Said(f"LOWER(CAST({said.text} AS STRING))", STRING)
    return NOTHING if said.kind.name == "null" else cannot(f"the text of a {said.kind.name}", "Give it as it is.")


def _to_boolean(arguments: Sequence[Said], _: Any) -> Said:
    (said,) = arguments
    match said.kind.name:
        case "boolean":
            return said
        case "integer":
            return Said(f"({said.text} <> 0)", BOOLEAN)
        case "string":
            return Said(f"(CASE LOWER(TRIM({said.text})) WHEN 'true' THEN true WHEN 'false' THEN false ELSE {NO_TRUTH.text} END)", BOOLEAN)
    return NO_TRUTH


def _substring(arguments: Sequence[Said], constants: Sequence[Any]) -> Said:
    if not _all(arguments, ("string", "integer", "integer")):
        return NOTHING
    _, start, length = (*constants, ENDLESS)[:3]
    if type(start) is not int or type(length) is not int or start < 0 or length < 0:
        cannot("substring() at places that are computed", "Write the places as numbers.")
    return Said(f"SUBSTRING({arguments[0].text}, {start + 1}, {length})", STRING)


def _end(engine: str) -> Call:
    def made(arguments: Sequence[Said], _: Any) -> Said:
        text, count = arguments
        if not _all(arguments, ("string", "integer")):
            return NOTHING
        return Said(f"(CASE WHEN {count.text} = 0 THEN '' ELSE {engine}({text.text}, {count.text}) END)", STRING)

    return made


def _replace(arguments: Sequence[Said], _: Any) -> Said:
    text, old, new = arguments
    return Said(f"REPLACE({text.text}, {old.text}, {new.text})", STRING) if _all(arguments, ("string",) * 3) else NOTHING


def _split(arguments: Sequence[Said], _: Any) -> Said:
    text, by = arguments
    return Said(f"STRING_SPLIT({text.text}, {by.text})", listed(STRING)) if _all(arguments, ("string",) * 2) else NOTHING


def _reverse(arguments: Sequence[Said], _: Any) -> Said:
    found = _one(arguments, "string", "list")
    if found is None:
        return NOTHING
    return Said(f"{'REVERSE' if found.kind.name == 'string' else 'LIST_REVERSE'}({found.text})", found.kind)


def _at(place: int) -> Call:
    return lambda arguments, _: element(*arguments[:1], index=Said(str(place), INTEGER), number=place)


def _tail(arguments: Sequence[Said], _: Any) -> Said:
    (said,) = arguments
    return part(said, 1, None)


def _range(arguments: Sequence[Said], _: Any) -> Said:
    if not 2 <= len(arguments) <= 3 or not _all(arguments, ("integer",) * 3):
        cannot("range() of other than numbers")
    return Said(f"RANGE({', '.join(one.text for one in arguments)})", listed(INTEGER))


def _coalesce(arguments: Sequence[Said], _: Any) -> Said:
    held = [one for said in arguments for one in (said.parts or (said,)) if one.kind.name != "null"]
    if not held:
        return NOTHING
    kind = common((one.kind for one in held), "coalesce()")
    if kind.name in {"node", "relation", "path"}:
        cannot(f"coalesce() of a {kind.name}", "Ask for a property of it.")
    return Said(f"COALESCE({', '.join(cast(one, kind) for one in held)})", kind)


def _null_if(arguments: Sequence[Said], _: Any) -> Said:
    one, other = arguments
    return Said(f"(CASE WHEN {compare('=', one, other).text} THEN NULL ELSE {one.text} END)", one.kind)


def _round(arguments: Sequence[Said], _: Any) -> Said:
    if not all(one.kind.name in NUMBERS for one in arguments):
        return NOTHING if any(one.kind.name == "null" for one in arguments) else cannot("round() of other than numbers")
    number = cast(arguments[0], FLOAT)
    if len(arguments) == 1:
        return Said(f"FLOOR({number} + 0.5)", FLOAT)
    return Said(f"ROUND({number}, {arguments[1].text})", FLOAT) if len(arguments) == 2 else cannot("round() with a mode")


def _whole(engine: str) -> Call:
    def made(arguments: Sequence[Said], _: Any) -> Said:
        said = _one(arguments, *NUMBERS)
        return NOTHING if said is None else Said(f"{engine}({said.text})", said.kind)

    return made


def _sign(arguments: Sequence[Said], _: Any) -> Said:
    said = _one(arguments, *NUMBERS)
    return NOTHING if said is None else Said(f"CAST(SIGN({said.text}) AS INT64)", INTEGER)


def _exp(arguments: Sequence[Said], _: Any) -> Said:
    said = _one(arguments, *NUMBERS)
    return NOTHING if said is None else Said(f"POW(2.718281828459045, {cast(said, FLOAT)})", FLOAT)


def _atan2(arguments: Sequence[Said], _: Any) -> Said:
    one, other = arguments
    if not {one.kind.name, other.kind.name} <= NUMBERS:
        return NOTHING if "null" in {one.kind.name, other.kind.name} else cannot("atan2() of other than numbers")
    return Said(f"ATAN2({cast(one, FLOAT)}, {cast(other, FLOAT)})", FLOAT)


def _is_empty(arguments: Sequence[Said], _: Any) -> Said:
    found = _one(arguments, "string", "list")
    return NO_TRUTH if found is None else Said(f"(SIZE({found.text}) = 0)", BOOLEAN)


def _constant(text: str, kind: Kind) -> Call:
    def made(arguments: Sequence[Said], _: Any) -> Said:
        return cannot("that of an argument") if arguments else Said(text, kind)

    return made


def _date(arguments: Sequence[Said], constants: Sequence[Any]) -> Said:
    if not arguments:
        return Said("CURRENT_DATE()", DATE)
    (said,) = arguments
    match constants[0]:
        case str() as text:
            return Said(f"DATE({literal(_day(text).isoformat())})", DATE)
        case dict() as held:
            return Said(f"DATE({literal(date(held['year'], held.get('month', 1), held.get('day', 1)).isoformat())})", DATE)
    match said.kind.name:
        case "date" | "null":
            return said
        case "datetime":
            return Said(f"CAST({said.text} AS DATE)", DATE)
        case "string":
            return Said(f"CAST({said.text} AS DATE)", DATE)
    return cannot(f"the date of a {said.kind.name}", "Write date('2026-02-09').")


def _day(text: str) -> date:
    """Return a date as Cypher reads it: `2026`, `2026-02`, `2026-02-09`, `20260209`."""
    plain = text.split("T", maxsplit=1)[0]
    try:
        if plain.isdigit() and len(plain) == 4:
            return date(int(plain), 1, 1)
        return date.fromisoformat(f"{plain}-01" if len(plain) == 7 and plain[4] == "-" else plain)
    except ValueError:
        return cannot(f"the date {text!r}", "Write it as 2026-02-09.")


def _datetime(arguments: Sequence[Said], constants: Sequence[Any]) -> Said:
    if not arguments:
        return Said("CAST(CURRENT_TIMESTAMP() AS TIMESTAMP)", DATETIME)
    (said,) = arguments
    match constants[0]:
        case str() as text:
            return Said(f"TIMESTAMP({literal(_instant(text).isoformat(' '))})", DATETIME)
        case dict() as held:
            return Said(f"TIMESTAMP({literal(datetime(*(held.get(unit[:-1], least) for unit, least in _FIELDS)).isoformat(' '))})", DATETIME)  # noqa: DTZ001
    if said.kind.name in {"date", "string"}:
        return Said(f"CAST({said.text} AS TIMESTAMP)", DATETIME)
    return said if said.kind.name in {"datetime", "null"} else cannot(f"the instant of a {said.kind.name}", "Write datetime('2026-02-09T10:00:00').")


_FIELDS = (("years", 1), ("months", 1), ("days", 1), ("hours", 0), ("minutes", 0), ("seconds", 0))


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return cannot(f"the instant {text!r}", "Write it as 2026-02-09T10:00:00.")
    return (found - (found.utcoffset() or found - found)).replace(tzinfo=None)


def _duration(arguments: Sequence[Said], constants: Sequence[Any]) -> Said:
    import re

    del arguments
    (held,) = constants
    if isinstance(held, str):
        match = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", held)
        held = dict(zip(_UNITS, map(int, (one or 0 for one in match.groups())), strict=True)) if match else None
    if not isinstance(held, dict) or not held or not all(key in _UNITS and isinstance(count, int) for key, count in held.items()):
        cannot("that duration", "Write duration({days: 3}), in whole numbers.")
    counts = {unit: held.get(unit, 0) for unit in _UNITS}
    counts["days"] += 7 * counts.pop("weeks")
    return Said(f"INTERVAL({literal(' '.join(f'{count} {unit}' for unit, count in counts.items()))})", DURATION)


def _truncated(kind: Kind) -> Call:
    def made(arguments: Sequence[Said], constants: Sequence[Any]) -> Said:
        if constants[0] not in _TRUNCATES or len(arguments) > 2:
            cannot("that unit of time", f"Units are: {', '.join(_TRUNCATES)}.")
        of = arguments[1] if len(arguments) == 2 else _date([], []) if kind is DATE else _datetime([], [])
        if of.kind.name == "null":
            return NOTHING
        return Said(f"CAST(DATE_TRUNC('{constants[0]}', {of.text}) AS {'DATE' if kind is DATE else 'TIMESTAMP'})", kind)

    return made


def _exists(arguments: Sequence[Said], _: Any) -> Said:
    (said,) = arguments
    return is_null(said, negated=True)


def component(of: Said, key: str) -> Said:
    """Return a part of a date or an instant: its year, its month."""
    if of.kind.name in {"date", "datetime"} and key in PARTS and (of.kind.name == "datetime" or key not in {"hour", "minute", "second"}):
        return Said(f"CAST(DATE_PART('{PARTS[key]}', {of.text}) AS INT64)", INTEGER)
    if of.kind.name == "datetime" and key == "epochMillis":
        return Said(f"TO_EPOCH_MS({of.text})", INTEGER)
    return cannot(f"the {key} of a {of.kind.name}")


CALLS: Mapping[str, Call] = {
    **{name: _text(engine) for name, engine in _TEXTS.items()}, **{name: _maths(engine) for name, engine in _MATHS.items()},
    "size": _size, "char_length": _size, "character_length": _size, "length": _length, "toInteger": _to_integer, "toInt": _to_integer,
    "toIntegerOrNull": _to_integer, "toFloat": _to_float, "toFloatOrNull": _to_float, "toString": _to_string, "toStringOrNull": _to_string,
    "toBoolean": _to_boolean, "toBooleanOrNull": _to_boolean, "substring": _substring, "left": _end("LEFT"), "right": _end("RIGHT"), "replace": _replace,
    "split": _split, "reverse": _reverse, "head": _at(0), "last": _at(-1), "tail": _tail, "range": _range, "coalesce": _coalesce, "nullIf": _null_if,
    "round": _round, "abs": _whole("ABS"), "ceil": _maths("CEIL"), "floor": _maths("FLOOR"), "sign": _sign, "exp": _exp, "atan2": _atan2,
    "isEmpty": _is_empty, "pi": _constant("PI()", FLOAT), "e": _constant("2.718281828459045", FLOAT), "rand": _constant("RANDOM()", FLOAT), "date": _date,
    "datetime": _datetime, "localdatetime": _datetime, "duration": _duration, "date.truncate": _truncated(DATE), "datetime.truncate": _truncated(DATETIME),
    "localdatetime.truncate": _truncated(DATETIME), "timestamp": _constant("TO_EPOCH_MS(CAST(CURRENT_TIMESTAMP() AS TIMESTAMP))", INTEGER), "exists": _exists,
}  # fmt: skip
