"""A caller's numbers as one checked vector."""

from collections.abc import Sized
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from broadsheet.core.errors import RecordError


class Span(NamedTuple):
    """The numbers that a vector may hold, ends included, and the words that ask for them."""

    low: float
    high: float
    wanted: str


_LARGEST = float(np.finfo(np.float64).max)
ORDERED = Span(-np.inf, np.inf, "Give a number, or -inf for what comes last.")
FINITE = Span(-_LARGEST, _LARGEST, "Give a finite number.")
NOT_NEGATIVE = Span(0.0, _LARGEST, "Give a finite number that is not below 0.")
SHARE = Span(0.0, 1.0, "Give a number from 0 to 1.")


def vector(values: ArrayLike, name: str, span: Span = FINITE) -> NDArray[np.float64]:
    """Return `values` as floats `[N]`; `name` is what a message calls them.

    Raises RecordError for an array of another shape and for an entry that is not a
    number or lies outside `span`.

    >>> vector([1, 2], "grades")
    array([1., 2.])
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1:
        what = f"{name} have the shape {numbers.shape} where [N] belongs."
        raise RecordError(what, "Give one row of numbers.")
    # NaN fails both comparisons, so it is found here without a test of its own.
    wrong = ~((numbers >= span.low) & (numbers <= span.high))
    if wrong.any():
        at = int(wrong.argmax())
        what = f"Entry {at} of {name} is {numbers[at]}."
        raise RecordError(what, span.wanted)
    return numbers


def require_entries(name: str, values: Sized, least: int = 1) -> None:
    """Raise RecordError if there are fewer than `least` values.

    >>> require_entries("grades", [1.0, 2.0], least=2)
    """
    if len(values) < least:
        what = f"{name} have {len(values)} entries where at least {least} are needed."
        raise RecordError(what, "Give more data, or leave this figure out.")


def require_same_length(**named: Sized) -> None:
    """Raise RecordError if the named vectors differ in length.

    >>> require_same_length(scores=[0.1, 0.2], grades=[1, 0])
    """
    lengths = {name: len(values) for name, values in named.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        what = f"Vectors of one length belong together, but these differ: {listed}."
        mend = "Give one entry for the same thing at the same place in each."
        raise RecordError(what, mend)
