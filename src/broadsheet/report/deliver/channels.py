"""From a profile's settings and a report to parcels, and to the channels that deliver them."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import OutputError
from broadsheet.report.archive import names_of, write_day, write_index
from broadsheet.report.deliver.feeds import FILES, FeedChannel, FeedPlace, feed_content, sweep
from broadsheet.report.deliver.mail import compose
from broadsheet.report.deliver.outbox import Channel, Delivery, Outbox, Outcome, Parcel, State
from broadsheet.report.deliver.settings import ChannelName, DeliveryConfig
from broadsheet.report.deliver.smtp import MailChannel
from broadsheet.report.model import Report
from broadsheet.report.render.mail_text import ReaderLinks

PAGE = "index.html"


class Place(NamedTuple):
    """Where a reader's page is and goes: the archive, the settings, and what the reader's mail links to (None: what the settings state)."""

    archive: Path
    settings: DeliveryConfig
    links: ReaderLinks | None = None

    @property
    def folder(self) -> Path:
        """The folder of files and feeds."""
        return Path(self.settings.folder) if self.settings.folder else self.archive

    @property
    def feeds(self) -> Path:
        """The folder of feeds."""
        return self.folder / "feeds"

    def destination(self, channel: ChannelName) -> str:
        """Say where a channel delivers to."""
        if channel == "mail":
            return self.settings.mail.to if self.settings.mail else ""
        return str(self.folder.resolve() if channel == "files" else self.feeds.resolve() / FILES[channel])

    def page(self, report: Report) -> str:
        """Return the address of a report's page, empty where nothing is published."""
        return f"{self.settings.address.rstrip('/')}/{report.label}/{PAGE}" if self.settings.address else ""

    def is_there(self, channel: ChannelName, delivery: Delivery) -> bool:
        """Tell whether what was delivered stands where it was put; of mail nobody can tell, so it does."""
        if channel == "mail":
            return True
        return (self.folder / str(delivery.label) / PAGE if channel == "files" else self.feeds / FILES[channel]).is_file()


class FilesChannel:
    """The channel `files`: a day's folder, replaced as a whole, and the index over all days."""

    name = "files"

    def __init__(self, place: Place) -> None:
        self._place = place

    def send(self, delivery: Delivery, content: bytes, mark: Callable[[], None]) -> Outcome:
        """Write the day; where the archive itself is the folder, only what is missing. Raises OutputError where that cannot be done."""
        del content, mark
        folder, label = self._place.folder, str(delivery.label)
        path = self._place.archive / label / "report.json"
        try:
            report = Report.model_validate_json(path.read_bytes())
        except (OSError, ValueError):
            raise OutputError(f"{path} cannot be read, or is no report.", f"Write the day again: broadsheet report --date {label}") from None
        # A day that stands in its own archive is not taken away to be put back: a kill in between would leave no day to send.
        is_own = folder.resolve() != self._place.archive.resolve()
        if is_own:
            sweep(folder, label, "index.html", "index.json", "feed.xml")
        if is_own or not all((folder / label / name).is_file() for name in names_of(report)):
            write_day(report, folder)
        elif label not in _indexed(folder):
            write_index(folder)
        return Outcome(State.DELIVERED)


def _indexed(folder: Path) -> set[str]:
    try:
        return {day["label"] for day in json.loads((folder / "index.json").read_bytes())["days"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def parcel(report: Report, channel: ChannelName, place: Place, origin: str, at: datetime) -> tuple[Parcel, tuple[str, ...]]:
    """Render a report for a channel; return the parcel and what is to be told of it.

    The files' content is the archive's own `report.json`, which `origin` is the hash of; the row keeps the hash alone.
    """
    to = place.destination(channel)
    if channel == "mail":
        assert place.settings.mail is not None
        letter = compose(report, place.settings.mail, at, links=place.links, page=place.page(report))
        return Parcel(report.reader, report.label, channel, to, letter.content, origin, letter.message_id, repeatable=False), letter.notes
    content = origin.encode() if channel == "files" else feed_content(report, channel)
    return Parcel(report.reader, report.label, channel, to, content, origin), ()


def open_channel(name: ChannelName, place: Place, outbox: Outbox, title: str) -> Channel:
    """Make a channel ready to deliver."""
    if name == "files":
        return FilesChannel(place)
    if name == "mail":
        assert place.settings.mail is not None
        return MailChannel(place.settings.mail)
    return FeedChannel(name, outbox, FeedPlace(place.feeds, title, place.settings.address), place.settings.items)
