"""An utterance in parts: its words, what they tell to do, what of the schema and of the query they name, and the values in it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import Literal, NamedTuple

from broadsheet.ask.amend.cues import NUMBERS, STOP, SYNONYMS, phrases
from broadsheet.ask.schema import Schema

_TOKEN = re.compile(
    r"\"([^\"]*)\"|“([^”]*)”|(?<!\w)'([^']*)'(?!\w)|(?<!\w)‘([^’]*)’(?!\w)|(-?\d+(?:[.,]\d+)*(?:-\d\d-\d\d\b)?)|([^\W\d_][\w'’-]*|_\w+|\w+)|(>=|<=|!=|<>|==|[^\s\w])"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ENDS = ("ation", "ion", "or", "er", "ing", "ed", "s", "e")
_NAME_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_EMPTY = frozenset("has have is of in by to the a an at on for with from was are be".split())
SHORTEST_TYPO, LIKE = 5, 0.82
# A name of which one word alone is said is as sure as this at most; one that is said whole at least as this; and so much surer is what is meant rather.
PART, WHOLE, CLEARER = 0.8, 0.9, 0.1


class Day(str):
    """A day, as it is written: 2026-03-01."""

    __slots__ = ()


class Word(NamedTuple):
    """A word of an utterance: as it stands, in small letters, its stem, and the value that it is, if it is one."""

    text: str
    low: str
    stem: str
    value: int | float | str | None = None

    @property
    def is_content(self) -> bool:
        """Whether it says something by itself."""
        return self.value is not None or (self.low not in STOP and self.low[0].isalnum())


class Mention(NamedTuple):
    """Words that name a label, a type, a property, or a value that is known: from word `start` up to `end`, and how surely."""

    kind: Literal["label", "type", "property", "value"]
    name: str
    start: int
    end: int
    sure: float
    owner: str = ""
    key: str = ""

    @property
    def words(self) -> frozenset[int]:
        """The places of its words."""
        return frozenset(range(self.start, self.end))


class Cue(NamedTuple):
    """A phrase that tells what to do."""

    kind: str
    start: int
    end: int

    @property
    def words(self) -> frozenset[int]:
        """The places of its words."""
        return frozenset(range(self.start, self.end))


class Link(NamedTuple):
    """A value that the graph has: of which label's property it is."""

    label: str
    key: str
    value: str


Links = Callable[[str], Iterable[Link]]


class Heard(NamedTuple):
    """What was heard in an utterance; `contrast` are the places of words that tell what is not meant."""

    words: tuple[Word, ...]
    cues: tuple[Cue, ...]
    mentions: tuple[Mention, ...]
    contrast: frozenset[int] = frozenset()

    def cue(self, *kinds: str) -> Cue | None:
        """Return the first cue of any of these kinds."""
        return next((one for one in self.cues if one.kind in kinds), None)

    def all(self, *kinds: str) -> frozenset[int]:
        """Return the places of the words of all cues of these kinds."""
        return frozenset().union(*(one.words for one in self.cues if one.kind in kinds))

    def named(self, kind: str) -> list[Mention]:
        """Return what is named of a kind, the surest first."""
        return sorted((one for one in self.mentions if one.kind == kind), key=lambda one: (-one.sure, -(one.end - one.start), one.start))

    @property
    def numbers(self) -> list[int]:
        """The places of numbers."""
        return [place for place, one in enumerate(self.words) if isinstance(one.value, int | float)]

    @property
    def texts(self) -> list[int]:
        """The places of texts in quotation marks."""
        return [place for place, one in enumerate(self.words) if isinstance(one.value, str) and not isinstance(one.value, Day)]


@cache
def stem(word: str) -> str:
    """Return what words of one family share.

    >>> [stem(one) for one in ("directed", "director", "directors", "movies", "movie", "categories", "category")]
    ['direct', 'direct', 'direct', 'movi', 'movi', 'categori', 'categori']
    """
    word = word.lower().replace("’", "'").removesuffix("'s")
    while True:
        shorter = next((word[: -len(end)] for end in _ENDS if word.endswith(end) and len(word) - len(end) >= 3 and not word.endswith("ss")), word)
        if shorter == word:
            break
        word = shorter
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name.

    >>> name_words("SoftwarePackage"), name_words("HAS_AUTHOR"), name_words("release_year")
    (('software', 'package'), ('has', 'author'), ('release', 'year'))
    """
    return tuple(one.lower() for one in _NAME_PARTS.findall(name)) or (name.lower(),)


def words_of(text: str) -> tuple[Word, ...]:
    """Return the words of a text; what stands in quotation marks is one word."""
    found = []
    for match in _TOKEN.finditer(text):
        quoted = next((one for one in match.groups()[:4] if one is not None), None)
        number, word = match[5], match[6]
        low = match[0].lower().replace("’", "'")
        if quoted is not None:
            found.append(Word(match[0], quoted.lower(), quoted.lower(), quoted))
        elif number is not None:
            found.append(Word(number, low, low, _number(number)))
        elif word is not None and low in NUMBERS and low != "one":
            found.append(Word(word, low, low, NUMBERS[low]))
        else:
            found.append(Word(match[0], low, stem(low)))
    return tuple(found)


def _number(text: str) -> int | float | Day:
    if _DAY.fullmatch(text):
        return Day(text)
    plain = text.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text) else text.replace(",", ".").rstrip(".")
    try:
        return int(plain)
    except ValueError:
        return float(plain) if plain.count(".") == 1 else int(re.sub(r"\D", "", plain))


class Present(NamedTuple):
    """What a query has, known to the schema or not: its texts, its labels, its types, its properties."""

    values: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()


NONE = Present()


def hear(text: str, schema: Schema, present: Present = NONE, links: Links | None = None) -> Heard:
    """Return what an utterance says over a schema about a query that has such parts; `links` finds values of the graph."""
    words = _whole(words_of(text), schema, present)
    mentions = [*_names(words, schema, present), *_values(words, present.values)]
    taken = frozenset().union(*(one.words for one in mentions if one.kind == "value"))
    mentions += _known(words, schema, links, taken)
    cues = tuple(one for one in _cues(words) if not _is_column(one, words, mentions))
    # "Sort by" names no column called sort.
    said = frozenset().union(*(one.words for one in cues if one.kind == "order" and one.end - one.start > 1))
    plain = _plainest(_surest(one for one in mentions if not one.words <= said), schema, present)
    return Heard(words, cues, plain, _contrasted(words, mentions))


def _is_column(cue: Cue, words: Sequence[Word], mentions: Sequence[Mention]) -> bool:
    """Whether a word that may tell an order names a column called so: "count them per sort"."""
    if cue.kind != "order" or cue.start == 0 or cue.end - cue.start > 1 or words[cue.start - 1].low in {"and", "then", ",", ";"}:
        return False
    return any(one.kind == "property" and one.words == cue.words and one.sure >= 1 for one in mentions)


def _plainest(mentions: tuple[Mention, ...], schema: Schema, present: Present) -> tuple[Mention, ...]:
    """Leave out of names that are the same word what is farther: a property that is called as what the rows are, a label that a property of theirs is called as."""
    stems = {one: tuple(map(stem, name_words(one))) for one in (*schema.labels, *schema.types, *present.labels, *(one.name for one in mentions))}
    here = {stems[one] for one in present.labels}
    own = {tuple(map(stem, name_words(key))) for label in present.labels for key in schema.properties(frozenset({label})) or {}} - here
    spoken = {one.words for one in mentions if one.kind == "property" and stems[one.name] in own}
    labels = {one.words for one in mentions if one.kind == "label" and one.name in present.labels}

    def is_farther(one: Mention) -> bool:
        if one.kind == "property":
            return one.words in labels and stems[one.name] in here
        return one.kind in {"label", "type"} and one.words in spoken and one.name not in (*present.labels, *present.types)

    return tuple(one for one in mentions if not is_farther(one))


def _contrasted(words: Sequence[Word], mentions: Sequence[Mention]) -> frozenset[int]:
    """Return the places of words that tell what is not meant: behind "instead of", behind ", not", between "not" and "but"."""
    lows = [one.low for one in words]
    said = frozenset().union(*(one.words for one in mentions)) | {place for place, one in enumerate(words) if one.value is not None}
    found: set[int] = set()
    for at, low in enumerate(lows):
        before = lows[at - 1] if at else ""
        instead = (low in {"of", "than", "to"} and before in {"instead", "rather", "opposed"}) or (low == "of" and before == "place")
        denied = low in {"not", "no"} and at > 0 and (before in {",", "and", "-", "(", ";"} or at - 1 in said)
        if (instead or denied) and at + 1 < len(lows):
            found |= set(range(at + 1, _until(lows, at + 1)))
        elif low == "not" and "but" in lows[at + 1 :]:
            found |= set(range(at + 1, lows.index("but", at)))
    return frozenset(found)


def _until(lows: Sequence[str], at: int) -> int:
    return next((place for place in range(at, len(lows)) if lows[place] in {",", ";", ".", "but", ")"}), len(lows))


@cache
def _phrases() -> tuple[dict[tuple[str, ...], tuple[str, ...]], int]:
    found = phrases()
    return found, max(map(len, found))


def _cues(words: Sequence[Word]) -> tuple[Cue, ...]:
    """Hear phrases, at each place the longest; one that is misspelt is heard where nothing else is."""
    table, longest = _phrases()
    found, at = [], 0
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            said = tuple(one.low for one in words[at : at + length])
            if said in {("no",), ("not",)} and at + 1 < len(words) and words[at + 1].low == ",":
                continue
            kinds = table.get(said) or (_misspelt(said[0]) if length == 1 else None)
            if kinds and not (length == 1 and isinstance(words[at].value, str)):
                found += [Cue(kind, at, at + length) for kind in kinds]
                at += length - 1
                break
        at += 1
    return tuple(found)


@cache
def _misspelt(word: str) -> tuple[str, ...] | None:
    if len(word) <= SHORTEST_TYPO or word in STOP:
        return None
    table, _ = _phrases()
    near = [(likeness(word, held[0]), held) for held in table if len(held) == 1 and len(held[0]) >= SHORTEST_TYPO]
    best = max(near, default=(0.0, ()))
    return table[best[1]] if best[0] >= LIKE else None


@cache
def likeness(one: str, other: str) -> float:
    """Return how alike two words are, 1 for the same; two letters exchanged are one slip."""
    if one == other:
        return 1.0
    if abs(len(one) - len(other)) > 2 or min(len(one), len(other)) < SHORTEST_TYPO or (one[0] != other[0] and one[1] != other[1]):
        return 0.0
    if one[0] != other[0] and len(one) == len(other) == SHORTEST_TYPO:
        # Games are no names.
        return 0.0
    if len(one) == len(other):
        apart = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(apart) == 1 or (len(apart) == 2 and apart[1] == apart[0] + 1 and one[apart[0]] == other[apart[1]] and one[apart[1]] == other[apart[0]]):
            return 0.9
    ratio = SequenceMatcher(None, one, other).ratio()
    return ratio if ratio >= LIKE else 0.0


@cache
def _alike(word: str, other: str) -> float:
    if word == other:
        return 1.0
    if stem(word) == stem(other):
        return 0.95
    if any(_in(one, word) and _in(one, other) for one in SYNONYMS):
        return 0.7
    return 0.9 * max(likeness(word, other), likeness(word, f"{other}s")) or 0.85 * likeness(stem(word), stem(other))


def _in(group: frozenset[str], word: str) -> bool:
    return word in group or stem(word) in {stem(one) for one in group}


def _names(words: Sequence[Word], schema: Schema, present: Present) -> Iterator[Mention]:
    yield from (one for label in dict.fromkeys((*schema.labels, *present.labels)) for one in _mentions(words, label, "label"))
    yield from (one for kind in dict.fromkeys((*schema.types, *present.types)) for one in _mentions(words, kind, "type"))
    keys = dict.fromkeys([*(key for _, key, _ in schema.everything()), *schema.loose, *present.properties])
    yield from (one for key in keys for one in _mentions(words, key, "property"))


def _mentions(words: Sequence[Word], name: str, kind: Literal["label", "type", "property"]) -> Iterator[Mention]:
    """Yield where a name is said: all its words in a row, or, less surely, the one that tells most."""
    parts = name_words(name)
    telling = tuple(one for one in parts if one not in _EMPTY) or parts
    for at, word in enumerate(words):
        if word.value is not None or not word.low[0].isalnum():
            continue
        if word.low == name.lower():
            yield Mention(kind, name, at, at + 1, 1.1)
            continue
        for said in dict.fromkeys((parts, telling)):
            row = words[at : at + len(said)]
            scores = [_alike(one.low, part) if one.value is None else 0.0 for one, part in zip(row, said, strict=False)]
            if len(row) == len(said) and min(scores) > 0.5:
                yield Mention(kind, name, at, at + len(said), min(scores) * (1.0 if said == parts or len(said) > 1 else 0.95))
                break
        else:
            if len(telling) > 1 and word.low not in STOP:
                best = max(_alike(word.low, part) * (0.75 if part == telling[-1] else 0.7) for part in telling)
                if best > 0.55:
                    yield Mention(kind, name, at, at + 1, best)
            joined = "".join(telling)
            if len(telling) == 1 and len(joined) > 6 and at + 1 < len(words) and (word.low + words[at + 1].low) == joined:
                yield Mention(kind, name, at, at + 2, 0.95)


def _values(words: Sequence[Word], values: Sequence[str]) -> Iterator[Mention]:
    """Yield where a text of the query is said, whole, or by one of its longer words."""
    for value in values:
        parts = [one.low for one in words_of(value)]
        for at in range(len(words)):
            row = _as_stands([one.low for one in words[at : at + len(parts)]], parts)
            if parts and (row == parts or (words[at].value is not None and words[at].low == value.lower())):
                yield Mention("value", value, at, at + (len(parts) if row == parts else 1), 1.0)
            elif len(parts) == len(row) and parts and all(likeness(a, b) > 0 or a == b for a, b in zip(row, parts, strict=True)):
                yield Mention("value", value, at, at + len(parts), 0.9)
            elif len(parts) > 1 and words[at].low in parts and len(words[at].low) > 3 and words[at].low not in STOP:
                yield Mention("value", value, at, at + 1, 0.7)


def _as_stands(said: list[str], parts: list[str]) -> list[str]:
    """Return words as they stand in a value of several words, where only their number differs: "card games"."""
    return parts if len(parts) > 1 and len(said) == len(parts) and [*map(stem, said)] == [*map(stem, parts)] else said


def _known(words: Sequence[Word], schema: Schema, links: Links | None, taken: frozenset[int]) -> Iterator[Mention]:
    """Yield where a value that the schema knows, or that the links find, is said."""
    lows = [one.low for one in words]
    for label, key, facts in schema.everything():
        for value in facts.values:
            parts = [one.low for one in words_of(value)]
            for at in range(len(words) - len(parts) + 1):
                row = _as_stands(lows[at : at + len(parts)], parts)
                if (
                    parts
                    and not parts[0].isdigit()
                    and (row == parts or (words[at].value is not None and lows[at] == value.lower()))
                    and not (len(parts) == 1 and lows[at] in STOP)
                ):
                    end = at + (len(parts) if row == parts else 1)
                    yield Mention("value", value, at, end, 0.95, label, key)
    if links is not None:
        for at, word in enumerate(words):
            if isinstance(word.value, str) and at not in taken:
                yield from (Mention("value", one.value, at, at + 1, 0.9, one.label, one.key) for one in links(word.value))


def _rows(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield rows of words with a capital, a lone word at the beginning aside; small words may stand within."""
    at = 0
    while at < len(words):
        if _is_capital(words[at]):
            end = at + 1
            while end < len(words) and (
                _is_capital(words[end]) or words[end].low in {"of", "the", "de", "van", "von", "with", "without", "for", "in", "&"} or words[end].text.isdigit()
            ):
                end += 1
            while end > at + 1 and not _is_capital(words[end - 1]):
                end -= 1
            if end > at + 1 or (at and words[at - 1].text not in {".", "!", "?"}):
                yield at, end
            at = end
        at += 1


def _is_capital(word: Word) -> bool:
    table, _ = _phrases()
    return word.value is None and word.text[0].isupper() and word.low not in STOP and not word.low.startswith("i'") and (word.low,) not in table


def _whole(words: tuple[Word, ...], schema: Schema, present: Present) -> tuple[Word, ...]:
    """Make rows of words with a capital, that name nothing of the schema, one word each: the value that they are."""
    named = frozenset().union(*(one.words for one in _names(words, schema, present) if one.sure >= 0.7))
    made, at = [], 0
    rows = {start: end for start, end in _rows(words) if not named & set(range(start, end))}
    while at < len(words):
        end = rows.get(at, at + 1)
        said = " ".join(one.text for one in words[at:end])
        made.append(Word(said, said.lower(), said.lower(), said) if at in rows else words[at])
        at = end
    return tuple(made)


def _surest(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    """Return of the mentions of one thing at one place the surest; a longer one of the same kind leaves the shorter within it out."""
    best: dict[tuple[str, str, int, str, str], Mention] = {}
    for one in mentions:
        key = (one.kind, one.name, one.start, one.owner, one.key)
        if key not in best or (one.end, one.sure) > (best[key].end, best[key].sure):
            best[key] = one
    found = list(best.values())
    return tuple(
        one
        for one in found
        if not any(
            (other.kind == one.kind and one.words < other.words and other.sure >= one.sure - 0.2)
            or (one.words < other.words and other.end - other.start > 1 and other.sure >= WHOLE)
            or (one.sure < PART and other.sure >= one.sure + CLEARER and one.words <= other.words and other.kind != "value")
            for other in found
            if other is not one
        )
    )
