"""The words of a question that a query must account for, in the order of the text, each with all that it may stand for."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.link.english import is_empty
from broadsheet.ask.link.linker import NEAR, cue
from broadsheet.ask.link.links import Links, NameLink
from broadsheet.ask.link.names import Names
from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.phrases import ORDINALS

# So sure a property's name must be to say of which property a value beside it is; a link of less than the whole of some words is less sure than one of all.
CUE, WHOLE = 0.5, 0.99

# Words between what is measured and its figure.
OF = frozenset("of is are was = : equals € $ £ ¥".split())

# So many different things of a question are looked at.
MOST = 12


class Option(NamedTuple):
    """One thing that words may stand for."""

    kind: Literal["label", "value", "property"]
    label: str
    property: str
    value: str
    score: float


class Anchor(NamedTuple):
    """Words, as tokens from `first` to `last`, and what they may stand for; negated or optional by the words before them."""

    first: int
    last: int
    place: Place
    words: str
    options: tuple[Option, ...]
    negated: bool = False
    optional: bool = False

    @property
    def is_value(self) -> bool:
        """Whether it stands for a value."""
        return self.options[0].kind == "value"


def silent_tokens(facts: Facts, found: Sequence[Anchor], links: Links) -> frozenset[int]:
    """Return the tokens that say nothing of relations: values, and the properties that stand beside them."""
    values = [one for one in found if one.is_value]
    silent = {at for one in values for at in range(one.first, one.last + 1)}
    keys = {option.property for one in values for option in one.options}
    for one in links.names:
        if one.kind == "property" and one.name in keys and one.score >= CUE:
            first, last = _tokens(facts, one.place)
            if any(0 < value.first - last <= NEAR or 0 < first - value.last <= 1 for value in values):
                silent |= set(range(first, last + 1)) - {at for anchor in found if not anchor.is_value for at in range(anchor.first, anchor.last + 1)}
    return frozenset(silent)


def anchors(facts: Facts, links: Links, names: Names) -> tuple[Anchor, ...]:
    """Return the anchors of a question."""
    inside = {
        at: one for one in links.values for at, token in enumerate(facts.tokens) if one.place.start <= token.place.start and token.place.end <= one.place.end
    }
    named = [
        one for one in links.names if one.kind != "relation" and not any(one.place.start < v.place.end and v.place.start < one.place.end for v in links.values)
    ]
    values, called = list(_values(facts, links, named, names)), [one for one in _names(facts, named, names) if one.options and one.first not in inside]
    found = [*values, *(one for one in called if not _is_cue(one, values, facts) and not _is_done(one, facts) and not _is_place(one, facts))]
    return tuple(_marked(sorted(found, key=lambda one: (one.first, one.last)), facts))


def kept(found: Sequence[Anchor]) -> tuple[tuple[Anchor, ...], tuple[Anchor, ...]]:
    """Return the anchors that are looked at, and those that are left out: of more than are looked at, each that says the same is one."""
    if len(found) <= MOST:
        return tuple(found), ()
    different = list({(one.options, one.negated, one.optional): one for one in reversed(found)}.values())[::-1]
    return tuple(different[:MOST]), tuple(different[MOST:])


def _is_cue(called: Anchor, values: Sequence[Anchor], facts: Facts) -> bool:
    """Whether words only say which property a value beside them is of: `surname Walker`, `11-second call`."""
    for one in values:
        low, high = (called.last + 1, one.first) if called.last < one.first else (one.last + 1, called.first)
        if high - low < NEAR and all(is_empty(facts.tokens[at].low) or facts.tokens[at].shape == "mark" for at in range(low, high)):
            keys = {option.property for option in one.options}
            if any(option.kind == "property" and option.property in keys and option.score >= CUE for option in called.options):
                return True
    return False


def _is_done(called: Anchor, facts: Facts) -> bool:
    """Whether words at the end say what somebody does, and no property: `which mills do you stock`."""
    before = facts.tokens[called.first - 1].low if called.first else ""
    ends = all(one.shape == "mark" for one in facts.tokens[called.last + 1 :])
    return ends and called.first == called.last and before in {"you", "we", "i"} and called.options[0].kind == "property"


def _is_place(called: Anchor, facts: Facts) -> bool:
    """Whether a word tells a place before an end of a scale, and no time: `second cheapest`."""
    ends = [one.place.start for one in facts.superlatives]
    return facts.tokens[called.first].low in ORDINALS and any(0 < start - called.place.end <= len(" most ") for start in ends)


def _tokens(facts: Facts, place: Place) -> tuple[int, int]:
    held = [at for at, token in enumerate(facts.tokens) if token.place.start < place.end and place.start < token.place.end]
    return (held[0], held[-1]) if held else (0, 0)


def _values(facts: Facts, links: Links, named: Sequence[NameLink], names: Names) -> Iterator[Anchor]:
    for place in dict.fromkeys(one.place for one in links.values):
        first, last = _tokens(facts, place)
        same = [one for one in links.values if one.place == place]
        near = [one for one in named if min(abs(_tokens(facts, one.place)[1] - first), abs(_tokens(facts, one.place)[0] - last)) <= NEAR]
        options = tuple(Option("value", one.label, one.property, one.value, one.score + cue(one, near, names)) for one in same)
        yield Anchor(first, last, place, same[0].words, tuple(sorted(options, key=lambda one: -one.score)))


def _names(facts: Facts, named: Sequence[NameLink], names: Names) -> Iterator[Anchor]:
    """Yield an anchor for each run of words that overlap."""
    left = sorted(named, key=lambda one: (one.place.start, -one.place.end))
    while left:
        run, end = [left[0]], left[0].place.end
        while len(run) < len(left) and left[len(run)].place.start < end:
            end = max(end, left[len(run)].place.end)
            run.append(left[len(run)])
        left = left[len(run) :]
        place = Place(run[0].place.start, end)
        best: dict[tuple[str, str, str], float] = {}
        for one in run:
            for label in (one.name,) if one.kind == "label" else one.owners:
                key = ("label" if one.kind == "label" else "property", label, "" if one.kind == "label" else one.name)
                if label in names.schema.labels:
                    # What stands for a part of the words is less.
                    part = (one.place.end - one.place.start) / (end - place.start)
                    best[key] = max(best.get(key, 0.0), one.score * (1.0 if part > WHOLE else part**0.5))
        options = tuple(Option(kind, label, key, "", score) for (kind, label, key), score in sorted(best.items(), key=lambda one: -one[1]))  # pyrefly: ignore
        yield Anchor(*_tokens(facts, place), place, facts.question[slice(*place)], options)


def _marked(found: Sequence[Anchor], facts: Facts) -> Iterator[Anchor]:
    """Yield anchors with what the words before them say: not, or if there are any."""
    negations = [one.place.start for one in facts.marked("negation")]
    # Other than a thing, and not in it.
    others = [one.value.place for one in facts.comparisons if one.sign == "<>" and one.value is not None]
    optionals = [one.place.start for one in facts.marked("optional")]
    before = -1
    for one in found:
        start = one.place.start
        negated = any(before < at < start for at in negations) or (one.is_value and any(place.start < one.place.end and start < place.end for place in others))
        yield one._replace(negated=negated, optional=any(before < at < start for at in optionals))
        before = start
