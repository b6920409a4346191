"""Finding items by words, by a picture, or by both."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.component import Content, Embedder, MultimodalEmbedder
from broadsheet.core.embeddings import Embeddings, embed_catalogue
from broadsheet.core.errors import ConfigError, ImageError
from broadsheet.core.home import artifact_folder
from broadsheet.core.index import Index, IndexConfig, build_index
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.represent.catalogues import Shown
from broadsheet.represent.finding import Finder


class Hit(NamedTuple):
    """An item that was found, its rank from 1, and what it stands by: its score, made of its cosine and of the share of the query's words that it holds."""

    rank: int
    score: float
    cosine: float
    words: float
    item: Item


class Searcher:
    """An index of a catalogue's vectors, made once and kept, the words of its items, and the embedder that asks."""

    def __init__(
        self, embedder: Embedder[Any], shown: Shown, *, folder: Path | None = None, config: IndexConfig | None = None, progress: Progress = silent
    ) -> None:
        self.embedder, self.shown = embedder, shown
        root = shown.root if isinstance(embedder, MultimodalEmbedder) else None
        self.embeddings: Embeddings = embed_catalogue(embedder, shown.catalogue, folder or artifact_folder(), progress, root=root)
        self.index: Index = build_index(self.embeddings, config=config)
        self._finder = Finder(self.index, shown.catalogue)

    def absent(self, text: str) -> tuple[str, ...]:
        """Return the words of a query with a digit, such as a code, that no item holds."""
        return self._finder.absent(text)

    def search(self, text: str = "", image: Path | None = None, k: int = 10, allowed: Collection[str] | None = None) -> list[Hit]:
        """Return the k best items for words, a picture, or both.

        Raises ConfigError for an empty query or a picture asked of an embedder that reads none, and ImageError for a picture
        that cannot be read.
        """
        if not text.strip() and image is None:
            raise ConfigError("The query is empty.", 'Give words, a picture (--image FILE), or both: search "a red lamp"')
        if image is not None and not isinstance(self.embedder, MultimodalEmbedder):
            raise ConfigError(f"{self.embedder.model} reads no pictures.", "Ask with --model pictures, or with words.")
        embedded = self.embedder.embed([Content(text, image)])
        if embedded.faults:
            raise ImageError(*embedded.faults[0].split("\n", 1))
        found = self._finder.find(np.asarray(embedded.vectors), [text], k, allowed)
        items = self.shown.catalogue
        return [Hit(rank, near.score, near.cosine, near.words, items.items[items.row(near.id)]) for rank, near in enumerate(found.near[0], 1)]
