"""A report as a letter: multipart/alternative, with the headers that a good mail has, the same bytes for the same facts."""

import hashlib
import unicodedata
from datetime import date, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

from broadsheet.report.deliver.settings import MailConfig, address_of
from broadsheet.report.model import Report
from broadsheet.report.render.atom import FICTIONAL
from broadsheet.report.render.mail_html import mail_html
from broadsheet.report.render.mail_text import FURTHER, MailView, NoActs, ReaderLinks, mail_text
from broadsheet.report.render.page import long_date
from broadsheet.report.render.readable import readable

# Mail readers cut longer ones; the bound is of the whole letter as it goes over the line.
MOST_BYTES = 100_000
# Parts of a letter from most to least: picks in full, picks by title, further titles.
_LESS = ((10**6, 10**6, FURTHER), (20, 10**6, FURTHER), (20, 100, FURTHER), (12, 100, FURTHER), (8, 60, 0), (4, 40, 0), (1, 20, 0), (0, 5, 0))
_SUBJECT_TITLE = 60
# A line has at most 998 bytes (RFC 5322, 2.1.1), and an address cannot be folded.
_LONGEST_ADDRESS = 900


class Letter(NamedTuple):
    """A mail as it goes over the line, its Message-ID, and what it leaves out for its size."""

    content: bytes
    message_id: str
    notes: tuple[str, ...] = ()


def message_id(reader: str, label: date, sender: str) -> str:
    """Return the id that follows from reader and label, under the sender's domain.

    >>> message_id("Ana", date(2026, 2, 9), "Broadsheet <news@example.org>")
    '<2026-02-09.b17c4228a0a56efbc2d7@example.org>'
    """
    digits = hashlib.sha256(f"{reader}\n{label}\nmail".encode()).hexdigest()[:20]
    return f"<{label}.{digits}@{address_of(sender).domain}>"


def compose(report: Report, mail: MailConfig, at: datetime, *, links: ReaderLinks | None = None, page: str = "") -> Letter:
    """Write the letter of a report; `at` becomes its Date, `page` is where the report is published, if it is.

    A report too long for a mail is told by fewer papers, and the letter says how many are left. Without an https:// address to unsubscribe by, the sender's own is named.
    """
    identity = message_id(report.reader, report.label, mail.sender)
    acts = links if links is not None else NoActs(mail.unsubscribe)
    content = b""
    for full, brief, further in _LESS:
        content = _letter(MailView(report, page, acts, full, brief, further), mail, at, identity)
        if len(content) <= MOST_BYTES:
            break
    picks = len(report.picks())
    notes = [f"The mail of {report.label} tells {min(full, picks)} of {picks} picks in full, for it may have {MOST_BYTES:,} bytes."] if full < picks else []
    if not _takes_one_click(acts.unsubscribe(report.reader)):
        notes.append("The mail has no one-click unsubscribing: set delivery.mail.unsubscribe, or BROADSHEET_LINKS, to an https:// address.")
    return Letter(content, identity, tuple(notes))


def subject(report: Report) -> str:
    """Return one line: the day, how many picks, and the first of them."""
    picks = report.picks()
    said = f"{report.title}, {long_date(report.label)}: {len(picks)} pick{'s' if len(picks) != 1 else ''}"
    if picks:
        title = one_line(readable(picks[0].item.title))
        said += f", first “{title if len(title) <= _SUBJECT_TITLE else title[: _SUBJECT_TITLE - 1].rstrip() + '…'}”"
    return one_line(said + (FICTIONAL if report.fictional else ""))


def one_line(text: str) -> str:
    r"""Fold a text to one line without control or format characters, so that it can begin no header of its own.

    >>> one_line("A title\r\nBcc: all@example.org")
    'A title Bcc: all@example.org'
    """
    kept = "".join(" " if letter.isspace() or unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text)
    return " ".join("".join(letter for letter in kept if unicodedata.category(letter) not in ("Cf", "Cs")).split())


def needs_smtputf8(mail: MailConfig) -> bool:
    """Tell whether an address cannot be written in ASCII, so that the server has to know RFC 6531."""
    return not all(address_of(text).addr_spec.isascii() for text in (mail.to, mail.sender))


def _letter(view: MailView, mail: MailConfig, at: datetime, identity: str) -> bytes:
    letter = EmailMessage(policy=SMTP.clone(utf8=needs_smtputf8(mail), cte_type="7bit", max_line_length=78))
    letter["From"] = _mailbox(mail.sender, "Broadsheet")
    letter["To"] = _mailbox(mail.to, "")
    letter["Date"] = format_datetime(at)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(mail_text(view), charset="utf-8")
    letter.add_alternative(mail_html(view), subtype="html", charset="utf-8")
    # The boundary is drawn at random unless it is set; a second rendering has to give the same bytes.
    letter.set_boundary("=_" + hashlib.sha256(identity.encode()).hexdigest()[:40])
    return _plain_headers(view, mail, identity) + letter.as_bytes()


def _takes_one_click(address: str) -> bool:
    # RFC 8058, 3.1: what is posted to without a look is reached over HTTPS alone.
    return address.startswith("https://") and len(address) <= _LONGEST_ADDRESS


def _plain_headers(view: MailView, mail: MailConfig, identity: str) -> bytes:
    """Write what the library's folding would spoil: words that are long, which it encodes, and a subject of which it encodes a part, whose spaces it doubles."""
    address = view.unsubscribe
    title = subject(view.report)
    folded = Header(title, "us-ascii" if title.isascii() else "utf-8", maxlinelen=76, header_name="Subject").encode(linesep="\r\n")
    lines = [f"Message-ID: {identity}", f"Subject: {folded}"]
    if address and len(address) <= _LONGEST_ADDRESS:
        lines.append(f"List-Unsubscribe: <{address}>")
        lines += ["List-Unsubscribe-Post: List-Unsubscribe=One-Click"] if _takes_one_click(address) else []
    elif address_of(mail.sender).addr_spec.isascii():
        lines.append(f"List-Unsubscribe: <mailto:{address_of(mail.sender).addr_spec}?subject=unsubscribe>")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _mailbox(text: str, name: str) -> Address:
    address = address_of(text)
    return Address(one_line(address.display_name or name), address.username, address.domain)
