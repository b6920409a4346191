"""Links of a question: which of its words stand for values and names, what is open between several, and what is missing."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from broadsheet.ask.cypher.nodes import Place, within
from broadsheet.ask.link.english import alike, is_empty
from broadsheet.ask.link.index import Entry, ValueIndex
from broadsheet.ask.link.links import Ambiguity, How, Links, Missing, NameLink, ValueLink
from broadsheet.ask.link.names import Names
from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.reader import read_question
from broadsheet.ask.question.values import iso
from broadsheet.ask.question.words import Token, stem

# No value is spelt in more words than this.
WORDS = 12
# So much of a value's words must be there for a value that is named in part.
PART = 0.6
# Two meanings of the same words are alike if their scores differ by less.
ALIKE = 0.15
# A name that stands no more words from a value may say which it is.
NEAR = 3
# A number of so many digits may be a year.
YEAR = 4
OWN = 0.9
# How sure a value is of which only some words are told: where it is the only one, and where it is one of some.
PARTLY, BUT_ONE, SOME = 0.88, 0.7, 8


def link(question: str, index: ValueIndex, facts: Facts | None = None) -> Links:
    """Return what the words of a question stand for in a graph.

    >>> import polars as pl
    >>> from broadsheet.ask.graph.tables import Graph
    >>> index = ValueIndex(Graph({"Paper": pl.DataFrame({"title": ["graphclust"]}), "Package": pl.DataFrame({"name": ["graphclust"]})}, ()))
    >>> [(one.words, [(m.label, m.count) for m in one.meanings]) for one in link("Who made graphclust?", index).ambiguities]
    [('graphclust', [('Package', 1), ('Paper', 1)])]
    """
    facts = read_question(question) if facts is None else facts
    names = index.names.links(facts.tokens)
    # What is looked for within a value is none.
    inside = [one.value.place for one in facts.containments if one.value is not None]
    spelt = (*_spelt(question, facts.tokens, index), *_in_part(question, facts, index))
    values = _chosen([one for one in spelt if not _is_count(one, facts) and not any(within(one.place, place) for place in inside)])
    missing = tuple(_missing(facts, values, names, index))
    values = sorted((*values, *(one.nearest[0] for one in missing if one.nearest and one.nearest[0].score >= 1 - ALIKE)), key=lambda one: one.place)
    return Links(question, tuple(values), names, tuple(_open(values, facts, names, index.names)), missing)


def _is_count(value: ValueLink, facts: Facts) -> bool:
    """Whether a number bounds a list or is a bound of something, so that it is no value of its own: `top 3`, `more than 5`, but not `3-second`."""
    if not value.words.isdigit() or facts.question[value.place.end : value.place.end + 1] == "-":
        return False
    bounds = [one.place for one in facts.limits] + [one.value.place for one in facts.comparisons if one.value is not None and one.sign != "="]
    return any(one.start <= value.place.start and value.place.end <= one.end for one in bounds)


class _Span(NamedTuple):
    first: int
    last: int


def _spelt(question: str, pieces: Sequence[Token], index: ValueIndex) -> Iterator[ValueLink]:
    """Yield the values that stand in a question letter by letter, in the plural, or as dates in another form."""
    for first, last in _spans(pieces):
        start, end = pieces[first].place.start, pieces[last].place.end
        text = question[start:end]
        plain = first == last and pieces[first].shape == "word"
        if plain and is_empty(pieces[first].low) and text[:1].islower():
            continue
        for spelling, how, sure in _spellings(text, pieces[first : last + 1]):
            found = [one for one in index.exact(spelling) if one.count < index.counts.get(one.label, 0) or one.count == 1]
            if len(spelling) > len(text):
                # `drug` is of the few kinds of crime that there are; `living` is of no one called Livings.
                found = [one for one in found if how != "plural" or (one.label, one.property) in index.closed]
            for entry in found:
                # A word in small letters is hardly a name that is written in capitals.
                low = plain and text[:1].islower() and entry.value[:1].isupper()
                if plain and not text[:1].isupper() and any(alike(text, one) >= OWN for phrase in index.names.labels[entry.label] for one in phrase.words):
                    # `calls` are calls, and none of them more than the others.
                    continue
                # So is a small number, of a property that nothing names.
                small = first == last and text.isdigit() and len(text) < YEAR
                yield _link(Place(start, end), text, entry, sure * (0.6 if low or small else 1.0), how)
            if found and how != "date":
                break


def _spans(pieces: Sequence[Token]) -> Iterator[_Span]:
    for first, token in enumerate(pieces):
        if token.shape != "mark":
            for last in range(first, min(first + WORDS, len(pieces))):
                if pieces[last].shape != "mark":
                    yield _Span(first, last)


def _spellings(text: str, pieces: Sequence[Token]) -> Iterator[tuple[str, How, float]]:
    yield text, "exact", 1.0
    if len(pieces) == 1 and pieces[0].shape == "quoted":
        yield pieces[0].text, "exact", 1.0
    if len(pieces) == 1 and pieces[0].shape == "date":
        yield from ((form, "date", 1.0) for form in date_forms(text))
    if pieces[-1].shape in {"word", "code"}:
        bare = text.removesuffix("'s").removesuffix("’s").removesuffix("'").removesuffix("’")
        if bare != text:
            yield bare, "exact", 1.0
        if len(pieces) == 1 and len(bare) > 3 and not bare.endswith("s"):
            yield f"{bare}s", "plural", 0.85
        if len(bare) > 3 and bare.endswith("s"):
            yield bare[:-1], "plural", 0.9
            if bare.endswith("ies"):
                yield bare[:-3] + "y", "plural", 0.9
            if bare.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
                yield bare[:-2], "plural", 0.9


def date_forms(text: str) -> Iterator[str]:
    """Yield a date in the forms in which graphs keep dates as text; nothing for what is no whole date.

    >>> list(date_forms("August 1st, 2017"))[:3]
    ['2017-08-01', '01/08/2017', '01/8/2017']
    """
    told = iso(text)
    if told is None or len(told) != len("2017-08-01"):
        return
    year, month, day = told.split("-")
    yield told
    for mark in "/.-":
        for one in dict.fromkeys((day, str(int(day)))):
            for other in dict.fromkeys((month, str(int(month)))):
                yield mark.join((one, other, year))
    yield f"{month}/{day}/{year}"
    yield f"{int(month)}/{int(day)}/{year}"
    yield f"{year}/{month}/{day}"


def _unlike(question: Sequence[Token], between: range, words: frozenset[str]) -> bool:
    """Whether words that say something stand between those of a value."""
    return any(question[at].shape != "mark" and stem(question[at].low) not in words and not is_empty(question[at].low) for at in between)


def _in_part(question: str, facts: Facts, index: ValueIndex) -> Iterator[ValueLink]:
    """Yield values of closed sets of which most words stand near to each other."""
    pieces = facts.tokens
    places: dict[str, list[int]] = {}
    for at, token in enumerate(pieces):
        if token.shape in {"word", "code"} and not is_empty(token.low):
            places.setdefault(stem(token.low), []).append(at)
        elif token.shape == "quoted":
            places |= {stem(word): [at] for word in token.low.split()}
    for listed in index.closed.values():
        for entry in listed:
            words = frozenset(stem(one) for one in entry.value.lower().replace(";", " ").replace(",", " ").split() if not is_empty(one))
            met = sorted(places[one][0] for one in words if one in places)
            if len(words) > 1 and len(met) > 1 and len(met) >= PART * len(words) and not _unlike(pieces, range(met[0], met[-1]), words):
                place = Place(pieces[met[0]].place.start, pieces[met[-1]].place.end)
                if any(within(one.place, place) for one in facts.comparisons):
                    # `crimes with more than one vehicle` are no vehicle crimes.
                    continue
                yield _link(place, question[slice(*place)], entry, round(0.5 + 0.45 * len(met) / len(words), 3), "words")


def _chosen(found: Sequence[ValueLink]) -> list[ValueLink]:
    """Return the links that do not lie within longer or surer ones; all meanings of the same words stay."""
    kept: list[ValueLink] = []
    for place, same in groupby(sorted(found, key=_weight, reverse=True), key=lambda one: one.place):
        if not any(one.place != place and one.place.start < place.end and place.start < one.place.end for one in kept):
            for one in same:
                if not any((one.label, one.property, one.value) == (other.label, other.property, other.value) for other in kept if other.place == place):
                    kept.append(one)
    return sorted(kept, key=lambda one: (one.place, -one.score, one.label, one.property))


def _weight(one: ValueLink) -> tuple[float, Place, float]:
    length = one.place.end - one.place.start
    return (length if one.how in {"exact", "date", "plural"} else length * one.score**2 * 0.8), one.place, one.score


def cue(value: ValueLink, near: Sequence[NameLink], names: Names) -> float:
    """Return what the names beside a value say for its being of this label and property: `the surname Gray`, `officer Gray`."""
    own = max((one.score for one in near if one.kind == "property" and one.name == value.property), default=0.0)
    label = max((one.score for one in near if one.kind == "label" and one.name == value.label), default=0.0)
    other = max(
        (one.score for one in near if one.kind == "property" and one.name != value.property and value.label in names.owners.get(one.name, ())), default=0.0
    )
    return 0.5 * own + 0.3 * label - (0.2 * other if other > own else 0.0)


def beside(place: Place, found: Sequence[NameLink], pieces: Sequence[Token]) -> list[NameLink]:
    """Return the names between which and a place nothing stands that says anything."""
    near = []
    for one in found:
        low, high = (one.place.end, place.start) if one.place.end <= place.start else (place.end, one.place.start)
        between = [token.low for token in pieces if low <= token.place.start < high]
        if low <= high and len(between) <= NEAR and all(is_empty(word) or not word.isalnum() for word in between):
            near.append(one)
    return near


def _open(values: Sequence[ValueLink], facts: Facts, found: Sequence[NameLink], names: Names) -> Iterator[Ambiguity]:
    """Yield words that stand for values of several labels or properties alike, where no name beside them says which."""
    for place, same in groupby(values, key=lambda one: one.place):
        meanings = sorted(same, key=lambda one: (-one.score, one.label, one.property))
        meanings = [one for one in meanings if one.score > meanings[0].score - ALIKE]
        cues = [cue(one, beside(one.place, found, facts.tokens), names) for one in meanings]
        meanings = [one for one, said in zip(meanings, cues, strict=True) if said > max(cues) - ALIKE]
        if len(meanings) > 1:
            yield Ambiguity(place, meanings[0].words, tuple(meanings))


def _missing(facts: Facts, values: Sequence[ValueLink], names: Sequence[NameLink], index: ValueIndex) -> Iterator[Missing]:
    """Yield what looks like a value and is none; the name of a label or a property is not looked at, in capitals as it may be."""
    literal = {one.place for one in names if one.kind in {"label", "property"} and one.score >= OWN and one.words[:1].isupper()}
    literal |= {one.place for one in facts.tokens if index.names.literal(one) is not None}
    for told in facts.values:
        inside = any(one.place.start < told.place.end and told.place.start < one.place.end for one in values)
        if told.kind in {"quoted", "code", "name"} and not told.soft and not inside and told.place not in literal:
            near = index.nearest(str(told.text))
            parts = [] if told.kind == "code" else index.with_words(str(told.text))
            found = [_link(told.place, told.text, one, PARTLY if len(parts) == 1 else BUT_ONE, "words") for one in parts[:SOME]]
            links = [*found, *(_link(told.place, told.text, one.entry, one.score, "letters") for one in near if one.entry not in parts)]
            yield Missing(told.place, told.text, tuple(links))


def _link(place: Place, words: str, entry: Entry, score: float, how: How) -> ValueLink:
    return ValueLink(place, words, entry.label, entry.property, entry.value, entry.count, score, how)
