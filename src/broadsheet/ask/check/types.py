"""Which type each expression of a query gives, and what is known of the values that it may have."""

from collections.abc import Mapping

from broadsheet.ask.check.scope import Scopes, Thing
from broadsheet.ask.cypher.functions import GIVES
from broadsheet.ask.cypher.nodes import (
    Binary,
    Case,
    Comprehension,
    Expression,
    Function,
    HasLabels,
    IsNull,
    ListOf,
    Literal_,
    MapOf,
    MapProjection,
    PatternComprehension,
    PatternTest,
    Property,
    Quantified,
    Slice,
    Subquery,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.schema import NUMBERS, TIMES, PropertyFacts, Schema

ORDERED = frozenset({"<", "<=", ">", ">="})
TEXTUAL = frozenset({"STARTS WITH", "ENDS WITH", "CONTAINS", "=~"})
NUMERIC = frozenset({*NUMBERS, "number"})
SCALAR = frozenset({"string", "boolean", *NUMERIC, *TIMES})
_TRUTHS = frozenset({*ORDERED, *TEXTUAL, "=", "<>", "AND", "OR", "XOR", "IN"})
# Parts of a point in time or a duration that are asked for like properties: those that have bounds by nature, and the others.
_BOUNDED: Mapping[str, tuple[int, int]] = {
    "quarter": (1, 4), "month": (1, 12), "week": (1, 53), "day": (1, 31), "ordinalDay": (1, 366), "weekDay": (1, 7), "dayOfWeek": (1, 7), "dayOfQuarter": (1, 92),
    "hour": (0, 23), "minute": (0, 59), "second": (0, 59), "millisecond": (0, 999), "microsecond": (0, 999_999), "nanosecond": (0, 999_999_999),
}  # fmt: skip
_PARTS = frozenset({*_BOUNDED, *"year weekYear quarterDay epochSeconds epochMillis offsetMinutes offsetSeconds".split()})
_NAMES = frozenset({"timezone", "offset"})
_COUNTS = frozenset({"count", "size", "length", "char_length", "character_length"})
_COUNTED = (PropertyFacts("integer", 0.0, float("inf")),)


class Types:
    """Tells of expressions what they give, by the schema and by what names stand for."""

    def __init__(self, scopes: Scopes, schema: Schema) -> None:
        self._scopes, self._schema = scopes, schema
        # What was told of a node already: parts within parts would be asked again and again.
        self._facts: dict[int, tuple[PropertyFacts, ...]] = {}
        self._kinds: dict[int, str] = {}

    def facts(self, node: Expression) -> tuple[PropertyFacts, ...]:
        """Return what is known of the values of a property, a count, a part of a date, or a name that stands for one; nothing for any other expression."""
        if id(node) not in self._facts:
            self._facts[id(node)] = self._facts_of(node)
        return self._facts[id(node)]

    def kind_of(self, node: Expression) -> str:
        """Return the type that an expression gives, or `any`."""
        if id(node) not in self._kinds:
            self._kinds[id(node)] = self._kind_of(node)
        return self._kinds[id(node)]

    def _facts_of(self, node: Expression) -> tuple[PropertyFacts, ...]:
        match node:
            case Property(of=Variable()) if (thing := self._scopes.of(node.of)) is not None and thing.kind in {"node", "relation"}:
                held = self._schema.properties(thing.possible, relation=thing.kind == "relation")
                return () if held is None else held.get(node.key, ())
            case Property(key=key) if self.kind_of(node.of) in TIMES:
                return self._part(node.of, key)
            case Variable() if (given := self._given(node)) is not None:
                return self.facts(given)
            case Function(name=name) if name in _COUNTS:
                return _COUNTED
            case Function(name="min" | "max" | "avg") if node.arguments:
                return self.facts(node.arguments[0])
            case Subquery(which="COUNT"):
                return _COUNTED
        return ()

    def _part(self, of: Expression, key: str) -> tuple[PropertyFacts, ...]:
        if key in _BOUNDED:
            low, high = _BOUNDED[key]
            return (PropertyFacts("integer", float(low), float(high)),)
        if key != "year":
            return ()
        years = [PropertyFacts("integer", _year(one.low), _year(one.high)) for one in self.facts(of) if one.type in TIMES]
        return tuple(one for one in years if one.low is not None and one.high is not None)

    def _given(self, variable: Variable) -> Expression | None:
        """Return the expression that a name stands for, if it does; an element of a list stands for itself."""
        thing = self._scopes.of(variable)
        if thing is None or thing.kind != "value" or thing.unwound or thing.value is None or isinstance(thing.value, Variable):
            return None
        return thing.value

    def thing_of(self, node: Expression) -> Thing | None:
        """Return the node, relation, row of relations or path that an expression names, if it does."""
        thing = self._scopes.of(node) if isinstance(node, Variable) else None
        return thing if thing is not None and thing.kind != "value" else None

    def _kind_of(self, node: Expression) -> str:
        match node:
            case Literal_():
                return _literal(node.value)
            case Binary():
                return "boolean" if node.sign in _TRUTHS else self._computed(node)
            case Unary():
                return "boolean" if node.sign == "NOT" else self.kind_of(node.of) if self.kind_of(node.of) in NUMERIC else "any"
            case Function():
                return self._called(node)
            case Property():
                return self._property(node)
            case Variable():
                return self._named(node)
            case Case():
                branches = [value for _, value in node.whens] + ([node.otherwise] if node.otherwise is not None else [])
                return self._common(branches)
            case IsNull() | HasLabels() | Quantified() | PatternTest():
                return "boolean"
            case Subquery():
                return {"EXISTS": "boolean", "COUNT": "integer", "COLLECT": "list"}[node.which]
            case ListOf() | Comprehension() | PatternComprehension():
                return "list"
            case Slice():
                return self.kind_of(node.of) if self.kind_of(node.of) == "list" else "any"
            case MapOf() | MapProjection():
                return "map"
        return "any"

    def _common(self, nodes: list[Expression]) -> str:
        kinds = {self.kind_of(one) for one in nodes if not (isinstance(one, Literal_) and one.value is None)}
        return next(iter(kinds)) if len(kinds) == 1 else "number" if kinds and kinds <= NUMERIC else "any"

    def _named(self, node: Variable) -> str:
        if (thing := self.thing_of(node)) is not None:
            return "list" if thing.kind == "relations" else thing.kind
        given = self._given(node)
        return "any" if given is None else self.kind_of(given)

    def _property(self, node: Property) -> str:
        kinds = {"any" if one.meant and one.type != "string" else one.type for one in self.facts(node)}
        if not kinds and self.kind_of(node.of) in {*TIMES, "duration"}:
            return "integer" if node.key in _PARTS else "string" if node.key in _NAMES else "any"
        return next(iter(kinds)) if len(kinds) == 1 else "any"

    def _called(self, node: Function) -> str:
        gives = GIVES.get(node.name.lower(), "any")
        if node.name in {"sum", "avg"} and node.arguments:
            kind = self.kind_of(node.arguments[0])
            return kind if kind in {*NUMERIC, "duration"} else "any"
        if gives == "any" and node.arguments and node.name in {"min", "max", "coalesce", "nullIf", "reverse"}:
            return self._common(list(node.arguments[:1] if node.name == "nullIf" else node.arguments))
        if node.name.partition(".")[0].lower() in {"duration", *TIMES} and "." in node.name:
            return "duration" if node.name.lower().startswith("duration.") else node.name.partition(".")[0].lower()
        return gives

    def _computed(self, node: Binary) -> str:
        """Return what an operator of numbers, texts, lists and times gives."""
        kinds = {self.kind_of(node.left), self.kind_of(node.right)}
        if kinds <= NUMERIC:
            return "integer" if kinds == {"integer"} and node.sign in {"+", "-", "*", "%"} else "number"
        if node.sign == "+" and ("list" in kinds or kinds == {"string"}):
            return "list" if "list" in kinds else "string"
        if node.sign in {"+", "-"} and "duration" in kinds and kinds - {"duration"} <= TIMES:
            return next(iter(kinds - {"duration"}), "duration")
        return "any"


def _literal(value: object) -> str:
    kinds: dict[type, str] = {bool: "boolean", int: "integer", float: "float", str: "string"}
    return kinds.get(type(value), "any")


def _year(bound: float | str | None) -> float | None:
    return float(bound[:4]) if isinstance(bound, str) and bound[:4].isdigit() else None


def go_together(one: str, other: str) -> bool:
    """Whether values of two types can be compared.

    >>> go_together("integer", "float"), go_together("date", "string")
    (True, False)
    """
    if "any" in {one, other} or one == other:
        return True
    return {one, other} <= NUMERIC or {one, other} <= TIMES


def a(kind: str) -> str:
    """Return a type in words."""
    said = {"integer": "a whole number", "float": "a number", "number": "a number", "string": "a text", "boolean": "true or false", "any": "anything"}
    return said.get(kind, f"a {kind}")
