"""What a reader had by the events of a run is known to the interface, and joined by what they told since."""

from datetime import UTC, datetime

import polars as pl

from broadsheet.core.schema import Announcement, Item
from broadsheet.serve.histories import had_of
from broadsheet.sources.events import EVENTS
from broadsheet.stack.holdings import Asked, Filed, write_holdings


def test_the_events_of_a_run_say_what_a_reader_had_and_of_others_nothing(tmp_path):
    assert had_of(tmp_path, "ana") == ()
    events = pl.DataFrame([("ana", "b", 1.0), ("bo", "a", 2.0), ("ana", "a", 3.0)], schema=EVENTS, orient="row")
    offered = [Announcement(item=Item(id=name, title=name)) for name in "ab"]
    (tmp_path / "steps").mkdir()
    write_holdings(tmp_path / "steps" / "catalogue", Filed(offered, [], [Asked("ana", ("b", "a"))], events), {"items": "x"})
    assert had_of(tmp_path, "ana") == ("b", "a")
    assert had_of(tmp_path, "nobody") == ()


def test_a_history_is_that_of_the_page_with_what_was_told_since_behind_it(tmp_path):
    from types import SimpleNamespace

    from broadsheet.core.schema import Event
    from broadsheet.core.store import Store
    from broadsheet.serve.api.recommend import known_of
    from broadsheet.serve.pages.reader import _without_told

    at = datetime(2026, 3, 1, tzinfo=UTC)
    events = pl.DataFrame([("ana", one, float(number)) for number, one in enumerate("abad")], schema=EVENTS, orient="row")
    offered = [Announcement(item=Item(id=name, title=name)) for name in "abcd"]
    (tmp_path / "steps").mkdir()
    write_holdings(tmp_path / "steps" / "catalogue", Filed(offered, [], [Asked("ana", tuple("abad"))], events), {"items": "x"})
    store = Store(tmp_path / "s.sqlite")
    store.create_tables()
    told = [Event(user="ana", item=item, kind="more", at=at) for item in ("c", "d")]
    store.record_events(told)
    site = SimpleNamespace(store=store, settings=SimpleNamespace(report_folder=tmp_path))
    assert known_of(site, "ana").history == ("a", "b", "a", "d", "c")
    assert known_of(site, "anna").note == "Nothing is known of a reader 'anna'. Did you mean 'ana'?"
    # What was told and stands behind all events is no purchase of theirs.
    assert _without_told(tuple("abad"), told) == ("a", "b", "a")
    store.close()
