"""Examples from what is at hand: a catalogue's items, and which examples have pictures that can be read."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.errors import ImageError
from broadsheet.core.images import check_image
from broadsheet.core.schema import Item
from broadsheet.represent.muco.schema import Example, Turn


def catalogue_examples(catalogue: Catalogue, *, pictures: bool) -> list[Example]:
    """Make an example of each item that has something to ask: its text or its first picture shown, the rest asked.

    With `pictures` the first picture of an item that has one is shown, and its title, text, categories and attributes are turns.
    Else the text is shown (the title where there is none), and the others are turns. An item with a single field gives none.
    """
    made = []
    for item in catalogue:
        image = item.images[0] if pictures and item.images else None
        shown = "" if image else item.text.strip() or item.title
        turns = tuple(turn for turn in _turns(item) if turn.target != shown)
        if turns:
            made.append(Example(id=item.id, text=shown, image=image, turns=turns))
    return made


def _turns(item: Item) -> list[Turn]:
    said = [("What is its name?", item.title, "retrieval"), ("What is said of it?", item.text.strip(), "global")]
    said += [("Of which kind is it?", ", ".join(item.categories), "class")]
    said += [(f"What is its {name.replace('_', ' ')}?", str(value), "local") for name, value in item.attributes.items() if isinstance(value, (str, int, float))]
    return [Turn(query=query, target=target, kind=kind) for query, target, kind in said if target.strip()]


class Readable(NamedTuple):
    """Examples whose pictures can be read, and by id the two lines of those that cannot."""

    examples: list[Example]
    faults: dict[str, str]


def readable(examples: Sequence[Example], root: Path) -> Readable:
    """Part examples by whether every picture of theirs can be read; headers alone are read here, once for each picture."""
    found: dict[str, str] = {}
    good: list[Example] = []
    faults: dict[str, str] = {}
    for example in examples:
        wrong = ""
        for key in dict.fromkeys(key for key in (example.image, *(turn.target_image for turn in example.turns)) if key):
            if key not in found:
                found[key] = _fault(root / key)
            wrong = wrong or found[key]
        if wrong:
            faults[example.id] = wrong
        else:
            good.append(example)
    return Readable(good, faults)


def _fault(path: Path) -> str:
    try:
        check_image(path)
    except ImageError as error:
        return str(error)
    return ""
