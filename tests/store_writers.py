"""What processes do to a store at the same time, or until they are killed."""

import time
from contextlib import closing
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection

import sqlalchemy as sa

from broadsheet.core.schema import Announcement, Event, Item
from broadsheet.core.store import Store

DAY = date(2026, 2, 9)
EVENTS, DAYS, PAPERS = 4, 3, 15


def papers(day: int, writer: int = 0) -> list[Announcement]:
    """Return a day on two lists, in an order that every writer has another of."""
    found = [
        Announcement(item=Item(id=f"p{number}", title=f"T{number}", text=f"text {day} " * 40, version=day, announced=DAY.replace(day=day)), lists=("x", "y"))
        for number in range(PAPERS)
    ]
    return found if writer % 2 else found[::-1]


def write_all(address: str, writer: int) -> None:
    """Write the days that all write, and events of one's own and of all."""
    with closing(Store(address)) as store:
        for day in range(1, DAYS + 1):
            store.record_day(papers(day, writer))
        for number in range(EVENTS):
            at = datetime(2026, 2, 9, tzinfo=UTC)
            users = (f"w{writer}", "all") if writer % 2 else ("all", f"w{writer}")
            store.record_events([Event(user=user, item=str(number), kind="opened", at=at) for user in users])


def open_all(addresses: list[str]) -> None:
    """Open stores, which makes them where they are not there."""
    for address in addresses:
        Store(address).close()


def count_up(address: str, times: int) -> None:
    """Read what is there and write one more: right only where no other writer comes between."""
    with closing(Store(address)) as store:
        for _ in range(times):
            store.write(_one_more)


def _one_more(connection: sa.Connection) -> None:
    count = connection.execute(sa.text("SELECT count(*) FROM events")).scalar_one()
    at = "2026-02-09 00:00:00.000000"
    connection.execute(sa.text("INSERT INTO events (\"user\", item, kind, at) VALUES ('ana', :item, 'opened', :at)"), {"item": str(count), "at": at})


def stop_half_way(address: str, told: Connection) -> None:
    """Begin to record a day, tell that the first table is written, and wait to be killed."""
    store = Store(address)

    def wait(*facts: object) -> None:
        if "INTO announcements" in str(facts[2]).replace('"', ""):
            told.send("half")
            time.sleep(60)

    sa.event.listen(store.engine, "before_cursor_execute", wait)
    store.record_day(papers(1))


def write_for_ever(address: str, told: Connection) -> None:
    """Record the same days over and over, telling the first of each, until killed."""
    store = Store(address)
    number = 0
    while True:
        number += 1
        store.record_day(papers(1 + number % DAYS))
        told.send(number)
