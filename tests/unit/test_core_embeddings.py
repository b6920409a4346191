"""Vectors of a catalogue: made once, found again by content."""

import numpy as np
import pytest
from tests.embedders import Plain

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.progress import silent
from broadsheet.core.schema import Columns, Item


class Letters(Plain):
    """Embeds a text as its counts of a and b, and keeps what it was asked to embed."""

    model = "letters"

    def __init__(self):
        super().__init__(lambda texts: np.array([[text.count("a"), text.count("b")] for text in texts]))
        self.calls: list[list[str]] = []

    def __call__(self, texts, progress=silent):
        self.calls.append(list(texts))
        progress("letters", len(texts), len(texts))
        return super().__call__(texts, progress)


@pytest.fixture
def embedder() -> Letters:
    return Letters()


def menu(**dishes: str) -> Catalogue:
    return Catalogue(Item(id=name, title=title) for name, title in dishes.items())


def test_vectors_stand_in_the_order_of_the_catalogue(embedder, tmp_path):
    made = embed_catalogue(embedder, menu(soup="aab", bread="b"), tmp_path)
    assert made.ids == ["soup", "bread"]
    assert made.model == "letters"
    assert made.vectors.tolist() == [[2, 1], [0, 1]]
    assert made.vectors.dtype == np.float32


def test_ids_are_looked_up_and_unknown_ones_reported(embedder, tmp_path):
    made = embed_catalogue(embedder, menu(soup="aab", bread="b"), tmp_path)
    vectors, unknown = made.rows(["cake", "bread", "soup", "bread"])
    assert vectors.tolist() == [[0, 1], [2, 1], [0, 1]]
    assert unknown == ("cake",)
    assert made.rows(["cake"]).vectors.shape == (0, 2)
    assert made.rows([]).vectors.shape == (0, 2)


def test_the_second_time_nothing_is_embedded(embedder, tmp_path):
    first = embed_catalogue(embedder, menu(soup="a", bread="b"), tmp_path)
    second = embed_catalogue(embedder, menu(soup="a", bread="b"), tmp_path)
    assert embedder.calls == [["a", "b"]]
    assert second.artifact == first.artifact
    assert np.array_equal(second.vectors, first.vectors)


def test_a_changed_word_is_embedded_and_nothing_else(embedder, tmp_path):
    embed_catalogue(embedder, menu(soup="a", bread="b"), tmp_path)
    changed = embed_catalogue(embedder, menu(soup="ab", bread="b"), tmp_path)
    assert embedder.calls == [["a", "b"], ["ab"]]
    assert changed.vectors.tolist() == [[1, 1], [0, 1]]


def test_of_tomorrows_catalogue_only_the_new_items_are_embedded(embedder, tmp_path):
    embed_catalogue(embedder, menu(soup="a", bread="b"), tmp_path)
    tomorrow = embed_catalogue(embedder, menu(cake="abb", soup="a"), tmp_path)
    assert embedder.calls[1:] == [["abb"]]
    assert tomorrow.vectors.tolist() == [[1, 2], [1, 0]]


def test_another_id_or_order_of_known_texts_embeds_nothing(embedder, tmp_path):
    embed_catalogue(embedder, menu(soup="a", bread="b"), tmp_path)
    renamed = embed_catalogue(embedder, menu(loaf="b", broth="a"), tmp_path)
    assert len(embedder.calls) == 1
    assert renamed.ids == ["loaf", "broth"]
    assert renamed.vectors.tolist() == [[0, 1], [1, 0]]


def test_a_text_that_stands_twice_is_embedded_once(embedder, tmp_path):
    made = embed_catalogue(embedder, menu(soup="a", stew="a"), tmp_path)
    assert embedder.calls == [["a"]]
    assert made.vectors.tolist() == [[1, 0], [1, 0]]


def test_vectors_of_another_model_are_never_taken(embedder, tmp_path):
    embed_catalogue(embedder, menu(soup="a"), tmp_path)
    other = Letters()
    other.model = "other letters"
    assert embed_catalogue(other, menu(soup="a"), tmp_path).model == "other letters"
    assert other.calls == [["a"]]


@pytest.mark.parametrize("name", ["vectors.safetensors", "items.parquet", "manifest.json"])
def test_a_damaged_cache_is_made_anew_and_said_so(embedder, tmp_path, capsys, name):
    made = embed_catalogue(embedder, menu(soup="a"), tmp_path)
    (made.artifact.path / name).write_bytes(b"damaged")
    again = embed_catalogue(embedder, menu(soup="a"), tmp_path)
    assert embedder.calls == [["a"], ["a"]]
    assert again.vectors.tolist() == [[1, 0]]
    assert "damaged" in capsys.readouterr().err
    embed_catalogue(embedder, menu(soup="a"), tmp_path)
    assert len(embedder.calls) == 2


def test_the_damaged_vectors_of_another_day_are_left_aside(embedder, tmp_path, capsys):
    yesterday = embed_catalogue(embedder, menu(soup="a"), tmp_path)
    (yesterday.artifact.path / "vectors.safetensors").write_bytes(b"damaged")
    today = embed_catalogue(embedder, menu(soup="a", bread="b"), tmp_path)
    assert embedder.calls[1:] == [["a", "b"]]
    assert today.vectors.tolist() == [[1, 0], [0, 1]]
    assert "left aside" in capsys.readouterr().err


def test_an_empty_catalogue_has_no_vectors_and_asks_for_none(embedder, tmp_path):
    for _ in range(2):
        made = embed_catalogue(embedder, Catalogue([]), tmp_path)
        assert made.ids == []
        assert len(made.vectors) == 0
        assert made.rows(["soup"]).unknown == ("soup",)
    assert embedder.calls == []


def test_the_artefact_says_what_it_was_made_of(embedder, tmp_path):
    catalogue = menu(soup="a", bread="b")
    artifact = embed_catalogue(embedder, catalogue, tmp_path).artifact
    assert artifact.manifest.parents == {"catalogue": catalogue.content_hash()}
    assert artifact.manifest.models == {"embedder": "letters"}
    assert artifact.frame("items").columns == [Columns.ITEM, Columns.TEXT_HASH, Columns.FAULT]


def test_who_waits_is_told_how_far_it_is(embedder, tmp_path):
    told = []
    embed_catalogue(embedder, menu(soup="a", bread="b"), tmp_path, lambda *step: told.append(step))
    assert told == [("letters", 2, 2)]
