"""Turns by rule: what is said of a picture is asked of the picture, and nothing that is not said."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from broadsheet.core.seeds import generator
from broadsheet.represent.curate.entry import Entry
from broadsheet.represent.muco.schema import KINDS, Example, Turn, normalised

# Words that tell nothing: a description of a title and these repeats the title.
EMPTY = frozenset("a an and at by image in is it of on photo picture the this to with".split())
LANGUAGES = {
    "fr": "French",
    "de": "German",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "ru": "Russian",
    "ja": "Japanese",
    "zh_CN": "Chinese",
    "ko": "Korean",
}
KEYWORDS = 2
TRANSLATED = 2


class Rule(Protocol):
    """Makes turns of an entry; what is drawn is drawn from `rng` alone. An entry that lacks what the rule asks for gives none."""

    def __call__(self, entry: Entry, rng: np.random.Generator) -> Sequence[Turn]:
        """Return the turns of an entry, of any number."""
        ...


class Answer(NamedTuple):
    """An answer that an entry holds, and what `{about}` in its question stands for."""

    target: str
    about: str = ""


@dataclass(frozen=True)
class Asking:
    """The rule of this module: for each answer of an entry one of several wordings, no wording twice while there are others.

    Of more than `most` answers so many are drawn, in their order.
    """

    kind: str
    wordings: tuple[str, ...]
    answers: Callable[[Entry], Sequence[Answer]]
    most: int = 8

    def __call__(self, entry: Entry, rng: np.random.Generator) -> list[Turn]:
        """Return a turn for each answer."""
        found = [answer for answer in self.answers(entry) if normalised(answer.target)]
        drawn = sorted(rng.permutation(len(found))[: self.most].tolist())
        order = rng.permutation(len(self.wordings)).tolist()
        turns = []
        for number, place in enumerate(drawn):
            query = self.wordings[order[number % len(order)]].format(about=found[place].about)
            turns.append(Turn(query=query, target=found[place].target, kind=self.kind, query_sentence=f"{entry.caption} {query}"))
        return turns


def adds(text: str, title: str) -> bool:
    """Tell whether a text says a word that the title does not.

    >>> adds("A picture of the Moon.", "moon"), adds("The full moon.", "moon")
    (False, True)
    """
    said, known = (set(re.findall(r"\w+", normalised(part))) for part in (text, title))
    return bool(said - known - EMPTY)


def _kind(entry: Entry) -> list[Answer]:
    return [Answer(entry.categories[-1])] if entry.categories else []


def _section(entry: Entry) -> list[Answer]:
    return [Answer(entry.categories[0])] if len(entry.categories) > 1 else []


def _description(entry: Entry) -> list[Answer]:
    return [Answer(entry.description)] if adds(entry.description, entry.title) else []


def _keywords(entry: Entry) -> list[Answer]:
    return [Answer(word) for word in entry.keywords if adds(word, entry.title)]


def _filed(entry: Entry) -> list[Answer]:
    return [Answer(", ".join(entry.keywords))] if len(entry.keywords) > 1 else []


def _attributes(entry: Entry) -> list[Answer]:
    return [Answer(value, name.replace("_", " ")) for name, value in entry.attributes.items()]


def _translations(entry: Entry) -> list[Answer]:
    return [Answer(text, LANGUAGES[code]) for code, text in entry.titles.items() if code in LANGUAGES]


RULES: tuple[Rule, ...] = (
    Asking("class", ("Of which kind is it?", "Which shelf does this belong on?", "Name its category."), _kind),
    Asking("retrieval", ("What is this called?", "Find its title.", "Which name goes with it?"), lambda entry: [Answer(entry.title)]),
    Asking("global", ("What is to be seen here?", "Describe it in a sentence.", "Say what it is about."), _description),
    Asking("local", ("What is its {about}?", "Tell its {about}.", "Which {about} does it have?"), _attributes),
    Asking("creative", ("Under which words should it be filed?", "Which words would somebody search for it with?", "Give it key words."), _filed),
    Asking("local", ("Name one thing about it.", "Which word fits it?", "Point out a detail."), _keywords, KEYWORDS),
    Asking("class", ("In which department is it found?", "Which wider group is it part of?"), _section),
    Asking("retrieval", ("What is it called in {about}?", "Find its {about} title.", "Name it in {about}."), _translations, TRANSLATED),
)


class Turned(NamedTuple):
    """Turns of an entry, and how many were left out because their answer was another turn's already."""

    turns: tuple[Turn, ...]
    doubles: int


def turns_by_rule(entry: Entry, rng: np.random.Generator, most: int = 7, rules: Sequence[Rule] = RULES) -> Turned:
    """Make at most `most` turns of an entry, each with an answer of its own that is not shown already.

    Where there are more, each kind in turn gives its next one.

    >>> turned = turns_by_rule(Entry(id="a.png", image="a.png", title="Cat", keywords=("pet",), categories=("animals",)), np.random.default_rng(0))
    >>> [(turn.kind, turn.target) for turn in turned.turns]
    [('class', 'animals'), ('retrieval', 'Cat'), ('local', 'pet')]
    """
    return chosen([turn for rule in rules for turn in rule(entry, rng)], entry.shown, most)


def chosen(turns: Sequence[Turn], shown: str, most: int) -> Turned:
    """Choose at most `most` turns with answers that differ, as compared, from each other and from the text shown."""
    seen = {answer_key(shown)} if shown else set()
    distinct: list[Turn] = []
    for turn in turns:
        key = answer_key(turn.target) or f"picture {turn.target_image}"
        if key not in seen:
            seen.add(key)
            distinct.append(turn)
    rank: dict[str, int] = dict.fromkeys((*KINDS, *(turn.kind for turn in distinct)), 0)
    places = []
    for place, turn in enumerate(distinct):
        places.append((rank[turn.kind], place))
        rank[turn.kind] += 1
    kept = sorted(place for _, place in sorted(places)[:most])
    return Turned(tuple(distinct[place] for place in kept), len(turns) - len(distinct))


def answer_key(text: str) -> str:
    """Return a text as answers are compared: as `normalised`, without marks at its ends.

    >>> answer_key("A clock.") == answer_key("a  clock")
    True
    """
    return normalised(text).strip(" .!?,;:\"'")


def examples_by_rule(entries: Iterable[Entry], seed: int = 0, most: int = 7, rules: Sequence[Rule] = RULES) -> list[Example]:
    """Return an example of each entry that has a turn, wordings drawn by `seed`."""
    made = []
    for entry in entries:
        turns = turns_by_rule(entry, generator(seed, "curate", entry.id), most, rules).turns
        if turns:
            made.append(Example(id=entry.id, text=entry.shown, image=entry.image, turns=turns))
    return made
