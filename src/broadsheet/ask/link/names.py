"""Names of a schema found in a question: in their own words, in words of the schema that describe them, or in general English."""

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.link.english import PERSONS, PLACES, SHORT, alike, is_empty
from broadsheet.ask.link.links import NameLink
from broadsheet.ask.question.words import Token, parts, root, stem, tokens
from broadsheet.ask.schema import Schema

# A name of several words is known by its last one alone, less surely; by another of its words alone, hardly.
HEAD, TAIL = 0.65, 0.4
# What is less sure by this than the best link of the same words is no link.
CLEAR = 0.15
SURNAMES = frozenset(("surname", "last_name", "first_name", "lastname", "firstName", "lastName"))
VERBAL, DOER, DWELLING, VERB = 0.8, 0.75, 0.6, 0.9


class Phrase(NamedTuple):
    """Words for a name; `own` where the name itself is made of them."""

    words: tuple[str, ...]
    own: bool


class Names:
    """The names of a schema, each with the words for it; labels that were `made` of a table's columns are persons only by their name."""

    def __init__(self, schema: Schema, made: frozenset[str] = frozenset()) -> None:
        self.schema, self._made = schema, made
        owners: dict[str, list[str]] = {}
        for owner, key, _ in schema.everything():
            owners.setdefault(key, []).append(owner)
        for key in schema.loose:
            owners.setdefault(key, list(schema.labels))
        self.owners = {key: tuple(dict.fromkeys(own)) for key, own in owners.items()}
        self.labels = {name: self._phrases(name) for name in schema.labels}
        self.properties = {name: self._phrases(name) for name in self.owners}

    def _phrases(self, name: str) -> tuple[Phrase, ...]:
        own = Phrase(heavy(parts(name)), own=True)
        return (own, *(Phrase(words, own=False) for words in self.words_of(name)))

    def words_of(self, name: str) -> tuple[tuple[str, ...], ...]:
        """Return the words by which the schema describes a name."""
        return tuple(heavy(tuple(one.low for one in tokens(told) if one.shape == "word")) for told in self.schema.words.get(name, ()))

    @cached_property
    def relations(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """For each type of relation its own words, then those that describe it from its start and from its end."""
        own = {name: heavy(parts(name)) for name in self.schema.types}
        return {name: (own[name], *self.words_of(name)) for name in own}

    @cached_property
    def persons(self) -> frozenset[str]:
        """Labels of persons: those of whom one asks who."""
        named = {
            label for label, phrases in self.labels.items() if any(PERSONS & set(map(stem, one.words[-1:])) | PERSONS & set(one.words[-1:]) for one in phrases)
        }
        held = {label: set(own or ()) for label, own in self.schema.labels.items() if label not in self._made}
        # Else those with a surname, else all that have a name.
        return frozenset(named or {label for label, own in held.items() if SURNAMES & own} or {label for label, own in held.items() if "name" in own})

    @cached_property
    def places(self) -> frozenset[str]:
        """Labels of places: those of which one asks where."""
        return frozenset(label for label, phrases in self.labels.items() if any(PLACES & set(one.words[-1:]) for one in phrases))

    def links(self, question: Sequence[Token]) -> tuple[NameLink, ...]:
        """Return the labels, properties and relations that words of a question stand for, in the order of the text."""
        found: list[NameLink] = []
        for at, token in enumerate(question):
            if token.shape not in {"word", "code"}:
                continue
            if (literal := self.literal(token)) is not None:
                found.append(literal)
                continue
            here = [*self._at(question, at, "label", self.labels), *self._at(question, at, "property", self.properties)]
            if is_empty(token.low):
                # Such a word may end a name of several: `NHS number`.
                found += [one for one in here if one.place.start < token.place.start]
                here = [] if alike(token.low, "person") < VERBAL or _is_relative(question, at, found) else self._persons(token)
                found += here
                continue
            heard = list(self._relations(token))
            if alike(token.low, "person") >= VERBAL and not any(one.kind == "label" for one in here):
                here += self._persons(token)
            if self._is_verb(question, at):
                # What speaks for a relation names a thing only in the thing's own word.
                here = [
                    one if self._is_own(token, one) else one._replace(score=round(one.score * TAIL, 3))
                    for one in here
                    if one.score >= HEAD or self._is_own(token, one)
                ]
                spoken = any(one.score >= VERB for one in heard)
                here = [one for one in here if (one.kind == "property" and not spoken) or self._is_own(token, one)]
                here += self._doers(token, heard)
            here += self._dwellings(token)
            best = max((one.score for one in here), default=0.0)
            found += [one for one in here if one.score >= best - CLEAR]
            found += heard
        return tuple(found)

    def literal(self, token: Token) -> NameLink | None:
        """Return the property whose name of several words stands in one piece, as a program writes it: `price_eur`, `priceEur`."""
        words = parts(token.text)
        name = next((one for one in self.properties if len(words) > 1 and parts(one) == words), None)
        return None if name is None else NameLink(token.place, token.text, "property", name, self.owners[name], 1.0)

    def _persons(self, token: Token) -> list[NameLink]:
        return [NameLink(token.place, token.text, "label", label, (), VERBAL) for label in sorted(self.persons)]

    def _dwellings(self, token: Token) -> Iterator[NameLink]:
        """Yield the labels of places for a word of where one lives."""
        if alike(token.low, "residence") >= VERBAL and not token.low.endswith(("ing", "ed", "es")) and stem(token.low) != "liv":
            for label in sorted(self.places):
                if any("address" in parts(key) for key in self.schema.labels.get(label) or {}):
                    yield NameLink(token.place, token.text, "label", label, (), DWELLING)

    def _at(self, question: Sequence[Token], at: int, kind: Literal["label", "property"], held: dict[str, tuple[Phrase, ...]]) -> Iterator[NameLink]:
        for name, phrases in held.items():
            score, first = max((_matched(question, at, one) for one in phrases), default=(0.0, at))
            if score > 0:
                place = Place(question[first].place.start, question[at].place.end)
                words = " ".join(one.text for one in question[first : at + 1])
                yield NameLink(place, words, kind, name, self.owners.get(name, ()) if kind == "property" else (), round(score, 3))

    def _is_verb(self, question: Sequence[Token], at: int) -> bool:
        """Whether a word says what is done: by its ending, by what stands before it, or as a word of a relation that names no label."""
        low = question[at].low
        if low.endswith(("ed", "ing")) or (stem(low) != low and stem(low) not in {low[:-1], low[:-2]} and not low.endswith(("s", "e"))):
            return True
        asked = any(one.low in {"do", "does", "did"} for one in question[:at])
        if asked and at and not is_empty(question[at - 1].low) and not low.endswith("s"):
            return True
        return any(alike(low, word) >= VERBAL for word in self._verbs)

    @cached_property
    def _verbs(self) -> frozenset[str]:
        """Words of relations that name no label."""
        things = {stem(word) for phrases in self.labels.values() for phrase in phrases if phrase.own for word in phrase.words}
        return frozenset(word for bags in self.relations.values() for bag in bags for word in bag if stem(word) not in things)

    def _doers(self, token: Token, heard: Sequence[NameLink]) -> Iterator[NameLink]:
        """Yield the labels of those who do what a relation says: directors of what was DIRECTED."""
        bare = token.low.removesuffix("s")
        if bare.endswith(("er", "or")):
            for one in heard:
                if one.score >= VERBAL and any(root(bare) == root(word) and bare != word for word in self.relations[one.name][0]):
                    for label in dict.fromkeys(triple.start for triple in self.schema.triples if triple.type == one.name):
                        yield NameLink(token.place, token.text, "label", label, (), DOER)

    def _is_own(self, token: Token, one: NameLink) -> bool:
        phrases = (self.labels if one.kind == "label" else self.properties)[one.name]
        # "authored" is what authors do.
        same = (word for phrase in phrases for word in phrase.words if alike(token.low, word) == 1.0)
        return any(token.low.endswith("ed") == word.endswith("ed") and token.low[:3] == word[:3] for word in same)

    def _relations(self, token: Token) -> Iterator[NameLink]:
        for name, bags in self.relations.items():
            score = max((alike(token.low, word) for bag in bags for word in bag), default=0.0)
            if score:
                yield NameLink(token.place, token.text, "relation", name, (), score)


def _is_relative(question: Sequence[Token], at: int, found: Sequence[NameLink]) -> bool:
    """Whether a word goes on about the thing before it: `instruments whose price`."""
    return question[at].low == "whose" and any(one.kind == "label" and one.place.end == question[at - 1].place.end for one in found if at)


@lru_cache(maxsize=4096)
def heavy(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that carry what a name means: without those that name nothing, unless there are no others.

    >>> heavy(("acted", "in")), heavy(("has",))
    (('acted',), ('has',))
    """
    return tuple(one for one in words if not is_empty(one) or one in SHORT) or words


def _matched(question: Sequence[Token], at: int, phrase: Phrase) -> tuple[float, int]:
    """Return how surely the words that end at a place stand for a phrase, and where they begin."""
    last = alike(question[at].low, phrase.words[-1])
    sure = 1.0 if phrase.own else 0.95
    if len(phrase.words) == 1:
        return last * sure, at
    if not last:
        return max(TAIL * alike(question[at].low, one) for one in phrase.words[:-1]), at
    first, kept = at, [last]
    for word in reversed(phrase.words[:-1]):
        met = alike(question[first - 1].low, word) if first else 0.0
        if met:
            first, kept = first - 1, [met, *kept]
    if len(kept) == len(phrase.words):
        # A name that stands whole is surer than one that is a part of it.
        return sure * (sum(kept) / len(kept) + 0.1 * (len(kept) - 1)), first
    return sure * HEAD * last, at
