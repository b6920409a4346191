"""What each token of a tokenizer adds to a text, in bytes: a token may be a part of a character only."""

import json
import re
from functools import cache
from typing import Any

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>\Z")
# What stands for a blank in vocabularies of pieces.
_BLANK = "▁"


def token_bytes(tokenizer: Any) -> tuple[bytes, ...]:
    """Return the bytes of every token by its number; nothing for one that is no text (an end, a mask, one that was added).

    It reads vocabularies over bytes (each byte written as a letter of its own), pieces with bytes to fall back on, and those whose tokens are text.
    """
    size = len(tokenizer)
    texts = tokenizer.convert_ids_to_tokens(range(size))
    special = {*tokenizer.all_special_ids, *getattr(tokenizer, "added_tokens_decoder", {})}
    read = _letters if "ByteLevel" in _decoder(tokenizer) else _piece
    return tuple(b"" if place in special or text is None else read(text) for place, text in enumerate(texts))


def _decoder(tokenizer: Any) -> str:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return json.dumps(json.loads(backend.to_str())["decoder"]) if backend is not None else ""


def _letters(text: str) -> bytes:
    of = _byte_of()
    return bytes(of[letter] for letter in text) if all(letter in of for letter in text) else b""


def _piece(text: str) -> bytes:
    match = _BYTE.match(text)
    return bytes((int(match[1], 16),)) if match else text.replace(_BLANK, " ").encode()


@cache
def _byte_of() -> dict[str, int]:
    """Return the byte that each letter of such a vocabulary stands for: what can be printed is itself, the others follow behind the first 256."""
    printed = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printed]
    return {chr(byte): byte for byte in printed} | {chr(256 + place): byte for place, byte in enumerate(others)}
