"""Pictures with texts: one line of JSON each, as it comes from packages and shops, with all its dirt."""

import html
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.core.errors import RecordError
from broadsheet.represent.muco.schema import normalised

# Words that packages put where no keyword was given.
NO_KEYWORDS = frozenset({"unsorted", "hash", "untitled", "unknown"})


class Labelled(NamedTuple):
    """A picture, by its path relative to a folder, and what is said of it."""

    image: str
    title: str
    keywords: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    description: str = ""

    @property
    def text(self) -> str:
        """The title with the keywords that it does not hold: the text that pictures are matched with."""
        said = normalised(self.title)
        further = [word for word in self.keywords if normalised(word) not in said]
        return f"{self.title}: {', '.join(further)}" if further else self.title


class Read(NamedTuple):
    """What was read, and two lines for each line that was not."""

    rows: list[Labelled]
    faults: list[str]


def read_labelled(files: Sequence[Path]) -> Read:
    """Read manifests: JSON lines with `image` and `title` (or `en`), `keywords`, `category`, `description`.

    A line that is no such object is a fault and the others are read. Raises RecordError where a file is missing
    or nothing in it can be read.
    """
    rows: list[Labelled] = []
    faults: list[str] = []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except OSError as fault:
            raise RecordError(f"{file} cannot be read: {fault.strerror}.", "Name a file of JSON lines with image and title.") from None
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    rows.append(_row(json.loads(line)))
                except (ValueError, KeyError, TypeError, AttributeError):
                    faults.append(f"{file.name}, line {number}, has no image and title.\nWrite for example: " + '{"image": "a/b.png", "title": "A lamp"}')
    if not rows:
        raise RecordError(f"No line of {', '.join(str(file) for file in files)} names a picture.", "Write one JSON object a line, with image and title.")
    return Read(rows, faults)


def plain(text: str) -> str:
    """Undo entities that were escaped once or twice, drop addresses, and fold white space.

    >>> plain("Fish &amp;amp; chips  http://example.org/x")
    'Fish & chips'
    """
    once = html.unescape(html.unescape(text))
    return re.sub(r"\s+", " ", re.sub(r"https?://\S+|www\.\S+", "", once)).strip()


def _row(data: Any) -> Labelled:
    title = plain(str(data.get("title") or data["en"]))
    if not title or not data["image"]:
        raise ValueError("no title or image")
    words = dict.fromkeys(plain(str(word)).lower() for word in _listed(data.get("keywords")))
    words = [word for word in words if word and word not in NO_KEYWORDS and not re.fullmatch(r"0x[0-9a-f]+", word)]
    return Labelled(
        image=str(data["image"]),
        title=title,
        keywords=tuple(words),
        category=tuple(plain(str(part)) for part in _listed(data.get("category"))),
        description=plain(str(data.get("description") or "")),
    )


def _listed(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value.split(",") if isinstance(value, str) else value
