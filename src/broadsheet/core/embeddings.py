"""Vectors of a catalogue as an artefact, made once and found again by content."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue, text_hash
from broadsheet.core.component import Content, Embedder
from broadsheet.core.errors import ArtifactError, ImageError, WeightsError
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns

# So many new rows are kept at a time: a run that is killed goes on from the last block.
BLOCK = 1024
_ITEMS = {Columns.ITEM: pl.String, Columns.TEXT_HASH: pl.String, Columns.FAULT: pl.String}


class Rows(NamedTuple):
    """Vectors `[K, d]` of the known ids asked for, and the unknown ids."""

    vectors: np.ndarray
    unknown: tuple[str, ...]


class Embeddings:
    """Dense unit vectors `[N, d]`, one row an item, with the model that made them.

    `faults` says by id what was wrong with a picture; such an item has the vector of its text, or zeros.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.vectors: np.ndarray = artifact.tensors("vectors")["vectors"]
        items = artifact.frame("items")
        self.ids: list[str] = items[Columns.ITEM].to_list()
        self.hashes: list[str] = items[Columns.TEXT_HASH].to_list()
        faults = items[Columns.FAULT].to_list() if Columns.FAULT in items.columns else [""] * len(self.ids)
        self.faults: dict[str, str] = {item: fault for item, fault in zip(self.ids, faults, strict=True) if fault}
        self.model = artifact.manifest.models["embedder"]
        self._row = {item: row for row, item in enumerate(self.ids)}

    def rows(self, ids: Sequence[str]) -> Rows:
        """Look vectors up by id, in the order asked; unknown ids are reported."""
        known = [self._row[i] for i in ids if i in self._row]
        return Rows(self.vectors[known], tuple(i for i in ids if i not in self._row))


class _Vector(NamedTuple):
    row: np.ndarray
    fault: str = ""


def embed_catalogue(embedder: Embedder, catalogue: Catalogue, folder: Path, progress: Progress = silent, *, root: Path | None = None) -> Embeddings:
    """Embed a catalogue with a dense embedder, or read the same vectors back from `folder`.

    The artefact's name is a hash of the model and of every item's id and content (its text, and the bytes of its
    picture where the embedder reads pictures under `root`), so an unchanged catalogue computes nothing and a changed
    word never meets a stale vector. Contents that another artefact of the same model holds are taken
    from there: of a catalogue with a hundred new items, a hundred are embedded, and a run that was killed goes on from
    its last block. A damaged artefact is made anew. Raises WeightsError where the model gives numbers that are not finite.
    """
    contents = embedder.contents(catalogue, root)
    hashes = [_content_hash(content) for content in contents]
    key = hashlib.sha256("\n".join([embedder.model, *(f"{i} {h}" for i, h in zip(catalogue.ids, hashes, strict=True))]).encode()).hexdigest()[:20]
    path = folder / f"{ArtifactKind.EMBEDDINGS}-{key}"
    if path.exists():
        try:
            return Embeddings(read_artifact(path, ArtifactKind.EMBEDDINGS))
        except ArtifactError:
            get_logger("embeddings").warning("cached vectors are damaged and made anew", artifact=path.name)
    manifest = Manifest(
        kind=ArtifactKind.EMBEDDINGS,
        config=embedder.config.model_dump(mode="json"),
        parents={"catalogue": catalogue.content_hash()},
        models={"embedder": embedder.model},
    )
    parts = folder / f"{ArtifactKind.EMBEDDINGS}-{key}-part"
    vectors = _vectors(embedder, dict(zip(hashes, contents, strict=True)), parts, manifest, progress)
    made = _written(path, manifest, catalogue.ids, hashes, vectors)
    for part in folder.glob(f"{parts.name}*"):
        shutil.rmtree(part)
    return made


def _content_hash(content: Content) -> str:
    """Name a content; a picture that cannot be read has the name of its path, so that mending it makes a new vector."""
    try:
        return content.content_hash()
    except ImageError as error:
        return text_hash(f"{error} {content.text}")


def _written(path: Path, manifest: Manifest, ids: Sequence[str], hashes: Sequence[str], vectors: dict[str, _Vector]) -> Embeddings:
    frame = pl.DataFrame([(i, h, vectors[h].fault) for i, h in zip(ids, hashes, strict=True)], schema=_ITEMS, orient="row")
    rows = np.stack([vectors[h].row for h in hashes]) if hashes else np.zeros((0, 1), dtype=np.float32)
    return Embeddings(write_artifact(path, manifest, {"vectors": {"vectors": rows}}, {"items": frame}))


def _vectors(embedder: Embedder, contents: dict[str, Content], parts: Path, manifest: Manifest, progress: Progress) -> dict[str, _Vector]:
    """Return a vector for each content hash: from what is kept beside `parts`, else embedded block by block."""
    known = _kept(embedder.model, set(contents), parts.parent)
    missing = [name for name in contents if name not in known]
    get_logger("embeddings").info("vectors", model=embedder.model, kept=len(known), to_embed=len(missing))
    for number, block in enumerate(_blocks(missing)):
        fresh = _embedded(embedder, [contents[name] for name in block], _shifted(progress, number * BLOCK, len(missing)))
        known.update(zip(block, fresh, strict=True))
        if len(missing) > BLOCK:
            _written(parts.with_name(f"{parts.name}{_fresh_number(parts)}"), manifest, block, block, known)
    return known


def _embedded(embedder: Embedder, contents: Sequence[Content], progress: Progress) -> list[_Vector]:
    embedded = embedder.embed(contents, progress)
    rows = np.asarray(embedded.vectors, dtype=np.float32)
    if not np.isfinite(rows).all():
        raise WeightsError(f"{embedder.model} gave vectors that are not finite.", "Take an earlier checkpoint, or train with a lower learning rate.")
    return [_Vector(row, embedded.faults.get(number, "")) for number, row in enumerate(rows)]


def _blocks(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), BLOCK):
        yield names[start : start + BLOCK]


def _fresh_number(parts: Path) -> int:
    """Return the number of the next block; those that a killed run left keep theirs."""
    return len(list(parts.parent.glob(f"{parts.name}*")))


def _shifted(progress: Progress, before: int, whole: int) -> Progress:
    """Report a block's progress as that of the whole."""

    def told(step: str, done: int, total: int) -> None:
        del total
        progress(step, before + done, whole)

    return told


def _kept(model: str, wanted: set[str], folder: Path) -> dict[str, _Vector]:
    found: dict[str, _Vector] = {}
    for path in sorted(folder.glob(f"{ArtifactKind.EMBEDDINGS}-*")):
        if wanted <= found.keys():
            break
        try:
            kept = Embeddings(read_artifact(path, ArtifactKind.EMBEDDINGS))
        except ArtifactError:
            get_logger("embeddings").warning("cached vectors are damaged and left aside", artifact=path.name)
            continue
        if kept.model == model:
            rows = zip(kept.ids, kept.hashes, kept.vectors, strict=True)
            found.update((h, _Vector(vector, kept.faults.get(item, ""))) for item, h, vector in rows if h in wanted)
    return found
