"""Levels of need: what labels them, and what goals give a planner."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder

if TYPE_CHECKING:
    from broadsheet.core.llm import Client
    from broadsheet.needs.bench.goals import Written
    from broadsheet.needs.goals import Goal
    from broadsheet.needs.label.labels import NeedLabeller
    from broadsheet.needs.label.prototypes import Prototypes
    from broadsheet.needs.taxonomy import Taxonomy
    from broadsheet.sample.world import World

# What labels sentences by level of need.
LABELLERS = ("minilm", "cues", "llm")


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
