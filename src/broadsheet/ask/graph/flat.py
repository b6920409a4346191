"""A single table as a graph: a node for each row, nodes for values that repeat, relations between rows that name each other."""

import re
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

import polars as pl

from broadsheet.ask.graph.keyed import Keyed
from broadsheet.ask.graph.naming import KEYS, naming
from broadsheet.ask.graph.rows import Raw, is_of_papers, merged, read_rows
from broadsheet.ask.graph.tables import SHORT, Graph, closed, type_of
from broadsheet.ask.graph.typed import typed
from broadsheet.core.errors import ColumnError, EmptySourceError, did_you_mean

NAME = "name"
_NAMES = frozenset({NAME, "title", "label", "caption", "description", "text", "note", "notes", "comment", "url", "link", "email"})
# A column of whole numbers that are also keys points to rows only where its name says so: a stock of 3 is no row 3.
_POINTS = re.compile(r".*(_id|Id|ID| id|parent|manager|boss|supervisor|leader|predecessor|successor|reports.?to|part.?of|replace[sd].*)", re.DOTALL)
_ID = re.compile(r"(.*[\s_-])?(id|ID|Id)|.*[a-z]I[dD]", re.DOTALL)
_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman", "movies": "movie", "cookies": "cookie", "mice": "mouse", "feet": "foot"}
# So many different texts of a column are nodes, if they are no more than this share of all.
MOST, RECUR = 500, 0.75
_SAME = ("series", "species", "news", "ss", "us", "is")


class Wishes(NamedTuple):
    """What overrules the rules: the label of rows, columns that become nodes, columns that do not, the column of what rows are called, and that of their keys.

    Rows of one key are one node; of a column that is `joined` all values hold that rows of one key state.
    """

    label: str = ""
    nodes: tuple[str, ...] = ()
    no_nodes: tuple[str, ...] = ()
    title: str = ""
    key: str = ""
    joined: str = ""


def table_graph(path: Path, wishes: Wishes = Wishes()) -> Graph | None:  # noqa: B008
    """Return the graph of a table that is not one of papers, else None; a label, or any other wish, makes any table one of rows.

    `(:Product {sku, price, category})-[:HAS_CATEGORY]->(:Category {name})`. Raises EmptySourceError, RecordError, TruncatedError, and ColumnError for a
    wish about a column that is not there.
    """
    raw = read_rows(path)
    if raw is None:
        if any(wishes):
            raise ColumnError(
                f"{path} is not a single table, or is not there.", "A label, and columns that become nodes, are for one CSV, JSON Lines or Parquet file."
            )
        return None
    if not any(wishes) and is_of_papers([raw.renamed.get(name, name) for name in raw.columns], path.name):
        return None
    if not any(raw.columns.values()):
        raise EmptySourceError(f"{path} holds no record.", "Give a file with at least one record.")
    for column in (*wishes.nodes, *wishes.no_nodes, *filter(None, [wishes.key, wishes.joined])):
        if column not in raw.columns:
            raise ColumnError(f"{path.name} has no column {column!r}.{did_you_mean(column, raw.columns)}", f"Its columns are: {', '.join(raw.columns)}.")
    return _Table(wishes.label or label_of(path.name.partition(".")[0]), raw, wishes).graph()


def label_of(name: str) -> str:
    """Return the label that a file or a column names.

    >>> [label_of(name) for name in ("products", "order_items", "Kategorien 2", "countries", "2026-sales", "box office")]
    ['Product', 'OrderItem', 'Kategorien2', 'Country', 'Row2026Sale', 'BoxOffice']
    """
    words = re.findall(r"[^\W_]+", name) or ["row"]
    words[-1] = singular(words[-1])
    made = "".join(word[0].upper() + word[1:] for word in words)
    return f"Row{made}" if made[0].isdigit() else made


def singular(word: str) -> str:
    """Return an English word in the singular.

    >>> [singular(word) for word in ("boxes", "houses", "menu", "status", "series", "classes", "people", "cities")]
    ['box', 'house', 'menu', 'status', 'series', 'class', 'person', 'city']
    """
    low = word.lower()
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if not low.endswith("s") or low.endswith(_SAME) or len(low) < 4:
        return word
    if low.endswith("ies") and len(low) > 4:
        return word[:-3] + "y"
    return word[:-2] if low.endswith(("sses", "xes", "ches", "shes", "zzes", "uses")) and not low.endswith(("ouses", "causes")) else word[:-1]


class _Table:
    """Takes the columns of a table one after the other."""

    def __init__(self, label: str, raw: Raw, wishes: Wishes) -> None:
        self.label, self.raw, self.wishes = label, raw, wishes
        self.told: list[dict[str, str]] = []
        self.own: dict[str, pl.Series] = {}
        self.remarks: dict[str, str] = {}
        self.in_units: dict[str, str] = {}
        if wishes.key:
            self.raw, again = merged(raw, wishes.key, wishes.joined)
            self._remark(wishes.key, f"{again:,} row{'' if again == 1 else 's'} merged with the first of the same {wishes.key}" if again else "")
        for name, values in self.raw.columns.items():
            self._take(name, values)
        self.rows = len(next(iter(self.raw.columns.values())))
        self.key = self._key()
        self._labels = {label.lower()}

    def _take(self, name: str, values: Sequence[Any]) -> None:
        if name in self.raw.renamed:
            was = self.raw.renamed[name]
            self.remarks[name] = f"called {was!r} in the file" if was else "without a name in the file"
        if all(one is None or one == [] or (isinstance(one, str) and not one.strip()) for one in values):
            self._tell(name, "", "empty: left out")
        elif any(isinstance(one, dict) or (isinstance(one, list) and any(isinstance(part, dict | list) for part in one)) for one in values):
            self._tell(name, "", "nested: left out")
        elif (parts := _parted(name, values)) is not None:
            self.own[name] = parts
        else:
            made = typed(name, values)
            own = self._in_unit(name, made.unit)
            self.own[own] = made.values.alias(own)
            self._remark(own, "; ".join(filter(None, (self.remarks.pop(name, "") if own != name else "", made.remark))))

    def _in_unit(self, name: str, unit: str) -> str:
        """Return a column's name with the unit of its figures, where it does not say it and nobody asked for it by its own."""
        words = [one.lower() for one in re.split(r"[\W_]+", name) if one]
        if not unit or unit.lower() in words or name in {*self.wishes.nodes, *self.wishes.no_nodes, self.wishes.title, self.wishes.key, self.wishes.joined}:
            return name
        made = f"{name}{' ' if ' ' in name else '_'}{unit}"
        if made in self.raw.columns:
            return name
        self.remarks[name] = "; ".join(filter(None, (self.remarks.get(name), f"called {name!r} in the file")))
        self.in_units[name] = made
        return made

    def _remark(self, name: str, text: str) -> None:
        self.remarks[name] = "; ".join(filter(None, (self.remarks.get(name), text)))

    def _tell(self, name: str, kind: str, became: str) -> None:
        self.told.append({"column": name, "type": kind, "became": became, "remark": self.remarks.get(name, "")})

    def _key(self) -> str | None:
        """Return the column of the rows' keys: of those whose values differ, the first that is called like a key, else the first."""
        if self.wishes.key:
            return self.wishes.key
        unique = [name for name, held in self.own.items() if held.dtype in (pl.String, pl.Int64) and not held.null_count() and held.n_unique() == self.rows]
        usual = (*KEYS, f"{self.label.lower()}_id", f"{self.label.lower()}id")
        if found := next((name for name in unique if name.lower() in usual), None):
            return found
        for name, held in self.own.items():
            if name.lower() not in usual and unique:
                continue
            # Of ten values nine and more are different: keys, but for a record that was written twice.
            if held.dtype in (pl.String, pl.Int64) and not held.null_count() and self.rows - held.n_unique() <= self.rows // 10:
                self._remark(name, f"{self.rows - held.n_unique():,} of its values stood before, each a row of its own: --key {quote(name)} merges them")
                break
        return next(iter(unique), None)

    def graph(self) -> Graph:
        """Return the graph of it, with what became of each column."""
        keyed = Keyed()
        frame = pl.DataFrame(list(self.own.values())) if self.own else pl.DataFrame({"row": range(1, self.rows + 1)})
        keyed.nodes(self.label, range(self.rows), frame)
        for name, held in self.own.items():
            self._tell(name, type_of(held.dtype), self._became(keyed, name, held))
        order = [self.in_units.get(name, name) for name in self.raw.columns]
        made = keyed.graph()
        named = naming(self.label, frame, self.key, self.wishes.title)
        told = tuple(sorted(self.told, key=lambda one: order.index(one["column"])))
        return Graph(made.nodes, made.joined, told, {self.label: named} if named else {})

    def _became(self, keyed: Keyed, name: str, held: pl.Series) -> str:
        if name in self.wishes.no_nodes:
            return "property"
        wished = name in self.wishes.nodes
        pairs = [(row, one) for row, value in enumerate(held) if value is not None for one in _values(value)]
        if (ends := self._rows_named(name, pairs)) is not None:
            if wished or held.dtype not in (pl.Int64, pl.List(pl.Int64)) or _POINTS.fullmatch(name):
                kind = _upper(re.sub(r"[\s_]?(id|ids|Id|ID)$", "", name)) or "POINTS_TO"
                keyed.join(kind, (self.label, [row for row, _ in pairs]), (self.label, ends))
                return f"property, and (:{self.label})-[:{kind}]->(:{self.label})"
            self._remark(name, f"its numbers are also values of {self.key}: --nodes {name!r} makes relations of them")
        listed = isinstance(held.dtype, pl.List)
        if not (wished or self._repeats(name, held, pairs)):
            return "key" if name == self.key else "property"
        label = self._label(label_of(name))
        kind = f"HAS_{_upper(singular(name) if listed else name) or 'VALUE'}"
        keyed.named(label, (str(one) for _, one in pairs), NAME)
        keyed.join(kind, (self.label, [row for row, _ in pairs]), (label, [str(one) for _, one in pairs]))
        return f"property, and (:{self.label})-[:{kind}]->(:{label} {{{NAME}}})"

    def _repeats(self, name: str, held: pl.Series, pairs: Sequence[tuple[int, Any]]) -> bool:
        """Whether a column's values are nodes by themselves: short texts in lists, or texts that are no keys and no names and are a closed set, or of which many come again."""
        if held.dtype == pl.List(pl.String):
            return bool(pairs) and all(len(one) <= SHORT for _, one in pairs)
        named = name.lower() in _NAMES or label_of(name).lower() in {f"{self.label}{word}".lower() for word in _NAMES}
        plain = held.dtype == pl.String and name not in {self.key, self.wishes.title} and not named and not _ID.fullmatch(name)
        return plain and (closed(held) or _recurs(held))

    def _rows_named(self, name: str, pairs: Sequence[tuple[int, Any]]) -> list[int] | None:
        """Return the rows whose keys a column's values are; None where one is no key, or where all rows name themselves."""
        if self.key is None or name == self.key:
            return None
        places = {key: row for row, key in enumerate(self.own[self.key])}
        ends = [places.get(one) for _, one in pairs]
        if None in ends or not ends or all(row == end for (row, _), end in zip(pairs, ends, strict=True)):
            return None
        return [end for end in ends if end is not None]

    def _label(self, label: str) -> str:
        made = label
        while made.lower() in self._labels:
            made = f"{self.label}{made}"
        self._labels.add(made.lower())
        return made


def _recurs(held: pl.Series) -> bool:
    """Whether texts are short and so many come again that something may be counted for each: makers of some things each."""
    texts = held.drop_nulls()
    distinct = texts.unique()
    return 0 < len(distinct) <= MOST and len(distinct) <= RECUR * len(texts) and all(len(one) <= SHORT for one in distinct)


def _upper(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip()).strip("_").upper()


def _values(value: Any) -> list[Any]:
    return list(dict.fromkeys(value)) if isinstance(value, list | pl.Series) else [value]


def _parted(name: str, values: Sequence[Any]) -> pl.Series | None:
    """Return lists where values are lists, or where half of the texts or more are short names parted by ; or |, some of which repeat."""
    held = [one for one in values if one is not None and one != ""]
    if all(isinstance(one, list) for one in held):
        kinds = {type(part) for one in held for part in one if part is not None}
        if kinds and kinds <= {int, float}:
            return pl.Series(name, values, dtype=pl.List(pl.Int64 if kinds == {int} else pl.Float64), strict=False)
        lists = [[text for part in one if part is not None and (text := str(part).strip())] or None if one else None for one in values]
        return pl.Series(name, lists, dtype=pl.List(pl.String))
    if name.lower() in _NAMES or not all(isinstance(one, str) for one in held):
        return None
    for mark in ";|":
        parts = [[text for part in (one or "").split(mark) if (text := part.strip())] or None for one in values]
        every = [part for one in parts for part in one or ()]
        if 2 * sum(mark in one for one in held) >= len(held) and len(set(every)) < len(every) and max(map(len, every)) <= SHORT:
            return pl.Series(name, parts, dtype=pl.List(pl.String))
    return None
