"""XML as servers send it, read strictly: what is HTML, cut, or not well-formed is told apart."""

import html
import re
from collections.abc import Collection
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from broadsheet.core.errors import NotAFeedError, RecordError, TruncatedError

# The first element behind declarations and comments, where its name is whole; ++ and (?>) keep the search linear.
_FIRST = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<(?:!(doctype\s+html)|(?:[\w.-]+:)?([\w.-]+)[\s/>])", re.IGNORECASE | re.DOTALL)
_HTML = {b"html", b"head", b"body", b"title", b"p", b"h1", b"center", b"div"}
# What expat says at the end of a document that was cut: nothing more, or half a token, character or CDATA section.
_CUT = {3, 5, 6, 20}
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>?")
_READ, _TOLD = 20_000, 120


def parse_xml(data: bytes, where: str, roots: Collection[bytes], wanted: str = "RSS or Atom feed") -> Element:
    """Return the root of a document whose root is one of `roots` (names without a namespace); errors name `where` it came from and what is `wanted`.

    Raises `NotAFeedError` for HTML, another document or a DTD, `TruncatedError` for a cut one, `RecordError` for one that is not well-formed.
    """
    data = data.lstrip(b"\xef\xbb\xbf \t\r\n\f\v")
    first = _FIRST.match(data)
    is_html = first is not None and bool(first.group(1) or first.group(2).lower() in _HTML)
    if is_html or not data.startswith(b"<"):
        kind = "an HTML page" if is_html else "no XML"
        words = words_of(data)
        says = f" It says: {words}" if words else ""
        raise NotAFeedError(f"{where} is {kind}, where a feed belongs.{says}", "Fetch the feed again later; open its address in a browser to read the whole.")
    if first is not None and first.group(2) not in roots:
        raise another_root(first.group(2).decode(), where, wanted)
    try:
        return fromstring(data, forbid_dtd=True)
    except DefusedXmlException as fault:
        raise NotAFeedError(f"{where}: {type(fault).__name__}, which no feed of arXiv holds.", "Fetch the feed from its own address again.") from None
    except ParseError as fault:
        if fault.code in _CUT:
            line, _ = fault.position
            raise TruncatedError(
                f"{where}: The file ends before its last element is closed (line {line}).", "Fetch it again; a half-read day is no day."
            ) from None
        raise RecordError(f"{where} is not well-formed XML: {fault}.", "Fetch it again, or mend that line.") from None
    except (ValueError, LookupError) as fault:
        raise RecordError(f"{where} is in an encoding that cannot be read: {fault}.", "Fetch it again; arXiv's feeds are UTF-8.") from None


def another_root(tag: str, where: str, wanted: str = "RSS or Atom feed") -> NotAFeedError:
    """Return the error of a document that is XML, but of another kind."""
    return NotAFeedError(f"{where} is XML, but no {wanted} (its root is {tag!r}).", "Give a feed such as https://rss.arxiv.org/rss/cs.IR")


def words_of(data: bytes, most: int = _TOLD) -> str:
    """Return the first words that a page shows, tags and scripts left out, for an error to quote.

    >>> words_of(b"<html><head><style>p {}</style></head><p>Rate&nbsp;exceeded.<br>Come back</html>")
    'Rate exceeded. Come back'
    """
    shown = _TAG.sub(" ", _UNSEEN.sub(" ", data[:_READ].decode("utf-8", "replace")))
    words = " ".join(part for part in html.unescape(shown).split() if part.isprintable())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
