"""An index of a graph's string values: by their own letters, by their words, and by groups of three letters."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import NamedTuple

import polars as pl

from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.link.names import Names
from broadsheet.ask.schema import FEW, Schema
from broadsheet.core.errors import did_you_mean
from broadsheet.core.letters import without_accents

# Text without a blank that is longer than this is a key that nobody spells.
UNBROKEN, LONG = 40, 120
# A value that is named by some of its words has no more words than this.
NAMELY = 5
# A group of letters that more values than this share tells nothing.
SHARED = 20_000
# So many values are looked at for what a text may be a slip of, and so little alike they may be: of a short word one letter is in three groups.
SPELLINGS, HARDLY = 20, 0.25
# So like a value a text is spelt, of all that there are and of those of one property.
SPELT, SLIP = 0.75, 0.6
# So like a word of a value of several a word is spelt that may be meant for it, which has more letters than this; the value has no more blanks.
LIKE, SHORTEST, BRIEF = 0.85, 4, 3
# What rows of any table may be called.
ROWS = ("item", "article", "product", "row", "record", "entry", "dish", "meal", "movie", "film")
_GAPS = re.compile(r"[\W_]+")


class Entry(NamedTuple):
    """A value: `count` nodes of a label have it in a property."""

    label: str
    property: str
    value: str
    count: int


class Near(NamedTuple):
    """A value, and how alike it is to what was asked: 1 is the same."""

    entry: Entry
    score: float


def _of_columns(graph: Graph) -> frozenset[str]:
    """Return the relations of a single table that say anew what a text of its rows says; none of any other graph."""
    if not graph.columns:
        return frozenset()
    rows = next(iter(graph.nodes.values()))
    texts = {one["column"]: one["became"] for one in graph.columns if rows.schema.get(one["column"]) == pl.String}
    return frozenset(found[1] for became in texts.values() if (found := re.search(r"\[:(HAS_\w+)\]", became)))


def folded(text: str) -> str:
    """Return a text by which it is found: small letters without accents, and one blank for whatever stands between words.

    >>> folded("  Ada  LÓPEZ-Pérez"), folded("7-(727)924")
    ('ada lopez perez', '7 727 924')
    """
    return _GAPS.sub(" ", without_accents(text).casefold()).strip()


class ValueIndex:
    """The values of a graph's string properties, with the names of its schema.

    >>> import polars as pl
    >>> index = ValueIndex(Graph({"Film": pl.DataFrame({"title": ["Up", "Her", "Heat"]})}, ()))
    >>> [one.value for one in index.exact("HER")], [(near.entry.value, near.score) for near in index.nearest("Heatt", 1)]
    (['Her'], [('Heat', 0.667)])
    """

    def __init__(self, graph: Graph, words: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.schema = graph.schema()
        # What rows of a table are called may be asked for as their title.
        titles = {held[-1]: ("title",) for held in graph.named.values() if graph.columns and held[-1].lower() != "title"}
        rows = {next(iter(graph.nodes)): ROWS} if graph.columns else {}
        self.schema.words.update(rows | titles | dict(words or {}))
        # A value that a table's row has as its own is not also the name of the node that was made of it.
        made = frozenset(one.end for one in graph.joined if one.type in _of_columns(graph))
        self.names = Names(self.schema, made)
        self.counts = {label: frame.height for label, frame in graph.nodes.items()}
        self.entries: list[Entry] = [one for label, frame in graph.nodes.items() if label not in made for one in _entries(label, frame)]
        self._exact: dict[str, list[int]] = {}
        for number, entry in enumerate(self.entries):
            self._exact.setdefault(folded(entry.value), []).append(number)
        self._exact.pop("", None)

    @classmethod
    def of_schema(cls, schema: Schema) -> "ValueIndex":
        """Return an index of a schema without its graph: it has the values that the schema tells."""
        made = cls(Graph({}, ()))
        made.schema, made.names = schema, Names(schema)
        made.entries = [Entry(label, key, value, 1) for label, key, facts in schema.everything() if label in schema.labels for value in facts.values]
        made._exact = {}
        for number, entry in enumerate(made.entries):
            made._exact.setdefault(folded(entry.value), []).append(number)
        return made

    def exact(self, text: str) -> list[Entry]:
        """Return the values that are this text, whatever their case, accents and marks."""
        return [self.entries[number] for number in self._exact.get(folded(text), ())]

    @cached_property
    def closed(self) -> dict[tuple[str, str], list[Entry]]:
        """Values by label and property, where there are few of them and they are of several words: what is named in part."""
        by: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            by.setdefault((entry.label, entry.property), []).append(entry)
        return {key: listed for key, listed in by.items() if len(listed) <= FEW}

    def with_words(self, text: str) -> list[Entry]:
        """Return the values of not many words in which all words of a text stand in a row: `Tredwell` is in `Owen Tredwell`."""
        wanted = f" {folded(text)} "
        if not wanted.strip():
            return []
        return [self.entries[number] for held, numbers in self._exact.items() if wanted in f" {held} " and held.count(" ") < NAMELY for number in numbers]

    @cached_property
    def _letters(self) -> dict[str, list[int]]:
        held: dict[str, list[int]] = {}
        for text, numbers in self._exact.items():
            if len(text) <= LONG and (" " in text or len(text) <= UNBROKEN):
                for three in _threes(text):
                    held.setdefault(three, []).extend(numbers)
        return held

    def nearest(self, text: str, limit: int = 5, *, among: Iterable[tuple[str, str]] | None = None, least: float = 0.45) -> list[Near]:
        """Return the values whose groups of three letters are most alike (Dice), the best first; `among` are labels and properties to look at."""
        wanted = _threes(folded(text))
        if not wanted:
            return []
        slots = None if among is None else frozenset(among)
        shared: dict[int, int] = {}
        for three in wanted:
            numbers = self._letters.get(three, ())
            if len(numbers) <= SHARED:
                for number in numbers:
                    shared[number] = shared.get(number, 0) + 1
        best = sorted(shared, key=lambda number: -shared[number])[: 50 if slots is None else None]
        found = []
        for number in best:
            entry = self.entries[number]
            if slots is None or (entry.label, entry.property) in slots:
                score = round(2 * shared[number] / (len(wanted) + len(_threes(folded(entry.value)))), 3)
                if score >= least:
                    found.append(Near(entry, score))
        return sorted(found, key=lambda one: (-one.score, -one.entry.count, one.entry))[:limit]

    def did_you_mean(self, text: str, *, among: Iterable[tuple[str, str]] | None = None) -> str:
        """Return ` Did you mean 'x'?` for the value that is spelt most like a text, in any case of letters, or an empty string.

        >>> import polars as pl
        >>> index = ValueIndex(Graph({"Film": pl.DataFrame({"genre": ["Western", "Comedy"]})}, ()))
        >>> index.did_you_mean("wstern"), index.did_you_mean("silent")
        (" Did you mean 'Western'?", '')
        """
        near = {folded(one.entry.value): one.entry.value for one in reversed(self.nearest(text, SPELLINGS, among=among, least=HARDLY))}
        spelt = get_close_matches(folded(text), list(near), 1, SPELT if among is None else SLIP)
        if not spelt and among is None and " " not in text.strip() and folded(text) not in self._by_word:
            near, spelt = self._by_word, get_close_matches(folded(text), list(self._by_word), 1, LIKE)
        return did_you_mean(near[spelt[0]], [near[spelt[0]]]) if spelt else ""

    @cached_property
    def _by_word(self) -> dict[str, str]:
        """The longer words of short values of which there are few, with the first value that has each."""
        values = [one.value for listed in self.closed.values() for one in reversed(listed) if one.value.count(" ") < BRIEF]
        return {word: value for value in values for word in folded(value).split() if len(word) > SHORTEST}


def _threes(text: str) -> frozenset[str]:
    padded = f" {text} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2)) if text else frozenset()


def _entries(label: str, frame: pl.DataFrame) -> Iterator[Entry]:
    for column, kind in frame.schema.items():
        values = frame.select(pl.col(column).explode() if kind == pl.List(pl.String) else pl.col(column))
        if kind in {pl.String, pl.List(pl.String)}:
            counted = values.drop_nulls().group_by(column, maintain_order=True).len()
            for value, count in counted.iter_rows():
                yield Entry(label, column, value, count)
