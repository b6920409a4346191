"""The dialect of Neo4j 5: the canonical form, with what it no longer knows said as it is said now."""

from broadsheet.ask.cypher.nodes import Expression, Function, IsNull, Property, Query
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.cypher.rewrite import rewritten

_NOW = {
    "toInt": "toInteger", "rels": "relationships", "lower": "toLower", "upper": "toUpper", "distance": "point.distance", "character_length": "char_length",
}  # fmt: skip


def neo4j(query: Query) -> str:
    """Return the text of a query for Neo4j 5.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> neo4j(parse("MATCH (n) WHERE exists(n.name) RETURN toInt(n.age)").query)
    'MATCH (n) WHERE n.name IS NOT NULL RETURN toInteger(n.age)'
    """
    return canonical(rewritten(query, _said_now))


def _said_now(node: Expression) -> Expression:
    if isinstance(node, Function):
        if node.name == "exists" and len(node.arguments) == 1 and isinstance(node.arguments[0], Property):
            return IsNull(node.arguments[0], negated=True, place=node.place)
        if node.name in _NOW:
            return Function(_NOW[node.name], node.arguments, node.distinct, node.star, place=node.place)
    return node
