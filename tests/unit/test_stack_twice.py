"""A record that a table holds twice is one item of the run and one node of its graph, with the same values."""

from pathlib import Path

import pytest

from broadsheet.ask.graph.tables import read_graph
from broadsheet.core.progress import silent
from broadsheet.core.schema import ArtifactKind
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.recipe import Recipe
from broadsheet.stack.steps.catalogue import events_step
from broadsheet.stack.steps.graph import graph_step
from broadsheet.stack.steps.step import Work

ITEMS = """Code ,name,family,maker,blurb,price,date
A1,Viol,strings,Tamura,six strings,710,2026-03-01
A2,Horn,brass,Osei,,90,2026-03-01
A1,"Viol, second hand",plucked,Tamura,,310,2026-03-02
A2,Horn,brass,,a double horn,95,2026-03-01
A3,Drum,,Osei,calf skin,70,2026-03-02
"""
SALES = "buyer,item,at\nAna,A1,2026-03-03\nAna,A2,2026-03-04\nBo,A3,2026-03-05\n"


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))
    (tmp_path / "instruments.csv").write_text(ITEMS)
    (tmp_path / "sales.csv").write_text(SALES)
    columns = "id=Code ,title=name,text=blurb,categories=family,creators=maker"
    recipe = Recipe(kind="shop", source=(str(tmp_path / "instruments.csv"),), columns=columns, events=str(tmp_path / "sales.csv"), event_columns="user=buyer")
    catalogue = events_step(recipe, "").work(Work(tmp_path / "catalogue", {}, silent))
    asked = graph_step(recipe).work(Work(tmp_path / "ask", {"catalogue": catalogue.artifact}, silent))
    assert asked.artifact.manifest.kind == ArtifactKind.GRAPH
    return catalogue, Holdings(catalogue.artifact), read_graph(Path(tmp_path / "ask"))


def test_the_graph_counts_what_the_run_counts(made):
    catalogue, held, graph = made
    nodes = graph.nodes["Instrument"]
    assert nodes["Code"].to_list() == list(held.items) == ["A1", "A2", "A3"]
    assert nodes["name"].to_list() == [item.title for item in held.items.values()] == ["Viol", "Horn", "Drum"]
    assert nodes["price"].to_list() == [float(item.attributes["price"]) for item in held.items.values()] == [710, 90, 70]
    assert (
        "Merged with the first of the same id: 2 records (A2 also has price 95 and not 90; A1 also has title Viol, second hand and not Viol, price 310 and not 710)."
        in catalogue.note
    )


def test_what_the_first_record_leaves_empty_another_fills_and_categories_are_joined(made):
    _, held, graph = made
    nodes = graph.nodes["Instrument"]
    assert nodes["blurb"].to_list() == [item.text for item in held.items.values()] == ["six strings", "a double horn", "calf skin"]
    assert [tuple(one or ()) for one in nodes["family"].to_list()] == [item.categories for item in held.items.values()]
    assert held.items["A1"].categories == ("strings", "plucked")
