"""An answer in words: a sentence and a table of its rows, and why a row is there. Nothing is told that is not in the rows or what they cite."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from broadsheet.ask.answer.cited import Answer, Citation, Found, Group
from broadsheet.ask.answer.steps import Condition, told
from broadsheet.ask.answer.values import node_name, shown
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import Match, Property, Variable
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.graph.values import GraphEdge, GraphNode, GraphPath, NodeId
from broadsheet.ask.schema import UNNAMED, Naming

if TYPE_CHECKING:
    from rich.table import Table

# Values that a sentence lists, rows of a table, and matches of a group that are told.
LISTED, ROWS, TOLD = 10, 50, 5


def sentence(answer: Answer) -> str:
    """Return the answer in a sentence, of what is in its rows alone."""
    columns, rows = answer.rows.columns, answer.rows.rows
    more = " or more" if answer.rows.cut else ""
    if not rows:
        return "Nothing was found."
    if len(rows) == 1:
        return "; ".join(f"{name}: {shown(value, answer.naming)}" for name, value in zip(columns, rows[0], strict=True)) + "."
    if len(columns) > 1:
        return f"{len(rows):,}{more} rows of {', '.join(columns[:-1])} and {columns[-1]}."
    left = len(rows) - LISTED
    rest = f", and {left:,}{more} other{'' if left == 1 and not more else 's'}" if left > 0 else ""
    return f"{len(rows):,}{more} rows of {columns[0]}: {', '.join(shown(row[0], answer.naming) for row in rows[:LISTED])}{rest}."


def table(answer: Answer, most: int = ROWS) -> "Table":
    """Return the rows as a table for the terminal, numbered as `why` counts them; what is cut stands below it."""
    from rich.table import Table
    from rich.text import Text

    rows = answer.rows.rows
    left = len(rows) - most
    cut = [f"{left:,} more row{' is' if left == 1 else 's are'} not shown."] if left > 0 else []
    made = Table(caption=" ".join([*cut, *answer.notes]) or None, caption_justify="left")
    made.add_column("", justify="right", style="dim")
    for place, name in enumerate(answer.rows.columns):
        numbers = all(isinstance(row[place], int | float) and not isinstance(row[place], bool) for row in rows)
        made.add_column(Text(name), justify="right" if rows and numbers else "left", overflow="fold")
    for number, row in enumerate(rows[:most], 1):
        made.add_row(str(number), *(Text(shown(value, answer.naming)) for value in row))
    return made


def citation_as_json(one: Citation, naming: Naming = UNNAMED) -> dict[str, Any]:
    """Return what a row rests on as JSON has it."""
    nodes = [{"label": node.id.label, "row": node.id.row, "name": node_name(node, naming)} for node in one.nodes]
    edges = [{"type": edge.id.type, "row": edge.id.row, "start": edge.start._asdict(), "end": edge.end._asdict()} for edge in one.edges]
    groups = [{"sought": group.sought or None, "cited": len(group.shown), "total": group.total} for group in one.groups()]
    return {
        "nodes": nodes, "relations": edges, "groups": groups, "complete": one.complete, "absent": list(one.absent), "uncited": list(one.uncited),
        "standing": one.standing,
    }  # fmt: skip


def reason(answer: Answer, number: int) -> str:
    """Return in words why the row of this number, counted from 1, is there. The row must be one of the answer's."""
    row = answer.rows.rows[number - 1]
    lines = [f"Row {number:,}: " + "; ".join(f"{name}: {shown(value, answer.naming)}" for name, value in zip(answer.rows.columns, row, strict=True)) + "."]
    if answer.citations is None:
        return "\n".join([*lines, *answer.notes])
    cited = answer.citations[number - 1]
    names = {node.id: node_name(node, answer.naming) for node in cited.nodes}
    conditions = [one for part in answer.query.parts for clause in part.clauses if isinstance(clause, Match) for one in told(clause)[1]]
    for found in cited.found:
        lines += _found(found, names, conditions, "")
    lines += [f"It rests on there being no {text}." for text in cited.absent]
    lines += [f"What was found for {text} is not cited: it cannot be followed." for text in cited.uncited]
    if cited.standing:
        lines.append("A row would be there without any of this, if with other values.")
    return "\n".join(lines)


def _found(found: Found, names: dict[NodeId, str], conditions: list[Condition], indent: str) -> Iterator[str]:
    yield from (f"{indent}{line}" for line in chains(found, names))
    yield from (f"{indent}  {line}" for line in _met(found, conditions))
    for group in found.groups:
        yield f"{indent}{_heading(group)}"
        for one in group.shown[:TOLD]:
            yield from _found(one, names, conditions, f"{indent}  ")
        if group.total > min(len(group.shown), TOLD) and not group.witness:
            yield f"{indent}  and {group.total - min(len(group.shown), TOLD):,} more"


def _heading(group: Group) -> str:
    if not group.sought:
        return f"Put together from {group.total:,} match{'' if group.total == 1 else 'es'}:"
    if not group.total:
        return f"Nothing is found by {group.sought}."
    if group.witness:
        return f"{group.sought} is met{'' if group.total == 1 else f' {group.total:,} times, once'} by:"
    return f"{group.sought} finds {group.total:,}:"


def chains(found: Found, names: dict[NodeId, str]) -> Iterator[str]:
    """Yield the paths of a match: nodes by their `names` with the relations between them, and nodes that stand alone.

    >>> ann, up = GraphNode(NodeId("Person", 0), {"name": "Ann"}), GraphNode(NodeId("Film", 0), {"title": "Up"})
    >>> from broadsheet.ask.graph.values import EdgeId
    >>> made = GraphEdge(EdgeId("DIRECTED", "Person", "Film", 0), ann.id, up.id, {})
    >>> list(chains(Found((("f", up), ("", made), ("a", ann))), {ann.id: "Ann", up.id: "Up"}))
    ['Up (Film) <-DIRECTED- Ann (Person)']
    """
    said, tail, drawn = "", None, set()
    for thing in _flat(found):
        if thing.id in drawn:
            continue
        drawn.add(thing.id)
        if isinstance(thing, GraphNode) or tail not in (thing.start, thing.end):
            yield from [said] if said else []
            tail = thing.id if isinstance(thing, GraphNode) else thing.start
            said = _called(tail, names)
        if isinstance(thing, GraphEdge):
            forward = tail == thing.start
            tail = thing.end if forward else thing.start
            said += f" -{thing.id.type}-> " if forward else f" <-{thing.id.type}- "
            said += _called(tail, names)
    yield from [said] if said else []


def _flat(found: Found) -> Iterable[GraphNode | GraphEdge]:
    """Return the first node, and then relations in the order of the pattern, and the nodes that none of them joins."""
    things = [thing for _, value in found.things for thing in ((*value.edges, *value.nodes) if isinstance(value, GraphPath) else (value,))]
    edges = [one for one in things if isinstance(one, GraphEdge)]
    ends = {end for edge in edges for end in (edge.start, edge.end)}
    kept = [one for one in things if isinstance(one, GraphEdge) or (isinstance(one, GraphNode) and one.id not in ends)]
    return [things[0], *kept] if things and isinstance(things[0], GraphNode) and things[0].id in ends else kept


def _called(node: NodeId, names: dict[NodeId, str]) -> str:
    return f"{names[node]} ({node.label})" if node in names else f"{node.label} {node.row}"


def _met(found: Found, conditions: list[Condition]) -> Iterator[str]:
    """Say which conditions of the query a match meets, with the values that it has."""
    held = {role: value for role, value in found.things if role and isinstance(value, GraphNode | GraphEdge)}
    for one in conditions:
        reads = [node for node in walk(one.expression) if isinstance(node, Property) and isinstance(node.of, Variable)]
        pairs = {written(node): held[node.of.name].properties.get(node.key) for node in reads if node.of.name in held}  # pyrefly: ignore
        if pairs and len(pairs) == len({written(node) for node in reads}):
            yield f"meets {written(one.expression)}: {', '.join(f'{name} is {shown(value)}' for name, value in pairs.items())}"
