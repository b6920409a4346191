"""What categories are called when a model is asked about them: by their names, by each other's names, or by codes that say nothing."""

import html
import re
from collections.abc import Sequence
from enum import StrEnum

from broadsheet.core.seeds import generator

_TAG = re.compile(r"<[^>]*>")


class Naming(StrEnum):
    """What stands for a category: its own name, that of another (a fixed permutation), or a code. Only the first has a meaning; the others are controls."""

    NAMES = "names"
    SHUFFLED = "shuffled"
    IDS = "ids"


def named(categories: Sequence[str], naming: Naming = Naming.NAMES, seed: int = 0) -> tuple[str, ...]:
    """Return what each category is called: distinct, not empty, on one line, never a bare number.

    >>> named(["Crime", " Crime", "7", ""])
    ('Crime', 'Crime (2)', 'category 7', 'unnamed')
    >>> named(["Crime", "Poems"], Naming.IDS)
    ('code-aa', 'code-ab')
    >>> sorted(named(["Crime", "Poems"], Naming.SHUFFLED, seed=1))
    ['Crime', 'Poems']
    """
    if naming is Naming.IDS:
        return tuple(f"code-{_letters(place)}" for place in range(len(categories)))
    plain = _distinct([_plain(name) for name in categories])
    if naming is Naming.NAMES:
        return plain
    order = generator(seed, "plan", "names").permutation(len(plain))
    return tuple(plain[place] for place in order.tolist())


def _plain(name: str) -> str:
    bare = " ".join(html.unescape(_TAG.sub(" ", name)).split()) or "unnamed"
    return bare if any(letter.isalpha() for letter in bare) else f"category {bare}"


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names, those that stand there again numbered in their order."""
    given: set[str] = set()
    made = []
    for name in names:
        called, number = name, 1
        while called.casefold() in given:
            number += 1
            called = f"{name} ({number})"
        given.add(called.casefold())
        made.append(called)
    return tuple(made)


def _letters(place: int) -> str:
    """Write a number in letters, two at least."""
    text = ""
    while place or len(text) < 2:
        place, rest = divmod(place, 26)
        text = chr(ord("a") + rest) + text
    return text
