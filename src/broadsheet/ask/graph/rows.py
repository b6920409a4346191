"""A single table as it stands in a file: names of columns that are each there once, and rows of values."""

import csv
import gzip
import io
import json
import re
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet.core.errors import ColumnError, RecordError, SourceError, TruncatedError
from broadsheet.sources.tables import ColumnMap, category_names, parse_json

SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet"})


class Raw(NamedTuple):
    """Columns by name, in their order, and what was said of a name that was changed."""

    columns: dict[str, list[Any]]
    renamed: dict[str, str]


def read_rows(path: Path) -> Raw | None:
    """Read a table: CSV (comma, semicolon, tab), JSON Lines or Parquet, also .gz; None for what is none, or cannot be read at all.

    Raises RecordError for a row with another number of cells than the header, by its line, and TruncatedError for a quotation that is not closed.
    """
    data = _content(path)
    if data is None or not (start := data.lstrip(b"\xef\xbb\xbf \t\r\n")[:8]) or start.startswith(b"<"):
        return None
    try:
        if start.startswith(b"PAR1"):
            frame = pl.read_parquet(io.BytesIO(data))
            return _named(frame.columns, [frame[name].to_list() for name in frame.columns])
        text = data.decode("utf-8-sig")
    except (UnicodeDecodeError, OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    if path.suffix == ".parquet":
        return None
    if start.startswith(b"{") or {".jsonl", ".ndjson"} & set(path.suffixes):
        return _of_json(text)
    return _of_csv(text, path.name)


def merged(raw: Raw, key: str, joined: str = "") -> tuple[Raw, int]:
    """Return a table whose rows of one key are one row, and how many rows were merged into another: of each column the first cell that is not empty stands.

    Where cells of the column `joined` differ in rows of one key, both hold: all its cells become lists, as a catalogue's categories are read.
    """
    place: dict[str, int] = {}
    rows = [place.setdefault(text, row) if (text := str(value if value is not None else "").strip()) else row for row, value in enumerate(raw.columns[key])]
    if (again := sum(row != first for row, first in enumerate(rows))) == 0:
        return raw, 0
    columns = {}
    for name, values in raw.columns.items():
        cells = list(values)
        if name == joined and any(row != first and not _is_empty(cells[row]) and cells[row] != cells[first] for row, first in enumerate(rows)):
            cells = [category_names(cell) for cell in cells]
        for row, first in enumerate(rows):
            if row != first and isinstance(cells[first], list) and isinstance(cells[row], list):
                cells[first] = list(dict.fromkeys([*cells[first], *cells[row]]))
            elif row != first and _is_empty(cells[first]):
                cells[first] = cells[row]
        columns[name] = [cells[row] for row, first in enumerate(rows) if row == first]
    return Raw(columns, raw.renamed), again


def _is_empty(cell: Any) -> bool:
    return cell is None or cell == [] or (isinstance(cell, str) and not cell.strip())


def is_of_papers(columns: list[str], where: str) -> bool:
    """Whether these are the columns of papers: an id, a title, and an abstract or authors, as sources know them.

    >>> is_of_papers(["id", "title", "abstract"], "x.csv"), is_of_papers(["sku", "name", "category", "price"], "x.csv")
    (True, False)
    """
    try:
        fields = ColumnMap().resolve(columns, where)
    except ColumnError:
        return False
    called = {field: column.strip().lower() for field, column in fields.items()}
    # Sources also take goods for items: their names, brands and descriptions make no papers of them.
    return (
        called["title"] != "name"
        and called["id"] != "sku"
        and (called.get("text", "description") != "description" or called.get("creators", "brand") != "brand")
    )


def _content(path: Path) -> bytes | None:
    if not path.is_file() or not SUFFIXES & set(path.suffixes[-2:]):
        return None
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else None if path.suffix == ".gz" else data
    except (OSError, EOFError, zlib.error):
        return None


def _of_json(text: str) -> Raw | None:
    try:
        rows = [parse_json(line) for line in io.StringIO(text, newline=None) if line.strip()]
    except json.JSONDecodeError:
        return None
    if not all(isinstance(row, dict) for row in rows):
        return None
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _named(names, [[row.get(name) for row in rows] for name in names])


def _of_csv(text: str, where: str) -> Raw:
    delimiter = max(",;\t", key=re.sub(r'"[^"]*"', "", text.lstrip("\r\n")).partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    begun = 1
    try:
        for row in reader:
            if row and rows and len(row) != len(rows[0]):
                said = f"{where}, line {begun}, has {len(row)} cells, the header {len(rows[0])}."
                raise RecordError(said, "Give each row as many cells as the header; quote cells that hold the delimiter.")
            rows += [row] if row else []
            begun = reader.line_num + 1
    except csv.Error as fault:
        kind: type[SourceError] = TruncatedError if "end of data" in str(fault) else RecordError
        raise kind(f"{where}, line {begun}: {fault}.", "Close the quotation mark, or fetch the file again.") from None
    return _named(rows[0], [list(cells) for cells in zip(*rows[1:], strict=True)] or [[] for _ in rows[0]])


def _named(names: list[str], columns: list[list[Any]]) -> Raw:
    """Give each column a name that a property may have, each once."""
    held: dict[str, list[Any]] = {}
    renamed: dict[str, str] = {}
    kept = {name.strip() for name in names}
    for place, (name, values) in enumerate(zip(names, columns, strict=True), 1):
        made = base = name.strip().lstrip("_") or f"column_{place}"
        number = 1
        while made in held or (made != name.strip() and made in kept):
            number += 1
            made = f"{base}_{number}"
        if made != name.strip():
            renamed[made] = name.strip()
        held[made] = values
    return Raw(held, renamed)
