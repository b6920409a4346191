"""What is asked of a tree of nodes: counts, ends of a scale, comparisons, groups, told from the facts of the question."""

from calendar import monthrange
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from broadsheet.ask.cypher.nodes import within
from broadsheet.ask.link.english import NAMES, adjective, alike
from broadsheet.ask.link.names import Names
from broadsheet.ask.question.facts import Aggregate, Comparison, Containment, Facts, Value
from broadsheet.ask.question.values import FIRST_YEAR, LAST_YEAR, iso
from broadsheet.ask.question.words import parts, stem
from broadsheet.ask.schema import NUMBERS
from broadsheet.ask.slots.anchors import Anchor, Option
from broadsheet.ask.slots.build import MEDIAN
from broadsheet.ask.slots.company import Company
from broadsheet.ask.slots.done import Done
from broadsheet.ask.slots.either import Bounds, bounds_of, one_of, together
from broadsheet.ask.slots.keys import Keys
from broadsheet.ask.slots.kinds import Kinds
from broadsheet.ask.slots.left import Left
from broadsheet.ask.slots.measured import COINS
from broadsheet.ask.slots.ordered import THEIRS
from broadsheet.ask.slots.sketch import Asked, Because, Condition, Having, Link, Sketch, Spot
from broadsheet.ask.slots.standing import UNSURE
from broadsheet.ask.slots.tallies import Tallies
from broadsheet.ask.slots.texts import WHETHER, Texts

AMOUNTS = frozenset("under over below above cheaper up".split())
# Words between two comparisons of one thing.
ALSO = frozenset("and but also , yet".split())
EITHER = frozenset("or either else , cost costs are is that they".split())


class Finish(Left):
    """Finishes the trees of one question."""

    def __init__(self, facts: Facts, found: Sequence[Anchor], names: Names, keys: Keys, texts: Texts) -> None:
        super().__init__(facts, found, names, keys)
        facts, self._texts = self._facts, texts
        self._kinds = Kinds(found, names)
        self._done, self._company, self._tallies = Done(facts, found, names), Company(facts, names), Tallies(facts, found)

    def finished(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Return the sketch with all that the facts say, and what that adds to its score."""
        score = 0.0
        for part in (
            self._kinds.added,
            self._company.added,
            self._done.added,
            self._target,
            self._tallies.over,
            self._tallies.exact,
            self._sized,
            self._held_against,
            self._compared,
            self._contained,
            self._years,
            self._figures,
            self._flagged,
            self._none_of,
            self._only_of,
            self._aggregated,
            self._groups_within,
            self._best_of_groups,
            self._ranked,
            self._of_each,
            self._at_place,
            self._is_the_most,
            self._same,
            self._whether,
            self._which_of,
            self._averaged,
        ):
            sketch, more = part(sketch)
            score += more
        if sketch.limit is None and self._limit is not None and not sketch.whether and not any(one.function for one in sketch.asked):
            sketch = replace(sketch, limit=self._limit.count)
        return sketch, score

    # What is asked.

    def _target(self, sketch: Sketch) -> tuple[Sketch, float]:
        score = 0.0
        begins = next((one for one in self._facts.tokens if one.low in {"when", "where", "who", "what", "which", "how"}), None)
        if begins is not None and begins.low == "when" and not sketch.asked:
            times = self.times(sketch.spots[0].label)
            score = 0.5 if times else UNSURE
            sketch = replace(sketch, asked=(Asked(0, times[0]),), why=(*sketch.why, Because(begins.place, begins.text, times[0]))) if times else sketch
        counted = self._counted(sketch)
        if not sketch.asked and (told := self._told_of(sketch)) is not None:
            sketch = replace(sketch, asked=(Asked(0, told.part),), why=(*sketch.why, told))
        if not sketch.asked and (paid := self._paid()) is not None and (prices := self._prices(sketch.spots[0].label)):
            sketch = replace(sketch, asked=(Asked(0, prices[0]),), why=(*sketch.why, *(Because(one.place, one.text, prices[0]) for one in paid)))
        sketch = self._whole(sketch)
        if not sketch.asked:
            sketch = replace(
                sketch, asked=(Asked(0), *(Asked(max(sketch.below(one.end))) for one in sketch.links if one.mode == "optional"), *self._besides(sketch))
            )
        if counted is not None:
            because = Because(counted.place, counted.words, "count")
            of = sketch.asked[0]
            label = sketch.spots[of.node].label
            if of.property and self._is_figured(label, of.property):
                # How many 100 g balls there are is how many rows have such a figure.
                of = of._replace(property="")
            if (
                of.property in self._measured_by(label)
                and any(one.sign == "=" for one in sketch.spots[of.node].conditions)
                and label in self._names.schema.named
            ):
                # How many minutes it takes is told by its row.
                return replace(sketch, asked=(of,), why=(*sketch.why, because)), score
            if of.property and not sketch.spots[of.node].named and not self._facts.marked("distinct") and label not in self._names.schema.named:
                # How many addresses there are is how many places there are that have one.
                of = of._replace(property="")
            sketch = replace(sketch, asked=(of._replace(function="count"),), why=(*sketch.why, because))
            sketch = replace(sketch, groups=sketch.groups or self._groups(sketch))
            if sketch.groups == (of,):
                # How many papers a year are papers, and no years.
                sketch = replace(sketch, asked=(Asked(of.node, function="count"),))
        return sketch, score

    def _is_figured(self, label: str, key: str) -> bool:
        """Whether a figure stands right before the name of a property: `100 g`."""
        ends = {value.last for value in self._facts.values if value.is_number} | {value.last + 1 for value in self._facts.values if value.is_number}
        return any(one.first in ends and any(option.label == label and option.property == key for option in one.options) for one in self._anchors)

    def _whole(self, sketch: Sketch) -> Sketch:
        """Ask for rows of a table beside the one property that is named of them: `which game has the highest fee`."""
        alone = sketch.asked[0] if len(sketch.asked) == 1 else None
        if alone is None or not alone.property or alone.function or self._first not in {"which", "list", "show"}:
            return sketch
        label, behind = sketch.spots[alone.node].label, self._behind(1, "label", reach=2)
        first = behind.options[0] if behind is not None else None
        known = first is not None and (first.kind, first.label) == ("label", label) and label in self._names.schema.named
        return replace(sketch, asked=(Asked(alone.node), alone)) if known else sketch

    def _besides(self, sketch: Sketch) -> Iterator[Asked]:
        """Yield what is asked of each row besides: `papers and their categories`, `with its theme`."""
        for number, spot in enumerate(sketch.spots):
            before = [one.low for one in self._facts.tokens[max(0, spot.at - 2) : max(0, spot.at)]]
            if number and before[-1:] in (["their"], ["its"], ["his"], ["her"]) and before[0] in {"and", "with", "plus", ","}:
                yield Asked(number)

    def _counted(self, sketch: Sketch) -> Aggregate | None:
        for one in self._facts.aggregates:
            at = self._token(one.place)
            target = sketch.spots[0].at
            named = any(anchor.first <= at <= anchor.last for anchor in self._anchors)
            if one.which == "count" and not named and not self._ends(sketch) and at <= max(target, 0) + 2:
                return one
        return None

    # Conditions.

    def _compared(self, sketch: Sketch) -> tuple[Sketch, float]:
        score, taken, made = 0.0, frozenset(told.place for told in sketch.why), list[Bounds]()
        for one in self._facts.comparisons:
            before = sketch
            if (
                one.value is not None
                and one.value.is_number
                and one.place not in taken
                and not any(anchor.is_value and within(one.value.place, anchor.place) for anchor in self._anchors)
            ):
                sketch, more = self._bounded(sketch, one, one.value)
                score += more
            elif one.value is not None and one.value.kind == "date":
                sketch, more = self._dated(sketch, one, one.value)
                score += more
            made += bounds_of(before, sketch, one.place)
        return self._either_of(sketch, made), score

    def _either_of(self, sketch: Sketch, made: Sequence[Bounds]) -> Sketch:
        """Return the sketch with bounds that `or` joins as those of which one must be met: `under 200 or over 3000`."""
        runs: list[list[Bounds]] = []
        for one in together(made):
            last = runs[-1][-1] if runs else None
            between = [each.low for each in self._facts.tokens if last is not None and last.place.end <= each.place.start < one.place.start]
            units = EITHER | COINS | self._units({one.key, *((last.key,) if last is not None else ())})
            joined = last is not None and last.node == one.node and bool({"or", ","} & set(between)) and set(between) <= units
            runs = [*runs[:-1], [*runs[-1], one]] if joined else [*runs, [one]]
        for run in runs:
            # Behind a comma alone stands what must be met too.
            told = [each.low for each in self._facts.tokens if run[0].place.end <= each.place.start < run[-1].place.start]
            sketch = one_of(sketch, run) if "or" in told else sketch
        return sketch

    def _units(self, keys: Collection[str]) -> frozenset[str]:
        """Return the words of a question that name properties: `less than 20 minutes or more than 120`."""
        return frozenset(one.words.lower() for one in self._anchors if any(option.property in keys for option in one.options))

    def _bounded(self, sketch: Sketch, one: Comparison, value: Value) -> tuple[Sketch, float]:
        at = self._token(value.place)
        because = Because(one.place, one.words, f"{one.sign} {value.text}")
        behind = next((a for a in self._anchors if a.first in {at + 1, at + 2} and not a.is_value), None)
        if behind is not None and value.kind == "number" and behind.options[0].kind == "label":
            node = next((number for number, spot in enumerate(sketch.spots) if spot.at == behind.last and number), -1)
            if node > 0:
                having = Having(node, one.sign, int(float(value.value)))
                return replace(sketch, having=having, why=(*sketch.why, because)), 0.5
        found = self._property_near(sketch, at, scales=True)
        if found is not None and not self._is_at(found[1], one, at):
            # What a comparative is about is not what is named before it: 60 minutes or cheaper than 15.
            found = self._compared_by(sketch, at, one.words) or found
        if self._coins(at) or (found is not None and value.kind == "number" and self._is_time(sketch, *found)):
            # Under 20 euros, and under 20, are no days.
            found = self._priced(sketch, at) or (None if found is not None and self._is_time(sketch, *found) else found)
        if found is None and (self._coins(at) or one.words.lower().split()[0] in AMOUNTS):
            # Under 2000, and over 20 euros, are no years.
            found = self._priced(sketch, at)
        found = self._compared_before(sketch, one) if found is None else found
        if found is None and value.kind in {"year", "decade"}:
            node = self._spot(sketch, at)
            times = self.times(sketch.spots[node].label) if node >= 0 else []
            found = (node, times[0]) if times else None
        found = self._compared_by(sketch, at, one.words) if found is None else found
        found = self._priced(sketch, at) if found is None else found
        if found is None:
            return sketch, UNSURE
        coins = [Because(each.place, each.text, found[1]) for each in (*self._coins(at), *self._costs())]
        return replace(self._bound(sketch, found, one.sign, value, because), why=(*sketch.why, because, *coins)), 0.3

    def _is_time(self, sketch: Sketch, node: int, key: str) -> bool:
        """Whether a property tells days or moments, and no years as numbers."""
        facts = self._held(sketch.spots[node].label).get(key)
        return facts is not None and facts.type not in NUMBERS and key in self.times(sketch.spots[node].label)

    def _is_at(self, key: str, one: Comparison, at: int) -> bool:
        """Whether a property is named within a comparison or right behind its figure."""
        first = self._token(one.place)
        return any(first <= anchor.first <= at + len(THEIRS) and any(option.property == key for option in anchor.options) for anchor in self._anchors)

    def _compared_before(self, sketch: Sketch, one: Comparison) -> tuple[int, str] | None:
        """Return the node and property of the comparison that this one goes on: `over 5 and below 9`."""
        before = [each for each in self._facts.comparisons if each.place.end <= one.place.start and each.value is not None]
        between = {each.low for each in self._facts.tokens if before and before[-1].place.end <= each.place.start < one.place.start}
        if not before or not (between <= ALSO | COINS or between <= EITHER | COINS):
            return None
        held = [(number, each) for number, spot in enumerate(sketch.spots) for each in spot.conditions]
        return next(
            ((number, each.property) for number, each in held if before[-1].value and (each.sign, each.value) == (before[-1].sign, before[-1].value.value)),
            None,
        )

    def _compared_by(self, sketch: Sketch, at: int, words: str) -> tuple[int, str] | None:
        """Return the node and property that a comparative is about: length of `longer than`."""
        node, low = self._spot(sketch, at), words.lower().split()[0]
        if node < 0 or not low.endswith("er"):
            return None
        base = adjective(low[:-2] + "est")
        near = [(max(alike(base, word) for word in parts(key)), key) for key in self._scales(sketch.spots[node].label)]
        return (node, max(near)[1]) if near and max(near)[0] else None

    def _dated(self, sketch: Sketch, one: Comparison, value: Value) -> tuple[Sketch, float]:
        """Compare with a whole date; an anchor that took it for a value of its own gives way."""
        told = iso(value.text)
        if told is None or one.sign in {"=", "<>"}:
            return sketch, 0.0
        # The end of a month is later than all of it.
        day = _ends_of(told)[one.sign in {">", "<="}]
        for number, spot in enumerate(sketch.spots):
            for condition in spot.conditions:
                if condition.property in self.times(spot.label) and iso(str(condition.value)) == told:
                    key = self._keys.value(spot.label, condition.property, day)
                    bound = Condition(condition.property, one.sign, key, self._keyed(spot.label, condition.property))
                    kept = tuple(bound if each is condition else each for each in spot.conditions)
                    spots = (*sketch.spots[:number], spot._replace(conditions=kept), *sketch.spots[number + 1 :])
                    return replace(sketch, spots=spots, why=(*sketch.why, Because(one.place, one.words, f"{one.sign} {told}"))), 0.3
        node = self._spot(sketch, self._token(value.place))
        times = self._days(sketch.spots[node].label) if node >= 0 else []
        near = self._property_near(sketch, self._token(value.place), scales=True)
        if near is not None and near[1] in self._days(sketch.spots[near[0]].label):
            node, times = near[0], [near[1]]
        if not times:
            return sketch, UNSURE
        label = sketch.spots[node].label
        bound = Condition(times[0], one.sign, self._keys.value(label, times[0], day), self._keyed(label, times[0]))
        return sketch.with_condition(node, bound, Because(one.place, one.words, f"{times[0]} {one.sign} {told}")), 0.2

    def _days(self, label: str) -> list[str]:
        """Return the properties of a label that tell a time, without those that tell a year alone as a number, where there are others."""
        times = self.times(label)
        return [key for key in times if self._held(label)[key].type not in NUMBERS] or times

    def _contained(self, sketch: Sketch) -> tuple[Sketch, float]:
        for one in self._facts.containments:
            if one.value is not None:
                sketch = self._containing(sketch, one, str(one.value.text))
        return sketch, 0.0

    def _containing(self, sketch: Sketch, one: Containment, text: str) -> Sketch:
        at = self._token(one.place)
        found = self._property_near(sketch, at, scales=False)
        node = self._spot(sketch, at)
        held = self._held(sketch.spots[node].label) if node >= 0 else {}
        texts = self._texts.said(sketch.spots[node].label) if node >= 0 and one.sign == "CONTAINS" else ()
        keys = (found[1],) if found is not None else texts or tuple(key for key in ("title", *NAMES) if key in held)[:1]
        if not keys:
            return sketch
        node = node if found is None else found[0]
        # What stands in quotation marks is meant letter by letter.
        folded = one.value is not None and one.value.kind != "quoted" and one.sign == "CONTAINS"
        condition = Condition(keys[0], one.sign, text, folded=folded, also=keys[1:])
        return sketch.with_condition(node, condition, Because(one.place, one.words, f"{' or '.join(keys)} {one.sign} {text}"))

    def _years(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Take a year, a month or a day that nothing else took for a condition."""
        taken, made = [one.value.place for one in self._facts.comparisons if one.value is not None], list[Bounds]()
        for value in self._facts.values:
            before = sketch
            if (
                value.kind in {"year", "date"}
                and not self._is_paid(sketch, value)
                and value.place not in taken
                and not any(within(value.place, one.place) for one in self._anchors if one.is_value)
            ):
                node = self._spot(sketch, self._token(value.place))
                times = self.times(sketch.spots[node].label) if node >= 0 else []
                if not times:
                    node = next((number for number, spot in enumerate(sketch.spots) if spot.at >= 0 and self.times(spot.label)), node)
                    times = self.times(sketch.spots[node].label) if node >= 0 else []
                near = self._property_near(sketch, self._token(value.place), scales=True)
                if near is not None and (near[1] in self.times(sketch.spots[near[0]].label) or self._are_years(sketch.spots[near[0]].label, near[1])):
                    node, times = near[0], [near[1]]
                key = next((one for one in times if "year" in parts(one)), times[0] if times else "")
                if not key:
                    continue
                label, told = sketch.spots[node].label, str(int(float(value.value))) if value.kind == "year" else iso(value.text) or ""
                because = Because(value.place, value.text, f"{key} = {told}")
                if self._held(label)[key].type in NUMBERS or self._keys.kind(label, key) == "number":
                    sketch = sketch.with_condition(node, Condition(key, "=", int(told[:4] or 0), self._keyed(label, key)), because)
                elif told:
                    for sign, end in zip((">=", "<="), _ends_of(told), strict=True):
                        sketch = sketch.with_condition(node, Condition(key, sign, self._keys.value(label, key, end), self._keyed(label, key)), because)
            made += bounds_of(before, sketch, value.place)
        return self._either_of(sketch, made), 0.0

    def _is_paid(self, sketch: Sketch, value: Value) -> bool:
        """Whether a figure is of a currency or stands right at the name of what it measures, and is no year: `cost 1370`."""
        run = next((one for one in self._listed([each for each in self._facts.values if each.is_number]) if value in one), [])
        for at in (self._token(one.place) for one in run):
            node, key = next(self._measures(sketch, at), (-1, ""))
            measured = node >= 0 and key not in self.times(sketch.spots[node].label) and not self._are_years(sketch.spots[node].label, key)
            if measured or self._coins(at):
                return True
        return False

    def _are_years(self, label: str, key: str) -> bool:
        """Whether all numbers of a property may be years: of a column `built`."""
        held = self._held(label)[key]
        return held.type == "integer" and all(isinstance(one, int | float) and FIRST_YEAR <= one <= LAST_YEAR for one in (held.low, held.high))

    # Functions.

    def _aggregated(self, sketch: Sketch) -> tuple[Sketch, float]:
        for one in self._facts.aggregates:
            if (
                (one.which in {"avg", "sum", "min", "max"} or one.words.lower() == "median")
                and not self._is_of_name(one.place)
                and not sketch.over
                and not any(asked.function == "count" for asked in sketch.asked)
            ):
                anchor = self._behind(self._token(one.place), "property")
                for option in anchor.options if anchor else ():
                    node = self._spot(sketch, anchor.last if anchor else 0, option.label)
                    if option.kind == "property" and node >= 0 and option.property in self._scales(option.label):
                        made = replace(
                            sketch,
                            asked=(Asked(node, option.property, MEDIAN if one.words.lower() == "median" else one.which),),
                            why=(*sketch.why, Because(one.place, one.words, one.which)),
                        )
                        return replace(made, groups=self._groups(made)), 0.3
                if one.words.lower() == "on average" and (asked := self._asked_figure(sketch)) is not None:
                    made = replace(sketch, asked=(asked._replace(function=one.which),), why=(*sketch.why, Because(one.place, one.words, one.which)))
                    return replace(made, groups=self._groups(made)), 0.3
                if not one.soft:
                    return sketch, UNSURE
        return sketch, 0.0

    def _asked_figure(self, sketch: Sketch) -> Asked | None:
        """Return the one figure that is asked for, if there is one: of `what do strings cost on average` the price."""
        figures = [one for one in sketch.asked if one.property in self._scales(sketch.spots[one.node].label) and not one.function]
        return figures[0] if len(figures) == 1 else None

    def _sized(self, sketch: Sketch) -> tuple[Sketch, float]:
        held = [(number, key) for number, spot in enumerate(sketch.spots) for key, facts in self._held(spot.label).items() if facts.type == "string"]
        return self._tallies.sized(sketch, [(number, key) for number, key in held if self._keys.kind(sketch.spots[number].label, key) is None])

    def _same(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Pair what is asked for with others of its label that are joined to the same node."""
        if any(one.sign == "=" for one in self.rivals):
            return sketch, 0.0
        at = next((number for number, one in enumerate(self._facts.tokens) if stem(one.low) in {"shar", "sam"}), -1)
        same = any(one.low == "same" for one in self._facts.tokens)
        behind = self._behind(at, "label", "property") if at >= 0 and same else None
        node = -1 if behind is None else next((number for number, spot in enumerate(sketch.spots) if spot.at == behind.last), -1)
        link = next((one for one in sketch.links if one.start == 0 and one.end == node), None)
        if behind is None or node <= 0 or link is None:
            return sketch, 0.0
        other = Spot(sketch.spots[0].label)
        back = {"right": "left", "left": "right"}.get(link.towards, "either")
        links = (*sketch.links, Link(node, len(sketch.spots), link.type, back))  # pyrefly: ignore[bad-argument-type]
        asked = (*sketch.asked, *(one._replace(node=len(sketch.spots)) for one in sketch.asked if one.node == 0))
        because = Because(behind.place, behind.words, "the same")
        return replace(sketch, spots=(*sketch.spots, other), links=links, apart=((0, len(sketch.spots)),), asked=asked, why=(*sketch.why, because)), 0.5

    def _whether(self, sketch: Sketch) -> tuple[Sketch, float]:
        plain = not sketch.ranked and not any(one.function for one in sketch.asked)
        return (replace(sketch, whether=True), 0.0) if self._first in WHETHER and plain else (sketch, 0.0)


def options_of(found: Sequence[Anchor]) -> Iterator[Option]:
    """Yield everything that the words of a question may stand for."""
    for anchor in found:
        yield from anchor.options


def _ends_of(told: str) -> tuple[str, str]:
    """Return the first and the last day of a year, a month or a day.

    >>> _ends_of("2024"), _ends_of("2024-02"), _ends_of("2024-02-03")
    (('2024-01-01', '2024-12-31'), ('2024-02-01', '2024-02-29'), ('2024-02-03', '2024-02-03'))
    """
    year, month, day = (*told.split("-"), "", "")[:3]
    last = day or (str(monthrange(int(year), int(month))[1]) if month else "31")
    return f"{year}-{month or '01'}-{day or '01'}", f"{year}-{month or '12'}-{last}"
