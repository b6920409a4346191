"""The posts that mentions point into: read from a file, normalised once, and searched for a quotation."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.core.files import json_lines
from broadsheet.needs.edges import is_edge
from broadsheet.needs.normal import NormalText, normalise, without_halves

# No normal form holds a line break, so no quotation reaches from one post into the next.
_BREAK = "\n"


def read_posts(path: Path) -> dict[str, str]:
    """Return id and text of each post of a file of JSON lines; other fields are left to others."""
    posts: dict[str, str] = {}
    try:
        for where, held in json_lines(path):
            name, text = _post(held, where)
            if posts.setdefault(name, text) != text:
                raise RecordError(f"{where}: the id {name!r} has stood before, with another text.", "Give every post an id of its own.")
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --posts.") from None
    if not posts:
        raise EmptySourceError(f"{path} holds no post.", 'Write one a line: {"id": "p1", "author": "ana", "at": "2026-02-09T08:00:00Z", "text": "..."}')
    return posts


def _post(held: dict[str, Any] | None, where: str) -> tuple[str, str]:
    name, text = (held or {}).get("id"), (held or {}).get("text")
    if not isinstance(name, str | int) or isinstance(name, bool) or not isinstance(text, str):
        raise RecordError(
            f"{where} is no post: it needs an id, and a text.", 'Write: {"id": "p1", "author": "ana", "at": "2026-02-09T08:00:00Z", "text": "..."}'
        )
    return str(name), without_halves(text)


class Posts:
    """Posts by id, each normalised when it is first asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._normal: dict[str, NormalText] = {}
        self._joined: tuple[str, list[int]] | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def __getitem__(self, name: str) -> NormalText:
        if name not in self._normal:
            self._normal[name] = normalise(self._texts[name])
        return self._normal[name]

    def holds(self, quote: str) -> bool:
        """Whether any post holds a quotation, which is in normal form: one pass over all posts."""
        if self._joined is None:
            texts = [self[name].text for name in self._texts]
            self._joined = _BREAK.join(texts), [0, *accumulate(len(text) + 1 for text in texts)]
        joined, begins = self._joined
        names = list(self._texts)
        place = joined.find(quote)
        while place >= 0:
            number = bisect_right(begins, place) - 1
            if next(places(self[names[number]], quote), None) is not None:
                return True
            place = joined.find(quote, begins[number + 1])
        return False


def places(normal: NormalText, quote: str) -> Iterator[int]:
    """Yield every place where a quotation, in normal form and not empty, stands in a text and begins and ends at an edge.

    >>> list(places(normalise("unpaid rent; paid rent, unpaid rents"), "paid rent"))
    [13]
    """
    place = normal.text.find(quote)
    while place >= 0:
        if is_edge(normal, place) and is_edge(normal, place + len(quote)):
            yield place
        place = normal.text.find(quote, place + 1)
