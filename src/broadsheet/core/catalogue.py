"""A catalogue: items in order, each id once."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import polars as pl

from broadsheet.core.errors import RecordError
from broadsheet.core.schema import Columns, Item

FRAME = {
    Columns.ITEM: pl.String,
    Columns.TITLE: pl.String,
    Columns.TEXT: pl.String,
    Columns.URL: pl.String,
    Columns.CREATORS: pl.List(pl.String),
    Columns.CATEGORIES: pl.List(pl.String),
    Columns.ANNOUNCED: pl.Date,
    Columns.VERSION: pl.Int64,
}


class Selection(NamedTuple):
    """What `Catalogue.select` found, and the ids it did not know, in the order asked."""

    items: tuple[Item, ...]
    unknown: tuple[str, ...]


def text_hash(text: str) -> str:
    """Return the first 32 hexadecimal digits of a text's SHA-256: vectors are cached under it."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Catalogue:
    """Items in the order given; a second item with the same id is an error.

    >>> c = Catalogue([Item(id="a", title="Soup", text="Leek and potato.")])
    >>> c.texts()
    ['Soup. Leek and potato.']
    >>> c.select(["a", "b"]).unknown
    ('b',)
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self.items: tuple[Item, ...] = tuple(items)
        self._row = {item.id: row for row, item in enumerate(self.items)}
        if len(self._row) != len(self.items):
            seen: set[str] = set()
            twice = next(i.id for i in self.items if i.id in seen or seen.add(i.id))
            raise RecordError(f"The id {twice!r} stands twice in the catalogue.", "Merge the two records, or give each its own id.")

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._row

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in order."""
        return tuple(self._row)

    def row(self, item_id: str) -> int:
        """Return an item's row, or raise `RecordError`."""
        try:
            return self._row[item_id]
        except KeyError:
            raise RecordError(f"There is no item {item_id!r} in the catalogue.", "Use `select` where an id may be unknown.") from None

    def select(self, ids: Sequence[str]) -> Selection:
        """Look ids up; unknown ones are reported, never dropped."""
        found = tuple(self.items[self._row[i]] for i in ids if i in self._row)
        return Selection(found, tuple(i for i in ids if i not in self._row))

    def texts(self) -> list[str]:
        """Return what embedders read of each item: see `reading_text`."""
        return [reading_text(item) for item in self.items]

    def content_hash(self) -> str:
        """SHA-256 over all items; any change of any field changes it."""
        digest = hashlib.sha256()
        for item in self.items:
            digest.update(item.model_dump_json().encode() + b"\n")
        return digest.hexdigest()

    def frame(self) -> pl.DataFrame:
        """Return the catalogue as a frame of the columns and types in `FRAME`, of any size."""
        rows = [(i.id, i.title, i.text, i.url, list(i.creators), list(i.categories), i.announced, i.version) for i in self.items]
        return pl.DataFrame(rows, schema=FRAME, orient="row")


def reading_text(item: Item) -> str:
    """Join title, keywords where an item has them, and text, as embedders read them.

    Keywords come early because an embedder may read only the first tokens.
    """
    return ". ".join(part for part in (item.title, str(item.attributes.get("keywords") or ""), item.text) if part)
