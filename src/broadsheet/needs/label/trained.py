"""The labeller that was learnt from labels, as it is kept and called: chances by a regression, rare levels by the taxonomy's own sentences."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from broadsheet.core.artifacts import Artifact
from broadsheet.core.catalogue import text_hash
from broadsheet.core.config import Config
from broadsheet.core.errors import ArtifactError
from broadsheet.needs.label.features import Features, Words, matrix
from broadsheet.needs.label.labels import Labels
from broadsheet.needs.label.prototypes import Prototypes
from broadsheet.needs.taxonomy import Taxonomy

AGAIN = "Fit one: broadsheet needs fit --labels labels.csv --out FOLDER"


class TrainedConfig(Config):
    """What is learnt: `features` of a text, whether the taxonomy's `sentences` were learnt from too, and which labels it tells apart.

    `rare` levels have too few labels and are left to the taxonomy's sentences; `says` how the fit compared with these within the labels.
    """

    taxonomy: str
    features: Features
    sentences: bool
    labels: tuple[str, ...]
    rare: tuple[str, ...] = ()
    texts: int
    says: str


class Regression(NamedTuple):
    """A multinomial regression: coefficients `[K, F]` and intercepts `[K]` of the labels it tells apart, and the words it knows, if it knows any."""

    coefficients: np.ndarray
    intercepts: np.ndarray
    words: Words | None

    def odds(self, features: Features, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Return log odds `[N, K]` of texts with vectors `[N, d]`."""
        return matrix(features, self.words, texts, vectors) @ self.coefficients.T + self.intercepts


class TrainedLabeller:
    """Labels texts by what was learnt; a rare level is as likely as the taxonomy's sentences make it, and what is left is told apart by the regression."""

    def __init__(self, config: TrainedConfig, regression: Regression, prototypes: Prototypes, content_hash: str = "") -> None:
        self.config, self.regression, self.content_hash = config, regression, content_hash
        self.names = prototypes.names
        self._prototypes = prototypes
        rare = f"; {', '.join(config.rare)} by {prototypes.name}" if config.rare else ""
        self.name = f"trained {content_hash[:12]}: logistic regression on {config.features} of {config.texts} labelled texts{rare}"

    @classmethod
    def load(cls, artifact: Artifact, taxonomy: Taxonomy, prototypes: Prototypes) -> Self:
        """Return the labeller that `fit` wrote. Raises ArtifactError where it was learnt for another taxonomy, or with another model of vectors."""
        config = TrainedConfig.model_validate(artifact.manifest.config)
        if artifact.manifest.parents.get("taxonomy") != text_hash(taxonomy.model_dump_json()):
            raise ArtifactError(f"{artifact.path} was learnt for another taxonomy, {config.taxonomy!r}, not for this {taxonomy.name!r}.", AGAIN)
        if artifact.manifest.models["embedder"] != prototypes.model:
            raise ArtifactError(f"{artifact.path} was learnt with {artifact.manifest.models['embedder']!r}; here runs {prototypes.model!r}.", AGAIN)
        held = artifact.tensors("regression")
        words = Words.of_frame(artifact.frame("terms")) if config.features != "vectors" else None
        return cls(config, Regression(held["coefficients"], held["intercepts"], words), prototypes, artifact.content_hash)

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Label texts by level."""
        return Labels(self.names, self._chances(texts, self._prototypes.vectors(texts)))

    def needs(self, texts: Sequence[str]) -> list[str]:
        """Return for each text the need, or the level itself, whose sentence is nearest among those of the level it is likeliest of."""
        vectors = self._prototypes.vectors(texts)
        return self._prototypes.nearest(vectors, self._chances(texts, vectors)[:, :-1].argmax(axis=1))

    def _chances(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        if not len(texts):
            return np.zeros((0, len(self.names)))
        told = self.regression.odds(self.config.features, texts, vectors)
        return together(self.names, self.config.labels, told, self._prototypes.chances(vectors))


def together(names: Sequence[str], labels: Sequence[str], odds: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """Return chances of all names `[N, C]`: of `labels` by their log odds `[N, K]`, of the others as they stand `beside` `[N, C]`.

    >>> together(["a", "b", "c"], ["a", "c"], np.array([[0.0, 0.0]]), np.array([[0.1, 0.2, 0.7]])).tolist()
    [[0.4, 0.2, 0.4]]
    """
    learnt = np.exp(odds - odds.max(axis=1, keepdims=True))
    learnt /= learnt.sum(axis=1, keepdims=True)
    places = [list(names).index(label) for label in labels]
    chances = beside.copy().astype(np.float64)
    chances[:, places] = 0.0
    chances[:, places] = learnt * (1 - chances.sum(axis=1, keepdims=True))
    return chances
