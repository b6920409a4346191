"""Vectors that benches are run on: artefacts of embeddings, or plain arrays."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from broadsheet.core.artifacts import MANIFEST, read_artifact
from broadsheet.core.embeddings import Embeddings
from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.schema import ArtifactKind


class Vectors(NamedTuple):
    """Distinct unit vectors `[N, d]`, the models that made them, and a hash of the vectors."""

    rows: np.ndarray
    models: tuple[str, ...]
    hash: str


def read_vectors(paths: Sequence[Path]) -> Vectors:
    """Read embeddings (artefacts, or folders of them, searched to any depth) and `.npy` files of float32 `[N, d]`; equal rows count once.

    Raises SourceNotFoundError where a path holds none, and RecordError where widths differ.
    """
    parts: list[np.ndarray] = []
    models: set[str] = set()
    for path in paths:
        if path.suffix == ".npy" and path.is_file():
            parts.append(np.load(path, allow_pickle=False).astype(np.float32))
            models.add("not stated")
            continue
        found = [manifest.parent for manifest in sorted(path.rglob(MANIFEST)) if json.loads(manifest.read_text())["kind"] == ArtifactKind.EMBEDDINGS]
        if not found:
            raise SourceNotFoundError(f"There are no vectors in {path}.", "Name a folder of embeddings (broadsheet represent run writes one), or a .npy file.")
        for embeddings in (Embeddings(read_artifact(folder, ArtifactKind.EMBEDDINGS)) for folder in found):
            parts.append(embeddings.vectors)
            models.add(embeddings.model)
    if len({part.shape[1] for part in parts}) != 1:
        raise RecordError(f"Vectors have {sorted({part.shape[1] for part in parts})} dimensions.", "Bench the vectors of one model at a time.")
    rows = _distinct(np.concatenate(parts))
    digest = hashlib.sha256(rows.reshape(-1).view(np.uint8).data)
    return Vectors(rows, tuple(sorted(models)), digest.hexdigest()[:16])


def _distinct(rows: np.ndarray) -> np.ndarray:
    """Return the rows that say something, equal ones once, in an order that the files' order plays no part in."""
    kept = np.ascontiguousarray(rows[rows.any(axis=1)])
    whole = kept.view(np.dtype((np.void, kept.dtype.itemsize * kept.shape[1]))).reshape(-1)
    return kept[np.unique(whole, return_index=True)[1]]
