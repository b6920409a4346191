"""What is told of groups of rows: the cheapest of each maker, the maker with the highest average, makers that make none; and one place in an order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from broadsheet.ask.cypher.nodes import Place, within
from broadsheet.ask.link.names import Names
from broadsheet.ask.question import phrases as p
from broadsheet.ask.question.facts import Aggregate, Comparison, Facts, Mark, Value
from broadsheet.ask.schema import Triple
from broadsheet.ask.slots.anchors import Anchor
from broadsheet.ask.slots.beside import Beside
from broadsheet.ask.slots.keys import Keys
from broadsheet.ask.slots.measured import COINS
from broadsheet.ask.slots.sketch import Asked, Because, Condition, Link, Sketch, Spot
from broadsheet.ask.slots.standing import REACH, UNSURE

THERE = frozenset("are is there".split())
# Words of which none is meant at all, and words before `not` that make it none.
NONE, DO = frozenset("no never without none neither lack lacks lacking".split()), frozenset("do does did".split())
# What is reckoned of a group, so that groups are sorted by it.
RECKONED = frozenset("avg sum percentileCont".split())
NTH = ("st", "nd", "rd", "th")
# So many words may stand between a place and the end of the scale that it counts from.
FAR = 2
SAID = 0.5


class Reckoned(NamedTuple):
    """What is reckoned of groups, and its bounds."""

    told: Aggregate
    bounds: tuple[Comparison, ...]


class Grouped(Beside):
    """Finishes trees by groups of rows."""

    def __init__(self, facts: Facts, found: Sequence[Anchor], names: Names, keys: Keys) -> None:
        super().__init__(facts, found, names, keys)
        self._reckoned = next(self._reckoned_bounds(), None)
        if self._reckoned is not None and self._is_of_groups():
            bounds = self._reckoned.bounds
            taken = {one.value.place for one in bounds if one.value is not None}
            self._facts = replace(
                self._facts,
                comparisons=tuple(one for one in self._facts.comparisons if one not in bounds),
                values=tuple(one for one in self._facts.values if one.place not in taken),
            )

    def _groups(self, sketch: Sketch) -> tuple[Asked, ...]:
        """Return what rows are told for: `for each theme`, `per year`, `by author` of what is counted."""
        tokens = self._facts.tokens
        marks = [self._token(one.place) + len(one.words.split()) for one in self._facts.marked("group")]
        marks += [
            at + 1
            for at, one in enumerate(tokens)
            if one.low == "by" and any(anchor.last == self._said_before(at) and not anchor.is_value for anchor in self._anchors)
        ]
        for at in marks:
            anchor = next((one for one in self._anchors if at <= one.first <= at + 1 and not one.is_value), None)
            if anchor is None or any(one.is_value and one.first - anchor.last in {1, 2} for one in self._anchors):
                continue
            for option in anchor.options:
                node = self._spot(sketch, anchor.last, option.label)
                if node >= 0 and option.kind == "property":
                    return (Asked(node, option.property),)
                if node > 0 and sketch.spots[node].at == anchor.last:
                    return (Asked(node),)
        return ()

    def _said_before(self, at: int) -> int:
        """Return the last token before another that is more than `are there`, or than a bound such as `over 20 euros`."""
        tokens, bounds = self._facts.tokens, [one.place for one in self._facts.comparisons]
        said = (
            before
            for before in range(at - 1, -1, -1)
            if tokens[before].low not in THERE | COINS and not any(within(tokens[before].place, one) for one in bounds)
        )
        return next(said, -1)

    # The best of each group, and the best group.

    def _reckoned_bounds(self) -> Iterator[Reckoned]:
        """Yield bounds of what is reckoned: `an average price over 2000`, `cost under 900 on average`."""
        for one in self._facts.aggregates:
            near = [other for other in self._facts.comparisons if other.value is not None and other.value.is_number and self._is_beside(one.place, other.place)]
            if one.which in RECKONED and near:
                yield Reckoned(one, tuple(near))

    def _is_beside(self, one: Place, other: Place) -> bool:
        """Whether between two places nothing is named but what is more or less."""
        low, high = (one.end, other.start) if one.end <= other.start else (other.end, one.start)
        inside = [anchor for anchor in self._anchors if low <= anchor.place.start < high]
        tokens = [each for each in self._facts.tokens if low <= each.place.start < high]
        return low <= high and len(tokens) <= REACH and all(option.kind == "property" for anchor in inside for option in anchor.options)

    def _is_of_groups(self) -> bool:
        """Whether a question begins with groups of rows, and not with rows."""
        first = self._anchors[0] if self._anchors else None
        return first is not None and not first.is_value and not any(one.kind == "label" and one.label in self._names.schema.named for one in first.options)

    def _groups_within(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Ask for groups of which what is reckoned is above or below a figure."""
        if self._reckoned is None or not self._is_of_groups():
            return sketch, 0.0
        told, bounds = self._reckoned
        sketch = self._with_rows(sketch)
        reckoned = next((one for one in sketch.asked if one.function in RECKONED), None)
        row = next((number for number, spot in enumerate(sketch.spots) if spot.label in self._names.schema.named), -1)
        if (
            reckoned is None
            and row >= 0
            and (key := self._scale_of(sketch.spots[row].label, self._token(bounds[0].place), self._token(told.place))) is not None
        ):
            reckoned = Asked(row, key, told.which)
        if reckoned is None and bounds[0].value is not None and (priced := self._priced(sketch, self._token(bounds[0].value.place))) is not None:
            reckoned = Asked(*priced, told.which)
        each = next(self._sorted_groups(sketch, reckoned, bounds[0].place), None) if reckoned is not None else None
        if reckoned is None or each is None:
            return sketch, UNSURE
        because = [Because(told.place, told.words, told.which), *(Because(one.place, one.words, f"{one.sign} it") for one in bounds)]
        coins = [coin for one in bounds if one.value is not None for coin in self._coins(self._token(one.value.place))]
        because += [Because(one.place, one.text, reckoned.property) for one in (*self._costs(), *coins)]
        because += [
            Because(one.place, one.words, reckoned.property) for one in self._anchors if any(each.property == reckoned.property for each in one.options)
        ]
        sketch, group = self._as_column(replace(sketch, asked=(reckoned,), why=(*sketch.why, *because)), each[1], reckoned.node)
        sketch = sketch.with_condition(group.node, Condition(group.property, "IS NOT NULL", "")) if group.property else sketch
        return replace(sketch, groups=(group,), bounded=tuple((one.sign, _whole(one.value)) for one in bounds if one.value is not None)), SAID

    def _with_rows(self, sketch: Sketch) -> Sketch:
        """Return a sketch of nothing but what was made of a column with the rows of which it was made."""
        triple = next((one for one in self._names.schema.triples if one.end == sketch.spots[0].label and one.start in self._names.schema.named), None)
        if triple is None or len(sketch.spots) > 1:
            return sketch
        spots = (sketch.spots[0], Spot(triple.start, (), sketch.spots[0].at))
        return replace(sketch, spots=spots, links=(Link(0, 1, triple.type, "left"),))

    def _of_each(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Take the most or the least of each group: `the cheapest instrument of each maker`."""
        ranked = sketch.ranked
        if ranked is None or not ranked.property or ranked.sized or self._limit is not None or sketch.groups or any(one.function for one in sketch.asked):
            return sketch, 0.0
        groups = self._groups(sketch)
        if not groups or groups[0] == Asked(ranked.node, ranked.property) or len(sketch.spots) > len((ranked, groups)):
            return sketch, 0.0
        if self._is_listed(groups[0], sketch):
            return sketch, 0.0
        mark = self._mark()
        because = (Because(mark.place, mark.words, "each"),) if mark is not None else ()
        # What is asked of the group is told with it.
        asked = tuple(one for one in sketch.asked if one.node == ranked.node and one != groups[0]) or (Asked(ranked.node),)
        alone = asked == (Asked(ranked.node, ranked.property),) and not ranked.keyed
        asked = asked if alone else self._without_scale(replace(sketch, asked=asked), ranked.node, ranked.property)
        made, each = self._as_column(replace(sketch, asked=asked, limit=None, why=(*sketch.why, *because)), groups[0], ranked.node)
        if not alone:
            return replace(made, groups=(each,)), SAID
        # The lowest price of each maker is a price, and no row.
        end = made.asked[0]._replace(function="max" if ranked.descending else "min")
        made = made.with_condition(each.node, Condition(each.property, "IS NOT NULL", "")) if each.property else made
        return replace(made, asked=(end,), groups=(each,), ranked=None), SAID

    def _is_listed(self, each: Asked, sketch: Sketch) -> bool:
        """Whether rows are told for two things at once: `per maker and family`."""
        label = "" if each.property else sketch.spots[each.node].label
        named = [
            one for one in self._anchors if any((one.kind == "label" and one.label == label) or one.property == each.property != "" for one in one.options)
        ]
        behind = [
            (one, [token.low for token in self._facts.tokens[named[-1].last + 1 : one.first]]) for one in self._anchors if named and one.first > named[-1].last
        ]
        return any(between and set(between) <= {"and", ",", "per", "each"} and "and" in between and not one.is_value for one, between in behind[:1])

    def _mark(self) -> Mark | None:
        return next(iter(self._facts.marked("group")), None)

    def _as_column(self, sketch: Sketch, each: Asked, row: int) -> tuple[Sketch, Asked]:
        """Return a group as the column of the rows of which it was made, without the node of it where nothing else is asked of that."""
        label = sketch.spots[row].label
        link = sketch.links[0] if len(sketch.links) == 1 and len(sketch.spots) == len((each, row)) else None
        triple = next((one for one in self._names.schema.triples if link is not None and one.type == link.type and one.start == label), None)
        key = next((key for key in self._held(label) if triple is not None and self._made_of(label, key) == triple), None)
        if key is None or label not in self._names.schema.named or sketch.spots[1 - row].conditions or (each.property and each != Asked(row, key)):
            return sketch, each
        asked = tuple(one._replace(node=0) for one in sketch.asked if one.node == row)
        ranked = sketch.ranked._replace(node=0) if sketch.ranked is not None else None
        return replace(sketch, spots=(sketch.spots[row],), links=(), asked=asked, ranked=ranked), Asked(0, key)

    def _best_of_groups(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Sort groups by what is reckoned of each: `which maker has the highest average price`, `which family is cheapest on average`."""
        told = next((one for one in self._facts.aggregates if one.which in RECKONED and (one.which != "percentileCont" or one.words.lower() == "median")), None)
        end = next((one for one in self._facts.superlatives if one.way in {"high", "low"} and not self._is_of_name(one.place)), None)
        if told is None or end is None or sketch.ranked is not None or sketch.over or sketch.bounded:
            return sketch, 0.0
        reckoned = next((one for one in sketch.asked if one.function in RECKONED), None)
        if reckoned is None and (ranked := self._rank(sketch, end)) is not None and ranked.property in self._scales(sketch.spots[ranked.node].label):
            reckoned = Asked(ranked.node, ranked.property, told.which)
        each = next(self._sorted_groups(sketch, reckoned, end.place), None) if reckoned is not None else None
        if reckoned is None or each is None:
            return sketch, 0.0
        sketch, group = self._as_column(replace(sketch, asked=(reckoned,)), each[1], reckoned.node)
        reckoned = sketch.asked[0]
        if group.property:
            sketch = sketch.with_condition(group.node, Condition(group.property, "IS NOT NULL", ""))
        because = [
            Because(told.place, told.words, told.which),
            Because(self._end_place(end), end.words, "sorted by it"),
            Because(each[0].place, each[0].words, "each"),
        ]
        made = replace(sketch, asked=(reckoned,), groups=(group,), why=(*sketch.why, *because), limit=self._limit.count if self._limit else 1)
        return replace(made, ranked=self._by(made, reckoned.node, reckoned.property, descending=end.way == "high")), SAID

    def _sorted_groups(self, sketch: Sketch, reckoned: Asked, end: Place) -> Iterator[tuple[Anchor, Asked]]:
        """Yield what is asked for that rows may be grouped by: the name before the end of the scale, or right behind it."""
        row, named = sketch.spots[reckoned.node].label, sorted(self._anchors, key=lambda one: (one.place.start > end.start, one.first))
        for anchor in named:
            for option in anchor.options:
                if option.kind == "label" and option.label != row:
                    node = next((number for number, spot in enumerate(sketch.spots) if spot.label == option.label), -1)
                    yield from ((anchor, Asked(node)),) if node >= 0 else ()
                if option.kind == "property" and option.label == row and option.property != reckoned.property:
                    yield anchor, Asked(reckoned.node, option.property)

    # One place of an order.

    def _at_place(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Take the second or the third of an order."""
        ranked = sketch.ranked
        plain = ranked is not None and ranked.property and not ranked.sized and not sketch.links and not sketch.groups
        if not plain or sketch.limit != 1 or self._limit is not None or any(one.function for one in sketch.asked):
            return sketch, 0.0
        starts = [self._token(one.place) for one in self._facts.superlatives]
        if sum(self._nth(at) > 0 for at in range(len(self._facts.tokens))) > 1:
            return sketch, 0.0
        for at, token in enumerate(self._facts.tokens):
            place = self._nth(at)
            if place > 1 and any(0 < start - at <= FAR for start in starts):
                prices = sketch.asked == (Asked(ranked.node, ranked.property),)  # pyrefly: ignore[missing-attribute]
                notes = () if prices else (f"Rows that are equal share their places; all that stand at place {place} are given.",)
                return replace(
                    sketch, place=place, why=(*sketch.why, Because(self._nth_place(at), token.text, f"place {place}")), notes=(*sketch.notes, *notes)
                ), SAID
        return sketch, 0.0

    def _nth(self, at: int) -> int:
        """Return the place that a token tells, 0 where it tells none: `second`, `2nd`."""
        token = self._facts.tokens[at]
        number = next(
            (one for one in self._facts.values if one.first == at and one.soft and one.text.lower().endswith(NTH) and isinstance(one.value, int)), None
        )
        return number.value if number is not None else p.ORDINALS.get(token.low, 0)  # pyrefly: ignore

    def _nth_place(self, at: int) -> Place:
        return next((one.place for one in self._facts.values if one.first == at), self._facts.tokens[at].place)

    # None at all.

    def _none_of(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Ask for groups that have no row of a kind: `makers that make no brass instruments`."""
        mark = next((one for one in self._facts.marked("negation") if self._is_none(one)), None)
        row = next((number for number, spot in enumerate(sketch.spots) if spot.label in self._names.schema.named), -1)
        if mark is None or row < 0 or not sketch.asked or len(sketch.spots) > len((row, mark)):
            return sketch, 0.0
        spot = sketch.spots[row]
        # What is asked beside the group is a verb: makers that never built any.
        asked, link = next(((one, of) for one in sketch.asked if (of := self._grouped_by(spot.label, sketch, one, row)) is not None), (sketch.asked[0], None))
        start = self._denies_from(mark)
        inside = tuple(one for one in spot.conditions if self._said_at(one) > start)
        if not inside and self._facts.tokens[self._token(mark.place)].low not in NONE:
            # Families that Osei does not make.
            inside = spot.conditions
        # A verb that is denied is no relation that is: never published.
        verbal = all(one.mode == "all" or (link is not None and one.type == link.type and one.start == row) for one in sketch.links)
        if link is None or not inside or not verbal:
            return sketch, 0.0
        has = tuple(one for one in spot.conditions if one not in inside)
        denied = _one_list(one._replace(sign="=") if one.sign == "<>" else one._replace(value=True) if one.value is False else one for one in inside)
        group = Spot(link.end, (), sketch.spots[asked.node].at, 1)
        spots = (group, Spot(spot.label, denied, spot.at), *((Spot(spot.label, has),) if has else ()))
        links = (Link(0, 1, link.type, "left", "none"), *((Link(0, 2, link.type, "left"),) if has else ()))
        why = (*sketch.why, Because(mark.place, mark.words, "there is none"))
        return replace(sketch, spots=spots, links=links, asked=(Asked(0, function=asked.function),), why=why, groups=()), SAID

    def _only_of(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Ask for groups that have rows of one kind and no others: `makers that make only brass`."""
        mark = next((one for one in self._facts.marked("only") if one.words.lower() != "alone"), None)
        row = next((number for number, spot in enumerate(sketch.spots) if spot.label in self._names.schema.named), -1)
        if mark is None or row < 0 or len(sketch.spots) > len((row, mark)) or any(one.mode != "all" for one in sketch.links):
            return sketch, 0.0
        spot = sketch.spots[row]
        asked, link = next(((one, of) for one in sketch.asked if (of := self._grouped_by(spot.label, sketch, one, row)) is not None), (None, None))
        only = [one for one in spot.conditions if self._said_at(one) > mark.place.start]
        if asked is None or link is None or len(only) != 1 or only[0].sign != "=" or isinstance(only[0].value, bool):
            return sketch, 0.0
        spots = (
            Spot(link.end, (), sketch.spots[asked.node].at, 1),
            Spot(spot.label, (only[0]._replace(sign="<>"),)),
            Spot(spot.label, spot.conditions, spot.at),
        )
        links = (Link(0, 1, link.type, "left", "none"), Link(0, 2, link.type, "left"))
        why = (*sketch.why, Because(mark.place, mark.words, "there is no other"))
        return replace(sketch, spots=spots, links=links, asked=(Asked(0, function=asked.function),), why=why, groups=()), SAID

    def _is_none(self, mark: Mark) -> bool:
        """Whether a word denies that there is any: `no`, `without`, `do not make`, but not that something is so: `are not brass`."""
        if mark.words.lower() in NONE:
            return True
        at = self._token(mark.place)
        low = self._facts.tokens[at].low
        return low.removesuffix("n't") in DO - {low} or (low == "not" and any(one.low in DO for one in self._facts.tokens[max(0, at - REACH) : at]))

    def _denies_from(self, mark: Mark) -> int:
        """Return where what is denied begins: behind `do` of `does Osei not make`."""
        at = self._token(mark.place)
        before = [one.place.start for one in self._facts.tokens[max(0, at - REACH) : at] if one.low in DO]
        return before[-1] if before and self._facts.tokens[at].low == "not" else mark.place.start

    def _grouped_by(self, row: str, sketch: Sketch, asked: Asked, node: int) -> Triple | None:
        """Return the relation to what was made of a column of rows, where what is asked for is that column or what was made of it."""
        if asked.node == node:
            return self._made_of(row, asked.property) if asked.property else None
        return next((one for one in self._names.schema.triples if (one.start, one.end) == (row, sketch.spots[asked.node].label)), None)

    def _said_at(self, condition: Condition) -> int:
        """Return where a question says a condition."""
        for anchor in self._anchors:
            flags = (True, False) if self.is_flag(anchor.options[0].label, condition.property) else ()
            for option in anchor.options:
                if option.property == condition.property and ((option.kind == "value" and option.value == condition.value) or condition.value in flags):
                    return anchor.place.start
        told = str(condition.value).lower()
        # A day is told by its year, or by its month.
        found = [
            one.place.start
            for one in self._facts.values
            if told in {str(one.value), one.text.lower()} or (len(str(one.value)) > 3 and told.startswith(str(one.value)))
        ]
        return found[0] if found else -1


def _whole(value: Value) -> float:
    """Return a figure, without its point where it is whole."""
    number = float(value.value)
    return int(number) if number.is_integer() else number


def _one_list(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return conditions with values of one property as a list of which one must be there: neither brass nor strings is none of both."""
    found: dict[tuple[str, str], Condition] = {}
    for one in conditions:
        held = found.get((one.property, one.sign)) if one.sign == "=" else None
        key = (one.property, one.sign if one.sign == "=" else f"{one.sign}{one.value}")
        found[key] = one if held is None else held._replace(value=(*(held.value if isinstance(held.value, tuple) else (held.value,)), one.value))  # pyrefly: ignore
    return tuple(one._replace(sign="IN") if isinstance(one.value, tuple) else one for one in found.values())
