"""The one shape of a component: `Component(config)`, `fit`, `load`, `__call__`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from scipy import sparse

from broadsheet.core.artifacts import Artifact, Manifest
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.config import Config
from broadsheet.core.errors import NotFittedError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind

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


class Embedder(Component[ConfigT]):
    """A component that turns texts into unit vectors.

    `model` names what really runs, in one line; it goes into every manifest and every page.
    """

    @property
    @abstractmethod
    def model(self) -> str:
        """The model that runs, by name and version."""

    def manifest(self, catalogue: Catalogue, seed: int, metrics: dict[str, float] | None = None) -> Manifest:
        """Return the manifest of what `fit` writes: the model, its configuration, and the catalogue's hash."""
        return Manifest(
            kind=self.kind,
            config=self.config.model_dump(mode="json"),
            seed=seed,
            parents={"catalogue": catalogue.content_hash()},
            models={"embedder": self.model},
            metrics=metrics or {},
        )

    @abstractmethod
    def __call__(self, texts: Sequence[str], progress: Progress = silent) -> Vectors:
        """Embed texts: rows `[N, d]` of length 1, or all zero where a text says nothing."""


def similarity(left: Vectors, right: Vectors) -> np.ndarray:
    """Return the cosine of each pair of rows, `[N, d]` and `[M, d]` to `[N, M]`, as float64.

    >>> similarity(np.eye(2), np.array([[1.0, 0.0]])).tolist()
    [[1.0], [0.0]]
    """
    product: Any = left @ right.T
    return np.asarray(product.todense() if sparse.issparse(product) else product, dtype=np.float64)
