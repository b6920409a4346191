"""Figures and what they measure: prices, units, what is true or false, and what `how long` and `how much` ask for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from broadsheet.ask.cypher.nodes import Place, meet
from broadsheet.ask.link.english import alike, is_empty
from broadsheet.ask.question.facts import Value
from broadsheet.ask.question.words import Token, parts, root, stem
from broadsheet.ask.slots.anchors import OF, Anchor
from broadsheet.ask.slots.either import Bounds, bounds_of, one_of
from broadsheet.ask.slots.sketch import Asked, Because, Condition, Sketch
from broadsheet.ask.slots.standing import REACH, Standing

# Words and signs beside a figure that make it a price, and words for what is paid.
COINS = frozenset(
    "euro euros eur dollar dollars usd pound pounds gbp franc francs chf yen jpy krone kroner crown crowns zloty rupee rupees cent cents € $ £ ¥".split()
)
# So far before what is true or false stands what is said of whether it is told.
WHETHER_REACH = 6
PRICE, COST = 0.8, "cost"
# Words of columns that hold the least and the greatest of something.
LEAST, MOST = ("min", "minimum", "least", "from"), ("max", "maximum", "most", "to")
MANY = frozenset("many much often do does did is are to come about frequently".split())


class Measured(Standing):
    """Finishes trees by what is measured."""

    def is_flag(self, label: str, key: str) -> bool:
        """Whether a property is only true or false."""
        facts = self._held(label).get(key)
        return facts is not None and facts.type == "boolean"

    def _flagged(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Take the name of what is true or false for a condition: `that are solo`."""
        for anchor in self._anchors:
            for option in anchor.options if anchor not in self._spent else ():
                node = self._spot(sketch, anchor.last, option.label)
                if option.kind == "property" and node >= 0 and self.is_flag(option.label, option.property):
                    denied = anchor.negated or self._is_denied(anchor)
                    if (before := self._asked_whether(anchor)) is not None:
                        sign = "IS NULL" if denied else "IS NOT NULL"
                        because = Because(
                            Place(before.start, anchor.place.end), self._facts.question[before.start : anchor.place.end], f"{option.property} {sign}"
                        )
                        return sketch.with_condition(node, Condition(option.property, sign, ""), because), 0.3
                    because = Because(anchor.place, anchor.words, f"{option.property} is {'false' if denied else 'true'}")
                    return sketch.with_condition(node, Condition(option.property, "=", not denied), because), 0.3
        return sketch, 0.0

    def _asked_whether(self, anchor: Anchor) -> Place | None:
        """Return where it is asked whether something is told at all: `do not say whether they are tuned`."""
        words = [(one.low, one.place) for one in self._facts.tokens[max(0, anchor.first - WHETHER_REACH) : anchor.first]]
        if not any(low in {"say", "says", "tell", "tells", "state", "states", "known"} for low, _ in words):
            return None
        return next((place for low, place in words if low in {"whether", "if"}), None)

    def _is_denied(self, anchor: Anchor) -> bool:
        before = [one.place for one in self._facts.tokens[max(0, anchor.first - REACH) : anchor.first]]
        return any(one.place.start <= place.start < one.place.end for place in before for one in self._facts.marked("negation"))

    def _figures(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Take figures that stand right at the name of what they measure for conditions: `cost 20 euros`, `20 minutes`."""
        taken = [one.value.place for one in self._facts.comparisons if one.value is not None] + [one.place for one in self._facts.limits]
        score = 0.0
        for values in self._listed([one for one in self._facts.values if one.is_number and not any(meet(one.place, place) for place in taken)]):
            places = [self._token(one.place) for one in values]
            node, key = next((found for at in places for found in self._measures(sketch, at)), (-1, ""))
            costs = self._costs() if len(values) > 1 else []
            if node < 0 and len(values) > 1 and (costs or any(map(self._coins, places))):
                node, key = self._priced(sketch, places[-1]) or (-1, "")
            if node < 0:
                continue
            told = [*(each for at in places for each in self._coins(at)), *costs]
            sketch, score = replace(sketch, why=(*sketch.why, *(Because(each.place, each.text, key) for each in told))), 0.3
            spanned = self._spanned(sketch, node, key, values)
            if spanned is None:
                before, made = sketch, list[Bounds]()
                for value in values:
                    before, sketch = sketch, self._bound(sketch, (node, key), "=", value, Because(value.place, value.text, f"{key} = {value.text}"))
                    made += bounds_of(before, sketch, value.place)
                spanned = one_of(sketch, made) if len(made) > 1 else sketch
            sketch = without(spanned, node, key)
        return sketch, score

    def _spanned(self, sketch: Sketch, node: int, key: str, values: Sequence[Value]) -> Sketch | None:
        """Return the sketch with figures between the least and the greatest that rows have: of 3 players at least 3 may, and at most 3 need to; None where there are no two such columns."""
        least, most = self._span(sketch.spots[node].label, key)
        at = self._token(values[0].place)
        named = any(one.words.lower().split()[0] in {*LEAST, *MOST} and abs(one.first - at) <= REACH for one in self._anchors)
        figures = sorted(one.value for one in values)
        if not least or named or figures != list(range(int(figures[0]), int(figures[0]) + len(figures))):  # pyrefly: ignore
            return None
        low, high = min(values, key=lambda one: one.value), max(values, key=lambda one: one.value)
        sketch = self._bound(sketch, (node, least), "<=", high, Because(high.place, high.text, f"{least} <= {high.text}"))
        return without(self._bound(sketch, (node, most), ">=", low, Because(low.place, low.text, f"{most} >= {low.text}")), node, least)

    def _span(self, label: str, key: str) -> tuple[str, str]:
        """Return the columns of the least and the greatest of what a column is one end of: `min players` and `max players`."""
        scales = {parts(one): one for one in self._scales(label)}
        first, *rest = parts(key)
        pairs = ((scales.get((low, *rest)), scales.get((high, *rest))) for low, high in zip(LEAST, MOST, strict=True) if first in {low, high})
        return next(((least, most) for least, most in pairs if least and most), ("", ""))

    def _listed(self, values: Sequence[Value]) -> Iterator[list[Value]]:
        """Yield figures, those together that `or` joins: `2 or 3 players`, `170, 410 or 900 euros`."""
        run: list[Value] = []
        for value in values:
            between = [one.low for one in self._facts.tokens[run[-1].last : value.first]] if run else []
            if run and (not between or not set(between) <= {"or", ",", "either"} | COINS):
                yield from [run] if self._is_either(run) else ([one] for one in run)
                run = []
            run.append(value)
        yield from [run] if self._is_either(run) else ([one] for one in run)

    def _is_either(self, run: Sequence[Value]) -> bool:
        return len(run) > 1 and any(one.low == "or" for one in self._facts.tokens[run[-2].last : run[-1].first])

    def _measures(self, sketch: Sketch, at: int) -> Iterator[tuple[int, str]]:
        """Yield the nodes with the properties of a figure: named right before it, else right behind it."""
        last = next((before for before in range(at - 1, -1, -1) if self._facts.tokens[before].low not in OF), -1)
        near = [one for one in self._anchors if (one.last == last or one.first == at + 1) and not one.is_value and one.options[0].kind != "label"]
        for one in sorted(near, key=lambda each: each.last != last):
            yield from ((node, key) for node, key in self._scaled(sketch, one.last, one.options) if key in self._scales(sketch.spots[node].label))

    def _told_of(self, sketch: Sketch) -> Because | None:
        """Return the property that is asked for by what it tells: `how long does it take`, `who published it`."""
        label, (first, second) = sketch.spots[0].label, ([one.low for one in self._facts.tokens] + ["", ""])[:2]
        spoken = [one for one in self._facts.tokens if not is_empty(one.low) and not any(anchor.place == one.place for anchor in self._anchors)]
        if first == "how" and second not in MANY:
            near = [(max(alike(second, part) for part in parts(key)), key) for key in self._scales(label)]
            return Because(spoken[0].place, spoken[0].text, max(near)[1]) if spoken and near and max(near)[0] else None
        if first == "what":
            return self._done_by(label, spoken)
        if first == "who" and label not in self._names.persons:
            texts = [key for key, facts in self._held(label).items() if facts.type == "string"]
            said = ((one, key) for one in spoken for key in texts if any(root(one.low) == root(part) for part in parts(key)))
            return next((Because(one.place, one.text, key) for one, key in said), None)
        return None

    def _done_by(self, label: str, spoken: Sequence[Token]) -> Because | None:
        """Return what a verb at the end asks of rows: `what does it weigh`."""
        verb = next((one for one in reversed(self._facts.tokens) if one.shape != "mark"), None)
        if verb is None or verb not in spoken or label not in self._names.schema.named:
            return None
        score, key = max(((alike(verb.low, part), key) for key in self._scales(label) for part in parts(key)), default=(0.0, ""))
        return Because(verb.place, verb.text, key) if score >= PRICE else None

    def _paid(self) -> list[Token] | None:
        """Return the words that ask what is paid for something: `how much is it`, `what does it cost`; None where none do."""
        tokens = self._facts.tokens
        told = (*self._facts.comparisons, *self._facts.superlatives)
        costs = [one for one in self._costs() if not any(meet(one.place, each.place) for each in told)]
        much = [one for one, other in pairwise(tokens) if (one.low, other.low) == ("how", "much")]
        return costs if much or (costs and self._first == "what") else None

    def _priced(self, sketch: Sketch, at: int) -> tuple[int, str] | None:
        """Return the node and property of a price, where it has one: what a figure beside a currency, or beside nothing, is of."""
        node = self._spot(sketch, at)
        prices = self._prices(sketch.spots[node].label) if node >= 0 else []
        scales = self._measured_by(sketch.spots[node].label) if node >= 0 and (self._coins(at) or self._costs()) else []
        return next(((node, held[0]) for held in (prices, scales) if len(held) == 1), None)

    def _prices(self, label: str) -> list[str]:
        """Return the properties of a label that tell what is paid."""
        return [key for key in self._scales(label) if any(part in COINS or alike("price", part) >= PRICE for part in parts(key))]

    def _costs(self) -> list[Token]:
        """Return the words for what is paid that name no property: `cost`."""
        return [one for one in self._facts.tokens if stem(one.low) == COST and not any(anchor.place == one.place for anchor in self._anchors)]

    def _coins(self, at: int) -> list[Token]:
        """Return the currencies beside a figure: `500 euros`, `$ 20`."""
        return [one for one in self._facts.tokens[max(0, at - 1) : at + 2] if one.low in COINS]


def without(sketch: Sketch, node: int, key: str) -> Sketch:
    """Return the sketch whose rows are asked for, and not the one property that they are sorted by."""
    return replace(sketch, asked=(Asked(node),)) if sketch.asked == (Asked(node, key),) else sketch
