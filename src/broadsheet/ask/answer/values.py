"""Values of an answer as words and as JSON: nodes by their names, relations by their ends."""

from datetime import date, datetime, time, timedelta
from typing import Any

from broadsheet.ask.graph.values import GraphEdge, GraphNode, GraphPath, NodeId
from broadsheet.ask.schema import UNNAMED, Naming

# A property that is one of these, the first of them, names its node; else the first text that is short does.
NAMING = ("name", "title", "label", "headline", "code", "id")
# What stands behind a first name.
FAMILY = ("surname", "lastname", "last_name", "family_name")
# A name without a blank that is longer than this is a key: so much of it is shown.
KEY, KEY_SHOWN = 24, 12
# Code points of a value that are shown.
LONGEST = 80
# Code points of a cell of a table.
CELL = 60
# From here on a fraction is written as it is.
LARGE = 1e10


def shown(value: Any, naming: Naming = UNNAMED) -> str:
    """Return a value in words, nodes called by the properties that are told for their labels.

    >>> from broadsheet.ask.graph.values import NodeId
    >>> shown(GraphNode(NodeId("Film", 3), {"year": 2009, "title": "Up"})), shown(None), shown([1, True])
    ('Up', 'nothing', '[1, true]')
    """
    match value:
        case None:
            said = "nothing"
        case bool():
            said = str(value).lower()
        case float():
            # As it is read, and not as it is kept: 55.84, and not 55.839999999999996.
            said = f"{value:.10g}" if abs(value) < LARGE else str(value)
        case GraphNode():
            said = node_name(value, naming)
        case GraphEdge():
            said = f"{value.id.type} {value.id.row}"
        case GraphPath():
            said = path_name(value, naming)
        case list() | tuple():
            said = f"[{', '.join(shown(one, naming) for one in value)}]"
        case dict():
            said = f"{{{', '.join(f'{key}: {shown(one, naming)}' for key, one in value.items())}}}"
        case _:
            said = cut(str(value))
    return said


def cell(value: Any, naming: Naming = UNNAMED) -> str:
    """Return a value of a row, as JSON has it, in few words: a node by its name.

    >>> cell({"label": "Film", "row": 3, "properties": {"title": "Up"}}), cell(None)
    ('Up', 'nothing')
    """
    if is_node(value):
        return cut(node_name(GraphNode(NodeId(value["label"], value["row"]), value["properties"]), naming), CELL)
    return cut(shown(value, naming), CELL)


def is_node(value: Any) -> bool:
    """Whether a value of a row, as JSON has it, is a node."""
    return isinstance(value, dict) and set(value) == {"label", "row", "properties"}


def cut(text: str, most: int = LONGEST) -> str:
    """Return a text on one line and no longer than it can be read at a glance.

    >>> cut("a  long story", 8)
    'a long…'
    """
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def node_name(node: GraphNode, naming: Naming = UNNAMED) -> str:
    """Return what a node is called by the properties told for its label, else by one of its own, or its label and number where none is a name.

    >>> from broadsheet.ask.graph.values import NodeId
    >>> node_name(GraphNode(NodeId("Crime", 2), {"date": "1/2/2017"})), node_name(GraphNode(NodeId("Crime", 2), {}))
    ('1/2/2017', 'Crime 2')
    >>> node_name(GraphNode(NodeId("Person", 0), {"surname": "Lee", "name": "Ann"}))
    'Ann Lee'
    >>> node_name(GraphNode(NodeId("Lute", 0), {"family": "strings", "sort": "Theorbo", "nr": "L-7"}), {"Lute": ("nr", "sort")})
    'L-7 Theorbo'
    """
    told = [_short(str(node.properties[key])) for key in naming.get(node.id.label, ()) if node.properties.get(key) not in (None, "")]
    if told:
        return cut(" ".join(told))
    held = {key.lower(): one for key, one in node.properties.items()}
    names = [held[key] for key in NAMING if isinstance(held.get(key), str) and held[key].strip()]
    names += [one for one in node.properties.values() if isinstance(one, str) and one.strip() and len(one) <= LONGEST]
    names += [held[key] for key in NAMING if isinstance(held.get(key), int | float)]
    if not names:
        return f"{node.id.label} {node.id.row}"
    name = str(names[0])
    if name == held.get(NAMING[0]):
        name = " ".join([name, *(str(held[key]) for key in FAMILY if held.get(key))])
    return _short(name)


def _short(name: str) -> str:
    return cut(name, KEY_SHOWN if len(name) > KEY and not any(map(str.isspace, name)) else LONGEST)


def path_name(path: GraphPath, naming: Naming = UNNAMED) -> str:
    """Return a path as its nodes with the types of relations between them; where its ends are not in it, as its relations."""
    if len(path.nodes) != len(path.edges) + 1:
        return " ".join(f"-{edge.id.type}-" for edge in path.edges)
    said = node_name(path.nodes[0], naming)
    for edge, before, after in zip(path.edges, path.nodes, path.nodes[1:], strict=True):
        said += f" -{edge.id.type}-> " if edge.start == before.id else f" <-{edge.id.type}- "
        said += node_name(after, naming)
    return said


def value_as_json(value: Any) -> Any:
    """Return a value as JSON has it: nodes and relations with what they are, dates as texts.

    >>> from broadsheet.ask.graph.values import NodeId
    >>> value_as_json([GraphNode(NodeId("Film", 3), {"title": "Up"}), date(2026, 2, 9)])
    [{'label': 'Film', 'row': 3, 'properties': {'title': 'Up'}}, '2026-02-09']
    """
    match value:
        case GraphNode():
            held: Any = {"label": value.id.label, "row": value.id.row, "properties": value_as_json(value.properties)}
        case GraphEdge():
            ends = {end: {"label": one.label, "row": one.row} for end, one in (("start", value.start), ("end", value.end))}
            held = {"type": value.id.type, **ends, "row": value.id.row, "properties": value_as_json(value.properties)}
        case GraphPath():
            held = {"nodes": value_as_json(list(value.nodes)), "relations": value_as_json(list(value.edges))}
        case list() | tuple():
            held = [value_as_json(one) for one in value]
        case dict():
            held = {key: value_as_json(one) for key, one in value.items()}
        case datetime() | date() | time():
            held = value.isoformat()
        case timedelta():
            held = value.total_seconds()
        case _:
            held = value
    return held
