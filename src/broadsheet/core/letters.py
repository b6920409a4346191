"""Letters without their accents, for texts that are held against what is typed on a plain keyboard."""

import unicodedata
from functools import lru_cache
from typing import Final

# Letters that Unicode does not take apart into a plain one and a mark.
WHOLE: Final = str.maketrans(
    {"ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "ẞ": "SS", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H", "ı": "i"}
)  # fmt: skip


@lru_cache(maxsize=4096)
def without_accents(text: str) -> str:
    """Return a text with plain letters: no accents, no strokes, no ligatures.

    >>> without_accents("Björk López"), without_accents("Søndergård, Łódź, Straße")
    ('Bjork Lopez', 'Sondergard, Lodz, Strasse')
    """
    return text if text.isascii() else "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one)).translate(WHOLE)
