"""Vectors of a catalogue as an artefact, made once and found again by content."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue, text_hash
from broadsheet.core.component import Embedder
from broadsheet.core.errors import ArtifactError
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns


class Rows(NamedTuple):
    """Vectors `[K, d]` of the known ids asked for, and the unknown ids."""

    vectors: np.ndarray
    unknown: tuple[str, ...]


class Embeddings:
    """Dense unit vectors `[N, d]`, one row an item, with the model that made them."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.vectors: np.ndarray = artifact.tensors("vectors")["vectors"]
        self.ids: list[str] = artifact.frame("items")[Columns.ITEM].to_list()
        self.model = artifact.manifest.models["embedder"]
        self._row = {item: row for row, item in enumerate(self.ids)}

    def rows(self, ids: Sequence[str]) -> Rows:
        """Look vectors up by id, in the order asked; unknown ids are reported."""
        known = [self._row[i] for i in ids if i in self._row]
        return Rows(self.vectors[known], tuple(i for i in ids if i not in self._row))


def embed_catalogue(embedder: Embedder, catalogue: Catalogue, folder: Path, progress: Progress = silent) -> Embeddings:
    """Embed a catalogue with a dense embedder, or read the same vectors back from `folder`.

    The artefact's name is a hash of the model and of every item's id and text, so an
    unchanged catalogue computes nothing and a changed word never meets a stale vector. Texts that
    another artefact of the same model holds are taken from there: of a catalogue with a hundred
    new items, a hundred are embedded. A damaged artefact is made anew.
    """
    texts = catalogue.texts()
    hashes = [text_hash(text) for text in texts]
    key = hashlib.sha256("\n".join([embedder.model, *(f"{i} {h}" for i, h in zip(catalogue.ids, hashes, strict=True))]).encode())
    path = folder / f"{ArtifactKind.EMBEDDINGS}-{key.hexdigest()[:20]}"
    if path.exists():
        try:
            return Embeddings(read_artifact(path, ArtifactKind.EMBEDDINGS))
        except ArtifactError:
            get_logger("embeddings").warning("cached vectors are damaged and made anew", artifact=path.name)
    vectors = _vectors(embedder, dict(zip(hashes, texts, strict=True)), folder, progress)
    manifest = Manifest(
        kind=ArtifactKind.EMBEDDINGS,
        config=embedder.config.model_dump(mode="json"),
        parents={"catalogue": catalogue.content_hash()},
        models={"embedder": embedder.model},
    )
    frame = pl.DataFrame({Columns.ITEM: list(catalogue.ids), Columns.TEXT_HASH: hashes}, schema=[(Columns.ITEM, pl.String), (Columns.TEXT_HASH, pl.String)])
    rows = np.stack([vectors[h] for h in hashes]) if hashes else np.zeros((0, 1), dtype=np.float32)
    return Embeddings(write_artifact(path, manifest, {"vectors": {"vectors": rows}}, {"items": frame}))


def _vectors(embedder: Embedder, texts: dict[str, str], folder: Path, progress: Progress) -> dict[str, np.ndarray]:
    """Return a vector for each text hash: from what is kept in `folder`, else embedded."""
    known = _kept(embedder.model, set(texts), folder)
    missing = [text for text in texts if text not in known]
    get_logger("embeddings").info("vectors", model=embedder.model, kept=len(known), to_embed=len(missing))
    if missing:
        fresh = np.asarray(embedder([texts[h] for h in missing], progress), dtype=np.float32)
        known.update(zip(missing, fresh, strict=True))
    return known


def _kept(model: str, wanted: set[str], folder: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob(f"{ArtifactKind.EMBEDDINGS}-*")):
        if wanted <= found.keys():
            break
        try:
            kept = Embeddings(read_artifact(path, ArtifactKind.EMBEDDINGS))
        except ArtifactError:
            get_logger("embeddings").warning("cached vectors are damaged and left aside", artifact=path.name)
            continue
        if kept.model == model:
            hashes = kept.artifact.frame("items")[Columns.TEXT_HASH]
            found.update((h, kept.vectors[row]) for row, h in enumerate(hashes) if h in wanted)
    return found
