"""Trees of nodes that account for the words of a question: a search that keeps the best at each word."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from heapq import nlargest
from typing import NamedTuple

from broadsheet.ask.link.english import ADJECTIVES, alike, is_empty
from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.words import parts
from broadsheet.ask.slots.anchors import OF, Anchor, Option
from broadsheet.ask.slots.paths import Evidence, Way
from broadsheet.ask.slots.sketch import Asked, Because, Condition, Link, Sketch, Spot

BEAM = 32
# After so many steps no further word is looked at.
WORK = 40_000
BOTH, EITHER = frozenset(("and", ",", "the", "also")), frozenset(("or", "either", "the", ",or"))
NEITHER = BOTH | EITHER | frozenset(("nor", "not", "in", "by", "from", "of"))
# Words before which a question has not begun to ask: what stands there is told beforehand.
ASKING = frozenset(
    "which what who whom whose how when where can could would list give show name find tell get return is are does do did has have identify provide".split()
)
BEFOREHAND = frozenset("in on at for from of among since during before after with by to under within".split())
# Words that say of a property that it is not there.
BE, GONE = frozenset("is are was were".split()), frozenset("missing unknown empty blank absent".split())
# What a name costs that is passed over, a value that is, and words that name a second time what is there.
PASSED, LOST, AGAIN = 0.7, 2.0, 0.6
CLOSE = 3
SPOKEN, NAMED, SURELY = 1.0, 0.6, 0.9
# What is added for a name that was passed over and then speaks for a relation, for a value that stands right at what it describes; what a later target costs.
HEARD, BESIDE, LATER, COMPOUND, TWIN, DOUBLE, LISTED = 0.4, 0.8, 0.6, 0.9, 0.3, 0.3, 3.0


@dataclass(frozen=True)
class State:
    """A tree so far: its sketch, its score, the tokens that are accounted for, those that spoke for relations, those that were passed over at a cost, the node that was named last, and how the target was asked for."""

    sketch: Sketch
    score: float
    used: frozenset[int]
    heard: frozenset[int] = frozenset()
    passed: tuple[tuple[int, float], ...] = ()
    last: int = 0
    target: int = -1


class _Move(NamedTuple):
    """A state that may come next: its score, and how it is made."""

    score: float
    made: Callable[[], State]


def _move(state: State) -> _Move:
    return _Move(state.score, lambda: state)


class Search:
    """Searches for the trees of one question."""

    def __init__(
        self,
        facts: Facts,
        found: Sequence[Anchor],
        evidence: Evidence,
        times: Callable[[str], Sequence[str]],
        is_flag: Callable[[str, str], bool],
        rows: Collection[str] = (),
    ) -> None:
        self._times, self._is_flag, self._rows = times, is_flag, rows
        self.steps, self.stopped = 0, False
        self._tokens, self._evidence = facts.tokens, evidence
        self._ranked = bool(facts.superlatives or facts.comparisons)
        tokens = facts.tokens
        bounds = [one.place.start for one in (*facts.comparisons, *facts.containments, *facts.orders)]
        bounds += [one.place.start for one in facts.values if one.kind in {"year", "date", "decade"}]
        ends = [one.value.place.end for one in facts.comparisons if one.value is not None]
        held = [one.value.place.end for one in facts.containments if one.value is not None]
        self._contained = tuple(at for at, one in enumerate(tokens) if one.place.end in held)
        self._bounded = frozenset(at for at, one in enumerate(tokens) if one.place.end in ends)
        # A figure before the name of a thing says how many, and not how much.
        named = {one.first - 1 for one in found if any(option.kind == "label" for option in one.options)}
        plain = {one.place.start for one in facts.values if one.kind == "number"} - {one.place.start for one in facts.limits}
        self._figures = frozenset(at for at, one in enumerate(tokens) if one.place.start in plain and at not in named)
        self._bounds = frozenset(at for at, one in enumerate(tokens) if one.place.start in bounds)
        asks = next((at for at, one in enumerate(tokens) if one.low in ASKING), 0)
        self._begins = asks
        # Only what stands behind such a word is told beforehand.
        begins = asks if tokens and tokens[0].low in BEFOREHAND else -1
        # What is told before the question begins comes last.
        self._anchors = (*(one for one in found if one.last > begins), *(one for one in found if one.last <= begins))

    def trees(self) -> list[State]:
        """Return the best trees, the best first."""
        beam = list(self._starts()) or [self._start(one, one.options[0], number, 0.0) for number, one in enumerate(self._anchors) if one.is_value][:1]
        for number in range(len(self._anchors)):
            if self.steps >= WORK:
                self.stopped = True
                break
            ready = [one for one in beam if one.target != number]
            waiting = [one for one in beam if one.target == number]
            moves = [move for state in ready for move in self._grown(state, self._anchors[number])]
            self.steps += len(moves)
            # Only the best are built; a few more than are kept, for some are the same tree.
            beam = _best([*(move.made() for move in nlargest(2 * BEAM, moves, key=lambda one: one.score)), *waiting])
        return beam

    def _starts(self) -> Iterator[State]:
        """Yield the nodes that may be asked for: what is named first, or what who and where stand for."""
        for number, anchor in enumerate(self._anchors[:3]):
            for option in anchor.options:
                if not (anchor.is_value and number) and not (option.kind == "property" and (self._is_bound(anchor) or (number and self._presence(anchor)))):
                    yield self._start(
                        anchor,
                        option,
                        number,
                        option.score - LATER * number * (0.5 if self._is_time(option) else 1.0) - (COMPOUND if self._is_compound(number) else 0.0),
                    )
        low = self._tokens[self._begins].low if self._tokens else ""
        names = self._evidence.names
        if not self._anchors and self._ranked:
            # Of a table nothing but rows can be the cheapest.
            yield from (State(Sketch((Spot(label, (), 0, 0),)), 0.0, frozenset()) for label in self._rows)
        labels = names.persons if low in {"who", "whom", "whose"} else names.places if low == "where" else frozenset()
        for label in sorted(labels):
            because = Because(self._tokens[self._begins].place, self._tokens[self._begins].text, label)
            yield State(Sketch((Spot(label, (), self._begins, 0),), why=(because,)), 0.75, frozenset((self._begins,)))

    def _is_compound(self, number: int) -> bool:
        """Whether a name only says of which kind the next one is: `crime locations`."""
        after = self._anchors[number + 1 : number + 2]
        return (
            bool(after)
            and not after[0].is_value
            and not self._anchors[number].is_value
            and after[0].first == self._anchors[number].last + 1
            and after[0].options[0].kind == "label"
        )

    def _is_time(self, option: Option) -> bool:
        """Whether a question that asks when may be about this."""
        return any(one.low == "when" for one in self._tokens) and option.kind == "label" and bool(self._times(option.label))

    def _start(self, anchor: Anchor, option: Option, number: int, score: float) -> State:
        used = frozenset(range(anchor.first, anchor.last + 1))
        why = (Because(anchor.place, anchor.words, _told(option)),)
        match option.kind:
            case "label":
                sketch = Sketch((Spot(option.label, (), anchor.last, 1),), why=why)
            case "value":
                sketch = Sketch((Spot(option.label, (Condition(option.property, _sign(anchor), option.value),), anchor.last, 0),), why=why)
            case _:
                sketch, score = (
                    Sketch((Spot(option.label, (), anchor.last, 0),), asked=(Asked(0, option.property),), why=why),
                    score - 0.1,
                )
        return State(sketch, score, used, target=number)

    def _grown(self, state: State, anchor: Anchor) -> Iterator["_Move"]:
        cost = self._cost(anchor)
        passed = (*state.passed, *((at, cost) for at in _at(anchor) if not anchor.is_value))
        yield _move(replace(state, score=state.score - cost, passed=passed))
        for option in anchor.options:
            if option.kind == "property":
                yield from map(_move, self._asked(state, anchor, option))
            else:
                yield from map(_move, self._merged(state, anchor, option))
                yield from self._joined(state, anchor, option)

    def _is_bound(self, anchor: Anchor) -> bool:
        """Whether a comparison follows, or its value stands before, so that a name says what is compared; what is so is asked for by no name: `cheap`, `out of stock`."""
        before = [one.low for one in self._tokens[max(0, anchor.first - 2) : anchor.first]]
        return (
            anchor.words.lower() in ADJECTIVES
            or before == ["out", "of"]
            or any(anchor.last < at <= anchor.last + 2 for at in self._bounds)
            or anchor.first - 1 in self._bounded
            or self._is_figured(anchor)
            or any(one.kind == "property" and self._is_flag(one.label, one.property) for one in anchor.options)
            or self._is_within(anchor)
        )

    def _is_figured(self, anchor: Anchor) -> bool:
        """Whether its figure stands right behind a name: `cost 20 euros`."""
        at = next((at for at in range(anchor.last + 1, len(self._tokens)) if self._tokens[at].low not in OF), -1)
        return at in self._figures or anchor.first - 1 in self._figures

    def _is_within(self, anchor: Anchor) -> bool:
        """Whether a name says where a text is looked for: `the word sea in their title`."""
        return any(0 < anchor.first - at <= CLOSE and self._tokens[at + 1].low in {"in", "within"} for at in self._contained if at + 1 < len(self._tokens))

    def _cost(self, anchor: Anchor) -> float:
        best = anchor.options[0]
        if best.kind == "property" and self._is_bound(anchor):
            return 0.0
        if best.kind == "value":
            return LOST * min(1.0, best.score)
        # What stands at a value and says which it is, or speaks for a relation, is not lost.
        return (PASSED if best.kind == "label" else PASSED / 2) * min(1.0, best.score)

    def _asked(self, state: State, anchor: Anchor, option: Option) -> Iterator[State]:
        """Yield what asks for a property of the target: `the crime types`, `officers' badge numbers`, `which papers and their years`."""
        spot = state.sketch.spots[0]
        if (
            spot.label != option.label
            or any(one.property == option.property for one in state.sketch.asked)
            or any(one.property == option.property for one in spot.conditions)
        ):
            return
        if self._is_bound(anchor):
            return
        rows = any((one.kind, one.label) == ("label", option.label) for one in anchor.options)
        if not rows and (sign := self._presence(anchor)) and (option.score >= SURELY or _is_named_alone(anchor, option)):
            because = Because(anchor.place, anchor.words, f"{option.property} {sign}")
            yield replace(
                state,
                sketch=state.sketch.with_condition(0, Condition(option.property, sign, ""), because),
                score=state.score + option.score,
                used=state.used | _at(anchor),
            )
            return
        near = anchor.first - spot.at
        listed = bool(state.sketch.asked) and self._between(state.last, anchor) <= CLOSE
        if not state.sketch.links and (0 < near <= CLOSE or listed):
            sketch = replace(
                state.sketch,
                asked=(*state.sketch.asked, Asked(0, option.property)),
                why=(*state.sketch.why, Because(anchor.place, anchor.words, _told(option))),
            )
            yield replace(state, sketch=sketch, score=state.score + 0.8 * option.score - 0.2 * (near - 1), used=state.used | _at(anchor))

    def _presence(self, anchor: Anchor) -> str:
        """Return whether a property must be there or must not: `with a venue`, `without a venue`; nothing where neither is said."""
        before = [one.low for one in self._tokens[max(0, anchor.first - 2) : anchor.first]]
        behind = self._tokens[anchor.last + 1 : anchor.last + 2]
        if [one.low in words for one, words in zip(self._tokens[anchor.last + 1 : anchor.last + 3], (BE, GONE), strict=False)] == [True, True]:
            return "IS NULL"
        if behind and (behind[0].shape not in {"mark", "word"} or behind[0].low in {"of", "is", "in", "that", "which", "like", "called"}):
            return ""
        article = before[-1:] in (["a"], ["an"], ["any"])
        if anchor.negated and (article or before[-1:] in (["no"], ["without"], ["lacking"], ["lack"]) or GONE.issuperset(before[-1:])):
            return "IS NULL"
        return "IS NOT NULL" if article and before[0] in {"with", "has", "have", "having"} else ""

    def _between(self, node: int, anchor: Anchor) -> int:
        return max(0, anchor.first - node)

    def _merged(self, state: State, anchor: Anchor, option: Option) -> Iterator[State]:
        """Yield what names or describes a node that is there already."""
        for number, spot in enumerate(state.sketch.spots):
            if spot.label != option.label or (option.kind == "label" and (anchor.negated or self._is_theirs(anchor))):
                continue
            if option.kind == "value":
                if any(one.property == option.property for one in spot.conditions):
                    yield from self._either(state, number, anchor, option)
                    continue
                distance = 0 if spot.at < 0 else sum(1 for one in self._anchors if spot.at < one.first < anchor.first)
                behind = 0 if spot.at < 0 else max(0, spot.at - anchor.last)
                score = option.score + self._beside(spot, anchor, distance) - 0.3 * distance - 0.1 * behind
                condition = Condition(option.property, _sign(anchor), option.value)
                sketch = state.sketch.with_condition(number, condition, Because(anchor.place, anchor.words, _told(option)))
                if not spot.named or spot.at < 0:
                    sketch = _placed(sketch, number, anchor, named=spot.named)
            else:
                again = spot.named > 0
                beside = spot.named == 0 and spot.at >= 0 and anchor.first - spot.at > CLOSE + 3
                score = option.score - ((AGAIN + option.score) if again else 0.0) - (0.4 if beside else 0.0)
                if spot.named == 0 and spot.at >= 0 and spot.conditions:
                    score += self._beside(spot, anchor, 0)
                sketch = _placed(
                    replace(state.sketch, why=(*state.sketch.why, Because(anchor.place, anchor.words, _told(option)))), number, anchor, named=spot.named + 1
                )
            yield replace(state, sketch=sketch, score=state.score + score, used=state.used | _at(anchor), last=number)

    def _is_theirs(self, anchor: Anchor) -> bool:
        """Whether something further of what is asked for is named: `films by Ann and their actors`."""
        before = [one.low for one in self._tokens[max(0, anchor.first - 2) : anchor.first]]
        return before[-1:] in (["their"], ["its"], ["his"], ["her"]) and before[0] in {"and", "with", "plus"}

    def _either(self, state: State, number: int, anchor: Anchor, option: Option) -> Iterator[State]:
        """Yield what may be instead of the value before, `in Ely or York`, or may not be beside it, `neither in Ely nor in York`."""
        because = Because(anchor.place, anchor.words, _told(option))
        denied = any(one.property == option.property and one.sign == "<>" for one in state.sketch.spots[number].conditions)
        if denied and state.last == number and self._is_listed(anchor, option, NEITHER):
            sketch = state.sketch.with_condition(number, Condition(option.property, "<>", option.value), because)
            yield replace(state, sketch=sketch, score=state.score + option.score + LISTED, used=state.used | _at(anchor))
            return
        held = [one for one in state.sketch.spots[number].conditions if one.property == option.property and one.sign in {"=", "IN"}]
        # A row of a table has one value of a column: strings and brass are those of either, unless both are asked for.
        one_each = option.label in self._rows and not any(one.low == "both" for one in self._tokens)
        if held and state.last == number and self._is_listed(anchor, option, EITHER | BOTH if one_each else EITHER):
            sketch = state.sketch.with_either(number, option.property, option.value, because)
            yield replace(state, sketch=sketch, score=state.score + option.score + LISTED, used=state.used | _at(anchor))

    def _beside(self, spot: Spot, anchor: Anchor, distance: int) -> float:
        """Return what speaks for a value that describes what is named before it: more where nothing that says anything stands between."""
        if spot.at < 0 or distance:
            return 0.0
        low, high = sorted((spot.at + 1, anchor.first)) if spot.at < anchor.first else (anchor.last + 1, spot.at)
        if any(self._tokens[at].low in {"do", "does", "did"} for at in range(low, high)):
            # What stands here is who does it.
            return -BESIDE
        return (
            BESIDE if all(is_empty(self._tokens[at].low) or self._tokens[at].shape == "mark" or at in self._evidence.silent for at in range(low, high)) else 0.0
        )

    def _joined(self, state: State, anchor: Anchor, option: Option) -> Iterator["_Move"]:
        """Yield what names a node that is joined to one that is there."""
        for number, spot in enumerate(state.sketch.spots):
            # What stands before the name before this one is about that.
            low, high = sorted((max(spot.at, self._before(anchor)), anchor.first)) if spot.at < anchor.first else (anchor.last, spot.at)
            later = sum(1 for one in state.sketch.spots if one.at > spot.at) if spot.at >= 0 else 1
            double = DOUBLE * (option.kind == "value" and any(self._may_have(one, option) for one in state.sketch.spots))
            for way in self._evidence.ways(spot.label, option.label, low, high):
                # Words that spoke for a relation already, or named something, say less of another.
                stale = sum(
                    strength * (SPOKEN if at in state.heard else NAMED if at in state.used or at in _at(anchor) else 0.0)
                    for at, strength in zip(way.tokens, way.strengths, strict=True)
                )
                twins = any(one.start == number and one.type == way.steps[0].type and one.towards == way.steps[0].towards for one in state.sketch.links)
                if twins and self._is_listed(anchor, option):
                    # `with Ann and Bob`: both are joined in the same way.
                    double, twins = 0.0, -LISTED
                back = max((cost + HEARD for at, cost in state.passed if at in way.tokens and at not in state.heard), default=0.0)
                score = state.score + option.score + way.score - 0.12 * later - stale + back - TWIN * twins - double
                yield _Move(score, partial(self._join, state, score, number, way, anchor, option))

    def _join(self, state: State, score: float, number: int, way: Way, anchor: Anchor, option: Option) -> State:
        sketch = self._with(state.sketch, number, way, anchor, option)
        used = state.used | _at(anchor) | frozenset(way.tokens)
        return replace(state, sketch=sketch, score=score, used=used, heard=state.heard | way.heard, last=len(sketch.spots) - 1)

    def _is_listed(self, anchor: Anchor, option: Option, by: frozenset[str] = BOTH) -> bool:
        """Whether a value stands behind another of its kind, with only such words between."""
        before = next((one for one in reversed(self._anchors) if one.last < anchor.first), None)
        between = [] if before is None else [one.low for one in self._tokens[before.last + 1 : anchor.first]]
        same = before is not None and any((one.label, one.property) == (option.label, option.property) for one in before.options)
        return same and bool(between) and set(between) <= by

    def _before(self, anchor: Anchor) -> int:
        return max((one.last for one in self._anchors if one.last < anchor.first), default=0)

    @staticmethod
    def _may_have(spot: Spot, option: Option) -> bool:
        return spot.label == option.label and not any(one.property == option.property for one in spot.conditions)

    def _with(self, sketch: Sketch, start: int, way: Way, anchor: Anchor, option: Option) -> Sketch:
        spots, links, here = list(sketch.spots), list(sketch.links), start
        mode = "none" if anchor.negated else "optional" if anchor.optional else "all"
        for step in way.steps:
            spots.append(Spot(step.label))
            links.append(Link(here, len(spots) - 1, step.type, step.towards, mode if here == start else "all"))
            here = len(spots) - 1
        conditions = (Condition(option.property, "=", option.value),) if option.kind == "value" else ()
        spots[here] = Spot(option.label, conditions, anchor.last, 1 if option.kind == "label" else 0)
        heard = [Because(self._tokens[at].place, self._tokens[at].text, ", ".join(step.type for step in way.steps)) for at in way.tokens]
        why = (*sketch.why, *heard, Because(anchor.place, anchor.words, _told(option)))
        return replace(sketch, spots=tuple(spots), links=tuple(links), why=why)


def _best(states: Sequence[State]) -> list[State]:
    """Return the best states, each tree once."""
    kept: dict[Sketch, State] = {}
    for one in sorted(states, key=lambda state: -state.score):
        if one.sketch not in kept:
            kept[one.sketch] = one
            if len(kept) == BEAM:
                break
    return list(kept.values())


def _placed(sketch: Sketch, number: int, anchor: Anchor, *, named: int) -> Sketch:
    spots = (*sketch.spots[:number], sketch.spots[number]._replace(at=anchor.last, named=named), *sketch.spots[number + 1 :])
    return replace(sketch, spots=spots)


def _is_named_alone(anchor: Anchor, option: Option) -> bool:
    """Whether a word is one of a property's name, and of no other of its label: `price` of `replacement price`."""
    others = [one for one in anchor.options if one.kind == "property" and one.label == option.label and one != option]
    return not others and any(alike(anchor.words, one) == 1.0 for one in parts(option.property))


def _at(anchor: Anchor) -> frozenset[int]:
    return frozenset(range(anchor.first, anchor.last + 1))


def _sign(anchor: Anchor) -> str:
    return "<>" if anchor.negated else "="


def _told(option: Option) -> str:
    return ".".join(one for one in (option.label, option.property) if one) + (f" = {option.value}" if option.kind == "value" else "")
