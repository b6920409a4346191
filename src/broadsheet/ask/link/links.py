"""What the words of a question may stand for, each with its place in code points and how sure that is."""

from typing import Literal, NamedTuple

from broadsheet.ask.cypher.nodes import Place

How = Literal["exact", "date", "plural", "words", "letters"]


class ValueLink(NamedTuple):
    """Words that stand for a value: `count` nodes of a label have it in a property. The score is 1 for the value's own letters, and less the less alike they are."""

    place: Place
    words: str
    label: str
    property: str
    value: str
    count: int
    score: float
    how: How


class NameLink(NamedTuple):
    """Words that stand for a label, a type of relation or a property; `owners` of a property are the labels or types that have it."""

    place: Place
    words: str
    kind: Literal["label", "relation", "property"]
    name: str
    owners: tuple[str, ...]
    score: float


class Ambiguity(NamedTuple):
    """Words that stand for several things alike, each with how many nodes it is of: what to ask back."""

    place: Place
    words: str
    meanings: tuple[ValueLink, ...]


class Missing(NamedTuple):
    """Words that look like a value, of which the graph has none; `nearest` are values that it has."""

    place: Place
    words: str
    nearest: tuple[ValueLink, ...]


class Links(NamedTuple):
    """All links of a question: values and names in the order of the text, what is open, and what is missing."""

    question: str
    values: tuple[ValueLink, ...]
    names: tuple[NameLink, ...]
    ambiguities: tuple[Ambiguity, ...] = ()
    missing: tuple[Missing, ...] = ()
