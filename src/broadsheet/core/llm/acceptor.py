"""An acceptor of JSON that fits a schema, one character at a time, with the shortest way to the end from anywhere."""

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from broadsheet.core.errors import ConfigError

# Digits before and behind the point of a number: what a double holds.
WHOLE, DECIMALS = 15, 8
IGNORED = {"description", "title", "default", "examples", "additionalProperties", "discriminator"}
KNOWN = {
    "object": {"properties", "required"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"minLength", "maxLength"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "boolean": set(),
    "null": set(),
}


class Literal(NamedTuple):
    """Exactly these characters."""

    text: str


class Text(NamedTuple):
    """The inside of a string up to its closing quote: at least `least` and at most `most` characters still."""

    least: int
    most: float
    escaped: bool = False


class Number(NamedTuple):
    """A number within bounds, as far as it is written. It ends where something follows that is no part of it."""

    low: float
    high: float
    whole: bool
    written: str = ""


class Either(NamedTuple):
    """One of several."""

    options: tuple["Sequence", ...]


class Items(NamedTuple):
    """The rest of an array: its closing bracket, or another item."""

    item: "Sequence"
    least: int
    most: float
    first: bool = True


class Fields(NamedTuple):
    """The rest of an object: fields in the order of the schema; those that are not required may be left out."""

    fields: tuple[tuple[str, "Sequence", bool], ...]
    first: bool = True


Node = Literal | Text | Number | Either | Items | Fields
Sequence = tuple[Node, ...]
BLANK = Either(((), (Literal(" "),)))


class Acceptor(NamedTuple):
    """What may still come, as a set of sequences. Immutable: `after` gives the next state or None."""

    ways: frozenset[Sequence]

    @classmethod
    def of(cls, schema: dict[str, Any]) -> "Acceptor":
        """Return the acceptor of a schema without references. Raises ConfigError for a keyword that it cannot hold a reply to."""
        return cls(frozenset([_compiled(schema)]))

    def after(self, text: str) -> "Acceptor | None":
        """Return the state after some more characters, or None where they do not fit.

        >>> start = Acceptor.of({"type": "array", "items": {"type": "boolean"}})
        >>> start.after("[true, fa").shortest(), start.after("[tru]")
        ('lse]', None)
        """
        ways = self.ways
        for character in text:
            ways = frozenset(way for before in ways for way in _step(before, character))
            if not ways:
                return None
        return Acceptor(ways)

    @property
    def is_complete(self) -> bool:
        """Tell whether what came is whole."""
        return any(all(isinstance(node, Number) and _closing(node) == "" for node in way) for way in self.ways)

    def shortest(self) -> str:
        """Return the shortest text that makes it whole."""
        return min(("".join(map(_closing, way)) for way in self.ways), key=lambda text: (len(text), text))


def _step(way: Sequence, character: str) -> Iterator[Sequence]:
    """Yield every sequence that is left after a character."""
    if not way:
        return
    node, rest = way[0], way[1:]
    if isinstance(node, Literal):
        if node.text[0] == character:
            yield (Literal(node.text[1:]), *rest) if len(node.text) > 1 else rest
    elif isinstance(node, Text):
        yield from _text_step(node, rest, character)
    elif isinstance(node, Number):
        longer = node._replace(written=node.written + character)
        if _can_end(longer):
            yield (longer, *rest)
        if node.written and _closing(node) == "":
            yield from _step(rest, character)
    else:
        for option in _expanded(node):
            yield from _step((*option, *rest), character)


def _text_step(node: Text, rest: Sequence, character: str) -> Iterator[Sequence]:
    if node.escaped:
        if character in '"\\/bfnrt':
            yield (node._replace(escaped=False), *rest)
    elif character == '"':
        if node.least <= 0:
            yield rest
    elif node.most > 0 and character >= " " and not "\ud800" <= character <= "\udfff":
        yield (Text(max(0, node.least - 1), node.most - 1, escaped=character == "\\"), *rest)


def _expanded(node: Either | Items | Fields) -> Iterator[Sequence]:
    if isinstance(node, Either):
        yield from node.options
    elif isinstance(node, Items):
        if node.least <= 0:
            yield (Literal("]"),)
        if node.most > 0:
            before = () if node.first else (Literal(","), BLANK)
            yield (*before, *node.item, Items(node.item, max(0, node.least - 1), node.most - 1, first=False))
    else:
        before = () if node.first else (Literal(","), BLANK)
        for place, (name, value, required) in enumerate(node.fields):
            yield (*before, Literal(json.dumps(name) + ":"), BLANK, *value, Fields(node.fields[place + 1 :], first=False))
            if required:
                return
        yield (Literal("}"),)


@lru_cache(maxsize=4096)
def _closing(node: Node) -> str:
    """Return the shortest text that ends a node."""
    if isinstance(node, Literal):
        return node.text
    if isinstance(node, Text):
        return ("n" if node.escaped else "") + "a" * node.least + '"'
    if isinstance(node, Number):
        return _number_end(node) or ""
    if isinstance(node, Items):
        each = "".join(map(_closing, node.item))
        return ("" if node.first or not node.least else ",") + ",".join([each] * node.least) + "]"
    if isinstance(node, Fields):
        fields = [json.dumps(name) + ":" + "".join(map(_closing, value)) for name, value, required in node.fields if required]
        return ("" if node.first or not fields else ",") + ",".join(fields) + "}"
    return min(("".join(map(_closing, option)) for option in node.options), key=lambda text: (len(text), text))


def _can_end(node: Number) -> bool:
    return _number_end(node) is not None


@lru_cache(maxsize=65536)
def _number_end(node: Number) -> str | None:
    """Return the fewest digits that make what is written a number within the bounds, or None where there are none."""
    written = node.written
    digits = written.removeprefix("-")
    whole, point, behind = digits.partition(".")
    if not _well_formed(node, whole, point, behind):
        return None
    if not written:
        return next(end for lead in ("", "-") for figure in "0123456789" if (end := _led(node, lead + figure)) is not None)
    if not whole:
        ends = [end for figure in "0123456789" if (end := _led(node, written + figure)) is not None]
        return min(ends, key=len, default=None)
    if (behind or not point) and node.low <= float(written) <= node.high:
        return ""
    return _further(node, whole, point, behind)


def _well_formed(node: Number, whole: str, point: str, behind: str) -> bool:
    if not (whole + behind == "" or ((whole + behind).isascii() and (whole + behind).isdigit())):
        return False
    if len(whole) > WHOLE or len(behind) > DECIMALS or (point and (node.whole or not whole)):
        return False
    return not (len(whole) > 1 and whole.startswith("0"))


def _led(node: Number, written: str) -> str | None:
    end = _number_end(node._replace(written=written))
    return None if end is None else written[len(node.written) :] + end


def _further(node: Number, whole: str, point: str, behind: str) -> str | None:
    """Try the ways on: more digits of the whole part, then a point and digits behind it. Figures are taken that lie in the bounds."""
    written = node.written
    sign = -1 if written.startswith("-") else 1
    low, high = sorted((sign * node.low, sign * node.high))
    if not point and whole != "0":
        for more in range(1, WHOLE - len(whole) + 1):
            first = int(whole) * 10**more
            # With digits behind the point, the whole part may lie below the least.
            for least in (math.ceil(low), math.floor(low)) if math.isfinite(low) else (first,):
                figure = max(first, least)
                if figure < first + 10**more and (end := _led(node, written[: len(written) - len(whole)] + str(figure))) is not None:
                    return end
    if node.whole:
        return None
    for places in range(max(1, len(behind) + 1), DECIMALS + 1):
        first = int(whole + behind) * 10 ** (places - len(behind))
        last = first + 10 ** (places - len(behind)) - 1
        scaled = low * 10**places
        if scaled > last:
            continue
        least = max(first, math.ceil(scaled)) if scaled > first else first
        while least <= last and float(_pointed(least, places)) < low:
            least += 1
        if least <= last and float(_pointed(least, places)) <= high:
            return ("" if point else ".") + _pointed(least, places).partition(".")[2][len(behind) :]
    return None


def _pointed(figure: int, places: int) -> str:
    text = str(figure).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}"


def _compiled(schema: dict[str, Any]) -> Sequence:
    """Turn a schema into what may come."""
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        return (Either(tuple((Literal(json.dumps(value)),) for value in values)),)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return (Either(tuple(_compiled(option) for option in schema[several])),)
    if len(schema.get("allOf", ())) == 1:
        return _compiled(schema["allOf"][0])
    kind = schema.get("type")
    if isinstance(kind, list):
        return (Either(tuple(_compiled({**schema, "type": one}) for one in kind)),)
    unknown = set(schema) - {"type"} - IGNORED - KNOWN.get(str(kind), set())
    if kind not in KNOWN or unknown or (kind == "object" and ("properties" not in schema or schema.get("additionalProperties"))):
        named = ", ".join(sorted(unknown)) or f"type {kind or 'any'}"
        raise ConfigError(f"A local model cannot be held to this part of a schema: {named}.", "Use plain fields, lists, enumerations and bounds of numbers.")
    return _of_type(str(kind), schema)


def _of_type(kind: str, schema: dict[str, Any]) -> Sequence:
    if kind == "object":
        required = schema.get("required", ())
        fields = tuple((name, _compiled(field), name in required) for name, field in schema["properties"].items())
        return (Literal("{"), Fields(fields))
    if kind == "array":
        item = _compiled(schema.get("items", {}))
        return (Literal("["), Items(item, schema.get("minItems", 0), schema.get("maxItems", math.inf)))
    if kind == "string":
        return (Literal('"'), Text(schema.get("minLength", 0), schema.get("maxLength", math.inf)))
    if kind == "boolean":
        return (Either(((Literal("true"),), (Literal("false"),))),)
    if kind == "null":
        return (Literal("null"),)
    number = _number(schema, whole=kind == "integer")
    if not any(_can_end(number._replace(written=sign + figure)) for sign in ("", "-") for figure in "0123456789"):
        raise ConfigError(f"No number is within {number.low:g} and {number.high:g}.", "Mend the bounds of that field.")
    return (number,)


def _number(schema: dict[str, Any], *, whole: bool) -> Number:
    """Return a number within bounds that are both inclusive: an exclusive one is moved by one, or by one of the last place."""
    low, high = float(schema.get("minimum", -math.inf)), float(schema.get("maximum", math.inf))
    if (over := schema.get("exclusiveMinimum")) is not None:
        low = max(low, math.floor(over) + 1 if whole else math.nextafter(over, math.inf))
    if (under := schema.get("exclusiveMaximum")) is not None:
        high = min(high, math.ceil(under) - 1 if whole else math.nextafter(under, -math.inf))
    return Number(low, high, whole)
