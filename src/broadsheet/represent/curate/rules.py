"""Turns by rule: what a picture's texts say is asked of the picture, and nothing that they do not say."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.represent.muco.schema import Turn, normalised
from broadsheet.represent.pictures.labelled import Labelled


class Rule(NamedTuple):
    """A kind of turn, ways of asking for it, and the answers a picture's texts hold."""

    kind: str
    queries: tuple[str, ...]
    answers: Callable[[Labelled], Sequence[str]]


def _kinds(row: Labelled) -> list[str]:
    return [row.category[-1]] if row.category else []


def _words(row: Labelled) -> list[str]:
    return [row.text] if row.text != row.title else []


RULES = (
    Rule("class", ("Of which kind is it?", "Which shelf does this picture belong on?", "Name its category."), _kinds),
    Rule("retrieval", ("Find the title of this picture.", "What is the picture called?", "Which caption goes with it?"), lambda row: [row.title]),
    Rule("global", ("What does the picture show?", "Describe it in a sentence.", "Say what it is about."), lambda row: [row.description]),
    Rule("creative", ("Which words would somebody search it with?", "Give it a caption with key words.", "Under which words should it be filed?"), _words),
    Rule("local", ("Name one thing about it.", "Which word fits it?", "Point out a detail."), lambda row: row.keywords),
)


class Turned(NamedTuple):
    """Turns of a picture, and how many answers stood twice and were left out."""

    turns: tuple[Turn, ...]
    doubles: int


def turns_by_rule(row: Labelled, rng: np.random.Generator, most: int = 7) -> Turned:
    """Make at most `most` turns of a picture, each with an answer of its own; of the ways of asking one is drawn.

    >>> turned = turns_by_rule(Labelled("a.png", "Cat", ("pet",), ("animals",)), np.random.default_rng(0))
    >>> [(turn.kind, turn.target) for turn in turned.turns]
    [('class', 'animals'), ('retrieval', 'Cat'), ('creative', 'Cat: pet'), ('local', 'pet')]
    """
    made: dict[str, Turn] = {}
    doubles = 0
    sentence = row.description or row.text
    for rule in RULES:
        for answer in rule.answers(row):
            if not normalised(answer):
                continue
            query = rule.queries[int(rng.integers(len(rule.queries)))]
            if normalised(answer) in made:
                doubles += 1
            else:
                made[normalised(answer)] = Turn(query=query, target=answer, kind=rule.kind, query_sentence=f"{sentence} {query}")
    return Turned(tuple(made.values())[:most], doubles)
