"""What is taken from a post: needs, facts about the person, and claims of an order, each with its place in the text."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from broadsheet.core.schema import Record


class Polarity(StrEnum):
    """How the author stands to a need."""

    LACK = "lack"
    GOAL = "goal"
    ACHIEVED = "achieved"
    ADVICE = "advice"
    ABOUT_OTHER = "about_other"


class Horizon(StrEnum):
    """How soon the need is to be met."""

    NOW = "now"
    UNDER_1_YEAR = "<1y"
    FROM_1_TO_5_YEARS = "1-5y"
    OVER_5_YEARS = ">5y"
    UNKNOWN = "unknown"


class Span(Record):
    """A stretch of a post: offsets count Unicode characters of its text, and `text` is what stands there."""

    start: Annotated[int, Field(ge=0)]
    end: int
    text: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _is_as_long_as_its_text(self) -> Self:
        if self.end - self.start != len(self.text):
            raise ValueError(f"{self.start} to {self.end} is not as long as the text")
        return self


class NeedMention(Record):
    """A need that a post speaks of, with the words that say so.

    `need` and `level` are ids of a taxonomy; `prompt_hash` names what the extractor was asked.
    """

    id: Annotated[str, Field(min_length=1)]
    post: str
    need: str
    level: str
    polarity: Polarity
    horizon: Horizon = Horizon.UNKNOWN
    evidence: tuple[Span, ...]
    confidence: Annotated[float, Field(ge=0, le=1)]
    extractor: str
    prompt_hash: str


class PersonFact(Record):
    """What a post says of its author's age (in years) or income (in `currency`, a `period`)."""

    kind: Literal["age", "income"]
    value: Annotated[float, Field(ge=0)]
    currency: str = ""
    period: Literal["", "hour", "week", "month", "year"] = ""
    span: Span


class PostRating(Record):
    """How strained the author of a post is, or how ready to take risks with money: 0, not at all, to 10."""

    kind: Literal["stress", "risk"]
    value: Annotated[float, Field(ge=0, le=10)]
    span: Span


class OrderClaim(Record):
    """A post says that one need comes before another: both are ids of a taxonomy."""

    before: str
    after: str
    span: Span


class Rejected(Record):
    """A mention that was not kept, and why."""

    mention: str
    reason: str
