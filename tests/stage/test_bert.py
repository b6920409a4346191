"""The packaged MiniLM by our own encoder is, to the bit, what transformers makes of it."""

import random

import pytest
from tests.conftest import missing

from broadsheet.core.packages import MINILM

WORDS = "graph retrieval Pêche  noire 日本 kettle's [SEP] lamp ﬁ \u200b 😀 transformers tundras, 3.5% naïve".split(" ")


@pytest.fixture(scope="module")
def both():
    if not MINILM.is_installed():
        missing(f"MiniLM is not installed: {MINILM.install}")
    import torch
    from transformers import AutoModel, AutoTokenizer

    from broadsheet.represent.bert import Encoder, Tokens

    folder = MINILM.path().parent
    rival = AutoModel.from_pretrained(str(folder), local_files_only=True, dtype=torch.float32).eval()
    return Tokens(folder, 128), Encoder(folder), AutoTokenizer.from_pretrained(str(folder), local_files_only=True), rival


@pytest.mark.parametrize("halved", [False, True])
def test_tokens_and_states_are_those_of_transformers(both, halved):
    import torch

    from broadsheet.represent.bert import Encoder
    from broadsheet.represent.minilm import _halve

    read, encoder, tokenizer, rival = both
    if halved:
        encoder = Encoder(MINILM.path().parent)
        encoder.halve()
        _halve(rival)
    draw = random.Random(0)
    for count in (1, 2, 7):
        texts = [" ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 200))) for _ in range(count)]
        theirs = tokenizer(texts, padding=True, truncation=True, max_length=128, return_tensors="pt")
        ours = read(texts)
        assert all(torch.equal(ours[name], theirs[name]) for name in ("input_ids", "attention_mask"))
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=halved):
            assert torch.equal(encoder(**ours), rival(**theirs).last_hidden_state)


def test_a_search_imports_neither_transformers_nor_scikit_learn():
    import subprocess
    import sys

    if not MINILM.is_installed():
        missing(f"MiniLM is not installed: {MINILM.install}")
    code = (
        "import sys; from broadsheet.core.schema import Item; from broadsheet.represent.finding import Words\n"
        "from broadsheet.represent.minilm import MiniLMEmbedder\n"
        "assert MiniLMEmbedder()(['a lamp']).shape == (1, 384) and Words([Item(id='a', title='A lamp')]).absent('lamp') == ()\n"
        "print([name for name in ('transformers', 'sklearn', 'pandas', 'torch._dynamo') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
