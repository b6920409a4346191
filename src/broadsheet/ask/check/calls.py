"""Calls of functions: how many arguments, of which types; texts that stand for points in time; names of labels and types that are given as texts."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from broadsheet.ask.check.findings import Code, Finding, Severity, Splice
from broadsheet.ask.check.scope import Scopes, walk
from broadsheet.ask.check.types import NUMERIC, Types, a
from broadsheet.ask.cypher.nodes import At, Binary, Expression, Function, ListOf, Literal_, MapOf, PatternTest, Place, Slice, Unary
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.schema import TIMES, Schema, nearest


class Needs(NamedTuple):
    """What a function's first argument must be: its types, and these in words."""

    kinds: frozenset[str]
    words: str


def _of(words: str, *kinds: str) -> Needs:
    return Needs(frozenset(kinds), words)


_NUMBER, _TEXT = _of("numbers", *NUMERIC), _of("a text", "string")
_ENTITY, _PATH = _of("a node or a relation", "node", "relation"), _of("a path", "path")
NEEDS: Mapping[str, Needs] = {
    **dict.fromkeys(("sum", "avg"), _of("numbers", *NUMERIC, "duration")),
    **dict.fromkeys("stDev stDevP percentileCont percentileDisc abs ceil floor round sign sqrt exp log log10 sin cos tan cot asin acos atan degrees radians".split(), _NUMBER),
    **dict.fromkeys("toUpper toLower upper lower trim lTrim rTrim btrim replace substring left right split char_length character_length".split(), _TEXT),
    **dict.fromkeys(("head", "last", "tail"), _of("a list", "list")),
    **dict.fromkeys(("nodes", "relationships", "length"), _PATH),
    **dict.fromkeys(("type", "startNode", "endNode"), _of("a relation", "relation")),
    **dict.fromkeys(("id", "elementId"), _ENTITY),
    "labels": _of("a node", "node"),
    "isEmpty": _of("a list, a map or a text", "list", "map", "string"),
    "size": _of("a list or a text", "list", "string"),
    "reverse": _of("a list or a text", "list", "string"),
    "keys": _of("a node, a relation or a map", "node", "relation", "map"),
    "properties": _of("a node, a relation or a map", "node", "relation", "map"),
    "toInteger": _of("a number or a text", *NUMERIC, "string", "boolean"),
    "toFloat": _of("a number or a text", *NUMERIC, "string"),
    "range": _NUMBER,
    **dict.fromkeys(("date", "datetime", "localdatetime", "time", "localtime"), _of("a text, a map or a point in time", "string", "map", *TIMES)),
    **dict.fromkeys(("duration.between", "duration.inMonths", "duration.inDays", "duration.inSeconds"), _of("points in time", *TIMES)),
}  # fmt: skip
# What must stand behind the first argument.
FURTHER: Mapping[str, Needs] = {
    **dict.fromkeys(("substring", "left", "right"), _of("whole numbers behind it", "integer", "number")),
    "split": _of("a text behind it", "string", "list"),
    "replace": _of("texts behind it", "string"),
}
# How many arguments functions take, for those of which there is one way.
_ONE, _TWO = (1, 1), (2, 2)
ARITY: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(
        "count sum avg min max collect stDev stDevP abs ceil floor sign sqrt exp log log10 sin cos tan cot asin acos atan degrees radians toUpper toLower upper lower "
        "head last tail nodes relationships length type startNode endNode id elementId labels size reverse keys properties toInteger toFloat toString toBoolean".split(),
        _ONE,
    ),
    **dict.fromkeys("percentileCont percentileDisc split left right atan2 nullIf".split(), _TWO),
    **dict.fromkeys("duration.between duration.inMonths duration.inDays duration.inSeconds point.distance distance".split(), _TWO),
    **dict.fromkeys("rand pi e timestamp".split(), (0, 0)),
    "substring": (2, 3), "replace": (3, 3), "range": (2, 3), "round": (1, 3), "coalesce": (1, 99), "trim": (1, 1), "lTrim": (1, 2), "rTrim": (1, 2), "duration": _ONE,
    **dict.fromkeys(("date", "datetime", "localdatetime", "time", "localtime"), (0, 1)),
}  # fmt: skip
# Names that the language has before a dot; behind them nobody's own functions stand.
_SPACES: Mapping[str, frozenset[str]] = {
    "duration": frozenset({"between", "inMonths", "inDays", "inSeconds"}),
    **dict.fromkeys(("date", "datetime", "localdatetime", "time", "localtime"),
                    frozenset({"truncate", "fromepoch", "fromepochmillis", "transaction", "statement", "realtime"})),
    "point": frozenset({"distance", "withinBBox"}),
}  # fmt: skip
_GREATEST = {"month": 12, "day": 31, "week": 53, "quarter": 4, "dayOfWeek": 7, "ordinalDay": 366, "hour": 23, "minute": 59, "second": 59}
_AGES = "a duration is written as P1Y2M3DT4H5M6S"


class Calls:
    """Checks what functions are called with."""

    def __init__(self, scopes: Scopes, schema: Schema, types: Types) -> None:
        self._scopes, self._schema, self._types = scopes, schema, types

    def check(self) -> Iterator[Finding]:
        """Yield what is wrong with calls."""
        for expression in self._scopes.expressions:
            for node in walk(expression):
                if isinstance(node, Function):
                    yield from self._called(node)
                elif isinstance(node, Binary):
                    yield from self._named_in(node)
                elif isinstance(node, At | Slice):
                    yield from self._element(node)
                elif (
                    isinstance(node, Unary)
                    and node.sign != "NOT"
                    and (kind := self._types.kind_of(node.of)) in {"string", "boolean", "list", "node", "relation", "path"}
                ):
                    yield _mismatch(node.place, f"A sign needs a number, and {written(node.of)} is {a(kind)}.")

    def _called(self, node: Function) -> Iterator[Finding]:
        if node.star:
            return
        least, most = ARITY.get(node.name, (0, 99))
        if not least <= len(node.arguments) <= most:
            takes = f"{least}" if least == most else f"{least} to {most}"
            said = f"{node.name}() takes {takes} argument{'' if most == 1 else 's'}, and has {len(node.arguments)}."
            yield Finding(Code.WRONG_ARGUMENTS, Severity.ERROR, node.place, said, hopeless=True)
            return
        space, _, name = node.name.partition(".")
        if name and space.lower() in _SPACES and name.lower() not in {one.lower() for one in _SPACES[space.lower()]}:
            yield self._no_function(node, space, name)
        if node.arguments and (needs := NEEDS.get(node.name)) is not None:
            yield from self._typed(node, needs)
        yield from self._further(node)
        if node.arguments and node.name in {"date", "datetime", "localdatetime", "duration"} and (wrong := _written_wrong(node.name, node.arguments[0])):
            yield Finding(Code.OUT_OF_DOMAIN, Severity.ERROR, node.place, f"{written(node)} is none: {wrong}.")

    def _no_function(self, node: Function, space: str, name: str) -> Finding:
        near = nearest(name, sorted(_SPACES[space.lower()]))
        place = Place(node.place.start, node.place.start + len(node.name))
        fix = (Splice(place, f"{space}.{near}"),) if near else ()
        return Finding(Code.UNKNOWN_FUNCTION, Severity.ERROR, place, f"There is no function {node.name}().", fix, hopeless=not fix)

    def _typed(self, node: Function, needs: Needs) -> Iterator[Finding]:
        both = node.arguments if node.name.startswith("duration.") or node.name == "range" else node.arguments[:1]
        for argument in both:
            kind = self._types.kind_of(argument)
            if kind == "any" or kind in needs.kinds or isinstance(argument, PatternTest):
                continue
            if node.name == "length" and kind in {"string", "list"}:
                place = Place(node.place.start, node.place.start + len("length"))
                said = f"length is of paths, and {written(argument)} is {a(kind)}; size counts its {'letters' if kind == 'string' else 'elements'}."
                yield _mismatch(node.place, said, (Splice(place, "size"),))
            else:
                yield _mismatch(node.place, f"{node.name} needs {needs.words}, and {written(argument)} is {a(kind)}.")
            return

    def _further(self, node: Function) -> Iterator[Finding]:
        for argument in node.arguments[1:]:
            needs = FURTHER.get(node.name)
            if needs is not None and (kind := self._types.kind_of(argument)) != "any" and kind not in needs.kinds:
                yield _mismatch(node.place, f"{node.name} needs {needs.words}, and {written(argument)} is {a(kind)}.")
                return

    def _element(self, node: At | Slice) -> Iterator[Finding]:
        kind = self._types.kind_of(node.of)
        if kind in {"string", "boolean", *NUMERIC, *TIMES}:
            yield _mismatch(node.place, f"{written(node.of)} is {a(kind)}, and has no elements.")

    # Names as texts.

    def _named_in(self, node: Binary) -> Iterator[Finding]:
        """Tell of a label or a type of relation, given as a text, that is none."""
        if node.sign not in {"=", "<>", "IN"}:
            return
        for side, other in ((node.left, node.right), (node.right, node.left)):
            of = side.of if isinstance(side, At) else side
            if (
                not isinstance(of, Function)
                or of.name not in {"type", "labels"}
                or not of.arguments
                or self._types.kind_of(of.arguments[0]) not in {"node", "relation"}
            ):
                continue
            is_type = of.name == "type"
            known = self._schema.types if is_type else self._schema.labels
            for literal in other.items if isinstance(other, ListOf) else (other,):
                if isinstance(literal, Literal_) and isinstance(literal.value, str) and literal.value not in known:
                    near = nearest(literal.value, list(known))
                    fix = (Splice(literal.place, written(Literal_(near))),) if near else ()
                    said = f"{literal.value!r} is no {'type of relation' if is_type else 'label'} of this graph."
                    code = Code.UNKNOWN_RELATION if is_type else Code.UNKNOWN_LABEL
                    yield Finding(code, Severity.ERROR, literal.place, said, fix, hopeless=not fix)


def _mismatch(place: Place, said: str, fix: tuple[Splice, ...] = ()) -> Finding:
    return Finding(Code.TYPE_MISMATCH, Severity.ERROR, place, said, fix)


def _written_wrong(name: str, argument: Expression) -> str:
    """Return why a point in time or a duration that is written out is none, or nothing."""
    if isinstance(argument, MapOf):
        bounds = {} if name == "duration" else _GREATEST
        for key, value in argument.entries:
            if key in bounds and isinstance(value, Literal_) and isinstance(value.value, int) and not 0 <= value.value <= bounds[key]:
                return f"there is no {key} {value.value}"
        return ""
    if not isinstance(argument, Literal_) or not isinstance(argument.value, str):
        return ""
    said = argument.value
    if name == "duration":
        return "" if said.lstrip("+-")[:1] == "P" and said[-1:].isalpha() | said[-1:].isdigit() and " " not in said else _AGES
    return _day_wrong(said, name)


def _day_wrong(said: str, name: str) -> str:
    day, _, _ = said.partition("T")
    if {"W", "Q"} & set(day):
        return ""
    if not day.replace("-", "").lstrip("+").isdigit():
        return "a date is written as 2024-12-31" + ("" if name == "date" else ", and a time behind it as T23:59:59")
    if len(day) == len("2024-12-31"):
        try:
            date.fromisoformat(day)
        except ValueError:
            return "there is no such day" if "-" in day else ""
    elif len(day) == len("2024-12") and "-" in day and not 1 <= int(day[5:]) <= _GREATEST["month"]:
        return "there is no such month"
    return ""
