"""An amendment in words, read without a language model: the query that it means, with only the parts changed that it names."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from broadsheet.ask.amend import for_conditions, for_patterns, for_steps
from broadsheet.ask.amend.changes import Change
from broadsheet.ask.amend.cues import STOP
from broadsheet.ask.amend.diff import diff
from broadsheet.ask.amend.heard import Heard, Links, hear
from broadsheet.ask.amend.names import named, unnamed
from broadsheet.ask.amend.scene import Candidate, Scene
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.schema import Schema

READERS = (*for_patterns.READERS, *for_conditions.READERS, *for_steps.READERS)
# So much of what is said must be explained, and a reading be so likely, for it to be taken.
EXPLAINED, LIKELY = 0.5, 1.3
# Readings that are nearer than this to the best are as good as it.
NEAR = 0.12
# So many readings are looked at closely; each change beyond the first counts against one.
TRIED, EXTRA = 12, 0.12
# What a value, a word with a meaning, and a word that only tells what to do weigh.
VALUE, CONTENT, TELLING, CUE = 2.0, 1.0, 0.8, 0.4
# Cues that mean one thing alone weigh more than those that go with many.
SPEAKING = ("limit", "distinct", "order", "optional")
SPECIAL = frozenset("count avg sum max min collect distinct turn case optional required null known order none per hops".split()) | {"keep twice", "either way"}
# Cues that go on to what is named behind "and".
CARRIED = frozenset({"remove", "hide", "heedless"})
BREAKS = frozenset({";", ".", "!"})


class Amended(NamedTuple):
    """What came of an amendment: the query, unchanged where it could not be read; what has changed; what was not understood; and a question with its choices where several things may be meant."""

    tree: Query
    changes: tuple[Change, ...]
    unread: str = ""
    question: str = ""
    choices: tuple[Query, ...] = ()

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


def read_amendment(text: str, tree: Query, schema: Schema, links: Links | None = None) -> Amended:
    """Return a query amended by what a person says of it; parts that are not named stay as they are.

    Several changes may be said one after the other. What cannot be read changes nothing; the answer then says what was not understood, or asks which of several
    things is meant. `links` finds values of the graph by their names.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> from broadsheet.ask.schema import Triple
    >>> schema = Schema.of_triples((Triple("Film", "MADE_BY", "Person"), Triple("Play", "MADE_BY", "Person")))
    >>> query = parse("MATCH (f:Film)-[:MADE_BY]->(p:Person) RETURN DISTINCT p.name").query
    >>> canonical(read_amendment("Actually I meant the plays", query, schema).tree)
    'MATCH (f:Play)-[:MADE_BY]->(p:Person) RETURN DISTINCT p.name'
    """
    whole = _best(text, tree, schema, links)
    best: tuple[float, Query, str] | None = (whole[0].score, whole[0].candidate.tree, whole[0].left) if len(whole) == 1 else None
    for left, right in _halves(text):
        verb, rest = _carried(left, schema), right
        if not hear(right, schema).cues and verb:
            rest = f"{verb} {right}"
        if not all(hear(half, schema).cues for half in (left, rest)):
            continue
        first = _best(left, tree, schema, links)
        if len(first) != 1 or (whole and first[0].explained + NEAR < whole[0].explained):
            continue
        then = read_amendment(rest, unnamed(first[0].candidate.tree), schema, links)
        if then.is_read and not then.unread:
            score = (first[0].score + LIKELY) / 2 + 0.15
            if best is None or best[2] or (whole and whole[0].explained < 0.9) or score > best[0]:
                best = score, named(then.tree), first[0].left
                break
    if best is not None:
        made = unnamed(best[1])
        changes = diff(tree, made)
        if changes:
            return Amended(made, changes, best[2])
    if len(whole) > 1:
        choices = tuple(unnamed(one.candidate.tree) for one in whole)
        said = [", ".join(change.words for change in diff(tree, one)) for one in choices]
        return Amended(tree, (), question=f"Which is meant: {'; or '.join(said)}?", choices=choices)
    return Amended(tree, (), unread=text.strip())


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


def _best(text: str, tree: Query, schema: Schema, links: Links | None) -> list[_Reading]:
    """Return the reading that explains most, or several where nobody can tell between them; none where none explains enough."""
    scene = Scene.of(named(tree), schema, text, links)
    weights = [_weight(scene.heard, place) for place in range(len(scene.heard.words))]
    candidates = (candidate for reader in READERS for candidate in reader(scene) if candidate.tree != scene.tree)
    readings = [_weighed(scene.heard, weights, candidate) for candidate in candidates]
    readings = sorted((one for one in readings if one.explained >= EXPLAINED and one.score >= LIKELY), key=lambda one: -one.score)[:TRIED]
    counted = [(one, len(diff(tree, unnamed(one.candidate.tree)))) for one in readings]
    # One wish is one change more often than several.
    readings = sorted((one._replace(score=one.score - EXTRA * (count - 1)) for one, count in counted if count), key=lambda one: -one.score)
    return _told_apart([one for one in readings if readings[0].score - one.score <= NEAR and one.score >= LIKELY])


def _told_apart(near: Sequence[_Reading]) -> list[_Reading]:
    """Return one reading of those that come to the same query."""
    kept: list[_Reading] = []
    for one in near:
        if not any(not diff(held.candidate.tree, one.candidate.tree) for held in kept):
            kept.append(one)
    return kept


def _weight(heard: Heard, place: int) -> float:
    word = heard.words[place]
    if word.value is not None:
        return VALUE
    if not word.low[0].isalnum():
        return 0.0
    kinds = {one.kind for one in heard.cues if place in one.words}
    if kinds:
        return 0.0 if kinds == {"want"} else TELLING if kinds & SPECIAL else CUE
    if not word.is_content:
        return 0.0
    # "Published", "listed": what the verb says the preposition behind it says too.
    return CUE if word.low.endswith("ed") and not any(place in one.words for one in heard.mentions) else CONTENT


def _weighed(heard: Heard, weights: Sequence[float], candidate: Candidate) -> _Reading:
    total = sum(weights) or 1.0
    explained = sum(weight for place, weight in enumerate(weights) if place in candidate.words) / total
    speaking = heard.all(*SPEAKING)
    told = [weight >= CONTENT or (place in speaking and heard.words[place].low not in STOP) for place, weight in enumerate(weights)]
    left = [heard.words[place].text for place, tells in enumerate(told) if tells and place not in candidate.words]
    return _Reading(explained + candidate.sure, explained, candidate, " ".join(left))
