"""One announcement a paper a day, whichever lists carried it and however often."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from broadsheet.core.schema import Announce, Announcement, Item

# A paper that one list calls new and another calls crossed or replaced is new that day.
_FIRST = [Announce.WITHDRAWN, Announce.NEW, Announce.CROSS, Announce.REPLACE, Announce.REPLACE_CROSS]

# Values of so many letters together are told beside each other.
SHORT = 60
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


def again(announcements: Iterable[Announcement], *, by_day: bool = True) -> Iterator[tuple[Announcement, Announcement]]:
    """Yield each record that is merged into another, behind the first of the same."""
    first: dict[tuple[object, str], Announcement] = {}
    for one in announcements:
        held = first.setdefault((one.item.announced if by_day else None, one.item.id), one)
        if held is not one:
            yield held, one


def differences(first: Item, second: Item) -> list[str]:
    """Return what a record says otherwise than the first of the same id, a few words each.

    >>> differences(Item(id="a", title="Viol", attributes={"price": 7}), Item(id="a", title="Viol", attributes={"price": 9, "stock": 1}))
    ['price 9 and not 7']
    """
    told = {"title": (first.title, second.title), "text": (first.text, second.text)}
    told |= {name.replace("_", " "): (first.attributes[name], value) for name, value in second.attributes.items() if name in first.attributes}
    return [
        f"{name} {other} and not {one}" if len(f"{one}{other}") <= SHORT else f"another {name}"
        for name, (one, other) in told.items()
        if other and one and one != other
    ]


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
