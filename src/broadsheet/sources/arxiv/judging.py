"""Whether what a feed says of a list is that list's day: by the listing's date and numbers, else by the numbers of other lists."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from broadsheet.core.schema import Announce, Announcement, ListDay
from broadsheet.sources.arxiv.ids import as_arxiv_id
from broadsheet.sources.arxiv.listing import Listing
from broadsheet.sources.arxiv.outcome import DayState

_ARRIVES = {Announce.NEW, Announce.CROSS}
_SECTIONS = {"new": Announce.NEW, "cross": Announce.CROSS, "replacement": Announce.REPLACE}


class Known(NamedTuple):
    """What is known from elsewhere: the highest number announced before the label, and the lowest that other lists announce as new on it."""

    before: str = ""
    others: str = ""


class Judged(NamedTuple):
    """A list's state, what is kept of it, the ids that the listing names and the feed does not bring, and under which heading each id stands."""

    day: ListDay
    announcements: tuple[Announcement, ...]
    missing: tuple[str, ...] = ()
    kinds: Mapping[str, Announce] = {}


def on_list(announcement: Announcement, name: str) -> bool:
    """Tell whether a paper belongs to a list by its categories; the list of an archive has all of its classes.

    A paper whose categories are not told belongs to the lists that the source names.
    """
    return any(category == name or category.startswith(f"{name}.") for category in announcement.item.categories or announcement.lists)


def order(identity: str) -> tuple[int, str]:
    """Return a key by which ids stand in the order in which arXiv gave them; an old one comes before all others.

    >>> sorted(["2602.00010", "math/0309136", "2601.99999"], key=order)
    ['math/0309136', '2601.99999', '2602.00010']
    """
    return (0 if "/" in identity else 1, identity)


def new_ids(announcements: Iterable[Announcement], name: str = "") -> list[str]:
    """Return the ids of what is announced as new, with a number of its own, in order; with `name`, of papers that were submitted to that list."""
    found = (a.item for a in announcements if a.kind is Announce.NEW and as_arxiv_id(a.item.id) and (not name or on_list(_primary(a), name)))
    return sorted({item.id for item in found}, key=order)


def judge(name: str, label: date, served: Sequence[Announcement], listing: Listing | None, known: Known) -> Judged:
    """Judge what a feed serves of one list on a label. Without a listing nothing can be counted, and the list is incomplete at best."""
    if listing is None:
        return _uncounted(name, label, served, known, "its listing could not be read, so nothing could be counted")
    if listing.label < label:
        return _earlier(name, label, served, known, listing)
    if listing.label > label:
        return _uncounted(name, label, served, known, f"its listing has gone on to {listing.label}")
    # A page that counts a paper twice shows it twice.
    if listing.total in {len(listing.ids), len({key for key, _ in listing.ids})}:
        return _named(name, label, served, listing)
    return _counted(name, label, served, listing, known)


def _named(name: str, label: date, served: Sequence[Announcement], listing: Listing) -> Judged:
    """Judge by the very papers that the listing names."""
    kinds = {key: _SECTIONS[section] for key, section in reversed(listing.ids)}
    by_id = {a.item.id: a for a in sorted(served, key=lambda a: a.item.version)}
    kept = tuple(_placed(by_id[key], name, label, kind) for key, kind in kinds.items() if key in by_id)
    missing = tuple(key for key in kinds if key not in by_id)
    day = ListDay(label=label, name=name, state=DayState.ANNOUNCED, stated=len(kinds), source="feed")
    if not missing:
        return Judged(day, kept)
    oldest = min((key for key, kind in kinds.items() if kind is Announce.NEW), key=order, default="")
    earlier = [key for key in new_ids((a for a in served if a.item.id not in kinds), name) if order(key) < order(oldest)]
    note = f"the feed brings {len(kept)} of {len(kinds)} papers, and "
    if earlier:
        note += f"{len(earlier)} of an earlier batch in their place (such as {earlier[0]})"
        return Judged(day.model_copy(update={"state": DayState.STALE, "note": note}), kept, missing, kinds)
    note += f"not {missing[0]}{' and others' if missing[1:] else ''}"
    return Judged(day.model_copy(update={"state": DayState.INCOMPLETE, "note": note}), kept, missing, kinds)


def _counted(name: str, label: date, served: Sequence[Announcement], listing: Listing, known: Known) -> Judged:
    """Judge by counts alone, where the listing does not show all that it counts: papers that were submitted to the list must be as many."""
    by_numbers = _uncounted(name, label, [_dated(a, label) for a in served], known, "")
    kept = by_numbers.announcements
    day = by_numbers.day.model_copy(update={"stated": listing.total})
    note = f"the feed brings {len(kept)} of {listing.total} papers"
    if day.state is DayState.STALE:
        return Judged(day.model_copy(update={"note": f"{note}{day.note}"}), kept)
    if len(kept) < listing.total or len(new_ids(kept, name)) != listing.new:
        return Judged(day.model_copy(update={"note": f"{note}, {len(new_ids(kept, name))} of {listing.new} new ones"}), kept)
    more = f"{note}: some of them were on this list on another day" if len(kept) > listing.total else ""
    return Judged(day.model_copy(update={"state": DayState.ANNOUNCED, "note": more}), kept)


def _earlier(name: str, label: date, served: Sequence[Announcement], known: Known, listing: Listing) -> Judged:
    """Judge beside a listing of an earlier day: what it names is of that day, whatever the feed is dated."""
    named = {key for key, _ in listing.ids}
    fresh = _uncounted(name, label, [a for a in served if a.item.id not in named], known, "")
    note = f"its listing is still that of {listing.label}"
    note += ", and so is the feed" if not fresh.announcements else ", so what the feed brings could not be counted"
    return Judged(fresh.day.model_copy(update={"state": DayState.STALE, "note": note}), fresh.announcements)


def _uncounted(name: str, label: date, served: Sequence[Announcement], known: Known, why: str) -> Judged:
    """Keep what the numbers of other lists and days do not contradict; it counts as incomplete, since nobody said how many there are."""
    # What is crossed is crossed to another list than its own.
    own = [a for a in served if on_list(a, name) and not (a.kind is Announce.CROSS and on_list(_primary(a), name))]
    new = new_ids(own, name)
    day = ListDay(label=label, name=name, state=DayState.INCOMPLETE, source="feed", note=why)
    if new and known.before and order(new[-1]) <= order(known.before):
        return Judged(day.model_copy(update={"state": DayState.STALE, "note": f"{why}; its newest paper, {new[-1]}, was there before that day"}), ())
    if new and known.others and order(new[-1]) < order(known.others):
        note = f"{why}; its newest paper, {new[-1]}, is older than all new ones of other lists, from {known.others} on"
        return Judged(day.model_copy(update={"state": DayState.STALE, "note": note}), ())
    dated = [a for a in own if a.item.announced in (None, label)]
    if own and not dated:
        stated = max(a.item.announced for a in own if a.item.announced)
        is_earlier = stated < label
        note = f"{why}; the feed is dated {stated}{'' if is_earlier else ', which is not announced yet: a clock is wrong, here or there'}"
        return Judged(day.model_copy(update={"state": DayState.STALE if is_earlier else DayState.INCOMPLETE, "note": note}), ())
    return Judged(day, tuple(_placed(a, name, label, a.kind) for a in dated))


def _dated(announcement: Announcement, label: date) -> Announcement:
    return announcement.model_copy(update={"item": announcement.item.model_copy(update={"announced": label})})


def _placed(announcement: Announcement, name: str, label: date, kind: Announce) -> Announcement:
    """Return the announcement as it stands on one list of the label; what is withdrawn stays so."""
    if announcement.kind is Announce.WITHDRAWN and kind not in _ARRIVES:
        kind = Announce.WITHDRAWN
    elif kind is Announce.REPLACE and not on_list(_primary(announcement), name):
        kind = Announce.REPLACE_CROSS
    item = announcement.item.model_copy(update={"announced": label})
    return announcement.model_copy(update={"item": item, "kind": kind, "lists": (name,)})


def _primary(announcement: Announcement) -> Announcement:
    """Return the announcement with its first category alone: the one that it was submitted to."""
    return announcement.model_copy(update={"item": announcement.item.model_copy(update={"categories": announcement.item.categories[:1]})})


def known_by(name: str, before: Iterable[Announcement], new: Mapping[str, Sequence[str]]) -> Known:
    """Return what days before and the new papers of other lists, by list, say of a list's numbers."""
    highest = new_ids(before)
    others = [ids[0] for other, ids in new.items() if other != name and ids and (not highest or order(ids[0]) > order(highest[-1]))]
    return Known(highest[-1] if highest else "", min(others, key=order, default=""))


def complete(judged: Judged, found: Mapping[str, Announcement]) -> Judged:
    """Return a list with the papers that it missed, as far as they were found by their numbers."""
    missing = tuple(key for key in judged.missing if key not in found)
    if len(missing) == len(judged.missing):
        return judged
    added = tuple(_placed(found[key], judged.day.name, judged.day.label, judged.kinds[key]) for key in judged.missing if key in found)
    note = f"{len(added)} papers were asked for by number"
    state, note = (DayState.INCOMPLETE, f"{note}; not found: {', '.join(missing)}") if missing else (DayState.ANNOUNCED, note)
    day = judged.day.model_copy(update={"state": state, "note": note, "source": "feed, query"})
    return Judged(day, (*judged.announcements, *added), missing, judged.kinds)
