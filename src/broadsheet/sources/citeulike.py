"""Readers' libraries with the tags of their papers, in the files of citeulike-a (Wang, Chen and Li 2013)."""

from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.ragged import Ragged

MEND = "Give the folder of citeulike-a, with users.dat, item-tag.dat and tags.dat."
# Tags that so many papers carry at least are said of them; rarer ones tell one paper from all others and no more.
COMMON = 3


class Libraries(NamedTuple):
    """The papers of each reader, in no order, and of each paper its tags as one text."""

    libraries: Ragged
    texts: tuple[str, ...]

    @property
    def items(self) -> tuple[str, ...]:
        """Papers by their numbers."""
        return tuple(map(str, range(len(self.texts))))


def read_libraries(folder: Path) -> Libraries:
    """Read the folder. Raises SourceNotFoundError where a file is missing, RecordError for a line whose count is not that of its numbers."""
    users, tagged = (_numbers(folder / name) for name in ("users.dat", "item-tag.dat"))
    tags = _text(folder / "tags.dat").split("\n")
    counts = [0] * len(tags)
    for row in tagged:
        for tag in row:
            if tag >= len(tags):
                raise RecordError(f"item-tag.dat names tag {tag}, and tags.dat has {len(tags)}.", MEND)
            counts[tag] += 1
    texts = tuple(" ".join(tags[tag].replace("-", " ").replace("_", " ") for tag in row if counts[tag] >= COMMON) for row in tagged)
    most = max((item for row in users for item in row), default=-1)
    if most >= len(texts):
        raise RecordError(f"users.dat names paper {most}, and item-tag.dat has {len(texts)}.", MEND)
    return Libraries(Ragged.of(users), texts)


def _text(path: Path) -> str:
    if not path.is_file():
        raise SourceNotFoundError(f"There is no file {path}.", MEND)
    return path.read_text(encoding="utf-8", errors="replace")


def _numbers(path: Path) -> list[list[int]]:
    """Return the numbers of each line behind their count."""
    found = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        cells = line.split()
        if not cells:
            continue
        if not all(cell.isascii() and cell.isdigit() for cell in cells) or int(cells[0]) != len(cells) - 1:
            raise RecordError(f"{path.name}, line {number} is no count with so many numbers behind it.", MEND)
        found.append([int(cell) for cell in cells[1:]])
    return found
