"""Pictures with texts: one line of JSON each, as it comes from packages and shops, with all its dirt."""

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.core.errors import RecordError
from broadsheet.core.files import json_lines
from broadsheet.represent.muco.schema import normalised

EXAMPLE = '{"image": "a/b.png", "title": "A lamp", "keywords": ["brass"]}'
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


class Shown(NamedTuple):
    """Pictures with texts on disk: their manifests, and the folder that paths are relative to."""

    images: Path
    texts: tuple[Path, ...]


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
            for place, data in json_lines(file):
                try:
                    rows.append(labelled(data or {}))
                except (KeyError, TypeError, AttributeError):
                    faults.append(f"{place}, has no image and title.\nWrite for example: {EXAMPLE}")
        except OSError as fault:
            raise RecordError(f"{file} cannot be read: {fault.strerror}.", f"Name a file of JSON lines such as {EXAMPLE}") from None
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


def labelled(data: Mapping[str, Any]) -> Labelled:
    """Read what a line says of a picture. Raises KeyError, TypeError or AttributeError where it has no image and title, or parts of another type.

    >>> labelled({"image": "a.png", "title": "Cat", "keywords": "pet, unsorted"}).keywords
    ('pet',)
    """
    title, image = plain(str(data.get("title") or data.get("en") or "")), data["image"]
    if not title or not isinstance(image, str) or not image:
        raise KeyError("title")
    return Labelled(
        image=image,
        title=title,
        keywords=keywords(data.get("keywords")),
        category=tuple(plain(str(part)) for part in listed(data.get("category"))),
        description=plain(str(data.get("description") or "")),
    )


def keywords(value: Any) -> tuple[str, ...]:
    """Return keywords of a list, or of a text with commas: in small letters, each once, those that say nothing left out."""
    words = dict.fromkeys(plain(str(word)).lower() for word in (value.split(",") if isinstance(value, str) else listed(value)))
    return tuple(word for word in words if word and word not in NO_KEYWORDS and not re.fullmatch(r"0x[0-9a-f]+", word))


def listed(value: Any) -> list[Any]:
    """Return a list as it is, nothing as an empty one, and any other value as its only entry."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
