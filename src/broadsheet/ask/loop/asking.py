"""What is known of a question's words before it is drafted: values that they may mean, and what must be asked back."""

from collections.abc import Iterable, Sequence

from broadsheet.ask.link.linker import link
from broadsheet.ask.link.links import Ambiguity, ValueLink
from broadsheet.ask.loop.records import Option
from broadsheet.ask.loop.tools import Tools
from broadsheet.ask.write.schema_text import roots
from broadsheet.ask.write.writer import Asking


def options_of(question: str, tools: Tools, chosen: Iterable[Option]) -> tuple[Option, ...]:
    """Return the meanings of the first words of a question that have several and were not chosen between, most nodes first; none where nothing is open."""
    closed = {one.place for one in chosen}
    for one in link(question, tools.index).ambiguities:
        if tuple(one.place) not in closed:
            return tuple(_option(meaning) for meaning in _meanings(one))
    return ()


def _meanings(one: Ambiguity) -> list[ValueLink]:
    return sorted(one.meanings, key=lambda meaning: (-meaning.score, -meaning.count, meaning.label, meaning.property))


def _option(one: ValueLink) -> Option:
    meaning = f"the {one.property} {one.value!r} of {one.label}"
    return Option(words=one.words, meaning=meaning, count=one.count, place=tuple(one.place), link=_triple(one))


def meant(words: str, options: Sequence[Option]) -> int | None:
    """Return the number of the one meaning that words name best, by its label, its property or what it changes; None where they name none or several alike.

    >>> film, person = (Option(words="Gravel", meaning="", link=(label, key, "Gravel")) for label, key in (("Film", "title"), ("Person", "name")))
    >>> meant("I meant the film", [film, person]), meant("the other one", [film, person])
    (1, None)
    """
    said = roots(words)
    named = [len(said & roots(" ".join(one.link[:2]) if one.link[0] else one.meaning)) for one in options]
    best = max(named, default=0)
    return named.index(best) + 1 if best and named.count(best) == 1 else None


def asking_of(question: str, tools: Tools, chosen: tuple[Option, ...]) -> Asking:
    """Return a question with what its words are linked to: where the person chose a meaning, that one alone."""
    found = link(question, tools.index)
    meant = {one.place: one.link for one in chosen}
    values = tuple(one for one in found.values if meant.get(tuple(one.place), _triple(one)) == _triple(one))
    hints = [f"{one.words} means {one.meaning}" for one in chosen]
    hints += [_hint(one) for one in values if tuple(one.place) not in meant]
    ambiguities = tuple(one for one in found.ambiguities if tuple(one.place) not in meant)
    return Asking(question, found._replace(values=values, ambiguities=ambiguities), tuple(dict.fromkeys(hints)))


def _triple(one: ValueLink) -> tuple[str, str, str]:
    return one.label, one.property, one.value


def _hint(one: ValueLink) -> str:
    return f"{one.words} may mean the {one.property} {one.value!r} of {one.label} ({one.count} node{'' if one.count == 1 else 's'})"
