"""What is wrong with a summary: the kinds, in the words of the notes."""

from enum import StrEnum
from typing import NamedTuple


class Unsupported(StrEnum):
    """What a summary has that its source has not, in the words of the notes."""

    NUMBER = "a number that the quoted sentences do not have"
    UNIT = "a number with another unit or bound"
    COUNTED = "a number of something else"
    NAME = "a name that the abstract does not have"
    NEGATION = "a negation that the abstract does not have"
    AFFIRMED = "what the quoted sentences deny"
    DIRECTION = "the other direction"
    ORDER = "names or numbers in another order"
    ADDRESS = "an address"


class Fault(NamedTuple):
    """One thing that is not in the source, as it stands in the summary."""

    kind: Unsupported
    said: str
