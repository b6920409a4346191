"""Which index is built, and opening one that was."""

from collections.abc import Sequence

import numpy as np

from broadsheet.core.artifacts import Artifact
from broadsheet.core.embeddings import Embeddings
from broadsheet.core.errors import ArtifactError, RecordError
from broadsheet.core.index.exact import ExactIndex
from broadsheet.core.index.ivf import IvfIndex
from broadsheet.core.index.protocol import Index, IndexConfig
from broadsheet.core.schema import ArtifactKind

KINDS: dict[str, type[Index]] = {"exact": ExactIndex, "ivf": IvfIndex}


def build_index(
    ids: Sequence[str] | Embeddings, vectors: np.ndarray | None = None, config: IndexConfig | None = None, *, queries: np.ndarray | None = None
) -> Index:
    """Build an index of vectors `[N, d]` by id, or of embeddings, whose hash and model it keeps.

    On `queries` `[J, d]`, where there are any, an inverted file chooses how many lists it probes.
    Which kind was built is in its manifest. Raises MissingExtraError where it needs faiss and there is none, and as `Index.build`.
    """
    settings = config or IndexConfig()
    if isinstance(ids, Embeddings):
        index = _made(ids.ids, ids.vectors, settings, queries)
        index.parents, index.models = {"embeddings": ids.artifact.content_hash}, {"embedder": ids.model}
        return index
    if vectors is None:
        raise RecordError(f"{len(ids)} ids came without vectors.", "Give vectors [N, d] beside ids, or embeddings.")
    return _made(ids, vectors, settings, queries)


def _made(ids: Sequence[str], vectors: np.ndarray, config: IndexConfig, queries: np.ndarray | None) -> Index:
    kind = config.kind if config.kind != "auto" else "exact" if len(ids) <= config.exact_up_to else "ivf"
    index = KINDS[kind](config).build(ids, vectors)
    return index.judge(queries, vectors) if isinstance(index, IvfIndex) and queries is not None else index


def open_index(artifact: Artifact) -> Index:
    """Open an index of whichever kind was saved. Raises ArtifactError for an artefact that holds none."""
    if artifact.manifest.kind is not ArtifactKind.INDEX:
        raise ArtifactError(f"{artifact.path} holds {artifact.manifest.kind}, no index.", "Name a folder that holds an index.")
    return KINDS[artifact.manifest.config["built"]].load(artifact)
