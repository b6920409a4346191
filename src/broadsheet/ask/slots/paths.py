"""Ways from one label to another over the relations of a schema, and how much the words of a question speak for each."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from broadsheet.ask.cypher.nodes import Towards
from broadsheet.ask.link.english import MUTUAL, alike, is_empty
from broadsheet.ask.link.names import Names
from broadsheet.ask.question.words import Token, parts, stem

# No way is longer than this, and no more ways between two labels are looked at.
LONGEST, MOST = 3, 10
# Where there are more ways than this from a label, no longer ones are looked at.
CROWDED = 2000
# How much a word counts that stands between two names, a few words behind them, or anywhere else.
BETWEEN, BEHIND, ELSEWHERE = 1.0, 0.7, 0.2
FEW = 5
# What a node costs that nothing names, a further relation of a way, and a relation of which no word speaks.
NEW, FURTHER, SILENT = 0.35, 0.9, 0.25
# What a further word of a name is worth that is heard with the others.
TOGETHER = 0.6
# Endings of what is done or was done; words before which it was done by whom they follow.
PAST = ("ed", "en", "wn")
HAVE = frozenset(("has", "have", "had", "having"))
AUXILIARY = frozenset(("do", "does", "did", "has", "have", "had", "is", "are", "was", "were"))


class Step(NamedTuple):
    """A relation to a node of a label, as it is seen from where one stands."""

    type: str
    towards: Towards
    label: str


class Way(NamedTuple):
    """Steps in a row, how much speaks for them, and the tokens that do, each with its part in that; `heard` are all near tokens that are like them."""

    steps: tuple[Step, ...]
    score: float
    tokens: tuple[int, ...]
    strengths: tuple[float, ...]
    heard: frozenset[int]


class Ways:
    """The ways of a schema."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._steps: dict[str, list[Step]] = {label: [] for label in names.schema.labels}
        self.mutual = frozenset(one for one, bags in names.relations.items() if any(MUTUAL & {word, stem(word)} for bag in bags for word in bag))
        for start, kind, end in names.schema.triples:
            if start == end and kind in self.mutual:
                self._steps.setdefault(start, []).append(Step(kind, "either", end))
                continue
            self._steps.setdefault(start, []).append(Step(kind, "right", end))
            self._steps.setdefault(end, []).append(Step(kind, "left", start))
        self.between = lru_cache(maxsize=4096)(self._between)

    def _between(self, start: str, end: str) -> tuple[tuple[Step, ...], ...]:
        """Return all ways from one label to another, the shortest first."""
        found: list[tuple[Step, ...]] = []
        held: list[tuple[Step, ...]] = [(step,) for step in self._steps.get(start, ())]
        for _ in range(LONGEST):
            found += [way for way in held if way[-1].label == end]
            if len(held) > CROWDED:
                break
            held = [(*way, step) for way in held for step in self._steps.get(way[-1].label, ())]
        return tuple(found)


class Evidence:
    """What the words of one question say of relations. `learnt` has weights of (type, stem), as further words for it."""

    def __init__(
        self, ways: Ways, question: Sequence[Token], silent: frozenset[int], stops: frozenset[int], learnt: Mapping[tuple[str, str], float] | None = None
    ) -> None:
        self.names, self.silent = ways.names, silent
        self._ways, self._question, self._stops, self._learnt = ways, question, sorted(stops), learnt or {}
        self._stems = ["" if at in silent or token.shape not in {"word", "code"} else stem(token.low) for at, token in enumerate(question)]
        self._empty = [is_empty(one.low) for one in question]
        self._heard = {kind: [*self._of(bags), *self._learnt_of(kind)] for kind, bags in ways.names.relations.items()}
        shared: dict[int, int] = {}
        for bags in self._heard.values():
            for at in {at for bag in bags for word in bag for at in word}:
                shared[at] = shared.get(at, 0) + 1
        self._rare = {at: 1 / (1 + 0.2 * (count - 1)) for at, count in shared.items()}
        self.ways = lru_cache(maxsize=4096)(self._best)
        self._strength = lru_cache(maxsize=8192)(self._strength_of)

    def _learnt_of(self, kind: str) -> list[list[dict[int, float]]]:
        learnt = {at: like for at, one in enumerate(self._stems) if one and (like := self._learnt.get((kind, one), 0.0))}
        return [[learnt]] if learnt else []

    def _of(self, bags: Sequence[Sequence[str]]) -> list[list[dict[int, float]]]:
        """Return for each word of each bag the tokens that are like it."""
        heard = []
        for bag in bags:
            only = len(bag) == 1
            heard.append(
                [{at: like for at, one in enumerate(self._stems) if one and (only or not self._empty[at]) and (like := alike(one, word))} for word in bag]
            )
        return heard

    def _strength_of(self, kind: str, low: int, high: int) -> tuple[float, dict[int, float]]:
        """Return how much the words between two places speak for a type of relation, and which."""
        best, tokens = 0.0, {}
        for bag in self._heard[kind]:
            met = [max(((like * self._rare[at] * self._near(at, low, high), at) for at, like in word.items()), default=(0.0, -1)) for word in bag]
            weight = (1 + TOGETHER * (len(bag) - 1)) / len(bag)
            score = sum(one for one, _ in met) * weight
            if score > best:
                best, tokens = score, {at: one * weight for one, at in met if one}
        return best, tokens

    def _near(self, at: int, low: int, high: int) -> float:
        if low <= at <= high:
            return BETWEEN
        return BEHIND if high < at <= high + FEW and not any(high < stop <= at for stop in self._stops) else ELSEWHERE

    def _best(self, start: str, end: str, low: int, high: int) -> tuple[Way, ...]:
        """Return the best ways from one label to another, by the words between two places, the best first."""
        made = [self._way(steps, low, high) for steps in self._ways.between(start, end)]
        return tuple(sorted(made, key=lambda one: -one.score)[:MOST])

    def _way(self, steps: tuple[Step, ...], low: int, high: int) -> Way:
        score, places = -NEW - FURTHER * (len(steps) - 1), []
        used: dict[int, float] = {}
        for step in steps:
            strength, tokens = self._strength(step.type, low, high)
            # The same words speak once.
            fresh = [at for at in tokens if at not in used]
            strength *= 1.0 if not tokens or fresh else 0.0
            score += strength if strength > SILENT else strength - SILENT
            used |= {at: tokens[at] for at in fresh}
            places.append(min(tokens, default=-1))
            score += self._voice(step, tokens, high)
        heard = [at for at in places if at >= 0]
        score += sum(0.1 if one < other else -0.1 for one, other in pairwise(heard) if one != other)
        near = frozenset(at for step in steps for bag in self._heard[step.type] for word in bag for at in word if self._near(at, low, high) > ELSEWHERE)
        return Way(steps, score, tuple(used), tuple(used.values()), near | frozenset(used))

    def _voice(self, step: Step, tokens: Iterable[int], high: int) -> float:
        """Return what speaks for a direction where both ends have the same label: who does it, and to whom."""
        if step.towards == "either" or not any(one.start == one.end == step.label and one.type == step.type for one in self._ways.names.schema.triples):
            return 0.0
        turned = "by" in parts(step.type)
        back = False
        for at in tokens:
            asked = at > high and bool(AUXILIARY & {one.low for one in self._question[:high]})
            by = self._is_by(at)
            back = back or (by if self._question[at].low.endswith(PAST) and (by or not asked) else asked)
        back ^= turned
        return 0.2 if (step.towards == "left") == back else -0.2

    def _is_by(self, at: int) -> bool:
        """Whether the doer stands behind a word: `cited by`, but not `cite papers by`."""
        behind = [one.low for one in self._question[at + 1 : at + 3]]
        return behind[:1] == ["by"] or (behind[1:] == ["by"] and not any(stop == at + 1 for stop in self._stops))


def is_passive(question: Sequence[Token], at: int) -> bool:
    """Whether a word tells what is done to something: `cited papers`, `are not cited`, but not `has cited`.

    >>> from broadsheet.ask.question.words import tokens
    >>> is_passive(tokens("papers that are never cited"), 4), is_passive(tokens("papers that have cited"), 3), is_passive(tokens("papers that were cited"), 3)
    (True, False, True)
    """
    if not question[at].low.endswith(PAST):
        return False
    before = [one.low for one in question[max(0, at - 4) : at]]
    return not (HAVE & set(before)) or "been" in before
