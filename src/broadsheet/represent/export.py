"""An embedder as a sentence-transformers folder, its template inside the tokenizer, compared with ours before it is left there."""

import copy
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.component import Content, Embedder
from broadsheet.core.device import in_float32
from broadsheet.core.errors import ConfigError, MissingExtraError, WeightsError
from broadsheet.core.files import staged_folder
from broadsheet.represent.minilm import MiniLMEmbedder
from broadsheet.represent.pictures.embedder import PicturesEmbedder

INSTALL = "pip install 'sentence-transformers>=5'"
# What both sides embed before a folder is left: words, marks, and more than is read.
PROBES = ("a red lamp on a table", "Zwölf Boxkämpfer", "soup; bread, 42 %", "word " * 300)
AGREEMENT = 0.9999


class Exported(NamedTuple):
    """The folder, and the least cosine between its vectors of texts and ours."""

    path: Path
    agreement: float


def export_embedder(embedder: Embedder[Any], folder: Path) -> Exported:
    """Write an embedder's side of texts as a sentence-transformers folder.

    What the model is told around a text (its template) is in the tokenizer, so nobody has to know it. Pictures stay with this
    package: a model that reads them exports its texts alone where these do not need its tower. Raises MissingExtraError without
    sentence-transformers, ConfigError for a model that has no such form, and WeightsError where vectors differ.
    """
    if importlib.util.find_spec("sentence_transformers") is None:
        raise MissingExtraError("Exporting needs sentence-transformers.", f"Run: {INSTALL}")
    with staged_folder(folder, "modules.json") as stage:
        _modules(embedder, stage).save(str(stage), create_model_card=False)
        agreement = _agreement(embedder, stage)
        if agreement < AGREEMENT:
            raise WeightsError(f"The exported model differs: a cosine of {agreement:.6f}.", "Keep to this package's own folder, and tell its developers.")
    return Exported(folder, agreement)


def _modules(embedder: Embedder[Any], stage: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    if isinstance(embedder, MiniLMEmbedder):
        return SentenceTransformer(modules=_minilm(embedder))
    if isinstance(embedder, PicturesEmbedder):
        texts, mean = embedder.text_side
        return SentenceTransformer(modules=[*_minilm(texts), *_centring(mean)])
    from broadsheet.represent.muco.embedder import MucoEmbedder

    if isinstance(embedder, MucoEmbedder) and embedder.net.backbone.axes == 1:
        return SentenceTransformer(modules=_multi_turn(embedder, stage / "decoder"))
    raise ConfigError(f"{embedder.model} has no sentence-transformers form.", "Export minilm, pictures, or a multi-turn model whose positions have one axis.")


def _minilm(embedder: MiniLMEmbedder) -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    folder = embedder.checkpoint()
    return [Transformer(folder, max_seq_length=embedder.config.max_tokens), Pooling(384, pooling_mode="mean"), Normalize()]


def _centring(mean: np.ndarray) -> list[Any]:
    """Return the layers that take the mean away and bring vectors to length 1 again."""
    import torch
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize

    dense = Dense(len(mean), len(mean), bias=True, activation_function=torch.nn.Identity())
    with torch.no_grad():
        dense.linear.weight.copy_(torch.eye(len(mean)))
        dense.linear.bias.copy_(torch.from_numpy(-mean))
    return [dense, Normalize()]


def _multi_turn(embedder: Any, folder: Path) -> list[Any]:
    """Return the decoder with its template in the tokenizer, read at the last token."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    backbone, template = embedder.net.backbone, embedder.net.template
    decoder, tokenizer = _decoder(backbone), _plain(backbone.tokenizer)
    length = _wrap(tokenizer, backbone, template, _table(decoder, tokenizer, backbone))
    decoder.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    loaded = Transformer(str(folder), max_seq_length=length)
    return [loaded, Pooling(backbone.width, pooling_mode="lasttoken"), Normalize()]


def _plain(tokenizer: Any) -> Any:
    """Return the tokenizer without its family's class, which would put its own template back when it is loaded."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    backend.no_truncation()
    backend.no_padding()
    # What fills a batch up is never looked at: any token of the vocabulary serves.
    return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token=tokenizer.pad_token or tokenizer.convert_ids_to_tokens(0))


def _decoder(backbone: Any) -> Any:
    """Return a copy of the decoder, adapters merged into its layers."""
    from broadsheet.core.backbones.lora import decoder_of

    decoder: Any = copy.deepcopy(decoder_of(backbone))
    for name, module in list(decoder.named_modules()):
        if hasattr(module, "get_base_layer") and hasattr(module, "merge"):
            module.merge()
            parent, _, last = name.rpartition(".")
            setattr(decoder.get_submodule(parent), last, module.get_base_layer())
    return decoder


def _table(decoder: Any, tokenizer: Any, backbone: Any) -> dict[int, int]:
    """Give the decoder the vocabulary with the marks in it; return each mark's id here by its id there."""
    import torch

    from broadsheet.core.backbones.protocol import MARKS

    new = [mark for mark in MARKS if backbone.marks[mark] >= backbone.rows]
    tokenizer.add_special_tokens({"additional_special_tokens": [*new]})
    known = backbone.table().weight.detach()
    rows = torch.zeros(max(len(tokenizer), len(known)), known.shape[1])
    rows[: len(known)] = known
    for mark in new:
        rows[tokenizer.convert_tokens_to_ids(mark)] = backbone.marked.detach()[backbone.marks[mark] - backbone.rows]
    decoder.set_input_embeddings(torch.nn.Embedding.from_pretrained(rows))
    decoder.config.vocab_size = len(rows)
    return {backbone.marks[mark]: tokenizer.convert_tokens_to_ids(mark) for mark in new}


def _wrap(tokenizer: Any, backbone: Any, template: Any, ids: dict[int, int]) -> int:
    """Put the template around every text; return the length of what is read, template included."""
    from tokenizers.processors import TemplateProcessing

    from broadsheet.represent.muco.template import Said

    laid = template.dialogue(backbone, Said(), [Said("x")], block=False)
    whole = [token for pieces in (laid.prefix, *laid.turns) for piece in pieces for token in piece]
    text = backbone.encode("x")
    at = next(place for place in range(len(whole) - len(text), -1, -1) if whole[place : place + len(text)] == text)
    before, after = ([ids.get(token, token) for token in part] for part in (whole[:at], whole[at + len(text) :]))
    around = [
        {"id": name, "ids": part, "tokens": [tokenizer.convert_ids_to_tokens(token) for token in part]} for name, part in (("BEFORE", before), ("AFTER", after))
    ]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="BEFORE $A AFTER", special_tokens=around)
    tokenizer.padding_side = "right"
    return len(before) + template.longest + len(after)


def _agreement(embedder: Embedder[Any], folder: Path) -> float:
    from sentence_transformers import SentenceTransformer

    theirs = np.asarray(SentenceTransformer(str(folder), device="cpu").encode(list(PROBES), show_progress_bar=False))
    with in_float32():
        ours = np.asarray(_whole(embedder).embed(_contents(PROBES)).vectors)
    return float((theirs * ours).sum(axis=1).min())


def _whole(embedder: Embedder[Any]) -> Embedder[Any]:
    """Return the embedder with all of its dimensions, and in no number format of its own."""
    whole = copy.copy(embedder)
    asked = {"dim": None, "dtype": "auto"}
    whole.config = embedder.config.model_copy(update={name: value for name, value in asked.items() if hasattr(embedder.config, name)})
    return whole


def _contents(texts: Sequence[str]) -> list[Content]:
    return [Content(text) for text in texts]
