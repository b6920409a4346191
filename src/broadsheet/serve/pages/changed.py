"""What changed on a page since it was written anew: each item with its places, what it has them by, and which acts stand behind that."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from broadsheet.core.schema import Event
from broadsheet.report.model import Entry, Reason, Report
from broadsheet.serve.pages.before import Before, Moved, moves


class Learnt(NamedTuple):
    """A piece of evidence that comes of what the reader did, and the acts behind it that hold, newest first."""

    reason: Reason
    acts: tuple[Event, ...]


class Change(NamedTuple):
    """An item that moved; `entry` is None where it is not among the day's items any more. `own` are acts on the item itself, `gone` says why it went."""

    item: str
    moved: Moved
    entry: Entry | None
    learnt: tuple[Learnt, ...]
    own: tuple[Event, ...]
    gone: str


def changes(report: Report, before: Before | None, held: Sequence[Event]) -> tuple[Change, ...]:
    """Return what moved, by the places now, then what went; `held` are the reader's acts that hold, oldest first."""
    entries = {entry.item.id: entry for entry in report.entries}
    by_item: dict[str, list[Event]] = {}
    for event in reversed(held):
        by_item.setdefault(event.item, []).append(event)
    found = []
    for item, moved in moves(report, before).items():
        entry = entries.get(item)
        reasons = [reason for reason in entry.reasons if reason.kind == "feedback"] if entry else []
        learnt = tuple(Learnt(reason, tuple(by_item.get(reason.reference, ()))) for reason in reasons)
        found.append(Change(item, moved, entry, learnt, tuple(by_item.get(item, ())), why_gone(report, entry, entries) if moved.way == "gone" else ""))
    return tuple(found)


def why_gone(report: Report, entry: Entry | None, entries: Mapping[str, Entry]) -> str:
    """Say why an item has no place any more."""
    if entry is None:
        return "It is not among the day’s items any more."
    if entry.left_out:
        return f"It is left out: {entry.left_out}."
    if entry.copy_of:
        other = entries.get(entry.copy_of)
        return f"It is passed over, as it reads almost like “{other.item.title if other else entry.copy_of}”."
    places = len(report.picks())
    by_score = sorted((one for one in report.entries if not one.left_out and one.section in {"new", "cross"}), key=lambda one: -one.score)
    place = next((number for number, one in enumerate(by_score, 1) if one.item.id == entry.item.id), None)
    held = " A plan of categories held it back." if entry.held_back else ""
    if place is None:
        return f"It is no candidate for a place any more.{held}"
    if place <= places:
        return f"By its score it is number {place} of {len(by_score)}, but others had the {places} places, for an interest’s or for chance’s sake.{held}"
    return f"Pushed down: by its score it is number {place} of {len(by_score)} now, and the page has {places} places.{held}"
