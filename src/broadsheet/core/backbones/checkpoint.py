"""Backbones from a Hugging Face checkpoint folder: text-only causal models, and Qwen2-VL, Qwen2.5-VL, Qwen3-VL."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from PIL import Image
from safetensors import SafetensorError
from torch import nn

from broadsheet.core.backbones.protocol import Backbone, Sight
from broadsheet.core.errors import MissingExtraError, WeightsError

QWEN = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")
NOT_CAUSAL = ("bert", "distilbert", "roberta", "xlm-roberta", "mpnet", "albert", "electra", "t5", "clip", "siglip", "vit", "whisper")


def open_checkpoint(folder: Path, *, layers: int | None = None, seed: int = 0) -> Backbone:
    """Open a checkpoint folder as a backbone, in float32; with `layers`, a text model's first layers alone.

    Raises MissingExtraError where the folder holds no checkpoint, and WeightsError for a family that is
    no causal language model, a weight that is missing, or one that is not finite.
    """
    from transformers import AutoConfig, AutoTokenizer

    if not (folder / "config.json").is_file():
        raise MissingExtraError(f"{folder} is not a checkpoint folder (no config.json in it).", "Name a folder with config.json, weights and tokenizer.")
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (ValueError, OSError, KeyError) as fault:
        raise WeightsError(f"{folder}: {fault}.", "Name a checkpoint of a family that transformers knows.") from None
    if not sorted(folder.glob("*.safetensors")):
        raise MissingExtraError(f"{folder} holds no weights (no .safetensors).", "Download the weights into it; pickled ones are not read.")
    if config.model_type in QWEN:
        backbone: Backbone = QwenVL(folder, config, seed)
    elif config.model_type in NOT_CAUSAL or getattr(config, "is_encoder_decoder", False):
        raise WeightsError(f"{folder} is of the family {config.model_type}, not a causal language model.", f"Name a causal one, or one of {', '.join(QWEN)}.")
    else:
        backbone = CausalText(folder, AutoTokenizer.from_pretrained(folder, local_files_only=True), layers, seed)
    require_finite(backbone)
    return backbone


def require_finite(backbone: nn.Module) -> None:
    """Raise WeightsError where a weight is not a finite number."""
    for name, tensor in backbone.named_parameters():
        if not bool(torch.isfinite(tensor).all()):
            raise WeightsError(f"The weight {name} of {getattr(backbone, 'name', 'the model')} is not finite.", "Fetch the checkpoint again.")


def checkpoint_hash(folder: Path) -> str:
    """Return SHA-256 over a checkpoint's configuration and every weight file."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def _loaded(kind: Any, folder: Path, **settings: Any) -> Any:
    """Load weights, refusing a checkpoint that lacks some of the model's, or holds them in another shape."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model, report = kind.from_pretrained(folder, local_files_only=True, dtype=torch.float32, output_loading_info=True, **settings)
    except (OSError, RuntimeError, ValueError, SafetensorError) as fault:
        raise WeightsError(f"The weights in {folder} cannot be read: {str(fault).splitlines()[0]}.", "Fetch the checkpoint again.") from None
    missing = [name for name in report["missing_keys"] if "lm_head" not in name]
    if missing or report.get("mismatched_keys"):
        names = [*missing, *(str(key) for key in report.get("mismatched_keys", ()))]
        raise WeightsError(f"The weights in {folder} lack {len(names)} tensors, first {names[0]}.", "Fetch the checkpoint again, or mend its config.json.")
    return model


class CausalText(Backbone):
    """A text-only causal language model (Llama, Qwen, SmolLM2 and their like), or its first layers."""

    def __init__(self, folder: Path, tokenizer: Any, layers: int | None = None, seed: int = 0) -> None:
        from transformers import AutoModel

        model = _loaded(AutoModel, folder)
        if layers is not None:
            if not 1 <= layers <= len(model.layers):
                raise WeightsError(f"{folder.name} has {len(model.layers)} layers, not {layers}.", f"Ask for 1 to {len(model.layers)}.")
            model.layers = model.layers[:layers]
            model.config.num_hidden_layers = layers
        super().__init__(f"{folder.name}, {len(model.layers)} layers", tokenizer, model.get_input_embeddings(), model.config.hidden_size, seed)
        self.decoder = model

    def table(self) -> nn.Embedding:
        """Return the vocabulary's embedding."""
        return self.decoder.get_input_embeddings()

    def decode(
        self, embedded: torch.Tensor, mask: torch.Tensor | None, positions: torch.Tensor, deep: Sequence[torch.Tensor], at: torch.Tensor
    ) -> torch.Tensor:
        """Run the decoder."""
        del deep, at
        return self.decoder(inputs_embeds=embedded, attention_mask=mask, position_ids=positions, use_cache=False).last_hidden_state


class QwenVL(Backbone):
    """Qwen2-VL, Qwen2.5-VL or Qwen3-VL: any number of picture tokens, rotary positions on three axes."""

    sees: ClassVar[bool] = True
    axes: ClassVar[int] = 3

    def __init__(self, folder: Path, config: Any, seed: int = 0) -> None:
        from transformers import AutoModel, AutoTokenizer
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

        model = _loaded(AutoModel, folder)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        width = model.get_input_embeddings().embedding_dim
        super().__init__(f"{folder.name}, {config.model_type}", tokenizer, model.get_input_embeddings(), width, seed)
        self.model = model
        self.layered = config.model_type == "qwen3_vl"
        self.processor = Qwen2VLImageProcessorPil(**_processor_settings(folder, config))
        self._edges = (config.vision_start_token_id, config.vision_end_token_id)

    def table(self) -> nn.Embedding:
        """Return the vocabulary's embedding."""
        return self.model.get_input_embeddings()

    def around_image(self) -> tuple[list[int], list[int]]:
        """Return the marks of vision's start and end."""
        return [self._edges[0]], [self._edges[1]]

    def see(self, images: Sequence[Image.Image]) -> Sight:
        """Cut pictures into patches; a grid is that of the merged patches, which are the tokens."""
        made = self.processor(images=list(images), return_tensors="pt")
        merge = self.processor.merge_size
        grids = tuple((int(high) // merge, int(wide) // merge) for _, high, wide in made["image_grid_thw"])
        return Sight(made["pixel_values"], grids)

    def look(self, sight: Sight) -> Sight:
        """Run the tower once over all pictures; what deeper layers take (DeepStack) stands beside each token."""
        merge = self.processor.merge_size
        thw = torch.tensor([(1, high * merge, wide * merge) for high, wide in sight.grids])
        self.count_look(len(sight.grids))
        seen = self.model.get_image_features(sight.pixels, thw, return_dict=True)
        parts = [torch.cat(tuple(seen.pooler_output))]
        if self.layered:
            parts += [torch.cat(tuple(level)) if isinstance(level, (list, tuple)) else level for level in seen.deepstack_features]
        return Sight(torch.cat(parts, dim=-1), sight.grids, seen=True)

    def project(self, seen: torch.Tensor) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
        """Take the tokens and what DeepStack adds apart."""
        tokens, *deep = seen.split(self.width, dim=-1)
        return tokens, deep

    def decode(
        self, embedded: torch.Tensor, mask: torch.Tensor | None, positions: torch.Tensor, deep: Sequence[torch.Tensor], at: torch.Tensor
    ) -> torch.Tensor:
        """Run the decoder."""
        further: dict[str, Any] = {"visual_pos_masks": at, "deepstack_visual_embeds": list(deep)} if self.layered and deep else {}
        states = self.model.language_model(inputs_embeds=embedded, attention_mask=mask, position_ids=positions, use_cache=False, **further)
        return states.last_hidden_state


def _processor_settings(folder: Path, config: Any) -> dict[str, Any]:
    """Return how pictures are cut: as the checkpoint says, the sizes of its tower where it says nothing."""
    vision = config.vision_config
    settings = {"patch_size": vision.patch_size, "temporal_patch_size": vision.temporal_patch_size, "merge_size": vision.spatial_merge_size}
    file = folder / "preprocessor_config.json"
    stated = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    names = ("image_mean", "image_std", "min_pixels", "max_pixels", "size", "patch_size", "temporal_patch_size", "merge_size")
    return {**settings, **{name: stated[name] for name in names if stated.get(name) is not None}}
