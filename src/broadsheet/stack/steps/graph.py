"""The step that makes a graph of the catalogue, which `broadsheet ask` answers over."""

from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.core.schema import ArtifactKind
from broadsheet.sources.tables import ColumnMap
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.recipe import Recipe
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.steps.step import Done, Step, Work
from broadsheet.stack.words import words_of

if TYPE_CHECKING:
    from broadsheet.ask.graph.tables import Graph

NAME = "ask"
NAMELESS = frozenset({"items", "item", "catalogue", "catalog", "data", "table", "rows", "all"})
"""Names of files that say nothing of what their rows are."""


def graph_step(recipe: Recipe, off: str = "") -> Step:
    """Return the step: papers with their authors and citations, or the rows of a table with the values of its columns."""

    def work(given: Work) -> Done:
        from broadsheet.ask.graph.tables import write_graph

        held = Holdings(given.parents[CATALOGUE])
        graph = _graph(recipe, held)
        made = write_graph(given.folder, graph, parents={CATALOGUE: held.artifact.content_hash, "source": graph.content_hash()})
        figures = {"nodes": graph.node_count, "relations": graph.edge_count}
        return Done(made, figures, f"Nodes are {', '.join(graph.nodes)}. It takes no part in the score.")

    return Step(
        NAME,
        "Ask",
        ArtifactKind.GRAPH,
        work,
        (CATALOGUE,),
        settings={"kind": recipe.kind, "source": recipe.source, "columns": recipe.columns, "words": recipe.words},
        off=off,
    )


def _graph(recipe: Recipe, held: Holdings) -> "Graph":
    from broadsheet.ask.graph.catalogues import catalogue_graph
    from broadsheet.ask.graph.flat import Wishes, table_graph
    from broadsheet.ask.graph.rows import read_rows
    from broadsheet.sample import citations

    if recipe.of_events and len(recipe.source) == 1 and (path := Path(recipe.source[0])).is_file() and (raw := read_rows(path)) is not None:
        # Columns by the names that a reader of rows gives them.
        called = {raw.renamed.get(name, name): name for name in raw.columns}
        fields = {field: called[column] for field, column in ColumnMap.parse(recipe.columns).resolve(list(called), path.name).items()}
        found = table_graph(path, Wishes(label_in(recipe), title=fields["title"], key=fields["id"], joined=fields.get("categories", "")))
        if found is not None:
            return found
    return catalogue_graph(list(held.items.values()), citations() if recipe.source == ("sample",) else ())


def label_in(recipe: Recipe) -> str:
    """Return what rows are called: as their file is, so that its owner's own word for them is understood; where that says nothing, as the kind has it."""
    from broadsheet.ask.graph.flat import label_of

    stem = Path(recipe.source[0]).stem
    return words_of(recipe.kind, recipe.words).one.capitalize() if stem.lower() in NAMELESS else label_of(stem)
