"""The generated world as a graph: papers, what joins them, and what readers did."""

from typing import TYPE_CHECKING

import polars as pl

from broadsheet.ask.graph.catalogues import AUTHOR, PAPER, THEME, papers
from broadsheet.ask.graph.keyed import Keyed
from broadsheet.ask.graph.tables import Graph
from broadsheet.core.schema import Columns

if TYPE_CHECKING:
    from broadsheet.sample.world import World

READER = "Reader"
# What each type of relation joins. Authors and themes of papers are told by the papers themselves.
_ENDS = {
    "introduces": (PAPER, "Method"), "works_at": (AUTHOR, "House"), "located_in": ("House", "Town"), "part_of": (THEME, "Field"), "continues": (PAPER, PAPER),
    "cites": (PAPER, PAPER),
}  # fmt: skip
# What a reader did of their own will; what was shown or passed over is left off, for it is nearly everything.
_ACTS = {"opened": "OPENED", "saved": "SAVED", "more": "WANTS_MORE_LIKE", "less": "WANTS_LESS_LIKE"}


def world_graph(world: "World") -> Graph:
    """Return the catalogue, the relations and the events of a world as a graph; its gold stays out."""
    keyed = Keyed()
    papers(keyed, world.catalogue.items)
    for kind, (start, end) in _ENDS.items():
        rows = world.relations.filter(pl.col(Columns.TYPE) == kind)
        heads, tails = (rows[column].to_list() for column in (Columns.HEAD, Columns.TAIL))
        for label, names in ((start, heads), (end, tails)):
            if label not in keyed.labels:
                keyed.named(label, names)
        keyed.join(kind.upper(), (start, heads), (end, tails))
    keyed.named(READER, world.events[Columns.USER].unique().sort(), "id")
    for kind, name in _ACTS.items():
        rows = world.events.filter(pl.col(Columns.KIND) == kind)
        keyed.join(name, (READER, rows[Columns.USER].to_list()), (PAPER, rows[Columns.ITEM].to_list()), rows.select(pl.col(Columns.AT)))
    return keyed.graph()
