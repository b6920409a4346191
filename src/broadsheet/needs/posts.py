"""The posts that mentions point into: read from a file, normalised once, and searched for a quotation."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.core.files import json_lines
from broadsheet.needs.edges import is_edge
from broadsheet.needs.normal import NormalText, normalise, without_halves

# No normal form holds a line break, so no quotation reaches from one post into the next.
_BREAK = "\n"
_EXAMPLE = '{"id": "p1", "author": "ana", "at": "2026-02-09T08:00:00Z", "text": "..."}'


def _held(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield each post of a file of JSON lines, or of a Parquet file with the same columns (`post` is an id too), and its place in the file."""
    if path.suffix.lower() != ".parquet":
        yield from json_lines(path)
        return
    import polars as pl

    try:
        rows = pl.scan_parquet(path).collect().iter_rows(named=True) if path.stat() else ()
    except pl.exceptions.PolarsError:
        raise RecordError(f"{path} is no Parquet file.", f"Write it anew, or JSON lines: {_EXAMPLE}") from None
    for number, row in enumerate(rows, 1):
        yield f"{path.name}, row {number}", row if "id" in row else {**row, "id": row.get("post")}


def read_posts(path: Path) -> dict[str, str]:
    """Return id and text of each post of a file; other fields are left to others."""
    posts: dict[str, str] = {}
    try:
        for where, held in _held(path):
            name, text = _post(held, where)
            if posts.setdefault(name, text) != text:
                raise RecordError(f"{where}: the id {name!r} has stood before, with another text.", "Give every post an id of its own.")
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --posts.") from None
    if not posts:
        raise EmptySourceError(f"{path} holds no post.", f"Write one a line: {_EXAMPLE}")
    return posts


class Written(NamedTuple):
    """A post with who wrote it and when, in seconds since 1970."""

    post: str
    author: str
    at: int
    text: str


def written(path: Path) -> Iterator[Written]:
    """Yield the posts of a file with their authors and times, one that is there twice once.

    Raises SourceNotFoundError, EmptySourceError or RecordError.
    """
    seen: dict[str, int] = {}
    try:
        for where, held in _held(path):
            name, text = _post(held, where)
            author, at = (held or {}).get("author"), (held or {}).get("at")
            if not isinstance(author, str | int) or isinstance(author, bool):
                raise RecordError(f"{where} is no post: it needs an author.", f"Write: {_EXAMPLE}")
            one = Written(name, str(author), seconds(at, where), text)
            if name not in seen:
                seen[name] = hash(one)
                yield one
            elif seen[name] != hash(one):
                raise RecordError(f"{where}: the id {name!r} has stood before, with another text, author or time.", "Give every post an id of its own.")
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --posts.") from None
    if not seen:
        raise EmptySourceError(f"{path} holds no post.", f"Write one a line: {_EXAMPLE}")


def seconds(at: Any, where: str) -> int:
    """Return the seconds since 1970 of a time as a file has it: ISO 8601 (without a zone it is UTC) or a number. Raises RecordError, which names `where`."""
    if isinstance(at, int | float) and not isinstance(at, bool) and math.isfinite(at):
        return int(at)
    try:
        time = datetime.fromisoformat(str(at))
    except ValueError:
        raise RecordError(f"{where}: at is {str(at)[:40]!r}, which is no time.", "Write a time as 2026-02-09T08:00:00Z, or as seconds since 1970.") from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())


def _post(held: dict[str, Any] | None, where: str) -> tuple[str, str]:
    name, text = (held or {}).get("id"), (held or {}).get("text")
    if not isinstance(name, str | int) or isinstance(name, bool) or not isinstance(text, str):
        raise RecordError(f"{where} is no post: it needs an id, and a text.", f"Write: {_EXAMPLE}")
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
