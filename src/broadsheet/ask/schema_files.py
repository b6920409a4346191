"""Files of schemas, in the forms that public collections of questions have them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from broadsheet.ask.schema import FEW, NUMBERS, TIMES, PropertyFacts, Schema, Triple, Type
from broadsheet.core.errors import ConfigError, RecordError, did_you_mean
from broadsheet.core.files import read_text

TYPES: Mapping[str, Type] = {
    "string": "string", "str": "string", "text": "string", "integer": "integer", "int": "integer", "long": "integer", "int64": "integer", "int32": "integer",
    "float": "float", "double": "float", "number": "float", "boolean": "boolean", "bool": "boolean", "date": "date", "date_time": "datetime", "datetime": "datetime",
    "local_date_time": "datetime", "localdatetime": "datetime", "zoned_datetime": "datetime", "timestamp": "datetime", "time": "time", "local_time": "time",
    "duration": "duration", "interval": "duration", "point": "point", "list": "list", "map": "map",
}  # fmt: skip
# So many items are looked at where there are very many, and so many letters of a text are kept.
SAMPLE, CUT = 5, 50
_TRIPLE = re.compile(r"\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*,\s*([^,()]+?)\s*\)")
_NAME = r"(`[^`]+`|[^\s:`(){}\[\]]+)"
_ARROW = re.compile(rf"\(\s*\w*:{_NAME}[^()]*\)\s*(<?)-\[\s*\w*:{_NAME}[^\[\]]*\]-(>?)\s*\(\s*\w*:{_NAME}[^()]*\)")
_FORMS = "labels and relationships, or node_props, rel_props and relationships, or classes, properties and relations, or triples (A, KNOWS, B)"


def read_schema(path: Path, database: str | None = None, *, only: bool = True) -> Schema:
    """Read a schema; a file that holds several has one for each database. `only` that of the database will do, not one that stands alone without a name.

    Raises SourceNotFoundError, RecordError for a file that holds none, and ConfigError for a database that it has not.
    """
    text = read_text(path, "Check the path of --schema.")
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        held = text
    if isinstance(held, dict) and not _is_one(held) and held and all(isinstance(one, dict) and _is_one(one) for one in held.values()):
        held = _of_database(held, database, path)
    elif database is not None and only:
        raise ConfigError(f"{path} holds one schema, and no database {database!r}.", "Leave --database off, or name a file with the schemas of several.")
    return schema_of(held, str(path))


def _of_database(held: dict[str, Any], database: str | None, path: Path) -> Any:
    name = database if database is not None or len(held) > 1 else next(iter(held))
    if name is None:
        raise ConfigError(f"{path} holds the schemas of {len(held)} databases.", f"Name one with --database: {', '.join(held)}.")
    if name not in held:
        # Of bloom the file has bloom50.
        near = [one for one in held if one.rstrip("0123456789") == name]
        if len(near) != 1:
            raise ConfigError(f"{path} has no database {name!r}.{did_you_mean(name, held)}", f"It has: {', '.join(held)}.")
        name = near[0]
    return held[name]


def databases(path: Path) -> list[str]:
    """Return the names of the databases of which a file has the schemas; none for a file with one schema."""
    held = json.loads(path.read_text(encoding="utf-8-sig"))
    return list(held) if isinstance(held, dict) and not _is_one(held) else []


def schema_of(held: Any, where: str) -> Schema:
    """Return the schema that JSON holds, or a text or list of triples. Raises RecordError.

    >>> schema_of("(Person, KNOWS, Person), (Person, WORKS_AT, Firm)", "here").triples[1].end
    'Firm'
    """
    try:
        found = _schema(held)
    except (KeyError, TypeError, AttributeError, ValueError):
        found = None
    if found is None or not (found.labels or found.types):
        raise RecordError(f"{where} holds no schema.", f"A schema has {_FORMS}.")
    return found


def _schema(held: Any) -> Schema:
    if isinstance(held, str):
        return Schema.of_triples(tuple(_drawn(held)))
    if isinstance(held, list):
        return Schema.of_triples(_triples(held))
    if "node_props" in held:
        return _structured(held)
    if "labels" in held:
        labels = {str(name): _plain(held["labels"][name]) for name in held["labels"]}
        triples = _triples(held["relationships"])
        types = {**dict.fromkeys(one.type for one in triples), **{str(name): _plain(of) for name, of in held.get("types", {}).items()}}
        return Schema(_with_ends(labels, triples), types, triples)
    return _classes(held)


def _drawn(held: str) -> Iterator[Triple]:
    """Yield the triples of a text, `(A, KNOWS, B)` or `(:A)-[:KNOWS]->(:B)`, names in backticks or without."""
    for match in _TRIPLE.finditer(held):
        start, kind, end = (name.strip("`") for name in match.groups())
        yield Triple(start, kind, end)
    for match in _ARROW.finditer(held):
        start, left, kind, right, end = match.groups()
        if bool(left) != bool(right):
            ends = (start, end) if right else (end, start)
            yield Triple(ends[0].strip("`"), kind.strip("`"), ends[1].strip("`"))


def _is_one(held: Mapping[str, Any]) -> bool:
    return any(key in held for key in ("node_props", "labels", "classes", "relationships"))


def _triples(listed: Iterable[Any]) -> tuple[Triple, ...]:
    return tuple(Triple(str(one["start"]), str(one["type"]), str(one["end"])) if isinstance(one, dict) else Triple(*map(str, one)) for one in listed)


def _plain(properties: Mapping[str, Any]) -> dict[str, PropertyFacts]:
    return {str(key): PropertyFacts(_type(of)) if isinstance(of, str) else _facts(of) for key, of in properties.items()}


def _structured(held: Mapping[str, Any]) -> Schema:
    triples = _triples(held["relationships"])
    labels = {name: {one["property"]: _facts(one) for one in listed} for name, listed in held["node_props"].items()}
    # Where properties of relations are listed, one that has none has none; where they are not, nothing is known of them.
    types: dict[str, dict[str, PropertyFacts] | None] = dict.fromkeys((one.type for one in triples), {} if "rel_props" in held else None)
    types |= {name: {one["property"]: _facts(one) for one in listed} for name, listed in held.get("rel_props", {}).items()}
    return Schema(_with_ends(labels, triples), types, triples)


def _with_ends(labels: dict[str, dict[str, PropertyFacts]], triples: tuple[Triple, ...]) -> dict[str, dict[str, PropertyFacts]]:
    """Add labels that only relations name: they have no properties."""
    return {**{name: {} for one in triples for name in (one.start, one.end)}, **labels}


def _classes(held: Mapping[str, Any]) -> Schema:
    """Return a schema whose properties are told without whose they are."""
    triples = tuple(Triple(start, name, end) for name, of in held["relations"].items() for start in _several(of["domain"]) for end in _several(of["range"]))
    # Types of properties that are told without whose they are say what is meant.
    loose = {str(name): _facts(of)._replace(meant=True) for name, of in held["properties"].items()}
    words = {str(name): _described(of) for part in ("classes", "properties", "relations") for name, of in held[part].items()}
    return Schema(dict.fromkeys(held["classes"]), dict.fromkeys(held["relations"]), triples, loose, {name: told for name, told in words.items() if told})


def _described(held: Any) -> tuple[str, ...]:
    """Return what is told of a name; of a relation from both its ends."""
    return tuple(str(held[key]) for key in ("description", "reverse_description") if key in held) if isinstance(held, dict) else ()


def _several(held: Any) -> list[str]:
    return [held] if isinstance(held, str) else list(held)


def _type(text: str) -> Type:
    said = text.strip().lower()
    return "list" if said.startswith(("list", "[")) or said.endswith("[]") else TYPES.get(said.replace(" ", "_"), "any")


def _facts(held: Mapping[str, Any]) -> PropertyFacts:
    kind = _type(str(held.get("type") or held.get("datatype") or "any"))
    low, high = (_bound(held.get(key), kind) for key in ("min", "max"))
    values = tuple(str(one) for one in held.get("values", ()))
    distinct = held.get("distinct_count")
    if distinct is not None and int(distinct) == SAMPLE and (kind in TIMES or (isinstance(low, float) and low > FEW)):
        # Of many items a few were looked at, and nothing says how far the others go.
        low = high = None
    # Texts that were cut are no values.
    whole = bool(values) and max(map(len, values)) < CUT
    closed = whole and distinct is not None and len(values) >= int(distinct) and len(values) <= FEW and kind in {"string", "integer"}
    return PropertyFacts(kind, low, high, values, closed)


def _bound(value: Any, kind: Type) -> float | str | None:
    if value is None or kind not in NUMBERS:
        return None if value is None else str(value)
    try:
        return float(value)
    except ValueError:
        return None
