"""Signed links: what a reader can do with one click, and nobody else in the reader's name."""

import base64
import hashlib
import hmac
import json
import os
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final, NamedTuple

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.errors import ConfigError
from broadsheet.report.feedback.record import LESS, MORE, NOT_MY_FIELD, OPENED, READ, SAVED, at_label
from broadsheet.report.feedback.signing import read_secrets
from broadsheet.report.model import Entry, Report

VARIABLE: Final = "BROADSHEET_LINKS"
UNSUBSCRIBE: Final = "unsubscribe"
# A page's links open for so many days after its label; one that is made so many days after it is late.
DAYS, LATE = 60, 30
# What is longer was not made here, and is not looked at.
LONGEST = 4000
_TAG = 16
_ADDRESS = re.compile(r"https?://[^\s\"'<>;,?#]+$")
WORDS: Final = {
    MORE: "More like this",
    LESS: "Less like this",
    SAVED: "Save",
    READ: "I have read it",
    NOT_MY_FIELD: "Not my field",
    OPENED: "Open",
}
_OFFERED = (MORE, LESS, SAVED, READ, NOT_MY_FIELD)


class ForgedLinkError(ValueError):
    """A token that no secret of this installation made."""


class ExpiredLinkError(ValueError):
    """A token that was ours, and whose time is over."""


class Act(NamedTuple):
    """What a link does: an act of a reader on an item, on the page of a label and in a slot of it.

    `act` is one of the acts that are recorded, the kind of an event that undoes another, or `unsubscribe` (whose item is a channel).
    `expires` is when it stops to open, None for never; `after` the instant of the undo that it comes after, where something is done again.
    """

    reader: str
    item: str
    label: date | None
    slot: int | None
    act: str
    expires: datetime | None = None
    after: str = ""


class Offer(NamedTuple):
    """One link of an entry: the act, its words, and its address."""

    act: str
    words: str
    url: str


class Links:
    """Makes and opens links under a base address, by secrets of which the first signs and each opens; a function is asked for them each time.

    A token is the act's text, hidden by a key stream, behind a tag: the HMAC-SHA256 of the text, cut to 128 bits, which is also what
    the stream begins from (a synthetic initialisation vector, as in RFC 5297, with HMAC for the cipher). So the same act has the same link, and who sees
    a link learns neither the reader nor the paper from it.
    """

    def __init__(self, secret: bytes | Sequence[bytes] | Callable[[], Sequence[bytes]], base: str, clock: Clock | None = None) -> None:
        self.base = base.rstrip("/")
        self.clock = clock or WallClock()
        self._secret = secret
        self._known: tuple[tuple[bytes, ...], list[_Keys]] = ((), [])

    @property
    def _keys(self) -> "list[_Keys]":
        stated = (self._secret,) if isinstance(self._secret, bytes) else tuple(self._secret() if callable(self._secret) else self._secret)
        if stated != self._known[0]:
            self._known = (stated, [_Keys.of(one) for one in stated])
        return self._known[1]

    def link(self, reader: str, item: str, label: date | None, slot: int | None, act: str, expires: datetime | None = None, *, after: str = "") -> str:
        """Return the address that does an act."""
        return self.address(Act(reader, item, label, slot, act, expires, after))

    def address(self, act: Act) -> str:
        """Return the address of an act."""
        return f"{self.base}/{'u' if act.act == UNSUBSCRIBE else 'f'}/{self.token(act)}"

    def unsubscribe(self, reader: str, channel: str = "mail") -> str:
        """Return the address that ends a channel for a reader: it never expires, for mails are kept."""
        return self.link(reader, channel, None, None, UNSUBSCRIBE)

    def token(self, act: Act) -> str:
        """Return the token of an act; the same act gives the same token."""
        expires = int(act.expires.timestamp()) if act.expires else 0
        facts = [act.reader, act.item, str(act.label or ""), act.slot, act.act, expires, act.after]
        text = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
        keys = self._keys[0]
        tag = keys.tag(text)
        return base64.urlsafe_b64encode(tag + keys.hide(tag, text)).rstrip(b"=").decode()

    def open(self, token: str) -> Act:
        """Return what a token does. Raises ForgedLinkError where it is not ours, ExpiredLinkError where its time is over."""
        act = self._read(token)
        if act.expires and act.expires <= self.clock.now():
            raise ExpiredLinkError(f"the link expired on {act.expires:%Y-%m-%d}")
        return act

    def of(self, report: Report, entry: Entry) -> tuple[Offer, ...]:
        """Return what a reader can do with an entry of the page."""
        return tuple(self._offer(report, entry, act) for act in _OFFERED)

    def opened(self, report: Report, entry: Entry) -> str:
        """Return the address to which a browser tells that a paper was opened."""
        return self._offer(report, entry, OPENED).url

    def _offer(self, report: Report, entry: Entry, act: str) -> Offer:
        expires = expiry(report.label, self.clock.now())
        return Offer(act, WORDS[act], self.link(report.reader, entry.item.id, report.label, entry.slot, act, expires))

    def _read(self, token: str) -> Act:
        try:
            if len(token) > LONGEST or not re.fullmatch(r"[A-Za-z0-9_-]+", token):
                raise ForgedLinkError("no token")
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise ForgedLinkError("no token") from None
        # Two spellings of one token would be two links: the last character has bits that say nothing.
        if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
            raise ForgedLinkError("no token")
        tag, hidden = raw[:_TAG], raw[_TAG:]
        for keys in self._keys:
            text = keys.hide(tag, hidden)
            if hmac.compare_digest(keys.tag(text), tag):
                reader, item, label, slot, act, expires, after = json.loads(text)
                when = datetime.fromtimestamp(expires, UTC) if expires else None
                return Act(reader, item, date.fromisoformat(label) if label else None, slot, act, when, after)
        raise ForgedLinkError("no secret of ours made it")


def expiry(label: date, now: datetime) -> datetime:
    """Return when the links of a label's page end that is made now.

    A late page's would be over at once: they open to the end of the month that follows, so that a page made again within a month is the same.

    >>> [str(expiry(date(2026, 2, 9), datetime(2026, month, 9, tzinfo=UTC)).date()) for month in (2, 11)]
    ['2026-04-10', '2027-01-01']
    """
    begin = at_label(label)
    if now - begin <= timedelta(days=LATE):
        return begin + timedelta(days=DAYS)
    months = now.year * 12 + now.month + 1
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


class _Keys(NamedTuple):
    sign: bytes
    stream: bytes

    @classmethod
    def of(cls, secret: bytes) -> "_Keys":
        return cls(_mac(secret, b"broadsheet links: sign"), _mac(secret, b"broadsheet links: hide"))

    def tag(self, text: bytes) -> bytes:
        return _mac(self.sign, text)[:_TAG]

    def hide(self, tag: bytes, text: bytes) -> bytes:
        """Return text with the key stream of a tag laid over it; doing so twice gives the text again."""
        stream = b""
        for block in count():
            if len(stream) >= len(text):
                break
            stream += _mac(self.stream, tag + block.to_bytes(4, "big"))
        return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


def base_address() -> str:
    """Return the address at which `broadsheet serve` is reached from outside, as BROADSHEET_LINKS states it; empty where it does not.

    Raises ConfigError for one that is no address.
    """
    stated = os.environ.get(VARIABLE, "").strip()
    if stated and not _ADDRESS.match(stated):
        raise ConfigError(f"{VARIABLE} is {stated!r}, which is no address of http or https.", f"export {VARIABLE}=https://news.example.org")
    return stated


def configured(clock: Clock | None = None) -> Links | None:
    """Return the links of this installation, None where no address is configured; nothing is read or made then."""
    base = base_address()
    return Links(read_secrets(), base, clock) if base else None


def of(report: Report, entry: Entry) -> tuple[Offer, ...]:
    """Return what a reader can do with an entry of a page or mail: nothing without an address, and nothing on a page of the fictional sample."""
    links = None if report.fictional else configured()
    return links.of(report, entry) if links else ()


def opened(report: Report, entry: Entry) -> str:
    """Return the address to which a browser tells that an entry's paper was opened; empty where there are no links."""
    links = None if report.fictional else configured()
    return links.opened(report, entry) if links else ""
