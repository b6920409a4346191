"""What a tree leaves out of a question to a table: ends of a scale beside another, all and every, others, what is denied twice."""

from collections.abc import Iterator

from broadsheet.ask.cypher.nodes import within
from broadsheet.ask.slots.each import Grouped
from broadsheet.ask.slots.sketch import Sketch
from broadsheet.ask.slots.texts import WHETHER

# Words for a part of all.
SHARES = frozenset("share percentage proportion fraction percent ratio".split())


class Left(Grouped):
    """Tells what trees leave out."""

    def left_of(self, sketch: Sketch) -> Iterator[str]:
        """Yield what is to be said of a question to a table of which a sketch reads less than it says."""
        if self._reckoned is not None and not sketch.bounded:
            yield f"{self._reckoned.told.words!r} beside {self._reckoned.bounds[0].words!r} is not looked at."
        yield from self._unranked(sketch)
        if self._names.schema.named:
            if self._first == "who" and any(not one.property and sketch.spots[one.node].label in self._names.schema.named for one in sketch.asked):
                yield "'who' is not looked at: no column tells it by that name."
            yield from (f"{words!r} is not looked at." for words in (*self._ends_left(sketch), *self._words_left(sketch)))

    def _ends_left(self, sketch: Sketch) -> Iterator[str]:
        """Yield ends of a scale beside another that was taken, and such of each of a group: `makers whose cheapest is the most expensive`."""
        heard = [one.place for one in sketch.why]
        ends = [one for one in self._facts.superlatives if not one.soft and not self._is_of_name(one.place)]
        one_of = any(one.sign == "=" and self._is_name(spot.label, one.property) for spot in sketch.spots[:1] for one in spot.conditions)
        if self._first in WHETHER and sketch.ranked is not None and one_of:
            # Whether one is among the three most expensive is not told by the three among that one.
            yield from (one.words for one in ends)
        elif len(ends) > 1 and sketch.ranked is not None and sketch.ranked.property:
            yield from (one.words for one in ends if not any(within(one.place, place) for place in heard))
        for one in ends:
            at = self._token(one.place)
            owner = next((each for each in self._anchors if each.last == at - 1 and each.words.endswith(("'s", "s'", "’s", "s’"))), None)
            owner = owner or next((each for each in self._anchors if each.last == at - 2 and self._facts.tokens[at - 1].low in {"'", "'s", "’"}), None)
            if owner is not None and not owner.is_value and not sketch.groups:
                yield self._facts.question[owner.place.start : one.place.end]

    def _words_left(self, sketch: Sketch) -> Iterator[str]:
        """Yield words for all or for others, where nothing was made of them: `makers in every family`, `which other instruments`."""
        tokens = self._facts.tokens
        heard = [one.place for one in sketch.why if one.part in {"there is no other", "each"}]
        denied = sketch.apart or any(one.sign == "<>" for spot in sketch.spots for one in spot.conditions)
        asked = {one.node for one in sketch.asked}
        for at, token in enumerate(tokens[:-1]):
            behind = next((one for one in self._anchors if one.first == at + 1), None)
            named = {option.label for option in behind.options if option.kind == "label"} if behind is not None else set()
            all_of = token.low in {"all", "every", "each"} and bool(named) and not named & {sketch.spots[node].label for node in asked}
            rows = named & self._names.schema.named.keys()
            if all_of and not rows and not sketch.groups and not sketch.ranked and not any(one.function for one in sketch.asked):
                yield token.text
            if token.low == "all" and self._first in WHETHER and sketch.against:
                yield token.text
            if token.low in SHARES:
                yield token.text
            if token.low in {"other", "others"} and tokens[at + 1].low != "than" and not denied:
                yield token.text
        yield from self._denials_left(sketch)
        yield from (one.words for one in self._facts.marked("only") if one.words.lower() == "only" and one.place not in heard and self._is_of_groups())

    def _denials_left(self, sketch: Sketch) -> Iterator[str]:
        """Yield the last of several words that deny, where fewer things are denied: `makers with no instruments without a price`."""
        marks = [one for one in self._facts.marked("negation") if one.words.lower() in {"no", "not", "without", "never"} or one.words.lower().endswith("n't")]
        held = [one for spot in sketch.spots for one in spot.conditions if one.sign in {"<>", "IS NULL"} or one.value is False]
        turned = [one for one in (*self._facts.comparisons, *self.rivals) if one.sign in {"<=", ">="}]
        if len(marks) > max(1, len(held) + len(turned) + sum(one.mode == "none" for one in sketch.links)):
            yield marks[-1].words
