"""Opens a pair by what a user writes: a name, a name and a folder, or a folder of one's own."""

from collections.abc import Callable
from pathlib import Path

from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.datasets.made import made
from broadsheet.plan.datasets.ml100k import ml100k
from broadsheet.plan.datasets.pair import Pair

FOLDERS: dict[str, Callable[..., Pair]] = {"ml100k": ml100k}
"""Data sets that lie in a folder."""
READERS = 5000
"""Readers of the fictional world, where none are stated."""
NAMES = (*FOLDERS, "world", "made")


def open_pair(spec: str, *, seed: int = 0, progress: Progress = silent) -> Pair:
    """Return the pair that is meant by `ml100k:FOLDER`, `books:FOLDER`, `world`, `world:READERS`, `made`, or a `FOLDER` of one's own sequences.

    Raises ConfigError for a name that is none and readers that are no number; further errors are those of the data set.

    >>> open_pair("made").material.name
    'made'
    """
    name, colon, rest = spec.partition(":")
    if name in FOLDERS:
        if not rest:
            raise ConfigError(f"{name} needs the folder of its data.", f"Write {name}:FOLDER.")
        return FOLDERS[name](Path(rest), seed=seed, progress=progress)
    if name == "made" and not rest:
        return made(seed=seed)
    raise ConfigError(f"There is no data set {spec!r}.{did_you_mean(name, NAMES)}", f"Known: {', '.join(NAMES)}, or a folder.")
