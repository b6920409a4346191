"""What a query asks for: the same facts as a question's, read from its tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from broadsheet.ask.check.scope import Scopes, Thing, aggregates, walk
from broadsheet.ask.cypher.functions import AGGREGATES
from broadsheet.ask.cypher.logic import MIRRORED
from broadsheet.ask.cypher.nodes import (
    At,
    Binary,
    Expression,
    Function,
    HasLabels,
    Hops,
    IsNull,
    Label,
    ListOf,
    Literal_,
    MapOf,
    Match,
    Node,
    NodePattern,
    PatternTest,
    Place,
    Projection,
    Property,
    Quantified,
    Query,
    Slice,
    Sorted,
    Subquery,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.question.values import iso

NOT = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}
TEXTUAL = frozenset({"CONTAINS", "STARTS WITH", "ENDS WITH", "=~"})
TIMES = frozenset("date datetime localdatetime time localtime".split())
Role = Literal["filter", "limit", "skip", "hops", "other"]
# Numbers beyond this may be moments, in seconds or thousandths.
MOMENT = 10**8


class Constant(NamedTuple):
    """A value that stands in a query; `iso` where it is a date."""

    place: Place
    value: float | str | bool | None
    role: Role
    iso: str = ""


class Filter(NamedTuple):
    """A comparison: `subject` compared with `value`, or with another expression where the value is None. The sign is turned under NOT."""

    place: Place
    sign: str
    sign_place: Place
    subject: Expression
    value: Constant | None
    other: Expression | None
    turned: bool
    written: str
    thing: Thing | None = None


class Ordered(NamedTuple):
    """A key of ORDER BY, its names followed to what they stand for; `first` of its clause, and whether LIMIT follows."""

    place: Place
    descending: bool
    subject: Expression
    first: bool
    limited: bool


class Cut(NamedTuple):
    """LIMIT, or the end of a slice."""

    place: Place
    count: int | None
    last: bool


class Gathered(NamedTuple):
    """An aggregate function, and whether it stands beside what it is grouped by."""

    place: Place
    function: Function
    grouped: bool


@dataclass
class Held:
    """The facts of a query."""

    query: Query
    scopes: Scopes
    filters: list[Filter] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    orders: list[Ordered] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    gathered: list[Gathered] = field(default_factory=list)
    negations: list[tuple[Place, str]] = field(default_factory=list)
    distinct: bool = False
    alternatives: list[Place] = field(default_factory=list)
    optional: bool = False

    @property
    def last(self) -> Place:
        """Where the last clause stands."""
        return self.query.parts[-1].clauses[-1].place

    @property
    def functions(self) -> set[str]:
        """The names of all functions, in small letters."""
        return {node.name.lower() for node in walk(self.query) if isinstance(node, Function)}

    def resolved(self, node: Expression) -> Expression:
        """Return what an expression stands for: a name that WITH or RETURN gave is followed."""
        for _ in range(8):
            thing = self.scopes.of(node) if isinstance(node, Variable) else None
            if thing is None or thing.kind != "value" or thing.value is None:
                break
            node = thing.value
        return node

    def thing(self, node: Expression) -> Thing | None:
        """Return whose property an expression is, or what a name stands for."""
        node = self.resolved(node)
        while isinstance(node, Property):
            node = self.resolved(node.of)
        return self.scopes.of(node) if isinstance(node, Variable) else None


def held_in(query: Query, scopes: Scopes) -> Held:
    """Return the facts of a query, whose names a walk has told already."""
    held = Held(query, scopes)
    seen: set[int] = set()
    for expression in scopes.expressions:
        _filters(held, expression, positive=True, seen=seen)
    for thing, properties, _ in scopes.maps:
        _mapped(held, thing, properties)
    for node in walk(query):
        _clause(held, node)
    held.constants += list(_constants(held, seen))
    return held


def _clause(held: Held, node: Node) -> None:
    match node:
        case Match(optional=True):
            held.optional = True
        case Projection():
            held.distinct = held.distinct or node.distinct
            _projection(held, node)
        case Function(distinct=True):
            held.distinct = True
        case Slice(high=Literal_(value=int() as count) as high):
            held.cuts.append(Cut(high.place, count, last=False))
        case At(index=Literal_(value=0 | -1)):
            held.cuts.append(Cut(node.place, 1, last=False))
        case Unary(sign="NOT"):
            held.negations.append((node.place, "NOT"))
        case Binary(sign="<>"):
            held.negations.append((node.place, "<>"))
        case IsNull(negated=False):
            held.negations.append((node.place, "IS NULL"))
        case Quantified(which="NONE"):
            held.negations.append((node.place, "NONE"))
        case Binary(sign="=" | "<" | "<=", right=Literal_(value=0 | False | 1)) if _denies(node):
            held.negations.append((node.place, "nothing"))
        case Function(name=name) if name.lower() == "isempty":
            held.negations.append((node.place, name))
        case Binary(sign="OR" | "XOR" | "IN"):
            held.alternatives.append(node.place)


def _denies(node: Binary) -> bool:
    """Whether a comparison says that there is none: `count = 0`, `size(...) < 1`, `answered = false`."""
    assert isinstance(node.right, Literal_)
    value = node.right.value
    return value is False or (value == 0 and node.sign in {"=", "<="}) or (value == 1 and not isinstance(value, bool) and node.sign == "<")


def _projection(held: Held, clause: Projection) -> None:
    together = [one for item in clause.items for one in aggregates(item.expression)]
    grouped = len([item for item in clause.items if aggregates(item.expression)]) < len(clause.items)
    held.gathered += [Gathered(one.place, one, grouped) for one in together]
    held.gathered += [Gathered(one.place, one, grouped=True) for order in clause.order for one in aggregates(order.expression)]
    for number, one in enumerate(clause.order):
        held.orders.append(_ordered(held, one, number == 0, clause))
    if clause.limit is not None:
        count = clause.limit.value if isinstance(clause.limit, Literal_) and isinstance(clause.limit.value, int) else None
        held.cuts.append(Cut(clause.limit.place, count, last=clause.which == "RETURN"))


def _ordered(held: Held, one: Sorted, first: bool, clause: Projection) -> Ordered:  # noqa: FBT001
    subject, descending = held.resolved(one.expression), one.descending
    # What is sorted by its negative is sorted the other way.
    if isinstance(subject, Unary) and subject.sign == "-":
        subject, descending = subject.of, not descending
    return Ordered(one.place, descending, subject, first, clause.limit is not None)


def _mapped(held: Held, thing: Thing, properties: MapOf) -> None:
    for (key, value), place in zip(properties.entries, properties.key_places, strict=True):
        constant = constant_of(held, value)
        held.filters.append(
            Filter(Place(place.start, value.place.end), "=", Place(place.end, value.place.start), Property(Variable(""), key, key_place=place), constant, value, turned=False,
                   written=f"{key}: {written(value)}", thing=thing)
        )  # fmt: skip


def _filters(held: Held, node: object, *, positive: bool, seen: set[int]) -> None:
    match node:
        case Subquery() | PatternTest():
            return
        case Unary(sign="NOT"):
            _filters(held, node.of, positive=not positive, seen=seen)
        case Binary(sign="AND" | "OR"):
            _filters(held, node.left, positive=positive, seen=seen)
            _filters(held, node.right, positive=positive, seen=seen)
        case Binary(sign=sign) if sign in MIRRORED or sign in TEXTUAL:
            _compared(held, node, positive=positive, seen=seen)
        case Binary(sign="IN"):
            for item in node.right.items if isinstance(node.right, ListOf) else ():
                if (constant := constant_of(held, item)) is not None:
                    between = Place(node.left.place.end, node.right.place.start)
                    held.filters.append(
                        Filter(
                            node.place,
                            "IN" if positive else "NOT IN",
                            between,
                            held.resolved(node.left),
                            constant,
                            item,
                            not positive,
                            written(node),
                            held.thing(node.left),
                        )
                    )
            _inside(held, node, seen)
        case Node():
            _inside(held, node, seen)
        case tuple():
            for one in node:
                _filters(held, one, positive=True, seen=seen)


def _inside(held: Held, node: Node, seen: set[int]) -> None:
    for one in vars(node).values():
        if isinstance(one, Node | tuple) and not isinstance(one, Place):
            _filters(held, one, positive=True, seen=seen)


def _compared(held: Held, node: Binary, *, positive: bool, seen: set[int]) -> None:
    if id(node) in seen:
        return
    seen.add(id(node))
    left, right = constant_of(held, node.left), constant_of(held, node.right)
    sign = node.sign
    subject, value, other = node.left, right, node.right
    if left is not None and right is None and sign in MIRRORED:
        subject, value, other, sign = node.right, left, node.left, MIRRORED[sign]
    if not positive:
        sign = NOT.get(sign, sign)
    between = Place(node.left.place.end, node.right.place.start)
    held.filters.append(Filter(node.place, sign, between, held.resolved(subject), value, other, not positive, written(node), held.thing(subject)))
    _inside(held, node, seen)


def constant_of(held: Held, node: Expression) -> Constant | None:
    """Return the value that an expression has without any row: a literal, a sum of literals, a date; None for anything else."""
    node = held.resolved(node)
    value = _computed(node)
    if value is not None or (isinstance(node, Literal_) and node.value is None):
        return Constant(node.place, value, "filter", _moment(value))
    if isinstance(node, Function) and node.name.lower() in TIMES and len(node.arguments) == 1:
        return _date(node, node.arguments[0])
    if isinstance(node, Property) and isinstance(node.of, Function) and node.key in {"epochMillis", "epochSeconds"}:
        return constant_of(held, node.of)
    if (
        isinstance(node, Function)
        and node.name.lower() in {"tolower", "toupper", "lower", "upper", "trim", "tointeger", "tofloat", "tostring"}
        and len(node.arguments) == 1
    ):
        return constant_of(held, node.arguments[0])
    return None


def _date(node: Function, of: Expression) -> Constant | None:
    if isinstance(of, Literal_) and isinstance(of.value, str):
        said = iso(of.value) or (of.value if re.fullmatch(r"\d{4}", of.value) else "")
        return Constant(node.place, of.value, "filter", said)
    if isinstance(of, MapOf):
        told = {key: value.value for key, value in of.entries if isinstance(value, Literal_)}
        known = [told.get(part) for part in ("year", "month", "day")]
        given = known[: known.index(None)] if None in known else known
        said = "-".join(f"{one:02d}" for one in given if isinstance(one, int))
        return Constant(node.place, said, "filter", said) if said else None
    return None


def _computed(node: Expression) -> float | str | bool | None:
    match node:
        case Literal_():
            return node.value
        case Unary(sign="-" | "+"):
            value = _computed(node.of)
            return None if not isinstance(value, int | float) else -value if node.sign == "-" else value
        case Binary(sign="+" | "-" | "*" | "/"):
            left, right = _computed(node.left), _computed(node.right)
            if not isinstance(left, int | float) or not isinstance(right, int | float) or (node.sign == "/" and right == 0):
                return None
            return {"+": left + right, "-": left - right, "*": left * right, "/": left / (right or 1)}[node.sign]
    return None


def _moment(value: float | str | bool | None) -> str:  # noqa: FBT001
    """Return the date that a text or a count of seconds or thousandths may be."""
    if isinstance(value, str):
        # A date may be kept as eight digits in a row.
        row = re.fullmatch(r"((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", value)
        return "-".join(row.groups()) if row else iso(value) or ""
    return ""


def _constants(held: Held, seen: set[int]) -> Iterator[Constant]:
    """Yield every value of a query once, with what it is for."""
    del seen
    limits = {id(node) for clause in walk(held.query) if isinstance(clause, Projection) and clause.limit is not None for node in walk(clause.limit)}
    skips = {id(node) for clause in walk(held.query) if isinstance(clause, Projection) and clause.skip is not None for node in walk(clause.skip)}
    for node in walk(held.query):
        match node:
            case Literal_():
                role: Role = "limit" if id(node) in limits else "skip" if id(node) in skips else "other"
                yield Constant(node.place, node.value, role, _moment(node.value))
            case Unary() | Binary() if (value := _computed(node)) is not None:
                yield Constant(node.place, value, "other")
            case Function(name=name) if name.lower() in TIMES and (made := constant_of(held, node)) is not None:
                yield made._replace(role="other")
            case Hops():
                for count in (node.least, node.most):
                    if count is not None:
                        yield Constant(node.place, count, "hops")


def names_in(held: Held) -> Iterator[str]:
    """Yield every name of the graph that a query uses: labels, types, properties."""
    for node in walk(held.query):
        match node:
            case Label():
                yield node.name
            case Property():
                yield node.key
            case MapOf():
                yield from (key for key, _ in node.entries)


def labels_in(held: Held) -> frozenset[str]:
    """Return the labels of nodes, stated or narrowed to one."""
    return frozenset(name for thing in held.scopes.things if thing.kind == "node" for name in thing.possible) | frozenset(
        label.name
        for node in walk(held.query)
        if isinstance(node, NodePattern | HasLabels) and node.labels is not None
        for label in walk(node.labels)
        if isinstance(label, Label)
    )


def counts(node: Expression) -> bool:
    """Whether an expression counts, or puts together in any way."""
    return any(
        isinstance(one, Subquery) or (isinstance(one, Function) and (one.name in AGGREGATES or one.name.lower() in {"size", "length"})) for one in walk(node)
    )
