"""What is known of the quality of an archive's pages: the one object that the page and the JSON are written from."""

from datetime import date
from typing import Literal

from broadsheet.core.schema import Record


class ListPool(Record):
    """One list on one label: its state, the papers kept of it, and how many its source counted (None where it did not say)."""

    name: str
    state: str
    kept: int
    stated: int | None = None


class DayQuality(Record):
    """One page.

    Of the `kept` papers (None without a store that knows the day) `papers` are on the page and `missing` are not. `interests` have a
    candidate, `covered` of these a pick. `diversity` is the mean of 1 - cosine over pairs of picks, `novelty` that from each pick to the nearest
    earlier pick or library paper. Of the `top` papers of a plain SVM the page `omitted` some. `explored` places were given by chance, `asked` for that.
    `hours` lie between the announcement and the first writing that is known.
    """

    label: date
    papers: int
    picks: int
    kept: int | None = None
    missing: tuple[str, ...] = ()
    lists: tuple[ListPool, ...] = ()
    interests: int = 0
    covered: int = 0
    diversity: float | None = None
    novelty: float | None = None
    top: int = 0
    omitted: int = 0
    explored: int = 0
    asked: int = 0
    hours: float | None = None


class Bin(Record):
    """Picks of like chance: how many, the mean chance, the share that was taken up, and its 95 % interval."""

    count: int
    predicted: float
    observed: float
    low: float
    high: float


class Calibration(Record):
    """The stated chances against what the reader did, on days on which the reader did anything.

    `why_not` says in words why there is no curve; then there are no bins. `error` is the expected calibration error, `rate` the share taken up with its interval.
    """

    days: int
    shown: int
    taken: int
    bins: tuple[Bin, ...] = ()
    error: float | None = None
    brier: float | None = None
    predicted: float | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    why_not: str = ""


class Miss(Record):
    """A paper that the reader took up and the page had not picked; `label` is None where no page has it."""

    item: str
    title: str
    label: date | None
    kind: str
    why: str


class Repeat(Record):
    """A paper that stands as new on several labels."""

    item: str
    title: str
    labels: tuple[date, ...]


class Quality(Record):
    """The quality of an archive for one reader, oldest day first."""

    schema_version: int = 1
    reader: str
    subject: Literal["papers", "items"] = "papers"
    fictional: bool = False
    days: tuple[DayQuality, ...]
    calibration: Calibration
    misses: tuple[Miss, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    notes: tuple[str, ...] = ()

    def mean(self, name: str) -> float | None:
        """Return the mean of a figure over the days that have it, None where none has."""
        values = [value for day in self.days if (value := getattr(day, name)) is not None]
        return sum(values) / len(values) if values else None

    def share(self, part: str, whole: str) -> float | None:
        """Return the share of two counts over all days, None where there is nothing to share."""
        total = sum(getattr(day, whole) or 0 for day in self.days)
        return sum(getattr(day, part) or 0 for day in self.days if getattr(day, whole)) / total if total else None
