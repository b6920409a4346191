"""A day, a library and what came before the day as vectors, in two spaces."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse

from broadsheet.core.catalogue import Catalogue, reading_text
from broadsheet.core.component import Embedder
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.packages import MINILM
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder, TfidfEmbedder


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
