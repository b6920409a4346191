"""Archives that are written by hand, small and made up, whose quality is known beforehand."""

from datetime import UTC, date, datetime, time, timedelta

from broadsheet.core.schema import Announce, Announcement, Event, Item, ListDay
from broadsheet.report.archive import write_day
from broadsheet.report.model import SECTION_OF, Entry, InterestSummary, Report

FIRST = date(2026, 2, 2)
THEMES = ("graph index vector search recall", "kitchen recipe cooking taste flour", "radio speech noise word error", "tax form office memory agent")


def label_of(day: int) -> date:
    """The labels of two weeks of weekdays."""
    return FIRST + timedelta(days=day + 2 * (day // 5))


def item_of(day: int, number: int) -> Item:
    theme = THEMES[number % len(THEMES)]
    return Item(
        id=f"26{day:02d}.{number:05d}",
        title=f"On {theme} {number}",
        text=f"We study {theme} of day {day} under {number} settings. It helps with <b>care</b>, word{day}x{number}, more{day}x{number} & $x^2$.",
        announced=label_of(day),
    )


def report_of(day: int, items, picks=4, explored=1, candidates=(3, 0)) -> Report:
    entries = tuple(
        Entry(
            item=item,
            kind=Announce.NEW,
            section=SECTION_OF[Announce.NEW],
            lists=("cs.IR",),
            chance=round(0.05 + 0.9 * (number % picks) / picks, 4),
            slot=number + 1 if number < picks else None,
            explored=picks - explored <= number < picks,
            propensity=1.0 if number < picks - explored else 0.2,
            interest=0,
            left_out="your rule against x" if number == len(items) - 1 else "",
        )
        for number, item in enumerate(items)
    )
    interests = tuple(
        InterestSummary(name=name, stated=False, library=(f"{theme} again",), candidates=count, picks=min(count, 2))
        for name, theme, count in zip(("search", "food"), THEMES, candidates, strict=False)
    )
    return Report(
        label=label_of(day), reader="Me", source="made", ranked_by="hand", counts={"new": len(items), "cross": 0, "updated": 0, "withdrawn": 0}, entries=entries,
        interests=interests, config={"profile": {"exploration": 0.25, "budget": picks}},
    )  # fmt: skip


def write_archive(folder, store=None, days=3, papers=8, **settings) -> list[Report]:
    """Write days of made-up papers; a store keeps each, its lists, and what was shown."""
    reports = []
    for day in range(days):
        report = report_of(day, [item_of(day, number) for number in range(papers)], **settings)
        write_day(report, folder)
        reports.append(report)
        if store is not None:
            announced = [Announcement(item=entry.item, lists=("cs.IR",)) for entry in report.entries]
            store.record_day(announced, [ListDay(label=report.label, name="cs.IR", state="announced", stated=papers, source="listing")])
            store.record_events(event(entry.item.id, "shown", report.label, 0, entry.slot) for entry in report.picks())
    return reports


def event(item: str, kind: str, label: date, hours: int = 9, slot: int | None = None) -> Event:
    return Event(user="Me", item=item, kind=kind, at=datetime.combine(label, time(), UTC) + timedelta(hours=hours), slot=slot)
