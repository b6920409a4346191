"""The suite that every embedder inherits: one class a component, with nothing to write but `make`."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Embedder, similarity
from broadsheet.core.errors import NotFittedError
from broadsheet.core.schema import Item

ITEMS = (
    Item(id="leek", title="Leek soup", text="A soup of leeks and potatoes, with cream."),
    Item(id="chowder", title="Potato chowder", text="Potatoes and sweetcorn in a thick soup with cream."),
    Item(id="tram", title="Night trams", text="Timetables of the trams that run after midnight."),
    Item(id="silent", title="…", text=""),
)


def as_array(vectors: Any) -> np.ndarray:
    """Return dense rows, whatever the embedder gives."""
    return np.asarray(vectors.todense() if hasattr(vectors, "todense") else vectors)


class EmbedderConformance:
    """What holds for every embedder."""

    component: ClassVar[type[Embedder]]

    @pytest.fixture
    def fitted(self, tmp_path: Path) -> Embedder:
        embedder = self.component()
        return self.component.load(embedder.fit(Catalogue(ITEMS), tmp_path / "artifact"))

    def test_config_round_trip(self, tmp_path: Path) -> None:
        config = self.component.config_type()
        assert self.component.config_type.model_validate_json(config.model_dump_json()) == config
        artifact = self.component(config).fit(Catalogue(ITEMS), tmp_path / "a")
        assert self.component.load(artifact).config == config

    @pytest.mark.parametrize("size", ["tiny", "small", "base"])
    def test_one_dial_sizes_the_component(self, tmp_path: Path, size: str) -> None:
        embedder = self.component(self.component.config_type(size=size))
        embedder = self.component.load(embedder.fit(Catalogue(ITEMS), tmp_path / "a"))
        assert len(as_array(embedder(Catalogue(ITEMS).texts()))) == len(ITEMS)

    def test_config_refuses_an_unknown_field(self) -> None:
        with pytest.raises(ValueError, match="extra"):
            self.component.config_type(no_such_field=1)

    def test_save_and_load_give_the_same_vectors(self, tmp_path: Path) -> None:
        embedder = self.component()
        artifact = embedder.fit(Catalogue(ITEMS), tmp_path / "a")
        again = self.component.load(read_artifact(tmp_path / "a", self.component.kind))
        texts = Catalogue(ITEMS).texts()
        assert np.array_equal(as_array(embedder(texts)), as_array(again(texts)))
        assert artifact.manifest.models["embedder"] == embedder.model == again.model

    def test_the_same_seed_writes_the_same_bytes(self, tmp_path: Path) -> None:
        first, second = (self.component().fit(Catalogue(ITEMS), tmp_path / name, seed=7) for name in "ab")
        assert first.content_hash == second.content_hash
        assert all((first.path / f).read_bytes() == (second.path / f).read_bytes() for f in first.manifest.files)

    def test_rows_are_of_length_one_at_most_and_one_row_a_text(self, fitted: Embedder) -> None:
        vectors = as_array(fitted(Catalogue(ITEMS).texts()))
        assert len(vectors) == len(ITEMS)
        assert np.isfinite(vectors).all()
        assert (np.linalg.norm(vectors, axis=1) <= 1 + 1e-5).all()

    def test_a_text_is_embedded_the_same_alone_and_in_company(self, fitted: Embedder) -> None:
        texts = Catalogue(ITEMS).texts()
        together = as_array(fitted(texts))
        for row, text in enumerate(texts):
            assert np.allclose(as_array(fitted([text]))[0], together[row], atol=1e-5)

    def test_like_lies_near_like(self, fitted: Embedder) -> None:
        vectors = fitted(Catalogue(ITEMS).texts())
        near = similarity(vectors, vectors)
        assert near[0, 1] > near[0, 2]

    def test_no_text_and_an_empty_text(self, fitted: Embedder) -> None:
        assert len(as_array(fitted([]))) == 0
        assert np.isfinite(as_array(fitted(["", "   "]))).all()
        assert not as_array(fitted([""])).any()

    @pytest.mark.parametrize("items", [(), ITEMS[:1]], ids=["empty", "one item"])
    def test_tiny_catalogues(self, tmp_path: Path, items: tuple[Item, ...]) -> None:
        embedder = self.component.load(self.component().fit(Catalogue(items), tmp_path / "a"))
        assert as_array(embedder(Catalogue(items).texts())).shape[0] == len(items)

    def test_an_unseen_text_is_no_error(self, fitted: Embedder) -> None:
        assert np.isfinite(as_array(fitted(["Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich"]))).all()

    def test_progress_ends_at_the_total(self, fitted: Embedder) -> None:
        told: list[tuple[int, int]] = []
        fitted(Catalogue(ITEMS).texts(), lambda _, done, total: told.append((done, total)))
        assert told[-1][0] == told[-1][1]

    def test_not_fitted_says_the_remedy(self) -> None:
        error = self.component().not_fitted()
        assert isinstance(error, NotFittedError)
        assert "fit" in error.mend
