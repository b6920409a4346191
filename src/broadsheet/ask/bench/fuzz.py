"""Texts that nobody writes: real queries cut, doubled and mixed up, and tokens, letters and brackets drawn by lot."""

from collections.abc import Iterator, Sequence

import numpy as np

_TOKENS = (
    "MATCH OPTIONAL UNWIND WITH RETURN CALL UNION WHERE ORDER BY LIMIT SKIP AS CASE WHEN THEN ELSE END AND OR XOR NOT IN IS NULL STARTS CONTAINS EXISTS COUNT "
    "DISTINCT DESC n m r p 1 2.5 .5 'a' \"b\" `c d` $p :Label :T ( ) [ ] { } < > - -- --> <-- <- -> = <> <= >= =~ != + * / % ^ | & ! , . .. ; // /* */ ` ' \" \\ é 名 Ａ \u202e \x00"
).split(" ")
_BRACKETS = "()[]{}"


def fuzzed(texts: Sequence[str], count: int, rng: np.random.Generator) -> Iterator[str]:
    """Yield so many texts, of each kind alike many."""
    kinds = (_cut, _mixed, _tokens, _letters, _nested)
    for number in range(count):
        yield kinds[number % len(kinds)](texts, rng)


def _drawn(texts: Sequence[str], rng: np.random.Generator) -> str:
    return texts[int(rng.integers(len(texts)))]


def _cut(texts: Sequence[str], rng: np.random.Generator) -> str:
    """Return a query with letters taken away, put in and doubled at a few places."""
    text = _drawn(texts, rng)
    for _ in range(int(rng.integers(1, 6))):
        place, length = int(rng.integers(len(text) + 1)), int(rng.integers(0, 6))
        put = ("", text[place : place + length] * 2, _TOKENS[int(rng.integers(len(_TOKENS)))])[int(rng.integers(3))]
        text = text[:place] + put + text[place + length :]
    return text


def _mixed(texts: Sequence[str], rng: np.random.Generator) -> str:
    """Return the beginning of one query and the end of another."""
    one, other = _drawn(texts, rng), _drawn(texts, rng)
    return one[: int(rng.integers(len(one) + 1))] + other[int(rng.integers(len(other) + 1)) :]


def _tokens(texts: Sequence[str], rng: np.random.Generator) -> str:
    del texts
    return " ".join(_TOKENS[one] for one in rng.integers(len(_TOKENS), size=int(rng.integers(1, 60))))


def _letters(texts: Sequence[str], rng: np.random.Generator) -> str:
    del texts
    return "".join(map(chr, rng.choice([*range(32, 127), 9, 10, 0xE9, 0x540D, 0x1F600, 0x202E], size=int(rng.integers(0, 200)))))


def _nested(texts: Sequence[str], rng: np.random.Generator) -> str:
    """Return a query with very many brackets, or very many of its own pieces."""
    text, times = _drawn(texts, rng), int(rng.integers(2, 400))
    place = int(rng.integers(len(text) + 1))
    piece = _BRACKETS[int(rng.integers(len(_BRACKETS)))] if rng.random() < 0.5 else text[place : place + int(rng.integers(1, 30))]
    return text[:place] + piece * times + text[place:]
