"""Language models with and without eyes, behind one protocol."""

from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.core.errors import ConfigError

if TYPE_CHECKING:
    from broadsheet.core.backbones.protocol import Backbone

__all__ = ["open_backbone"]

KINDS = ("tiny:FAMILY", "native[:LAYERS[:WIDTH[:TOKENS]]]", "smollm2[:LAYERS]", "nano[:LAYERS[:TOKENS]]", "hf:FOLDER")
MOST = {"native": 3, "smollm2": 1, "nano": 2}


def open_backbone(spec: str, *, seed: int = 0) -> "Backbone":
    """Open a backbone by name.

    `tiny:FAMILY` is a random one of a few thousand weights (llama, qwen2_vl, qwen2_5_vl, qwen3_vl); `native` a decoder of 2
    layers, 192 wide, over MiniLM's word vectors, with TOKENS behind EfficientNet-Lite0 (49 or 196 tokens); `smollm2` SmolLM2-135M,
    or its first layers; `nano` EfficientNet-Lite0 before the first layers (8) of SmolLM2-135M; `hf:FOLDER` a checkpoint folder. Raises ConfigError for another name, MissingExtraError and WeightsError as the backbones do.
    """
    kind, _, rest = spec.partition(":")
    if kind == "tiny" and rest:
        return _tiny(rest, seed)
    if kind == "hf" and rest:
        from broadsheet.core.backbones.checkpoint import open_checkpoint

        return open_checkpoint(Path(rest), seed=seed)
    numbers = rest.split(":") if rest else []
    if kind in MOST and len(numbers) <= MOST[kind] and all(number.isdigit() for number in numbers):
        sizes = [int(number) for number in numbers]
        return {"native": _native, "smollm2": _smollm2, "nano": _nano}[kind](*sizes, seed=seed)
    raise ConfigError(f"There is no backbone {spec!r}.", f"Backbones are: {', '.join(KINDS)}.")


def _tiny(family: str, seed: int) -> "Backbone":
    import tempfile

    from broadsheet.core.backbones.checkpoint import open_checkpoint
    from broadsheet.core.backbones.tiny import write_tiny

    with tempfile.TemporaryDirectory() as folder:
        return open_checkpoint(write_tiny(family, Path(folder) / f"tiny-{family}", seed=seed), seed=seed)  # pyrefly: ignore


def _smollm2(layers: int | None = None, *, seed: int) -> "Backbone":
    from broadsheet.core.backbones.checkpoint import open_checkpoint
    from broadsheet.core.backbones.smollm2 import smollm2_folder

    return open_checkpoint(smollm2_folder(), layers=layers, seed=seed)


def _native(layers: int = 2, width: int = 192, tokens: int = 0, *, seed: int) -> "Backbone":
    from broadsheet.core.backbones.native import HEAD, NativeText

    if layers < 1 or width < HEAD or width % HEAD:
        raise ConfigError(f"A native decoder has at least one layer and a width that {HEAD} divides, not {layers} and {width}.", "Say native:2:192.")
    if not tokens:
        return NativeText(layers, width, seed)
    _require_tokens(tokens)
    return _seeing(NativeText(layers, width, seed), tokens, seed)


def _nano(layers: int = 8, tokens: int = 49, *, seed: int) -> "Backbone":
    _require_tokens(tokens)
    return _seeing(_smollm2(layers, seed=seed), tokens, seed)


def _seeing(text: "Backbone", tokens: int, seed: int) -> "Backbone":
    from broadsheet.core.backbones.efficientnet import EfficientNetLite0
    from broadsheet.core.backbones.nano import NanoMLLM

    return NanoMLLM(EfficientNetLite0(tokens), text, seed)  # pyrefly: ignore


def _require_tokens(tokens: int) -> None:
    """Refuse a number of tokens before anything is opened or converted."""
    from broadsheet.core.backbones.efficientnet import CHANNELS

    if tokens not in CHANNELS:
        raise ConfigError(f"EfficientNet-Lite0 gives 49 or 196 tokens, not {tokens}.", "Ask for one of the two.")
