"""The same model under transformers' own beam search, with `prefix_allowed_tokens_fn`: the answers that ours must equal."""

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
