"""Which index is built, and opening one that was."""

from collections.abc import Sequence

import numpy as np

from broadsheet.core.artifacts import Artifact
from broadsheet.core.embeddings import Embeddings
from broadsheet.core.index.exact import ExactIndex
from broadsheet.core.index.ivf import IvfIndex
from broadsheet.core.index.protocol import Index, IndexConfig

KINDS: dict[str, type[Index]] = {"exact": ExactIndex, "ivf": IvfIndex}


def build_index(ids: Sequence[str] | Embeddings, vectors: np.ndarray | None = None, config: IndexConfig | None = None) -> Index:
    """Build an index of vectors `[N, d]` by id, or of embeddings, whose hash and model it keeps.

    Which kind was built is in its manifest. Raises MissingExtraError where it needs faiss and there is none.
    """
    settings = config or IndexConfig()
    if isinstance(ids, Embeddings):
        index = _made(ids.ids, ids.vectors, settings)
        index.parents, index.models = {"embeddings": ids.artifact.content_hash}, {"embedder": ids.model}
        return index
    assert vectors is not None
    return _made(ids, vectors, settings)


def _made(ids: Sequence[str], vectors: np.ndarray, config: IndexConfig) -> Index:
    kind = config.kind if config.kind != "auto" else "exact" if len(ids) <= config.exact_up_to else "ivf"
    return KINDS[kind](config).build(ids, vectors)


def open_index(artifact: Artifact) -> Index:
    """Open an index of whichever kind was saved."""
    return KINDS[artifact.manifest.config["built"]].load(artifact)
