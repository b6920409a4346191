"""Small reports to deliver, made without ranking anything."""

from datetime import date, timedelta
from pathlib import Path

from broadsheet.core.schema import Announce, Item
from broadsheet.report.archive import write_day
from broadsheet.report.model import Change, Edit, Entry, InterestSummary, KeySentence, Links, Reason, Report

LABEL = date(2026, 2, 9)
TEXT = r"A stew of $n$ beans needs $O(n^2)$ stirs. We stir less. Tasters noticed nothing in 12 of 13 pots."


def entry(number: int, label: date = LABEL, *, slot: int | None = None, **facts) -> Entry:
    item = Item(
        id=f"{label:%y%m}.{number:05d}",
        title=facts.pop("title", f"Stews, part {number}"),
        text=facts.pop("text", TEXT),
        creators=facts.pop("creators", ("Zoë Kéita", "Ana Ruiz")),
        categories=("cs.IR", "cs.CL"),
        announced=label,
        version=facts.pop("version", 1),
        attributes=facts.pop("attributes", {}),
    )
    shown = {"chance": 0.25, "reasons": (Reason(kind="term", text="stew", share=0.4), Reason(kind="library", text="Soups", share=0.5, reference="soup"))}
    shown |= {"key_sentences": (KeySentence(start=42, end=54, text=TEXT[42:54]),), "interest": 0, "propensity": 1.0}
    address = Links(abstract=f"https://arxiv.org/abs/{item.id}", code=("https://code.example.org/stew",))
    kind = facts.pop("kind", Announce.NEW)
    section = facts.pop("section", "new")
    return Entry(item=item, kind=kind, section=section, slot=slot, score=1 / number, links=facts.pop("links", address), **(shown if slot else {}), **facts)


def report(label: date = LABEL, *, reader: str = "Ana", picks: int = 3, rest: int = 4, entries: tuple[Entry, ...] = (), **facts) -> Report:
    made = (
        *(entry(number, label, slot=number) for number in range(1, picks + 1)),
        *(entry(picks + number, label) for number in range(1, rest + 1)),
        *entries,
    )
    counts = {name: sum(1 for one in made if one.section == name) for name in ("new", "cross", "updated", "withdrawn")}
    interests = (InterestSummary(name="stews", stated=True, library=(), candidates=picks, picks=picks),)
    return Report(label=label, reader=reader, source="a test", ranked_by="words", counts=counts, interests=interests, entries=made, **facts)


def updated(number: int, label: date = LABEL) -> Entry:
    edits = (Edit(op="same", text="Stews, "), Edit(op="out", text="the first "), Edit(op="in", text="a new "), Edit(op="same", text="part"))
    return entry(number, label, section="updated", kind=Announce.REPLACE, version=2, changes=(Change(field="title", since_version=1, edits=edits),))


def withdrawn(number: int, label: date = LABEL) -> Entry:
    return entry(number, label, section="withdrawn", kind=Announce.WITHDRAWN, version=3, attributes={"comment": "Withdrawn: the salt was sugar"})


def archive(folder: Path, days: int = 1, **facts) -> list[Report]:
    """Write so many days, of consecutive labels, into an archive."""
    made = [report(LABEL + timedelta(days=number), **facts) for number in range(days)]
    for one in made:
        write_day(one, folder)
    return made
