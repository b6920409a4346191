"""A table that people fill in with a spreadsheet: written and read so that no letter of it is lost."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import ColumnError, EmptySourceError, RecordError, did_you_mean
from broadsheet.core.files import read_text, write_file
from broadsheet.core.schema import Columns

COLUMNS = (Columns.POST, Columns.TEXT, Columns.ANNOTATOR, Columns.LEVEL, Columns.START, Columns.END, Columns.EVIDENCE, Columns.PROPENSITY)
REQUIRED = (Columns.POST, Columns.TEXT, Columns.ANNOTATOR, Columns.LEVEL)
_SEPARATORS = ",;\t"
# A spreadsheet takes such a cell for a formula and runs it. Posts are written by strangers.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SHIELDED = re.compile(r"'+[=+\-@\t\r]")
# The longest cell that is read; the csv module's own limit is shorter than a long post.
_LONGEST_CELL = 2**30


class Sheet(NamedTuple):
    """Rows by column, and at which line of the file each begins. Columns that are none of ours are kept."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    lines: tuple[int, ...] = ()


def write_sheet(path: Path, sheet: Sheet) -> None:
    """Write comma-separated values as RFC 4180 has them, with the mark by which a spreadsheet knows UTF-8."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow(shielded(name) for name in sheet.columns)
    writer.writerows([shielded(row.get(name, "")) for name in sheet.columns] for row in sheet.rows)
    write_file(path, "\ufeff" + held.getvalue())


def shielded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe stands before it.

    >>> [shielded("=1+1"), unshielded("'=1+1"), shielded("'tis")]
    ["'=1+1", '=1+1', "'tis"]
    """
    return "'" + cell if _FORMULA.match(cell) else cell


def unshielded(cell: str) -> str:
    """Return what a cell was before it was shielded."""
    return cell[1:] if _SHIELDED.match(cell) else cell


def read_sheet(path: Path) -> Sheet:
    """Read comma-separated values, or values parted by semicolons or tabs; blank rows are passed over.

    Raises SourceNotFoundError, EmptySourceError, ColumnError, or RecordError with the line of a row that cannot be read.
    """
    text = read_text(path, "Check the path of the labels.", "Save it as CSV UTF-8.")
    first = text.split("\n", 1)[0].rstrip("\r")
    separator = max(_SEPARATORS, key=first.count)
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        found = list(_records(text, separator, path.name))
    finally:
        csv.field_size_limit(limit)
    if not found:
        raise EmptySourceError(f"{path} is empty.", "Write one with: broadsheet needs label --posts posts.jsonl --out labels.csv")
    columns = _columns(found[0][1], path.name)
    rows, lines = [], []
    for line, cells in found[1:]:
        if len(cells) > len(columns) and any(cells[len(columns) :]):
            raise RecordError(
                f"{path.name}, line {line} has {len(cells)} cells for {len(columns)} columns.", "Put a cell that holds the separator in quotation marks."
            )
        rows.append({name: unshielded(cell) for name, cell in zip(columns, cells + [""] * len(columns), strict=False)})
        lines.append(line)
    return Sheet(columns, rows, tuple(lines))


def _records(text: str, separator: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line at which each record begins, and its cells."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as fault:
        raise RecordError(f"{name}, line {line} cannot be read: {fault}.", "Mend its quotation marks: one inside a cell is written twice.") from None


def _columns(cells: Sequence[str], name: str) -> tuple[str, ...]:
    columns = tuple(cell.strip().lower() if cell.strip().lower() in COLUMNS else unshielded(cell) for cell in cells)
    for column in REQUIRED:
        if column not in columns:
            raise ColumnError(f"{name} has no column {column!r}.{did_you_mean(column, columns)}", f"Its first line names: {', '.join(COLUMNS)}.")
    if again := next((column for column in columns if column and columns.count(column) > 1), ""):
        raise ColumnError(f"{name} has the column {again!r} twice.", "Give one of them another name.")
    return columns
