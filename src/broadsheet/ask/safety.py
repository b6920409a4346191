"""What may reach an engine: an allow-list of clauses and functions, of one statement that was read whole."""

from typing import NamedTuple

from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.functions import FUNCTIONS
from broadsheet.ask.cypher.nodes import Function, Match, Place, Projection, Query, Single, SubCall, Unwind

# Functions with a dot in their name that only compute.
DOTTED = frozenset(
    "date.truncate datetime.truncate localdatetime.truncate time.truncate localtime.truncate duration.between duration.inmonths duration.indays duration.inseconds "
    "point.distance point.withinbbox datetime.fromepoch datetime.fromepochmillis vector.similarity.cosine vector.similarity.euclidean".split()
)


class Refused(NamedTuple):
    """What is not allowed, and where."""

    what: str
    place: Place


def refused(query: Query) -> Refused | None:
    """Return what keeps a query from being run, or None: only MATCH, UNWIND, WITH, RETURN, UNION and subqueries of these, and functions that only compute.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> refused(parse("MATCH (n) RETURN n").query) is None
    True
    >>> refused(parse("MATCH (n) DETACH DELETE n").query).what
    'DELETE'
    """
    for node in walk(query):
        if isinstance(node, Single):
            for clause in node.clauses:
                if not isinstance(clause, Match | Unwind | Projection | SubCall):
                    return Refused(getattr(clause, "which", type(clause).__name__), clause.place)
        if isinstance(node, Function):
            known = node.name.lower() in (DOTTED if "." in node.name else FUNCTIONS)
            if not known:
                return Refused(f"{node.name}()", node.place)
    return None
