"""Leave-one-out: the last item of each user is for the test, the one before it for validation, the rest is trained on."""

from typing import NamedTuple

import numpy as np

from broadsheet.core.errors import RecordError
from broadsheet.core.ragged import Ragged


class Held(NamedTuple):
    """What is asked: the items before `[U rows]`, and the item that came next `[U]`."""

    histories: Ragged
    targets: np.ndarray


class Split(NamedTuple):
    """Sequences to train on, and two questions for each user with at least three items."""

    train: Ragged
    validation: Held
    test: Held


def leave_one_out(sequences: Ragged) -> Split:
    """Split; a user with fewer than three items is trained on alone. Raises RecordError where no user has three.

    >>> leave_one_out(Ragged.of([[4, 5, 6, 7]])).test.targets.tolist()
    [7]
    """
    rows = list(sequences)
    asked = [row for row in rows if len(row) >= 3]
    if not asked:
        raise RecordError("No user has three items or more.", "Give longer sequences: one item to learn from, one to choose by, one to test on.")
    train = Ragged.of(row[:-2] if len(row) >= 3 else row for row in rows)
    validation, test = (Held(Ragged.of(row[:-back] for row in asked), np.array([row[-back] for row in asked])) for back in (2, 1))
    return Split(train, validation, test)
