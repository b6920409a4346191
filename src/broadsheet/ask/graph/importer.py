"""A zip of Neo4j's data importer as a graph: tables, and a model that says which labels and types they hold."""

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.ask.graph.keyed import Keyed
from broadsheet.ask.graph.tables import Graph
from broadsheet.core.errors import RecordError

MODEL = "neo4j_importer_model.json"
# The headers of a table that says itself what it holds.
ID, LABEL, START, END, TYPE = ":ID", ":LABEL", ":START_ID", ":END_ID", ":TYPE"
_TYPES = {"integer": pl.Int64, "float": pl.Float64, "boolean": pl.Boolean, "string": pl.String, "int": pl.Int64, "long": pl.Int64, "double": pl.Float64}


def is_importer(path: Path) -> bool:
    """Whether a file is such a zip."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return MODEL in archive.namelist()


def importer_graph(path: Path) -> Graph:
    """Read a zip.

    A table with a column :ID was exported from a graph: its column :LABEL has the name of the label, its headers have the types (`latitude:double`; a header
    without a type is one of texts), and :ID is the export's own number, no property. Of other tables the model tells all of that.

    Raises RecordError for a zip that does not hold what its model names.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _Model(archive).graph()
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        StopIteration,
        RuntimeError,
        EOFError,
        zlib.error,
        zipfile.BadZipFile,
        pl.exceptions.PolarsError,
    ) as fault:
        raise RecordError(f"{path.name} does not hold the tables that its model names: {fault}.", "Export it again from the data importer.") from None


class _Model:
    """The model of a zip, its references resolved."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        held = json.loads(archive.read(MODEL))["dataModel"]
        schema, self._mapping = held["graphSchemaRepresentation"]["graphSchema"], held["graphMappingRepresentation"]
        self._known = {f"#{one['$id']}": one for group in schema.values() for one in group if "$id" in one}
        self._known |= {f"#{one['$id']}": one for kind in ("nodeLabels", "relationshipTypes") for owner in schema[kind] for one in owner["properties"]}
        self._known |= {f"#{one['$id']}": one for one in self._mapping["dataSourceSchema"]["tableSchemas"]}
        self._keys = {one["node"]["$ref"]: one["keyProperty"]["$ref"] for one in held["graphSchemaExtensionsRepresentation"]["nodeKeyProperties"]}

    def graph(self) -> Graph:
        keyed, labels = Keyed(), {}
        for mapping in self._mapping["nodeMappings"]:
            node = mapping["node"]["$ref"]
            frame, table = self._frame(mapping)
            key = next(one["fieldName"] for one in mapping["propertyMappings"] if one["property"]["$ref"] == self._keys[node])
            stated = table[LABEL][0] if LABEL in table.columns and table.height else None
            labels[node] = stated or self._of(self._of(node)["labels"][0])["token"]
            keyed.nodes(labels[node], table[key].to_list(), frame, labels[node])
        left: dict[str, set[int]] = {}
        for mapping in self._mapping["relationshipMappings"]:
            self._join(keyed, mapping, labels, left)
        self._unnamed(keyed)
        for name, rows in left.items():
            if rows:
                raise RecordError(f"{name}, row {min(rows) + 1}, joins nodes that are not there.", "Export it again from the data importer.")
        return keyed.graph()

    def _join(self, keyed: Keyed, mapping: dict[str, Any], labels: dict[str, str], left: dict[str, set[int]]) -> None:
        """Add the relations of a mapping. One table may hold those of several, between other labels each; `left` are its rows that none has taken."""
        relation, name = self._of(mapping["relationship"]), self._of(mapping["tableSchema"])["name"]
        frame, table = self._frame(mapping)
        start, end = ((labels[relation[end]["$ref"]], table[mapping[f"{end}Mapping"]["fieldName"]].to_list()) for end in ("from", "to"))
        rows = [row for row, pair in enumerate(zip(start[1], end[1], strict=True)) if keyed.has(start[0], pair[0]) and keyed.has(end[0], pair[1])]
        left[name] = left.get(name, set(range(table.height))) - set(rows)
        start, end = ((label, [keys[row] for row in rows]) for label, keys in (start, end))
        keyed.join(self._of(relation["type"])["token"], start, end, frame[rows] if frame.width else None)

    def _unnamed(self, keyed: Keyed) -> None:
        """Add the relations of tables that no mapping names, where their own headers say what they join."""
        named = {self._of(one["tableSchema"])["name"] for kind in ("nodeMappings", "relationshipMappings") for one in self._mapping[kind]}
        for name in self._archive.namelist():
            if name in named or not name.endswith(".csv"):
                continue
            table = pl.read_csv(io.BytesIO(self._archive.read(name)), infer_schema=False)
            if not {START, END, TYPE} <= set(table.columns):
                raise RecordError(
                    f"The model names no {name}, whose columns are {', '.join(table.columns)}.", "Export it again, or take the table out of the zip."
                )
            own = [column for column in table.columns if not column.startswith(":")]
            for kind, start, end, *held in table.select(TYPE, START, END, *own).iter_rows():
                frame = pl.DataFrame(dict(zip(own, ([one] for one in held), strict=True)))
                keyed.join(kind, (keyed.home_of(start, name), [start]), (keyed.home_of(end, name), [end]), frame, name)

    def _of(self, reference: Any) -> dict[str, Any]:
        return self._known[reference["$ref"] if isinstance(reference, dict) else reference]

    def _frame(self, mapping: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the properties, in their types, and the table as it stands."""
        name = self._of(mapping["tableSchema"])["name"]
        table = pl.read_csv(io.BytesIO(self._archive.read(name)), infer_schema=False)
        found = {}
        for one in mapping["propertyMappings"]:
            said = self._of(one["property"])
            # The export's own numbers of nodes (":ID") are no property of anything.
            if not one["fieldName"].startswith(":"):
                kind = one["fieldName"].partition(":")[2] if {ID, START} & set(table.columns) else said["type"]["type"]
                found[_property(one["fieldName"], said["token"])] = table[one["fieldName"]].cast(_TYPES.get(kind, pl.String), strict=False)
        return pl.DataFrame(found), table


def _property(field: str, token: str) -> str:
    """Return what a property is called: a field that the importer renamed because its own key took the name has its name again."""
    plain = field.partition(":")[0]
    return plain if token == f"source_{plain}" else token
