"""What is said and shown of items, a modality at a time."""

from typing import NamedTuple

import numpy as np

from broadsheet.core.ragged import Ragged


class Attributes(NamedTuple):
    """What is said of each item in one way: `rows` of numbers into `names`."""

    names: tuple[str, ...]
    rows: Ragged


class Content(NamedTuple):
    """Vectors of items in one modality `[N, d]`, and which items have one `[N]`."""

    vectors: np.ndarray
    present: np.ndarray
