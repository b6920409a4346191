"""One announcement a paper a day, whichever lists carried it and however often."""

from collections import defaultdict
from collections.abc import Iterable

from broadsheet.core.schema import Announce, Announcement

# A paper that one list calls new and another calls crossed or replaced is new that day.
_FIRST = [Announce.WITHDRAWN, Announce.NEW, Announce.CROSS, Announce.REPLACE, Announce.REPLACE_CROSS]

_FILLED = ("text", "url", "creators", "images", "published")


def merge(announcements: Iterable[Announcement], *, by_day: bool = True) -> list[Announcement]:
    """Merge announcements of the same paper on the same day, in the order of the first of each; all of the same paper, where days do not part them.

    The record of the highest version stands, and of one version the first, with what it leaves
    empty as another has it; lists and categories are joined; of several kinds
    the first of withdrawn, new, cross, replace, replace-cross holds. Papers are told apart by
    id, never by title.
    """
    merged: dict[tuple[object, str], Announcement] = {}
    for announcement in announcements:
        key = (announcement.item.announced if by_day else None, announcement.item.id)
        merged[key] = _joined(merged[key], announcement) if key in merged else announcement
    return list(merged.values())


def first_announced(announcements: Iterable[Announcement]) -> tuple[Announcement, ...]:
    """Return each paper once, as it was first announced, in the order of labels; those without a label are left out."""
    first: dict[str, Announcement] = {}
    for announcement in sorted((a for a in announcements if a.item.announced is not None), key=lambda a: str(a.item.announced)):
        first.setdefault(announcement.item.id, announcement)
    return tuple(first.values())


def rows_by_author(announcements: Iterable[Announcement]) -> dict[str, list[int]]:
    """Return for each author the rows of their papers, in the order given."""
    found: dict[str, list[int]] = defaultdict(list)
    for row, announcement in enumerate(announcements):
        for name in dict.fromkeys(announcement.item.creators):
            found[name].append(row)
    return found


def _joined(first: Announcement, second: Announcement) -> Announcement:
    newer, older = (second, first) if second.item.version > first.item.version else (first, second)
    categories = tuple(dict.fromkeys((*newer.item.categories, *older.item.categories)))
    attributes = {**older.item.attributes, **newer.item.attributes}
    lacking = [name for name in _FILLED if not getattr(newer.item, name)] if newer.item.version == older.item.version else []
    filled = {name: getattr(older.item, name) for name in lacking}
    earlier = [e for e in (first.earlier, second.earlier, older.item) if e is not None and e.version < newer.item.version]
    return Announcement(
        item=newer.item.model_copy(update={"categories": categories, "attributes": attributes, **filled}),
        kind=min(first.kind, second.kind, key=_FIRST.index),
        lists=tuple(dict.fromkeys((*first.lists, *second.lists))),
        earlier=max(earlier, key=lambda item: item.version, default=None),
    )
