"""What is shown of an inference: every number of the page, of the JSON and of the Parquet files, small cells taken out."""

from typing import Literal

from broadsheet.core.schema import Record
from broadsheet.needs.cells import Count
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.hierarchy.verdict import Verdict

# Chances are told by the least of these that they do not pass: with the people beside, an exact one would give small cells away.
BOUNDS = (0.001, 0.01, 0.05)


class Stretch(Record):
    """A piece of a post; `said` where it is part of the evidence."""

    text: str
    said: bool


class Quotation(Record):
    """Evidence in its post, personal data replaced and the post cut about it; `need` is a name where one was told.

    Whose it is, nobody is told, nor its month where that month's people are not told.
    """

    level: str
    need: str
    month: str
    stretches: tuple[Stretch, ...]


class LevelRow(Record):
    """One level in the taxonomy's order, from 1; figures are null where the people are not told."""

    id: str
    name: str
    order: int
    people: Count
    share: float | None
    share_low: float | None
    share_high: float | None
    H: float | None
    H_low: float | None
    H_high: float | None
    not_monotone: int | None
    crossing: int | None


class PairRow(Record):
    """Two levels: how likely more people speak of `one` than of `other`, and by how many standard deviations more of both than writing explains."""

    one: str
    other: str
    below: float | None
    association: float | None


class ArrowRow(Record):
    """From which level people come to which, by time alone.

    `people` is how many tell the two apart; `more` by how many people the way is gone more often than chance gives. `p` bounds how likely
    chance alone gives as much, held against all pairs; `is_clear` where that is within the plan's level.
    """

    start: str
    end: str
    people: Count
    more: int
    p: str
    is_clear: bool


class MonthRow(Record):
    """How many of a month's authors speak of a level, and which share of them."""

    month: str
    level: str
    authors: Count
    people: Count
    share: float | None


class NullRow(Record):
    """A way in which chance alone could have made what is seen, and how likely it gives as much."""

    id: str
    says: str
    counts: bool
    p: float | None


class ModelRow(Record):
    """A model, and the log likelihood of people left out that it gains over independence, in nats."""

    id: str
    name: str
    gain: float


class AgreementRow(Record):
    """A kind of evidence, and Kendall's tau of the order by it with the taxonomy's."""

    id: str
    name: str
    tau: float | None


class FactRow(Record):
    """What those who speak of a level earn, or how old they are: quartiles, rounded so that nobody's own figure stands there."""

    kind: Literal["age", "income"]
    level: str
    people: Count
    low: float | None
    middle: float | None
    high: float | None
    unit: str


class SlopeRow(Record):
    """By how much the logarithm of the rate at which people speak of a level grows a step of income or age, how much they write held equal."""

    kind: Literal["age", "income"]
    level: str
    slope: float | None
    low: float | None
    high: float | None
    p: float | None


class TrendRow(Record):
    """Whether such slopes grow up the levels: by how much from a level to the next, p against all tests made, and Kendall's tau with the taxonomy's order.

    `people` told theirs, `missing` did not.
    """

    kind: Literal["age", "income"]
    unit: str
    step: str
    people: Count
    missing: Count
    trend: float | None
    low: float | None
    high: float | None
    p: float | None
    agreement: float | None


class Theme(Record):
    """A theme found in posts: its name, words of it, how many people speak of it, and how surely other people's posts give it too (0 to 1) where that was tried."""

    name: str
    words: tuple[str, ...] = ()
    people: Count
    stability: float | None = None


class ThemeLevel(Record):
    """A theme and a level: how many of the theme's people speak of the level in posts of the theme, and which share of them that is."""

    theme: str
    level: str
    people: Count
    share: float | None
    low: float | None
    high: float | None


class Whole(Record):
    """The verdict, and the figures of all levels together; `order_by_frequency` has the levels whose people are told, the one that most speak of first."""

    verdict: Verdict
    reason: str
    people: Count
    posts: Count
    mentions: Count
    H: float | None
    H_low: float | None
    H_high: float | None
    strength: str
    beyond_writing: float | None
    without_error: float | None
    detectable: float | None
    unfolding_better: float | None
    error: float | None
    error_given: bool
    writing_exponent: float | None
    reproducibility: float | None
    scalability: float | None
    order_by_frequency: tuple[str, ...]
    time_people: Count
    time_agreement: float | None
    time_p: float | None
    claims_people: Count = 0
    claims_agreement: float | None = None
    claims_low: float | None = None
    claims_high: float | None = None
    claims_p: float | None = None


class Provenance(Record):
    """What it was made from: the plan and its hash, the version of the package, and a hash of each input."""

    plan: AnalysisPlan
    plan_hash: str
    package_version: str
    inputs: dict[str, str]
    left_out: dict[str, int]


class Sheet(Record):
    """All that is shown; no number under `k` people is in it, nor one that would follow from the others."""

    taxonomy: str
    title: str
    k: int
    whole: Whole
    levels: tuple[LevelRow, ...]
    pairs: tuple[PairRow, ...]
    arrows: tuple[ArrowRow, ...]
    months: tuple[MonthRow, ...]
    nulls: tuple[NullRow, ...]
    models: tuple[ModelRow, ...]
    agreements: tuple[AgreementRow, ...]
    facts: tuple[FactRow, ...]
    slopes: tuple[SlopeRow, ...]
    trends: tuple[TrendRow, ...]
    themes: tuple[Theme, ...]
    theme_levels: tuple[ThemeLevel, ...]
    quotations: tuple[Quotation, ...]
    provenance: Provenance


def bound(p: float) -> str:
    """Tell a chance by the least bound that it does not pass.

    >>> bound(0.004), bound(0.3)
    ('≤ 0.01', '> 0.05')
    """
    return next((f"≤ {one:g}" for one in BOUNDS if p <= one), f"> {BOUNDS[-1]:g}")
