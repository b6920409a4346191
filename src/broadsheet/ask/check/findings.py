"""Findings about a query: a code, how grave it is, where it stands, what says so, and the change that mends it where there is one."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from broadsheet.ask.cypher.nodes import Place


class Severity(StrEnum):
    """An error makes a query wrong or impossible; a warning makes it doubtful; an info is a matter of style or worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Code(StrEnum):
    """What a finding is about."""

    SYNTAX = "SYNTAX"
    UNKNOWN_LABEL = "UNKNOWN_LABEL"
    UNKNOWN_RELATION = "UNKNOWN_RELATION"
    UNKNOWN_PROPERTY = "UNKNOWN_PROPERTY"
    UNKNOWN_FUNCTION = "UNKNOWN_FUNCTION"
    WRONG_ARGUMENTS = "WRONG_ARGUMENTS"
    WRONG_DIRECTION = "WRONG_DIRECTION"
    IMPOSSIBLE_PATH = "IMPOSSIBLE_PATH"
    UNLABELLED_NODE = "UNLABELLED_NODE"
    DIRECTION_AMBIGUOUS = "DIRECTION_AMBIGUOUS"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    OUT_OF_DOMAIN = "OUT_OF_DOMAIN"
    NULL_COMPARED = "NULL_COMPARED"
    CONTRADICTION = "CONTRADICTION"
    TAUTOLOGY = "TAUTOLOGY"
    UNBOUND_VARIABLE = "UNBOUND_VARIABLE"
    SHADOWED_VARIABLE = "SHADOWED_VARIABLE"
    KIND_CONFLICT = "KIND_CONFLICT"
    UNUSED_VARIABLE = "UNUSED_VARIABLE"
    CARTESIAN_PRODUCT = "CARTESIAN_PRODUCT"
    UNBOUNDED_PATH = "UNBOUNDED_PATH"
    FAN_OUT = "FAN_OUT"
    MISSING_ALIAS = "MISSING_ALIAS"
    DUPLICATE_NAME = "DUPLICATE_NAME"
    UNION_COLUMNS = "UNION_COLUMNS"
    AGGREGATE_MISPLACED = "AGGREGATE_MISPLACED"
    PATTERN_AS_VALUE = "PATTERN_AS_VALUE"
    ORDER_BY_NOT_RETURNED = "ORDER_BY_NOT_RETURNED"
    LIMIT_WITHOUT_ORDER = "LIMIT_WITHOUT_ORDER"
    OPTIONAL_THEN_FILTER = "OPTIONAL_THEN_FILTER"
    SELF_MATCH = "SELF_MATCH"
    NO_RETURN = "NO_RETURN"
    NOT_ALLOWED = "NOT_ALLOWED"
    QUESTION_FACT_MISSING = "QUESTION_FACT_MISSING"
    QUESTION_FACT_EXTRA = "QUESTION_FACT_EXTRA"
    QUESTION_MISMATCH = "QUESTION_MISMATCH"


# What a question tells, and no schema.
QUESTION = frozenset({Code.QUESTION_FACT_MISSING, Code.QUESTION_FACT_EXTRA, Code.QUESTION_MISMATCH})


class Splice(NamedTuple):
    """Text that stands in the place of what was written."""

    place: Place
    text: str


class Finding(NamedTuple):
    """What is wrong at a place, and why; `fix` mends it where there is one way to. `asked` is the place in the question that says otherwise."""

    code: Code
    severity: Severity
    place: Place
    message: str
    fix: tuple[Splice, ...] = ()
    hopeless: bool = False
    asked: Place | None = None


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return a text with changes made, from its end to its beginning; of changes of one place the first is made.

    >>> spliced("MATCH (n:Moive)", [Splice(Place(9, 14), "Movie")])
    'MATCH (n:Movie)'
    """
    taken: list[Place] = []
    for place, new in sorted(dict.fromkeys(splices), key=lambda one: (-one.place.start, -one.place.end)):
        if all(place.end <= other.start or place.start >= other.end for other in taken):
            text = text[: place.start] + new + text[place.end :]
            taken.append(place)
    return text
