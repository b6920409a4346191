"""Sentences of an abstract as spans with offsets, and which of them say most to a reader."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_ENDS = re.compile(r"[.!?][\"'”’)\]]*(?=\s+[\"'“‘(\[$\\]*[A-Z0-9])|[.!?][\"'”’)\]]*\s*$")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|cf|vs|etc|al|resp|approx|Fig|Figs|Eq|Eqs|Sec|Tab|No|Dr|Prof|Mr|Ms|St|w\.r\.t|a\.k\.a|s\.e|c\.i)|\b[A-Z])\.$")
_RESULT = re.compile(r"\d+(?:\.\d+)?\s*(?:\\?%|points?\b|times\b|x\b)|\bnDCG|\brecall\b|\bfewer\b|\bfaster\b|\bbeats?\b|\bimprov|\boutperform", re.IGNORECASE)
_CLAIM = re.compile(r"\b(?:we|our|this (?:paper|work|note|article|study))\b", re.IGNORECASE)
_WORD = re.compile(r"\w[\w'-]*")
LONGEST = 420


class Span(NamedTuple):
    """A half-open range of characters of a text."""

    start: int
    end: int


def split_sentences(text: str) -> list[Span]:
    """Split a text; each span begins and ends with a character that is no white space.

    A full stop inside maths, after an abbreviation or before a small letter ends nothing.

    >>> [text[s.start:s.end] for text in ["We try, e.g. A. Then $x. Y$ wins. Done"] for s in split_sentences(text)]
    ['We try, e.g. A.', 'Then $x. Y$ wins.', 'Done']
    """
    maths = [m.span() for m in re.finditer(r"\$[^$]*\$", text)]
    spans: list[Span] = []
    start = 0
    for match in _ENDS.finditer(text):
        end = match.end()
        before = text[start : match.start() + 1]
        inside = any(a < match.start() < b for a, b in maths)
        small = re.match(r"\s+[a-z]", text[end:])
        if inside or small or (_ABBREVIATION.search(before) and end < len(text.rstrip()) and not _starts_sentence(before)):
            continue
        spans.append(_trimmed(text, start, end))
        start = end
    spans.append(_trimmed(text, start, len(text)))
    return [span for span in spans if span.end > span.start]


def key_sentences(text: str, weights: Mapping[str, float], most: int = 2) -> list[Span]:
    """Choose at most `most` sentences, in the order of the text.

    A sentence gains by the reader's words in it (`weights`, by lower-cased word, damped by its
    length), by a result with a figure, by saying what the authors did. Sentences over
    `LONGEST` characters are not shown; with none left there is none.
    """
    spans = [span for span in split_sentences(text) if span.end - span.start <= LONGEST]
    top = max(weights.values(), default=0.0) or 1.0
    ranked = sorted(spans, key=lambda span: -_worth(text[span.start : span.end], weights, top))
    return sorted(ranked[:most])


def _worth(sentence: str, weights: Mapping[str, float], top: float) -> float:
    words = {word.lower() for word in _WORD.findall(sentence)}
    about = sum(weights.get(word, 0.0) for word in words) / top
    return about / (4 + len(words) ** 0.5) * 4 + 0.5 * bool(_RESULT.search(sentence)) + 0.35 * bool(_CLAIM.search(sentence))


def _starts_sentence(before: str) -> bool:
    # "… of A. The next": a lone capital ends a sentence when an article stands before it.
    return bool(re.search(r"\b(?:e\.g\.|a|plan|step|model|system|version)\s+[A-Z]\.$", before, re.IGNORECASE))


def _trimmed(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return Span(start + len(part) - len(part.lstrip()), start + len(part.rstrip()))
