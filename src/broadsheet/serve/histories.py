"""What readers had by the events of a run that is served."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from broadsheet.core.artifacts import MANIFEST, read_artifact
from broadsheet.core.errors import did_you_mean
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.holdings import Holdings

# Of more names the nearest is not looked for: that takes seconds.
MANY = 5000


def had_of(run: Path, reader: str) -> tuple[str, ...]:
    """Return the items that a reader had, oldest first, by the events in the catalogue of a run; nothing where the run has none, or none of the reader."""
    return histories_of(run).get(reader, ())


def histories_of(run: Path) -> Mapping[str, tuple[str, ...]]:
    """Return what each reader had, oldest first; nothing where the run has no events."""
    folder = run / "steps" / "catalogue"
    manifest = folder / MANIFEST
    return _histories(folder, manifest.stat().st_mtime_ns) if manifest.is_file() else {}


def nobody(run: Path, reader: str) -> str:
    """Say that nothing is known of a reader, and whose name is near."""
    known = histories_of(run)
    return f"Nothing is known of a reader {reader!r}.{did_you_mean(reader, known) if len(known) <= MANY else ''}"


@lru_cache(maxsize=2)
def _histories(folder: Path, changed: int) -> Mapping[str, tuple[str, ...]]:
    del changed
    events = Holdings(read_artifact(folder, ArtifactKind.CATALOGUE)).events
    if events is None:
        return {}
    return {user: tuple(items) for user, items in events.group_by(Columns.USER, maintain_order=True).agg(Columns.ITEM).iter_rows()}
