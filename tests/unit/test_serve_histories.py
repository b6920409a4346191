"""What a reader had by the events of a run is known to the interface, and joined by what they told since."""

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
