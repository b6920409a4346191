"""Bundles of retrieval and of ranking, fitted on what is known."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from broadsheet.core.progress import Progress, silent
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder
from broadsheet.stack.contents import contents_of
from broadsheet.stack.known import Known

if TYPE_CHECKING:
    from broadsheet.core.artifacts import Artifact
    from broadsheet.rank.config import RankerConfig
    from broadsheet.retrieve.fit import RetrieverConfig


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
