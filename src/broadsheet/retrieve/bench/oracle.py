"""The same model under transformers' own beam search, with `prefix_allowed_tokens_fn`: the answers that ours must equal; and rectokens' trie."""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

from broadsheet.retrieve.decoding import Answers
from broadsheet.retrieve.model.depth import DepthDecoder


class OracleConfig(PretrainedConfig):
    """Says nothing but how many tokens there are."""

    model_type = "broadsheet-oracle"
    vocab_size: int = 0


class Oracle(PreTrainedModel, GenerationMixin):
    """A decoder as a causal language model: token l K + c is code c of level l, and behind them stands one first token a request."""

    config_class = OracleConfig
    main_input_name = "input_ids"

    def __init__(self, decoder: DepthDecoder, states: np.ndarray) -> None:
        self.tokens = decoder.levels * decoder.size
        super().__init__(OracleConfig(vocab_size=self.tokens + len(states), is_encoder_decoder=False))
        self.decoder = decoder.eval()
        with torch.no_grad():
            self.register_buffer("started", decoder.state(torch.from_numpy(states)), persistent=False)

    def forward(self, input_ids: torch.Tensor, **ignored: Any) -> CausalLMOutput:
        """Return logits of the next token; those of other levels are as low as can be."""
        del ignored
        level, size = input_ids.shape[1] - 1, self.decoder.size
        codes = input_ids[:, 1:] - torch.arange(level) * size
        logits = torch.full((len(input_ids), 1, int(self.config.vocab_size)), torch.finfo(torch.float32).min)
        logits[:, 0, level * size : (level + 1) * size] = self.decoder.next(self.started[input_ids[:, 0] - self.tokens], codes)
        return CausalLMOutput(logits=logits)

    def prepare_inputs_for_generation(self, input_ids: torch.Tensor, **ignored: Any) -> dict[str, Any]:
        """Give all tokens anew; nothing is cached."""
        del ignored
        return {"input_ids": input_ids}

    def answers(self, codes: np.ndarray, width: int) -> Answers:
        """Return the `width` best items that transformers' beam search finds, probabilities renormalised after masking."""
        levels = codes.shape[1]
        requests = torch.arange(len(self.started))[:, None] + self.tokens
        with torch.inference_mode():
            made = self.generate(
                requests,
                num_beams=width,
                num_return_sequences=width,
                max_new_tokens=levels,
                do_sample=False,
                length_penalty=0.0,
                early_stopping=False,
                renormalize_logits=True,
                prefix_allowed_tokens_fn=allowed_tokens(codes, self.decoder.size),
                output_scores=True,
                return_dict_in_generate=True,
                use_cache=False,
                pad_token_id=0,
                eos_token_id=None,
            )
        number = {tuple(row): item for item, row in enumerate(codes.tolist())}
        found = made.sequences[:, 1:].numpy() - np.arange(levels) * self.decoder.size  # pyrefly: ignore
        items = np.array([number[tuple(row)] for row in found.tolist()]).reshape(len(self.started), width)
        return Answers(items, made.sequences_scores.numpy().reshape(items.shape))  # pyrefly: ignore


def allowed_tokens(codes: np.ndarray, size: int) -> Callable[[int, torch.Tensor], list[int]]:
    """Return the usual look-up in a dictionary of prefixes."""
    after: dict[tuple[int, ...], set[int]] = {}
    for row in (codes + np.arange(codes.shape[1]) * size).tolist():
        for level in range(len(row)):
            after.setdefault(tuple(row[:level]), set()).add(row[level])
    listed = {prefix: sorted(tokens) for prefix, tokens in after.items()}

    def allowed(batch: int, tokens: torch.Tensor) -> list[int]:
        del batch
        return listed.get(tuple(tokens.tolist()[1:]), [0])

    return allowed


def has_rectokens() -> bool:
    """Return whether rectokens is here; it is asked for by nothing else: `pip install --no-deps rectokens`."""
    return importlib.util.find_spec("rectokens") is not None


class Rectokens:
    """Beams kept in rectokens' trie by its path for CPUs, the best `width` of each request taken by torch."""

    def __init__(self, codes: np.ndarray, size: int, requests: int, width: int) -> None:
        trie = importlib.import_module("rectokens.schemas.compact_csr_trie").CompactCSRTrie
        self._transition = importlib.import_module("rectokens.decoding.vntk").vtnk_pytorch
        order = np.lexsort(codes.T[::-1])
        self._trie = trie.from_sorted_batch(torch.from_numpy(codes[order]), size, dense_lookup_layers=0)
        self.requests, self.width, self.size = requests, width, size

    def start(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return one beam a request: its node, its score and its codes so far."""
        return torch.zeros(self.requests, dtype=torch.long), torch.zeros(self.requests, 1), torch.zeros(self.requests, 0, dtype=torch.long)

    def step(self, depth: int, beams: tuple[torch.Tensor, torch.Tensor, torch.Tensor], logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the beams after one more level, from logits `[B, K]` of all beams."""
        nodes, scores, codes = beams
        after, tokens, masked = self._transition(logits, nodes, self._trie, depth)
        gained = torch.log_softmax(masked, dim=-1).view(self.requests, -1, self.size)
        totals = (scores[:, :, None] + gained).flatten(1)
        best = totals.topk(min(self.width, totals.shape[1]), dim=1)
        parents = (best.indices // self.size + torch.arange(self.requests)[:, None] * scores.shape[1]).flatten()
        chosen = (best.indices % self.size).flatten()
        nodes = after[parents][tokens[parents] == chosen[:, None]]
        return nodes, best.values, torch.cat([codes[parents], chosen[:, None]], dim=1)
