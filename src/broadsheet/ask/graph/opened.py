"""A graph by its name or its path, whatever it is made of, and an engine over it whose database is kept for the next time."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from broadsheet.ask.graph.catalogues import catalogue_graph
from broadsheet.ask.graph.flat import Wishes, table_graph
from broadsheet.ask.graph.folders import folder_graph, is_folder
from broadsheet.ask.graph.importer import importer_graph, is_importer
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.scripts import script_graph
from broadsheet.ask.graph.tables import Graph, read_graph, write_graph
from broadsheet.ask.graph.worlds import world_graph
from broadsheet.core.artifacts import MANIFEST, Manifest, check_replaceable, read_artifact
from broadsheet.core.errors import ArtifactError, ColumnError, EmptySourceError, SourceNotFoundError
from broadsheet.core.home import graph_folder
from broadsheet.core.schema import ArtifactKind, Item

SAMPLE, WORLD = "sample", "world"
NAMES = (SAMPLE, WORLD)
# The world that stands for itself: readers, papers, days, seed.
WORLD_DIALS = {"readers": 40, "items": 800, "days": 24, "seed": 0}


def open_graph(name: str | Path) -> Ladybug:
    """Return an engine over a graph: `sample`, `world`, or the path of anything that `load_graph` reads.

    The database is kept under the house's home folder by what it holds: another content makes another one, the same content none.
    Raises SourceError, ArtifactError or MissingExtraError.
    """
    return Ladybug(load_graph(name), graph_folder())


def load_graph(name: str | Path, wishes: Wishes = Wishes()) -> Graph:  # noqa: B008
    """Return a graph by name or path.

    A path leads to a graph that `broadsheet ask build` wrote, a world, a folder of tables (nodes-LABEL, relations-TYPE), a zip of the data importer, a script of
    CREATE statements (.cypher), a library (.bib), any source of papers (feeds, JSON Lines, CSV, Parquet), or a single table of anything else. `wishes` are for
    the last alone. Raises SourceError or ArtifactError.
    """
    if any(wishes) and (made := table_graph(Path(name), wishes)) is not None:
        return made
    if str(name) == SAMPLE:
        return sample_graph()
    if str(name) == WORLD:
        return _own_world()
    try:
        return _of_path(Path(name))
    except OSError as fault:
        raise SourceNotFoundError(f"{name} cannot be read: {fault.strerror or fault}.", "Check the path, and who may read it.") from None


def _of_path(path: Path) -> Graph:
    if (path / MANIFEST).is_file():
        return _artifact(path)
    readers: tuple[tuple[Callable[[Path], bool], Callable[[Path], Graph]], ...] = (
        (is_folder, folder_graph),
        (is_importer, importer_graph),
        (lambda file: file.suffix in {".cypher", ".cql"} and file.is_file(), script_graph),
    )
    return next((read(path) for fits, read in readers if fits(path)), None) or table_graph(path) or catalogue_graph(_items(path))


class Built(NamedTuple):
    """A graph that was built, the hash of its artefact, and whether it is another one than before."""

    graph: Graph
    content_hash: str
    changed: bool


def build_graph(source: str, out: Path, wishes: Wishes = Wishes()) -> Built:  # noqa: B008
    """Write the graph of a source as an artefact to `out`; where one of the same content is there already, it stays.

    Raises SourceError, ArtifactError, or OutputError where `out` holds something else.
    """
    check_replaceable(out, ArtifactKind.GRAPH)
    graph = load_graph(source, wishes)
    held = graph.content_hash()
    try:
        there = read_artifact(out, ArtifactKind.GRAPH)
        if there.manifest.parents.get("source") == held and read_graph(out).named == graph.named:
            return Built(graph, there.content_hash, changed=False)
    except ArtifactError:
        there = None
    artifact = write_graph(out, graph, parents={"source": held})
    return Built(graph, artifact.content_hash, changed=True)


def sample_graph() -> Graph:
    """Return the built-in sample as a graph: the day's papers, those of both readers' libraries, and what the former cite."""
    from broadsheet.sample import READERS, announcements, citations, library_path
    from broadsheet.sources.library import read_library

    items = {one.item.id: one.item for one in announcements()}
    for reader in READERS:
        with library_path(reader) as path:
            items |= {item.id: item for item in read_library(path)}
    return catalogue_graph(list(items.values()), citations())


def _items(path: Path) -> list[Item]:
    from broadsheet.sources.library import read_library
    from broadsheet.sources.read import read_source

    if not path.exists() and not str(path).startswith("arxiv:"):
        raise SourceNotFoundError(f"There is no graph {path}.", f"Name {', '.join(NAMES)}, or the path of a graph or of what `ask build` reads.")
    if path.suffix == ".bib":
        return read_library(path)
    try:
        # A paper that stands on several days is the newest of them.
        return list({one.item.id: one.item for one in read_source(str(path)).announcements}.values())
    except (ColumnError, EmptySourceError) as fault:
        raise type(fault)(
            fault.what, "Name papers, or a folder of tables: nodes-LABEL.csv with the column id, relations-TYPE.csv with start and end."
        ) from None


def _artifact(path: Path) -> Graph:
    try:
        kind = Manifest.model_validate_json((path / MANIFEST).read_bytes()).kind
    except ValueError:
        kind = ArtifactKind.GRAPH
    if kind is not ArtifactKind.WORLD:
        return read_graph(path)
    from broadsheet.sample.world.folder import read_world

    return world_graph(read_world(path))


def _own_world() -> Graph:
    """Return the world of the usual dials, kept as an artefact, for it takes seconds to make."""
    kept = graph_folder() / WORLD
    try:
        if read_artifact(kept, ArtifactKind.GRAPH).manifest.config["world"] == WORLD_DIALS:
            return read_graph(kept)
    except (ArtifactError, KeyError):
        graph = None
    from broadsheet.sample.world import world

    graph = world_graph(world(**WORLD_DIALS))
    write_graph(kept, graph, {"world": WORLD_DIALS})
    return graph
