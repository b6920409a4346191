"""A graph without some of its nodes and relations."""

from collections.abc import Iterable

import polars as pl

from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.ask.graph.values import EdgeId, NodeId
from broadsheet.core.schema import Columns


def without(graph: Graph, gone: Iterable[NodeId | EdgeId]) -> Graph:
    """Return a graph without these nodes and relations, and without what was joined to the nodes; rows that stay keep their order and are numbered anew.

    >>> films = Graph({"Film": pl.DataFrame({"title": ["Up", "Her"]})}, ())
    >>> without(films, [NodeId("Film", 0)]).nodes["Film"]["title"].to_list()
    ['Her']
    """
    gone = set(gone)
    nodes = {label: _kept(frame.height, {one.row for one in gone if isinstance(one, NodeId) and one.label == label}) for label, frame in graph.nodes.items()}
    joined = []
    for one in graph.joined:
        own = {at.row for at in gone if isinstance(at, EdgeId) and (at.type, at.start, at.end) == (one.type, one.start, one.end)}
        frame = one.frame.filter(_kept(one.frame.height, own))
        for label, end in ((one.start, Columns.GRAPH_START), (one.end, Columns.GRAPH_END)):
            rows = nodes[label].to_frame(Columns.GRAPH_ROW).with_columns(new=(pl.col(Columns.GRAPH_ROW).cum_sum() - 1).cast(pl.Int64))
            new = rows.select(pl.when(Columns.GRAPH_ROW).then("new"))["new"]
            frame = frame.with_columns(new.gather(frame[end]).alias(end)).filter(pl.col(end).is_not_null())
        joined.append(Joined(one.type, one.start, one.end, frame))
    return Graph({label: frame.filter(nodes[label]) for label, frame in graph.nodes.items()}, tuple(joined))


def _kept(count: int, gone: set[int]) -> pl.Series:
    return pl.Series([row not in gone for row in range(count)], dtype=pl.Boolean)
