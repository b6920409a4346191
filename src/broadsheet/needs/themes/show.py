"""Themes in lines for a terminal."""

from collections.abc import Iterator

from broadsheet.needs.cells import Count
from broadsheet.needs.themes.run import Theme, Themes

# So many levels of a theme are told in a line, those that most of its people speak of.
LEVELS = 2


def lines(found: Themes, *, every: bool = False) -> Iterator[str]:
    """Yield the themes that are found again, or all, and what that rests on."""
    told = found.themes if every else found.shown
    yield (
        f"{len(found.themes):,} themes of {found.posts:,} posts by {_count(found.people)} people{', by how many come again' if found.chosen else ''}: "
        f"{found.again:.0%} of their words come again, {found.chance:.0%} where words are dealt out by lot."
    )
    for theme in told:
        yield f"{theme.stability:.2f}{'' if theme.stable else ' not stable'}  {', '.join(theme.words)}  ({_count(theme.people)} people{_levels(theme)})"
    if len(told) < len(found.themes):
        yield f"{len(found.themes) - len(told):,} more do not come again, or are of too few people; --all shows them."


def _levels(theme: Theme) -> str:
    most = sorted((one for one in theme.levels if one.share), key=lambda one: -(one.share or 0.0))[:LEVELS]
    return "".join(f"; {one.level} {one.share:.0%} ({one.low:.0%} to {one.high:.0%})" for one in most)


def _count(people: Count) -> str:
    return people if isinstance(people, str) else f"{people:,}"
