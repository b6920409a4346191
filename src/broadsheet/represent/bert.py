"""The encoder of the packaged MiniLM as transformers computes it, without transformers, whose import takes longer than all else of a search."""

import json
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional


class Tokens:
    """Texts as token ids and a mask, both `[N, L]`, by the checkpoint's own tokenizer; of a longer text the first `most` tokens are read."""

    def __init__(self, folder: Path, most: int) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(most)
        self._tokenizer.enable_padding()

    def __call__(self, texts: list[str]) -> dict[str, torch.Tensor]:
        """Return the ids and the mask of texts, by their usual names."""
        read = self._tokenizer.encode_batch(texts)
        return {"input_ids": torch.tensor([one.ids for one in read]), "attention_mask": torch.tensor([one.attention_mask for one in read])}


class Encoder:
    """BERT's encoder (Devlin et al. 2019) over a checkpoint's weights, by their names there, without its pooler."""

    def __init__(self, folder: Path) -> None:
        from safetensors.torch import load_file

        shape = json.loads((folder / "config.json").read_text())
        self._layers, self._heads, self._eps = shape["num_hidden_layers"], shape["num_attention_heads"], shape["layer_norm_eps"]
        self._held = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items() if name.startswith(("embeddings.", "encoder."))}

    def halve(self) -> None:
        """Keep the weights of linear layers in bfloat16."""
        linear = {name: tensor.to(torch.bfloat16) for name, tensor in self._held.items() if name.startswith("encoder.") and "LayerNorm" not in name}
        self._held |= linear

    def __call__(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return the states `[N, L, d]` of tokens `[N, L]`; where the mask is nought nothing is looked at."""
        length = input_ids.shape[1]
        words, places, types = (self._held[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type"))
        states = functional.embedding(input_ids, words) + functional.embedding(torch.zeros_like(input_ids), types)
        states = self._normal("embeddings.LayerNorm", states + functional.embedding(torch.arange(length)[None], places))
        seen = None if bool(attention_mask.all()) else attention_mask.bool()[:, None, None, :].expand(-1, 1, length, -1)
        for number in range(self._layers):
            states = self._layer(f"encoder.layer.{number}.", states, seen)
        return states

    def _layer(self, name: str, states: torch.Tensor, seen: torch.Tensor | None) -> torch.Tensor:
        batch, length, width = states.shape
        query, key, value = (
            self._linear(f"{name}attention.self.{one}", states).view(batch, length, self._heads, -1).transpose(1, 2) for one in ("query", "key", "value")
        )
        found = functional.scaled_dot_product_attention(query, key, value, seen, scale=(width // self._heads) ** -0.5)
        found = self._linear(f"{name}attention.output.dense", found.transpose(1, 2).reshape(batch, length, width))
        states = self._normal(f"{name}attention.output.LayerNorm", found + states)
        inner = functional.gelu(self._linear(f"{name}intermediate.dense", states))
        return self._normal(f"{name}output.LayerNorm", self._linear(f"{name}output.dense", inner) + states)

    def _linear(self, name: str, states: torch.Tensor) -> torch.Tensor:
        return functional.linear(states, self._held[f"{name}.weight"], self._held[f"{name}.bias"])

    def _normal(self, name: str, states: torch.Tensor) -> torch.Tensor:
        weight = self._held[f"{name}.weight"]
        return functional.layer_norm(states, weight.shape, weight, self._held[f"{name}.bias"], self._eps)
