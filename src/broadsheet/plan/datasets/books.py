"""Books by their titles as a pair: what readers had, in order, in categories whose names mean something, some nearly the same."""

import ast
import json
from collections.abc import Sequence
from pathlib import Path

from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.files import json_lines
from broadsheet.core.home import data_path
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.plan.datasets.assemble import Catalogue
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.datasets.positives import Sequences, positives_pair
from broadsheet.plan.items import one_category

SEQUENCES, CATEGORIES = "positive_sequences.jsonl", "item_categories.json"
MEND = f"Give the folder that holds {SEQUENCES} and {CATEGORIES}, or set BROADSHEET_DATA to the folder of data: books:interactive/books."
UNTOLD = "Untold"
"""The category of a book of which none is told."""


def books(folder: Path, *, seed: int = 0, progress: Progress = silent) -> Pair:
    """Return the pair of books: positives in order, negatives sampled, a kernel of categories that readers have together.

    A category is the pair of a shelf and what stands on it (`Romance: Contemporary`), since what stands on it alone may mean two things. Raises SourceNotFoundError where
    the files are not there, RecordError for lines that are no sequences.
    """
    titles, sequences = read_books(folder)
    return positives_pair("books", book_catalogue(folder, titles), sequences, seed=seed, progress=progress)


def read_books(folder: Path) -> tuple[tuple[str, ...], Sequences]:
    """Return the titles in order, and what readers had of them."""
    rows: list[Sequence[str]] = []
    users: list[str] = []
    for place, held in json_lines(_file(folder, SEQUENCES)):
        if held is None or "user" not in held or not _is_titles(held.get("items")):
            raise RecordError(f"{place} is no user with items.", MEND)
        users.append(str(held["user"]))
        rows.append(held["items"])
    titles = tuple(sorted({title for row in rows for title in row}))
    number = {title: row for row, title in enumerate(titles)}
    return titles, Sequences(tuple(users), Ragged.of([number[title] for title in row] for row in rows))


def category_name(parts: Sequence[str]) -> str:
    """Return how a category is called: the shelf and what stands on it.

    >>> category_name(["Romance", "Contemporary", "Late"]), category_name(["Romance", "</span>"]), category_name([])
    ('Romance: Contemporary', 'Romance', 'Untold')
    """
    said = [part.strip() for part in parts if part.strip() and not part.startswith("<")]
    return ": ".join(dict.fromkeys(said[:2])) or UNTOLD


def book_catalogue(folder: Path, titles: tuple[str, ...]) -> Catalogue:
    """Return the catalogue of titles, a category each. Raises RecordError where categories are not as they should be."""
    try:
        told = json.loads(_file(folder, CATEGORIES).read_text(encoding="utf-8"))
        names = [category_name(ast.literal_eval(told.get(title, "[]"))) for title in titles]
    except (ValueError, SyntaxError, AttributeError, TypeError):
        raise RecordError(f"{CATEGORIES} is no JSON object of lists of names.", MEND) from None
    categories = tuple(sorted(set(names)))
    return Catalogue(titles, titles, categories, one_category(names, categories))


def _is_titles(held: object) -> bool:
    return isinstance(held, list) and all(isinstance(title, str) for title in held)


def _file(folder: Path, name: str) -> Path:
    found = data_path(folder) / name
    if not found.is_file():
        raise SourceNotFoundError(f"There is no {name} in {folder}.", MEND)
    return found
