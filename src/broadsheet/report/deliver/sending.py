"""Sending an archive: what is written in its days goes into the outbox, oldest label first, and from there to the reader."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.errors import BroadsheetError, DeliveryError, OutputError, ProfileError, SourceNotFoundError, UnknownDeliveryError
from broadsheet.core.schema import Record
from broadsheet.core.store import Store
from broadsheet.report.deliver.channels import Place, open_channel, parcel
from broadsheet.report.deliver.outbox import Delivery, Outbox, Put, State
from broadsheet.report.deliver.settings import ChannelName
from broadsheet.report.deliver.smtp import MailChannel
from broadsheet.report.feedback.links import configured
from broadsheet.report.feedback.subscription import is_unsubscribed
from broadsheet.report.model import Report


class Wanted(NamedTuple):
    """What is asked for: the reader (empty: the archive's), the channels (none: the settings' own), one label alone, and what to do with what went before.

    `resend` sends a label again, the newest or the one asked for, whatever became of it; `resend_unknown` sends again whatever is unknown, under the same
    Message-ID; `now` tries what was refused without waiting.
    """

    reader: str = ""
    channels: tuple[ChannelName, ...] = ()
    label: date | None = None
    resend: bool = False
    resend_unknown: bool = False
    now: bool = False


class Sent(Record):
    """What a run did: rows that it tried or found lost, rows that are not delivered after it, and what is to be told."""

    reader: str
    tried: tuple[Delivery, ...] = ()
    left: tuple[Delivery, ...] = ()
    notes: tuple[str, ...] = ()

    def fault(self) -> BroadsheetError | None:
        """Return the error that says what is not delivered, the unknown before the refused; None where all is."""
        unknown = [row for row in self.left if row.state in (State.UNKNOWN, State.SENDING)]
        if unknown:
            what = f"Nobody can know whether {_named(unknown)} arrived: {unknown[0].reason}."
            mend = "Ask the reader. If it did: broadsheet report outbox --settle"
            return UnknownDeliveryError(what, f"{mend} {unknown[0].label}; else: broadsheet report send --resend-unknown, which uses the same Message-ID")
        if not self.left:
            return None
        first = min(self.left, key=lambda row: row.state is not State.REFUSED)
        if first.state is State.REFUSED:
            mend = f"Mend what the server names, then: broadsheet report send --resend --date {first.label}; or leave it: broadsheet report outbox --settle {first.label}"
            is_final = all(row.state is State.REFUSED for row in self.left)
            return DeliveryError(f"Not delivered: {_named(self.left, first)}. {first.reason}", mend, is_final=is_final)
        return DeliveryError(
            f"Not delivered yet: {_named(self.left)}. {first.reason}", "It is kept; mend that if it is yours to mend, and send again: broadsheet report send"
        )


def send_archive(place: Place, wanted: Wanted, store: Store, clock: Clock | None = None, has_left: Callable[[str], bool] | None = None) -> Sent:
    """Deliver the reports of an archive that are not delivered, oldest label first; doing it again does nothing twice.

    Without links of its own the place takes those of this installation (`feedback.links`). `has_left` tells whether a reader unsubscribed from mail; without it, the
    store's events do. Raises ProfileError where the archive is another reader's, SourceNotFoundError where it has no report.
    """
    clock = clock or WallClock()
    outbox = Outbox(store, clock)
    days = _days(place.archive, wanted.label)
    place = place if place.links is not None else place._replace(links=configured(clock))
    run = _Run(place, wanted, outbox, clock, has_left or partial(is_unsubscribed, store), days[-1].label)
    reader = [run.put(day) for day in days][-1]
    names = run.names(reader)
    title = _title(place.archive, reader)
    channels = [open_channel(name, place, outbox, title) for name in names]
    try:
        tried = outbox.deliver(channels, reader, label=wanted.label, resend_unknown=wanted.resend_unknown, now=wanted.now)
    finally:
        for channel in channels:
            if isinstance(channel, MailChannel):
                channel.quit()
    left = [row for row in outbox.rows(reader) if row.state is not State.DELIVERED and row.channel in names and wanted.label in (None, row.label)]
    return Sent(reader=reader, tried=tuple(tried), left=tuple(left), notes=(*run.told(names), *dict.fromkeys(run.notes)))


class _DayFile(NamedTuple):
    label: date
    path: Path

    def read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as fault:
            raise OutputError(f"{self.path} cannot be read: {fault.strerror}.", "Check that you may read it, or write the day again.") from None


class _Run:
    """One run's putting of days into the outbox, and what there is to tell of it."""

    def __init__(self, place: Place, wanted: Wanted, outbox: Outbox, clock: Clock, has_left: Callable[[str], bool], newest: date) -> None:
        self._place, self._wanted, self._outbox, self._clock, self._has_left, self._newest = place, wanted, outbox, clock, has_left, newest
        self._channels = wanted.channels or place.settings.wanted
        if "mail" in self._channels and place.settings.mail is None:
            raise ProfileError("The profile says nothing of mail.", "Add a section [delivery.mail] with to, sender and host.")
        self._reader = ""
        self.notes: list[str] = []
        self._too_old: list[date] = []

    def names(self, reader: str) -> tuple[ChannelName, ...]:
        """Return the channels that a reader is on."""
        return tuple(name for name in self._channels if name != "mail" or not self._has_left(reader))

    def told(self, names: Sequence[ChannelName]) -> list[str]:
        """Say what was done without, and what goes unprotected."""
        mail = self._place.settings.mail
        told = [] if len(names) == len(self._channels) else ["The reader has unsubscribed from mail; none is sent."]
        if mail and "mail" in names:
            told += [f"Mail goes without TLS, in plain text, to {mail.host} on this machine (delivery.mail.tls)."] if mail.tls == "none" else []
            if self._too_old:
                many = f"{len(self._too_old)} label{'s' if len(self._too_old) > 1 else ''} up to {max(self._too_old)}"
                told.append(f"Not mailed, for they are more than {mail.days} days old (delivery.mail.days): {many}.")
        return told

    def put(self, day: _DayFile) -> str:
        """Put a day into the outbox for each channel that does not have it; return whose page it is."""
        content = day.read()
        origin = hashlib.sha256(content).hexdigest()
        again = self._wanted.resend and day.label == self._newest
        there = {row.channel: row for row in self._outbox.rows(self._wanted.reader or None, origin=origin) if row.label == day.label}
        known = next((row.reader for row in there.values()), "")
        missing = [name for name in self._fitting(day.label, again=again) if again or not self._is_put(name, there.get(name))]
        if known and not missing:
            return self._of_one(known)
        try:
            report = Report.model_validate_json(content)
        except ValidationError:
            raise OutputError(f"{day.path} is no report that this version can read.", f"Move {day.path.parent} away, then write the day again.") from None
        if self._wanted.reader not in ("", report.reader):
            what = f"The page of {day.label} is for {report.reader}, and the profile is of {self._wanted.reader}."
            raise ProfileError(what, "Name that reader's --profile, or another folder with --out.")
        self._of_one(report.reader)
        for name in missing:
            if name in self.names(report.reader):
                made, told = parcel(report, name, self._place, origin, self._clock.now())
                put = self._outbox.put(made, again=again or self._is_gone(name, there.get(name)))
                self.notes += told if put in (Put.NEW, Put.REPLACED) else ()
                if put is Put.KEPT:
                    left = "may be on its way from another process" if again else "left before its page was written anew"
                    self.notes.append(f"The mail of {day.label} {left}; it goes again only with --resend --date {day.label}.")
        return report.reader

    def _of_one(self, reader: str) -> str:
        self._reader = self._reader or reader
        if reader != self._reader:
            what = f"{self._place.archive} holds pages of several readers: {', '.join(sorted((self._reader, reader)))}."
            raise ProfileError(what, "Keep each reader's archive in a folder of its own: --out")
        return reader

    def _fitting(self, label: date, *, again: bool) -> list[ChannelName]:
        mail = self._place.settings.mail
        is_old = mail is not None and not again and self._wanted.label is None and label <= self._newest - timedelta(days=mail.days)
        if is_old and "mail" in self._channels:
            self._too_old.append(label)
        return [name for name in self._channels if not is_old or name != "mail"]

    def _is_put(self, name: ChannelName, row: Delivery | None) -> bool:
        return row is not None and row.destination == self._place.destination(name) and not self._is_gone(name, row)

    def _is_gone(self, name: ChannelName, row: Delivery | None) -> bool:
        return row is not None and row.state is State.DELIVERED and not self._place.is_there(name, row)


def _days(archive: Path, wanted: date | None) -> list[_DayFile]:
    found: list[_DayFile] = []
    for path in sorted(archive.glob("????-??-??/report.json")):
        try:
            found.append(_DayFile(date.fromisoformat(path.parent.name), path))
        except ValueError:
            raise OutputError(f"{path.parent} is named like a day, and is none.", "Move it out of the archive.") from None
    if not found:
        raise SourceNotFoundError(f"{archive} has no report to send.", f"Write one: broadsheet report --out {archive}")
    chosen = [day for day in found if wanted in (None, day.label)]
    if not chosen:
        raise SourceNotFoundError(f"{archive} has no report of {wanted}.", f"It has {found[0].label} to {found[-1].label}.")
    return chosen


def _title(archive: Path, reader: str) -> str:
    """Return what the archive's index calls itself, for feeds."""
    try:
        index = json.loads((archive / "index.json").read_bytes())
        return index["title"] + (" (fictional sample)" if any(day["fictional"] for day in index["days"]) else "")
    except (OSError, ValueError, KeyError, TypeError):
        return f"Daily Report for {reader}"


def _named(rows: Sequence[Delivery], first: Delivery | None = None) -> str:
    one = first or rows[0]
    said = f"the {one.channel} of {one.label} for {one.reader}"
    return said if len(rows) == 1 else f"{said} and {len(rows) - 1} more"
