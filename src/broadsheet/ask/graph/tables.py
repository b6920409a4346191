"""A graph as tables: nodes of each label, relations of each type between two labels; written as an artefact, described as a schema."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet.ask.schema import FEW, Naming, PropertyFacts, Schema, Triple, Type
from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.errors import ArtifactError
from broadsheet.core.schema import ArtifactKind, Columns

# Text that is longer than this is no name of anything: its values are no closed set.
SHORT = 80


class Joined(NamedTuple):
    """Relations of one type from nodes of one label to nodes of another; `frame` has the rows of both ends, and properties."""

    type: str
    start: str
    end: str
    frame: pl.DataFrame


@dataclass(frozen=True)
class Graph:
    """Nodes by label, a frame of properties each, and relations. A node is known by its label and its row."""

    nodes: Mapping[str, pl.DataFrame]
    joined: tuple[Joined, ...]
    # What became of each column of a single table: column, type, became, remark.
    columns: tuple[Mapping[str, str], ...] = ()
    named: Naming = field(default_factory=dict)

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return sum(frame.height for frame in self.nodes.values())

    @property
    def edge_count(self) -> int:
        """How many relations there are."""
        return sum(one.frame.height for one in self.joined)

    def content_hash(self) -> str:
        """SHA-256 over labels, types, columns and every value."""
        digest = hashlib.sha256()
        parts = [(("node", label), frame) for label, frame in self.nodes.items()] + [(one[:3], one.frame) for one in self.joined]
        for names, frame in parts:
            digest.update(repr((names, frame.schema)).encode())
            frame.write_ipc(held := io.BytesIO())
            digest.update(held.getbuffer())
        return digest.hexdigest()

    def schema(self) -> Schema:
        """Return labels, types and triples, with what the values tell."""
        labels = {label: _facts_of(frame) for label, frame in self.nodes.items()}
        types: dict[str, dict[str, PropertyFacts] | None] = {}
        for one in self.joined:
            types[one.type] = (types.get(one.type) or {}) | _facts_of(one.frame.drop(Columns.GRAPH_START, Columns.GRAPH_END))
        return Schema(labels, types, tuple(Triple(one.start, one.type, one.end) for one in self.joined), named=self.named)


def _facts_of(frame: pl.DataFrame) -> dict[str, PropertyFacts]:
    return {column: _facts(frame[column]) for column in frame.columns}


def _facts(values: pl.Series) -> PropertyFacts:
    kind = type_of(values.dtype)
    held = values.drop_nulls()
    if not len(held) or kind in {"list", "map", "any"}:
        return PropertyFacts(kind)
    if kind in {"integer", "float"}:
        return PropertyFacts(kind, float(held.min()), float(held.max()))  # pyrefly: ignore[bad-argument-type]
    if kind != "string":
        return PropertyFacts(kind, str(held.min()), str(held.max()))
    few = closed(held)
    return PropertyFacts(kind, None, None, tuple(held.unique().sort()) if few else (), few)


def closed(values: pl.Series) -> bool:
    """Whether texts are a closed set: few, short, and repeating. A name that stands once for each node is none, few as they may be."""
    held = values.drop_nulls()
    distinct = held.unique()
    return 0 < len(distinct) <= FEW and len(distinct) * 2 <= len(held) and all(len(one) <= SHORT for one in distinct)


def type_of(kind: pl.DataType) -> Type:
    """Return the type of a column's values as a schema names it."""
    if kind.is_integer():
        return "integer"
    if kind.is_float():
        return "float"
    plain: dict[type[pl.DataType], Type] = {
        pl.String: "string", pl.Boolean: "boolean", pl.Date: "date", pl.Datetime: "datetime", pl.Time: "time", pl.Duration: "duration", pl.List: "list",
    }  # fmt: skip
    return next((name for held, name in plain.items() if kind == held), "any")


def write_graph(path: Path, graph: Graph, config: Mapping[str, Any] | None = None, parents: Mapping[str, str] | None = None) -> Artifact:
    """Write a graph as an artefact; the manifest says which frame holds what."""
    frames = {f"nodes-{number}": frame for number, frame in enumerate(graph.nodes.values())}
    frames |= {f"relations-{number}": one.frame for number, one in enumerate(graph.joined)}
    held = {"nodes": list(graph.nodes), "relations": [[one.type, one.start, one.end] for one in graph.joined]}
    held |= {"columns": [dict(one) for one in graph.columns]} if graph.columns else {}
    held |= {"named": {label: list(keys) for label, keys in graph.named.items()}} if graph.named else {}
    return write_artifact(path, Manifest(kind=ArtifactKind.GRAPH, config=held | dict(config or {}), parents=dict(parents or {})), frames=frames)


def read_graph(path: Path) -> Graph:
    """Read a graph from its artefact. Raises ArtifactError."""
    artifact = read_artifact(path, ArtifactKind.GRAPH)
    config = artifact.manifest.config
    try:
        nodes = {label: artifact.frame(f"nodes-{number}") for number, label in enumerate(config["nodes"])}
        joined = (Joined(kind, start, end, artifact.frame(f"relations-{number}")) for number, (kind, start, end) in enumerate(config["relations"]))
        return Graph(nodes, tuple(joined), tuple(config.get("columns", ())), {label: tuple(keys) for label, keys in config.get("named", {}).items()})
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ArtifactError(f"The manifest of {path} does not say what its tables hold.", f"Make it again: broadsheet ask build SOURCE --out {path}") from None
