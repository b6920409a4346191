"""The bench of large days: what a page of thousands of papers, and a feed of thousands of items, take of memory and time."""

import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import numpy as np

from broadsheet.core.bench import Bench, Measured, Outcome, Task, run_tasks, wanted_arms
from broadsheet.core.clock import WallClock
from broadsheet.core.errors import ConfigError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement, Item
from broadsheet.core.seeds import generator
from broadsheet.core.store import open_store
from broadsheet.sources.feeds import parse_feed

LABEL = date(2026, 3, 16)
WORDS, SENTENCES, LENGTH, THEMES = 8000, 8, 22, 40
"""Words of the vocabulary, sentences of an abstract, words of a sentence, themes that share words."""
LIBRARY = 40
LISTS = ("cs.AI", "cs.CL", "cs.IR")
A_PAGE = 20
"""Picks of a day, of which the feeds are written."""
POSTGRESQL = "day, kept in PostgreSQL"


class SizePlan(NamedTuple):
    """How large the day and the feed are, which rows are made, and in which database a day is kept beside SQLite."""

    papers: int = 5000
    items: int = 2000
    store: str = ""
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


class Spent(NamedTuple):
    """What a process of its own took: the most memory it ever held (MiB), and had held before the work began, its modules above all; seconds of the processor and of the clock."""

    peak_mib: float
    before_mib: float
    processor_s: float
    clock_s: float


def bench_size(plan: SizePlan, rows: Path, command: str, progress: Progress = silent) -> Bench:
    """Make each row of the plan in a process of its own, row by row in `rows`. Raises ConfigError for a row that is not there."""
    tasks = [
        Task(f"{count} generated", arm, 0, {"count": count, "words": WORDS, "library": LIBRARY}, partial(_measured, arm, work, count, plan.store))
        for arm, (work, count) in ((name, _arms(plan)[name]) for name in wanted_arms(plan.arms, _arms(plan)))
    ]
    outcome = run_tasks("report-size", tasks, rows, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "Each row ran in a process of its own; peak_mib is the most memory that it ever held, before_mib what it had held before the work: modules, and the day in memory. Texts are generated: no paper in them is real.",
        f"A page is the whole command, for a reader with a library of {LIBRARY}: read, settled, ranked, explained, drawn, written in all forms, kept in SQLite.",
        f"Feeds, written: Atom and JSON Feed of as many items, {A_PAGE} a day, through the outbox.",
    )
    data = {"papers": plan.papers, "items": plan.items}
    return Bench.of("report-size", command, outcome, [_row(outcome, number) for number in range(len(outcome.rows))], data=data, seeds=1, notes=notes)


def generated(count: int, label: date = LABEL) -> list[Announcement]:
    """Return a day of papers that nobody wrote: words of a made-up vocabulary, by Zipf's law and by theme.

    >>> [a.item.id for a in generated(2)], generated(2) == generated(2)
    (['2603.00001', '2603.00002'], True)
    """
    rng = generator(0, "report", "size")
    heads, tails = rng.integers(12, size=(WORDS, 4)), rng.integers(5, size=(WORDS, 4))
    words = np.array(
        [
            "".join("bdfklmnprstv"[a] + "aeiou"[b] for a, b in zip(*pair, strict=True))[: 4 + 2 * (n % 3)]
            for n, pair in enumerate(zip(heads, tails, strict=True))
        ]
    )
    odds = 1.0 / (1 + np.arange(WORDS))
    weights = [odds * np.where(rng.random(WORDS) < 0.02, 20.0, 1.0) for _ in range(THEMES)]
    themes = [np.cumsum(each) / each.sum() for each in weights]
    found: list[Announcement] = []
    for number in range(1, count + 1):
        at = np.searchsorted(themes[number % THEMES], rng.random(SENTENCES * LENGTH + 8))
        drawn = words[np.minimum(at, WORDS - 1)]
        text = " ".join(" ".join(sentence).capitalize() + "." for sentence in drawn[8:].reshape(SENTENCES, LENGTH))
        main = LISTS[number % len(LISTS)]
        item = Item(
            id=f"{label:%y%m}.{number:05}",
            title=" ".join(drawn[:8]).capitalize(),
            text=text,
            creators=tuple(f"Author {author}" for author in rng.integers(4 * count, size=4)),
            categories=(main,),
            announced=label,
        )
        found.append(Announcement(item=item, lists=(main,)))
    return found


def _arms(plan: SizePlan) -> Mapping[str, tuple[Callable[[int, str], Spent], int]]:
    return {
        "feed, read": (_feed, plan.items),
        "feeds, written": (_feeds, plan.items),
        "day, kept in SQLite": (_kept_in_a_file, plan.papers),
        POSTGRESQL: (_kept, plan.papers),
        "page, by words": (_page_of_words, plan.papers),
        "page, by words and meaning": (_page, plan.papers),
    }


def _row(outcome: Outcome, number: int) -> dict[str, float | str]:
    row = outcome.rows[number]
    return {"name": row.arm, "count": row.data.split()[0], **{name: row.metrics[name] for name in Spent._fields}, "load": row.metrics["load"]}


def _measured(arm: str, work: Callable[[int, str], Spent], count: int, store: str) -> Measured:
    if arm == POSTGRESQL and not store:
        raise ConfigError("There is no PostgreSQL to keep a day in.", "Name an empty database: --store postgresql://user@host/name")
    # A process that is forked, or used twice, would count what others held.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return Measured(pool.submit(work, count, store).result()._asdict())


def _timed(work: Callable[[], object]) -> Spent:
    before, wall, cpu = _peak(), time.perf_counter(), time.process_time()
    work()
    spent = time.process_time() - cpu, time.perf_counter() - wall
    return Spent(_peak(), before, *(round(seconds, 3) for seconds in spent))


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _feed(count: int, store: str) -> Spent:
    del store
    items = "".join(
        f"<item><title>{a.item.title}</title><link>https://arxiv.org/abs/{a.item.id}</link>"
        f"<description>arXiv:{a.item.id}v1 Announce Type: new \nAbstract: {escape(a.item.text)}</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{a.item.id}v1</guid><category>{a.item.categories[0]}</category>'
        f"<arxiv:announce_type>new</arxiv:announce_type><dc:creator>{', '.join(a.item.creators)}</dc:creator></item>"
        for a in generated(count)
    )
    names = 'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    head = f"<title>cs.IR updates on arXiv.org</title><pubDate>{LABEL:%a, %d %b %Y} 00:00:00 -0400</pubDate>"
    data = f'<rss version="2.0" {names}><channel>{head}{items}</channel></rss>'.encode()
    return _timed(lambda: parse_feed(data, "generated"))


def _feeds(count: int, store: str) -> Spent:
    # Rows without a delivery do without what it needs.
    from broadsheet.report.deliver import DeliveryConfig, FeedChannel, FeedPlace, Outbox, Place, parcel
    from broadsheet.report.model import Entry, Links, Report

    del store
    papers = [Entry(item=a.item, kind=a.kind, section="new", links=Links(abstract=f"https://arxiv.org/abs/{a.item.id}")) for a in generated(count)]
    days = [
        Report(
            label=LABEL + timedelta(days=start // A_PAGE),
            reader="Bench",
            source="generated",
            ranked_by="nothing",
            counts={},
            entries=tuple(entry.model_copy(update={"slot": slot}) for slot, entry in enumerate(papers[start : start + A_PAGE], 1)),
        )
        for start in range(0, count, A_PAGE)
    ]
    del papers
    forms = ("atom", "json-feed")

    def delivered(folder: Path, outbox: Outbox) -> None:
        for day in days:
            for form in forms:
                outbox.put(parcel(day, form, Place(folder, DeliveryConfig()), "generated", WallClock().now())[0])
        rows = outbox.deliver([FeedChannel(form, outbox, FeedPlace(folder, "Bench"), count) for form in forms], "Bench")
        assert len(rows) == 2 * len(days)

    with tempfile.TemporaryDirectory() as name, open_store(Path(name) / "store.sqlite") as opened:
        return _timed(lambda: delivered(Path(name), Outbox(opened)))


def _kept(count: int, store: str) -> Spent:
    with tempfile.TemporaryDirectory() as folder, open_store(store or Path(folder) / "store.sqlite") as opened:
        day = generated(count)
        return _timed(lambda: opened.record_day(day))


def _kept_in_a_file(count: int, store: str) -> Spent:
    del store
    return _kept(count, "")


def _page(count: int, store: str, *settings: str) -> Spent:
    # Rows without a page do without what a page needs.
    from broadsheet.report.run import Request, run

    del store
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["BROADSHEET_HOME"] = str(folder / "home")
        source, library = folder / "day.jsonl", folder / "library.jsonl"
        day = generated(count)
        source.write_text("".join(json.dumps({**a.item.model_dump(mode="json"), "lists": a.lists, "kind": a.kind}) + "\n" for a in day))
        library.write_text(
            "".join(json.dumps({"id": f"own{number}", "title": a.item.title, "text": a.item.text}) + "\n" for number, a in enumerate(day[:LIBRARY]))
        )
        profile = folder / "me.toml"
        profile.write_text(f'name = "Bench"\nlibrary = ["{library}"]\n')
        del day
        request = Request((str(source),), str(profile), settings=settings)
        return _timed(lambda: run(request, folder / "out"))


def _page_of_words(count: int, store: str) -> Spent:
    return _page(count, store, "ranking.use_dense=false")
