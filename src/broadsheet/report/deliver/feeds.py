"""Feeds from the outbox: each label's entries are kept with its row, and the whole feed is written from them anew."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple
from xml.etree.ElementTree import Element

from broadsheet.core.files import write_file
from broadsheet.report.deliver.outbox import Delivery, Outbox, Outcome, State
from broadsheet.report.model import Report
from broadsheet.report.render.atom import atom_document, atom_entries, read_entries, written_entries
from broadsheet.report.render.json_feed import json_feed, json_items

FeedForm = Literal["atom", "json-feed"]
FILES: dict[FeedForm, str] = {"atom": "atom.xml", "json-feed": "feed.json"}


def feed_content(report: Report, form: FeedForm) -> bytes:
    """Return a label's part of a feed, as the outbox keeps it."""
    if form == "atom":
        return written_entries(atom_entries(report)).encode()
    return json.dumps(json_items(report), ensure_ascii=False).encode()


class FeedPlace(NamedTuple):
    """Where a feed is written and published: its folder, its title, and the address of the published archive, empty where it is not."""

    folder: Path
    title: str
    address: str = ""


class FeedChannel:
    """The channels `atom` and `json-feed`: one file, replaced as a whole, with the newest entries of all labels, at most `most`."""

    def __init__(self, form: FeedForm, outbox: Outbox, place: FeedPlace, most: int) -> None:
        self.name = form
        self.path = place.folder / FILES[form]
        self._form: FeedForm = form
        self._outbox = outbox
        self._place = place
        self._most = most
        self._holds: dict[date, str] = {}

    def send(self, delivery: Delivery, content: bytes, mark: Callable[[], None]) -> Outcome:
        """Write the feed; nothing where this run has written it with this label in it. Raises OutputError where the file cannot be written."""
        del content, mark
        if self._holds.get(delivery.label) != delivery.content_hash:
            rows = self._outbox.rows(delivery.reader)
            sweep(self.path.parent, self.path.name)
            write_file(self.path, self._written(delivery.reader))
            self._holds = {row.label: row.content_hash for row in rows if row.channel == self.name}
        return Outcome(State.DELIVERED)

    def _written(self, reader: str) -> str:
        address = self._place.address.rstrip("/")
        home, own = (f"{address}/index.html", f"{address}/feeds/{FILES[self._form]}") if address else ("", "")
        parts = self._outbox.contents(reader, self.name)
        if self._form == "json-feed":
            return json_feed(islice(_items(parts), self._most), self._place.title, home, own)
        newest = max(row.label for row in self._outbox.rows(reader) if row.channel == self.name)
        return atom_document(islice(_entries(parts), self._most), self._place.title, reader, newest, home, own)


def sweep(folder: Path, *names: str) -> None:
    """Remove what a killed process left of files that were to take their places. Nobody else writes there: whoever delivers has the turn.

    What was moved aside (`core.files.staged_folder`) stays: it may be all that there is.
    """
    for name in names:
        for left in folder.glob(f".{name}.*"):
            if left.name.endswith(".before"):
                continue
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _items(parts: Iterator[tuple[date, bytes]]) -> Iterator[dict[str, Any]]:
    for _, content in parts:
        yield from json.loads(content)


def _entries(parts: Iterator[tuple[date, bytes]]) -> Iterator[Element]:
    for _, content in parts:
        yield from read_entries(content.decode())
