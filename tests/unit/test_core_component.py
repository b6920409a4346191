"""The one shape of a component, shown on the smallest embedder there is."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from broadsheet.core.artifacts import read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Component, Embedder, similarity
from broadsheet.core.config import Config, Size
from broadsheet.core.errors import NotFittedError
from broadsheet.core.progress import silent
from broadsheet.core.schema import ArtifactKind, Item


class LettersConfig(Config):
    size: Size = "small"

    @property
    def alphabet(self) -> str:
        return {"tiny": "ab", "small": "abc", "base": "abcd"}[self.size]


class Letters(Embedder[LettersConfig]):
    """Embeds a text as the counts of its letters, those weighted down that are in every item."""

    config_type = LettersConfig
    kind = ArtifactKind.EMBEDDER
    weights: np.ndarray | None = None

    @property
    def model(self):
        return f"letters {self.config.alphabet}"

    def fit(self, catalogue, folder, *, seed=0):
        texts = catalogue.texts()
        weights = np.array([1 / (1 + sum(letter in text for text in texts)) for letter in self.config.alphabet])
        return write_artifact(
            folder, self.manifest({"catalogue": catalogue.content_hash()}, seed, {"items": len(catalogue)}), {"weights": {"weights": weights}}
        )

    @classmethod
    def load(cls, artifact):
        self = cls(LettersConfig.model_validate(artifact.manifest.config))
        self.weights = artifact.tensors("weights")["weights"]
        return self

    def __call__(self, texts, progress=silent):
        if self.weights is None:
            raise self.not_fitted()
        counts = np.array([[text.count(letter) for letter in self.config.alphabet] for text in texts]) * self.weights
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-12)


CATALOGUE = Catalogue([Item(id="x", title="aab"), Item(id="y", title="ac")])


def test_a_component_is_configured_fitted_loaded_and_called(tmp_path):
    Letters(LettersConfig(size="base")).fit(CATALOGUE, tmp_path / "letters", seed=3)
    embedder = Letters.load(read_artifact(tmp_path / "letters", ArtifactKind.EMBEDDER))
    assert embedder.config.size == "base"
    assert embedder(["a", "dd", "?"]).tolist() == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]


def test_without_a_configuration_it_takes_the_defaults():
    assert Letters().config == LettersConfig()


def test_its_manifest_says_what_ran_on_what(tmp_path):
    manifest = Letters().fit(CATALOGUE, tmp_path / "letters", seed=3).manifest
    assert manifest.kind is ArtifactKind.EMBEDDER
    assert manifest.models == {"component": "Letters", "embedder": "letters abc"}
    assert manifest.config == {"size": "small"}
    assert manifest.parents == {"catalogue": CATALOGUE.content_hash()}
    assert manifest.seed == 3
    assert manifest.metrics == {"items": 2}


def test_used_before_fit_it_says_what_to_call():
    with pytest.raises(NotFittedError) as error:
        Letters()(["a"])
    assert str(error.value) == "Letters is not fitted.\nCall Letters.fit(catalogue, folder), or Letters.load(artifact)."


def test_a_component_without_fit_and_load_cannot_be_made():
    class Half(Component[Config]):
        config_type = Config
        kind = ArtifactKind.EMBEDDER

    with pytest.raises(TypeError, match="abstract"):
        Half()


@pytest.mark.parametrize("left_kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("right_kind", [np.asarray, sparse.csr_array])
def test_similarity_is_the_cosine_for_dense_and_sparse_rows(left_kind, right_kind):
    rows = np.random.default_rng(0).normal(size=(7, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = similarity(left_kind(rows[:3]), right_kind(rows[3:]))
    assert type(found) is np.ndarray
    assert found.shape == (3, 4)
    assert found.dtype == np.float64
    assert np.allclose(found, cosine_similarity(rows[:3], rows[3:]))
