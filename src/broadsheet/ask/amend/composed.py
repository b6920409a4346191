"""One query over rows of one thing amended by another, which is what the words of an amendment ask as a question of their own."""

from dataclasses import replace

from broadsheet.ask.amend.names import named, renamed, unnamed
from broadsheet.ask.amend.scene import is_aggregate, tested
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.logic import conjunction, conjuncts
from broadsheet.ask.cypher.nodes import Expression, Match, NodePattern, Projection, Property, Query, Variable

SAME = {"<": "up", "<=": "up", ">": "down", ">=": "down", "=": "is", "IN": "is"}


def composed(query: Query, other: Query) -> Query | None:
    """Return a query with what another asks of the same rows: its conditions beside those that are there, its order, its limit, and what it puts together.

    A condition gives way to one of the same kind on the same property. None where one of them is no MATCH of one node with its RETURN, the nodes have other labels,
    the other gives other columns back, or the first has groups: a bare number may be of how many they have.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> films, old = (parse(f"MATCH (f:Film) WHERE f.{one} RETURN f").query for one in ("votes < 30 AND f.genre = 'noir'", "votes < 20"))
    >>> canonical(composed(films, old))
    "MATCH (f:Film) WHERE f.genre = 'noir' AND f.votes < 20 RETURN f"
    """
    query, other = named(query), named(other)
    if (first := _simple(query)) is None or (second := _simple(other)) is None or first[0].labels != second[0].labels:
        return None
    node, match, given = first
    other = renamed(other, {second[0].name: node.name})
    _, asked, wanted = _simple(other) or second
    new = [one for one in conjuncts(asked.where) if one not in conjuncts(match.where)]
    puts_together = any(is_aggregate(item.expression) for item in wanted.items)
    groups = [is_aggregate(item.expression) for item in given.items]
    if (not puts_together and not _is_whole(wanted, node)) or (any(groups) and not all(groups)):
        return None
    kept = [one for one in conjuncts(match.where) if not any(_gives_way(one, each) for each in new)]
    if not new and not wanted.order and wanted.limit is None and not puts_together:
        return None
    made = replace(match, where=conjunction([*kept, *new]))
    returned = wanted if puts_together else _in_order(given, wanted)
    return unnamed(replace(query, parts=(replace(query.parts[0], clauses=(made, returned)),)))


def _simple(query: Query) -> tuple[NodePattern, Match, Projection] | None:
    """Return the node, the MATCH and the RETURN of a query that has no more than these."""
    if len(query.parts) != 1 or len(query.parts[0].clauses) != 2:
        return None
    match, given = query.parts[0].clauses
    if not isinstance(match, Match) or match.optional or len(match.paths) != 1 or not isinstance(given, Projection):
        return None
    elements = match.paths[0].elements
    node = elements[0]
    plain = len(elements) == 1 and isinstance(node, NodePattern) and node.labels is not None and node.properties is None and node.where is None
    return (node, match, given) if plain and isinstance(node, NodePattern) else None


def _gives_way(old: Expression, new: Expression) -> bool:
    """Whether a condition says what another says anew: another value, another bound on the same side."""
    first, second = tested(old), tested(new)
    if first is None or second is None or first.of != second.of or first.negated or second.negated:
        return False
    return SAME.get(first.sign, first.sign) == SAME.get(second.sign, second.sign) and first.sign != "<>"


def _is_whole(given: Projection, node: NodePattern) -> bool:
    """Whether the nodes themselves are given back, and nothing else."""
    return [item.expression for item in given.items] == [Variable(node.name)]


def _in_order(given: Projection, wanted: Projection) -> Projection:
    """Return what is given back, in the other's order and as much of it, where that tells."""
    shown = [one for item in given.items for one in walk(item.expression) if isinstance(one, Property)]
    order = wanted.order or given.order
    if given.distinct and any(one.expression not in shown for one in order):
        order = given.order
    return replace(given, order=order, limit=wanted.limit if wanted.limit is not None else given.limit)
