"""A catalogue to embed, from a source of items or from pictures with texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.errors import ConfigError
from broadsheet.core.schema import Item
from broadsheet.represent.pictures.labelled import Labelled, read_labelled


class Shown(NamedTuple):
    """A catalogue, the folder its pictures are relative to (None where there are none), and what could not be read of it."""

    catalogue: Catalogue
    root: Path | None
    faults: list[str]


def open_catalogue(sources: Sequence[str], texts: Sequence[Path], images: Path | None, columns: str = "") -> Shown:
    """Read items from sources, or pictures from manifests; `images` is the folder of pictures of either, `columns` says which column of a source holds what.

    Raises ConfigError where neither or both are named, and as the readers do.
    """
    if bool(sources) == bool(texts):
        raise ConfigError("Items come from --source or from --texts, one of the two.", "Name one: --source items.jsonl, or --texts pictures.jsonl --images DIR")
    if sources:
        from broadsheet.sources import ColumnMap, read_source

        return Shown(Catalogue([announced.item for announced in read_source(list(sources), ColumnMap.parse(columns)).announcements]), images, [])
    if images is None:
        raise ConfigError("--texts names pictures relative to a folder.", "Say which: --images DIR")
    read = read_labelled(texts)
    return Shown(Catalogue([item_of(row) for row in {row.image: row for row in read.rows}.values()]), images, read.faults)


def item_of(row: Labelled) -> Item:
    """Return a picture with texts as an item, its path being its id.

    >>> item_of(Labelled("a/cat.png", "Cat", ("pet",), ("animals",))).text
    'pet'
    """
    said = ". ".join(part for part in (", ".join(row.keywords), row.description) if part)
    return Item(id=row.image, title=row.title, text=said, categories=row.category, images=(row.image,))
