"""Live state in a real SQLite file and a real PostgreSQL: nothing doubled, nothing lost."""

import contextlib
import re
import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError
from tests.processes import CONTEXT, begin, together
from tests.store_writers import DAYS, EVENTS, PAPERS, count_up, open_all, papers, stop_half_way, write_all, write_for_ever

from broadsheet.core.database import insert_new
from broadsheet.core.errors import StoreError
from broadsheet.core.schema import Announce, Announcement, Event, Item
from broadsheet.core.store import ANNOUNCEMENTS, METADATA, RUN, VERSIONS, Store, open_store
from broadsheet.core.store import EVENTS as EVENT_ROWS

NINE = datetime(2026, 2, 9, 9, tzinfo=UTC)


@pytest.fixture
def store(database):
    with contextlib.closing(Store(database)) as opened:
        yield opened


@pytest.fixture
def in_a_file(tmp_path):
    with contextlib.closing(Store(tmp_path / "state" / "store.sqlite")) as opened:
        yield opened


def paper(version: int, item: str = "2602.06393", **facts) -> Item:
    return Item(id=item, title=f"Version {version}", version=version, announced=date(2026, 2, 8 + version), **facts)


def announced(item: Item, **facts) -> Announcement:
    return Announcement(item=item, lists=("cs.IR", "cs.LG"), **facts)


def dump(store: Store) -> dict[str, list[tuple]]:
    """Return all rows of the database, by table."""
    with store.engine.connect() as connection:
        return {table.name: sorted(tuple(map(repr, row)) for row in connection.execute(table.select())) for table in METADATA.sorted_tables}


def test_the_file_and_its_folder_are_made_in_wal_mode(tmp_path, in_a_file):
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "store.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_without_an_address_the_database_of_this_installation_is_opened_and_closed(monkeypatch, tmp_path):
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path))
    with open_store() as ours, open_store(tmp_path / "other.sqlite") as other:
        ours.record_events([Event(user="ana", item="x", kind="saved", at=NINE)])
        assert other.events("ana") == []
        pool = ours.engine.pool
    assert ours.engine.pool is not pool
    with open_store(str(tmp_path / "store.sqlite")) as again:
        assert len(again.events("ana")) == 1


def test_a_row_that_is_new_is_written_and_one_that_is_there_stays(store):
    row = {"user": "ana", "item": "x", "kind": "saved", "at": NINE, "slot": 1, "propensity": None}
    for rows in ([row], [row | {"slot": 2}, row | {"item": "y"}], []):
        store.write(lambda connection, rows=rows: insert_new(connection, EVENT_ROWS, rows))
    assert [(event.item, event.slot) for event in store.events("ana")] == [("x", 1), ("y", 1)]


def test_a_day_recorded_twice_changes_nothing(store):
    day = [announced(paper(2), kind=Announce.REPLACE, earlier=paper(1)), announced(paper(1, "2602.06654"))]
    store.record_day(day)
    once = dump(store)
    assert len(once["announcements"]) == 4
    assert len(once["item_versions"]) == 3
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
    assert not dump(store)["announcements"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.text(max_size=20), st.text(max_size=60), st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text()), st.integers(1, 3)),
        max_size=4,
    )
)
def test_any_text_and_any_fact_comes_back_as_it_was(store, papers):
    items = [Item(id=f"p{number}", title=title, text=text, attributes=facts, version=v) for number, (title, text, facts, v) in enumerate(papers)]
    store.record_day([Announcement(item=item) for item in items])
    with store.engine.connect() as connection:
        for item in items:
            row = connection.execute(sa.select(VERSIONS.c.record).where(VERSIONS.c.item == item.id, VERSIONS.c.version == item.version)).scalar_one()
            assert Item.model_validate(row) == item


def test_a_text_of_a_megabyte_and_all_of_unicode_comes_back(store):
    whole = "".join(chr(point) for point in range(1, 0x30000) if not 0xD800 <= point < 0xE000)
    item = paper(1, text=whole + "e" * 10**6, attributes={whole[:2000]: [1.5, None, {"deep": whole}]})
    store.record_day([announced(item)])
    assert store.items([item.id]) == {item.id: item}


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


def test_instants_are_utc_whatever_zone_the_server_tells_them_in(database):
    if "://" in database:
        database += "%20-ctimezone%3DAsia/Shanghai"
    with contextlib.closing(Store(database)) as store:
        # An hour that the clocks of New York have twice.
        twice = [datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"), fold=fold) for fold in (0, 1)]
        store.record_events([Event(user="ana", item=str(at.fold), kind="opened", at=at) for at in twice])
        assert [(event.at.hour, event.at.minute, event.at.tzinfo) for event in store.events("ana")] == [(5, 30, UTC), (6, 30, UTC)]
        with store.engine.connect() as connection, pytest.raises(StatementError, match="no time zone"):
            connection.execute(sa.select(EVENT_ROWS).where(EVENT_ROWS.c.at == datetime(2026, 2, 9)))


def test_a_database_of_another_form_is_refused_and_left_as_it_is(database):
    with contextlib.closing(Store(database)) as store:
        store.write(lambda connection: connection.execute(sa.text("UPDATE schema_number SET number = 7")))
        store.write(lambda connection: connection.execute(sa.text("DROP TABLE announcements")))
        with pytest.raises(StoreError, match="tables of form 7; this version of broadsheet knows form 1") as error:
            Store(database)
        assert len(str(error.value).splitlines()) == 2
        assert not sa.inspect(store.engine).has_table("announcements")


def test_a_database_from_before_there_were_numbers_is_taken_as_it_is(database):
    with contextlib.closing(Store(database)) as store:
        store.record_day([announced(paper(1))])
        store.write(lambda connection: connection.execute(sa.text("DROP TABLE schema_number")))
    for _ in range(2):
        with contextlib.closing(Store(database)) as store:
            assert store.items(["2602.06393"]) == {"2602.06393": paper(1)}
            assert dump(store)["item_versions"]


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


def test_eight_processes_write_at_once_and_nothing_is_lost_or_doubled(database):
    together(write_all, [(database, writer) for writer in range(8)])
    with contextlib.closing(Store(database)) as store:
        assert [len(store.events(user)) for user in ("all", *(f"w{writer}" for writer in range(8)))] == [EVENTS] * 9
        rows = dump(store)
        assert len(rows["item_versions"]) == DAYS * PAPERS
        assert len(rows["announcements"]) == DAYS * PAPERS * 2


def test_what_a_writer_reads_stays_true_until_it_has_written(database):
    Store(database).close()
    together(count_up, [(database, 5)] * 4)
    with contextlib.closing(Store(database)) as store:
        assert sorted(int(event.item) for event in store.events("ana")) == list(range(20))


def test_processes_that_make_the_same_store_at_once_all_succeed(database, tmp_path, request):
    more = [request.getfixturevalue("postgres").address() if "://" in database else str(tmp_path / f"{number}.sqlite") for number in range(3)]
    together(open_all, [([database, *more],)] * 4)
    for address in (database, *more):
        with contextlib.closing(Store(address)) as made:
            assert not list(made.events("ana"))


def test_a_writer_killed_half_way_through_a_day_leaves_nothing_of_it(database):
    Store(database).close()
    heard, told = CONTEXT.Pipe(duplex=False)
    process = begin(stop_half_way, database, told)
    # Whoever has only one end hears that a process that failed has left the other.
    told.close()
    assert heard.poll(60)
    assert heard.recv() == "half"
    process.kill()
    process.join()
    with contextlib.closing(Store(database)) as store:
        assert not dump(store)["item_versions"]
        store.record_day(papers(1))
        assert len(dump(store)["announcements"]) == 2 * PAPERS, "whoever was killed holds nobody up"


def test_a_writer_killed_at_any_moment_leaves_whole_days(database):
    for moment in range(3):
        heard, told = CONTEXT.Pipe(duplex=False)
        process = begin(write_for_ever, database, told)
        assert heard.poll(60)
        heard.poll(0.01 * moment)
        process.kill()
        process.join()
        with contextlib.closing(Store(database)) as store, store.engine.connect() as connection:
            on = connection.execute(sa.select(ANNOUNCEMENTS.c.label, sa.func.count()).group_by(ANNOUNCEMENTS.c.label)).all()
            kept = connection.execute(sa.select(VERSIONS.c.version, sa.func.count()).group_by(VERSIONS.c.version)).all()
        assert {label.day: count for label, count in on} == {version: 2 * count for version, count in kept}
        assert {count for _, count in kept} == {PAPERS}


def test_a_store_opens_while_another_writes(in_a_file):
    with contextlib.closing(sqlite3.connect(in_a_file.engine.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with contextlib.closing(Store(in_a_file.engine.url.database)) as opened:
            assert not list(opened.events("ana"))


def test_a_writer_that_holds_the_database_too_long_is_an_error(in_a_file):
    with in_a_file.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with contextlib.closing(sqlite3.connect(in_a_file.engine.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            in_a_file.record_day([announced(paper(1))])
        assert in_a_file.events("ana") == [], "readers are not held up"


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


@pytest.mark.parametrize("typo", ["postgresql:/ana:secret@host/news", "postgresql+psycopg:ana:secret@host/news"])
def test_a_misspelt_address_is_no_path_and_its_password_is_not_shown(tmp_path, monkeypatch, typo):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="not of the form database://") as error:
        Store(typo)
    assert "secret" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_path_is_shown_whole(tmp_path):
    with pytest.raises(StoreError) as error:
        Store(write_text(tmp_path / "what?mode=ro"))
    assert f"The database {tmp_path / 'what?mode=ro'} cannot be used" in error.value.what
