"""A tree made from another by a rule for its parts."""

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
    changed = {one.name: _of(getattr(node, one.name), rule) for one in fields(node) if one.name != "place"}
    same = all(changed[name] is getattr(node, name) for name in changed)
    return rule(node if same else replace(node, **changed))


def _of(held: Any, rule: Callable[[Any], Any]) -> Any:
    if isinstance(held, Node):
        return rewritten(held, rule)
    if type(held) is tuple:
        made = tuple(_of(one, rule) for one in held)
        return held if all(one is other for one, other in zip(made, held, strict=True)) else made
    return held
