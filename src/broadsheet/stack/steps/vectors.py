"""The step that makes vectors: of words, of meaning, and of pictures where there are any."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from broadsheet.core.artifacts import Artifact, Manifest, write_artifact
from broadsheet.core.catalogue import Catalogue, reading_text
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.home import artifact_folder
from broadsheet.core.packages import EFFICIENTNET, MINILM
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.steps.step import Done, Step, Work

NAME = "vectors"
WORDS, MEANING, PICTURES = "words", "meaning", "pictures"


def vectors_step(*, meaning: bool = True, images: str = "") -> Step:
    """Return the step; without `meaning` words alone. Pictures lie in the folder `images`: one that changes changes the vectors."""

    def work(given: Work) -> Done:
        from broadsheet.represent import MiniLMConfig, MiniLMEmbedder, TfidfEmbedder

        held = Holdings(given.parents[CATALOGUE])
        items = list(held.items.values())
        catalogue = Catalogue(items)
        # Word rarities are counted on what is on offer, as the page counts them where nothing earlier is known.
        words = TfidfEmbedder().fit_texts([reading_text(one.item) for one in held.offered])
        rows = sparse.csr_array(words([reading_text(item) for item in items], given.progress))
        tensors = {WORDS: {"data": rows.data, "indices": rows.indices, "indptr": rows.indptr, "shape": np.array(rows.shape)}}
        models, notes = {WORDS: words.model}, []
        parents = {"catalogue": given.parents[CATALOGUE].content_hash}
        if meaning and MINILM.is_installed():
            found = embed_catalogue(MiniLMEmbedder(MiniLMConfig()), catalogue, artifact_folder(), given.progress)
            tensors[MEANING], models[MEANING] = {MEANING: found.vectors}, found.model
        else:
            notes.append(f"Words alone: no model of meaning is installed. To add it: {MINILM.install}" if meaning else "Words alone, as the recipe says.")
        shown = sum(bool(item.images) for item in items)
        if shown and EFFICIENTNET.is_installed() and MINILM.is_installed():
            pictures, faults = _pictures(catalogue, held.root, given)
            tensors[PICTURES], models[PICTURES] = {PICTURES: pictures}, _tower().model
            notes += [f"Pictures that cannot be read: {faults}."] if faults else []
        elif shown:
            notes.append(f"Pictures of {shown} items are not read: no model of pictures is installed. To add it: {EFFICIENTNET.install}")
        frame = pl.DataFrame({Columns.ITEM: list(catalogue.ids)}, schema={Columns.ITEM: pl.String})
        manifest = Manifest(kind=ArtifactKind.VECTORS, parents=parents, models=models, config={"unseen_idf": words.unseen_idf})
        made = write_artifact(given.folder, manifest, tensors, {"items": frame, "terms": words.frame()})
        return Done(made, {"items": len(items), "with a picture": shown}, " ".join(notes))

    return Step(
        NAME,
        "Vectors",
        ArtifactKind.VECTORS,
        work,
        (CATALOGUE,),
        settings={"meaning": meaning and MINILM.is_installed()},
        files=(Path(images),) if images else (),
    )


class Seen:
    """Vectors that a run made, by item."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.ids: list[str] = artifact.frame("items")[Columns.ITEM].to_list()
        self.row = {item: number for number, item in enumerate(self.ids)}
        held: dict[str, Any] = artifact.tensors(WORDS)
        self.words = sparse.csr_array((held["data"], held["indices"], held["indptr"]), shape=tuple(held["shape"].tolist()))
        self.spaces = {name: artifact.tensors(name)[name] for name in (MEANING, PICTURES) if f"{name}.safetensors" in artifact.manifest.files}

    def near(self, item: str, others: list[str], space: str) -> list[tuple[str, float]]:
        """Return others with their cosine to an item in a space, the nearest first; those without a vector are left out."""
        rows: Any = self.words if space == WORDS else self.spaces[space]
        there = [other for other in others if other in self.row and other != item]
        if item not in self.row or not there:
            return []
        own, theirs = rows[[self.row[item]]], rows[[self.row[other] for other in there]]
        product: Any = theirs @ own.T
        cosine = np.asarray(product.todense() if sparse.issparse(product) else product)[:, 0]
        length = np.sqrt(np.asarray((theirs * theirs).sum(axis=1)).ravel() * float((own * own).sum()))
        found = np.divide(cosine, length, out=np.zeros(len(there)), where=length > 0)
        return [(there[place], float(found[place])) for place in np.argsort(-found, kind="stable")]


def _tower() -> Any:
    from broadsheet.represent.pictures.tower import PooledTower, TowerConfig

    return PooledTower(TowerConfig(mirrored=False))


def _pictures(catalogue: Catalogue, root: Path | None, given: Work) -> tuple[np.ndarray, int]:
    """Return vectors of the items' pictures, zeros without one, and how many could not be read."""
    found = embed_catalogue(_tower(), catalogue, artifact_folder(), given.progress, root=root)
    return found.vectors, len(found.faults)
