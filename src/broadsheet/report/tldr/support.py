"""What a summary says that its source does not: numbers, units, names, negations, directions, orders.

The check is of words, not of meaning: it is strict, drops some summaries that are right, and cannot see
a wrong relation between words that the source has too.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple

from broadsheet.report.tldr.denials import directions, negations
from broadsheet.report.tldr.faults import Fault, Unsupported
from broadsheet.report.tldr.quantities import NUMBER_WORDS, Quantity, quantities
from broadsheet.report.tldr.words import OPENERS, STOP, TOKEN, Vocabulary, plain, sentences, stem

# Between two names these say which is ahead; before a name, where something was measured.
_COMPARES = re.compile(r"\b(?:than|over|above|below|behind|(?:beat|outperform|surpass|exceed|improve|trail|replace|lead|win)\w*)\b", re.IGNORECASE)
_WHERE = re.compile(r"\b(?:on|in|for|at)\s+(?:the\s+)?$", re.IGNORECASE)
_NEAR = 60


def unsupported(summary: str, spans: Sequence[str], source: str, vocabulary: Vocabulary | None = None) -> list[Fault]:
    """Return what a summary says that its source, or the quoted `spans` of it, do not; empty where nothing is found.

    Numbers with their units and bounds, negations and directions are looked for in the spans, which the reader sees; names in the whole source.
    `vocabulary` is what other texts of the day write: it tells a name from a word at the head of a sentence.

    >>> unsupported("Recall rises by 21 %.", ["Recall rises by 12 percent."], "Recall rises by 12 percent.")
    [Fault(kind=<Unsupported.NUMBER: 'a number that the quoted sentences do not have'>, said='21 %')]
    """
    said, quoted, whole = plain(summary), [plain(span) for span in spans], plain(source)
    vocabulary = vocabulary or Vocabulary()
    return [
        *_addresses(said, whole),
        *_numbers(said, quoted),
        *_names(said, whole, vocabulary),
        *_other_scripts(said, quoted, whole),
        *negations(said, quoted, whole),
        *directions(said, quoted),
        *_orders(said, whole, vocabulary),
    ]


def _addresses(said: str, whole: str) -> Iterator[Fault]:
    for match in re.finditer(r"\S*(?:://|www\.|@\w+\.)\S*", said):
        if match[0].rstrip(".,;:)") not in whole:
            yield Fault(Unsupported.ADDRESS, match[0])


def _numbers(said: str, quoted: Sequence[str]) -> Iterator[Fault]:
    known = [quantity for span in quoted for quantity in quantities(span)]
    ours = quantities(said)
    for one in ours:
        shown = said[one.start : one.end].strip()
        equal = [other for other in known if other.value == one.value]
        same = [other for other in equal if one.says(other)]
        counted = [other for other in known if other.value != one.value and one.nouns & other.nouns and not one.units - {""}]
        if not same and not one.soft:
            yield Fault(Unsupported.UNIT if equal else Unsupported.NUMBER, shown)
        elif (not one.soft and sum(other.value == one.value and bool(other.units & one.units) for other in ours) > len(same)) or (
            counted and not any(one.nouns & other.nouns for other in same)
        ):
            yield Fault(Unsupported.COUNTED, shown)


def _other_scripts(said: str, quoted: Sequence[str], whole: str) -> Iterator[Fault]:
    """Find words of a script that is not Latin and signs such as ½, which have no capitals to tell names by: they must stand in the source as they are."""
    for match in TOKEN.finditer(said):
        if any(c.isalpha() and not unicodedata.name(c, "").startswith("LATIN") for c in match[0]) and match[0].casefold() not in whole.casefold():
            yield Fault(Unsupported.NAME, match[0])
    for sign in sorted({c for c in said if c.isnumeric() and not c.isalpha() and not c.isascii()}):
        if not any(sign in span for span in quoted):
            yield Fault(Unsupported.NUMBER, sign)


class _Name(NamedTuple):
    said: str
    start: int
    end: int


def _names(said: str, whole: str, vocabulary: Vocabulary) -> Iterator[Fault]:
    known = _known(whole)
    # What stands in brackets may stand between the parts of a name.
    flat = _flat(whole) + _flat(re.sub(r"\s*\([^()]*\)", "", whole))
    names = list(_found_names(said, known, vocabulary))
    for name in names:
        if not _is_known(name.said, known):
            yield Fault(Unsupported.NAME, name.said)
    for one, following in pairwise(names):
        joined = said[one.start : following.end]
        # "Amazon Reviews", where the source has Amazon Books and Yelp Reviews.
        if said[one.end : following.start] == " " and _is_known(one.said, known) and _is_known(following.said, known) and _flat(joined) not in flat:
            yield Fault(Unsupported.NAME, joined)


def _found_names(text: str, known: frozenset[str], vocabulary: Vocabulary) -> Iterator[_Name]:
    """Yield the names of a text: what has a capital or a letter beside a digit, and what the day writes with a capital alone."""
    at = 0
    for sentence in sentences(text):
        begin = text.index(sentence, at)
        at = begin + len(sentence)
        for place, match in enumerate(TOKEN.finditer(sentence)):
            token = _bare(match[0])
            low = token.lower()
            if not token or token[0].isdigit() or low in NUMBER_WORDS:
                continue
            has_capital, has_digit = token != low, any(c.isdigit() for c in token)
            is_opener = (
                place == 0 and token[1:] == low[1:] and (low in known or stem(low) in known or low in STOP or low in OPENERS or low in vocabulary.common)
            )
            if (has_capital and not is_opener and low not in STOP) or has_digit or (low in vocabulary.names and low not in known):
                yield _Name(token, begin + match.start(), begin + match.start() + len(token))


@lru_cache(1 << 14)
def _bare(token: str) -> str:
    """Take off what makes a form of a name: a genitive, a plural of an acronym, a tail of small letters behind a hyphen.

    >>> [_bare(token) for token in ("Yelp's", "LLMs", "GPT-4-based")]
    ['Yelp', 'LLM', 'GPT-4']
    """
    token = re.sub(r"['’]s$|['’]$", "", token.rstrip(".-/"))
    token = re.sub(r"(?<=[A-Z0-9])s$", "", token)
    while (tail := re.search(r"-[a-zß-ÿ]{2,}$", token)) and token[: tail.start()] != token[: tail.start()].lower():
        token = token[: tail.start()]
    return token


@lru_cache(256)
def _known(whole: str) -> frozenset[str]:
    found: set[str] = set()
    for match in TOKEN.finditer(whole):
        for token in (match[0], _bare(match[0])):
            found.update({token.casefold(), *re.split(r"[-/]", token.casefold()), *([stem(token)] if token == token.lower() else [])})
    return frozenset(found)


def _is_known(name: str, known: frozenset[str]) -> bool:
    low = name.casefold()
    if low in known:
        return True
    parts = re.split(r"[-/]", name)
    return len(parts) > 1 and not any(c.isdigit() for c in name) and all(part.casefold() in known for part in parts)


@lru_cache(256)
def _flat(text: str) -> str:
    return " " + " ".join(_bare(token).casefold().replace("-", " ") for token in TOKEN.findall(text)) + " "


class _Mark(NamedTuple):
    key: str
    start: int
    end: int
    quantity: Quantity | None = None


_Marked = tuple[str, list[_Mark], list[_Mark]]


def _marks(sentence: str, known: frozenset[str], vocabulary: Vocabulary) -> tuple[list[_Mark], list[_Mark]]:
    """Return the names and the numbers of a sentence, in order."""
    names = [_Mark(one.said.casefold(), one.start, one.end) for one in _found_names(sentence, known, vocabulary)]
    numbers = [_Mark(one.key, one.start, one.end, one) for one in quantities(sentence) if not one.soft]
    return names, numbers


@lru_cache(64)
def _marked(whole: str, vocabulary: Vocabulary) -> tuple[_Marked, ...]:
    return tuple((text, *_marks(text, _known(whole), vocabulary)) for text in sentences(whole))


def _orders(said: str, whole: str, vocabulary: Vocabulary) -> Iterator[Fault]:
    known = _known(whole)
    source = _marked(whole, vocabulary)
    for sentence in sentences(said):
        names, numbers = _marks(sentence, known, vocabulary)
        compared = [pair for pair in pairwise(names) if _COMPARES.search(sentence[pair[0].end : pair[1].start])]
        turned = [*_turned(compared, [s[1] for s in source]), *_exchanged(sentence, numbers, source)]
        yield from (Fault(Unsupported.ORDER, f"{one.key}, {following.key}") for one, following in turned)
        yield from _bound(sentence, numbers, names, source)


def _turned(pairs: Iterable[tuple[_Mark, _Mark]], source: Sequence[Sequence[_Mark]]) -> Iterator[tuple[_Mark, _Mark]]:
    """Yield neighbours that stand the other way round wherever the source has both in a sentence."""
    for one, following in pairs:
        seen = [keys for keys in ([mark.key for mark in row] for row in source) if one.key in keys and following.key in keys]
        if one.key != following.key and seen and all(max(i for i, key in enumerate(keys) if key == following.key) < keys.index(one.key) for keys in seen):
            yield one, following


def _exchanged(sentence: str, numbers: Sequence[_Mark], source: Sequence[_Marked]) -> Iterator[tuple[_Mark, _Mark]]:
    """Yield two numbers of one unit that stand among each other's words: wherever a sentence of the source has both, they fit better the other way round.

    Where words tell nothing (from 12 to 15) their order decides.
    """
    for one, other in combinations(numbers, 2):
        if one.key == other.key or one.quantity is None or other.quantity is None or not one.quantity.units & other.quantity.units:
            continue
        ours = [_around(sentence, mark, numbers) for mark in (one, other)]
        verdicts: list[bool] = []
        for text, _, figures in source:
            first, second = ([mark for mark in figures if mark.key == key] for key in (one.key, other.key))
            if first and second:
                theirs = [_around(text, marks[0], figures) for marks in (first, second)]
                straight = len(ours[0] & theirs[0]) + len(ours[1] & theirs[1])
                crossed = len(ours[0] & theirs[1]) + len(ours[1] & theirs[0])
                verdicts.append(crossed > straight or (crossed == straight and second[-1].start < first[0].start))
        if verdicts and all(verdicts):
            yield one, other


def _around(text: str, mark: _Mark, others: Sequence[_Mark]) -> frozenset[str]:
    """Return the stems of up to six words behind a number, no further than the next number; where there are none, of three before it."""
    end = min((other.start for other in others if other.start > mark.start), default=len(text))
    start = max((other.end for other in others if other.end < mark.end), default=0)
    behind, before = TOKEN.findall(text[mark.end : end])[:6], TOKEN.findall(text[start : mark.start])[-3:]
    return _content(behind) or _content(before)


def _content(words: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in words if word.lower() not in STOP)


def _bound(sentence: str, numbers: Sequence[_Mark], names: Sequence[_Mark], source: Sequence[_Marked]) -> Iterator[Fault]:
    """Find a number beside a name to which the source gives another number of that unit."""
    for number in numbers:
        name = _nearest(number, names)
        if name is None or number.quantity is None:
            continue
        # Names of the same sentence are told apart by which is nearest; names of other sentences where the summary says "on" one of them.
        near = [({found.key}, other.quantity) for _, theirs, figures in source for other in figures if (found := _nearest(other, theirs)) and other.quantity]
        wide = [({one.key for one in theirs}, other.quantity) for _, theirs, figures in source for other in figures if other.quantity]
        for pairs in (near, wide) if _WHERE.search(sentence[: name.start]) else (near,):
            here = set().union(*(keys for keys, quantity in pairs if quantity.value == number.quantity.value))
            other = set().union(*(keys for keys, q in pairs if q.value != number.quantity.value and q.units & number.quantity.units))
            if here and name.key not in here and name.key in other:
                yield Fault(Unsupported.ORDER, f"{number.key}, {name.key}")
                break


def _nearest(number: _Mark, names: Sequence[_Mark]) -> _Mark | None:
    """Return the name that stands nearest to a number, the one behind it where two are as near."""
    apart = [(max(number.start - name.end, name.start - number.end), name.end <= number.start, at) for at, name in enumerate(names)]
    near = [one for one in apart if 0 <= one[0] <= _NEAR]
    return names[min(near)[2]] if near else None
