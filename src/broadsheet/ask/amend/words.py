"""An amendment in words, read without a language model: the query that it means, with only the parts changed that it names."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from broadsheet.ask.amend import for_conditions, for_groups, for_patterns, for_rows, for_steps
from broadsheet.ask.amend.changes import Change
from broadsheet.ask.amend.cues import STOP
from broadsheet.ask.amend.diff import diff
from broadsheet.ask.amend.doubt import is_doubtful
from broadsheet.ask.amend.heard import Heard, Links, hear
from broadsheet.ask.amend.names import named, unnamed
from broadsheet.ask.amend.scene import SURE, Candidate, Scene
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.schema import Schema

READERS = (*for_patterns.READERS, *for_conditions.READERS, *for_groups.READERS, *for_rows.READERS, *for_steps.READERS)
# So much of what is said must be explained, and a reading be so likely, for it to be taken; and for it to be offered.
EXPLAINED, LIKELY = 0.85, 1.5
# Of rows of one thing there is less that may be meant: a reading that no other is near may be so much less likely.
ALONE = 1.4
OFFERED_EXPLAINED, OFFERED = 0.45, 1.0
# A reading is taken that no other comes nearer to than this; others that are nearer than that are offered beside it, so many at most.
NEAR, OFFERED_NEAR, CHOICES = 0.3, 0.6, 4
# Two readings are as likely whose scores are no farther apart.
TIED = 0.02
# So many readings are looked at closely; each change beyond the first counts against one.
TRIED, EXTRA = 16, 0.12
# What a value, a word with a meaning, and a word that only tells what to do weigh.
VALUE, CONTENT, TELLING, CUE = 2.0, 1.0, 0.8, 0.4
# Cues that mean one thing alone weigh more than those that go with many.
SPEAKING = ("limit", "distinct", "order", "optional")
SPECIAL = frozenset("count avg sum max min collect distinct turn case optional required null known order none per hops".split()) | {"keep twice", "either way"}
# Cues that go on to what is named behind "and".
CARRIED = frozenset({"remove", "hide", "heedless"})
ARTICLES = frozenset({"the", "a", "an"})
BREAKS = frozenset({";", ".", "!"})


class Amended(NamedTuple):
    """What came of an amendment: the query, unchanged where it could not be read; what has changed; what was not understood; and a question with its choices where several things may be meant (`is_tied` where the first two are as likely)."""

    tree: Query
    changes: tuple[Change, ...]
    unread: str = ""
    question: str = ""
    choices: tuple[Query, ...] = ()
    is_tied: bool = False

    @property
    def is_read(self) -> bool:
        """Whether anything was changed."""
        return bool(self.changes)


class _Reading(NamedTuple):
    """A candidate weighed: its score, the share of what was said that it explains, and what it leaves unexplained."""

    score: float
    explained: float
    candidate: Candidate
    left: str
    changes: tuple[Change, ...] = ()


class _Read(NamedTuple):
    """What an utterance may mean, the likeliest first, and whether the first may be taken without asking."""

    readings: tuple[_Reading, ...]
    is_plain: bool


def read_amendment(text: str, tree: Query, schema: Schema, links: Links | None = None) -> Amended:
    """Return a query amended by what a person says of it; parts that are not named stay as they are.

    Several changes may be said one after the other. What cannot be read changes nothing; the answer then says what was not understood, or asks which of several
    things is meant. `links` finds values of the graph by their names.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> from broadsheet.ask.schema import Triple
    >>> schema = Schema.of_triples((Triple("Film", "MADE_BY", "Person"), Triple("Play", "MADE_BY", "Person")))
    >>> query = parse("MATCH (f:Film)-[:MADE_BY]->(p:Person) RETURN DISTINCT p.name").query
    >>> canonical(read_amendment("plays instead of films", query, schema).tree)
    'MATCH (f:Play)-[:MADE_BY]->(p:Person) RETURN DISTINCT p.name'
    """
    whole = _read(text, tree, schema, links)
    made = _in_two(text, tree, schema, links, whole)
    if made is None and whole.is_plain:
        made = unnamed(whole.readings[0].candidate.tree)
    if made is not None and (changes := diff(tree, made)):
        return Amended(made, changes)
    if whole.readings:
        choices = tuple(unnamed(one.candidate.tree) for one in whole.readings)
        return Amended(
            tree,
            (),
            question=f"{'Is this' if len(choices) == 1 else 'Which is'} meant: {'; or '.join(meanings(tree, choices))}?",
            choices=choices,
            is_tied=_is_tied(whole.readings),
        )
    return Amended(tree, (), unread=text.strip())


def _is_tied(readings: Sequence[_Reading]) -> bool:
    return len(readings) > 1 and readings[0].score - readings[1].score < TIED


def meanings(tree: Query, choices: Sequence[Query]) -> tuple[str, ...]:
    """Return in words what each of some choices changes of a query; where words do not tell them apart, with the query that comes of it."""
    said = [", ".join(one.words for one in _plainly(diff(tree, choice))) for choice in choices]
    return tuple(f"{one}: {canonical(choice)}" if said.count(one) > 1 else one for one, choice in zip(said, choices, strict=True))


def _plainly(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Return changes without those of columns that a new step only passes on under names."""
    returned = [one for one in changes if one.kind == "returned"]
    passed = any(one.kind == "step" and not one.before for one in changes) and 2 * sum(not one.after for one in returned) == len(returned)
    return tuple(one for one in changes if one.kind != "returned") if passed else changes


def _in_two(text: str, tree: Query, schema: Schema, links: Links | None, whole: _Read) -> Query | None:
    """Return the query that two wishes, one behind the other, come to, where both are plain and that is likelier than one wish; else None."""
    best = whole.readings[0].score if whole.is_plain else 0.0
    for left, right in _halves(text):
        verb, rest = _carried(left, schema), right
        if not hear(right, schema).cues and verb:
            rest = f"{verb} {right}"
        if not all(heard.cues or heard.mentions for heard in (hear(half, schema, links=links) for half in (left, rest))):
            continue
        first = _read(left, tree, schema, links)
        if not first.is_plain:
            continue
        one = first.readings[0]
        then = read_amendment(rest, unnamed(one.candidate.tree), schema, links)
        if then.is_read and (not whole.is_plain or (one.score + LIKELY) / 2 + 0.15 > best):
            return unnamed(named(then.tree))
    return None


def _carried(left: str, schema: Schema) -> str:
    """Return the words of the first half that tell what is to happen to what the second names alone: "remove the limit and the filter"."""
    heard = hear(left, schema)
    verb = next((cue for cue in heard.cues if cue.kind in CARRIED), None)
    return "" if verb is None else " ".join(one.text for one in heard.words[verb.start : verb.end])


def _halves(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text in two, at the marks and words at which one wish may end and the next begin."""
    words = text.split(" ")
    for place in range(1, len(words) - 1):
        ends = words[place - 1][-1:] in {";", ".", ",", "!"} or words[place - 1][-1:] in BREAKS
        begins = words[place].lower() in {"and", "then", "also", "plus"}
        if (ends or begins) and words[place + begins].lower() not in {"not", "no", "rather", "instead"}:
            right = words[place + 1 :] if begins else words[place:]
            yield " ".join(words[:place]).rstrip(";,. "), " ".join(right)


def _read(text: str, tree: Query, schema: Schema, links: Links | None) -> _Read:
    """Return the readings that may be offered, each other query once; the first is plain if it explains what was said and none is near it."""
    scene = Scene.of(named(tree), schema, text, links)
    nouns = _nouns(scene)
    weights = [_weight(scene.heard, place, nouns) for place in range(len(scene.heard.words))]
    candidates = (candidate for reader in READERS for candidate in reader(scene) if candidate.tree != scene.tree)
    weighed = (_weighed(scene.heard, weights, candidate) for candidate in candidates)
    likeliest = sorted((one for one in weighed if one.explained >= OFFERED_EXPLAINED and one.score >= OFFERED), key=lambda one: -one.score)[:TRIED]
    readings = [one._replace(changes=diff(tree, unnamed(one.candidate.tree))) for one in likeliest]
    # One wish is one change more often than several.
    readings = sorted((one._replace(score=one.score - EXTRA * (len(one.changes) - 1)) for one in readings if one.changes), key=lambda one: -one.score)
    apart = _told_apart([one for one in readings if readings[0].score - one.score <= OFFERED_NEAR])
    if not apart:
        return _Read((), is_plain=False)
    best = apart[0]
    is_clear = (
        best.explained >= EXPLAINED
        and best.score >= (ALONE if len(apart) == 1 == len(scene.shape.kinds) else LIKELY)
        and not best.left
        and all(best.score - one.score > NEAR for one in apart[1:2])
    )
    return _Read(apart[:CHOICES], is_plain=is_clear and not is_doubtful(scene, best.candidate.words, best.changes))


def _told_apart(near: Sequence[_Reading]) -> tuple[_Reading, ...]:
    """Return one reading of those that come to the same query."""
    kept: list[_Reading] = []
    for one in near:
        if not any(not diff(held.candidate.tree, one.candidate.tree) for held in kept):
            kept.append(one)
    return tuple(kept)


def _weight(heard: Heard, place: int, nouns: frozenset[int]) -> float:
    word = heard.words[place]
    if word.value is not None:
        return VALUE
    if not word.low[0].isalnum() or word.low in ARTICLES:
        return 0.0
    if place in nouns:
        return 0.0
    kinds = {one.kind for one in heard.cues if place in one.words}
    if kinds:
        return 0.0 if kinds == {"want"} else TELLING if kinds & SPECIAL else CUE
    if not word.is_content:
        return 0.0
    # "Published", "listed": what the verb says the preposition behind it says too.
    return CUE if word.low.endswith("ed") and not any(place in one.words for one in heard.mentions) else CONTENT


def _nouns(scene: Scene) -> frozenset[int]:
    """Return the places of words that only repeat what the rows are, behind a value, a property or a number: "card games", "solo games"."""
    said = [one for one in scene.heard.mentions if one.kind in {"value", "property"}]
    ends = {one.end for one in said} | {place + 1 for place in scene.heard.numbers}
    own = [one for one in scene.heard.named("label") if one.sure >= SURE and set(scene.labelled(one.name)) & set(scene.given)]
    return frozenset(
        one.start
        for one in own
        if one.end == one.start + 1 and one.start in ends and not any(one.words & other.words and other.sure >= one.sure for other in said)
    )


def _weighed(heard: Heard, weights: Sequence[float], candidate: Candidate) -> _Reading:
    total = sum(weights) or 1.0
    explained = sum(weight for place, weight in enumerate(weights) if place in candidate.words) / total
    speaking = heard.all(*SPEAKING)
    told = [weight >= CONTENT or (place in speaking and heard.words[place].low not in STOP) for place, weight in enumerate(weights)]
    left = [heard.words[place].text for place, tells in enumerate(told) if tells and place not in candidate.words]
    return _Reading(explained + candidate.sure, explained, candidate, " ".join(left))
