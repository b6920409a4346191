"""Text in a form in which two writings of the same words are equal, with the way back to its offsets."""

import re
import unicodedata
from array import array
from bisect import bisect_left
from functools import cache
from typing import NamedTuple

# Seen by nobody, or only by a font: soft hyphens, zero-width and direction marks, variation selectors.
_UNSEEN = "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
_IS_UNSEEN = re.compile(f"[{_UNSEEN}]")
_GAP = re.compile(rf"\s[\s{_UNSEEN}]*")
# Runs that are their own normal form; the commonest texts are nothing else.
_LETTERS = "!-_a-~À-ÖØ-öø-ıĴ-ľŁ-ňŊ-žЀ-џ"
_PLAIN = re.compile(rf"[{_LETTERS}]+(?: [{_LETTERS}]+)*|[一-鿿ぁ-ゖァ-ヺ가-힣]+")
_SPACELESS = re.compile(r"[\u3001-\u3003\u3005-\u3011\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
# Beside marks, what is written as one with the character before it: skin tones, tags of flags, jamo, half-width voicing.
_FOLLOWS = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u1160-\u11ff\ud7b0-\ud7fb\u3131-\u318e\uff9e\uff9f\uffa0-\uffdc]")
_HALF = re.compile("[\ud800-\udfff]")
# Marks without end are written to break programs: putting n marks in order takes n² steps.
_LONGEST = 64
_JOINER = "\u200d"
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_MARKS = (("'", "‘’‚‛ʼ′´`‹›"), ('"', "“”„‟″«»"), ("-", "‐‑‒–—―−"))
_ASCII = str.maketrans({written: plain for plain, forms in _MARKS for written in forms})


class NormalText(NamedTuple):
    """A text in normal form: `starts[i]` is where in `original` the character begins that `text[i]` comes from.

    A character is what a reader takes for one: a letter with its accents, an emoji with its skin tone and all that is
    joined to it. `starts` has one entry more than `text`, the length of the original.
    """

    original: str
    text: str
    starts: array

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Return the place in the original of `text[begin:end]`, which is not empty."""
        start = self.starts[begin]
        return start, start + len(self.original[start : self.starts[end]].rstrip())

    def place(self, offset: int) -> int:
        """Return the first place in `text` that comes from `offset` of the original or behind it."""
        return bisect_left(self.starts, offset, hi=len(self.text))

    def is_whole(self, place: int) -> bool:
        """Whether no character of the original lies on both sides of that place."""
        return place in (0, len(self.text)) or self.starts[place] != self.starts[place - 1]


def normalise(original: str) -> NormalText:
    r"""Return the normal form of a text; the time it takes grows with the length of the text alone.

    NFKC, one space for a run of white space (none between signs of Chinese or Japanese, which know no spaces),
    typographic quotation marks, dashes and ellipses as ASCII, no invisible characters. Upper and lower case, every
    digit, sign and mark stay as they are: a superscript, a fraction and a number in a circle are no digits.

    >>> normalise("I can’t pay\u00a0…  ５００").text
    "I can't pay ... 500"
    >>> normalise("10² is not 102").text
    '10² is not 102'
    """
    pieces: list[str] = []
    starts = array("Q")
    place, gap, last = 0, -1, ""
    while place < len(original):
        if space := _GAP.match(original, place):
            gap, place = place, space.end()
            continue
        end = _end_of_plain(original, place)
        is_plain = end > place
        end = end if is_plain else _end_of_character(original, place)
        piece = original[place:end] if is_plain else _written(original[place:end])
        if piece:
            if gap >= 0 and last and not (_SPACELESS.match(last) and _SPACELESS.match(piece)):
                pieces.append(" ")
                starts.append(gap)
            pieces.append(piece)
            starts.extend(range(place, end) if is_plain else [place] * len(piece))
            gap, last = -1, piece[-1]
        place = end
    starts.append(len(original))
    return NormalText(original, "".join(pieces), starts)


def without_halves(text: str) -> str:
    """Return a text with the sign for what cannot be read in place of half surrogate pairs, which JSON can hold and no file; offsets stay."""
    return _HALF.sub("\ufffd", text)


def _end_of_plain(original: str, place: int) -> int:
    run = _PLAIN.match(original, place)
    if not run:
        return place
    # What follows may be a part of the last character of the run.
    return run.end() if run.end() == len(original) or original[run.end()].isascii() else run.end() - 1


def _end_of_character(original: str, place: int) -> int:
    end = place + 1
    if _REGIONAL.match(original, place) and _REGIONAL.match(original, end):
        end += 1
    while end < min(len(original), place + _LONGEST):
        char = original[end]
        is_joined = original[end - 1] == _JOINER and not (char.isalnum() or char.isspace() or char.isascii())
        if not (is_joined or _is_part(char)):
            break
        end += 1
    return end


@cache
def _is_part(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or bool(_FOLLOWS.match(char) or _IS_UNSEEN.match(char))


def _written(character: str) -> str:
    if len(character) == 1:
        return _folded(character)
    return unicodedata.normalize("NFC", "".join(map(_folded, character)))


@cache
def _folded(char: str) -> str:
    if _IS_UNSEEN.match(char):
        return ""
    if (plain := char.translate(_ASCII)) != char:
        return plain
    folded = unicodedata.normalize("NFKC", char).translate(_ASCII)
    makes_a_digit = not char.isdecimal() and any(c.isdecimal() for c in folded)
    return char if makes_a_digit or " " in folded else folded
