"""What is done to a node by others that nothing names: papers that are cited, often cited, cited twice, or not cited."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.link.english import alike, is_empty
from broadsheet.ask.link.names import Names
from broadsheet.ask.question.facts import Comparison, Facts, Superlative
from broadsheet.ask.question.words import parts, stem
from broadsheet.ask.slots.anchors import Anchor
from broadsheet.ask.slots.paths import is_passive
from broadsheet.ask.slots.sketch import Asked, Because, Having, Link, Mode, Ranked, Sketch, Spot

# So sure a word must be to be a form of a relation's name; so many words stand between it and what is said of it.
FORM, NEAR, FAR = 0.9, 4, 7
SAID = 0.8
TIMES = frozenset("times time often frequently".split())
EACH = frozenset("each every per".split())
Way = Literal["right", "left"]


class _Verb(NamedTuple):
    """A word that tells of a relation: its token, its type, the side on which the node stands, and the label at the other side."""

    at: int
    type: str
    towards: Way
    label: str


class Done:
    """Adds what is done to nodes of a sketch, for one question."""

    def __init__(self, facts: Facts, found: Sequence[Anchor], names: Names) -> None:
        self._facts, self._names = facts, names
        self._values = frozenset(at for one in found if one.is_value for at in range(one.first, one.last + 1))

    def added(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Return the sketch with the relations of verbs of which no other end is named, and what that adds to its score."""
        heard = {one.place for one in sketch.why}
        score = 0.0
        for at, token in enumerate(self._facts.tokens):
            if at in self._values or token.place in heard or token.shape != "word" or is_empty(token.low):
                continue
            node = self._node(sketch, at)
            for verb in self._verbs(sketch.spots[node].label, at):
                if any(one.type == verb.type for one in sketch.links) or _says_anew(verb.type, sketch.spots[node]):
                    continue
                made = self._said(sketch, node, verb)
                if made is not None:
                    return made, score + SAID
        return sketch, score

    def _node(self, sketch: Sketch, at: int) -> int:
        """Return the node that is named nearest before a token, else the first that is named."""
        before = [(spot.at, number) for number, spot in enumerate(sketch.spots) if 0 <= spot.at < at]
        return max(before)[1] if before else 0

    def _verbs(self, label: str, at: int) -> Iterator[_Verb]:
        low = self._facts.tokens[at].low
        bare = low.removeprefix("un")
        passive = is_passive(self._facts.tokens, at)
        for kind in self._names.schema.types:
            own = parts(kind)
            # A noun of the relation's name, as of HAS_KEYWORD, is no verb.
            if not any(alike(bare, word) >= FORM and not _is_noun(bare, word) for word in own if not is_empty(word)):
                continue
            for triple in self._names.schema.triples:
                if triple.type == kind and label in {triple.start, triple.end}:
                    both = triple.start == triple.end
                    # Of WRITTEN_BY the node that it starts at is what something is done to.
                    object_first = "by" in own
                    starts = triple.start == label if not both else passive == object_first
                    yield _Verb(at, kind, "right" if starts else "left", triple.end if starts else triple.start)

    def _said(self, sketch: Sketch, node: int, verb: _Verb) -> Sketch | None:
        """Return the sketch with what is said of a verb: that it is not done, how often, by how many; None where nothing is."""
        token = self._facts.tokens[verb.at]
        new = len(sketch.spots)
        because = Because(token.place, token.text, verb.type)
        if self._is_denied(verb.at):
            return _joined(sketch, node, verb, "none", because)
        if (most := self._most(verb.at)) is not None:
            made = _joined(sketch, node, verb, "all", because, Because(most.place, most.words, "sorted by count"))
            limit = next((one.count for one in self._facts.limits), 1)
            return replace(made, ranked=Ranked(new, "", most.way != "low"), limit=limit, asked=sketch.asked or (Asked(node),))
        if (bound := self._bound(verb.at)) is not None and bound.value is not None:
            made = _joined(sketch, node, verb, "all", because, Because(bound.place, bound.words, f"{bound.sign} {bound.value.text}"))
            return replace(made, having=Having(new, bound.sign, int(float(bound.value.value))))
        if (often := self._often(verb.at)) is not None:
            each = any(one.low in EACH for one in self._facts.tokens)
            mode: Mode = "optional" if each else "all"
            made = _joined(sketch, node, verb, mode, because, Because(often, self._facts.question[slice(*often)], "count"))
            return replace(made, asked=(Asked(new),), groups=(Asked(node),) if each else ())
        return _joined(sketch, node, verb, "all", because) if self._is_loose(sketch, verb.at) else None

    def _is_denied(self, at: int) -> bool:
        if self._facts.tokens[at].low.startswith("un"):
            return True
        start, places = self._facts.tokens[at].place.start, [one.place for one in self._facts.tokens[max(0, at - NEAR + 1) : at]]
        marks = [one.place for one in self._facts.marked("negation")]
        return any(one.start <= place.start < one.end for place in places for one in marks) and not any(one.place.start == start for one in self._facts.values)

    def _most(self, at: int) -> Superlative | None:
        low, high = max(0, at - 2), at + 3
        places = {one.place.start for one in self._facts.tokens[low:high]}
        return next(
            (one for one in self._facts.superlatives if one.place.start in places and one.words.lower() in {"most", "least"} and self._is_alone(one, at)), None
        )

    def _is_alone(self, one: Superlative, at: int) -> bool:
        """Whether most is said of what is done, and not of things: `cite the most papers`."""
        about = self._facts.tokens[at]
        return not one.about or one.about == about.text or one.about.lower() in TIMES or one.place.start < about.place.start or is_empty(one.about)

    def _bound(self, at: int) -> Comparison | None:
        place = self._facts.tokens[at].place
        for one in self._facts.comparisons:
            if one.value is None or one.value.kind != "number" or one.place.start < place.start:
                continue
            behind = [each for each in self._facts.tokens if each.place.start >= one.value.place.end][:1]
            between = [each for each in self._facts.tokens if place.end <= each.place.start < one.place.start]
            times = one.value.text.lower() in {"once", "twice", "thrice"} or (bool(behind) and behind[0].low in TIMES)
            if times and len(between) <= NEAR:
                return one
        return None

    def _often(self, at: int) -> Place | None:
        """Return where it is asked how often something is done."""
        for one in self._facts.aggregates:
            behind = [each for each in self._facts.tokens if each.place.start >= one.place.end][:2]
            told = one.words.lower() in {"how often", "how frequently"} or any(each.low in TIMES for each in behind)
            if one.which == "count" and told and one.place.start < self._facts.tokens[at].place.start:
                return one.place
        return None

    def _is_loose(self, sketch: Sketch, at: int) -> bool:
        """Whether a verb stands alone for something that is done at all: `papers that are cited`, `the cited papers`."""
        if not is_passive(self._facts.tokens, at):
            return False
        behind = next((one.low for one in self._facts.tokens[at + 1 : at + 2]), "")
        return behind in {"", "?", ".", "!", "at", "and"} or any(spot.at == at + 1 and spot.named for spot in sketch.spots)


def _is_noun(said: str, word: str) -> bool:
    """Whether a word of a relation is said as the noun that it is: `keywords` of HAS_KEYWORD, but not `cited` of CITES."""
    return stem(said) == stem(word) and not said.endswith(("ed", "ing", "en")) and word in {said, said.removesuffix("s"), stem(said)} and not word.endswith("s")


def _says_anew(kind: str, spot: Spot) -> bool:
    """Whether a condition on a node says what a relation says: of the row of a table `maker = 'Osei'` does what HAS_MAKER does."""
    own = {stem(word) for word in parts(kind) if not is_empty(word)}
    return any(own == {stem(word) for word in parts(one.property)} for one in spot.conditions)


def _joined(sketch: Sketch, node: int, verb: _Verb, mode: Mode, *because: Because) -> Sketch:
    links = (*sketch.links, Link(node, len(sketch.spots), verb.type, verb.towards, mode))
    return replace(sketch, spots=(*sketch.spots, Spot(verb.label)), links=links, why=(*sketch.why, *because))
