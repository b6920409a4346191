"""The words of a schema: where a question mentions a label, a relation, a property or a known value."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.graph.typed import UNITS
from broadsheet.ask.question.facts import Mention
from broadsheet.ask.question.words import Token, parts, root, stem, tokens
from broadsheet.ask.schema import Schema

# Words that carry nothing of a name's meaning: HAS_PHONE is the phone, ACTED_IN is acting.
LITTLE = frozenset("has have had in of by to with for at on is are be was were from a an the and as into it its".split())
ASKING = frozenset("what which who whose whom how when where why".split())


class _Entry(NamedTuple):
    roots: tuple[str, ...]
    kind: str
    name: str
    owners: tuple[str, ...]
    whole: bool
    value: str = ""


class Vocabulary:
    """All that a schema names, found again in other words of the same family."""

    def __init__(self, schema: Schema) -> None:
        # Relations are found by all words of a family (directors directed), all else by number and tense alone.
        self._entries: dict[str, list[_Entry]] = {}
        self._roots: set[str] = set()
        for label in schema.labels:
            self._add("label", label, ())
        for name in schema.types:
            self._add("relation", name, ())
        owners: dict[str, list[str]] = {}
        for owner, key, facts in schema.everything():
            owners.setdefault(key, []).append(owner)
            if facts.closed:
                for value in facts.values:
                    self._value(owner, key, value)
        for key, own in (*owners.items(), *((key, []) for key in schema.loose)):
            self._add("property", key, tuple(dict.fromkeys(own)))
        for listed in self._entries.values():
            listed.sort(key=lambda one: -len(one.roots))

    def knows(self, word: str) -> bool:
        """Whether a word, or one of its family, is a part of any name of the schema."""
        return root(word) in self._roots

    def _add(self, kind: str, name: str, owners: tuple[str, ...]) -> None:
        words = parts(name)
        self._roots.update(map(root, words))
        cut = root if kind == "relation" else stem
        # A column called "what it is" is not asked for by every what.
        heavy = tuple(cut(one) for one in words if one not in LITTLE | ASKING) or tuple(map(cut, words))
        self._enter(_Entry(heavy, kind, name, owners, whole=True))
        if len(words) > 1 and not any(one.isdigit() for one in words):
            self._enter(_Entry((cut("".join(words)),), kind, name, owners, whole=True))
        if kind == "property" and len(heavy) > 1:
            for one in heavy:
                if (len(one) > 2 or (one == heavy[-1] and one in UNITS)) and not one.isdigit() and one not in LITTLE | ASKING:
                    self._enter(_Entry((one,), kind, name, owners, whole=False))

    def _value(self, owner: str, key: str, value: str) -> None:
        words = tuple(stem(one.low) for one in tokens(value) if one.shape != "mark")
        if words and len(value) > 1 and not value.replace(".", "").isdigit():
            self._enter(_Entry(words, "value", key, (owner,), whole=True, value=value))

    def _enter(self, entry: _Entry) -> None:
        if entry.roots:
            self._entries.setdefault(entry.roots[0], []).append(entry)

    def mentions(self, pieces: Sequence[Token]) -> tuple[Mention, ...]:
        """Return what of the schema the pieces of a question mention, each place with all that it may mean.

        >>> from broadsheet.ask.schema import Triple
        >>> words = Vocabulary(Schema.of_triples((Triple("Person", "ACTED_IN", "Film"),)))
        >>> [(one.kind, one.name) for one in words.mentions(tokens("Which films have no actors?"))]
        [('label', 'Film'), ('relation', 'ACTED_IN')]
        """
        found = tuple(self._found(pieces))
        whole = [one.place for one in found if one.whole]
        return tuple(one for one in found if one.whole or not any(place.start <= one.place.start and one.place.end <= place.end for place in whole))

    def _found(self, pieces: Sequence[Token]) -> Iterator[Mention]:
        split = [(at, stem(word), root(word)) for at, token in enumerate(pieces) for word in _words(token)]
        for number, (at, *forms) in enumerate(split):
            longest: dict[str, int] = {}
            for entry in (entry for word in dict.fromkeys(forms) for entry in self._entries.get(word, ())):
                reached = split[number : number + len(entry.roots)]
                found = tuple(one[2 if entry.kind == "relation" else 1] for one in reached)
                # Of names that begin alike the longest is meant: book1Rank, not book.
                if found == entry.roots and longest.setdefault(entry.kind, len(entry.roots)) == len(entry.roots):
                    last = reached[-1][0]
                    place = Place(pieces[at].place.start, pieces[last].place.end)
                    words = " ".join(one.text for one in pieces[at : last + 1])
                    yield Mention(place, entry.kind, entry.name, entry.owners, words, entry.whole, entry.value)  # pyrefly: ignore


def _words(token: Token) -> tuple[str, ...]:
    """Return the words of a piece; a quoted text may name a property, so that it counts where it is one word."""
    if token.shape == "mark":
        return ()
    if token.shape == "quoted" and " " in token.text:
        return ()
    return tuple(one for one in parts(token.text.removesuffix("'s").removesuffix("’s")))
