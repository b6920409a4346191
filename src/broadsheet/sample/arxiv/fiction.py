"""The double's own days: the built-in fictional day, and made-up days before and after it in which papers are taken up again."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np

from broadsheet.core.schema import Announce
from broadsheet.core.seeds import generator
from broadsheet.sample import announcements
from broadsheet.sample.arxiv.days import DayList, Listed
from broadsheet.sample.arxiv.hours import EASTERN

BEFORE = (date(2026, 3, 12), date(2026, 3, 13))
AFTER = (date(2026, 3, 17), date(2026, 3, 18))
# When the newest of them has been in the feeds for some hours.
MORNING = datetime(2026, 3, 18, 9, tzinfo=EASTERN)
_MADE = 12
# Before and behind the built-in day's numbers, as arXiv gives them in the order of announcement; no real paper has one of them.
_FIRST = {BEFORE[0]: 80000, BEFORE[1]: 80100, AFTER[0]: 91200, AFTER[1]: 91300}
_LISTS = ("cs.IR", "cs.CL", "cs.AI")
_WAYS = ("Lantern", "Two-Pass", "Slow", "Quilted", "Borrowed", "Sparse-First", "Backward", "Tidal", "Half-Blind", "Patient")
_DEEDS = ("Reranking", "Query Rewriting", "Item Tokenising", "Session Modelling", "Negative Sampling", "Citation Checking", "Slate Building", "Topic Tracing")
_THINGS = (
    "Seed Catalogues",
    "Ferry Timetables",
    "Knitting Patterns",
    "Parish Registers",
    "Cave Surveys",
    "Bakery Receipts",
    "Radio Logs",
    "Lost-Property Lists",
)
_TURNS = (
    "a Negative Result",
    "Six Months On",
    "What the Clicks Did Not Say",
    "Without Labels",
    "a Small Benchmark",
    "Where It Breaks",
    "with Fewer Parameters",
)
_GIVEN = ("Maëlle", "Oskar", "Thandeka", "Ondřej", "Ines", "Yusuf", "Aoife", "Małgorzata", "Hinemoa", "Søren", "Beatriz", "Kwabena")
_FAMILY = ("Dvořáček", "Okonjo-Lund", "Ferreira", "Ångström", "Quispe", "Halloran", "Tanaka-Bell", "Müllner", "Adeyemi", "Castaño", "Wójcicki", "Rahimov")
_WITHDRAWN = "This paper has been withdrawn by the authors because the second collection overlaps with the first"


def fictional_days() -> list[DayList]:
    """Return five days, the same each time.

    Of the papers of the first, one is replaced under another title, one is replaced and then withdrawn; one of the second
    is cross-listed later; of the built-in day one is replaced and one withdrawn.
    """
    built_in = _numbered(DayList.of(announcements()))
    first, second, third, fourth = (_made(place, label) for place, label in enumerate((*BEFORE, *AFTER)))
    renamed, doubted, crossed = first[0], first[1], next(paper for paper in second if paper.lists == ("cs.IR",))
    stayed, doubtful = (next(p for p in built_in.papers if p.id == key) for key in ("2603.90002", "2603.90003"))
    second += [_again(doubted, BEFORE[1], comment="v2: second collection added")]
    third += [
        _again(renamed, AFTER[0], title=f"Not So Fast: {renamed.title}", comment="v2: title changed, one claim less"),
        _gone(_again(doubted, AFTER[0]), 3),
        replace(crossed, label=AFTER[0], kind=Announce.CROSS, categories=(*crossed.categories, "cs.CL"), lists=("cs.CL",)),
        _again(stayed, AFTER[0], comment="v2: a figure redrawn"),
    ]
    fourth += [_gone(_again(doubtful, AFTER[1]), 2)]
    return [DayList(BEFORE[0], tuple(first)), DayList(BEFORE[1], tuple(second)), built_in, DayList(AFTER[0], tuple(third)), DayList(AFTER[1], tuple(fourth))]


def _numbered(day: DayList) -> DayList:
    """Give the papers that the built-in day takes up again numbers of the month before, when they were new."""
    old = {Announce.REPLACE, Announce.REPLACE_CROSS, Announce.WITHDRAWN}
    return day._replace(papers=tuple(replace(paper, id=f"2602{paper.id[4:]}") if paper.kind in old else paper for paper in day.papers))


def _again(paper: Listed, label: date, *, title: str | None = None, comment: str = "") -> Listed:
    text = f"{paper.text} This version adds a check on a second collection."
    return replace(paper, label=label, version=paper.version + 1, kind=Announce.REPLACE, title=title or paper.title, text=text, comment=comment)


def _gone(paper: Listed, version: int) -> Listed:
    return replace(paper, version=version, kind=Announce.WITHDRAWN, comment=_WITHDRAWN)


def _made(place: int, label: date) -> list[Listed]:
    rng = generator(0, "sample arxiv", str(label))
    # A way and a deed of its own for each paper of a day keep its titles apart; the thing keeps the days apart.
    pairs = rng.permutation(len(_WAYS) * len(_DEEDS))[:_MADE]
    return [_paper(rng, label, f"2603.{_FIRST[label] + number}", divmod(int(pair), len(_DEEDS)), place) for number, pair in enumerate(pairs)]


def _paper(rng: np.random.Generator, label: date, key: str, pair: tuple[int, int], place: int) -> Listed:
    way, deed = _WAYS[pair[0]], _DEEDS[pair[1]]
    thing = _THINGS[(2 * place + int(rng.integers(2))) % len(_THINGS)]
    names = [f"{_GIVEN[given]} {_FAMILY[family]}" for given, family in rng.integers(len(_GIVEN), size=(int(rng.integers(1, 5)), 2))]
    lists = [str(name) for name in rng.permutation(_LISTS)[: int(rng.integers(1, 3))]]
    primary = "stat.ML" if rng.random() < 0.2 else lists[0]
    gain, count, rate = rng.integers(2, 19), rng.integers(800, 90_000), rng.integers(51, 97)
    text = (
        f"{way} {deed.lower()} has been tried on the web and hardly ever on {thing.lower()}. We gather {count:,} of them, with permission, and ask {rate} people "
        f"what they were after. A model with $k \\le {gain}$ parameters a field does as well as one a thousand times as large; the gain of {gain}.{gain % 10}% over "
        f"plain matching vanishes on the oldest third. The collection and all runs are at https://data.example.org/{key}."
    )
    return Listed(
        id=key,
        title=f"{way} {deed} for {thing}: {_TURNS[int(rng.integers(len(_TURNS)))]}",
        label=label,
        text=text,
        creators=tuple(dict.fromkeys(names)),
        categories=tuple(dict.fromkeys((primary, *lists))),
        lists=tuple(lists),
        kind=Announce.CROSS if primary == "stat.ML" else Announce.NEW,
        comment=f"{gain + 4} pages" if rng.random() < 0.5 else "",
    )
