"""The built-in sample: one fictional announcement day, and two fictional readers."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from broadsheet.core.schema import Announcement, Relation

READERS = ("ines", "tomasz")
NOTICE = "Fictional sample: no paper, author or figure on this page is real."


def announcements() -> list[Announcement]:
    """Return the day's announcements, in the order announced; every one is fictional."""
    text = (files("broadsheet.sample") / "day" / "announcements.jsonl").read_text(encoding="utf-8")
    return [Announcement.model_validate_json(line) for line in text.splitlines()]


@contextmanager
def profile_path(reader: str) -> Iterator[Path]:
    """Give the path of a sample reader's profile, with the library it names beside it."""
    with as_file(files("broadsheet.sample") / "day") as folder:
        yield folder / f"{reader}.toml"


@contextmanager
def library_path(reader: str) -> Iterator[Path]:
    """Give the path of a sample reader's library."""
    with as_file(files("broadsheet.sample") / "day") as folder:
        yield next(path for path in sorted(folder.glob(f"{reader}.*")) if path.suffix != ".toml")


def citations() -> list[Relation]:
    """Return which papers of the day cite which: of the same day, announced before on it, or of a reader's library."""
    text = (files("broadsheet.sample") / "day" / "citations.csv").read_text(encoding="utf-8")
    return [Relation(head=head, type="cites", tail=tail) for head, _, tail in (line.partition(",") for line in text.splitlines()[1:])]
