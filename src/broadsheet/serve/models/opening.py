"""Opening the parts of a site: from the package's own sample and bundles, or from folders that are named."""

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, NamedTuple, Self

from broadsheet.core.artifacts import MANIFEST, Artifact, Manifest, read_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Content, MultimodalEmbedder
from broadsheet.core.errors import ArtifactError
from broadsheet.core.home import artifact_folder
from broadsheet.core.packages import MINILM
from broadsheet.core.schema import ArtifactKind, Item
from broadsheet.plan.bundle import SHIPPED as SHIPPED_PLAN
from broadsheet.plan.bundle import open_bundle
from broadsheet.rank.ranker import SHIPPED as SHIPPED_RANKER
from broadsheet.rank.ranker import open_ranker
from broadsheet.retrieve.retriever import SHIPPED as SHIPPED_RETRIEVER
from broadsheet.retrieve.retriever import open_retriever
from broadsheet.serve.models.batcher import lane
from broadsheet.serve.models.holder import Opener
from broadsheet.serve.models.parts import Asking, Loaded, Needing, Ranks, Recommending, Searching, Slates
from broadsheet.serve.models.slating import HeldBundle
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.recipe import FIT, OFF, SHIPPED, Recipe
from broadsheet.stack.record import read_run

SAMPLE = "sample"
LABELLERS = ("cues", "minilm")
TAXONOMIES = ("financial", "papers")


class Sources(NamedTuple):
    """From what a site is opened: a catalogue (`sample`, files, or the `holdings` of a run), an embedder, bundles (None: those of the package), a graph, a labeller of needs.

    Parts that are `off` do not answer.
    """

    catalogue: tuple[str, ...] = (SAMPLE,)
    embedder: str = ""
    retriever: Path | None = None
    ranker: Path | None = None
    plan: Path | None = None
    graph: str = SAMPLE
    labeller: str = "minilm"
    holdings: Path | None = None
    off: frozenset[str] = frozenset()

    @classmethod
    def of_run(cls, folder: Path) -> Self:
        """Return what a run left: its catalogue and graph, and the bundles that its recipe names or that it fitted.

        Raises ArtifactError for a folder that holds no run, or one whose catalogue is not there yet.
        """
        recipe = Recipe.model_validate(read_run(folder).settings)
        steps = folder / "steps"
        if not (steps / "catalogue" / MANIFEST).is_file():
            raise ArtifactError(f"The run in {folder} has no catalogue yet.", f"Let it go on: broadsheet run {recipe.name} --out {folder}")
        stages, off = recipe.stages, set()
        bundles: dict[str, Path | None] = {}
        for part, stage in (("recommend", "retrieve"), ("rank", "rank")):
            said = getattr(stages, stage)
            bundle = steps / f"fit-{stage}" if said == FIT else None if said in {SHIPPED, OFF} else Path(said)
            bundles[part] = bundle
            if said == OFF or (said == FIT and not (steps / f"fit-{stage}" / MANIFEST).is_file()):
                off.add(part)
        plan = Path(stages.plan) if Path(stages.plan).is_dir() else None
        if plan is None and stages.plan != SHIPPED:
            off.add("slate")
        if not (steps / "ask" / MANIFEST).is_file():
            off.add("ask")
        labeller = stages.needs if stages.needs in LABELLERS else "cues"
        return cls(
            retriever=bundles["recommend"], ranker=bundles["rank"], plan=plan, graph=str(steps / "ask"), labeller=labeller, holdings=steps / "catalogue",
            off=frozenset(off),
        )  # fmt: skip


def openers(sources: Sources) -> dict[str, Opener]:
    """Return how each part is opened, those first that are opened fast.

    What embeds texts has a lane of its own, so have the models of sequences, and the graph: two cores have something to do, and no model meets two callers.
    """
    texts, sequences, graph = lane("texts"), lane("sequences"), lane("graph")
    every = {
        "recommend": Opener(_stamp(sources.retriever or SHIPPED_RETRIEVER), lambda: _recommending(sources.retriever, sequences)),
        "rank": Opener(_stamp(sources.ranker or SHIPPED_RANKER), lambda: _ranks(sources.ranker, sequences)),
        "slate": Opener(_stamp(sources.plan or SHIPPED_PLAN), lambda: _slates(sources.plan, sequences)),
        "search": Opener(_stamp(*_files(sources)), lambda: _searching(sources, texts)),
        "ask": Opener(_stamp(Path(sources.graph)), lambda: _asking(sources.graph, graph)),
        "needs": Opener(_stamp(Path(sources.labeller)), lambda: _needing(sources.labeller, texts)),
    }
    return {name: one for name, one in every.items() if name not in sources.off}


def _files(sources: Sources) -> list[Path]:
    held = [sources.holdings] if sources.holdings is not None else [Path(name) for name in sources.catalogue]
    return [*held, *([Path(sources.embedder)] if sources.embedder else [])]


def _stamp(*paths: Path) -> Callable[[], str]:
    """Return what names the state of files and artefacts without reading all of them: an artefact by its manifest, a file by its size and time."""

    def stamp() -> str:
        found = []
        for path in paths:
            manifest = path / MANIFEST
            if manifest.is_file():
                found.append(hashlib.sha256(manifest.read_bytes()).hexdigest())
            elif path.exists():
                about = path.stat()
                found.append(f"{path} {about.st_mtime_ns} {about.st_size}")
            else:
                found.append(str(path))
        return " ".join(found)

    return stamp


def _of_manifest(manifest: Manifest, path: Path, model: str, items: int) -> Loaded:
    return Loaded(str(manifest.kind), model, Artifact(path, manifest).content_hash, manifest.parents, items, manifest.metrics)


def _manifest(path: Path) -> Manifest:
    return Manifest.model_validate_json((path / MANIFEST).read_bytes())


def _recommending(path: Path | None, on: Executor) -> Recommending:
    retriever = open_retriever(path)
    folder = path or SHIPPED_RETRIEVER
    return Recommending(retriever, _of_manifest(_manifest(folder), folder, retriever.model, len(retriever)), on)


def _ranks(path: Path | None, on: Executor) -> Ranks:
    ranker = open_ranker(path)
    folder = path or SHIPPED_RANKER
    return Ranks(ranker, _of_manifest(_manifest(folder), folder, ranker.model, len(ranker)), on)


def _slates(path: Path | None, on: Executor) -> Slates:
    bundle = HeldBundle.of(open_bundle(path))
    manifest = bundle.artifact.manifest
    return Slates(bundle, _of_manifest(manifest, bundle.artifact.path, bundle.name, len(bundle.material.items)), on)


def catalogue_of(sources: Sources) -> Catalogue:
    """Return the items that are searched: those of a run, those of the sample's day, or those of files, the newest version of each."""
    from broadsheet import sample
    from broadsheet.sources.read import read_source

    if sources.holdings is not None:
        return Catalogue(_held(sources.holdings).items.values())
    found: dict[str, Item] = {}
    for name in sources.catalogue:
        read = sample.announcements() if name == SAMPLE else read_source(name).announcements
        found |= {one.item.id: one.item for one in read}
    return Catalogue(found.values())


def _held(folder: Path) -> Holdings:
    return Holdings(read_artifact(folder, ArtifactKind.CATALOGUE))


def _searching(sources: Sources, on: Executor) -> Searching:
    from broadsheet.core.embeddings import embed_catalogue
    from broadsheet.core.index import build_index
    from broadsheet.represent.finding import Finder
    from broadsheet.represent.models import model_of_runs, open_embedder

    # Without the tower of pictures words alone are searched, and the model that is named says so.
    embedder = open_embedder(sources.embedder or model_of_runs())
    catalogue = catalogue_of(sources)
    root = _held(sources.holdings).root if sources.holdings is not None else None
    # In the lane: another part may be answering with the same tokenizer.
    made = on.submit(embed_catalogue, embedder, catalogue, artifact_folder(), root=root if isinstance(embedder, MultimodalEmbedder) else None).result()
    # Vectors that are kept need no model; who searches first does not wait for it either.
    on.submit(embedder.embed, [Content("a word")]).result()
    about = Loaded("index", made.model, made.artifact.content_hash, dict(made.artifact.manifest.parents), len(catalogue))
    return Searching(embedder, Finder(build_index(made), catalogue), catalogue, about, on)


def _asking(name: str, on: Executor) -> Asking:
    from broadsheet.ask.graph.opened import open_graph
    from broadsheet.ask.link.index import ValueIndex
    from broadsheet.ask.loop.records import Settings
    from broadsheet.ask.loop.tools import Tools, named
    from broadsheet.ask.write.rules import SlotWriter

    engine = open_graph(name)
    index = ValueIndex(engine.graph)
    tools = Tools(engine, index, SlotWriter(index, engine.graph), Settings(), named(Path(name).name or name, engine.graph))
    return Asking(tools, Loaded("graph", tools.writer.by, tools.named.hash, {"schema": tools.named.schema_hash}), on, engine.close)


def _needing(labeller: str, on: Executor) -> Needing:
    from broadsheet.needs.extract.extractor import Extractor
    from broadsheet.needs.pseudonyms import author_key
    from broadsheet.needs.taxonomy import open_taxonomy
    from broadsheet.stack.needed import level_labeller

    def opened() -> Mapping[str, Any]:
        return {name: Extractor(taxonomy, level_labeller(labeller, taxonomy), author_key()) for name in TAXONOMIES for taxonomy in [open_taxonomy(name)]}

    extractors = on.submit(opened).result()
    first = next(iter(extractors.values()))
    return Needing(extractors, Loaded("needs", first.labeller.name, MINILM.sha256 if labeller == "minilm" else ""), on)
