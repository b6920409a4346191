"""Live state in a real SQLite file: nothing doubled, nothing lost."""

import contextlib
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from broadsheet.core.errors import StoreError
from broadsheet.core.schema import Announce, Announcement, Event, Item
from broadsheet.core.store import RUN, Store

NINE = datetime(2026, 2, 9, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with contextlib.closing(Store(tmp_path / "state" / "store.sqlite")) as opened:
        yield opened


def paper(version: int, item: str = "2602.06393", **facts) -> Item:
    return Item(id=item, title=f"Version {version}", version=version, announced=date(2026, 2, 8 + version), **facts)


def announced(item: Item, **facts) -> Announcement:
    return Announcement(item=item, lists=("cs.IR", "cs.LG"), **facts)


def dump(store: Store) -> list[str]:
    """Return the whole database as SQL."""
    with contextlib.closing(sqlite3.connect(store.engine.url.database)) as connection:
        return list(connection.iterdump())


def run_together(code: str, *calls: tuple[str, ...]) -> None:
    """Run code in several processes, held back until all of them are ready, and see each end well."""
    wait = "import sys\nfrom broadsheet.core.store import Store\nprint(flush=True)\ninput()\n"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen([sys.executable, "-c", wait + code, *call], **pipes) for call in calls]
    for process in running:
        process.stdout.readline()
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[1] for process in running] == [""] * len(calls)
    assert [process.returncode for process in running] == [0] * len(calls)


def test_the_file_and_its_folder_are_made_in_wal_mode(tmp_path, store):
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "store.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_day_recorded_twice_changes_nothing(store):
    day = [announced(paper(2), kind=Announce.REPLACE, earlier=paper(1)), announced(paper(1, "2602.06654"))]
    store.record_day(day)
    once = dump(store)
    assert sum('INTO "announcements"' in line for line in once) == 4
    assert sum('INTO "item_versions"' in line for line in once) == 3
    store.record_day(day)
    assert dump(store) == once


def test_the_newest_version_older_than_the_one_given_is_found(store):
    store.record_day([announced(paper(version)) for version in (4, 1, 2)])
    assert store.earlier_versions([paper(4)]) == {"2602.06393": paper(2)}
    assert store.earlier_versions([paper(3)]) == {"2602.06393": paper(2)}
    assert store.earlier_versions([paper(9)]) == {"2602.06393": paper(4)}
    assert store.earlier_versions([paper(1), paper(5, "unknown")]) == {}
    assert store.earlier_versions([]) == {}


def test_an_item_comes_back_with_every_field(store):
    full = paper(1, text="Zoë — 論文", creators=("Zoë Kéita",), categories=("cs.IR",), attributes={"keywords": ["a"], "n": 1}, published=date(2026, 2, 6))
    store.record_day([announced(full)])
    assert store.earlier_versions([paper(2)]) == {full.id: full}


def test_a_version_recorded_again_takes_the_newer_record(store):
    store.record_day([announced(paper(1, text="as the feed had it"))])
    store.record_day([announced(paper(1, text="as the archive has it"))])
    assert store.earlier_versions([paper(2)])["2602.06393"].text == "as the archive has it"


def test_more_ids_than_one_question_may_hold(store):
    ids = [str(number) for number in range(RUN + 1)]
    store.record_day([announced(paper(1, name)) for name in ids])
    assert set(store.earlier_versions(paper(2, name) for name in ids)) == set(ids)


def test_an_item_without_a_day_is_kept_but_on_no_list(store):
    store.record_day([announced(paper(1).model_copy(update={"announced": None}))])
    assert store.earlier_versions([paper(2)])
    assert not any('INTO "announcements"' in line for line in dump(store))


def test_events_come_back_in_order_of_time(store):
    events = [Event(user="ana", item=name, kind="opened", at=NINE + timedelta(seconds=order)) for name, order in [("c", 3), ("a", 1), ("b", 2)]]
    store.record_events(events)
    assert [event.item for event in store.events("ana")] == ["a", "b", "c"]
    assert store.events("sam") == []


def test_an_event_keeps_its_instant_in_every_time_zone(store):
    in_singapore = datetime(2026, 2, 9, 17, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    event = Event(user="ana", item="x", kind="saved", at=in_singapore, slot=3, propensity=0.25)
    store.record_events([event])
    (kept,) = store.events("ana")
    assert kept == event
    assert kept.at.utcoffset() == timedelta(0)


def test_the_same_event_is_one_whatever_clock_it_was_read_from(store):
    event = Event(user="ana", item="x", kind="saved", at=NINE)
    elsewhere = event.model_copy(update={"at": NINE.astimezone(timezone(timedelta(hours=-5)))})
    store.record_events([event, event])
    store.record_events([elsewhere])
    assert store.events("ana") == [event]
    store.record_events([event.model_copy(update={"kind": "skipped"}), event.model_copy(update={"at": NINE + timedelta(microseconds=1)})])
    assert len(store.events("ana")) == 3


def test_a_store_opened_again_has_what_was_kept(tmp_path):
    for address in (tmp_path / "s.sqlite", str(tmp_path / "s.sqlite"), f"sqlite:///{tmp_path / 's.sqlite'}"):
        with contextlib.closing(Store(address)) as store:
            store.record_events([Event(user="ana", item="x", kind="saved", at=NINE)])
            assert len(store.events("ana")) == 1


@pytest.mark.parametrize("name", ["per%20cent", "what?mode=ro", "ha#sh", "Zoë's day"])
def test_a_path_is_a_path_whatever_is_in_it(tmp_path, name):
    Store(tmp_path / name / "s.sqlite").close()
    assert (tmp_path / name / "s.sqlite").is_file()


def test_two_processes_write_at_once_and_nothing_is_lost(tmp_path):
    path = tmp_path / "s.sqlite"
    code = """
from datetime import datetime, UTC
from broadsheet.core.schema import Event
store = Store(sys.argv[1])
for number in range(50):
    store.record_events([Event(user=user, item=str(number), kind="opened", at=datetime(2026, 2, 9, tzinfo=UTC)) for user in (sys.argv[2], "both")])
store.close()
"""
    Store(path).close()
    run_together(code, (str(path), "ana"), (str(path), "sam"))
    with contextlib.closing(Store(path)) as store:
        assert [len(store.events(user)) for user in ("ana", "sam", "both")] == [50, 50, 50]


def test_processes_that_make_the_same_store_at_once_all_succeed(tmp_path):
    paths = [str(tmp_path / f"{number}.sqlite") for number in range(20)]
    run_together("for path in sys.argv[1:]: Store(path).close()", *[tuple(paths)] * 3)
    for path in paths:
        with contextlib.closing(Store(path)) as made:
            assert not list(made.events("ana"))


def test_a_store_opens_while_another_writes(store):
    with contextlib.closing(sqlite3.connect(store.engine.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with contextlib.closing(Store(store.engine.url.database)) as opened:
            assert not list(opened.events("ana"))


def test_a_writer_that_holds_the_database_too_long_is_an_error(store):
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with contextlib.closing(sqlite3.connect(store.engine.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            store.record_day([announced(paper(1))])
        assert store.events("ana") == [], "readers are not held up"


def write_text(path: Path) -> Path:
    path.write_text("no database, but long enough to be looked at as one " * 100)
    return path


@pytest.mark.parametrize(
    "address",
    [
        lambda folder: write_text(folder / "text"),
        lambda folder: write_text(folder / "text") / "below.sqlite",
        lambda folder: folder,
        lambda _: "no-such-database://x",
        lambda _: "postgresql://host:port/news",
        lambda _: "://",
    ],
    ids=["a text file", "below a file", "a folder", "no such database", "no port", "no address"],
)
def test_a_database_that_cannot_be_used_is_an_error_of_two_lines(tmp_path, address):
    given = address(tmp_path)
    before = list(tmp_path.rglob("*"))
    with pytest.raises(StoreError) as error:
        Store(given)
    assert len(str(error.value).splitlines()) == 2
    assert "--store" in error.value.mend
    assert list(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("database", ["no-such-database", "nosuchdatabase", "postgresql+nosuchdriver"])
@pytest.mark.parametrize("password", ["secret", "se:cr@et", "se@cr:et", "se?cr/et"])
def test_an_error_never_shows_the_password(database, password):
    with pytest.raises(StoreError) as error:
        Store(f"{database}://ana:{password}@host/news")
    assert f"{database}://ana:***@host/news" in error.value.what
    assert not {"se", "cr", "et", "secret"} & set(re.findall(r"\w+", str(error.value)))


def test_an_error_never_shows_a_password_in_the_query():
    with pytest.raises(StoreError) as error:
        Store("nosuchdatabase://host/news?user=ana&password=secret")
    assert "nosuchdatabase://host/news cannot be used" in error.value.what
    assert "secret" not in str(error.value)


def test_a_bare_at_sign_in_a_password_is_an_error_that_says_how_to_write_it():
    with pytest.raises(StoreError, match="%40 for @"):
        Store("postgresql://ana:se@cret@host/news")


def test_a_path_is_shown_whole(tmp_path):
    with pytest.raises(StoreError) as error:
        Store(write_text(tmp_path / "what?mode=ro"))
    assert f"The database {tmp_path / 'what?mode=ro'} cannot be used" in error.value.what
