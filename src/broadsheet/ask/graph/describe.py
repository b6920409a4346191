"""What a graph holds, told: labels, types, triples, what is known of the values, and the guards of its engine."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from broadsheet.ask.answer.cited import Citation
from broadsheet.ask.answer.picture import drawn
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, NodeId
from broadsheet.ask.schema import PropertyFacts
from broadsheet.core.schema import Columns

# Values that are told of a property that has many: the most frequent.
TOP = 5
SHOWN = 60
COUNT = "\x00count"


def described(graph: Graph) -> dict[str, Any]:
    """Return what a graph holds as JSON has it: a form of schema that `ask check --schema` reads, with counts and shares beside."""
    schema = graph.schema()
    labels = {label: _properties(frame, schema.labels[label] or {}) for label, frame in graph.nodes.items()}
    types: dict[str, dict[str, Any]] = {}
    for one in graph.joined:
        types.setdefault(one.type, {})
    for kind in types:
        frames = [one.frame.drop(Columns.GRAPH_START, Columns.GRAPH_END) for one in graph.joined if one.type == kind]
        types[kind] = _properties(pl.concat(frames, how="diagonal_relaxed"), schema.types[kind] or {})
    triples = [{"start": one.start, "type": one.type, "end": one.end, "count": one.frame.height} for one in graph.joined]
    told = {"labels": labels, "types": types, "relationships": triples, "counts": {label: frame.height for label, frame in graph.nodes.items()}}
    return told | ({"columns": [dict(one) for one in graph.columns]} if graph.columns else {})


def _properties(frame: pl.DataFrame, facts: Mapping[str, PropertyFacts]) -> dict[str, Any]:
    return {key: _property(frame[key], facts[key]) for key in frame.columns}


def _property(values: pl.Series, facts: PropertyFacts) -> dict[str, Any]:
    held = values.drop_nulls()
    told: dict[str, Any] = {"type": facts.type, "null_share": round(values.null_count() / max(len(values), 1), 4)}
    if facts.type in {"list", "map", "any"}:
        return told
    counts = held.value_counts(sort=True, name=COUNT).sort([COUNT, values.name], descending=[True, False])
    told["distinct_count"] = counts.height
    if facts.low is not None:
        told |= {"min": facts.low, "max": facts.high}
    # Of a closed set all values are told; of others only what stands there more often than once.
    most = counts if facts.closed else counts.filter(pl.col(COUNT) > 1).head(TOP)
    if facts.type == "string" and (facts.closed or most.height < counts.height):
        told["values"] = [value if facts.closed else value[:SHOWN] for value in most[values.name].to_list()]
    return told


def in_words(told: Mapping[str, Any]) -> str:
    """Return what a graph holds in lines of words."""
    counts = (("node", sum(told["counts"].values())), ("relation", sum(one["count"] for one in told["relationships"])))
    lines = [", ".join(f"{count:,} {what}{'' if count == 1 else 's'}" for what, count in counts)]
    for label, properties in told["labels"].items():
        lines += ["", f"{label}: {told['counts'][label]:,}", *_lines(properties)]
    lines += ["", "Relations"]
    width = max((len(_triple(one)) for one in told["relationships"]), default=0)
    lines += [f"  {_triple(one):<{width}}  {one['count']:>9,}" for one in told["relationships"]]
    for kind, properties in told["types"].items():
        lines += ["", kind, *_lines(properties)] if properties else []
    lines += ["", "Columns of the table", *column_lines(told["columns"])] if "columns" in told else []
    if "guards" in told:
        lines += ["", "The engine's process"]
        lines += [f"  {'no ' if one['missing'] else 'yes'}  {one['name']}{' (' + one['missing'] + ')' if one['missing'] else ''}" for one in told["guards"]]
    return "\n".join(lines)


def column_lines(columns: Sequence[Mapping[str, str]]) -> list[str]:
    """Return what became of each column of a table, a line each."""
    width = max((len(one["column"]) for one in columns), default=0)
    return [
        f"  {one['column']:<{width}}  {', '.join(filter(None, (one['type'], one['became'])))}{' (' + one['remark'] + ')' if one['remark'] else ''}"
        for one in columns
    ]


def _triple(one: Mapping[str, Any]) -> str:
    return f"(:{one['start']})-[:{one['type']}]->(:{one['end']})"


def _lines(properties: Mapping[str, Any]) -> list[str]:
    width = max(map(len, properties), default=0)
    return [f"  {key:<{width}}  {_line(one)}" for key, one in properties.items()]


def _line(one: Mapping[str, Any]) -> str:
    parts = [one["type"]]
    if "min" in one:
        parts.append(f"{_shown(one['min'])} to {_shown(one['max'])}")
    if "distinct_count" in one:
        parts.append(f"{one['distinct_count']:,} different")
    if one["null_share"]:
        parts.append(f"{100 * one['null_share']:.1f} % missing")
    if one.get("values"):
        held = one["values"]
        every = len(held) == one["distinct_count"]
        parts.append(f"{'all' if every else 'mostly'}: {', '.join(map(repr, held[:TOP]))}{' ...' if len(held) > TOP else ''}")
    return ", ".join(parts)


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) and not value.is_integer() else f"{value:.0f}" if isinstance(value, float) else str(value)


def with_guards(told: dict[str, Any], engine: Ladybug) -> dict[str, Any]:
    """Add which guards the engine's process has, and why it lacks those that it lacks."""
    return told | {"guards": [{"name": name, "missing": missing} for name, missing in engine.process.guards()]}


def schema_picture(graph: Graph) -> str:
    """Return the SVG of a graph's labels and of the relations between them."""
    nodes = {label: GraphNode(NodeId(label, 0), {"name": label, "count": frame.height}) for label, frame in graph.nodes.items()}
    edges = tuple(
        GraphEdge(EdgeId(one.type, one.start, one.end, 0), nodes[one.start].id, nodes[one.end].id, {"count": one.frame.height}) for one in graph.joined
    )
    return drawn([Citation(tuple(nodes.values()), edges, ())], schema=True)
