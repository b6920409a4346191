"""Trees made from others by a rule for their parts: from the inmost part outwards, or from the outermost inwards."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

from broadsheet.ask.cypher.nodes import Node

T = TypeVar("T", bound=Node)


def rewritten(node: T, rule: Callable[[Any], Any]) -> T:
    """Return a tree in which the rule was applied to every node, the inmost first; what it gives stands in the node's place.

    >>> from broadsheet.ask.cypher.nodes import Variable
    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> to_m = lambda node: Variable("m") if isinstance(node, Variable) else node
    >>> canonical(rewritten(parse("RETURN n.x + n.y").query, to_m))
    'RETURN m.x + m.y'
    """
    return rule(with_parts(node, lambda part: rewritten(part, rule)))


def replaced(node: T, rule: Callable[[Any], Any]) -> T:
    """Return a tree in which the rule was applied to each node, the outermost first; what it puts in a node's place is looked into no further.

    >>> from broadsheet.ask.cypher.nodes import Binary, Variable
    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> to_m = lambda node: Variable("m") if isinstance(node, Binary) else node
    >>> canonical(replaced(parse("RETURN abs(n.x + n.y)").query, to_m))
    'RETURN abs(m)'
    """
    new = rule(node)
    if new is not node:
        return new
    return with_parts(node, lambda part: replaced(part, rule))


def swapped(node: T, old: Node, new: Node | None) -> T:
    """Return a tree with one of its nodes, told by where it is and not by what it says, put for another; with None it is taken out of the tuple it is in.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> query = parse("MATCH (a) WHERE a.x = 1 RETURN 1").query
    >>> where = query.parts[0].clauses[0].where
    >>> canonical(swapped(query, where.right, where.left))
    'MATCH (a) WHERE a.x = a.x RETURN 1'
    """
    return replaced(node, lambda one: new if one is old else one)


def with_parts(node: T, change: Callable[[Any], Any]) -> T:
    """Return a node with each node right within it changed; one of which nothing changes stays itself.

    >>> from broadsheet.ask.cypher.nodes import Binary, Literal_, Variable
    >>> with_parts(Binary("+", Variable("n"), Literal_(1)), lambda part: Variable("m") if isinstance(part, Variable) else part).left.name
    'm'
    """
    changed = {one.name: _of(getattr(node, one.name), change) for one in fields(node) if one.name != "place"}
    return node if all(changed[name] is getattr(node, name) for name in changed) else replace(node, **changed)


def _of(held: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(held, Node):
        return change(held)
    if type(held) is tuple:
        pairs = [(one, _of(one, change)) for one in held]
        # What became None was taken out.
        return held if all(one is new for one, new in pairs) else tuple(new for one, new in pairs if new is not None or one is None)
    return held
