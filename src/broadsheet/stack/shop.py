"""Items and who had them, read for a run: a shop, a menu with orders, movies with viewers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from broadsheet.core.errors import RecordError, did_you_mean
from broadsheet.core.home import data_path
from broadsheet.core.schema import Announcement, Columns, Item
from broadsheet.sources import ColumnMap, read_source
from broadsheet.sources.events import EVENTS, read_events
from broadsheet.sources.merge import again, differences, merge
from broadsheet.stack.recipe import Recipe
from broadsheet.stack.words import counted

# Of so many records that were merged it is told what they say otherwise.
TOLD = 3
PICTURED = ("image", "images", "picture", "photo")
ENDINGS = (".png", ".jpg", ".jpeg", ".webp")


class Told(NamedTuple):
    """What a reader told on a page: items that count as had, with the time in seconds since 1970, oldest first, and those that are not to be shown."""

    had: tuple[tuple[str, float], ...] = ()
    hidden: tuple[str, ...] = ()


class Shop(NamedTuple):
    """Items by id, what each user had, oldest first, whose page it is, all events, the folder of pictures, and what a reader of the page should know."""

    items: Mapping[str, Item]
    histories: Mapping[str, list[str]]
    reader: str
    events: pl.DataFrame
    root: Path | None
    note: str


def read_shop(recipe: Recipe, reader: str) -> Shop:
    """Read the items and events of a recipe; without a `reader` it is whoever had most.

    Raises what reading tables raises, and RecordError for a reader of whom no event tells, or where no event is of an item that is there.
    """
    folder = data_path(Path(recipe.events))
    if folder.is_dir():
        return _of_sequences(folder, reader)
    batch = read_source(recipe.source, ColumnMap.parse(recipe.columns))
    items = [one.item for one in merge(batch.announcements, by_day=False)]
    repeated = batch.repeated + len(batch.announcements) - len(items)
    root = Path(recipe.images) if recipe.images and Path(recipe.images).is_dir() else None
    pictured = [_with_picture(item, root) for item in items]
    known = {item.id: item for item in pictured}
    read = read_events(folder, recipe.event_columns)
    frame = read.frame.filter(pl.col(Columns.ITEM).is_in(list(known)))
    if frame.is_empty():
        raise RecordError(
            f"No event of {folder.name} is of an item of the catalogue.",
            'Ids of both tables must be written alike; name the columns: event_columns = "item=COLUMN"',
        )
    strange, shown = len(read.frame) - len(frame), sum(bool(item.images) for item in pictured)
    notes = [f"Left out: {counted(strange, 'event')} of items that the catalogue lacks." if strange else ""]
    pairs = [*batch.again, *again(batch.announcements, by_day=False)]
    notes += [f"Merged with the first of the same id: {counted(repeated, 'record')}{_otherwise(pairs)}." if repeated else ""]
    notes += [f"Left out: {counted(count, 'event')} of kind {kind}, which says nothing of what was had." for kind, count in sorted(read.left_out.items())]
    notes += [f"Without a picture: {counted(len(items) - shown, 'item')}." if root is not None and shown < len(items) else ""]
    notes += [f"There is no folder of pictures {recipe.images}." if recipe.images and root is None else ""]
    histories = _histories(frame)
    return Shop(known, histories, _reader(histories, reader), frame, root, " ".join(note for note in notes if note))


def with_told(shop: Shop, told: Told) -> Shop:
    """Return a shop in which its reader had what they told last."""
    rows = [(shop.reader, item, at) for item, at in told.had if item in shop.items]
    if not rows:
        return shop
    own = [*shop.histories[shop.reader], *(item for _, item, _ in rows)]
    events = pl.concat([shop.events, pl.DataFrame(rows, schema=EVENTS, orient="row")])
    note = " ".join(filter(None, [shop.note, f"Told on the page: {counted(len(rows), 'event')} of these."]))
    return shop._replace(histories={**shop.histories, shop.reader: own}, events=events, note=note)


def users_of(recipe: Recipe) -> list[str]:
    """Return the users of a recipe's events, those who had most first."""
    histories = read_shop(recipe, "").histories
    return sorted(histories, key=lambda user: (-len(histories[user]), user))


def _of_sequences(folder: Path, reader: str) -> Shop:
    """Return a folder of sequences in one of the published layouts."""
    from broadsheet.stack.known import of_shop

    known = of_shop(folder)
    histories = {f"u{number}": row for number, row in enumerate(known.histories, 1)}
    times = known.times or [[None] * len(row) for row in known.histories]
    rows = [(user, item, at) for (user, row), moments in zip(histories.items(), times, strict=True) for item, at in zip(row, moments, strict=True)]
    frame = pl.DataFrame(rows, schema=EVENTS, orient="row")
    return Shop({item.id: item for item in known.catalogue}, histories, _reader(histories, reader), frame, known.root, "; ".join(known.facts))


def _histories(frame: pl.DataFrame) -> dict[str, list[str]]:
    grouped = frame.group_by(Columns.USER, maintain_order=True).agg(Columns.ITEM)
    return {user: list(row) for user, row in grouped.iter_rows()}


def _otherwise(pairs: Sequence[tuple[Announcement, Announcement]]) -> str:
    """Tell what records that were merged say otherwise than the first, of a few of them."""
    told = [f"{second.item.id} also has {', '.join(found)}" for first, second in pairs if (found := differences(first.item, second.item))]
    more = f"; and {counted(len(told) - TOLD, 'other')}" if len(told) > TOLD else ""
    return f" ({'; '.join(told[:TOLD])}{more})" if told else ", which says the same" if len(pairs) == 1 else ", which say the same"


def _reader(histories: Mapping[str, Sequence[str]], named: str) -> str:
    if not named:
        return min(histories, key=lambda user: (-len(histories[user]), user))
    if named not in histories:
        raise RecordError(
            f"No event tells of the user {named!r}.{did_you_mean(named, histories)}",
            f"There are {len(histories):,}, such as {', '.join(list(histories)[:3])}: --reader",
        )
    return named


def _with_picture(item: Item, root: Path | None) -> Item:
    """Return an item with the picture that its table or the folder has; a path that leads out of the folder is none."""
    if root is None or item.images:
        return item
    stated = next((str(item.attributes[name]) for name in PICTURED if item.attributes.get(name)), "")
    names = [stated, Path(stated).name] if stated else [f"{item.id}{ending}" for ending in ENDINGS]
    base = root.resolve()
    for name in names:
        path = (root / name).resolve()
        if path.is_relative_to(base) and path.is_file():
            return item.model_copy(update={"images": (str(path.relative_to(base)),)})
    return item
