"""Properties and values against the schema: unknown properties, types that do not go together, values that no item has, conditions that no row meets."""

from collections.abc import Sequence

from broadsheet.ask.check.findings import Code, Finding, Severity, Splice
from broadsheet.ask.check.scope import Scopes, Thing, walk
from broadsheet.ask.cypher.functions import GIVES
from broadsheet.ask.cypher.nodes import (
    Binary,
    Case,
    Expression,
    Function,
    IsNull,
    ListOf,
    Literal_,
    MapProjection,
    Place,
    Property,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import label_name, written
from broadsheet.ask.schema import NUMBERS, TIMES, PropertyFacts, Schema, nearest

ORDERED = frozenset({"<", "<=", ">", ">="})
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
TEXTUAL = frozenset({"STARTS WITH", "ENDS WITH", "CONTAINS", "=~"})
# Parts of a date that are asked for like properties.
PARTS = frozenset(
    "year quarter month week weekYear day ordinalDay weekDay dayOfWeek dayOfQuarter quarterDay hour minute second millisecond microsecond nanosecond timezone "
    "offset epochSeconds epochMillis x y z latitude longitude height crs srid years months days hours minutes seconds milliseconds".split()
)


class Values:
    """Checks properties, and what they are compared with."""

    def __init__(self, scopes: Scopes, schema: Schema) -> None:
        self._scopes, self._schema = scopes, schema
        self.findings: list[Finding] = []

    def check(self) -> list[Finding]:
        """Return what is wrong with properties and values."""
        for thing, properties, _ in self._scopes.maps:
            for (key, value), place in zip(properties.entries, properties.key_places, strict=True):
                facts = self._property(thing, key, place)
                if facts:
                    whole = Place(place.start, value.place.end)
                    self._compared("=", facts, value, f"{thing.name or 'the node'}.{key}", whole)
        for expression in self._scopes.expressions:
            for node in walk(expression):
                match node:
                    case Property():
                        self._read(node)
                    case MapProjection(of=Variable() as of):
                        self._picked(node, of)
                    case Binary():
                        self._binary(node)
                    case Function():
                        self._called(node)
                    case Case() if node.subject is not None:
                        self._cases(node)
        return self.findings

    # Properties.

    def facts(self, node: Expression) -> tuple[PropertyFacts, ...]:
        """Return what is known of a property that is read; nothing for any other expression."""
        if not isinstance(node, Property) or not isinstance(node.of, Variable):
            return ()
        thing = self._scopes.of(node.of)
        if thing is None or thing.kind not in {"node", "relation"}:
            return ()
        held = self._schema.properties(thing.possible, relation=thing.kind == "relation")
        return () if held is None else held.get(node.key, ())

    def _read(self, node: Property) -> None:
        if isinstance(node.of, Variable) and (thing := self._scopes.of(node.of)) is not None and thing.kind in {"node", "relation"}:
            self._property(thing, node.key, node.key_place)

    def _picked(self, node: MapProjection, of: Variable) -> None:
        thing = self._scopes.of(of)
        if thing is not None and thing.kind in {"node", "relation"}:
            for kind, key, _ in node.items:
                if kind == "key":
                    self._property(thing, key, node.place)

    def _property(self, thing: Thing, key: str, place: Place) -> tuple[PropertyFacts, ...]:
        """Return what is known of a property; what nothing has is a finding."""
        relation = thing.kind == "relation"
        if thing.kind not in {"node", "relation"} or not self._schema.knows_properties or not thing.possible:
            return ()
        held = self._schema.properties(thing.possible, relation=relation)
        if held is None or key in held:
            return () if held is None else held[key]
        owner = " or ".join(sorted(thing.possible)[:3])
        others = sorted({name for name, other, _ in self._schema.everything() if other == key and (name in self._schema.types) == relation})
        near = nearest(key, list(held))
        where = f" {', '.join(others[:3])} {'has' if len(others) == 1 else 'have'} it." if others else ""
        said = f"{owner} has no property {key!r}; it has {', '.join(sorted(held)[:10]) or 'none'}.{where}"
        fix = (Splice(place, label_name(near)),) if near and place.end - place.start in {len(key), len(key) + 2} else ()
        self.findings.append(Finding(Code.UNKNOWN_PROPERTY, Severity.ERROR, place, said, fix, hopeless=not fix))
        return ()

    # Types.

    def kind_of(self, node: Expression) -> str:
        """Return the type that an expression gives, or `any`."""
        match node:
            case Literal_(value=bool()):
                return "boolean"
            case Literal_(value=int()):
                return "integer"
            case Literal_(value=float()):
                return "float"
            case Literal_(value=str()):
                return "string"
            case ListOf():
                return "list"
            case Function():
                return GIVES.get(node.name.lower(), "any")
            case Binary(sign=sign) if sign in {*ORDERED, *TEXTUAL, "=", "<>", "AND", "OR", "XOR", "IN"}:
                return "boolean"
            case IsNull() | Unary(sign="NOT"):
                return "boolean"
            case Binary(sign="-" | "*" | "/" | "%" | "^"):
                kinds = {self.kind_of(node.left), self.kind_of(node.right)}
                return "number" if kinds <= {"integer", "float", "number"} else "any"
            case Property():
                kinds = {one.type for one in self.facts(node)}
                return next(iter(kinds)) if len(kinds) == 1 else "any"
            case Variable():
                thing = self._scopes.of(node)
                if thing is not None and thing.kind == "value" and thing.value is not None and not isinstance(thing.value, Variable):
                    return self.kind_of(thing.value) if not _is_unwound(thing) else "any"
        return "any"

    def _binary(self, node: Binary) -> None:
        if node.sign in TEXTUAL:
            for side in (node.left, node.right):
                if (kind := self.kind_of(side)) in {*NUMBERS, "number", "boolean", *TIMES}:
                    self._mismatch(node, f"{node.sign} needs texts, and {written(side)} is {_a(kind)}")
        elif node.sign == "IN":
            self._among(node)
        elif node.sign in TURNED:
            left, right = self.facts(node.left), self.facts(node.right)
            if left and not right:
                self._compared(node.sign, left, node.right, written(node.left), node.place)
            elif right and not left:
                self._compared(TURNED[node.sign], right, node.left, written(node.right), node.place)
            else:
                self._kinds(node)
        elif node.sign in {"-", "*", "/", "%", "^"}:
            for side in (node.left, node.right):
                if (kind := self.kind_of(side)) in {"string", "boolean"}:
                    self._mismatch(node, f"{node.sign} needs numbers, and {written(side)} is {_a(kind)}")

    def _kinds(self, node: Binary) -> None:
        """Compare the types of two sides of which none, or each, is a property."""
        left, right = self.kind_of(node.left), self.kind_of(node.right)
        if not _go_together(left, right):
            self._mismatch(node, f"{written(node.left)} is {_a(left)}, and {written(node.right)} is {_a(right)}")

    def _mismatch(self, node: Expression, what: str, fix: tuple[Splice, ...] = ()) -> None:
        self.findings.append(Finding(Code.TYPE_MISMATCH, Severity.ERROR, node.place, f"{what[0].upper()}{what[1:]}: this is never true.", fix))

    def _among(self, node: Binary) -> None:
        facts = self.facts(node.left)
        if self.kind_of(node.right) in {"string", "integer", "float", "boolean"}:
            self._mismatch(node, f"IN needs a list, and {written(node.right)} is {_a(self.kind_of(node.right))}")
        elif facts and isinstance(node.right, ListOf):
            for item in node.right.items:
                self._compared("=", facts, item, written(node.left), item.place)

    def _cases(self, node: Case) -> None:
        facts = self.facts(node.subject) if node.subject is not None else ()
        for value, _ in node.whens:
            if facts and node.subject is not None:
                self._compared("=", facts, value, written(node.subject), value.place)

    def _called(self, node: Function) -> None:
        if not node.arguments:
            return
        first, kind = node.arguments[0], self.kind_of(node.arguments[0])
        needs = {"sum": "number", "avg": "number", "stDev": "number", "stDevP": "number", "toUpper": "string", "toLower": "string", "trim": "string", "split": "string",
                 "substring": "string", "abs": "number", "sqrt": "number", "ceil": "number", "floor": "number"}.get(node.name)  # fmt: skip
        if node.name == "length" and kind in {"string", "list"}:
            place = Place(node.place.start, node.place.start + len("length"))
            said = f"length is of paths, and {written(first)} is {_a(kind)}; size counts its {'letters' if kind == 'string' else 'elements'}."
            self.findings.append(Finding(Code.TYPE_MISMATCH, Severity.ERROR, node.place, said, (Splice(place, "size"),)))
        elif needs == "number" and kind in {"string", "boolean", "list", *TIMES}:
            self._mismatch(node, f"{node.name} needs numbers, and {written(first)} is {_a(kind)}")
        elif needs == "string" and kind in {"boolean", "list", "integer", "float", "number", *TIMES}:
            self._mismatch(node, f"{node.name} needs a text, and {written(first)} is {_a(kind)}")

    # Values.

    def _compared(self, sign: str, facts: Sequence[PropertyFacts], value: Expression, what: str, place: Place) -> None:
        """Check one comparison of a property with a value: its type first, then whether any item has such a value."""
        kind = self.kind_of(value)
        if not any(_go_together(one.type, kind) for one in facts):
            types = " or ".join(sorted({_a(one.type) for one in facts}))
            self.findings.append(Finding(Code.TYPE_MISMATCH, Severity.ERROR, place, f"{what} is {types}, and {written(value)} is {_a(kind)}: this is never true.",
                                         self._typed(facts, value)))  # fmt: skip
            return
        if isinstance(value, Literal_) and sign in {"=", *ORDERED}:
            self._in_domain(sign, facts, value, what, place)

    def _typed(self, facts: Sequence[PropertyFacts], value: Expression) -> tuple[Splice, ...]:
        """Return the value in the type of the property, where it can be written so."""
        types = {one.type for one in facts}
        if not isinstance(value, Literal_) or isinstance(value.value, bool) or len(types) != 1:
            return ()
        want = next(iter(types))
        if want in {"integer", "float"} and isinstance(value.value, str) and value.value.strip().lstrip("+-").replace(".", "", 1).isdigit():
            return (Splice(value.place, value.value.strip()),)
        if want == "string" and isinstance(value.value, int | float) and any(str(value.value) in one.values for one in facts):
            return (Splice(value.place, f"'{value.written or value.value}'"),)
        if want in TIMES and isinstance(value.value, str):
            return (Splice(value.place, f"{want}({written(value)})"),)
        return ()

    def _in_domain(self, sign: str, facts: Sequence[PropertyFacts], value: Literal_, what: str, place: Place) -> None:
        said = value.value
        if isinstance(said, bool) or said is None:
            return
        if isinstance(said, int | float):
            reasons = [_outside(sign, one, said) for one in facts if one.type in NUMBERS]
        else:
            reasons = [_foreign(sign, one, said) for one in facts if one.type == "string"]
        if not reasons or not all(reasons):
            return
        near = _like(said, facts) if isinstance(said, str) else None
        fix = (Splice(value.place, written(Literal_(near))),) if near is not None else ()
        self.findings.append(Finding(Code.OUT_OF_DOMAIN, Severity.WARNING, place, f"No {what} is {_signed(sign)}{written(value)}: {reasons[0]}.", fix))


def _signed(sign: str) -> str:
    return "" if sign == "=" else f"{sign} "


def _outside(sign: str, facts: PropertyFacts, value: float) -> str:
    """Return why no number that was seen compares so, or nothing."""
    low, high = facts.low, facts.high
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        counts = facts.type == "integer" and low is None and sign == "=" and not any(one.startswith("-") for one in facts.values)
        return "nothing that is counted or dated is below zero" if counts and value < 0 else ""
    # A bound that was printed may be a little off, but for whole numbers.
    off = 1e-6 * max(abs(low), abs(high)) if facts.type == "float" else 0.0
    low, high = low - off, high + off
    never = {"=": not low <= value <= high, "<": value <= low, "<=": value < low, ">": value >= high, ">=": value > high}[sign]
    return f"values go from {low:g} to {high:g}" if never else ""


def _foreign(sign: str, facts: PropertyFacts, value: str) -> str:
    """Return why no text that was seen is this one, or nothing."""
    if sign != "=" or not facts.closed or value in facts.values:
        return ""
    return f"the values are {', '.join(facts.values[:6])}{' and others' if len(facts.values) > 6 else ''}"


def _like(value: str, facts: Sequence[PropertyFacts]) -> str | None:
    among = [one for fact in facts for one in fact.values]
    same = [one for one in among if one.lower() == value.lower()]
    return same[0] if len(same) == 1 else nearest(value, among)


def _is_unwound(thing: Thing) -> bool:
    return isinstance(thing.value, ListOf) or (isinstance(thing.value, Function) and thing.value.name in {"collect", "nodes", "range", "keys", "labels"})


def _go_together(one: str, other: str) -> bool:
    """Whether values of two types can be compared."""
    if "any" in {one, other} or one == other:
        return True
    numbers = {*NUMBERS, "number"}
    if one in numbers and other in numbers:
        return True
    times = {*TIMES, "date"}
    return one in times and other in times


def _a(kind: str) -> str:
    return {"integer": "a whole number", "float": "a number", "number": "a number", "string": "a text", "boolean": "true or false", "any": "anything"}.get(
        kind, f"a {kind}"
    )
