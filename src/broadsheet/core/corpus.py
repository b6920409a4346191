"""A catalogue as models read it: items by number, attributes and vectors by modality, and both as arrays on disk."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.embeddings import Embeddings
from broadsheet.core.errors import RecordError, did_you_mean
from broadsheet.core.modality import Attributes, Content
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns

CATEGORIES = "categories"


class Corpus(NamedTuple):
    """Items by number, and what is said of each: attributes and vectors by modality."""

    items: tuple[str, ...]
    attributes: Mapping[str, Attributes]
    contents: Mapping[str, Content]


class Basis(NamedTuple):
    """The axes `[C, r]` along which vectors of a modality differ most, and their mean `[C]`."""

    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def fit(cls, vectors: np.ndarray, most: int) -> "Basis":
        """Fit to vectors `[N, C]`; zero rows, items without the modality, are left out. What is no wider than `most` stays as it is."""
        width = vectors.shape[1]
        there = vectors[(vectors != 0).any(axis=1)].astype(np.float64)
        if width <= most or len(there) < 2:
            return cls(np.zeros(width, dtype=np.float32), np.eye(width, min(width, most), dtype=np.float32))
        # What answers imports this module too, and needs no scikit-learn.
        from sklearn.decomposition import PCA

        found = PCA(min(most, len(there)), random_state=0).fit(there)
        # Half precision is what a bundle keeps.
        return cls(*(part.astype(np.float16).astype(np.float32) for part in (found.mean_, found.components_.T)))

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Return vectors `[N, r]` on these axes."""
        return ((vectors.astype(np.float32) - self.mean) @ self.axes).astype(np.float32)


def corpus_of(catalogue: Catalogue, contents: Mapping[str, Embeddings], bases: Mapping[str, Basis], tables: Mapping[str, Attributes] | None = None) -> Corpus:
    """Return items with `tables`, or else their categories, as attributes, and their vectors by modality on a basis each; a zero row is an item without it.

    Vectors are kept in half precision, and so are they trained on: what is loaded is what was fitted.
    """
    words = sorted({word for item in catalogue for word in item.categories})
    number = {word: place for place, word in enumerate(words)}
    rows = Ragged.of(sorted({number[word] for word in item.categories}) for item in catalogue)
    ids = tuple(item.id for item in catalogue)
    shown = {}
    for name, of in contents.items():
        place = {item: row for row, item in enumerate(of.ids)}
        vectors = np.stack([of.vectors[place[item]] if item in place else np.zeros(of.vectors.shape[1]) for item in ids]) if ids else of.vectors[:0]
        shown[name] = Content(bases[name](vectors).astype(np.float16).astype(np.float32), (vectors != 0).any(axis=1))
    return Corpus(ids, tables or ({CATEGORIES: Attributes(tuple(words), rows)} if words else {}), shown)


def numbered(corpus: Corpus, histories: Sequence[Sequence[str]]) -> list[list[int]]:
    """Return histories by the items' numbers. Raises RecordError for an item that the corpus lacks."""
    row = {item: number for number, item in enumerate(corpus.items)}
    for item in (item for history in histories for item in history):
        if item not in row:
            raise RecordError(f"{item!r} is not in the catalogue.{did_you_mean(item, row)}", "Add it, or leave it out of histories and queries.")
    return [[row[item] for item in history] for history in histories]


def corpus_arrays(corpus: Corpus, bases: Mapping[str, Basis]) -> dict[str, np.ndarray]:
    """Return what is said of the items as arrays, vectors in half precision."""
    said: dict[str, np.ndarray] = {}
    for name, of in corpus.attributes.items():
        said |= {f"{name}.values": of.rows.values, f"{name}.begins": of.rows.begins}
    for name, content in corpus.contents.items():
        said |= {f"{name}.vectors": content.vectors.astype(np.float16), f"{name}.present": content.present}
        if name in bases:
            said |= {f"{name}.mean": bases[name].mean.astype(np.float16), f"{name}.axes": bases[name].axes.astype(np.float16)}
    return said


def corpus_frame(corpus: Corpus, titles: Mapping[str, str]) -> pl.DataFrame:
    """Return items with their titles, and in the first row the names of modalities and attributes, in their order."""
    names = json.dumps({"attributes": {name: list(of.names) for name, of in corpus.attributes.items()}, "contents": list(corpus.contents)})
    if not corpus.items:
        return pl.DataFrame({Columns.ITEM: []})
    count = len(corpus.items)
    return pl.DataFrame({Columns.ITEM: list(corpus.items), Columns.TITLE: [titles[item] for item in corpus.items], "names": [names] + [""] * (count - 1)})


class Kept(NamedTuple):
    """A corpus that was read back, with its titles and the basis of each modality that has one."""

    corpus: Corpus
    titles: dict[str, str]
    bases: dict[str, Basis]


def read_corpus(frame: pl.DataFrame, said: Mapping[str, np.ndarray]) -> Kept:
    """Return what `corpus_frame` and `corpus_arrays` wrote."""
    told = json.loads(frame["names"][0]) if len(frame) else {"attributes": {}, "contents": []}
    items = tuple(frame[Columns.ITEM].to_list())
    titles = dict(zip(items, frame[Columns.TITLE].to_list() if items else [], strict=True))
    attributes = {name: Attributes(tuple(listed), Ragged(said[f"{name}.values"], said[f"{name}.begins"])) for name, listed in told["attributes"].items()}
    stems = told["contents"]
    contents = {name: Content(said[f"{name}.vectors"].astype(np.float32), said[f"{name}.present"]) for name in stems}
    axes = [name for name in stems if f"{name}.axes" in said]
    bases = {name: Basis(said[f"{name}.mean"].astype(np.float32), said[f"{name}.axes"].astype(np.float32)) for name in axes}
    return Kept(Corpus(items, attributes, contents), titles, bases)
