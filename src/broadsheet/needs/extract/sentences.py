"""Sentences of a text, none longer than a quotation may be, and parts of many sentences, each with its place."""

import re
from collections.abc import Iterator

from broadsheet.needs.evidence import MOST_WORDS
from broadsheet.needs.records import Span

_END = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|\n+|(?<=[。！？])")
_CLAUSE = re.compile(r"(?<=[,;:—–])\s+|\s+(?=(?:and|but|so|because|which)\b)")
_WORD = re.compile(r"\S+")


def sentences(text: str) -> Iterator[Span]:
    """Yield the sentences of a text; a longer one than may be quoted is cut at clauses, then at words.

    >>> [span.text for span in sentences("Rent is due. I owe 2.50, and you?")]
    ['Rent is due.', 'I owe 2.50, and you?']
    """
    for start, end in _cut(text, 0, len(text), _END):
        yield from _short(text, start, end)


def parts(text: str, most: int) -> Iterator[Span]:
    """Yield a text in parts of about the same length, none longer than `most` characters; they end where sentences do, if any ends in time.

    >>> [part.text for part in parts("One here. Two here. Three. Four.", 20)]
    ['One here. Two here.', 'Three. Four.']
    """
    low, high = len(text) - len(text.lstrip()), len(text.rstrip())
    ends = [span.end for span in sentences(text)]
    while low < high:
        left = -(-(high - low) // most)
        aim = low + -(-(high - low) // left)
        within = [end for end in ends if low < end <= low + most]
        end = high if left == 1 else min(within, key=lambda one: abs(one - aim), default=low + most)
        yield Span(start=low, end=end, text=text[low:end])
        low = end + len(text[end:high]) - len(text[end:high].lstrip())


def _short(text: str, start: int, end: int) -> Iterator[Span]:
    if len(_WORD.findall(text, start, end)) <= MOST_WORDS:
        yield Span(start=start, end=end, text=text[start:end])
        return
    parts = list(_cut(text, start, end, _CLAUSE))
    if len(parts) > 1:
        for part in parts:
            yield from _short(text, *part)
        return
    words = list(_WORD.finditer(text, start, end))
    for first in range(0, len(words), MOST_WORDS):
        low, high = words[first].start(), words[min(first + MOST_WORDS, len(words)) - 1].end()
        yield Span(start=low, end=high, text=text[low:high])


def _cut(text: str, start: int, end: int, where: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield what lies between the cuts, without white space at its ends."""
    begin = start
    for match in [*where.finditer(text, start, end), None]:
        stop = match.start() if match else end
        piece = text[begin:stop]
        if piece.strip():
            low = begin + len(piece) - len(piece.lstrip())
            yield low, low + len(piece.strip())
        begin = match.end() if match else end
