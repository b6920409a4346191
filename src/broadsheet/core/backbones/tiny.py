"""Tiny random checkpoints of real families: for tests of shape and equality, never for quality."""

from pathlib import Path
from typing import Any, Literal, get_args

from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.core.seeds import generator

Family = Literal["llama", "qwen2_vl", "qwen2_5_vl", "qwen3_vl"]
FAMILIES: tuple[Family, ...] = get_args(Family)
_MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
_WIDTH, _LAYERS, _HEADS = 48, 3, 4


def write_tiny(family: Family, folder: Path, *, seed: int = 0) -> Path:
    """Write a checkpoint folder of a family with random weights (about 0.1 million), its tokenizer reading bytes; return the folder."""
    import torch
    from transformers import AutoModel

    if family not in FAMILIES:
        raise ConfigError(f"There is no tiny {family!r}.{did_you_mean(family, FAMILIES)}", f"Families are: {', '.join(FAMILIES)}.")
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _byte_tokenizer()
    config = _config(family, {mark: tokenizer.convert_tokens_to_ids(mark) for mark in _MARKS}, len(tokenizer))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(generator(seed, "tiny", family).integers(2**62)))
        model = AutoModel.from_config(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _byte_tokenizer() -> Any:
    """Return a tokenizer with a token for each byte, and the marks of the Qwen families."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={character: number for number, character in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, additional_special_tokens=list(_MARKS), pad_token=_MARKS[0])


def _config(family: Family, marks: dict[str, int], rows: int) -> Any:
    from transformers import LlamaConfig, Qwen2_5_VLConfig, Qwen2VLConfig, Qwen3VLConfig

    text: dict[str, Any] = {
        "vocab_size": rows,
        "hidden_size": _WIDTH,
        "intermediate_size": 64,
        "num_hidden_layers": _LAYERS,
        "num_attention_heads": _HEADS,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
        "bos_token_id": None,
        "eos_token_id": marks["<|im_end|>"],
        "pad_token_id": marks["<|endoftext|>"],
    }
    if family == "llama":
        return LlamaConfig(**text)
    places = {
        "image_token_id": marks["<|image_pad|>"],
        "video_token_id": marks["<|video_pad|>"],
        "vision_start_token_id": marks["<|vision_start|>"],
        "vision_end_token_id": marks["<|vision_end|>"],
    }
    tower: dict[str, Any] = {"depth": 2, "num_heads": 2, "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2}
    sections = {"rope_type": "default", "mrope_section": [2, 2, 2], "rope_theta": 10000.0}
    if family == "qwen2_vl":
        vision = {**tower, "embed_dim": 16, "hidden_size": _WIDTH, "mlp_ratio": 2}
        return Qwen2VLConfig(text_config={**text, "rope_parameters": sections}, vision_config=vision, **places)
    if family == "qwen2_5_vl":
        vision = {**tower, "hidden_size": 16, "intermediate_size": 32, "out_hidden_size": _WIDTH, "window_size": 56, "fullatt_block_indexes": [1]}
        return Qwen2_5_VLConfig(text_config={**text, "rope_parameters": sections}, vision_config=vision, **places)
    deep = {"hidden_size": 16, "intermediate_size": 32, "out_hidden_size": _WIDTH, "deepstack_visual_indexes": [0, 1], "num_position_embeddings": 64}
    text = {**text, "head_dim": _WIDTH // _HEADS, "rope_parameters": sections}
    return Qwen3VLConfig(text_config=text, vision_config={**tower, **deep}, **places)
