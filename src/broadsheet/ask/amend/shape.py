"""What a query says, apart from how it is written: its things, what joins them, what must hold of them, and its steps."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, NamedTuple

from broadsheet.ask.amend.names import inside
from broadsheet.ask.check.scope import aggregates, walk
from broadsheet.ask.cypher.logic import MIRRORED, conjuncts, disjuncts
from broadsheet.ask.cypher.nodes import (
    OTHER_WAY,
    Binary,
    Expression,
    Function,
    HasLabels,
    Labels,
    Labels_,
    ListOf,
    Literal_,
    MapOf,
    Match,
    NodePattern,
    Parameter,
    Path,
    PatternTest,
    Projection,
    Property,
    RelationPattern,
    Single,
    Subquery,
    Unary,
    Unwind,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import labels_text, written
from broadsheet.ask.cypher.rewrite import rewritten, with_parts

_NUMBERED = re.compile(r"_[0-9]+\Z")


class Edge(NamedTuple):
    """A relation: the things that it goes from and to, its types, how many in a row, whether either way will do."""

    start: str
    end: str
    types: str
    hops: str
    either: bool
    function: str = ""


class Held(NamedTuple):
    """A condition: where it stands (`match` before any optional pattern, `optional 1` in the first, `after 1` behind it, `step 1` behind a step), and as a tree."""

    scope: str
    expression: Expression
    text: str

    @property
    def reads(self) -> frozenset[str]:
        """The names that it speaks of."""
        return names_in(self.expression)


@dataclass
class Step:
    """A projection: things that are passed on, what is given back or computed, and the rest of it; `clause` is what it is read from."""

    passed: tuple[str, ...] = ()
    values: dict[str, Expression] = field(default_factory=dict)
    items: tuple[Expression, ...] = ()
    star: bool = False
    distinct: bool = False
    order: tuple[tuple[Expression, bool], ...] = ()
    skip: str = ""
    limit: str = ""
    where: tuple[Held, ...] = ()
    clause: Projection | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it passes things on and does nothing else."""
        return not (self.values or self.distinct or self.order or self.skip or self.limit or self.where)


@dataclass
class Shape:
    """What a single query says. `optional` has for each node and relation the number of the optional pattern that it is first in, 0 for none."""

    kinds: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)
    optional: dict[str, int] = field(default_factory=dict)
    filters: list[Held] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    clauses: dict[str, int] = field(default_factory=dict)

    @property
    def apart(self) -> set[frozenset[str]]:
        """Pairs of relations that stand in clauses of their own, and so may be one and the same: of one type, with an end that they share, the others not told apart."""
        found = set()
        for one, other in combinations(self.edges, 2):
            first, second = self.edges[one], self.edges[other]
            same_types = not first.types or not second.types or {*first.types.split("|")} & {*second.types.split("|")}
            if not same_types or self.clauses[one] == self.clauses[other] or not {*first[:2]} & {*second[:2]}:
                continue
            ends = {*first[:2]} ^ {*second[:2]}
            if not any(ends <= held.reads for held in self.filters) and self.optional.get(one) == self.optional.get(other):
                found.add(frozenset({one, other}))
        return found


def shape_of(single: Single) -> Shape:
    """Return the shape of a single query whose things have a name each."""
    shape, groups = Shape(), 0
    for number, clause in enumerate(single.clauses):
        match clause:
            case Match():
                groups += clause.optional
                _matched(shape, clause, groups, number)
            case Unwind():
                shape.kinds[clause.name] = "value"
                shape.others.append(f"UNWIND {text_of(clause.source, shape.kinds)} AS {clause.name}")
            case Projection():
                _projected(shape, clause, groups)
            case _:
                shape.others.append(written(clause))
    return shape


def _matched(shape: Shape, clause: Match, groups: int, number: int) -> None:
    scope = f"optional {groups}" if clause.optional else (f"after {groups}" if groups else "match")
    scope = _after_steps(shape, scope)
    for path in clause.paths:
        for one in path.elements:
            if one.name not in shape.kinds:
                shape.kinds[one.name] = "node" if isinstance(one, NodePattern) else "relation"
                shape.optional[one.name] = groups if clause.optional else 0
            if isinstance(one, NodePattern) and one.labels is not None:
                held = shape.labels.get(one.name)
                said = _labels(one.labels)
                shape.labels[one.name] = said if held in {None, said} else f"{held}&{said}"
            for test in _own(one):
                shape.filters.append(_held(shape, scope, test))
        for before, edge, after in zip(path.elements[::2], path.elements[1::2], path.elements[2::2], strict=False):
            assert isinstance(edge, RelationPattern)
            shape.edges[edge.name] = edge_of(edge, before.name, after.name, path)
            shape.clauses[edge.name] = number
        if path.name:
            shape.kinds[path.name] = "path"
            shape.paths[path.name] = tuple(one.name for one in path.elements)
    for test in conjuncts(clause.where):
        if isinstance(test, HasLabels) and isinstance(test.of, Variable) and test.of.name not in shape.labels and not clause.optional:
            shape.labels[test.of.name] = _labels(test.labels)
        else:
            shape.filters.append(_held(shape, scope, test))


def _after_steps(shape: Shape, scope: str) -> str:
    return scope if not shape.steps else f"{scope} in step {len(shape.steps)}"


def edge_of(edge: RelationPattern, before: str, after: str, path: Path) -> Edge:
    """Return what a relation says between two things, whichever way round it is written."""
    start, end = (after, before) if edge.towards == "left" else (before, after)
    if edge.towards == "either":
        start, end = sorted((before, after))
    hops = "" if edge.hops is None else f"{'' if edge.hops.least is None else edge.hops.least}..{'' if edge.hops.most is None else edge.hops.most}"
    return Edge(start, end, "" if edge.types is None else _labels(edge.types), hops, edge.towards == "either", path.function)


def _labels(labels: Labels) -> str:
    if isinstance(labels, Labels_):
        return labels.sign.join(sorted(labels_text(part, within=True) for part in labels.parts))
    return labels_text(labels)


def _own(one: NodePattern | RelationPattern) -> Iterator[Expression]:
    """Yield the conditions that an element has in its own brackets."""
    match one.properties:
        case MapOf():
            for key, value in one.properties.entries:
                yield Binary("=", Property(Variable(one.name), key), value)
        case Parameter():
            yield Binary("=", Function("properties", (Variable(one.name),)), one.properties)
    yield from conjuncts(one.where)


def _projected(shape: Shape, clause: Projection, groups: int) -> None:
    step = Step(star=clause.star, distinct=clause.distinct, clause=clause)
    passed, items = [], []
    values = {item.name: item.expression for item in clause.items if item.name}
    for item in clause.items:
        expression = plain(item.expression, shape.kinds)
        if clause.which == "WITH" and isinstance(expression, Variable):
            passed.append(expression.name)
        elif clause.which == "WITH":
            step.values[item.name or text_of(expression)] = expression
            shape.kinds[item.name or text_of(expression)] = "value"
        else:
            items.append(expression)
    step.passed, step.items = tuple(sorted(passed)), tuple(items)
    # What is sorted by a name of this very clause is sorted by what the name stands for.
    own = values if clause.which == "RETURN" else {}
    step.order = tuple((plain(_filled(one.expression, own), shape.kinds), one.descending) for one in clause.order)
    step.skip, step.limit = ("" if one is None else text_of(one) for one in (clause.skip, clause.limit))
    scope = f"step {len(shape.steps) + 1}"
    tests = tuple(_held(shape, scope, test) for test in conjuncts(clause.where))
    if clause.which == "WITH" and step.is_plain and not any(aggregates(item.expression) for item in clause.items):
        # A step that only passes things on is none; what it keeps is a condition like any other.
        again = _after_steps(shape, f"after {groups}" if groups else "match")
        shape.filters += [Held(again, one.expression, one.text) for one in tests]
        return
    step.where = tests
    shape.steps.append(step)


def _filled(node: Any, values: dict[str, Expression]) -> Any:
    if isinstance(node, Variable):
        return values.get(node.name, node)
    if isinstance(node, Property) and isinstance(node.of, Variable) and isinstance(values.get(node.of.name), Property):
        # A property of a property is none: what is meant is the thing that has the name before.
        return node
    return with_parts(node, lambda one: _filled(one, values))


def _held(shape: Shape, scope: str, test: Expression) -> Held:
    made = plain(test, shape.kinds)
    return Held(scope, made, written(made))


def text_of(node: Expression, known: Iterable[str] = ()) -> str:
    """Return the text of an expression in its plain form."""
    return written(plain(node, known))


def plain(node: Expression, known: Iterable[str] = ()) -> Expression:
    """Return an expression in the one form of those that mean the same: what is compared with a value stands before it, names bound within are numbered.

    `known` are the names that are bound outside.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> item = lambda text: parse(f"RETURN {text}").query.parts[0].clauses[0].items[0].expression
    >>> text_of(item("2000 < f.year")), text_of(item("NOT f.year = 2000")), text_of(item("[x IN list WHERE x > 1]"))
    ('f.year > 2000', 'f.year <> 2000', '[_1 IN list WHERE _1 > 1]')
    """
    count = 0

    def numbered(_: str) -> str:
        nonlocal count
        count += 1
        return f"_{count}"

    return rewritten(inside(node, {name: name for name in known}, numbered), _plain)


def _plain(node: Any) -> Any:
    match node:
        case Binary():
            return _compared(node)
        case Unary(sign="NOT", of=Binary(sign="=")):
            node = Binary("<>", node.of.left, node.of.right)
        case Unary(sign="NOT", of=Unary(sign="NOT")):
            node = node.of.of
        case Function() if node.name.lower() == "exists" and len(node.arguments) == 1 and isinstance(node.arguments[0], PatternTest):
            node = node.arguments[0]
        case Subquery(which="EXISTS"):
            node = _test_of(node)
        case PatternTest():
            node = replace(node, path=_forward(node.path))
    return node


def _compared(node: Binary) -> Expression:
    """Return two values with an operator between in their one form: the fixed one behind, whole numbers as such, alternatives in order."""
    if node.sign == "OR":
        return _alternatives(node)
    if node.sign == "IN" and isinstance(node.right, ListOf) and len(node.right.items) == 1:
        return Binary("=", node.left, node.right.items[0])
    if node.sign not in MIRRORED:
        return node
    if isinstance(node.left, Literal_ | Parameter) and not isinstance(node.right, Literal_ | Parameter):
        node = Binary(MIRRORED[node.sign], node.right, node.left)
    value = node.right.value if isinstance(node.right, Literal_) else None
    if isinstance(value, float) and float(value).is_integer():
        return Binary(node.sign, node.left, Literal_(int(value), str(int(value))))
    return node


def _alternatives(node: Binary) -> Expression:
    """Return alternatives in the order of their texts; values of one and the same thing as a list that it is one of."""
    found = sorted({written(one): one for one in disjuncts(node)}.items())
    same = {written(one.left) for _, one in found if isinstance(one, Binary) and one.sign == "=" and isinstance(one.right, Literal_)}
    tests = [one for _, one in found]
    if len(same) == 1 and all(isinstance(one, Binary) and one.sign == "=" and isinstance(one.right, Literal_) for one in tests) and len(tests) > 1:
        return Binary("IN", tests[0].left, ListOf(tuple(one.right for one in tests)))  # pyrefly: ignore
    made = tests[0]
    for one in tests[1:]:
        made = Binary("OR", made, one)
    return made


def _test_of(node: Subquery) -> Expression:
    """Return the pattern that a subquery looks for, where it is no more than one."""
    clauses = [one for part in node.query.parts for one in part.clauses]
    first = clauses[0] if clauses else None
    if len(node.query.parts) == 1 and isinstance(first, Match) and not first.optional and first.where is None and len(first.paths) == 1:
        rest = clauses[1:]
        if not rest or (len(rest) == 1 and isinstance(rest[0], Projection) and rest[0].which == "RETURN" and rest[0].limit is None):
            return PatternTest(replace(_forward(first.paths[0]), name=""))
    return node


def _forward(path: Path) -> Path:
    """Return a path with the first of its relations that has a direction pointing to the right, and without names that stand once."""
    elements = path.elements
    turned = next((one.towards for one in elements if isinstance(one, RelationPattern) and one.towards != "either"), "right")
    if turned == "left":
        elements = tuple(replace(one, towards=OTHER_WAY[one.towards]) if isinstance(one, RelationPattern) else one for one in reversed(elements))
    used = [one.name for one in walk(path) if isinstance(one, Variable | NodePattern | RelationPattern) and one.name]
    elements = tuple(replace(one, name="") if _NUMBERED.match(one.name) and used.count(one.name) == 1 else one for one in elements)
    return replace(path, elements=elements)


def names_in(*nodes: object) -> frozenset[str]:
    """Return the names that nodes speak of, those in patterns with them."""
    return frozenset(one.name for one in walk(nodes) if isinstance(one, Variable | NodePattern | RelationPattern) and one.name)
