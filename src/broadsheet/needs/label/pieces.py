"""MiniLM as a reader of words: pieces of texts, and which of them each word is made of."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.packages import MINILM
from broadsheet.needs.label.tokens import Token

NAME, WIDTH, LAYERS, LONGEST = "all-MiniLM-L6-v2", 384, 6, 256


class Cut(NamedTuple):
    """The pieces of a text by id `[P]`, and each token's share of each `[T, P]`; a token beyond the longest text that is read has none."""

    ids: list[int]
    shares: np.ndarray


class Read(NamedTuple):
    """A text as a chain reads it: tokens, the features and the tag of each, MiniLM's pieces, and the vectors `[T, d]` where they stand still."""

    tokens: tuple[Token, ...]
    features: list[list[int]]
    tags: list[int]
    cut: Cut | None
    vectors: np.ndarray | None = None


def open_reader() -> tuple[Any, Any]:
    """Return MiniLM's tokenizer and its encoder, in float32. Raises MissingExtraError where it is not installed."""
    folder = MINILM.path().parent
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return tokenizer, AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32, add_pooling_layer=False).eval()


def cut(tokenizer: Any, text: str, tokens: Sequence[Token]) -> Cut:
    """Cut a text into pieces."""
    read = tokenizer(text, truncation=True, max_length=LONGEST, return_offsets_mapping=True)
    places = np.array(read["offset_mapping"]).reshape(-1, 2)
    starts, ends = (np.array([getattr(token, end) for token in tokens]).reshape(-1, 1) for end in ("start", "end"))
    within = ((places[:, 0] < ends) & (starts < places[:, 1])).astype(np.float32)
    return Cut(list(read["input_ids"]), within / np.maximum(within.sum(axis=1, keepdims=True), 1))
