"""Properties and values against the schema: what is unknown, what types do not go together, and values that nothing has."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from broadsheet.ask.check.findings import Code, Finding, Severity, Splice
from broadsheet.ask.check.scope import Scopes, Thing, walk
from broadsheet.ask.check.types import NUMERIC, ORDERED, SCALAR, TEXTUAL, Types, a, go_together
from broadsheet.ask.cypher.logic import MIRRORED
from broadsheet.ask.cypher.nodes import (
    Binary,
    Case,
    Comprehension,
    Expression,
    Function,
    IsNull,
    ListOf,
    Literal_,
    MapOf,
    MapProjection,
    Place,
    Property,
    Quantified,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import label_name, written
from broadsheet.ask.schema import NUMBERS, TIMES, PropertyFacts, Schema, nearest

_OTHERWISE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
# Tests of a text against all that there are.
_TESTS: Mapping[str, Callable[[str, str], bool]] = {"STARTS WITH": str.startswith, "ENDS WITH": str.endswith, "CONTAINS": str.__contains__}
# What operators cannot work on.
_THINGS = frozenset({"node", "relation", "path"})
_NO_TEXT = _THINGS | {"boolean", *NUMERIC}
_NO_NUMBER = _THINGS | {"string", "boolean", "list", "map"}
_NUMBER, _TIME = re.compile(r"[+-]?[0-9][0-9,.]*"), re.compile(r"[0-9]+[-0-9/.:TZ ]*")


class Values(Types):
    """Checks properties, and what they are compared with."""

    def __init__(self, scopes: Scopes, schema: Schema) -> None:
        super().__init__(scopes, schema)
        self.findings: list[Finding] = []

    def check(self) -> list[Finding]:
        """Return what is wrong with properties and values."""
        for thing, properties, _ in self._scopes.maps:
            for (key, value), place in zip(properties.entries, properties.key_places, strict=True):
                facts, whole = self._known(thing, key, place), Place(place.start, value.place.end)
                if isinstance(value, Literal_) and value.value is None:
                    said = f"Nothing is compared with null: no {thing.name or 'node'} has {key}: null; IS NULL asks for it."
                    self.findings.append(Finding(Code.NULL_COMPARED, Severity.ERROR, whole, said))
                elif facts:
                    self._compared("=", facts, value, f"{thing.name or 'the node'}.{key}", whole)
        for condition in self._scopes.conditions:
            self._true_or_false(condition.expression)
        for expression in self._scopes.expressions:
            for node in walk(expression):
                for truth in _truths(node):
                    self._true_or_false(truth)
                match node:
                    case Property():
                        self._read(node)
                    case MapProjection(of=Variable() as of):
                        self._picked(node, of)
                    case Binary():
                        self._binary(node)
                    case Unary(sign="NOT", of=Binary() as of) if of.sign in ORDERED:
                        self._denied(of)
                    case Case() if node.subject is not None:
                        self._cases(node)
        return self.findings

    # Properties.

    def _read(self, node: Property) -> None:
        thing = self.thing_of(node.of)
        if thing is not None and thing.kind in {"node", "relation"}:
            self._known(thing, node.key, node.key_place)
        elif (kind := self.kind_of(node.of)) in {"string", "boolean", "list", "path", *NUMERIC}:
            said = f"{written(node.of)} is {a(kind)}, and has no properties"
            self._mismatch(node, f"{said}; each of its relations has" if thing is not None and thing.kind == "relations" else said)

    def _picked(self, node: MapProjection, of: Variable) -> None:
        thing = self._scopes.of(of)
        if thing is not None and thing.kind in {"node", "relation"}:
            for kind, key, _ in node.items:
                if kind == "key":
                    self._known(thing, key, node.place)

    def _known(self, thing: Thing, key: str, place: Place) -> tuple[PropertyFacts, ...]:
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

    def _true_or_false(self, node: Expression) -> None:
        """Tell of a text, a number or the like that stands where something must be true or false."""
        if (kind := self.kind_of(node)) in {*SCALAR, "node", "relation", "map", "duration"} - {"boolean"}:
            self._mismatch(node, f"{written(node)} is {a(kind)}, and stands where something must be true or false")

    def _binary(self, node: Binary) -> None:
        if any(isinstance(side, Literal_) and side.value is None for side in (node.left, node.right)) and node.sign in MIRRORED:
            self._null(node)
        elif node.sign in TEXTUAL:
            for side in (node.left, node.right):
                if (kind := self.kind_of(side)) not in {"string", "any"}:
                    self._mismatch(node, f"{node.sign} needs texts, and {written(side)} is {a(kind)}: this is never true")
                    return
            if isinstance(node.right, Literal_) and (facts := self.facts(node.left)):
                self._in_domain(node.sign, facts, node.right, written(node.left), node.place)
        elif node.sign == "IN":
            self._among(node)
        elif node.sign in MIRRORED:
            self._sides(node)
        elif node.sign in {"+", "-", "*", "/", "%", "^", "||"}:
            self._computed_of(node)

    def _computed_of(self, node: Binary) -> None:
        """Tell of an operator with what it cannot work on."""
        sides = [(side, self.kind_of(side)) for side in (node.left, node.right)]
        wrong = {"||": _NO_TEXT, "+": _THINGS}.get(node.sign, _NO_NUMBER)
        if node.sign in {"+", "||"} and {kind for _, kind in sides} & {"list", "any"}:
            return
        for side, kind in sides:
            if kind in wrong:
                self._mismatch(node, f"{node.sign} needs {'texts or lists' if node.sign == '||' else 'numbers'}, and {written(side)} is {a(kind)}")
                return
        if any(kind in TIMES for _, kind in sides) and any(kind in NUMERIC for _, kind in sides):
            said = " and ".join(f"{written(side)} is {a(kind)}" for side, kind in sides)
            self._mismatch(node, f"{node.sign} of a point in time needs a duration: {said}")

    def _null(self, node: Binary) -> None:
        """Tell of a comparison with null, which is never true."""
        side = node.left if isinstance(node.right, Literal_) and node.right.value is None else node.right
        tests = {"=": "IS NULL", "<>": "IS NOT NULL"}
        fix = (Splice(node.place, f"{written(IsNull(side, node.sign == '<>'))}"),) if node.sign in tests else ()
        said = f"Nothing is compared with null: {written(node)} is never true."
        self.findings.append(Finding(Code.NULL_COMPARED, Severity.ERROR, node.place, said + (f" {tests[node.sign]} asks for it." if fix else ""), fix))

    def _denied(self, node: Binary) -> None:
        """Tell of NOT before a comparison that every value meets."""
        for side, value, sign in ((node.left, node.right, node.sign), (node.right, node.left, MIRRORED[node.sign])):
            if isinstance(value, Literal_) and (facts := self.facts(side)):
                self._in_domain(_OTHERWISE[sign], facts, value, written(side), node.place)

    def _never(self, value: Expression, why: str) -> None:
        if isinstance(value, Literal_) and value.value is None:
            self.findings.append(Finding(Code.NULL_COMPARED, Severity.WARNING, value.place, f"Nothing is equal to null, and {why}; IS NULL asks for it."))

    def _sides(self, node: Binary) -> None:
        left, right = self.facts(node.left), self.facts(node.right)
        if left and not right:
            self._compared(node.sign, left, node.right, written(node.left), node.place)
        elif right and not left:
            self._compared(MIRRORED[node.sign], right, node.left, written(node.right), node.place)
        elif not go_together(one := self.kind_of(node.left), other := self.kind_of(node.right)):
            self._mismatch(node, f"{written(node.left)} is {a(one)}, and {written(node.right)} is {a(other)}: this is never true")

    def _mismatch(self, node: Expression, what: str, fix: tuple[Splice, ...] = ()) -> None:
        self.findings.append(Finding(Code.TYPE_MISMATCH, Severity.ERROR, node.place, f"{what[0].upper()}{what[1:]}.", fix))

    def _among(self, node: Binary) -> None:
        facts = self.facts(node.left)
        if (kind := self.kind_of(node.right)) not in {"list", "any"}:
            self._mismatch(node, f"IN needs a list, and {written(node.right)} is {a(kind)}")
        elif facts and isinstance(node.right, ListOf):
            for item in node.right.items:
                self._never(item, "IN does not find it")
                self._compared("=", facts, item, written(node.left), item.place)

    def _cases(self, node: Case) -> None:
        facts = self.facts(node.subject) if node.subject is not None else ()
        for value, _ in node.whens:
            self._never(value, "WHEN does not meet it")
            if facts and node.subject is not None:
                self._compared("=", facts, value, written(node.subject), value.place)

    # Values.

    def _compared(self, sign: str, facts: Sequence[PropertyFacts], value: Expression, what: str, place: Place) -> None:
        """Check one comparison of a property with a value: its type first, then whether any item has such a value."""
        kind = self.kind_of(value)
        if not any(go_together(one.type, kind) or (one.meant and _denotes(one.type, value)) for one in facts):
            types = " or ".join(sorted({a(one.type) for one in facts}))
            self.findings.append(Finding(Code.TYPE_MISMATCH, Severity.ERROR, place, f"{what} is {types}, and {written(value)} is {a(kind)}: this is never true.",
                                         self._typed(facts, value)))  # fmt: skip
        elif isinstance(value, Literal_):
            self._in_domain(sign, facts, value, what, place)
        elif (day := day_of(value)) is not None and all(_beyond(sign, one, day) for one in facts):
            said = f"No {what} is {_signed(sign)}{written(value)}: values go from {facts[0].low} to {facts[0].high}."
            self.findings.append(Finding(Code.OUT_OF_DOMAIN, Severity.WARNING, place, said))

    def _typed(self, facts: Sequence[PropertyFacts], value: Expression) -> tuple[Splice, ...]:
        """Return the value in the type of the property, where it can be written so."""
        types = {one.type for one in facts}
        if not isinstance(value, Literal_) or isinstance(value.value, bool) or len(types) != 1:
            return ()
        want = next(iter(types))
        text = value.value.strip() if isinstance(value.value, str) else ""
        if want in {"integer", "float"} and text.lstrip("+-").replace(".", "", 1).isdigit():
            return (Splice(value.place, text),)
        if want == "boolean" and text.lower() in {"true", "false"}:
            return (Splice(value.place, text.lower()),)
        if want == "string" and isinstance(value.value, int | float) and any(str(value.value) in one.values for one in facts):
            return (Splice(value.place, f"'{value.written or value.value}'"),)
        if want in TIMES and text:
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
        near = _like(said, facts) if isinstance(said, str) and sign in {"=", "<>"} else None
        fix = (Splice(value.place, written(Literal_(near))),) if near is not None else ()
        shown = f"{sign} {written(value)}" if sign in _TESTS else f"is {_signed(sign)}{written(value)}"
        never = f"Every {what} is other than {written(value)}" if sign == "<>" else f"No {what} {shown}"
        self.findings.append(Finding(Code.OUT_OF_DOMAIN, Severity.WARNING, place, f"{never}: {reasons[0]}.", fix))


def _denotes(kind: str, value: Expression) -> bool:
    """Whether a text is how a value of a type may be stored: `'1999'`, `'31/12/1999'`, `'23:59'`."""
    said = value.value.strip() if isinstance(value, Literal_) and isinstance(value.value, str) else ""
    if kind in NUMERIC:
        return bool(_NUMBER.fullmatch(said))
    return bool(_TIME.fullmatch(said)) if kind in TIMES else kind == "boolean" and said.lower() in {"true", "false", "yes", "no"}


def _truths(node: object) -> Iterator[Expression]:
    """Yield what must be true or false within an expression."""
    match node:
        case Binary(sign="AND" | "OR" | "XOR"):
            yield from (node.left, node.right)
        case Unary(sign="NOT"):
            yield node.of
        case Case(subject=None):
            yield from (test for test, _ in node.whens)
        case Comprehension() | Quantified() if node.where is not None:
            yield node.where


def day_of(value: Expression) -> date | None:
    """Return the day that a date or a point in time is on, where it is written out.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> item = parse("RETURN datetime('1999-12-31T23:00:00')").query.parts[0].clauses[0].items[0]
    >>> day_of(item.expression)
    datetime.date(1999, 12, 31)
    """
    if not isinstance(value, Function) or value.name not in {"date", "datetime", "localdatetime"} or len(value.arguments) != 1:
        return None
    said = value.arguments[0]
    if isinstance(said, MapOf):
        given = {key: one.value for key, one in said.entries if isinstance(one, Literal_)}
        parts = [given.get(key, 1) for key in ("year", "month", "day")]
        whole = len(given) == len(said.entries) and "year" in given and not {"week", "quarter", "ordinalDay", "dayOfWeek"} & set(given)
        return _day("{:04}-{:02}-{:02}".format(*parts)) if whole and all(isinstance(one, int) for one in parts) else None
    return _day(said.value) if isinstance(said, Literal_) and isinstance(said.value, str) else None


def _day(said: object) -> date | None:
    try:
        return date.fromisoformat(str(said)[:10])
    except ValueError:
        return None


def _beyond(sign: str, facts: PropertyFacts, day: date) -> bool:
    """Whether no day that was seen compares so with this one."""
    low, high = _day(facts.low), _day(facts.high)
    if facts.type not in {"date", "datetime"} or low is None or high is None:
        return False
    return {"=": not low <= day <= high, "<": day < low, "<=": day < low, ">": day > high, ">=": day > high, "<>": False}[sign]


def _signed(sign: str) -> str:
    return "" if sign == "=" else f"{sign} "


def _outside(sign: str, facts: PropertyFacts, value: float) -> str:
    """Return why no number that was seen compares so, or nothing."""
    low, high = facts.low, facts.high
    if sign not in {"=", *ORDERED}:
        return ""
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        counts = facts.type == "integer" and low is None and sign == "=" and not any(one.startswith("-") for one in facts.values)
        return "nothing that is counted or dated is below zero" if counts and value < 0 else ""
    # A bound that was printed may be a little off, but for whole numbers.
    off = 1e-6 * max(abs(low), abs(high)) if facts.type == "float" else 0.0
    least, most = low - off, high + off
    never = {"=": not least <= value <= most, "<": value <= least, "<=": value < least, ">": value >= most, ">=": value > most}[sign]
    if high == float("inf"):
        return "a count is never below zero" if never else ""
    return f"values go from {_plain(low)} to {_plain(high)}" if never else ""


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def _foreign(sign: str, facts: PropertyFacts, value: str) -> str:
    """Return why no text that was seen compares so with this one, or nothing."""
    tests = {"=": str.__eq__, "<>": str.__eq__, **_TESTS}
    if sign not in tests or not facts.closed or any(tests[sign](one, value) for one in facts.values):
        return ""
    return f"the values are {', '.join(facts.values[:6])}{' and others' if len(facts.values) > 6 else ''}"


def _like(value: str, facts: Sequence[PropertyFacts]) -> str | None:
    among = [one for fact in facts for one in fact.values]
    same = [one for one in among if one.lower() == value.lower()]
    return same[0] if len(same) == 1 else nearest(value, among)
