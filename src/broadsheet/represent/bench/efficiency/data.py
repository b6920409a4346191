"""Examples of many turns from pictures with texts, and unseen families to test on."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import ImageError, RecordError
from broadsheet.core.images import check_image
from broadsheet.core.seeds import generator
from broadsheet.represent.muco.schema import Example, Turn, normalised
from broadsheet.represent.pictures.families import split_families
from broadsheet.represent.pictures.labelled import Labelled

# What is asked of an unseen picture: its title with its keywords.
TESTED = "which words describe it"


class Data(NamedTuple):
    """Examples to train on, pictures to test on with their texts, and how many pictures were left out."""

    train: list[Example]
    test: list[tuple[str, str]]
    left_out: int


def turns_of(row: Labelled) -> tuple[Turn, ...]:
    """Return what can be asked of a picture: its words, name, kind and description, and each keyword; each answer once.

    >>> [turn.target for turn in turns_of(Labelled("a.png", "Cat", ("pet", "cat"), ("animals",)))]
    ['Cat: pet', 'Cat', 'animals', 'pet']
    """
    asked = [(TESTED, row.text, "global"), ("what is its name", row.title, "retrieval")]
    asked += [("of which kind is it", row.category[-1], "class")] if row.category else []
    asked += [("what is said of it", row.description, "global")] if row.description else []
    asked += [("give one word for it", word, "local") for word in row.keywords]
    made: dict[str, Turn] = {}
    for query, target, kind in asked:
        if normalised(target):
            made.setdefault(normalised(target), Turn(query=query, target=target, kind=kind))
    return tuple(made.values())


def make_data(rows: Sequence[Labelled], root: Path, *, turns: int, seed: int, most: int, tested: int) -> Data:
    """Split by family; train on at most `most` pictures with `turns` answers or more, test on one picture of unseen families.

    Titles of the test are distinct. Raises RecordError where too few pictures have so many answers.
    """
    rich = [row for row in rows if len(turns_of(row)) >= turns]
    split = split_families(rich, seed, tested=tested, validated=0)
    order = generator(seed, "efficiency").permutation(len(split.train))
    chosen = [rich[split.train[int(place)]] for place in order]
    good = [row for row in chosen if _readable(root / row.image)][:most]
    test = [(row.image, row.text) for row in (rich[place] for place in split.test) if _readable(root / row.image)]
    if len(good) < 2:
        raise RecordError(f"{len(good)} pictures have {turns} answers and can be read.", "Give more pictures, or fewer turns.")
    train = [Example(id=row.image, image=row.image, turns=turns_of(row)) for row in good]
    return Data(train, test, len(chosen) + len(split.test) - len(test) - sum(_readable(root / row.image) for row in chosen))


def _readable(path: Path) -> bool:
    try:
        check_image(path)
    except ImageError:
        return False
    return True
