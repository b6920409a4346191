"""Which examples have pictures that can be read."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import ImageError
from broadsheet.core.images import check_image
from broadsheet.represent.muco.schema import Example


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
