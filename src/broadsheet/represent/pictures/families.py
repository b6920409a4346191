"""Families of drawings, so that a drawing's variants never stand on both sides of a split."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from broadsheet.core.component import unit
from broadsheet.core.errors import RecordError
from broadsheet.core.seeds import generator
from broadsheet.represent.muco.schema import normalised
from broadsheet.represent.pictures.labelled import Labelled

# A larger family is a collection's name, not a drawing: it is thinned to so many and never tested on.
GIANT = 60
# Families that are tested on have at most so many members.
MOST_TESTED = 8
NEAR = 0.97
CUT = 22
# Words that tell variants of one drawing apart.
VARIANT = frozenset(
    """a an the of in on with and red green blue yellow orange purple pink brown black white grey gray seagreen cyan magenta violet dark light silver gold
    golden teal bw colour color rouge bleu vert jaune noir left right up down top bottom upper lower north south east west corner side front back small
    large big little simple""".split()
)
# So many of the other words, from the left, name the drawing.
NAMING = 2


class Split(NamedTuple):
    """Rows of a manifest by part; tests and validation hold one row a family, no family stands in two parts."""

    train: list[int]
    validation: list[int]
    test: list[int]


def families(rows: Sequence[Labelled]) -> list[int]:
    """Return the family of each row, numbered in order of first sight.

    Rows belong together if titles, or files' stems, begin with the same two words, those that tell variants apart left out
    (colours, sides, sizes, numbers, small words); and so do rows that a third one joins.

    >>> families([Labelled("a/cat_01.png", "Cat"), Labelled("b/tom.png", "red cat 2"), Labelled("c/dog.png", "Dog")])
    [0, 0, 1]
    """
    parent = list(range(len(rows)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[str, int] = {}
    for row, labelled in enumerate(rows):
        for key in _keys(labelled):
            parent[root(row)] = root(first.setdefault(key, row))
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(row), len(numbers)) for row in range(len(rows))]


def _keys(labelled: Labelled) -> set[str]:
    """Return what a row is known by: the first naming words of its title and of its file's stem."""
    stem = re.sub(r"[\W_\d]*$", "", PurePosixPath(labelled.image).stem.lower())
    # A long stem was cut, and what was cut last is the artist's name.
    stem = stem.rpartition("_")[0] if len(stem) >= CUT and "_" in stem else stem
    words = (re.sub(r"[\W_\d]+", " ", text).split() for text in (normalised(labelled.title), stem))
    return {"".join([word for word in of if len(word) > 1 and word not in VARIANT][:NAMING]) for of in words} - {""}


def split_families(rows: Sequence[Labelled], seed: int, *, tested: int = 500, validated: int = 250) -> Split:
    """Split by family: `tested` and `validated` families with one row each, the others' rows for training, giants thinned.

    Titles of the test are distinct, letters in one case. Raises RecordError where there are too few families.
    """
    family = families(rows)
    members: dict[int, list[int]] = {}
    for row, number in enumerate(family):
        members.setdefault(number, []).append(row)
    rng = generator(seed, "families")
    small = [number for number, of in members.items() if len(of) <= MOST_TESTED]
    if len(small) < tested + validated + 2:
        raise RecordError(
            f"There are {len(small)} families of at most {MOST_TESTED} pictures; a split needs {tested + validated + 2}.",
            "Give more pictures, or ask for a smaller test.",
        )
    order = [small[int(place)] for place in rng.permutation(len(small))]
    held = order[: tested + validated]
    one = {number: members[number][int(rng.integers(len(members[number])))] for number in held}
    train = [row for number, of in members.items() if number not in one for row in _thinned(of, rng)]
    return Split(sorted(train), sorted(one[n] for n in held[tested:]), sorted(one[n] for n in held[:tested]))


def _thinned(rows: list[int], rng: np.random.Generator) -> list[int]:
    return rows if len(rows) <= GIANT else sorted(int(row) for row in rng.choice(rows, GIANT, replace=False))


def without_near_copies(split: Split, vectors: np.ndarray, near: float = NEAR) -> Split:
    """Drop from test and validation what has a neighbour in training nearer than `near`; `vectors` `[N, d]` are the tower's."""

    def apart(part: list[int]) -> list[int]:
        close = nearest(vectors[part], vectors[split.train]) > near
        return [row for row, copy in zip(part, close, strict=True) if not copy]

    return split._replace(validation=apart(split.validation), test=apart(split.test))


def nearest(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return each row's cosine with the nearest of the others, `[N, d]` and `[M, d]` to `[N]`; 0 where there are none.

    >>> nearest(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    if not len(vectors) or not len(others):
        return np.zeros(len(vectors))
    left, right = (unit(rows) for rows in (vectors, others))
    return (left @ right.T).max(axis=1)


def sizes(rows: Sequence[Labelled]) -> Counter[int]:
    """Return how many families there are of each size."""
    return Counter(Counter(families(rows)).values())
