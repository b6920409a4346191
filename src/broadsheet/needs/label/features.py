"""What a word shows of itself and of its neighbours: the features by which a tagger tells words apart."""

import re
from collections.abc import Sequence

from broadsheet.needs.label.tokens import Token

# Neighbours to each side whose words are looked at, and of those whose looks are too.
WORDS, LOOKS = 3, 1
EDGE = "<edge>"


def shape_of(word: str) -> str:
    """Return how a word looks: capitals, small letters, digits; the same again and again is two.

    >>> [shape_of(word) for word in ("Hyatt", "ATM", "2004", "€")]
    ['Xxx', 'XX', '0000', '€']
    """
    if word.isdecimal():
        return "0" * min(len(word), 5)
    looks = "".join("X" if char.isupper() else "x" if char.islower() else char for char in word)
    return re.sub(r"(.)\1{2,}", r"\1\1", looks)


def features_of(tokens: Sequence[Token], marks: Sequence[str]) -> list[list[str]]:
    """Return the features of each token, by name; `marks` are the kinds of known values that tokens are in, or empty strings."""
    words = [token.text.lower() for token in tokens]
    plain = ["0" * len(word) if word.isdecimal() else word for word in words]
    looks = [_looks(token.text, mark) for token, mark in zip(tokens, marks, strict=True)]
    glued = [number > 0 and tokens[number - 1].end == token.start for number, token in enumerate(tokens)]
    found = []
    for place in range(len(tokens)):
        own = ["always", f"word {words[place]}", *looks[place], f"glued {glued[place]}", f"place {min(place, 2)} {min(len(tokens) - 1 - place, 2)}"]
        for step in (*range(-WORDS, 0), *range(1, WORDS + 1)):
            other = place + step
            there = 0 <= other < len(tokens)
            own.append(f"{step} {plain[other] if there else EDGE}")
            if there and abs(step) <= LOOKS:
                own += [f"{step} {look}" for look in looks[other]]
        before, after = (plain[other] if 0 <= other < len(tokens) else EDGE for other in (place - 1, place + 1))
        earlier = plain[place - 2] if place > 1 else EDGE
        own += [f"pair {before} {plain[place]}", f"pair {plain[place]} {after}", f"before {earlier} {before}"]
        found.append(own)
    return found


def _looks(word: str, mark: str) -> list[str]:
    small = word.lower()
    return [f"shape {shape_of(word)}", f"begins {small[:3]}", f"ends {small[-3:]}", f"ends {small[-2:]}", *([f"known {mark}"] if mark else [])]
