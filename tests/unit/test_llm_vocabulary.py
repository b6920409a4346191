"""What each token adds to a text, in bytes: whole texts are the bytes of their tokens."""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from broadsheet.core.backbones.tiny import write_tiny
from broadsheet.core.llm.vocabulary import token_bytes

TEXT = "MATCH (a:`größe`) RETURN '日本' // é"


def test_tokens_over_bytes_are_parts_of_letters_too(tmp_path):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(write_tiny("llama", tmp_path / "tiny"))
    said = token_bytes(tokenizer)
    assert b"".join(said[token] for token in tokenizer.encode(TEXT, add_special_tokens=False)) == TEXT.encode()
    assert sorted(one for one in said if one) == [bytes((byte,)) for byte in range(256)]
    assert all(said[token] == b"" for token in tokenizer.all_special_ids)


def test_pieces_have_blanks_and_bytes_to_fall_back_on():
    pieces = ["<unk>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "M", "▁(", "größe", "a"]
    tokenizer = Tokenizer(models.BPE(vocab={piece: number for number, piece in enumerate(pieces)}, merges=[], byte_fallback=True, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback()])
    said = token_bytes(PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>"))
    assert said[:2] == (b"", b"")
    assert said[2 + 0xC3] == b"\xc3"
    assert said[-5:] == (b" ", b"M", b" (", "größe".encode(), b"a")
