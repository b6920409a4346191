"""Coat's files: ratings that readers chose to give, ratings of items drawn for them, features, and the completed matrix that a published game is played on."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import RecordError, SourceNotFoundError

TRAIN, TEST, TRUTH = "train.ascii", "test.ascii", "coat_pseudoGT_ratingM.ascii"
USER_FEATURES, ITEM_FEATURES = "user_features.ascii", "item_features.ascii"
MOST = 5
FILES = (TRAIN, TEST, TRUTH, USER_FEATURES, ITEM_FEATURES)


class Coat(NamedTuple):
    """Coat (Schnabel et al. 2016), 290 users and 300 items: ratings 1 to 5 `[U, I]`, 0 where there is none, and features of one and zero.

    `train` are ratings of items that users chose, `test` of items drawn at random. `truth` was completed by a model, evidently one fitted on `test`: it is the game's, and no agent's.
    """

    train: NDArray[np.int8]
    test: NDArray[np.int8]
    truth: NDArray[np.int8]
    user_features: NDArray[np.int8]
    item_features: NDArray[np.int8]


def read_coat(folder: Path) -> Coat:
    """Read Coat's folder. Raises SourceNotFoundError where a file is missing, RecordError for one that is no table of numbers, or not of the others' size, and for ratings that there are not."""
    train, test, truth, users, items = (_table(folder / name) for name in FILES)
    if not train.shape == test.shape == truth.shape == (len(users), len(items)):
        raise RecordError(
            f"Ratings of {train.shape}, {test.shape} and {truth.shape} do not belong to {len(users)} users and {len(items)} items.",
            "Give the files of one release.",
        )
    if min(part.min(initial=0) for part in (train, test, truth)) < 0 or max(part.max(initial=0) for part in (train, test, truth)) > MOST:
        raise RecordError(f"Some ratings are not from 0 to {MOST}.", "Give the files as they were published.")
    return Coat(train, test, truth, users, items)


def _table(path: Path) -> NDArray[np.int8]:
    if not path.is_file():
        raise SourceNotFoundError(
            f"There is no {path.name} in {path.parent}.", f"Give a folder with {', '.join(FILES)}, or set BROADSHEET_DATA to the folder that paths begin in."
        )
    try:
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return np.array(rows, dtype=np.int8)
    except (ValueError, OverflowError) as error:
        raise RecordError(f"{path.name} is no table of whole numbers.", "Give the file as it was published.") from error
