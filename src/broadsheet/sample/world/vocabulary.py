"""The words of the world, read once from three tables beside this file."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Theme(NamedTuple):
    """A theme, which is also a category: its name, its field, and the key of its words."""

    name: str
    field: str
    vocabulary: str


@cache
def table(stem: str) -> dict[str, Any]:
    """Read `stem.toml` of this package."""
    return tomllib.loads((files("broadsheet.sample.world") / f"{stem}.toml").read_text(encoding="utf-8"))


@cache
def themes() -> tuple[Theme, ...]:
    """Return all themes in order."""
    return tuple(Theme(**entry) for entry in table("themes")["theme"])


@cache
def twins() -> tuple[int, ...]:
    """Return for each theme the row of its twin, the other theme with the same words, or its own row.

    >>> [themes()[twin].name for theme, twin in zip(themes(), twins()) if theme.name == "fog-harvesting"]
    ['mist-gathering']
    """
    found = []
    for row, theme in enumerate(themes()):
        same = [other for other, t in enumerate(themes()) if t.vocabulary == theme.vocabulary and other != row]
        found.append(same[0] if same else row)
    return tuple(found)


def finance() -> int:
    """Return the row of the theme about money at home."""
    return next(row for row, theme in enumerate(themes()) if theme.vocabulary == "purse")
