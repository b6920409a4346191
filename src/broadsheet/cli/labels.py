"""Sheets of labels for the commands that read them: every fault is told before anything is computed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broadsheet.needs.agree.labels import Labelled
    from broadsheet.needs.taxonomy import Taxonomy


def read(labels: Sequence[Path], levels: "Taxonomy", posts: Path | None) -> "tuple[Labelled, dict[str, str] | None]":
    """Return the labels of sheets, and the posts where they are given. Raises RecordError where a row cannot be used, after telling of each."""
    from broadsheet.cli.faults import tell
    from broadsheet.core.errors import RecordError
    from broadsheet.needs.agree.labels import read_labels
    from broadsheet.needs.posts import read_posts

    texts = read_posts(posts) if posts else None
    labelled, faults = read_labels(labels, levels, texts)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        tell(str(fault) for fault in faults)
        raise RecordError(f"{len(faults):,} rows cannot be used; nothing was computed.", "Mend these rows, and give the command again.")
    return labelled, texts
