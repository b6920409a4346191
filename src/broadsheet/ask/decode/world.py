"""A schema as a grammar needs it: names as they are written, what each label is joined to, and the values that each property may be compared with."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from broadsheet.ask.cypher.nodes import Literal_
from broadsheet.ask.cypher.printer import label_name, written
from broadsheet.ask.decode.figures import SIGNS, compared
from broadsheet.ask.decode.given import Given
from broadsheet.ask.schema import NUMBERS, TIMES, PropertyFacts, Schema
from broadsheet.core.errors import ConfigError

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PARTS: Mapping[str, Callable[[str, str], bool]] = {"CONTAINS": str.__contains__, "STARTS WITH": str.startswith, "ENDS WITH": str.endswith}
_LATIN = re.compile(r"[A-Za-z]")
# Values of one property that a query may choose from, those of the question first.
MOST_VALUES = 200
YEARS = (1000.0, 2999.0)


@dataclass(frozen=True, eq=False)
class Key:
    """A property: its name as it is written, what is known of it, values as they are written, and texts that may be a part of one."""

    name: str
    text: str
    facts: PropertyFacts
    values: tuple[str, ...]
    parts: tuple[str, ...] = ()

    def compared(self, sign: str) -> tuple[str, ...]:
        """Return what its texts or days can be compared with, as it is written, so that some value that was seen may meet it."""
        if self.facts.type in TIMES:
            return tuple(one for one in self.values if not _beyond(self.facts, sign, one))
        if sign not in _PARTS:
            return self.values
        seen = self.facts.values
        return tuple(written(Literal_(one)) for one in self.parts if not self.facts.closed or any(_PARTS[sign](value, one) for value in seen))

    @property
    def year(self) -> "Key":
        """The year of a day, as a property of its own: within those that were seen."""
        low, high = (
            float(match[0][:4]) if (match := _DATE.search(str(bound))) else usual for bound, usual in zip((self.facts.low, self.facts.high), YEARS, strict=True)
        )
        return Key("year", "year", PropertyFacts("integer", low, high), ())

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.facts.type in NUMBERS

    @property
    def is_ordered(self) -> bool:
        """Whether rows can be sorted by it, and a least and greatest be found."""
        return self.facts.type not in {"list", "map", "point", "boolean"}

    @property
    def can_equal(self) -> bool:
        """Whether there is a value that it can be compared with."""
        return compared(self.facts, "=").start() is not None if self.is_number else bool(self.compared("=")) and self.facts.type != "list"


@dataclass(frozen=True, eq=False)
class Hop:
    """A relation type as it can follow a node of one label: labels that it leads to, and labels that it comes from."""

    type: str
    to: tuple[str, ...]
    by: tuple[str, ...]

    @property
    def ends(self) -> tuple[str, ...]:
        """The labels at its other end, either way round."""
        return tuple(dict.fromkeys((*self.to, *self.by)))


class World:
    """What a grammar may say of one schema with the values that are given. `left_out` are names and values that cannot be written.

    Raises ConfigError for a schema without labels.
    """

    def __init__(self, schema: Schema, given: Given | None = None, can_write: Callable[[str], bool] | None = None) -> None:
        self._given, self._can_write = given or Given(), can_write
        self.left_out: set[str] = set()
        self.labels = tuple(name for name in schema.labels if self._is_text(name))
        if not self.labels:
            raise ConfigError("The schema has no labels, so that nothing can be asked of its graph.", "Give a schema with at least one label.")
        known = set(self.labels)
        triples = [one for one in schema.triples if one.start in known and one.end in known and one.type in schema.types and self._is_text(one.type)]
        self._hops = {}
        for label in self.labels:
            types = dict.fromkeys(one.type for one in triples if label in {one.start, one.end})
            self._hops[label] = tuple(
                Hop(
                    kind,
                    tuple(one.end for one in triples if one.start == label and one.type == kind),
                    tuple(one.start for one in triples if one.end == label and one.type == kind),
                )
                for kind in types
            )
        self._keys = {("node", name): self._keys_of(schema, name) for name in self.labels}
        self._keys |= {("relation", name): self._keys_of(schema, name, relation=True) for name in dict.fromkeys(one.type for one in triples)}

    def hops(self, label: str) -> tuple[Hop, ...]:
        """Return the relations that nodes of a label can stand in."""
        return self._hops[label]

    def keys(self, kind: str, name: str) -> tuple[Key, ...]:
        """Return the properties of a label (`kind` is node) or of a type (`relation`)."""
        return self._keys.get((kind, name), ())

    def distance(self, start: str, goals: frozenset[str], most: int) -> int | None:
        """Return how many relations, one at least, lead from a label to any of others, or None where these are more than `most`."""
        at = {start}
        for count in range(1, most + 1):
            at = {end for label in at for hop in self._hops[label] for end in hop.ends}
            if at & goals:
                return count
        return None

    def _keys_of(self, schema: Schema, name: str, *, relation: bool = False) -> tuple[Key, ...]:
        held = schema.properties(frozenset({name}), relation=relation) or {}
        found = []
        for key, facts in held.items():
            if self._is_text(key):
                values = self._values(name, key, facts[0])
                texts = (*self._given.values(name, key), *facts[0].values, *self._given.words)
                parts = tuple(_several(one for one in texts if self._is_text(one))) if facts[0].type == "string" else ()
                found.append(Key(key, label_name(key), facts[0], values, parts))
        return tuple(found)

    def _values(self, name: str, key: str, facts: PropertyFacts) -> tuple[str, ...]:
        given = self._given.values(name, key)
        if facts.type == "boolean":
            return ("true", "false")
        if facts.type in {"date", "datetime"}:
            seen = (str(one) for one in (facts.low, facts.high, *facts.values) if one is not None)
            return tuple(_several(_moment(one, facts.type) for one in (*given, *seen)))
        if facts.type not in {"string", "list", "any"}:
            return ()
        said = [one for one in given if one in facts.values] if facts.closed else given
        return tuple(_several(self._quoted(one) for one in (*said, *facts.values)))

    def _quoted(self, value: str) -> str:
        return written(Literal_(value)) if value == "" or self._is_text(value) else ""

    def _is_text(self, name: str) -> bool:
        """Whether a name or value can be written: not empty, no half of a surrogate pair in it, and by the vocabulary where there is one."""
        fine = bool(name) and not any("\ud800" <= letter <= "\udfff" for letter in name) and (self._can_write is None or self._can_write(name))
        if not fine:
            self.left_out.add(name)
        return fine


def base(label: str) -> str:
    """Return what variables of a label are called, before they are numbered.

    >>> base("Person"), base("Ärzte"), base("25")
    ('p', 'r', 'n')
    """
    letter = _LATIN.search(label)
    return letter[0].lower() if letter else "n"


def alias(*parts: str) -> str:
    """Return a name for a value, of what it is made from.

    >>> alias("avg", "m", "box office")
    'avg_m_box_office'
    """
    return "_".join(re.sub(r"[^A-Za-z0-9]+", "_", part).strip("_") for part in parts if part)


def signs(key: Key) -> tuple[str, ...]:
    """Return the signs by which a property of numbers can be compared."""
    return tuple(sign for sign in SIGNS if compared(key.facts, sign).start() is not None)


def _several(values: Iterable[str]) -> list[str]:
    return [one for one in dict.fromkeys(values) if one][:MOST_VALUES]


def _beyond(facts: PropertyFacts, sign: str, value: str) -> bool:
    """Whether a day lies so that no day that was seen compares with it."""
    low, high, day = (match[0] if (match := _DATE.search(str(one))) else "" for one in (facts.low, facts.high, value))
    below, above = bool(low) and (day <= low if sign == "<" else day < low), bool(high) and (day >= high if sign == ">" else day > high)
    return {"<": below, "<=": below, ">": above, ">=": above}.get(sign, below or above)


def _moment(value: str, kind: str) -> str:
    """Return a day as it is written for a property of days, or nothing where the text is none."""
    match = _DATE.match(value)
    try:
        day = date.fromisoformat(match[0]) if match else None
    except ValueError:
        return ""
    return "" if day is None else f"{kind}('{day.isoformat()}')"
