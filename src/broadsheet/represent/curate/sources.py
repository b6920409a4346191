"""Entries from what is at hand: lines of JSON, a catalogue, the published columns; a bad line is named and the rest is read."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.errors import EmptySourceError, SourceNotFoundError
from broadsheet.core.files import json_lines
from broadsheet.represent.curate.entry import Entry
from broadsheet.represent.curate.m3t import read_rows
from broadsheet.represent.muco.schema import Turn
from broadsheet.represent.pictures.labelled import EXAMPLE, Labelled, keywords, labelled, listed, plain

PAIR = '{"anchor": "a lamp of brass", "positive": "Brass lamp", "negative": "Oak chair"}'
# Attributes that are no property of the thing itself.
NO_ATTRIBUTES = frozenset({"keywords", "creators_verbatim"})


class Source(NamedTuple):
    """Entries, each id once, and two lines for each line or row that could not be read."""

    entries: tuple[Entry, ...]
    faults: tuple[str, ...] = ()


def read_texts(paths: Sequence[Path], seed: int = 0) -> Source:
    """Read files of JSON lines, and parquet files or folders of them in the published columns (see `m3t`).

    A JSON line with `positive` is a pair for sentence embedders: `anchor` (or `query`), `positive`, `negative` or `negative_1`,
    `negative_2`…, and where there are pictures `image` (shown with the anchor) and `positive_image`; pairs of one picture become
    the turns of one entry. Any other line tells of a picture: `image`, `title` (or `en`), and where known `description`, `keywords`,
    `category`, `attributes` and `translations` (the title by language). Of the wordings of a published query one is drawn by `seed`.
    Raises SourceNotFoundError for a path that is not there, EmptySourceError where no line can be read.
    """
    found: dict[str, Entry] = {}
    faults: list[str] = []
    for path in paths:
        for place, made in _entries(path, seed):
            if isinstance(made, str):
                faults.append(made)
            elif made.id not in found:
                found[made.id] = made
            elif made.turns and made.image and found[made.id].turns:
                found[made.id] = found[made.id].model_copy(update={"turns": found[made.id].turns + made.turns})
            else:
                faults.append(f"{place} names {made.id} again; the first is kept.\nMerge the two lines, or give each its own picture.")
    if not found:
        names = ", ".join(str(path) for path in paths)
        first = f" {faults[0].splitlines()[0]}" if faults else ""
        raise EmptySourceError(f"Nothing in {names or 'no file'} can be used.{first}", f"Write one JSON object a line, for example: {EXAMPLE}")
    return Source(tuple(found.values()), tuple(faults))


def from_catalogue(catalogue: Catalogue) -> Source:
    """Make an entry of each item; its first picture is the one shown.

    >>> from broadsheet.core.schema import Item
    >>> from_catalogue(Catalogue([Item(id="a", title="Lamp", attributes={"brand": "Ohm"})])).entries[0].attributes
    {'brand': 'Ohm'}
    """
    entries = []
    for item in catalogue:
        scalars = {name: str(value) for name, value in item.attributes.items() if isinstance(value, (str, int, float)) and not isinstance(value, bool)}
        entries.append(
            Entry(
                id=item.id,
                image=item.images[0] if item.images else None,
                title=plain(item.title),
                description=plain(item.text),
                keywords=keywords(item.attributes.get("keywords")),
                categories=item.categories,
                attributes={name: value for name, value in scalars.items() if name not in NO_ATTRIBUTES and value.strip()},
            )
        )
    return Source(tuple(entries))


def _entries(path: Path, seed: int) -> Iterator[tuple[str, Entry | str]]:
    """Yield for each line or row its place and its entry, or two lines that say what is wrong with it."""
    if path.is_dir() or path.suffix == ".parquet":
        for place, row in read_rows(path):
            if isinstance(row, str):
                yield place, row
            else:
                yield place, Entry(id=row.id, image=row.image, turns=row.example(seed).turns)
        return
    try:
        for number, (place, data) in enumerate(json_lines(path), 1):
            yield f"{place},", _of_line(f"{place},", data, f"{path.stem}/{number}")
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", f"Name a file of JSON lines such as {EXAMPLE}") from None


def _of_line(place: str, data: Mapping[str, Any] | None, name: str) -> Entry | str:
    if data is None:
        return f"{place} is no JSON object.\nWrite for example: {EXAMPLE}"
    pair = "positive" in data or "positive_image" in data
    try:
        return _pair(data, name) if pair else _told(data)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        return f"{place} cannot be used: {str(first['msg']).removeprefix('Value error, ')}.\nWrite for example: {PAIR if pair else EXAMPLE}"
    except (KeyError, TypeError, AttributeError):
        lacking = "an anchor and a positive" if pair else "an image and a title"
        return f"{place} lacks {lacking}, or has one of a wrong type.\nWrite for example: {PAIR if pair else EXAMPLE}"


def _pair(data: Mapping[str, Any], name: str) -> Entry:
    image = data.get("image") or None
    query = plain(str(data.get("anchor") or data.get("query") or ""))
    if not query and not image:
        raise KeyError("anchor")
    negatives = [text for key, value in data.items() if key.startswith("negative") for text in listed(value)]
    turn = Turn(
        query=query,
        target=plain(str(data.get("positive") or "")),
        kind=str(data.get("kind") or "retrieval"),
        target_image=data.get("positive_image"),
        negatives=tuple(plain(str(text)) for text in negatives),
    )
    return Entry(id=str(image or name), image=image, turns=(turn,))


def entry_of(row: Labelled) -> Entry:
    """Return an entry of a picture with texts; its path is its id."""
    return Entry(id=row.image, image=row.image, title=row.title, description=row.description, keywords=row.keywords, categories=row.category)


def _told(data: Mapping[str, Any]) -> Entry:
    further = {
        "attributes": {
            str(name): text for name, value in (data.get("attributes") or {}).items() if isinstance(value, (str, int, float)) and (text := plain(str(value)))
        },
        "titles": {str(code): plain(str(text)) for code, text in (data.get("translations") or {}).items() if str(text).strip()},
    }
    return entry_of(labelled(data)).model_copy(update=further)
