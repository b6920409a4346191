"""What complaints are about, by a classifier, by fourteen recorded language models, and by a cascade that asks one of them where the classifier is unsure."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from broadsheet.core.errors import ColumnError, EmptySourceError, SourceNotFoundError

PREDICTION, SECONDS = "_prediction", "time-"


class Recorded(NamedTuple):
    """What one language model said of each text `[N]`, and in how many seconds."""

    said: tuple[str, ...]
    seconds: np.ndarray

    def some(self, rows: np.ndarray) -> "Recorded":
        """Return some of it."""
        return Recorded(tuple(self.said[row] for row in rows.tolist()), self.seconds[rows])


class Complaints(NamedTuple):
    """Texts with the product that each is about, and what language models said."""

    texts: tuple[str, ...]
    products: tuple[str, ...]
    models: Mapping[str, Recorded]

    def some(self, rows: np.ndarray) -> "Complaints":
        """Return some of them."""
        kept = rows.tolist()
        texts, products = (tuple(column[row] for row in kept) for column in (self.texts, self.products))
        return Complaints(texts, products, {name: one.some(rows) for name, one in self.models.items()})


def read_complaints(path: Path) -> Complaints:
    """Read a CSV file of narratives with their product, and for each model what it said and in how many seconds: NAME_prediction beside a column that begins `time-`.

    Raises SourceNotFoundError, EmptySourceError or ColumnError.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns, rows = list(reader.fieldnames or ()), list(reader)
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --cfpb and of --fit.") from None
    if not rows:
        raise EmptySourceError(f"{path} holds no complaint.", "Give a CSV file with the columns narrative and product.")
    for column in ("narrative", "product"):
        if column not in columns:
            raise ColumnError(f"{path} has no column {column!r}.", f"It has: {', '.join(columns)}.")
    models = {}
    for place, column in enumerate(columns):
        if column.endswith(PREDICTION):
            timed = columns[place + 1] if place + 1 < len(columns) and columns[place + 1].startswith(SECONDS) else None
            seconds = np.array([_seconds(row[timed]) if timed else np.nan for row in rows])
            models[column.removesuffix(PREDICTION)] = Recorded(tuple(row[column].strip() for row in rows), seconds)
    return Complaints(tuple(row["narrative"] for row in rows), tuple(row["product"].strip() for row in rows), models)


def _seconds(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def vote(models: Sequence[Recorded]) -> list[str]:
    """Return what most models said of each text; of labels said as often, the first in the alphabet.

    >>> vote([Recorded(("a", "b"), np.zeros(2)), Recorded(("a", "c"), np.zeros(2))])
    ['a', 'b']
    """
    found = []
    for said in zip(*(one.said for one in models), strict=True):
        names, counts = np.unique(said, return_counts=True)
        found.append(str(names[counts.argmax()]))
    return found
