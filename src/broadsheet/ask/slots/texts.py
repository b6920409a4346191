"""Words of a question that name nothing of a graph, looked for in the texts of its nodes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean

from broadsheet.ask.link.english import alike, is_empty
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.link.links import Links, NameLink
from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.words import Token, parts, stem
from broadsheet.ask.slots.sketch import Because, Condition, Sketch

# A property whose values are of so many words is text; so is one of these names if they are of more than one.
WORDY, SEVERAL, LOOKED_AT = 4.0, 1.5, 500
NAMED = frozenset("title text abstract summary description body content headline subtitle tagline plot synopsis comment caption overview".split())
# Words behind which it is told what a text is about.
CUES = frozenset(
    "about on regarding concerning mention mentions mentioning mentioned discuss discusses discussing cover covers covering containing contain contains word words phrase".split()
)
# Words that say how something is asked or done, and nothing of what a text says.
SAYING = CUES | frozenset(
    "anything something everything nothing anybody time times often but there exist exists deal deals dealing topic topics subject subjects called titled named please "
    "related relate relates include includes including use uses using used have having make makes made work works working happen happened happens occur occurred "
    "different distinct various available existing far ever never always still yet already together alone again back average mean total exactly least most more fewer less "
    "long short big small large high low old new recent recently latest newest oldest earliest longest shortest first last top bottom each every per whole entire "
    "who whom whose everyone written wrote write publish published appear appears appeared come comes came get got us any co question answer answers thing things kind kinds "
    "compare compared sort sorted order ordered by rank ranked group grouped".split()
)
SURE = 0.9


class Texts:
    """The text properties of a graph."""

    def __init__(self, index: ValueIndex) -> None:
        held: dict[tuple[str, str], list[str]] = {}
        for entry in index.entries:
            listed = held.setdefault((entry.label, entry.property), [])
            if len(listed) < LOOKED_AT:
                listed.append(entry.value)
        self._values: dict[tuple[str, str], list[str]] = {}
        for entry in index.entries:
            if _is_text(entry.property, held[entry.label, entry.property]):
                self._values.setdefault((entry.label, entry.property), []).append(entry.value.casefold())
        closed = {(label, key) for label, key, facts in index.schema.everything() if facts.closed}
        self._values = {key: listed for key, listed in self._values.items() if key not in closed or key[1] in NAMED}

    def of(self, label: str) -> tuple[str, ...]:
        """Return the text properties of a label, in the order of the graph."""
        return tuple(key for owner, key in self._values if owner == label)

    def told(self, sketch: Sketch, facts: Facts, unheard: Sequence[Token], links: Links) -> Sketch:
        """Return the sketch with a condition for each run of words that names nothing; words of a label that has no text stay unheard."""
        for run in _runs(facts, unheard, links.names):
            node = self._node(sketch, facts.tokens.index(run[0]))
            if node < 0:
                continue
            keys = self._named(sketch.spots[node].label, facts, links.names)
            for words in self._phrases(sketch.spots[node].label, keys, run):
                text = " ".join(one.text for one in words).casefold()
                bare = text if len(words) > 1 else _stemmed(text)
                condition = Condition(keys[0], "CONTAINS", bare, folded=True, also=keys[1:])
                sketch = sketch.with_condition(node, condition, *(Because(one.place, one.text, f"{' or '.join(keys)} CONTAINS {bare}") for one in words[:1]))
                sketch = replace(sketch, why=(*sketch.why, *(Because(one.place, one.text, "CONTAINS") for one in words[1:])))
                sketch = replace(sketch, notes=(*sketch.notes, f"Nothing of the graph is called {text!r}; it was looked for in {' and '.join(keys)}."))
        return sketch

    def _node(self, sketch: Sketch, at: int) -> int:
        """Return the node with a text that is named nearest to a token, those before it first."""
        held = [(at - one.at if one.at <= at else one.at - at + 3, number) for number, one in enumerate(sketch.spots) if one.at >= 0 and self.of(one.label)]
        return min(held)[1] if held else -1

    def _named(self, label: str, facts: Facts, names: Sequence[NameLink]) -> tuple[str, ...]:
        """Return the properties to look in: those that the question names, else those that say most."""
        held = self.of(label)
        named = tuple(key for key in held if any(one.kind == "property" and one.name == key and one.score >= SURE for one in names))
        del facts
        return named or tuple(key for key in held if key in NAMED - {"comment", "caption"}) or held

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


def _runs(facts: Facts, unheard: Sequence[Token], names: Sequence[NameLink]) -> Iterator[list[Token]]:
    """Yield words that name nothing, those together that stand in a row."""
    left = {one.place for one in unheard}
    run: list[Token] = []
    cued = False
    for at, token in enumerate(facts.tokens):
        before = facts.tokens[at - 1].low if at else ""
        # A word behind `about` is one that a text is about, though it may mean something of the schema by chance.
        cued = bool(run and cued) or before in CUES or (is_empty(before) and at > 1 and facts.tokens[at - 2].low in CUES)
        known = max((one.score for one in names if one.place.start < token.place.end and token.place.start < one.place.end), default=0.0)
        if token.place in left and not is_empty(token.low) and token.low not in SAYING and known < (SURE if cued else 0.01) and not _is_time(token):
            run.append(token)
            continue
        if run:
            yield run
        run = []
    if run:
        yield run


def _is_time(token: Token) -> bool:
    return any(alike(stem(token.low), one) >= SURE for one in ("year", "month", "day"))
