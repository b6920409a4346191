"""arXiv identifiers in every scheme they have had."""

import re
from typing import NamedTuple

from broadsheet.core.errors import IdentifierError

_ADDRESS = re.compile(r"(?:https?://)?(?:[a-z]+\.)?arxiv\.org/(?:abs|pdf|html)/([^?#]+?)(?:\.pdf)?/?(?:[?#].*)?", re.IGNORECASE | re.ASCII)
_PREFIX = re.compile(r"^(?:oai:arxiv\.org:|arxiv:\s*|(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?10\.48550/arxiv\.)", re.IGNORECASE | re.ASCII)
_CLASS = re.compile(r"\s+\[[A-Za-z.-]+\]$")
_VERSION = r"(?:v([1-9][0-9]{0,3}))?"
_NEW = re.compile(r"([0-9]{2})([0-9]{2})\.([0-9]{4,5})" + _VERSION)
_OLD = re.compile(r"([a-z-]+)(?:\.[A-Za-z-]{2,})?/([0-9]{2})([0-9]{2})([0-9]{3})" + _VERSION)
# Five digits began with January 2015; the dotted form itself with April 2007, after the old one of August 1991.
_FIVE_DIGITS_SINCE = 1501
_DOTTED_SINCE = 704
_OLD_SINCE = 9107


class ArxivId(NamedTuple):
    """A paper's key, without prefix and version, and the version if one was named."""

    key: str
    version: int | None


def parse_arxiv_id(text: str) -> ArxivId:
    """Read an identifier, an `arXiv:` or `oai:` form, a DOI or an arxiv.org address.

    The subject class of an old identifier is no part of the key. Raises `IdentifierError`.

    >>> parse_arxiv_id("oai:arXiv.org:2602.06393v2")
    ArxivId(key='2602.06393', version=2)
    >>> parse_arxiv_id("math.GT/0309136")
    ArxivId(key='math/0309136', version=None)
    >>> parse_arxiv_id("https://arxiv.org/pdf/0704.0001v1.pdf").key
    '0704.0001'
    """
    address = _ADDRESS.fullmatch(text.strip())
    bare = address.group(1) if address else _CLASS.sub("", _PREFIX.sub("", text.strip())).removesuffix(".pdf")
    if new := _NEW.fullmatch(bare):
        year, month, number, version = new.groups()
        since = int(year + month)
        if 1 <= int(month) <= 12 and since >= _DOTTED_SINCE and (len(number) == 5) == (since >= _FIVE_DIGITS_SINCE):
            return ArxivId(f"{year}{month}.{number}", _version(version))
    elif old := _OLD.fullmatch(bare):
        archive, year, month, number, version = old.groups()
        if 1 <= int(month) <= 12 and not _DOTTED_SINCE <= int(year + month) < _OLD_SINCE:
            return ArxivId(f"{archive}/{year}{month}{number}", _version(version))
    raise IdentifierError(f"{text!r} is no arXiv identifier.", "Known forms: 2602.06393, 2602.06393v2, arXiv:0704.0001, math.GT/0309136.")


def as_arxiv_id(text: str) -> ArxivId | None:
    """Read an identifier as `parse_arxiv_id` does, or return None for one of another kind."""
    try:
        return parse_arxiv_id(text)
    except IdentifierError:
        return None


def _version(text: str | None) -> int | None:
    return int(text) if text else None
