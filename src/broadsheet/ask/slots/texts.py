"""Words of a question that name nothing of a graph, looked for in the texts of its nodes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from statistics import fmean

from broadsheet.ask.link.english import alike, is_empty, kin
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.link.links import Links, Missing, NameLink
from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.words import Token, parts, stem
from broadsheet.ask.slots.paths import Way
from broadsheet.ask.slots.sketch import Because, Condition, Link, Sketch, Spot

# A property whose values are of so many words is text; so is one of these names if they are of more than one.
WORDY, SEVERAL, LOOKED_AT, FILLED = 4.0, 1.5, 500, 0.5
NAMED = frozenset(
    "title text abstract summary description body content headline subtitle tagline plot synopsis lyrics comment caption overview blurb note notes remark remarks details".split()
)
ASIDE = frozenset(("comment", "caption"))
# Words behind which it is told what a text is about.
CUES = frozenset(
    "about on regarding concerning mention mentions mentioning mentioned discuss discusses discussing cover covers covering containing contain contains word words phrase".split()
)
# Words behind which what a thing is like may be told, and endings of what it does or has done to it.
BESIDE = frozenset("with for in using of without".split())
VERBAL = ("ed", "en", "ly")
# Words that say how something is asked or done, and nothing of what a text says.
SAYING = CUES | frozenset(
    "anything something everything nothing anybody time times often but there exist exists deal deals dealing topic topics subject subjects called titled named please "
    "related relate relates include includes including use uses using used have having make makes made work works working happen happened happens occur occurred "
    "different distinct various available existing far ever never always initial original main certain specific particular several other another still yet already together alone again back average mean total exactly least most more fewer less "
    "long short big small large high low old new recent recently latest newest oldest earliest longest shortest first last top bottom each every per whole entire "
    "who whom whose everyone written wrote write publish published appear appears appeared come comes came get got us any co question answer answers thing things kind kinds "
    "compare compared sort sorted order ordered by rank ranked group grouped".split()
)
# Before a superlative they say which place, and nothing of a text.
ORDINALS = frozenset("second third fourth fifth sixth seventh eighth ninth tenth next 2nd 3rd 4th 5th".split())
WHETHER = frozenset("is are was were does do did has have".split())
# So short a word is easily a part of others.
SHORTEST = 4
SURE = 0.9
# So like a name a word is spelt that is a slip of it.
SLIP = 0.85
# So near a word stands to what it describes.
BY = 4
Reach = Callable[[str, str, int, int], Sequence[Way]]


class Texts:
    """The text properties of a graph."""

    def __init__(self, index: ValueIndex) -> None:
        self._index = index
        held: dict[tuple[str, str], list[str]] = {}
        for entry in index.entries:
            listed = held.setdefault((entry.label, entry.property), [])
            if len(listed) < LOOKED_AT:
                listed.append(entry.value)
        self._values: dict[tuple[str, str], list[str]] = {}
        for entry in index.entries:
            if _is_text(entry.property, held[entry.label, entry.property]):
                self._values.setdefault((entry.label, entry.property), []).append(entry.value.casefold())
        filled: dict[tuple[str, str], int] = {}
        for entry in index.entries:
            filled[entry.label, entry.property] = filled.get((entry.label, entry.property), 0) + entry.count
        # What hardly any node has is no place to look in, and of what many nodes have alike there is a name.
        self._values = {
            key: listed
            for key, listed in self._values.items()
            if filled[key] >= FILLED * index.counts.get(key[0], 0) and (len(listed) >= FILLED * filled[key] or key[1] in NAMED)
        }

    def of(self, label: str) -> tuple[str, ...]:
        """Return the text properties of a label, in the order of the graph."""
        return tuple(key for owner, key in self._values if owner == label)

    def told(self, sketch: Sketch, facts: Facts, unheard: Sequence[Token], links: Links, reach: Reach) -> Sketch:
        """Return the sketch with a condition for each run of words that names nothing; where no text is in reach they stay unheard.

        `reach` tells the best relation from one label to another, by the words between two tokens.
        """
        for run, cued in (*_runs(facts, unheard, links.names, are=bool(self._index.schema.named)), *_sought(facts, links.missing)):
            if not cued and facts.tokens[0].low in WHETHER:
                # Whether something is so is not told by a word that may stand anywhere.
                continue
            at = facts.tokens.index(run[0])
            node = self._node(sketch, at, None if cued else BY)
            if node < 0 and cued:
                sketch, node = self._reached(sketch, at, reach)
            if node < 0:
                continue
            label = sketch.spots[node].label
            keys = self._named(label, links.names)
            unknown = not cued and not any(self._has(label, keys, one.low) for one in run)
            if unknown and (_is_verb(facts.tokens, at, links.names) or _is_said(facts.tokens, at) or any(self._is_slip(label, keys, one.low) for one in run)):
                # What somebody does to something is not looked for, nor is a slip, which is asked back.
                continue
            for words in self._phrases(label, keys, run):
                text = " ".join(one.text for one in words).casefold()
                bare = text if len(words) > 1 else _stemmed(text)
                because = [Because(one.place, one.text, f"{' or '.join(keys)} CONTAINS {bare}") for one in words]
                sketch = sketch.with_condition(node, Condition(keys[0], "CONTAINS", bare, folded=True, also=keys[1:]))
                within = ", also within other words" if len(bare) <= SHORTEST else ""
                note = f"Nothing of the graph is called {text!r}; it was looked for in {' and '.join(keys)}{within}.{self._index.did_you_mean(text)}"
                sketch = replace(sketch, why=(*sketch.why, *because), notes=(*sketch.notes, note))
        return sketch

    def _has(self, label: str, keys: Sequence[str], word: str) -> bool:
        return any(_stemmed(word) in value for key in keys for value in self._values[label, key])

    def _is_slip(self, label: str, keys: Sequence[str], word: str) -> bool:
        """Whether a word that no text has is spelt nearly as a value, or as the name of a property or a label."""
        return not self._has(label, keys, word) and bool(self._index.did_you_mean(word) or self.meant(word, label))

    def meant(self, word: str, label: str | None = None) -> str:
        """Return the word of the name of a property or a label, or one that means the same, as which a word is nearly spelt."""
        schema = self._index.schema
        keys = [key for one, own in schema.labels.items() if label in {None, one} for key in own or ()]
        names = {part for name in (*schema.labels, *keys) for part in parts(name) if len(part) > 1}
        return next(iter(get_close_matches(word, sorted(names | {like for part in names for like in kin(part)} - {word}), 1, SLIP)), "")

    def _reached(self, sketch: Sketch, at: int, reach: Reach) -> tuple[Sketch, int]:
        """Join what has a text to what is asked for, where one relation does."""
        ways = [way for label in dict.fromkeys(owner for owner, _ in self._values) for way in reach(sketch.spots[0].label, label, 0, at) if len(way.steps) == 1]
        if not ways:
            return sketch, -1
        step = max(ways, key=lambda way: way.score).steps[0]
        link = Link(0, len(sketch.spots), step.type, step.towards)
        return replace(sketch, spots=(*sketch.spots, Spot(step.label)), links=(*sketch.links, link)), link.end

    def _node(self, sketch: Sketch, at: int, by: int | None) -> int:
        """Return the node with a text that is named nearest to a token, those before it first."""
        held = [
            (at - one.at if one.at <= at else one.at - at + 3, number)
            for number, one in enumerate(sketch.spots)
            if one.at >= 0 and self.of(one.label) and (by is None or abs(at - one.at) <= by)
        ]
        return min(held)[1] if held else -1

    def said(self, label: str) -> tuple[str, ...]:
        """Return the text properties of a label that tell what it says, as far as their names do."""
        held = self.of(label)
        return tuple(key for key in held if key in NAMED - ASIDE) or held

    def _named(self, label: str, names: Sequence[NameLink]) -> tuple[str, ...]:
        """Return the properties to look in: those that the question names, else those that say most."""
        named = tuple(key for key in self.of(label) if any(one.kind == "property" and one.name == key and one.score >= SURE for one in names))
        return named or self.said(label)

    def _phrases(self, label: str, keys: Sequence[str], run: Sequence[Token]) -> list[list[Token]]:
        """Return words together where a text has them so, else each alone."""
        text = " ".join(one.text for one in run).casefold()
        if len(run) > 1 and not any(text in value for key in keys for value in self._values[label, key]):
            return [[one] for one in run]
        return [list(run)]


def _is_text(key: str, values: Sequence[str]) -> bool:
    words = fmean(len(one.split()) for one in values)
    return words >= WORDY or (words >= SEVERAL and bool(NAMED & set(parts(key))))


def _stemmed(word: str) -> str:
    """Return a word without the ending of its number, for it is looked for as a part of others.

    >>> _stemmed("bandits"), _stemmed("queries"), _stemmed("bias")
    ('bandit', 'quer', 'bias')
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3]
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is", "as")) else word


def _runs(facts: Facts, unheard: Sequence[Token], names: Sequence[NameLink], *, are: bool) -> Iterator[tuple[list[Token], bool]]:
    """Yield words that name nothing, those together that stand in a row, and whether it is said that a text is about them; with `are` also what rows are said to be."""
    left = {one.place for one in unheard}
    run: list[Token] = []
    cued = sure = False
    for at, token in enumerate(facts.tokens):
        before = facts.tokens[at - 1].low if at else ""
        # A word behind `about` is one that a text is about, though it may mean something of the schema by chance.
        cued = (cued and (bool(run) or is_empty(before))) or before in CUES
        placed = cued or bool(run) or before in BESIDE or _describes(facts.tokens, at, names) or (are and _is_said(facts.tokens, at))
        known = max((one.score for one in names if one.place.start < token.place.end and token.place.start < one.place.end), default=0.0)
        ranked = (
            any(one.place.start == facts.tokens[at + 1].place.start for one in facts.superlatives)
            if token.low in ORDINALS and at + 1 < len(facts.tokens)
            else False
        )
        if (
            placed
            and not ranked
            and not (token.low in ORDINALS and not cued)
            and token.place in left
            and not is_empty(token.low)
            and token.low not in SAYING
            and known < (SURE if cued else 0.01)
            and not _is_time(token)
        ):
            run.append(token)
            sure = sure or cued
            continue
        if run:
            yield run, sure
        run, sure = [], False
    if run:
        yield run, sure


def _sought(facts: Facts, missing: Sequence[Missing]) -> Iterator[tuple[list[Token], bool]]:
    """Yield names that the graph has not, where it is asked what is told about them; they are surely meant so."""
    for one in missing:
        if any(one.place.start < held.place.end and held.place.start < one.place.end for held in facts.containments):
            continue
        before = [each.low for each in facts.tokens if each.place.end <= one.place.start]
        while before and is_empty(before[-1]) and before[-1] not in CUES:
            before.pop()
        if before and before[-1] in CUES:
            yield [each for each in facts.tokens if one.place.start <= each.place.start < one.place.end], True


def _describes(question: Sequence[Token], at: int, names: Sequence[NameLink]) -> bool:
    """Whether a word, or those behind it in a row, stand right before the name of a label: `bandit papers`, `query rewriting papers`."""
    for token in question[at + 1 : at + 3]:
        if any(one.kind == "label" and one.place.start == token.place.start and one.score >= SURE for one in names):
            return not question[at].low.endswith(VERBAL)
        if is_empty(token.low) or token.shape != "word":
            return False
    return False


def _is_said(question: Sequence[Token], at: int) -> bool:
    """Whether a word is what rows are said to be: `which ones are undyed`."""
    return at > 1 and question[at - 1].low in {"are", "is"}


def _is_verb(question: Sequence[Token], at: int, names: Sequence[NameLink]) -> bool:
    """Whether a word that no text has stands right behind who does something: `makers produce`."""
    return at > 0 and any(one.kind == "label" and one.place.end == question[at - 1].place.end and one.score >= SURE for one in names)


def _is_time(token: Token) -> bool:
    return any(alike(stem(token.low), one) >= SURE for one in ("year", "month", "day", "date"))
