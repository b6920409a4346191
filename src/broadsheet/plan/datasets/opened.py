"""Opens a pair by what a user writes: a name, a name and a folder, or a folder of one's own."""

from collections.abc import Callable
from pathlib import Path

from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.home import data_path
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.datasets.books import books
from broadsheet.plan.datasets.made import made
from broadsheet.plan.datasets.ml100k import ml100k
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.datasets.shop import shop
from broadsheet.plan.datasets.world import READERS, world

FOLDERS: dict[str, Callable[..., Pair]] = {"ml100k": ml100k, "books": books}
"""Data sets that lie in a folder."""
NAMES = (*FOLDERS, "world", "made")


def open_pair(spec: str, *, seed: int = 0, progress: Progress = silent) -> Pair:
    """Return the pair that is meant by `ml100k:FOLDER`, `books:FOLDER`, `world`, `world:READERS`, `made`, or a `FOLDER` of one's own sequences.

    Raises ConfigError for a name that is none and readers that are no number; further errors are those of the data set.

    >>> open_pair("made").material.name
    'made'
    """
    name, _, rest = spec.partition(":")
    if name in FOLDERS:
        if not rest:
            raise ConfigError(f"{name} needs the folder of its data.", f"Write {name}:FOLDER.")
        return FOLDERS[name](Path(rest), seed=seed, progress=progress)
    if name == "world":
        if rest and not (rest.isascii() and rest.isdigit()):
            raise ConfigError(f"{rest!r} is no number of readers.", f"Write world:READERS, such as world:{READERS}.")
        return world(int(rest or READERS), seed=seed, progress=progress)
    if spec == "made":
        return made(seed=seed)
    if data_path(Path(spec)).is_dir():
        return shop(Path(spec), seed=seed, progress=progress)
    raise ConfigError(f"There is no data set and no folder {spec!r}.{did_you_mean(name, NAMES)}", f"Known: {', '.join(NAMES)}, or a folder of sequences.")
