"""What values an expression may have, as far as the graph's tables tell."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, NoReturn

from broadsheet.core.errors import QueryError

Name = Literal[
    "null",
    "boolean",
    "integer",
    "float",
    "string",
    "date",
    "datetime",
    "duration",
    "node",
    "relation",
    "relations",
    "path",
    "list",
    "map",
    "mixed",
    "id",
    "picked",
]
NUMBERS = frozenset({"integer", "float"})
# What the engine calls them.
STORED = {
    "boolean": "BOOL", "integer": "INT64", "float": "DOUBLE", "string": "STRING", "date": "DATE", "datetime": "TIMESTAMP", "duration": "INTERVAL", "null": "INT64",
}  # fmt: skip


class Kind(NamedTuple):
    """A type: of a list what it holds, of a node its labels, of a relation its types, of a map its entries; `held` where nodes and relations are values in a list.

    `picked` is a list of which only some elements are meant: each has f0, whether it is, and f1, the element. It is made short where the answer is read.
    """

    name: Name
    of: "Kind | None" = None
    names: frozenset[str] = frozenset()
    entries: tuple[tuple[str, "Kind"], ...] = ()
    held: bool = False


NULL, BOOLEAN, INTEGER, FLOAT, STRING = Kind("null"), Kind("boolean"), Kind("integer"), Kind("float"), Kind("string")
DATE, DATETIME, DURATION, PATH, ID = Kind("date"), Kind("datetime"), Kind("duration"), Kind("path"), Kind("id")


class Said(NamedTuple):
    """An expression in the engine's words, and its type. A mixed one has a text and a type for each kind of column that may hold it."""

    text: str
    kind: Kind
    parts: tuple["Said", ...] = ()


NOTHING = Said("NULL", NULL)
NO_TRUTH = Said("CAST(NULL AS BOOL)", BOOLEAN)


def listed(of: Kind) -> Kind:
    """Return the type of a list."""
    return Kind("list", of)


def cannot(what: str, mend: str = "Ask in another way.") -> NoReturn:
    """Raise a QueryError that names what the engine cannot be asked."""
    raise QueryError(f"The engine cannot be asked for {what}.", mend)


def alike(one: Kind, other: Kind) -> bool:
    """Whether values of both types can be held against each other."""
    if one.name in NUMBERS and other.name in NUMBERS:
        return True
    if one.name == other.name == "list":
        assert one.of is not None
        assert other.of is not None
        return "null" in {one.of.name, other.of.name} or alike(one.of, other.of)
    return one.name == other.name


def common(kinds: Iterable[Kind], what: str) -> Kind:
    """Return the type that values of all these types have; raise QueryError where there is none."""
    found = NULL
    for kind in kinds:
        if found.name == "null":
            found = kind
        elif kind.name == "null" or kind == found:
            continue
        elif {found.name, kind.name} <= NUMBERS:
            found = FLOAT
        elif found.name == kind.name and found.name in {"node", "relation"} and found.held == kind.held:
            found = found._replace(names=found.names | kind.names)
        elif found.name == kind.name == "list" and found.of is not None and kind.of is not None:
            found = listed(common((found.of, kind.of), what))
        else:
            cannot(f"{what} of {_shown(found)} and {_shown(kind)}", "Make both one type: toString(), toInteger() or toFloat().")
    return found


def _shown(kind: Kind) -> str:
    names = {"integer": "numbers", "float": "numbers", "string": "texts", "boolean": "truth values", "mixed": "values of several types"}
    return names.get(kind.name, f"{kind.name}s")


def stored(kind: Kind) -> str:
    """Return what the engine calls a type."""
    if kind.name == "list":
        assert kind.of is not None
        return f"{stored(kind.of)}[]"
    return STORED.get(kind.name, "STRING")


def cast(said: Said, kind: Kind) -> str:
    """Return the text of an expression as a type that it has or may become."""
    if said.kind.name == "null" and (kind.name in STORED or (kind.name == "list" and kind.of is not None and kind.of.name in STORED)):
        return f"CAST(NULL AS {stored(kind)})"
    if said.kind.name == "integer" and kind.name == "float":
        return f"CAST({said.text} AS DOUBLE)"
    if said.kind.name == "list" and said.kind != kind and kind.name == "list" and kind.of is not None and kind.of.name in STORED:
        return f"CAST({said.text} AS {stored(kind)})"
    return said.text


def literal(text: str) -> str:
    r"""Return a text as the engine reads it.

    >>> print(literal("it's"))
    'it\'s'
    """
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + "".join(f"\\u{ord(one):04x}" if ord(one) < 32 or ord(one) == 127 else one for one in plain) + "'"
