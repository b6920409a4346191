"""By what rows are sorted, and how many are kept: `the newest`, `top 3 authors by papers`, `sorted by name`, `costs the least`."""

from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from broadsheet.ask.cypher.nodes import Place, meet, within
from broadsheet.ask.link.english import AGES, adjective, alike, first_of
from broadsheet.ask.question.facts import Facts, Limit, Order, Superlative
from broadsheet.ask.question.phrases import SUPERLATIVES
from broadsheet.ask.question.words import parts
from broadsheet.ask.slots.anchors import Anchor
from broadsheet.ask.slots.measured import Measured, without
from broadsheet.ask.slots.sketch import Asked, Because, Ranked, Sketch
from broadsheet.ask.slots.standing import REACH, UNSURE

THEIRS = frozenset("the their its".split())
# Ends of a scale that say nothing of what it is.
PLAINLY = frozenset(
    "most least highest lowest largest smallest biggest greatest fewest best worst top bottom maximum minimum max min maximal minimal topmost utmost".split()
)


class Ordered(Measured):
    """Finishes trees by the order of their rows."""

    @cached_property
    def _limit(self) -> Limit | None:
        """How many rows are asked for, where that is not a part of a value."""
        return next((one for one in self._facts.limits if not any(meet(one.place, value.place) for value in self._anchors if value.is_value)), None)

    def _is_of_name(self, place: Place) -> bool:
        """Whether words are a part of a property's name: `min` of `min players`."""
        return any(one.place != place and within(place, one.place) and any(option.kind == "property" for option in one.options) for one in self._anchors)

    def _ends(self, sketch: Sketch) -> Ranked | None:
        """Return by how many of what rows are sorted: `the highest number of papers`, `top 3 authors by number of papers`."""
        most = [one for one in self._facts.superlatives if of_many(one)]
        for one in self._facts.aggregates:
            at = self._token(one.place)
            behind = self._behind(at + len(one.words.split()), "label", reach=1)
            node = -1 if behind is None else next((number for number, spot in enumerate(sketch.spots) if number and spot.at == behind.last), -1)
            top = top_of(self._facts)
            if one.which == "count" and node > 0 and (top or any(end.place.start < one.place.start for end in most)):
                return Ranked(node, "", all(end.way != "low" for end in most))
        return self._by_many(sketch) if top_of(self._facts) else None

    def _by_many(self, sketch: Sketch) -> Ranked | None:
        """Return by how many of what rows are sorted that are the top by something: `top 3 authors by papers`."""
        for number, spot in enumerate(sketch.spots):
            if number and spot.at > 0 and not spot.conditions and self._facts.tokens[spot.at - 1].low == "by":
                return Ranked(number, "", not any(one.way == "low" or one.words.lower() == "bottom" for one in self._facts.superlatives))
        return None

    def _ranked(self, sketch: Sketch) -> tuple[Sketch, float]:
        if sketch.ranked is not None or sketch.over:
            return sketch, 0.0
        if (many := self._ends(sketch)) is not None:
            return replace(sketch, ranked=many, limit=self._limit.count if self._limit else 1), 0.4
        if (told := self._from_end_to_end(sketch)) is not None:
            return told, 0.2
        for one in sorted((each for each in self._facts.superlatives if not self._is_of_name(each.place)), key=lambda end: end.soft):
            if (ranked := self._rank(sketch, one)) is not None:
                if any(each.function in {"min", "max"} for each in sketch.asked):
                    break
                done = self._measured(sketch, one) is not None or any(
                    anchor.words.endswith("ed") and option.property == ranked.property for anchor in self._anchors for option in anchor.options
                )
                # The `latest sighted` bird is a bird, and no date.
                asked = tuple(
                    each for each in sketch.asked if each.function != "count" and not (done and self._first != "when" and each.property == ranked.property)
                ) or (Asked(0),)
                limit = self._limit.count if self._limit else 1
                because = Because(self._end_place(one), one.words, f"sorted by {ranked.property or 'count'}")
                return replace(sketch, asked=sketch.asked if sketch.groups else asked, ranked=ranked, limit=limit, why=(*sketch.why, because)), 0.3
            if not one.soft:
                return sketch, UNSURE
        return self._ordered(sketch)

    def _from_end_to_end(self, sketch: Sketch) -> Sketch | None:
        """Sort all rows where both ends of a scale are told: `from cheapest to most expensive`."""
        for one, other in pairwise(self._facts.superlatives):
            between = [each.low for each in self._facts.tokens if one.place.end <= each.place.start < other.place.start]
            if between[-1:] == ["to"] and len(between) <= len(("ones", "to")) and (ranked := self._rank(sketch, one)) is not None:
                place = Place(one.place.start, self._end_place(other).end)
                because = Because(place, self._facts.question[slice(*place)], f"sorted by {ranked.property}")
                said = [Because(each.place, each.text, "sorted") for each in self._facts.tokens if each.low in {"sorted", "ordered"}]
                return replace(sketch, ranked=ranked, limit=None, why=(*sketch.why, because, *said))
        return None

    def _ordered(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Sort all rows: `newest first`, `sorted by name`."""
        by = self._named_by(sketch)
        if by is not None and not self._facts.orders and not sketch.groups and not any(one.function for one in sketch.asked):
            return without(replace(sketch, ranked=self._by(sketch, *by, descending=False)), *by), 0.1
        for order in self._facts.orders:
            way, base = order.way == "down", first_of(order.words)
            if by is None and base and sketch.spots:
                found = self._first_by(sketch, order, base)
                if found is None:
                    return sketch, UNSURE
            else:
                found = by or self._property_near(sketch, self._token(order.place) + 1, scales=False)
            if found is not None:
                ranked = Ranked(*found, way, self._keyed(sketch.spots[found[0]].label, found[1]))
                sorted_ = replace(sketch, ranked=ranked, why=(*sketch.why, Because(order.place, order.words, f"sorted by {found[1]}")))
                return (without(sorted_, *found) if by else sorted_), 0.1
        return sketch, 0.0

    def _first_by(self, sketch: Sketch, order: Order, base: str) -> tuple[int, str] | None:
        """Return the node and property that an adjective measures: `newest first`, `heaviest first`."""
        label = sketch.spots[0].label
        if base in AGES:
            near = self._property_near(sketch, self._token(order.place) + 1, scales=False)
            if near is not None and near[1] in self.times(sketch.spots[near[0]].label):
                return near
            return next(((0, key) for key in self.times(label)), None)
        near = [(max(alike(base, word) for word in parts(key)), key) for key in self._scales(label)]
        return (0, max(near)[1]) if near and max(near)[0] else None

    def _named_by(self, sketch: Sketch) -> tuple[int, str] | None:
        """Return the node and property that rows are listed by: `by price`."""
        for at, one in enumerate(self._facts.tokens):
            behind = self._behind(at + 1, "property", reach=1) if one.low == "by" else None
            if behind is not None and all(each.low in THEIRS for each in self._facts.tokens[at + 1 : behind.first]):
                return next(self._scaled(sketch, behind.last, behind.options), None)
        return None

    def _rank(self, sketch: Sketch, one: Superlative) -> Ranked | None:
        at = self._token(one.place)
        measured = self._measured(sketch, one)
        before = self._by(sketch, *measured, descending=one.way == "high") if measured is not None else self._since(sketch, one)
        if before is not None:
            return before
        behind = self._behind(at + 1, "label", "property", reach=3)
        if one.way in {"old", "new"} or not way_of(one):
            return self._by_time(sketch, one, at, behind) if way_of(one) else None
        descending = way_of(one) == "high"
        for option in behind.options if behind is not None else ():
            node = self._spot(sketch, behind.last if behind else at, option.label)
            if node >= 0 and option.kind == "property" and option.property in self._scales(option.label):
                return self._by(sketch, node, option.property, descending=descending)
            named = next((number for number, spot in enumerate(sketch.spots) if behind is not None and spot.at == behind.last), -1)
            if option.kind == "label" and named > 0 and sketch.spots[named].label == option.label and of_many(one):
                return Ranked(named, "", descending)
        node = max(0, self._spot(sketch, at) if behind is None else self._spot(sketch, behind.last))
        base = adjective(one.words)
        for number in dict.fromkeys((node, 0)):
            near = [(max(alike(base, word) for word in parts(key)), key) for key in self._scales(sketch.spots[number].label)]
            if near and max(near)[0]:
                return self._by(sketch, number, max(near)[1], descending=descending)
        scales = self._measured_by(sketch.spots[node].label)
        # Of the loudest nobody knows that it is so by the one column of numbers; of the cheapest one may.
        said = self._is_priced(one) or (one.words.lower() in PLAINLY and not of_many(one))
        return self._by(sketch, node, scales[0], descending=descending) if len(scales) == 1 and said else None

    def _end_place(self, one: Superlative) -> Place:
        """Return where an end of a scale is told, with its adjective where that is one of what is paid."""
        told = self._is_priced(one) and one.words.lower() in {"most", "least"} and self._facts.question[one.place.end + 1 :].startswith(one.about)
        return Place(one.place.start, one.place.end + 1 + len(one.about)) if told else one.place

    def _is_priced(self, one: Superlative) -> bool:
        """Whether an end of a scale is one of what is paid: `cheapest`, `most expensive`."""
        return alike(adjective(one.words), "price") > 0 or (one.words.lower() in {"most", "least"} and alike(one.about, "price") > 0)

    def _measured(self, sketch: Sketch, one: Superlative) -> tuple[int, str] | None:
        """Return the node and property of which most or least is said behind it: `costs the least`."""
        at = self._token(one.place)
        last = next((before for before in range(at - 1, -1, -1) if self._facts.tokens[before].low != "the"), -1)
        options = next((each.options for each in self._anchors if each.last == last), ()) if one.words.lower() in {"most", "least"} else ()
        return next(((node, key) for node, key in self._scaled(sketch, last, options)), None)

    def _since(self, sketch: Sketch, one: Superlative) -> Ranked | None:
        """Return that rows are sorted by since when they are something: `has been in stock the longest`."""
        last = next((before for before in range(self._token(one.place) - 1, -1, -1) if self._facts.tokens[before].low != "the"), -1)
        options = next((each.options for each in self._anchors if each.last == last), ()) if one.words.lower() in {"longest", "shortest"} else ()
        for option in options:
            node = self._spot(sketch, last, option.label)
            if node >= 0 and option.property in self.times(option.label):
                return self._by(sketch, node, option.property, descending=one.way != "high")
        return None

    def _by(self, sketch: Sketch, node: int, key: str, *, descending: bool) -> Ranked:
        return Ranked(node, key, descending, self._keyed(sketch.spots[node].label, key))

    def _by_time(self, sketch: Sketch, one: Superlative, at: int, behind: Anchor | None) -> Ranked | None:
        near = [self._spot(sketch, behind.last)] if behind is not None else []
        for number in dict.fromkeys((*(node for node in near if node >= 0), max(0, self._spot(sketch, at)), 0)):
            label = sketch.spots[number].label
            ages = [key for key in self._held(label) if "age" in parts(key)]
            if ages and adjective(one.words) in {"old", "young", "senior"}:
                return self._by(sketch, number, ages[0], descending=one.way == "old")
            if times := self.times(label):
                named = [
                    key for key in times if any(option.property == key for anchor in self._anchors if abs(anchor.first - at) <= 2 for option in anchor.options)
                ]
                return self._by(sketch, number, (named or times)[0], descending=one.way == "new")
        return None

    def _property_near(self, sketch: Sketch, at: int, *, scales: bool) -> tuple[int, str] | None:
        """Return the node and property that is named nearest to a token."""
        for anchor in sorted(self._anchors, key=lambda one: min(abs(one.first - at), abs(one.last - at))):
            if min(abs(anchor.first - at), abs(anchor.last - at)) > REACH + 1:
                return None
            for option in anchor.options:
                node = self._spot(sketch, anchor.last, option.label)
                if option.kind == "property" and node >= 0 and (not scales or option.property in (*self._scales(option.label), *self.times(option.label))):
                    return node, option.property
        return None


def top_of(facts: Facts) -> bool:
    """Whether the top of something is asked for."""
    return any(limit.which == "top" for limit in facts.limits) or any(one.words.lower() in {"top", "bottom"} for one in facts.superlatives)


def of_many(one: Superlative) -> bool:
    """Whether an end may be one of how many there are: `most`, `fewest`."""
    return one.words.lower() in {"most", "least", "fewest", "highest", "largest", "greatest", "biggest", "lowest", "smallest", "maximum", "top"}


def way_of(one: Superlative) -> str:
    """Return which end of a scale is meant: of a word that is none of those known the end of its adjective, an empty string where nobody knows it."""
    if one.words.lower() in SUPERLATIVES or one.way != "unknown":
        return one.way
    return next((way for word, way in SUPERLATIVES.items() if adjective(word) == adjective(one.words)), "")
