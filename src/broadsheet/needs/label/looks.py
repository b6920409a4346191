"""What a word shows of itself and of its neighbours: the features by which a tagger tells words apart."""

import re
from collections.abc import Mapping, Sequence

from broadsheet.needs.label.tokens import Token

# Neighbours to each side that are looked at.
NEAR = 2
# A word that says where a stretch of time begins or ends is heard by so many words behind it.
HEARD = 5
EDGE = "<edge>"
_CUES = frozenset(
    "from to until till since before after by between starting ending start end begin up than later earlier on at in for of with during every".split()
)
_CLASSES: Mapping[str, str] = {
    **dict.fromkeys(("monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun weekend").split(), "day"),
    **dict.fromkeys(("january february march april june july august september october november december").split(), "month"),
    **dict.fromkeys(("may jan feb mar apr jun jul aug sep sept oct nov dec").split(), "month"),
    **dict.fromkeys(("today tomorrow yesterday tonight now").split(), "now"),
    **dict.fromkeys(("morning afternoon evening night noon midday midnight am pm").split(), "part"),
    **dict.fromkeys(("second seconds minute minutes min mins hour hours").split(), "short"),
    **dict.fromkeys(("day days week weeks month months quarter year years daily weekly monthly yearly annual").split(), "long"),
    **dict.fromkeys(
        ("one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty half hundred thousand couple few").split(), "number"
    ),
    **dict.fromkeys(("last next this previous past current coming following ago").split(), "which"),
    **dict.fromkeys(("pound pounds euro euros dollar dollars quid gbp eur usd € £ $ p pence cents").split(), "money"),
    **dict.fromkeys(("st nd rd th first second third").split(), "ordinal"),
}


def shape_of(word: str) -> str:
    """Return how a word looks: capitals, small letters, digits; the same again and again is two.

    >>> [shape_of(word) for word in ("Hyatt", "ATM", "2004", "€")]
    ['Xxx', 'XX', '0000', '€']
    """
    if word.isdecimal():
        return "0" * min(len(word), 5)
    looks = "".join("X" if char.isupper() else "x" if char.islower() else char for char in word)
    return re.sub(r"(.)\1{2,}", r"\1\1", looks)


def class_of(word: str) -> str:
    """Return which of a few classes a word is of: numbers by their digits, days, months, parts of a day, stretches of time, currencies; else the word.

    >>> [class_of(word) for word in ("Friday", "hours", "190", "card")]
    ['<day>', '<short>', '<000>', 'card']
    """
    small = word.lower()
    return f"<{'0' * min(len(word), 5)}>" if word.isdecimal() else f"<{_CLASSES[small]}>" if small in _CLASSES else small


def features_of(tokens: Sequence[Token], marks: Sequence[str]) -> list[list[str]]:
    """Return the features of each token, by name; `marks` are the kinds of known values that tokens are in, or empty strings."""
    classes = [EDGE] * NEAR + [class_of(token.text) for token in tokens] + [EDGE] * NEAR
    found, cue, since = [], "", HEARD
    for place, (token, mark) in enumerate(zip(tokens, marks, strict=True)):
        small, own = token.text.lower(), classes[place + NEAR]
        near = {step: classes[place + NEAR + step] for step in range(-NEAR, NEAR + 1)}
        glued = place > 0 and tokens[place - 1].end == token.start
        names = [f"word {small}", f"class {own}", f"shape {shape_of(token.text)}", f"begins {small[:3]}", f"ends {small[-3:]}", f"known {mark}"]
        names += [f"{step} {near[step]}" for step in near if step]
        names += [f"pair {near[-1]} {own}", f"pair {own} {near[1]}", f"before {near[-2]} {near[-1]}", f"after {near[1]} {near[2]}"]
        names += [f"glued {glued}", f"known {mark} before {marks[place - 1] if place else EDGE}", "first" if place == 0 else "later"]
        if since < HEARD:
            names += [f"cue {cue}", f"cue {cue} {own}"]
        found.append(names)
        cue, since = (small, 0) if small in _CUES else (cue, since + 1)
    return found
