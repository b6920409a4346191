"""What a graph holds: labels and their properties, relations and what they join, and what is known of the values."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple, Self

Type = Literal["string", "integer", "float", "boolean", "date", "datetime", "time", "duration", "point", "list", "map", "any"]
NUMBERS: frozenset[str] = frozenset({"integer", "float"})
TIMES: frozenset[str] = frozenset({"date", "datetime", "time"})
# The properties that name a node of a label, its key first; of a label that is not there its node is named by what it has.
Naming = Mapping[str, tuple[str, ...]]
UNNAMED: Naming = MappingProxyType({})
# More values than this are no closed set: they were seen, others may be there.
FEW = 60


class PropertyFacts(NamedTuple):
    """A property: its type, the least and greatest value that was seen, some values, and whether these are all that there are.

    `meant` is a type that says what values mean, and not how they are stored: a date may be a text.
    """

    type: Type
    low: float | str | None = None
    high: float | str | None = None
    values: tuple[str, ...] = ()
    closed: bool = False
    meant: bool = False


class Triple(NamedTuple):
    """Nodes of one label are joined to nodes of another by relations of one type."""

    start: str
    type: str
    end: str


class Schema:
    """A graph's schema. `labels` and `types` have for each name its properties, or None where nothing is known of them: then any of `loose` may be there.

    A schema without properties at all says nothing of them (`knows_properties` is false). `words` are what a schema itself tells of its names: phrases
    that mean the same; of a relation the first is read from its start, the second from its end. `named` are properties by which nodes are called.
    """

    def __init__(
        self,
        labels: Mapping[str, Mapping[str, PropertyFacts] | None],
        types: Mapping[str, Mapping[str, PropertyFacts] | None],
        triples: tuple[Triple, ...],
        loose: Mapping[str, PropertyFacts] | None = None,
        words: Mapping[str, tuple[str, ...]] | None = None,
        named: Naming | None = None,
    ) -> None:
        self.words, self.named = dict(words or {}), dict(named or {})
        self.labels, self.types, self.triples, self.loose = dict(labels), dict(types), tuple(dict.fromkeys(triples)), dict(loose or {})

    @classmethod
    def of_triples(cls, triples: tuple[Triple, ...]) -> Self:
        """Return the schema that triples alone tell.

        >>> schema = Schema.of_triples((Triple("Person", "KNOWS", "Person"),))
        >>> list(schema.labels), schema.knows_properties
        (['Person'], False)
        """
        labels = dict.fromkeys(name for one in triples for name in (one.start, one.end))
        return cls(labels, dict.fromkeys(one.type for one in triples), triples)

    @cached_property
    def knows_properties(self) -> bool:
        """Whether anything is known of properties."""
        return bool(self.loose) or any(held for held in (*self.labels.values(), *self.types.values()))

    def properties(self, names: frozenset[str], *, relation: bool = False) -> Mapping[str, tuple[PropertyFacts, ...]] | None:
        """Return the properties that nodes of any of these labels, or relations of these types, have; None where nothing is known."""
        held = self.types if relation else self.labels
        found: dict[str, tuple[PropertyFacts, ...]] = {}
        for name in names:
            own = held.get(name)
            if own is None and not self.loose:
                return None
            for key, facts in (self.loose if own is None else own).items():
                found[key] = (*found.get(key, ()), facts)
        return found

    def everything(self) -> Iterator[tuple[str, str, PropertyFacts]]:
        """Yield each label or type, the name of a property, and what is known of it."""
        for held in (self.labels, self.types):
            for name, own in held.items():
                for key, facts in (own or {}).items():
                    yield name, key, facts

    def joins(self, starts: frozenset[str], types: frozenset[str], ends: frozenset[str]) -> tuple[Triple, ...]:
        """Return the triples from any of these labels, by any of these types, to any of these labels."""
        return tuple(one for one in self.triples if one.start in starts and one.type in types and one.end in ends)

    @cached_property
    def all_labels(self) -> frozenset[str]:
        """Every label."""
        return frozenset(self.labels)

    @cached_property
    def all_types(self) -> frozenset[str]:
        """Every type of relation."""
        return frozenset(self.types)


def nearest(name: str, among: list[str]) -> str | None:
    """Return the name that is most like another, if any is like it.

    >>> nearest("Moive", ["Movie", "Person"]), nearest("Food", ["Movie", "Person"])
    ('Movie', None)
    """
    folded = {one.lower().replace("_", "").replace(" ", ""): one for one in reversed(among)}
    if (same := folded.get(name.lower().replace("_", "").replace(" ", ""))) is not None:
        return same
    return next(iter(get_close_matches(name, among, n=1, cutoff=0.7)), None)
