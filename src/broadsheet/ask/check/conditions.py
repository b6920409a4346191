"""Conditions that no row can meet, and conditions that every row meets: bounds, equalities and nulls of one value held against each other."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from math import ceil, floor
from typing import Any, NamedTuple

from broadsheet.ask.check.findings import Code, Finding, Severity
from broadsheet.ask.check.scope import Scopes, aggregates, walk
from broadsheet.ask.check.types import Types
from broadsheet.ask.check.values import day_of
from broadsheet.ask.cypher.logic import MIRRORED
from broadsheet.ask.cypher.nodes import Binary, Case, Expression, Function, IsNull, ListOf, Literal_, Place, Property, Unary, Variable
from broadsheet.ask.cypher.printer import written

# Alternatives of one condition that are looked at; one with more says nothing.
MOST = 64
_TESTS: Mapping[str, Callable[[str, str], bool]] = {"STARTS WITH": str.startswith, "ENDS WITH": str.endswith, "CONTAINS": str.__contains__}
_NOT = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "=", "IS NULL": "IS NOT NULL", "IS NOT NULL": "IS NULL", "IN": "NOT IN", "NOT IN": "IN"}
_COMPUTED = frozenset({"+", "-", "*", "/", "%", "^"})
# Compared with something that is not known: no more is told than that it is not null.
_COMPARED = "COMPARED"
_NOT |= {_COMPARED: _COMPARED} | {sign: f"NOT {sign}" for sign in _TESTS} | {f"NOT {sign}": sign for sign in _TESTS}
# A value is named by its thing and property; how one value compares with another, by both.
Key = tuple[int, str] | tuple[tuple[int, str], tuple[int, str]]


class Atom(NamedTuple):
    """One comparison of a value (a property of a thing, or a thing that is a value) with what is known; `whole` where it is a whole number.

    How one value compares with another is a value too: what the first is more than the second, which is compared with nought.
    """

    key: Key
    sign: str
    values: tuple[object, ...]
    place: Place
    text: str
    whole: bool = False


Alternative = tuple[Atom, ...]


class Conditions:
    """Holds the conditions of a query against each other."""

    def __init__(self, scopes: Scopes, types: Types) -> None:
        self._scopes, self._types = scopes, types

    def check(self) -> Iterator[Finding]:
        """Yield what can never hold, and what always does."""
        told = [(condition, self._alternatives(condition.expression, positive=True)) for condition in self._scopes.conditions]
        # What must hold of every row: inline maps, and conditions without alternatives.
        sure = list(self._inline())
        for condition, alternatives in told:
            if alternatives is not None and len(alternatives) == 1 and not condition.optional:
                sure += alternatives[0]
        yield from self._pairs(sure)
        for condition, alternatives in told:
            if alternatives is None or (len(alternatives) == 1 and not condition.optional):
                continue
            others = [atom for atom in sure if not _within(atom.place, condition.expression.place)]
            yield from self._branches(condition.expression, alternatives, others)
        for condition, alternatives in told:
            if alternatives is not None and not all(map(_clash_of, alternatives)):
                yield from self._always(condition.expression)
        for condition in self._scopes.conditions:
            yield from self._fixed(condition.expression)
        for expression in self._scopes.expressions:
            for node in walk(expression):
                if isinstance(node, Binary) and node.sign in MIRRORED:
                    yield from _constant(node)
                if isinstance(node, Case) and node.subject is None:
                    for test, _ in node.whens:
                        alternatives = self._alternatives(test, positive=True)
                        if alternatives is not None:
                            yield from self._branches(test, alternatives, sure)

    def _fixed(self, node: Expression) -> Iterator[Finding]:
        """Tell of a part of a condition that asks for nothing of a row: false, or two numbers that are written out."""
        match node:
            case Binary(sign="AND" | "OR"):
                yield from self._fixed(node.left)
                yield from self._fixed(node.right)
            case Literal_(value=False):
                yield Finding(Code.CONTRADICTION, Severity.ERROR, node.place, "No row can meet false.", hopeless=True)
            case Binary(left=Literal_(value=int() | float()), right=Literal_(value=int() | float())) if node.sign in MIRRORED:
                if _holds(node.sign, node.left.value, node.right.value):
                    yield Finding(Code.TAUTOLOGY, Severity.WARNING, node.place, f"{written(node)} holds of every row there is: no property is asked for.")
                else:
                    yield Finding(Code.CONTRADICTION, Severity.ERROR, node.place, f"No row can meet {written(node)}: no property is asked for.", hopeless=True)

    def _inline(self) -> Iterator[Atom]:
        for thing, properties, optional in self._scopes.maps:
            if optional:
                continue
            for (key, value), place in zip(properties.entries, properties.key_places, strict=True):
                if isinstance(value, Literal_):
                    yield Atom((id(thing), key), "=", (value.value,), Place(place.start, value.place.end), f"{key}: {written(value)}")

    def _pairs(self, atoms: Sequence[Atom]) -> Iterator[Finding]:
        for key in dict.fromkeys(atom.key for atom in atoms):
            own = [atom for atom in atoms if atom.key == key]
            if (clash := _clash(own)) is not None:
                yield _contradiction(clash, Severity.ERROR)

    def _branches(self, expression: Expression, alternatives: Sequence[Alternative], others: Sequence[Atom]) -> Iterator[Finding]:
        clashes = [_clash_of([*alternative, *others]) for alternative in alternatives]
        if all(clashes):
            first = clashes[0]
            assert first is not None
            places = [atom.place for atom in first if _within(atom.place, expression.place)] or [expression.place]
            yield _contradiction(first, Severity.ERROR, _around(places))
        else:
            for clash in clashes:
                if clash is not None:
                    yield _contradiction(clash, Severity.WARNING)

    def _always(self, expression: Expression) -> Iterator[Finding]:
        """Tell of an OR whose alternatives leave no value out."""
        for node in walk(expression):
            denied = isinstance(node, Unary) and node.sign == "NOT" and isinstance(node.of, Binary) and node.of.sign == "AND"
            if isinstance(node, Expression) and (denied or (isinstance(node, Binary) and node.sign == "OR")):
                against = self._alternatives(node, positive=False)
                if against and all(_clash_of(alternative) for alternative in against):
                    said = f"{written(node)} holds of every value there is: nothing is left out."
                    yield Finding(Code.TAUTOLOGY, Severity.WARNING, node.place, said)

    # Alternatives.

    def _alternatives(self, node: Expression, *, positive: bool) -> list[Alternative] | None:
        """Return the ways in which an expression can hold, or fail to; what is not understood says nothing. None where there are too many."""
        match node:
            case Unary(sign="NOT"):
                return self._alternatives(node.of, positive=not positive)
            case Binary(sign="AND" | "OR"):
                left, right = self._alternatives(node.left, positive=positive), self._alternatives(node.right, positive=positive)
                if left is None or right is None:
                    return None
                both = (node.sign == "AND") == positive
                found = [(*one, *other) for one, other in product(left, right)] if both else [*left, *right]
                return found if len(found) <= MOST else None
            case Binary(sign="XOR"):
                one, other = Binary("AND", node.left, Unary("NOT", node.right)), Binary("AND", Unary("NOT", node.left), node.right)
                return self._alternatives(Binary("OR", one, other), positive=positive)
        return [tuple(atom if positive else atom._replace(sign=_NOT[atom.sign]) for atom in self._atoms(node))]

    def _atoms(self, node: Expression) -> Iterator[Atom]:
        """Yield what a comparison tells; whichever way it comes out, neither of its sides is null."""
        if (atom := self._atom(node)) is not None:
            yield atom
        if isinstance(node, Binary) and (node.sign in MIRRORED or node.sign in _TESTS):
            for side in (node.left, node.right):
                if (key := self._key(side)) is not None and (atom is None or atom.key != key):
                    yield Atom(key, _COMPARED, (), node.place, written(node))

    def _atom(self, node: Expression) -> Atom | None:
        match node:
            case IsNull():
                key = self._key(node.of)
                sign = "IS NOT NULL" if node.negated else "IS NULL"
                return None if key is None else Atom(key, sign, (), node.place, written(node))
            case Binary(sign="IN", right=ListOf()):
                key, items = self._key(node.left), node.right.items
                if key is None or not all(isinstance(item, Literal_) for item in items):
                    return None
                return Atom(key, "IN", tuple(item.value for item in items if isinstance(item, Literal_)), node.place, written(node))
            case Binary(sign=sign, right=Literal_(value=str() as value)) if sign in _TESTS and (key := self._key(node.left)) is not None:
                return Atom(key, sign, (value,), node.place, written(node))
            case Binary(sign=sign) if sign in MIRRORED:
                return self._compared(node)
            case Property() | Variable() if (key := self._key(node)) is not None:
                return Atom(key, "=", (True,), node.place, written(node))
        return None

    def _compared(self, node: Binary) -> Atom | None:
        """Return a comparison with a value that is written out, or of two values with each other."""
        for side, other, sign in ((node.left, node.right, node.sign), (node.right, node.left, MIRRORED[node.sign])):
            key, value = self._key(side), _value(other)
            if key is not None and value is not None:
                return Atom(key, sign, (value,), node.place, written(node), whole=self._types.kind_of(side) == "integer")
        left, right = self._key(node.left, whole=True), self._key(node.right, whole=True)
        if left is None or right is None or left == right:
            return None
        if left < right:
            return Atom((left, right), node.sign, (0,), node.place, written(node))
        return Atom((right, left), MIRRORED[node.sign], (0,), node.place, written(node))

    def _key(self, node: Expression, *, whole: bool = False) -> tuple[int, str] | None:
        """Return what names a value; with `whole` nodes and relations are values too."""
        if isinstance(node, Property) and isinstance(node.of, Variable) and (thing := self._scopes.of(node.of)) is not None:
            return id(thing), node.key
        if isinstance(node, Variable) and (thing := self._scopes.of(node)) is not None and (thing.kind == "value" or whole):
            # What a name stands for is the same behind a WITH.
            if thing.kind == "value" and not thing.unwound and isinstance(thing.value, Property):
                return self._key(thing.value)
            return id(thing), ""
        if (isinstance(node, Property | Function) or (isinstance(node, Binary) and node.sign in _COMPUTED)) and not aggregates(node):
            within = list(walk(node))
            things = {id(self._scopes.of(one)) for one in within if isinstance(one, Variable)}
            if len(things) == 1 and all(
                isinstance(one, Property | Function | Variable | Literal_) or (isinstance(one, Binary) and one.sign in _COMPUTED) for one in within
            ):
                return things.pop(), written(node)
        return None


def _value(node: Expression) -> object:
    """Return a value that is written out: of a literal, or the day of a date; None for any other."""
    if isinstance(node, Literal_):
        return node.value
    return day_of(node) if isinstance(node, Function) and node.name == "date" else None


def _constant(node: Binary) -> Iterator[Finding]:
    """Tell of a value that is compared with itself, and of two texts that are compared with each other."""
    of_itself = isinstance(node.left, Property | Variable) and node.left == node.right
    texts = [side.value for side in (node.left, node.right) if isinstance(side, Literal_) and isinstance(side.value, str)]
    if not of_itself and len(texts) < 2:
        return
    why = "both sides are the same" if of_itself else "both sides are texts, and no property is asked for"
    if (of_itself and node.sign in {"=", "<=", ">="}) or (not of_itself and _holds(node.sign, *texts)):
        yield Finding(Code.TAUTOLOGY, Severity.WARNING, node.place, f"{written(node)} holds of every row there is: {why}.")
    else:
        yield Finding(Code.CONTRADICTION, Severity.ERROR, node.place, f"No row can meet {written(node)}: {why}.", hopeless=True)


def _holds(sign: str, one: Any, other: Any) -> bool:
    return {"=": one == other, "<>": one != other, "<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[sign]


def _within(place: Place, other: Place) -> bool:
    return other.start <= place.start and place.end <= other.end


def _around(places: Iterable[Place]) -> Place:
    listed = list(places)
    return Place(min(place.start for place in listed), max(place.end for place in listed))


def _contradiction(clash: Sequence[Atom], severity: Severity, place: Place | None = None) -> Finding:
    said = " and ".join(dict.fromkeys(atom.text for atom in clash))
    return Finding(
        Code.CONTRADICTION, severity, place or _around(atom.place for atom in clash), f"No row can meet {said}.", hopeless=severity is Severity.ERROR
    )


def _clash_of(atoms: Sequence[Atom]) -> tuple[Atom, ...] | None:
    for key in dict.fromkeys(atom.key for atom in atoms):
        if (clash := _clash([atom for atom in atoms if atom.key == key])) is not None:
            return clash
    return None


def _clash(atoms: Sequence[Atom]) -> tuple[Atom, ...] | None:
    """Return comparisons of one value that cannot hold together, as few as tell it."""
    for number, atom in enumerate(atoms):
        for other in atoms[:number]:
            if not _together(other, atom):
                return other, atom
    # Bounds that leave out all of a list, or of whole numbers.
    for atom in atoms:
        if atom.sign in {"IN", "="}:
            left = [value for value in atom.values if all(_meets(value, other) for other in atoms if other is not atom)]
            if not left:
                return tuple(atoms)
    return None


def _together(one: Atom, other: Atom) -> bool:
    """Whether two comparisons of one value can both hold."""
    if "IS NULL" in {one.sign, other.sign}:
        return one.sign == other.sign
    if other.sign in _TESTS and one.sign in _TESTS:
        return _texts_together(one, other)
    if _NOT[one.sign] == other.sign and one.sign != other.sign and one.values == other.values:
        return False
    for first, second in ((one, other), (other, one)):
        if first.sign in {"=", "IN"}:
            return any(_meets(value, second) for value in first.values)
    low = next((atom for atom in (one, other) if atom.sign in {">", ">="}), None)
    high = next((atom for atom in (one, other) if atom.sign in {"<", "<="}), None)
    if low is None or high is None:
        return True
    below, above = low.values[0], high.values[0]
    if not _alike(below, above):
        return True
    if low.whole and high.whole and isinstance(below, int | float) and isinstance(above, int | float):
        least, most = (floor(below) + 1 if low.sign == ">" else ceil(below)), (ceil(above) - 1 if high.sign == "<" else floor(above))  # pyrefly: ignore
        return least <= most
    return below < above or (below == above and low.sign == ">=" and high.sign == "<=")  # pyrefly: ignore


def _meets(value: object, atom: Atom) -> bool:
    """Whether a value meets a comparison, as far as it is known."""
    match atom.sign:
        case "IS NOT NULL" | "COMPARED":
            return value is not None
        case "IN" | "NOT IN":
            return any(_same(value, one) for one in atom.values) == (atom.sign == "IN")
        case "=" | "<>":
            return _same(value, atom.values[0]) == (atom.sign == "=")
        case "STARTS WITH" | "ENDS WITH" | "CONTAINS":
            return not isinstance(value, str) or _TESTS[atom.sign](value, str(atom.values[0]))
        case "NOT STARTS WITH" | "NOT ENDS WITH" | "NOT CONTAINS":
            return not isinstance(value, str) or not _TESTS[atom.sign.removeprefix("NOT ")](value, str(atom.values[0]))
        case "<" | "<=" | ">" | ">=":
            bound = atom.values[0]
            if not _alike(value, bound):
                return True
            return {"<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound}[atom.sign]  # pyrefly: ignore
    return True


def _texts_together(one: Atom, other: Atom) -> bool:
    """Whether a text can begin, or end, with both of two others."""
    first, second = str(one.values[0]), str(other.values[0])
    if one.sign == other.sign and one.sign in {"STARTS WITH", "ENDS WITH"}:
        return _TESTS[one.sign](first, second) or _TESTS[one.sign](second, first)
    return True


def _alike(one: object, other: object) -> bool:
    numbers = (int, float)
    return any(isinstance(one, kind) and isinstance(other, kind) for kind in (str, date)) or (
        isinstance(one, numbers) and isinstance(other, numbers) and not isinstance(one, bool) and not isinstance(other, bool)
    )


def _same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)
