"""Questions to queries: the drafts of a question, the best first, each with the words that gave its parts."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import NamedTuple

from broadsheet.ask.cypher.nodes import Place, Query, meet
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.link.english import alike, is_empty
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.link.linker import link
from broadsheet.ask.link.links import Ambiguity, Links, Missing, NameLink
from broadsheet.ask.link.names import Names
from broadsheet.ask.question.bounds import bounded
from broadsheet.ask.question.facts import Comparison, Facts, Value
from broadsheet.ask.question.reader import read_question
from broadsheet.ask.question.vocabulary import Vocabulary
from broadsheet.ask.question.words import Token, parts, stem
from broadsheet.ask.schema import TIMES
from broadsheet.ask.slots.anchors import MOST, Anchor, anchors, kept, silent_tokens
from broadsheet.ask.slots.build import query_of
from broadsheet.ask.slots.finish import Finish
from broadsheet.ask.slots.habits import OWN, Habits
from broadsheet.ask.slots.keys import Keys
from broadsheet.ask.slots.paths import Evidence, Ways
from broadsheet.ask.slots.search import LOST, WORK, Search, State
from broadsheet.ask.slots.sketch import Because, Sketch
from broadsheet.ask.slots.texts import Texts
from broadsheet.ask.slots.weights import UNTRAINED, Weights, features

# What a word costs that nothing accounts for.
UNHEARD = 0.12
# How surely a word that was learnt stands for a label.
LEARNT = 0.75
# Drafts that differ by less are told apart by nothing, and so many are looked at.
CLOSE, DRAFTS = 0.3, 20
# So like a name that the query reads a word is that speaks of it.
KNOWN = 0.8
# So many things that were left out are named.
NAMED = 5
# Words of which nothing need be made.
QUIET = frozenset(
    "but anything something anybody anyone times time often long mention mentions mentioning please currently ever exist exists existing there only different "
    "various distinct database graph dataset entry entries record records data information details detail corresponding respective respectively specific particular "
    "want know like need see let us display return retrieve fetch print select search look looking kindly overall altogether actually really kind sort across within "
    "among such own been being whether while where those who one ones own everything everyone everybody anywhere today now already still yet well give "
    "hi hello thanks thank say says interested i'm i'd what's who's curious tell wonder wondering he's she's thing things item whole full complete set".split()
)

# Words that only say that two things have to do with each other, or that something is so: nothing need be made of them beside a relation or a condition.
RELATING = frozenset(
    stem(one)
    for one in (
        "involve involvement link connect connection make made receive take took taken mark hold holder holding share tie find found commit identify experience implicate "
        "label do done report go went gone live living complete record match use associate association relate relation belong include contain come came bear "
        "keep kept occur happen place perform know known concern pertain attach register registered instance member carry register assign feature appear participate "
        "part offer handle describe refer get say call role file address reside resides dwell tied folks nature publish release issue "
        "produce sell sold supply manufacture build built craft add suit"
    ).split()
)


class Draft(NamedTuple):
    """A query for a question: its tree and text, its score, which words gave which part, and what is to be said of it. `weights` names what scored it.

    `lost` are names of which the graph has none, and that no condition looks for: without them the query asks something else.
    `idle` are words that nothing was made of, `left_out` tells what was not looked at.
    """

    query: Query
    text: str
    score: float
    why: tuple[Because, ...]
    notes: tuple[str, ...]
    weights: str
    sketch: Sketch
    lost: tuple[Missing, ...] = ()
    idle: tuple[Token, ...] = ()
    left_out: tuple[str, ...] = ()


class Slots:
    """Writes queries to one graph without a language model."""

    def __init__(self, index: ValueIndex, keys: Keys | None = None, *, weights: Weights = UNTRAINED, habits: Habits = OWN) -> None:
        self.index, self.weights, self.habits = index, weights, habits
        self._keys = Keys.of_schema(index.schema) if keys is None else keys
        self._ways, self._vocabulary, self._texts = Ways(index.names), Vocabulary(index.schema), Texts(index)

    @classmethod
    def of(cls, graph: Graph, words: Mapping[str, tuple[str, ...]] | None = None, *, weights: Weights = UNTRAINED, habits: Habits = OWN) -> "Slots":
        """Return a writer for a graph; `words` are what its schema tells of its names."""
        return cls(ValueIndex(graph, words), Keys(graph), weights=weights, habits=habits)

    def facts(self, question: str) -> Facts:
        """Return the facts of a question, read with the words of the schema. Raises ConfigError where it is too long."""
        return read_question(bounded(question), self._vocabulary)

    def write(self, question: str, limit: int = 5, links: Links | None = None) -> tuple[Draft, ...]:
        """Return drafts of a query, the best first; none where no word of the question stands for anything of the graph.

        `links` are links that are known to be right, in place of those that are found.
        """
        facts = self.facts(question)
        links = self._linked(facts, links)
        found, over = kept(anchors(facts, links, self.index.names))
        silent = silent_tokens(facts, found, links)
        evidence = Evidence(self._ways, facts.tokens, silent, frozenset(one.first for one in found), self.weights.relations)
        finish = Finish(facts, found, self.index.names, self._keys, self._texts)
        drafts: dict[str, Draft] = {}
        asked = tuple(one for one in found if one not in finish.others)
        search = Search(facts, asked, evidence, finish.times, finish.is_flag, frozenset(self.index.schema.named))
        trees = search.trees()
        said = _left_out(over, stopped=search.stopped)
        for state in trees:
            draft = self._draft(state, finish, facts, found, links, evidence)
            more = (*said, *_unread(facts, draft.sketch), *_left_of(facts, draft.sketch), *_several(finish, links, draft.sketch))
            draft = draft._replace(notes=(*draft.notes, *more), left_out=more)
            if draft.text not in drafts or drafts[draft.text].score < draft.score:
                drafts[draft.text] = draft
        return tuple(sorted(drafts.values(), key=lambda one: -one.score)[:limit])

    def meant(self, word: str) -> str:
        """Return the word that speaks of a property or a label as which a word is nearly spelt, or an empty string."""
        return self._texts.meant(word.lower())

    def undecided(self, question: str, margin: float = CLOSE) -> tuple[Ambiguity, ...]:
        """Return the words of several meanings between which neither the question nor the graph's relations decide: what is to be asked back.

        Meanings stay whose best draft is within a margin of the best of all.
        """
        links = self._linked(self.facts(question), None)
        drafts = self.write(question, DRAFTS, links)
        if not drafts:
            return links.ambiguities
        held = {
            (spot.label, one.property, one.value)
            for draft in drafts
            if draft.score >= drafts[0].score - margin
            for spot in draft.sketch.spots
            for one in spot.conditions
        }
        left = (one._replace(meanings=tuple(each for each in one.meanings if (each.label, each.property, each.value) in held)) for one in links.ambiguities)
        return tuple(one for one in left if len(one.meanings) > 1)

    def with_weights(self, weights: Weights) -> "Slots":
        """Return the same writer with other weights."""
        other = copy(self)
        other.weights = weights
        return other

    def with_habits(self, habits: Habits) -> "Slots":
        """Return the same writer with other habits."""
        other = copy(self)
        other.habits = habits
        return other

    def read(self, question: str, links: Links | None = None) -> tuple[Facts, tuple[Anchor, ...]]:
        """Return the facts of a question, and the words that a query must account for."""
        facts = self.facts(question)
        return facts, anchors(facts, self._linked(facts, links), self.index.names)

    def _linked(self, facts: Facts, links: Links | None) -> Links:
        links = link(facts.question, self.index, facts) if links is None else links
        # What is looked for within a value is none.
        inside = [one.value.place for one in facts.containments if one.value is not None]
        values = tuple(one for one in links.values if not any(place.start <= one.place.start and one.place.end <= place.end for place in inside))
        named = {one.place for one in links.names if one.kind == "label"}
        learnt = [
            NameLink(one.place, one.text, "label", self.weights.labels[stem(one.low)], (), LEARNT)
            for one in facts.tokens
            if stem(one.low) in self.weights.labels and one.place not in named
        ]
        return links._replace(values=values, names=tuple(sorted((*links.names, *learnt), key=lambda one: one.place))) if learnt or inside else links

    def _draft(self, state: State, finish: Finish, facts: Facts, found: tuple[Anchor, ...], links: Links, evidence: Evidence) -> Draft:
        sketch, more = finish.finished(state.sketch)
        unheard = _unheard(facts, state.used | _told(facts, sketch, state.sketch))
        left = [one for one in unheard if not _is_taken(facts, one)]
        looked = self._texts.told(sketch, facts, left, links, evidence.ways)
        score = state.score + more - UNHEARD * len(unheard)
        sketch, unheard = looked, _unheard(facts, state.used | _told(facts, looked, state.sketch))
        if self.habits.undirected:
            sketch = replace(sketch, links=tuple(one._replace(towards="either") for one in sketch.links))
        if self.habits.plain_order and sketch.ranked is not None:
            sketch = replace(sketch, ranked=sketch.ranked._replace(keyed=False))
        if self.weights.learnt:
            score = self.weights.score(score, features(sketch, facts, found))
        query = query_of(sketch, self.habits, self._keys)
        loose = [one for one in links.missing if not any(_holds(one.words, condition.value) for spot in sketch.spots for condition in spot.conditions)]
        idle = _idle(facts, unheard, sketch, self.index.names)
        notes = (*sketch.notes, *_notes(links, loose), *_told_idle(idle), *self._guessed(sketch), *self._sorted_as_text(sketch), *self._without_value(sketch))
        return Draft(query, canonical(query), round(score - LOST * len(loose), 4), sketch.why, notes, self.weights.name, sketch, tuple(loose), idle)

    def _guessed(self, sketch: Sketch) -> tuple[str, ...]:
        """Return what is to be said of relations of which no word speaks, where others join the same labels."""
        heard = {part for one in sketch.why for part in one.part.split(", ")}
        found = []
        for one in sketch.links:
            ends = {sketch.spots[one.start].label, sketch.spots[one.end].label}
            types = dict.fromkeys(each.type for each in self.index.schema.triples if {each.start, each.end} == ends)
            if one.type not in heard and len(types) > 1:
                found.append(f"No word says which of {', '.join(types)} joins {' and '.join(sorted(ends))}; {one.type} was taken.")
        return tuple(dict.fromkeys(found))

    def _sorted_as_text(self, sketch: Sketch) -> tuple[str, ...]:
        """Return what is to be said of an order or a bound over dates or numbers that are text."""
        ranked = [] if sketch.ranked is None or not sketch.ranked.property else [(sketch.ranked.node, sketch.ranked.property, sketch.ranked.keyed)]
        bounds = [(node, one.property, one.keyed) for node, spot in enumerate(sketch.spots) for one in spot.conditions if one.sign in {"<", "<=", ">", ">="}]
        found = []
        for node, key, keyed in (*ranked, *bounds):
            kind = self._keys.kind(sketch.spots[node].label, key)
            if kind == "either first":
                found.append(f"{key} may have the day or the month first; the day was taken to be.")
            elif self._keys.needed(sketch.spots[node].label, key) and not keyed:
                found.append(f"{key} is text and is sorted as text.")
        return tuple(dict.fromkeys(found))

    def _without_value(self, sketch: Sketch) -> tuple[str, ...]:
        """Return what is to be said of nodes that have no value where one is denied, or all are sorted by it: they are in neither."""
        denied = [(spot.label, one.property) for spot in sketch.spots for one in spot.conditions if one.sign == "<>"]
        ranked = sketch.ranked
        if ranked is not None and ranked.property and sketch.limit is None and sketch.spots[ranked.node].label in self.index.schema.named:
            denied.append((sketch.spots[ranked.node].label, ranked.property))
        return tuple(dict.fromkeys(f"What has no {key} is not among them." for label, key in denied if self._keys.filled(label, key) < 1))


def write(question: str, index: ValueIndex, keys: Keys | None = None, *, weights: Weights = UNTRAINED, limit: int = 5) -> tuple[Draft, ...]:
    """Return drafts of a query for a question, the best first."""
    return Slots(index, keys, weights=weights).write(question, limit)


def _told_idle(idle: Sequence[Token]) -> tuple[str, ...]:
    more = " and others" if len(idle) > NAMED else ""
    return (f"Nothing was made of {', '.join(repr(one.text) for one in idle[:NAMED])}{more}.",) if idle else ()


def _left_out(over: Sequence[Anchor], *, stopped: bool) -> tuple[str, ...]:
    """Return what is to be said of a question that names more than is looked at."""
    said = []
    if over:
        words = ", ".join(dict.fromkeys(repr(one.words) for one in over[:NAMED]))
        said.append(f"The question names more than {MOST} things; left out: {words}{' and others' if len(over) > NAMED else ''}.")
    if stopped:
        said.append(f"The search was stopped after {WORK:,} steps; what the question says last may be left out.")
    return tuple(said)


def _left_of(facts: Facts, sketch: Sketch) -> tuple[str, ...]:
    """Return what is to be said of a draft that reads less than the question says: the lowest of each, and things that have none of something."""
    said = []
    grouped = next((one for one in facts.marked("group")), None)
    if grouped is not None and sketch.ranked is not None and not sketch.groups and sketch.ranked.property:
        said.append(f"{grouped.words!r} beside the most or the least of something is not looked at.")
    denied = [number for number, spot in enumerate(sketch.spots) if any(one.sign == "<>" for one in spot.conditions)]
    none = next((one for one in facts.marked("negation") if one.words.lower() in {"no", "never", "without"}), None)
    if none is not None and denied and sketch.asked and (sketch.asked[0].node not in denied or sketch.asked[0].property):
        said.append(f"{none.words!r} may mean none at all; what has one that is another was taken.")
    return tuple(said)


def _unread(facts: Facts, sketch: Sketch) -> tuple[str, ...]:
    """Return what is to be said of comparisons with a thing of which nothing was made, and of what is not reckoned: `cheaper than any of them`, `percentile`."""
    heard = [one.place for one in sketch.why]
    things = [one for one in facts.comparisons if one.sign in {"<", "<=", ">", ">="} and (one.value is None or one.value.kind in {"name", "quoted", "code"})]
    said = [
        f"{one.words!r} compares with something else than a figure or a date; that is not looked at."
        for one in things
        if not any(meet(_told_at(one), place) for place in heard)
    ]
    left = [one for one in facts.aggregates if one.which in {"percentileCont", "stDev"} and one.place not in heard]
    return (*said, *(f"{one.words!r} is not reckoned." for one in left))


def _several(finish: Finish, links: Links, sketch: Sketch) -> Iterator[str]:
    """Yield what is to be said of rows that others are held against, several that are called alike, of what is multiplied, and of bounds of an average."""
    places = [anchor.place for one in finish.rivals if not one.of for anchor in one.rows]
    for one in links.values:
        if one.place in places and one.count > 1:
            yield f"{one.count:,} rows are called {one.value!r}; each of them was compared with."
    for word in finish.folds():
        yield f"{word!r} is not reckoned."
    yield from finish.left_of(sketch)


def _told_at(one: Comparison) -> Place:
    """Return where the word stands that compares, so that what is compared with is not taken for it."""
    start = one.place.start + max(0, one.words.lower().rfind(" than"))
    return Place(start, start + len(" than"))


def _told(facts: Facts, sketch: Sketch, before: Sketch) -> frozenset[int]:
    """Return the tokens of which the facts made something, beside those of which the tree was made."""
    places = [one.place for one in sketch.why[len(before.why) :]]
    return frozenset(at for at, one in enumerate(facts.tokens) if any(place.start <= one.place.start < place.end for place in places))


def _unheard(facts: Facts, used: frozenset[int]) -> list[Token]:
    """Return the words of a question that say something, and that no part of a query accounts for."""
    return [one for at, one in enumerate(facts.tokens) if at not in used and one.shape in {"word", "code"} and not is_empty(one.low)]


def _idle(facts: Facts, unheard: Sequence[Token], sketch: Sketch, names: Names) -> tuple[Token, ...]:
    """Return the words that nothing was made of, each once: those that neither a name, a relation, a value nor a fact has taken."""
    read = _read(sketch)
    used = frozenset(word for name in read for word in (*parts(name), *(one for phrase in names.words_of(name) for one in phrase)))
    if any(key in read and told.type in TIMES for _, key, told in names.schema.everything()):
        used |= {"date"}
    named = [one for one in facts.values if one.kind == "name" and one.soft]
    bound = bool(sketch.links or sketch.against) or sketch.ranked is not None or any(spot.conditions for spot in sketch.spots)
    left = [
        one
        for one in unheard
        if not (one.low in QUIET or (bound and stem(one.low) in RELATING))
        and not (_is_taken(facts, one) and (_is_in_condition(one, sketch) or not _is_lone_name(one, named)))
        and not (used.issuperset(parts(one.text)) or any(alike(one.low, word) >= KNOWN for word in used))
    ]
    return tuple({one.low: one for one in reversed(left)}.values())[::-1]


def _read(sketch: Sketch) -> frozenset[str]:
    """Return the names of the schema that a sketch reads."""
    keys = {key for spot in sketch.spots for one in spot.conditions for key in (one.property, *one.also)}
    keys |= {one.property for one in (*sketch.asked, *sketch.groups) if one.property}
    ranked = {sketch.ranked.property} if sketch.ranked is not None else set()
    return frozenset((keys | ranked | {one.type for one in sketch.links} | {one.label for one in sketch.spots}) - {""})


def _is_lone_name(token: Token, named: Sequence[Value]) -> bool:
    """Whether a word is a name in capitals behind the beginning, which may be that of a value: `German makers`."""
    return token.place.start > 0 and any(one.place.start <= token.place.start < one.place.end for one in named)


def _is_in_condition(token: Token, sketch: Sketch) -> bool:
    return any(token.low in str(one.value).lower() for spot in sketch.spots for one in spot.conditions)


def _is_taken(facts: Facts, token: Token) -> bool:
    """Whether a word says what a fact of the question says."""
    told = (*facts.comparisons, *facts.containments, *facts.limits, *facts.superlatives, *facts.orders, *facts.aggregates, *facts.marks, *facts.values)
    return any(one.place.start <= token.place.start < one.place.end for one in told)


def _holds(words: str, value: object) -> bool:
    """Whether a condition has a value that the graph has not."""
    return str(value).casefold() in words.casefold() or words.casefold() in str(value).casefold()


def _notes(links: Links, loose: Sequence[Missing]) -> tuple[str, ...]:
    """Return what a person should be told: what is missing and was left out, and what is open."""
    missing = [
        f"Nothing is called {one.words!r}; it was left out." + (f" Nearest: {', '.join(near.value for near in one.nearest[:3])}." if one.nearest else "")
        for one in loose
    ]
    several = [f"{one.words!r} may be {' or '.join(f'{each.label}.{each.property} ({each.count})' for each in one.meanings)}." for one in links.ambiguities]
    return (*missing, *several)
