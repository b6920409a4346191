"""A query that somebody wrote in the words of the grammar: its names for variables, maps for what a node's own condition says, no names for what is returned."""

from dataclasses import fields, replace
from typing import Any

from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.logic import conjunction, conjuncts
from broadsheet.ask.cypher.nodes import (
    Binary,
    Expression,
    Function,
    Label,
    Literal_,
    MapOf,
    Match,
    Node,
    NodePattern,
    Path,
    PatternTest,
    Projected,
    Projection,
    Property,
    Query,
    RelationPattern,
    Single,
    Subquery,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.decode.patterns import MOST_ENTRIES
from broadsheet.ask.decode.scope import Scope
from broadsheet.ask.decode.world import alias, base


def retold(query: Query) -> str | None:
    """Return a query as the grammar would write it, or None where it has a part that the grammar has no words for. It asks for the same.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> retold(parse("MATCH (x:Film WHERE x.year > 2000)<--(:Person) RETURN x.title AS t ORDER BY t").query)
    'MATCH (f:Film)<--(:Person) WHERE f.year > 2000 RETURN f.title ORDER BY f.title'
    """
    if len(query.parts) != 1:
        return None
    teller = _Teller()
    try:
        clauses = tuple(teller.clause(one) for one in query.parts[0].clauses)
    except LookupError:
        return None
    return canonical(Query((Single(clauses),)))


class _Teller:
    """Keeps what each variable is called, or what stands for it. A LookupError says that there are no words for something."""

    def __init__(self) -> None:
        self._told: dict[str, Expression] = {}
        self._scope = Scope()

    def clause(self, clause: Node) -> Any:
        """Return a clause in other words."""
        match clause:
            case Match():
                rest: list[Expression] = []
                paths = tuple(self._path(path, rest) for path in clause.paths)
                rest += [] if clause.where is None else [self._said(clause.where)]
                return Match(paths, clause.optional, conjunction(one for test in rest for one in conjuncts(test)))
            case Projection(star=False):
                return self._projection(clause)
        raise LookupError(clause)

    def _path(self, path: Path, rest: list[Expression]) -> Path:
        if path.name or path.function:
            raise LookupError(path)
        begins = not self._told
        return Path(tuple(self._element(one, rest, begins=begins and not number) for number, one in enumerate(path.elements)))

    def _element(self, element: NodePattern | RelationPattern, rest: list[Expression], *, begins: bool) -> NodePattern | RelationPattern:
        known = element.name in self._told
        if not known and (element.name or begins):
            self._name(element)
        entries = _entries(element)
        name = self._called(element.name or "(") if element.name or begins else ""
        own = [(key, self._said(value)) for key, value in entries]
        for test in conjuncts(element.where):
            match test:
                case Binary(sign="=", left=Property(of=Variable(name=of), key=key), right=Literal_() as value) if (
                    of == element.name and len(own) < MOST_ENTRIES
                ):
                    own.append((key, value))
                case _:
                    rest.append(self._said(test))
        if known:
            rest += [Binary("=", Property(Variable(name), key), value) for key, value in own]
            own = []
        properties = MapOf(tuple(own)) if own else None
        if isinstance(element, NodePattern):
            return NodePattern(name, None if known else element.labels, properties)
        return replace(element, name=name, properties=properties, where=None)

    def _name(self, element: NodePattern | RelationPattern) -> None:
        match element:
            case NodePattern(labels=Label(name=label)):
                self._call(element.name or "(", base(label))
            case RelationPattern():
                self._call(element.name, "r")
            case _:
                raise LookupError(element)

    def _call(self, name: str, said: str) -> str:
        new = self._scope.fresh(said)
        self._scope = self._scope._replace(taken=self._scope.taken | {new})
        self._told[name] = Variable(new)
        return new

    def _called(self, name: str) -> str:
        match self._told[name]:
            case Variable(name=told):
                return told
        raise LookupError(name)

    def _projection(self, clause: Projection) -> Projection:
        items = []
        for item in clause.items:
            said = self._said(item.expression)
            if clause.which == "RETURN" or isinstance(said, Variable):
                items.append(Projected(said))
                self._told |= {item.name: said} if item.name else {}
            else:
                items.append(Projected(said, self._call(item.name, alias(*_parts(said)))))
        order = tuple(replace(one, expression=self._said(one.expression)) for one in clause.order)
        where = None if clause.where is None else self._said(clause.where)
        return Projection(clause.which, tuple(items), False, clause.distinct, order, clause.skip, clause.limit, where)

    def _exists(self, node: Subquery) -> PatternTest:
        """Return EXISTS of one pattern as the pattern."""
        match node:
            case Subquery("EXISTS", Query((Single((Match((path,), False, None),)),))):
                return PatternTest(self._tested(path))
        raise LookupError(node)

    def _tested(self, path: Path) -> Path:
        """Return a pattern that is tested: nothing in it has a new name."""
        rest: list[Expression] = []
        plain = tuple(one if one.name in self._told else replace(one, name="") for one in path.elements)
        found = self._path(replace(path, elements=plain), rest)
        if rest:
            raise LookupError(path)
        return found

    def _said(self, node: Any) -> Any:
        """Return an expression with its variables as they are called."""
        if isinstance(node, Variable):
            return self._told[node.name]
        if isinstance(node, Subquery):
            return self._exists(node)
        if isinstance(node, Path):
            return self._tested(node)
        if isinstance(node, tuple) and not hasattr(node, "_fields"):
            return tuple(map(self._said, node))
        if not isinstance(node, Node):
            return node
        return replace(node, **{one.name: self._said(getattr(node, one.name)) for one in fields(node) if one.name != "place"})


def _entries(element: NodePattern | RelationPattern) -> tuple[tuple[str, Expression], ...]:
    match element.properties:
        case None:
            return ()
        case MapOf(entries=entries):
            return entries
    raise LookupError(element)


def _parts(node: Expression) -> list[str]:
    """Return what a value is named after."""
    found = [one.name if isinstance(one, Function | Variable) else one.key for one in walk(node) if isinstance(one, Function | Variable | Property)]
    if isinstance(node, Function) and node.star:
        return [node.name, "rows"]
    keys = [one.key for one in walk(node) if isinstance(one, Property)]
    return [one for one in found if one not in keys] + keys
