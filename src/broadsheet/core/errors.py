"""The one tree of errors a user can cause; each says what is wrong and what mends it.

BroadsheetError (1)
├── ConfigError (10)            a setting that is unknown or has a wrong value
│   ├── PatternError (11)       a regular expression that does not compile
│   ├── ProfileError (12)       a profile that cannot be read
│   └── TaxonomyError (13)      a taxonomy of needs that cannot be read, or a need that it does not have
├── SourceError (20)            a source that cannot be read
│   ├── SourceNotFoundError (21)
│   ├── EmptySourceError (22)   a file without a byte or without a record
│   ├── TruncatedError (23)     a gzip, XML or Parquet that ends too soon
│   ├── NotAFeedError (24)      HTML or something else where a feed belongs
│   ├── FeedError (25)          the feed itself reports an error
│   ├── ColumnError (26)        a column that is not there
│   ├── RecordError (27)        a record that lacks a field or has a wrong one
│   ├── IdentifierError (28)    an identifier in no known scheme
│   └── ImageError (29)         a picture that is missing, cut, no picture, or far too large
├── DayError (6)                a day that is not as a morning's page needs it
│   ├── NotReadyError (3)       not announced yet
│   ├── StaleError (4)          the source serves an earlier day
│   └── IncompleteError (5)     a part of the day is missing, or was not waited for
├── NoPapersError (30)          nothing was announced for the date, or the day is empty
├── OutputError (40)            a folder that cannot be written
│   ├── DeliveryError (41)      a delivery that was refused, and is tried again
│   └── UnknownDeliveryError (42)  a delivery whose outcome nobody can know
├── NetworkError (50)           no connection, or the time limit passed
│   └── RefusedError (51)       the server answered, with a refusal
│       └── ThrottledError (52) the server asks to come back later
├── ArtifactError (60)          an artefact that is missing, changed or of another kind
│   └── NotFittedError (61)     a component used before `fit` or `load`
├── StoreError (65)             the database cannot be opened or is locked
├── MissingExtraError (70)      an optional package or a model weight is not installed
│   └── WeightsError (71)       weights that were changed, are of another family, or give no finite numbers
├── LLMError (80)               a call to a language model that gave no answer
│   ├── BudgetError (81)        the budget has no room for the next call
│   ├── ReplyError (82)         a reply that is cut, a refusal, or does not fit after the repairs
│   ├── RecordingError (83)     nothing is recorded for a request, or no rule fits it
│   └── EndpointError (84)      the endpoint cannot be used: no access, no such model, or it keeps failing
└── QueryError (90)             a query to a graph that the engine cannot answer
    ├── QueryRefusedError (91)  a query that does more than read, or cannot be read
    └── QueryTimeoutError (92)  a query that was stopped at its time limit

The number is the exit code of the command line. 0 is success, 2 a wrong call of the
command line (unknown option); 3 to 5 are the states of a day that is waited for.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class BroadsheetError(Exception):
    """An error with two lines: `what` is wrong, and what will `mend` it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what, mend)
        self.what = " ".join(what.split())
        self.mend = " ".join(mend.split())

    def __str__(self) -> str:
        return f"{self.what}\n{self.mend}"


class ConfigError(BroadsheetError):
    """A setting that is unknown or has a wrong value."""

    exit_code = 10


class PatternError(ConfigError):
    """A regular expression that does not compile."""

    exit_code = 11


class ProfileError(ConfigError):
    """A profile that cannot be read."""

    exit_code = 12


class TaxonomyError(ConfigError):
    """A taxonomy of needs that cannot be read, or a need that it does not have."""

    exit_code = 13


class SourceError(BroadsheetError):
    """A source that cannot be read."""

    exit_code = 20


class SourceNotFoundError(SourceError):
    """A path or a name of a source that is not there."""

    exit_code = 21


class EmptySourceError(SourceError):
    """A file without a byte, or without a record."""

    exit_code = 22


class TruncatedError(SourceError):
    """A file that ends too soon."""

    exit_code = 23


class NotAFeedError(SourceError):
    """HTML, or something else, where a feed belongs."""

    exit_code = 24


class FeedError(SourceError):
    """A well-formed feed whose content is an error report."""

    exit_code = 25


class ColumnError(SourceError):
    """A column that the source does not have."""

    exit_code = 26


class RecordError(SourceError):
    """A record that lacks a field, or has a wrong one."""

    exit_code = 27


class IdentifierError(SourceError):
    """An identifier in no known scheme."""

    exit_code = 28


class ImageError(SourceError):
    """A picture that is missing, ends too soon, is no picture, or is far too large."""

    exit_code = 29


class DayError(BroadsheetError):
    """A day that is not as a morning's page needs it; nothing is broken, and asking again later mends it."""

    exit_code = 6


class NotReadyError(DayError):
    """The day is not announced yet."""

    exit_code = 3


class StaleError(DayError):
    """The source serves an earlier day as if it were the newest."""

    exit_code = 4


class IncompleteError(DayError):
    """A part of the day is missing: a list that is stale or broken, or fewer papers than the source itself counts."""

    exit_code = 5


class NoPapersError(BroadsheetError):
    """Nothing was announced for the date asked for, or the day is empty."""

    exit_code = 30


class OutputError(BroadsheetError):
    """A folder that cannot be written."""

    exit_code = 40


class DeliveryError(OutputError):
    """A delivery that was refused or could not be begun. It is kept, and the next run tries it again, unless it is `is_final`: refused for good."""

    exit_code = 41

    def __init__(self, what: str, mend: str, *, is_final: bool = False) -> None:
        super().__init__(what, mend)
        self.is_final = is_final


class UnknownDeliveryError(OutputError):
    """A delivery whose outcome nobody can know: the line was lost after the last byte. It is not sent again unless the user says so."""

    exit_code = 42


class NetworkError(BroadsheetError):
    """No connection, or the time limit passed."""

    exit_code = 50


class RefusedError(NetworkError):
    """The server answered with a refusal."""

    exit_code = 51


class ThrottledError(RefusedError):
    """The server asks to come back later; `retry_after` are the seconds it names, None where it names none."""

    exit_code = 52

    def __init__(self, what: str, mend: str, retry_after: float | None = None) -> None:
        super().__init__(what, mend)
        self.retry_after = retry_after


class ArtifactError(BroadsheetError):
    """An artefact that is missing, was changed, or is of another kind."""

    exit_code = 60


class NotFittedError(ArtifactError):
    """A component that was used before `fit` or `load`."""

    exit_code = 61


class StoreError(BroadsheetError):
    """The database cannot be opened, or is locked."""

    exit_code = 65


class MissingExtraError(BroadsheetError):
    """An optional package or a model weight that is not installed."""

    exit_code = 70


class WeightsError(MissingExtraError):
    """Weights that were changed, belong to another family of models, or give no finite numbers."""

    exit_code = 71


class LLMError(BroadsheetError):
    """A call to a language model that gave no answer."""

    exit_code = 80


class BudgetError(LLMError):
    """The budget has no room for the next call."""

    exit_code = 81


class ReplyError(LLMError):
    """A reply that is cut, is a refusal, or does not fit its schema after the repairs."""

    exit_code = 82


class RecordingError(LLMError):
    """Nothing is recorded for a request, or no rule fits it."""

    exit_code = 83


class EndpointError(LLMError):
    """The endpoint cannot be used: it grants no access, has no such model, or keeps failing."""

    exit_code = 84


class QueryError(BroadsheetError):
    """A query to a graph that the engine cannot answer."""

    exit_code = 90


class QueryRefusedError(QueryError):
    """A query that does more than read, or that cannot be read."""

    exit_code = 91


class QueryTimeoutError(QueryError):
    """A query that was stopped at its time limit."""

    exit_code = 92


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the nearest known name, or an empty string.

    >>> did_you_mean("titel", ["title", "abstract"])
    " Did you mean 'title'?"
    >>> did_you_mean("zzz", ["title"])
    ''
    """
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""
