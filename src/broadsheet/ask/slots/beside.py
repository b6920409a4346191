"""Rows held against others and against an average: `cheaper than the Lute`, `the price difference between two`, `above the average price`, `which is heavier, the Lute or the Oboe`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal, NamedTuple

from broadsheet.ask.cypher.logic import MIRRORED
from broadsheet.ask.cypher.nodes import Place, within
from broadsheet.ask.link.english import adjective, alike, is_empty
from broadsheet.ask.link.names import Names
from broadsheet.ask.question import phrases as p
from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.words import Token, parts, stem
from broadsheet.ask.schema import NUMBERS
from broadsheet.ask.slots.anchors import Anchor, Option
from broadsheet.ask.slots.keys import Keys
from broadsheet.ask.slots.ordered import Ordered
from broadsheet.ask.slots.sketch import Against, Asked, Because, Condition, Ranked, Sketch, Spot
from broadsheet.ask.slots.standing import UNSURE
from broadsheet.ask.slots.texts import WHETHER

MEANS = frozenset("average mean avg".split())
ABOVE = {"above": ">", "over": ">", "beyond": ">", "below": "<", "under": "<", "beneath": "<"}
DENYING = frozenset("not no never cannot".split())
# Words between a comparison and what is compared with.
LEADING = frozenset("the a an its their that of in - one".split())
PRICY = frozenset("pricier dearer costlier".split())
NEWER, OLDER = frozenset("newer younger later after".split()), frozenset("older elder earlier before".split())
APART = frozenset("differ differenc".split())
# Words that compare and say nothing of what, and those behind which an adjective may do.
GENERAL = frozenset(
    "more less fewer greater larger higher lower smaller bigger better worse than as much many same does do is are cost costs difference different differ differs above over "
    "beyond below under beneath the in".split()
)
PLAIN = frozenset("more less as".split())
End = Literal["", "avg", "min", "max"]
ENDS: dict[str, End] = {"high": "max", "low": "min"}
# Adjectives of which more is less.
LOW = frozenset("cheap light short small low few affordable".split())
FOLD = frozenset("twice thrice half double times".split())
# So far before `than` a comparison begins at most, so far from it stands what it is of, and so far stands `how much` before it.
LONG, CLOSE, HOW = 8, 3, 3
# So surely a word speaks of a property.
SAID = 0.8


class Rival(NamedTuple):
    """What rows are held against: another row, or what a function `of` those that values tell gives; `word` is the token that compares, the first and last tokens are taken."""

    first: int
    last: int
    word: int
    sign: str
    rows: tuple[Anchor, ...]
    of: End = ""
    difference: bool = False


class Beside(Ordered):
    """Finishes trees by what rows are held against."""

    def __init__(self, facts: Facts, found: Sequence[Anchor], names: Names, keys: Keys) -> None:
        super().__init__(facts, found, names, keys)
        self.rivals = (*self._than(), *self._as(), *self._averages(), *self._differences())
        self._spent = self.others
        taken = [self._place(one) for one in self.rivals]
        # What a comparison with a row has taken is asked of nothing else.
        self._facts = replace(
            facts,
            superlatives=tuple(one for one in facts.superlatives if not any(within(one.place, place) for place in taken)),
            aggregates=tuple(one for one in facts.aggregates if not any(within(one.place, place) for place in taken)),
            comparisons=tuple(one for one in facts.comparisons if (one.value is not None and one.value.is_number) or not self.is_taken(one.place)),
        )

    def is_taken(self, place: Place) -> bool:
        """Whether words are a part of what rows are held against."""
        return any(self._place(one).start < place.end and place.start < self._place(one).end for one in self.rivals)

    @property
    def others(self) -> tuple[Anchor, ...]:
        """The values that tell what rows are held against, and no row that is asked for."""
        return tuple(anchor for one in self.rivals for anchor in one.rows)

    def _place(self, one: Rival) -> Place:
        return Place(self._facts.tokens[one.first].place.start, self._facts.tokens[one.last].place.end)

    # What the question says.

    def _than(self) -> Iterator[Rival]:
        """Yield rows and averages behind `than`."""
        tokens = self._facts.tokens
        for at, token in enumerate(tokens):
            word = self._comparative(at) if token.low == "than" else at if token.low in {"before", "after"} else -1
            behind = self._beyond(at + 1)
            if word < 0 or behind >= len(tokens):
                continue
            row = self._row(behind)
            if self._is_more_by(word):
                continue
            if (of := self._of_all(behind)) and token.low == "than":
                yield self._mean(word, behind, self._sign(word), of)
            elif row is not None and self._scale(self._name(row), word, row.last) is not None:
                yield Rival(word, row.last, word, self._sign(word), (row,), difference=self._is_how(word))

    def _as(self) -> Iterator[Rival]:
        """Yield rows of which others have as much: `cost as much as the Tuba`, `the same price as the Tuba`, `at least as heavy as the Tuba`."""
        tokens = self._facts.tokens
        for at, token in enumerate(tokens):
            row = self._row(self._beyond(at + 1)) if token.low == "as" else None
            word = next((back for back in range(at - 1, max(-1, at - LONG // 2), -1) if tokens[back].low in {"as", "same"}), -1)
            before = [one.low for one in tokens[max(0, word - 2) : max(0, word)]]
            if row is None or word < 0 or FOLD & set(before[-1:]) or before[-1:] in (["almost"], ["nearly"], ["about"]):
                continue
            signs = {"least": ">=", "most": "<=", "not": "<"}
            sign = signs.get(before[-1], "=") if before and (before[0] == "at" or before[-1] == "not") else "="
            if tokens[word + 1].low in LOW:
                sign = MIRRORED[sign]
            if self._scale(self._name(row), word, row.last) is not None:
                yield Rival(max(0, word - (2 if sign in {"<=", ">="} else 0)), row.last, word, sign, (row,))

    def _averages(self) -> Iterator[Rival]:
        """Yield `above the average`."""
        tokens = self._facts.tokens
        for at, token in enumerate(tokens):
            before = next((back for back in range(at - 1, -1, -1) if tokens[back].low not in LEADING), -1)
            if token.low in MEANS and before >= 0 and tokens[before].low in ABOVE:
                yield self._mean(before, at, ABOVE[tokens[before].low], "avg")

    def _differences(self) -> Iterator[Rival]:
        """Yield `the difference between the Tuba and the Lute`."""
        at = next((at for at, one in enumerate(self._facts.tokens) if stem(one.low) in APART), -1)
        rows = [one for one in self._anchors if self._row(one.first) is not None] if at >= 0 else []
        if len(rows) == 2 and rows[0].options[0].label == rows[1].options[0].label and self._scale(self._name(rows[1]), at, rows[1].last) is not None:
            yield Rival(at, at, at, "-", rows[1:], difference=True)  # pyrefly: ignore

    def _is_more_by(self, word: int) -> bool:
        """Whether a figure says by how much more, of which nothing is made: `100 euros more than the Lute`."""
        return any(0 <= word - one.last <= 1 for one in self._facts.values if one.is_number)

    def _of_all(self, at: int) -> End:
        """Return the function of all rows that a word asks for: their average, or an end of a scale such as `the cheapest`."""
        token = self._facts.tokens[at]
        end = next((one for one in self._facts.superlatives if one.place.start == token.place.start and not one.soft), None)
        return "avg" if token.low in MEANS else ENDS.get(end.way, "") if end is not None else ""

    def _mean(self, word: int, at: int, sign: str, of: End) -> Rival:
        """Return an average, or an end of a scale, with the values behind it that say of what it is: `than the average brass instrument`."""
        last, rows = at, list[Anchor]()
        for anchor in self._anchors:
            between = self._facts.tokens[last + 1 : anchor.first]
            if anchor.first > last and all(one.low in LEADING or one.low == "for" for one in between):
                flags = any(one.kind == "property" and self.is_flag(one.label, one.property) for one in anchor.options)
                rows += [anchor] if (anchor.is_value or flags) and not anchor.negated else []
                last = anchor.last
        return Rival(word, last, word, sign, tuple(rows), of=of)

    def _comparative(self, than: int) -> int:
        """Return the token that compares, before `than`."""
        compares = (at for at in range(than - 1, max(-1, than - LONG), -1) if self._is_comparative(at))
        return next(compares, -1)

    def _is_comparative(self, at: int) -> bool:
        return self._facts.tokens[at].low in p.UP | p.DOWN | p.AGED.keys() | PRICY

    def _sign(self, word: int) -> str:
        tokens = self._facts.tokens
        low = tokens[word].low
        sign = ">" if low in (p.UP | PRICY | NEWER) - OLDER else "<"
        denied = any(one.low in DENYING or one.low.endswith("n't") for one in tokens[max(0, word - CLOSE) : word])
        return p.OPPOSITE[sign] if denied else sign

    def _is_how(self, word: int) -> bool:
        """Whether it is asked how much more: `how much cheaper is`."""
        return any(one.low == "how" for one in self._facts.tokens[max(0, word - HOW) : word])

    def _beyond(self, at: int) -> int:
        while at < len(self._facts.tokens) and self._facts.tokens[at].low in LEADING:
            at += 1
        return at

    def _row(self, at: int) -> Anchor | None:
        """Return the name of a row that begins at a token."""
        return next((one for one in self._anchors if one.first == at and one.is_value and any(map(self._is_row, one.options))), None)

    def folds(self) -> Iterator[str]:
        """Yield words that multiply what is compared with, of which nothing is made: `twice as much as`."""
        for one, other in pairwise(self._facts.tokens):
            if one.low in FOLD and other.low in {"as", "the", "than"}:
                yield one.text

    def _is_row(self, option: Option) -> bool:
        return option.kind == "value" and self._is_name(option.label, option.property)

    def _name(self, row: Anchor) -> Option:
        return next(one for one in row.options if self._is_row(one))

    # What is compared.

    def _scale(self, row: Option, word: int, last: int) -> str | None:
        return self._scale_of(row.label, word, last)

    def _scale_of(self, label: str, word: int, last: int) -> str | None:
        """Return the property of a label that is more or less by the word that compares: named within the comparison, told by an adjective, or named near it."""
        scales, tokens = [*self._measured_by(label), *self.times(label)], self._facts.tokens
        named = [
            (anchor, option.property)
            for anchor in self._anchors
            for option in anchor.options
            if option.kind == "property" and option.label == label and option.property in scales
        ]
        inside = [key for anchor, key in named if word <= anchor.first <= last]
        if tokens[word].low == "same":
            # The same maker is one, though no maker is more.
            inside += [
                option.property
                for anchor in self._anchors
                if word <= anchor.first <= last and not anchor.is_value
                for option in anchor.options
                if option.kind == "property" and option.label == label
            ]
        behind = tokens[word + 1] if tokens[word].low in PLAIN and word + 1 < len(tokens) else tokens[word]
        said = behind.low if behind.shape == "word" else tokens[word].low
        if said in {"before", "after"}:
            times = self.times(label)
            return next((key for anchor, key in named if abs(anchor.first - word) <= CLOSE and key in times), next(iter(times), None))
        if inside or said not in GENERAL:
            return inside[0] if inside else self._scale_by(label, said)
        near = sorted((abs(anchor.first - word), key) for anchor, key in named if word - CLOSE <= anchor.first <= last + CLOSE)
        if not near and len({key for _, key in named}) == 1:
            return named[0][1]
        # The one column of numbers is what is paid, whatever it is called.
        prices = (self._prices(label) or self._measured_by(label)[: len(self._measured_by(label)) == 1]) if self._costs() else []
        return near[0][1] if near else prices[0] if prices else next((key for _, key in self._spoken(label, word)), None)

    def _spoken(self, label: str, word: int) -> Iterator[tuple[Token, str]]:
        """Yield words before a comparison that are no name and speak of a property: `weigh` of a weight, `priced` of a price."""
        for token in self._facts.tokens[max(0, word - CLOSE) : word]:
            if not is_empty(token.low):
                yield from ((token, key) for key in self._measured_by(label) if any(alike(token.low, part) >= SAID for part in parts(key)))

    def _scale_by(self, label: str, said: str) -> str | None:
        """Return the property of a label that an adjective is about: what is paid, when it was, or what means nearly that."""
        if said in PRICY:
            return next(iter(self._prices(label)), None)
        if said in NEWER | OLDER | {"old", "new", "young"}:
            return next(iter(self.times(label)), None)
        base = adjective(f"{said[:-2]}est") if said.endswith("er") else said
        found = [(max(alike(base, part) for part in parts(key)), key) for key in self._measured_by(label)]
        return max(found)[1] if found and max(found)[0] else None

    # Trees.

    def _held_against(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Hold nodes against other rows, and against averages."""
        score = 0.0
        for one in self.rivals:
            row = self._name(one.rows[0]) if one.rows and not one.of else None
            near = self._spot(sketch, one.first, row.label if row is not None else None)
            nodes = dict.fromkeys((near, *range(len(sketch.spots)))) if row is None else (near,)
            found = ((node, key) for node in nodes if node >= 0 and (key := self._scale_of(sketch.spots[node].label, one.word, one.last)) is not None)
            node, key = next(found, (-1, None))
            if key is None or (one.difference and self._held(sketch.spots[node].label)[key].type not in NUMBERS):
                score += UNSURE
                continue
            sketch, score = self._rivalled(sketch, one, node, key), score + 0.5
        return sketch, score

    def _rivalled(self, sketch: Sketch, one: Rival, node: int, key: str) -> Sketch:
        label, place = sketch.spots[node].label, self._place(one)
        options = [next((each for each in row.options if each.label == label), row.options[0]) for row in one.rows]
        other = Spot(label, tuple(Condition(each.property, "=", each.value if each.kind == "value" else True) for each in options))
        against = Against(node, key, one.sign, len(sketch.spots), self._keyed(label, key), one.of)
        because = [Because(place, self._facts.question[slice(*place)], f"{key} {one.sign} {one.of or options[0].value}")]
        because += [Because(each.place, each.text, key) for each in (*self._costs(), *(token for token, of in self._spoken(label, one.word) if of == key))]
        because += [Because(each.place, each.words, key) for each in self._anchors if any(option.property == key for option in each.options)]
        because += [Because(row.place, row.words, option.value) for row, option in zip(one.rows, options, strict=True)]
        alone = any(each.sign == "=" and self._is_name(label, each.property) for each in sketch.spots[node].conditions)
        asked = sketch.asked if one.difference else self._without_scale(sketch, node, key)
        # What is newer may be so by another column than is meant.
        word = self._facts.tokens[one.word].low
        named = any(option.property == key for each in self._anchors for option in each.options)
        notes = (f"{word!r} was told by {key}.",) if word in NEWER | OLDER and not named else ()
        # What costs as much as the Tuba is another than the Tuba.
        apart = ((node, len(sketch.spots)),) if one.sign == "=" else ()
        return replace(
            sketch, spots=(*sketch.spots, other), against=(*sketch.against, against), apart=(*sketch.apart, *apart), asked=asked, alone=alone, difference=sketch.difference or one.difference,
            why=(*sketch.why, *because), notes=(*sketch.notes, *notes),
        )  # fmt: skip

    def _is_the_most(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Hold a row against the end of a scale that it is said to be: `is the Tuba the most expensive brass instrument`."""
        ranked, spot = sketch.ranked, sketch.spots[0]
        named = tuple(one for one in spot.conditions if one.sign == "=" and self._is_name(spot.label, one.property))
        if (
            self._first not in WHETHER
            or ranked is None
            or not ranked.property
            or ranked.node
            or ranked.sized
            or not named
            or sketch.limit != 1
            or sketch.place
            or sketch.links
        ):
            return sketch, 0.0
        others = Spot(spot.label, tuple(one for one in spot.conditions if one not in named))
        against = Against(0, ranked.property, "=", len(sketch.spots), ranked.keyed, "max" if ranked.descending else "min")
        spots = (spot._replace(conditions=named), *sketch.spots[1:], others)
        because = [Because(one.place, one.words, ranked.property) for one in self._anchors if any(each.property == ranked.property for each in one.options)]
        return replace(sketch, spots=spots, why=(*sketch.why, *because), against=(*sketch.against, against), ranked=None, limit=None, whether=True), 0.3

    def _without_scale(self, sketch: Sketch, node: int, key: str) -> tuple[Asked, ...]:
        """Return what is asked for without what is compared, and rows themselves where nothing is left but what they are called."""
        label = sketch.spots[node].label
        left = tuple(one._replace(property="") if one == Asked(node, key, "count") else one for one in sketch.asked if one != Asked(node, key))
        named = {option.property for one in self._anchors for option in one.options if any((each.kind, each.label) == ("label", label) for each in one.options)}
        rows = all(one.node == node and one.function in {"", "count"} and one.property in named | {""} for one in left)
        return (Asked(node, function=left[0].function if left else ""),) if rows else left

    def _averaged(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Tell of what an average is, where only some rows are asked for."""
        some = any(one.of == "avg" and not sketch.spots[one.other].conditions and sketch.spots[one.node].conditions for one in sketch.against)
        note = "The average is that of all rows, and not only of those that are asked for."
        return (replace(sketch, notes=(*sketch.notes, note)), 0.0) if some and not sketch.whether else (sketch, 0.0)

    def _unranked(self, sketch: Sketch) -> Iterator[str]:
        """Yield the word that asks which is more of some rows that are named, where they are not compared."""
        word = next((one for at, one in enumerate(self._facts.tokens) if self._is_comparative(at)), None)
        one_of = any(isinstance(one.value, tuple) and self._is_name(spot.label, one.property) for spot in sketch.spots for one in spot.conditions)
        told = word is None or any(one.place.start <= word.place.start < one.place.end for one in (*self._facts.comparisons, *sketch.why))
        if word is not None and one_of and not told:
            yield f"{word.text!r} is not looked at."

    def _is_name(self, label: str, key: str) -> bool:
        """Whether a column of a table tells which row is meant: nothing was made of it."""
        return label in self._names.schema.named and self._made_of(label, key) is None

    def _which_of(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Keep the one of some rows that are named which is more or less: `which is heavier, the Lute or the Oboe`."""
        word = next((at for at in range(len(self._facts.tokens)) if self._is_comparative(at)), -1)
        label = sketch.spots[0].label
        named = any(isinstance(one.value, tuple) and self._is_name(label, one.property) for one in sketch.spots[0].conditions)
        if word < 0 or not named or self.rivals or sketch.ranked is not None or self._facts.comparisons or any(one.low == "than" for one in self._facts.tokens):
            return sketch, 0.0
        if (key := self._scale_of(label, word, word)) is None:
            return sketch, 0.0
        token = self._facts.tokens[word]
        because = [Because(token.place, token.text, f"sorted by {key}"), *(Because(one.place, one.text, key) for one in self._costs())]
        ranked = Ranked(0, key, self._sign(word) in {">", ">="}, self._keyed(label, key))
        notes = (f"What has no {key} is not among them.",) if self._keys.filled(label, key) < 1 else ()
        asked = (Asked(0), Asked(0, key))
        return replace(sketch, asked=asked, ranked=ranked, limit=1, whether=False, why=(*sketch.why, *because), notes=(*sketch.notes, *notes)), 0.5
