"""Exported embedders give the same vectors in sentence-transformers, and what has no such form is refused."""

import importlib.util

import numpy as np
import pytest

from broadsheet.core.backbones.lora import LoraConfig
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Content
from broadsheet.core.errors import ConfigError, MissingExtraError
from broadsheet.core.schema import Item
from broadsheet.represent import MiniLMEmbedder, TfidfEmbedder
from broadsheet.represent.export import export_embedder
from broadsheet.represent.muco.config import MucoConfig
from broadsheet.represent.muco.embedder import MucoEmbedder
from broadsheet.represent.muco.schema import Example, Turn
from broadsheet.represent.pictures.embedder import PicturesEmbedder

TEXTS = ["a soup of leeks", "night trams"]
EXAMPLES = [Example(id=text, text=text, turns=(Turn(query="in a word", target=text.split()[-1]),)) for text in TEXTS]


def loaded(folder):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode(TEXTS, show_progress_bar=False)


@pytest.mark.parametrize("backbone", ["tiny:llama", "native:1:64"])
def test_a_multi_turn_model_brings_its_template_and_its_merged_adapters(tmp_path, backbone):
    lora = LoraConfig(rank=2) if backbone == "tiny:llama" else None
    config = MucoConfig(size="tiny", backbone=backbone, steps=2, batch=2, lora=lora, learning_rate=1e-2)
    embedder = MucoEmbedder(config)
    embedder.fit_examples(EXAMPLES, tmp_path / "a")
    exported = export_embedder(embedder, tmp_path / "st")
    assert exported.agreement > 0.9999
    ours = embedder.embed([Content(text) for text in TEXTS]).vectors
    assert np.allclose(loaded(exported.path), ours, atol=1e-4)


def test_on_a_processor_of_another_number_format_the_exported_is_compared_in_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("BROADSHEET_DTYPE", "bfloat16")
    embedder = MucoEmbedder(MucoConfig(size="tiny", backbone="tiny:llama", dtype="bfloat16", steps=1, batch=2))
    embedder.fit_examples(EXAMPLES, tmp_path / "a")
    assert export_embedder(embedder, tmp_path / "st").agreement > 0.9999


def test_minilm_and_the_texts_of_the_picture_embedder_are_themselves(tmp_path):
    pictures = PicturesEmbedder()
    pictures.fit(Catalogue([Item(id=text, title=text) for text in TEXTS]), tmp_path / "a")
    for number, embedder in enumerate((MiniLMEmbedder(), pictures)):
        exported = export_embedder(embedder, tmp_path / f"st{number}")
        assert exported.agreement > 0.9999


def test_what_has_no_such_form_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="no sentence-transformers form"):
        export_embedder(TfidfEmbedder().fit_texts(TEXTS), tmp_path / "st")
    assert list(tmp_path.iterdir()) == []
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "sentence_transformers" else real(name, *a))
    with pytest.raises(MissingExtraError, match="pip install"):
        export_embedder(MiniLMEmbedder(), tmp_path / "st")
