"""What is written and shown of items as vectors by modality, as bundles are fitted on and asked with."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder

if TYPE_CHECKING:
    from broadsheet.core.embeddings import Embeddings
    from broadsheet.core.modality import Content
    from broadsheet.stack.known import Known


def text_contents(ids: Sequence[str], texts: Sequence[str], progress: Progress = silent) -> "dict[str, Content]":
    """Return MiniLM's vectors of items' texts as a modality, or none where nothing is said. Raises MissingExtraError where MiniLM is not installed."""
    from broadsheet.core.home import artifact_folder
    from broadsheet.core.modality import Content

    if not any(text.strip() for text in texts):
        return {}
    catalogue = Catalogue([Item(id=item, title=text) for item, text in zip(ids, texts, strict=True)])
    vectors = embed_catalogue(MiniLMEmbedder(MiniLMConfig()), catalogue, artifact_folder(), progress).vectors
    return {"text": Content(vectors, np.asarray(vectors.any(axis=1)))}


def contents_of(known: "Known", progress: Progress = silent) -> "dict[str, Embeddings]":
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
