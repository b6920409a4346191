"""What two queries differ in, in words; a thing that has another name is the same thing."""

from broadsheet.ask.amend.align import alignments
from broadsheet.ask.amend.changes import Change, compare
from broadsheet.ask.amend.names import named, renamed
from broadsheet.ask.amend.shape import shape_of
from broadsheet.ask.cypher.nodes import Query


def diff(before: Query, after: Query) -> tuple[Change, ...]:
    """Return what has changed from one query to another, nothing if they mean the same but for names and the order in which they are written.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> old, new = (parse(f"MATCH (p:Person)-[:MADE]->(f:{label}) RETURN {items}").query for label, items in (("Film", "DISTINCT p.name"), ("Play", "p.name")))
    >>> [change.words for change in diff(old, new)]
    ['label Film became Play', 'dropped DISTINCT']
    >>> diff(old, parse("MATCH (a:Film)<-[:MADE]-(b:Person) RETURN DISTINCT b.name").query)
    ()
    """
    return aligned(before, after)[2]


def same(before: Query, after: Query) -> bool:
    """Whether two queries mean the same but for names and the order in which they are written."""
    return not diff(before, after)


def aligned(before: Query, after: Query) -> tuple[Query, Query, tuple[Change, ...]]:
    """Return both queries with one name for each thing, the same in both where it is the same, and what has changed.

    Of the ways in which the things of one may be those of the other that with the fewest changes is taken.
    """
    old, new = named(before), named(after)
    if len(old.parts) != len(new.parts) or old.all != new.all:
        words = (
            f"{len(old.parts)} queries put together became {len(new.parts)}"
            if len(old.parts) != len(new.parts)
            else "rows that are there twice are treated otherwise"
        )
        return old, new, (Change("union", "union", str(len(old.parts)), str(len(new.parts)), words),)
    changes: list[Change] = []
    for place in range(len(old.parts)):
        was = shape_of(old.parts[place])
        best: tuple[int, tuple[Change, ...], Query] | None = None
        for names in alignments(was, shape_of(new.parts[place])):
            tried = renamed(new, names)
            found = compare(was, shape_of(tried.parts[place]))
            if best is None or len(found) < best[0]:
                best = len(found), found, tried
            if not found:
                break
        assert best is not None
        new = best[2]
        changes += best[1]
    return old, new, tuple(changes)
