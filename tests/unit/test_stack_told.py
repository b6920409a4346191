"""What a reader tells on a page by events is what the next one is made of."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from broadsheet.core.errors import OutputError, RecordError
from broadsheet.core.schema import Event, Item
from broadsheet.core.store import Store
from broadsheet.report.composed import told_by
from broadsheet.sources.events import EVENTS
from broadsheet.stack.shop import Shop, Told, with_told
from broadsheet.stack.steps.plan import placed

NOON = datetime(2026, 2, 9, 12, tzinfo=UTC)


def test_the_newest_act_on_an_item_counts_and_what_was_taken_back_does_not(tmp_path):
    store = Store(tmp_path / "s.sqlite")
    told = [
        ("a", "more", 0),
        ("b", "less", 1),
        ("c", "less", 2),
        ("c", "saved", 3),
        ("d", "more", 4),
        ("d", f"undo more {NOON.replace(minute=4).isoformat()}", 5),
    ]
    store.record_events(Event(user="bo", item=item, kind=kind, at=NOON.replace(minute=minute)) for item, kind, minute in told)
    store.close()
    found = told_by(str(tmp_path / "s.sqlite"), "bo")
    assert found == Told((("a", NOON.timestamp()), ("c", NOON.replace(minute=3).timestamp())), ("b",))


def test_what_was_told_joins_what_was_had_and_strange_items_do_not():
    items = {name: Item(id=name, title=name) for name in "ab"}
    shop = Shop(items, {"bo": ["a"]}, "bo", pl.DataFrame([("bo", "a", 1.0)], schema=EVENTS, orient="row"), None, "")
    made = with_told(shop, Told((("b", 2.0), ("z", 3.0))))
    assert made.histories["bo"] == ["a", "b"]
    assert made.events.rows() == [("bo", "a", 1.0), ("bo", "b", 2.0)]
    assert made.note == "Told on the page: 1 event of these."
    assert with_told(shop, Told()) is shop


def test_what_is_hidden_has_no_place_and_says_why():
    rows = placed(["a", "b", "c"], np.array([3.0, 2.0, 1.0]), np.full(3, np.nan), np.ones(3, dtype=bool), 2, {"a"})
    assert {one.item: one.slot for one in rows} == {"a": None, "b": 1, "c": 2}
    assert rows[0].kept_out == "you told that you do not want it"


def test_rows_are_called_as_their_file_is_and_where_that_says_nothing_as_the_kind_is():
    from broadsheet.stack.recipe import Recipe
    from broadsheet.stack.steps.graph import label_in

    named = {"mine/plants.csv": "Plant", "items.csv": "Article", "order_lines.jsonl": "OrderLine"}
    assert {source: label_in(Recipe(kind="shop", source=(source,))) for source in named} == named


def test_a_page_of_somebody_else_is_replaced_on_request_alone(tmp_path, monkeypatch):
    from broadsheet.report import composed
    from broadsheet.stack.recipe import Recipe, read_recipe
    from broadsheet.stack.record import RunRecord, read_run, write_run

    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(composed, "run_steps", lambda *_, **__: 1 / 0)
    (tmp_path / "items.csv").write_text("id,title\na,A\n")
    (tmp_path / "sales.csv").write_text("user,item,at\nAna B,a,2026-03-01\n")
    shop = Recipe(kind="shop", source=(str(tmp_path / "items.csv"),), events=str(tmp_path / "sales.csv"))
    out = tmp_path / "my runs" / "run"
    out.mkdir(parents=True)
    write_run(out, RunRecord(recipe="shop", reader="Greta"))
    for recipe, asked, reader, other in ((shop, "Ana B", "Ana B", "run-Ana-B"), (read_recipe("sample"), "ines", "Ines Aldecoa", "run-Ines-Aldecoa")):
        with pytest.raises(OutputError) as refused:
            composed.compose(recipe, out, composed.Asked(asked))
        assert refused.value.what == f"{out} holds the page of Greta, and this run is for {reader}."
        assert f"--out '{out.with_name(other)}'; or add --replace." in refused.value.mend
        assert read_run(out).reader == "Greta"
        with pytest.raises(ZeroDivisionError):
            composed.compose(recipe, out, composed.Asked(asked, replace=True))


def test_another_readers_way_is_refused_with_a_command_that_runs(tmp_path):
    from broadsheet.core.schema import Announcement
    from broadsheet.stack.holdings import Asked, Filed, write_holdings
    from broadsheet.stack.record import RunRecord, StepRecord
    from broadsheet.stack.why import Lineage

    events = pl.DataFrame([("Greta", "a", 1.0), ("Anna B", "a", 2.0)], schema=EVENTS, orient="row")
    filed = Filed([Announcement(item=Item(id="a", title="A"))], [], [Asked("Greta", ("a",))], events)
    made = write_holdings(tmp_path / "steps" / "catalogue", filed, {})
    step = StepRecord(name="catalogue", title="Catalogue", state="done", artefact="steps/catalogue", content_hash=made.content_hash)
    lineage = Lineage(tmp_path, RunRecord(recipe="shop", reader="Greta", steps=(step,)))
    with pytest.raises(RecordError) as refused:
        lineage.check_reader("Anna B")
    assert refused.value.what == "This run's page is for Greta, not for 'Anna B'."
    assert f"broadsheet run --again --out {tmp_path} --reader 'Anna B' --replace" in refused.value.mend
    with pytest.raises(RecordError, match="Did you mean 'Anna B'"):
        lineage.check_reader("Ana B")


def test_rows_of_a_shop_are_named_by_the_columns_that_its_recipe_says(tmp_path):
    from broadsheet.ask.graph.tables import read_graph
    from broadsheet.core.progress import silent
    from broadsheet.stack.recipe import Recipe
    from broadsheet.stack.steps.catalogue import NAME, events_step
    from broadsheet.stack.steps.graph import graph_step
    from broadsheet.stack.steps.step import Work

    (tmp_path / "lutes.csv").write_text("sort,code,called\nOld lute,L-1,Theorbo\nNew lute,L-2,Angelica\n")
    (tmp_path / "sales.csv").write_text("user,item,at\nana,L-1,2026-01-01\nana,L-2,2026-01-02\n")
    recipe = Recipe(kind="shop", source=(str(tmp_path / "lutes.csv"),), events=str(tmp_path / "sales.csv"), columns="id=code,title=called,text=sort")
    catalogue = events_step(recipe, "").work(Work(tmp_path / "catalogue", {}, silent)).artifact
    graph_step(recipe).work(Work(tmp_path / "ask", {NAME: catalogue}, silent))
    assert read_graph(tmp_path / "ask").named == {"Lute": ("code", "called")}


def test_what_was_told_on_a_page_makes_it_no_other_days(tmp_path):
    from datetime import date

    from broadsheet.core.schema import Announcement
    from broadsheet.report.of_events import label_of
    from broadsheet.stack.holdings import Asked, Filed, Holdings, write_holdings

    items = [Announcement(item=Item(id=name, title=name)) for name in "ab"]
    events = pl.DataFrame([("bo", "a", NOON.timestamp()), ("bo", "b", NOON.timestamp() + 9e6)], schema=EVENTS, orient="row")
    held = Holdings(write_holdings(tmp_path / "catalogue", Filed(items, [], [Asked("bo", ("a", "b"))], events), {}))
    assert label_of(held, None, ["b", "z"]) == NOON.date()
    assert label_of(held, None) > NOON.date()
    assert label_of(held, date(2026, 1, 1), ["b"]) == date(2026, 1, 1)
