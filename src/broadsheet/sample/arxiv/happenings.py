"""What may happen to papers over the days, added to any day files on request."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from broadsheet.core.schema import Announce
from broadsheet.sample.arxiv.days import DayList, Listed, Version

_WITHDRAWN = "This paper has been withdrawn by the authors because of an error in its main result"


def with_happenings(days: Sequence[DayList], names: Sequence[str]) -> list[DayList]:
    """Return the days with what is named added: `replaced-withdrawn`, `old-id`."""
    days = list(days)
    for name in sorted(names):
        days = _HAPPENINGS[name](days)
    return days


def _replaced_withdrawn(days: list[DayList]) -> list[DayList]:
    """Replace the first new paper of each third label, two labels on withdraw it; a paper is left alone that the files themselves take up again."""
    added: dict[int, list[Listed]] = {}
    for place in range(0, len(days) - 1, 3):
        later = {paper.id for day in days[place + 1 :] for paper in day.papers}
        paper = next((one for one in days[place].papers if one.kind in {None, Announce.NEW} and one.version == 1 and one.id not in later), None)
        if paper is not None:
            second = replace(
                paper, version=2, kind=Announce.REPLACE, title=f"Revisited: {paper.title}", label=days[place + 1].label, comment="v2: new title", submitted=None
            )
            added.setdefault(place + 1, []).append(second)
            if place + 2 < len(days):
                third = replace(second, version=3, kind=Announce.WITHDRAWN, label=days[place + 2].label, comment=_WITHDRAWN)
                added.setdefault(place + 2, []).append(third)
    return [DayList(day.label, (*day.papers, *added.get(place, ()))) for place, day in enumerate(days)]


def _old_id(days: list[DayList]) -> list[DayList]:
    """Replace a paper of 2005 on each label; its number is one that no month of its archive reached."""
    made: list[DayList] = []
    for place, day in enumerate(days):
        lists = tuple(dict.fromkeys(name for paper in day.papers for name in paper.lists))[:1]
        old = Listed(
            id=f"cs/0503{999 - place % 50:03}",
            title="An Index of Lighthouses, Kept by Hand",
            label=day.label,
            text="A fictional paper of long ago, revised once more.",
            creators=("Odile Fennimore",),
            categories=lists,
            lists=lists,
            kind=Announce.REPLACE,
            version=2,
            history=(Version(1, None, "An Index of Lighthouses"),),
        )
        made.append(DayList(day.label, (*day.papers, old)) if lists else day)
    return made


_HAPPENINGS: dict[str, Callable[[list[DayList]], list[DayList]]] = {"replaced-withdrawn": _replaced_withdrawn, "old-id": _old_id}
