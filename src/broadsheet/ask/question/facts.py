"""What a question asks for: facts of its words, each with its place in code points."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.question.words import Token

Way = Literal["high", "low", "old", "new", "unknown"]


class Value(NamedTuple):
    """A number, year, decade (1990 of the 1990s), date (ISO, as far as it is told), quoted text, code (`DC1-R-2`, an address) or name in capitals.

    `first` and `last` are the tokens that it is made of, the last one not counted. A soft value is one that may be no value at all: `one`, `2nd`, a lone capital.
    """

    place: Place
    kind: Literal["number", "year", "decade", "date", "quoted", "code", "name"]
    value: float | str
    text: str
    first: int
    last: int
    soft: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it is a number, a year or a decade."""
        return isinstance(self.value, int | float)


class Comparison(NamedTuple):
    """`more than 5`, `before 2000`, `no later than June 2010`; `of_age` where older is less of a date of birth and more of an age.

    Where a word denies it (`not more than 5`), the sign is turned and it is marked so.
    The value is None where the other side is no value that is told (`higher revenue than their parent`). Of a range (`between 3 and 9`) there are two.
    """

    place: Place
    sign: Literal["<", "<=", ">", ">=", "=", "<>"]
    value: Value | None
    words: str
    of_age: bool = False
    of_range: bool = False
    denied: bool = False


class Containment(NamedTuple):
    """`containing the word 'sea'`, `starts with A`."""

    place: Place
    sign: Literal["CONTAINS", "STARTS WITH", "ENDS WITH"]
    value: Value | None
    words: str


class Limit(NamedTuple):
    """How many are asked for: `top 5`, `first three`, `the 3 oldest`, `name 4 films`."""

    place: Place
    count: int
    which: Literal["top", "first", "last", "any"]
    words: str


class Superlative(NamedTuple):
    """`most votes`, `highest`, `oldest`, `latest`: which end is asked for, and the word after it; soft where it may mean something else (`top`, `first film`)."""

    place: Place
    way: Way
    words: str
    about: str
    soft: bool = False


class Order(NamedTuple):
    """In which order: `sorted by name`, `descending`, `newest first`; the way is empty where it is not told."""

    place: Place
    way: Literal["up", "down", ""]
    words: str
    about: str = ""


class Aggregate(NamedTuple):
    """`how many`, `average`, `total`; soft where it may be the name of a property (`vote count`)."""

    place: Place
    which: Literal["count", "avg", "sum", "min", "max", "percentileCont", "stDev", "collect"]
    words: str
    about: str
    soft: bool = False


class Mark(NamedTuple):
    """Other words that ask for something."""

    place: Place
    which: Literal["distinct", "negation", "optional", "existence", "or", "both", "only", "group", "several"]
    words: str
    about: str = ""


class Mention(NamedTuple):
    """Words that name something of the schema: `names` are labels, types of relations, or properties; `owners` of a property, whose it is.

    Not whole: only a part of the name stands there (`duration` for call_duration). A value is one that the schema knows of a property.
    """

    place: Place
    kind: Literal["label", "relation", "property", "value"]
    name: str
    owners: tuple[str, ...]
    words: str
    whole: bool = True
    value: str = ""


@dataclass(frozen=True)
class Facts:
    """All facts of one question."""

    question: str
    tokens: tuple[Token, ...]
    values: tuple[Value, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    containments: tuple[Containment, ...] = ()
    limits: tuple[Limit, ...] = ()
    superlatives: tuple[Superlative, ...] = ()
    orders: tuple[Order, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    marks: tuple[Mark, ...] = ()
    mentions: tuple[Mention, ...] = ()

    def marked(self, which: str) -> tuple[Mark, ...]:
        """Return the marks of one kind."""
        return tuple(one for one in self.marks if one.which == which)
