"""What stands where in a question and in a tree of nodes, and which properties a node has to be asked by."""

from collections.abc import Iterator, Sequence

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.link.english import TIMES
from broadsheet.ask.link.names import Names
from broadsheet.ask.question.facts import Facts, Value
from broadsheet.ask.question.words import parts, stem
from broadsheet.ask.schema import NUMBERS, PropertyFacts, Triple
from broadsheet.ask.schema import TIMES as TIME_TYPES
from broadsheet.ask.slots.anchors import Anchor, Option
from broadsheet.ask.slots.keys import Keys
from broadsheet.ask.slots.sketch import Because, Condition, Sketch

# Words between a word and what it is about, at most.
REACH = 5
# What speaks against a tree of which something that is asked was not found.
UNSURE = -0.4


class Standing:
    """The facts and the names of one question, over one graph."""

    def __init__(self, facts: Facts, found: Sequence[Anchor], names: Names, keys: Keys) -> None:
        self._facts, self._anchors, self._names, self._keys = facts, found, names, keys
        # Names that tell what rows are held against, and nothing of what is asked for.
        self._spent: tuple[Anchor, ...] = ()
        self._first = facts.tokens[0].low if facts.tokens else ""

    def _token(self, place: Place) -> int:
        return next((at for at, one in enumerate(self._facts.tokens) if one.place.end > place.start), len(self._facts.tokens))

    def _spot(self, sketch: Sketch, at: int, label: str | None = None) -> int:
        """Return the node that is named nearest to a token, those before it first."""
        held = [number for number, one in enumerate(sketch.spots) if one.at >= 0 and (label is None or one.label == label)]
        return min(held, key=lambda number: abs(sketch.spots[number].at - at) + (2 if sketch.spots[number].at > at else 0), default=-1)

    def _behind(self, at: int, *kinds: str, reach: int = REACH) -> Anchor | None:
        """Return the first name at or behind a token."""
        return next((one for one in self._anchors if at <= one.first <= at + reach and any(option.kind in kinds for option in one.options)), None)

    def _held(self, label: str) -> dict[str, PropertyFacts]:
        return dict(self._names.schema.labels.get(label) or {})

    def times(self, label: str) -> list[str]:
        """Return the properties of a label that tell a time, those that tell a day first."""
        found = []
        for key, facts in self._held(label).items():
            words = set(parts(key))
            told = facts.type in TIME_TYPES or self._keys.kind(label, key) in {"iso", "day first", "month first", "either first"}
            if told or words & TIMES:
                # What few have tells least of all.
                found.append((self._keys.filled(label, key) < 1, not told, "date" not in words, "year" not in words, -self._keys.filled(label, key), key))
        return [key for *_, key in sorted(found)]

    def _scales(self, label: str) -> list[str]:
        """Return the properties of a label that are more or less."""
        return [key for key, facts in self._held(label).items() if facts.type in NUMBERS or self._keys.kind(label, key) == "number"]

    def _measured_by(self, label: str) -> list[str]:
        """Return the properties of a label that are more or less, without the key by which its rows are called."""
        return [key for key in self._scales(label) if key != next(iter(self._names.schema.named.get(label, ())), None)]

    def _made_of(self, label: str, key: str) -> Triple | None:
        """Return the relation from rows to what was made of a column of theirs: of `maker` HAS_MAKER; None where nothing was."""
        said = {stem(one) for one in parts(key)}
        return next((one for one in self._names.schema.triples if one.start == label and {stem(part) for part in parts(one.type)[1:]} == said), None)

    def _keyed(self, label: str, key: str) -> bool:
        return self._keys.needed(label, key)

    def _scaled(self, sketch: Sketch, at: int, options: Sequence[Option]) -> Iterator[tuple[int, str]]:
        """Yield the nodes with the properties that are more or less for which a word may stand."""
        for option in options:
            node = self._spot(sketch, at, option.label)
            if option.kind == "property" and node >= 0 and option.property in (*self._scales(option.label), *self.times(option.label)):
                yield node, option.property

    def _bound(self, sketch: Sketch, found: tuple[int, str], sign: str, value: Value, because: Because) -> Sketch:
        node, key = found
        label = sketch.spots[node].label
        facts = self._held(label).get(key)
        kind = self._keys.kind(label, key)
        held: str | float = value.value if not isinstance(value.value, float) or value.value % 1 else int(value.value)
        if kind in {"iso", "day first", "month first", "either first"} or (facts is not None and facts.type in TIME_TYPES):
            # The end of a year is later than all of it; text is compared from the left.
            year = str(held)
            held = self._keys.value(label, key, f"{year}-12-31" if sign in {">", "<="} else f"{year}-01-01")
        elif facts is not None and facts.type == "string" and kind is None:
            held = str(held)
        return sketch.with_condition(node, Condition(key, sign, held, self._keyed(label, key)), because)
