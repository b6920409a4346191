"""Text as it stands in XML and HTML: escaped, and without what XML cannot hold."""

import re
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"
# What no XML 1.0 document can hold, in any notation; and the carriage return, which every reader turns into a line feed.
_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    r"""Leave out control characters and what else XML cannot hold.

    >>> printable("a\x00b\x1f\ud800 c")
    'ab c'
    """
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def escaped(text: str) -> str:
    """Return text as it stands between tags.

    >>> escaped("a < b & ]]>")
    'a &lt; b &amp; ]]&gt;'
    """
    return escape(printable(text))


def element(tag: str, text: str = "", attributes: Mapping[str, str] | None = None) -> str:
    """Return an element that holds text; one without text is closed at once.

    >>> element("day", "Sunday"), element("category", attributes={"term": "cs.IR"})
    ('<day>Sunday</day>', '<category term="cs.IR"/>')
    """
    head = tag + "".join(f" {name}={quoteattr(printable(value))}" for name, value in (attributes or {}).items())
    return f"<{head}>{escaped(text)}</{tag}>" if text else f"<{head}/>"


def optional(tag: str, text: str) -> str:
    """Return an element, or nothing where there is no text."""
    return element(tag, text) if text else ""


def lines(parts: Iterable[str], indent: int = 0) -> str:
    """Put each part that is not empty on a line of its own."""
    return "".join(f"{' ' * indent}{part}\n" for part in parts if part)
