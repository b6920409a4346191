"""Texts with one label each, in the layout of Banking77: a CSV file with the columns text and category, or a folder that holds it."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np

from broadsheet.core.errors import ColumnError, ConfigError, EmptySourceError, RecordError, SourceNotFoundError

TEXT, CATEGORY = "text", "category"


class Labelled(NamedTuple):
    """Texts, and the label of each."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def some(self, rows: np.ndarray) -> "Labelled":
        """Return some of them."""
        kept = rows.tolist()
        return Labelled(tuple(self.texts[row] for row in kept), tuple(self.labels[row] for row in kept))


def labelled_file(path: Path, name: str) -> Path:
    """Return the file itself, or a folder's file of that name, or its only CSV file. Raises SourceNotFoundError or ConfigError."""
    if not path.is_dir():
        return path
    found = sorted(path.glob("*.csv"))
    if path / name in found:
        return path / name
    if not found:
        raise SourceNotFoundError(f"There is no CSV file in {path}.", "Name a file with the columns text and category, or a folder that holds one.")
    if len(found) > 1:
        raise ConfigError(f"{path} holds {', '.join(one.name for one in found)}, and no {name}.", "Name one of them.")
    return found[0]


def read_labelled(path: Path) -> Labelled:
    """Read a CSV file of texts and categories. Raises SourceNotFoundError, EmptySourceError, ColumnError or RecordError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns, rows = list(reader.fieldnames or ()), list(reader)
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --banking77 and of --fit.") from None
    except (UnicodeDecodeError, csv.Error) as fault:
        raise RecordError(f"{path} is not CSV in UTF-8: {fault}.", "Give a CSV file with the columns text and category.") from None
    if not rows:
        raise EmptySourceError(f"{path} holds no text.", "Give a CSV file with the columns text and category.")
    for column in (TEXT, CATEGORY):
        if column not in columns:
            raise ColumnError(f"{path} has no column {column!r}.", f"It has: {', '.join(columns)}.")
    for number, row in enumerate(rows, 1):
        if not (row[TEXT] or "").strip() or not (row[CATEGORY] or "").strip():
            raise RecordError(f"{path}, record {number}, lacks its text or its category.", "Fill both in, or leave the record out.")
    return Labelled(tuple(row[TEXT] for row in rows), tuple(row[CATEGORY].strip() for row in rows))
