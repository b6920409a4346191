"""The one shape of a component: `Component(config)`, `fit`, `load`, `__call__`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

import numpy as np
from PIL import Image
from scipy import sparse

from broadsheet.core.artifacts import Artifact, Manifest
from broadsheet.core.catalogue import Catalogue, reading_text, text_hash
from broadsheet.core.config import Config
from broadsheet.core.errors import NotFittedError
from broadsheet.core.images import image_hash
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Item

ConfigT = TypeVar("ConfigT", bound=Config)
Vectors = np.ndarray | sparse.csr_array


class Component(ABC, Generic[ConfigT]):
    """A stage's part: configured, fitted to an artefact, loaded from one, called.

    A subclass names its `config_type` and the `kind` of artefact its `fit` gives.
    """

    config_type: ClassVar[type[Config]]
    kind: ClassVar[ArtifactKind]

    def __init__(self, config: ConfigT | None = None) -> None:
        self.config: ConfigT = config if config is not None else self.config_type()  # pyrefly: ignore

    @abstractmethod
    def fit(self, catalogue: Catalogue, folder: Path, *, seed: int = 0) -> Artifact:
        """Fit to a catalogue (of any size, none included) and write the artefact to `folder`."""

    @classmethod
    @abstractmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the component that `fit` wrote."""

    def not_fitted(self) -> NotFittedError:
        """Return the error to raise where something is used before `fit` or `load`."""
        name = type(self).__name__
        return NotFittedError(f"{name} is not fitted.", f"Call {name}.fit(catalogue, folder), or {name}.load(artifact).")


class Content(NamedTuple):
    """What an embedder reads of an item or a query: text, a picture (a file or pixels), or both."""

    text: str = ""
    image: Path | Image.Image | None = None

    def content_hash(self) -> str:
        """Name the content: of a text alone its own hash, else a hash of the text and the picture's bytes.

        Raises ImageError for a file that cannot be read.
        """
        return text_hash(self.text) if self.image is None else text_hash(f"{image_hash(self.image)} {self.text}")


class Embedded(NamedTuple):
    """Rows `[N, d]`, one for each content, and what was wrong with some: two lines by position."""

    vectors: Vectors
    faults: Mapping[int, str]


class Embedder(Component[ConfigT]):
    """A component that turns texts into unit vectors.

    `model` names what really runs, in one line; it goes into every manifest and every page.
    """

    @property
    @abstractmethod
    def model(self) -> str:
        """The model that runs, by name and version."""

    def manifest(self, parents: Mapping[str, str], seed: int, metrics: Mapping[str, float] | None = None, models: Mapping[str, str] | None = None) -> Manifest:
        """Return the manifest of what is fitted: the component, the model that runs, its configuration, and the hashes of what it came from."""
        return Manifest(
            kind=self.kind,
            config=self.config.model_dump(mode="json"),
            seed=seed,
            parents=dict(parents),
            models={"component": type(self).__name__, "embedder": self.model, **(models or {})},
            metrics=dict(metrics or {}),
        )

    @abstractmethod
    def __call__(self, texts: Sequence[str], progress: Progress = silent) -> Vectors:
        """Embed texts: rows `[N, d]` of length 1, or all zero where a text says nothing."""

    def contents(self, catalogue: Catalogue, root: Path | None = None) -> list[Content]:
        """Return what is read of each item; `root` is the folder that `Item.images` is relative to."""
        del root
        return [Content(reading_text(item)) for item in catalogue]

    def embed(self, contents: Sequence[Content], progress: Progress = silent) -> Embedded:
        """Embed contents. An embedder of texts reads their texts."""
        return Embedded(self([content.text for content in contents], progress), {})


class MultimodalEmbedder(Embedder[ConfigT]):
    """An embedder whose texts, pictures, and both together lie in one space.

    A picture that cannot be read is a fault of its row: the row is that of the text alone, or
    all zero where there is none; the others are embedded.
    """

    def contents(self, catalogue: Catalogue, root: Path | None = None) -> list[Content]:
        """Return each item's text with its first picture, where `root` is given and the item has one."""
        return [Content(reading_text(item), _picture(item, root)) for item in catalogue]

    @abstractmethod
    def embed(self, contents: Sequence[Content], progress: Progress = silent) -> Embedded:
        """Embed texts, pictures, and both: rows of length 1, or all zero where nothing could be read."""

    def __call__(self, texts: Sequence[str], progress: Progress = silent) -> Vectors:
        """Embed texts alone."""
        return self.embed([Content(text) for text in texts], progress).vectors


def _picture(item: Item, root: Path | None) -> Path | None:
    return root / item.images[0] if root is not None and item.images else None


def unit(rows: np.ndarray) -> np.ndarray:
    """Return rows `[..., d]` brought to length 1; those of zeros stay so.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12).astype(rows.dtype)


def similarity(left: Vectors, right: Vectors) -> np.ndarray:
    """Return the cosine of each pair of rows, `[N, d]` and `[M, d]` to `[N, M]`, as float64.

    >>> similarity(np.eye(2), np.array([[1.0, 0.0]])).tolist()
    [[1.0], [0.0]]
    """
    product: Any = left @ right.T
    return np.asarray(product.todense() if sparse.issparse(product) else product, dtype=np.float64)
