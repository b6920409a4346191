"""What is known of a question's words before it is drafted: values that they may mean, and what must be asked back."""

from collections.abc import Iterable, Sequence

from broadsheet.ask.link.linker import link
from broadsheet.ask.link.links import Ambiguity, ValueLink
from broadsheet.ask.loop.records import Option
from broadsheet.ask.loop.tools import Tools
from broadsheet.ask.write.schema_text import roots
from broadsheet.ask.write.writer import Asking

# Names that are so much less like a word than the likest are still told.
AS_NEAR = 0.1
# Words that say nothing of which meaning is meant.
SMALL = roots("I meant mean the a an one of it is this that please yes right correct and thing was were actually really rather well sorry think")


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
    return Option(words=one.words, meaning=_meaning(one), count=one.count, place=tuple(one.place), link=_triple(one))


def _meaning(one: ValueLink) -> str:
    return f"the {one.property} {one.value!r} of {one.label}"


def spellings(asking: Asking) -> tuple[Option, ...]:
    """Return the values that the first name which nothing has may be a slip of, the likeliest first; none where none is like it."""
    for one in asking.links.missing:
        best = max((near.score for near in one.nearest), default=0.0)
        near = [each for each in one.nearest if best - each.score <= AS_NEAR]
        if near:
            return tuple(spelling(one.words, tuple(one.place), each) for each in near)
    return ()


def spelling(words: str, place: tuple[int, int], meant: ValueLink) -> Option:
    """Return a value as what is meant by words at a place of the question that are spelt otherwise."""
    return Option(words=words, meaning=_meaning(meant), count=meant.count, place=place, link=("", "", meant.value))


def is_spelling(one: Option) -> bool:
    """Whether an option says how words of the question are spelt."""
    return not one.query and not one.link[0]


def respelt(words: str, question: str, tools: Tools) -> Option | None:
    """Return the value that words name for a name in a question which nothing has; None where they name none."""
    named, missing = link(words, tools.index).values, link(question, tools.index).missing
    return spelling(missing[0].words, tuple(missing[0].place), named[0]) if named and missing else None


def spelt(question: str, chosen: Iterable[Option]) -> tuple[str, tuple[Option, ...]]:
    """Return a question with its words spelt as was chosen, and the other choices where they stand then.

    >>> slip = Option(words="Hnna", meaning="", place=(10, 14), link=("", "", "Hanna"))
    >>> spelt("Papers by Hnna?", [slip])
    ('Papers by Hanna?', ())
    """
    kept: list[Option] = []
    for one in chosen:
        if not is_spelling(one):
            kept.append(one)
            continue
        start, end = one.place
        more = len(one.link[2]) - (end - start)
        question = question[:start] + one.link[2] + question[end:]
        kept = [each.model_copy(update={"place": (each.place[0] + more, each.place[1] + more)}) if each.place[0] >= end else each for each in kept]
    return question, tuple(kept)


def meant(words: str, options: Sequence[Option]) -> int | None:
    """Return the number of the one meaning that words name best, by its label, its property or what it changes; None where they name none or several alike, or say more.

    >>> film, person = (Option(words="Gravel", meaning="", link=(label, key, "Gravel")) for label, key in (("Film", "title"), ("Person", "name")))
    >>> meant("I meant the film", [film, person]), meant("the other one", [film, person]), meant("sort by film", [film, person])
    (1, None, None)
    """
    said = roots(words) - SMALL
    if len(options) == 1 and not said:
        return 1
    texts = [roots(f"{' '.join(one.link[:2])} {one.meaning}") for one in options]
    named = [len(said & roots(" ".join(one.link[:2]) if one.link[0] else one.meaning)) for one in options]
    best = max(named, default=0)
    at = named.index(best) if best and named.count(best) == 1 else -1
    return at + 1 if at >= 0 and said <= texts[at] | roots(options[at].words) else None


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
