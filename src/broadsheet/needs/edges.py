"""Where a quotation may begin and end, how long it is, and whether it stops short of a negation."""

import re
import unicodedata

from broadsheet.needs.normal import NormalText

# Scripts without a space between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese.
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SIGN = re.compile(f"[{_SPACELESS}]")
# In these a quotation may begin and end at any sign, and in Korean, which writes particles and nouns as one word.
_IS_FREE = re.compile(f"[{_SPACELESS}\uac00-\ud7a3]")
_MONEY = "$€£¥₹"
# A place inside a number (50,000 or 50.5 or 50'000), between a sign and its number (-500, -$500, .5), or inside n't.
_INSIDE = re.compile(
    r"(?<=\d)(?=[.,'٫٬]\d)|(?<=\d[.,'٫٬])(?=\d)"
    rf"|(?:(?<=^[-+.])|(?<=[\s({_MONEY}][-+.]))(?=[{_MONEY}]?\d)|(?:(?<=^[-+][{_MONEY}])|(?<=[\s(][-+][{_MONEY}]))(?=\d)"
    r"|(?i:(?<=n)(?='t\b)|(?<=n')(?=t\b))"
)
_TOKEN = re.compile(rf"[{_SPACELESS}]|[^\W{_SPACELESS}]+|[^\w\s']+")

# Words that turn the one beside them into its contrary, in the languages whose posts are likeliest to be read.
_NEGATIONS = (
    "not|never|no|nor|neither|without|cannot|no longer|no more|non|un"
    "|nicht|nie|ohne|kein|keine|keinen|keinem|keiner|ne|n'|pas|jamais|sans|nunca|sin|não|nem|sem|non|mai|senza|niet|geen|zonder|не|ни|без|нет"
)
_BEFORE = re.compile(rf"(?:(?<!\w)(?:{_NEGATIONS})|[a-z]+n't)[ -]?\Z|(?<!\w)n'\Z|[不没沒無无未别別非안못] ?\Z", re.IGNORECASE)
_AFTER = re.compile(r" (?:not|never|no longer|no more|nicht|pas|jamais|niet)\b|not\b|n't\b| ?(?:ない|ません|않|못)", re.IGNORECASE)
_REACH = max(map(len, _NEGATIONS.split("|"))) + 2


def is_edge(normal: NormalText, place: int) -> bool:
    """Whether a quotation may begin or end at that place: not inside a word, a number, `n't`, or one emoji.

    >>> from broadsheet.needs.normal import normalise
    >>> [is_edge(normalise("unpaid"), 2), is_edge(normalise("1,500"), 2), is_edge(normalise("can't"), 3), is_edge(normalise("付不起房租"), 3)]
    [False, False, False, True]
    """
    text = normal.text
    if place in (0, len(text)):
        return True
    if not normal.is_whole(place):
        return False
    if _is_of_a_word(text[place - 1]) and _is_of_a_word(text[place]):
        return bool(_IS_FREE.match(text, place - 1) or _IS_FREE.match(text, place))
    return not _INSIDE.match(text, place)


def _is_of_a_word(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M"


def pieces(text: str) -> int:
    """Count words, runs of punctuation or emoji, and signs of scripts without spaces: whether a quotation says anything.

    >>> [pieces("rent"), pieces("late fee!!"), pieces("付不起")]
    [1, 3, 3]
    """
    return len(_TOKEN.findall(text))


def length(text: str) -> int:
    """Count words between spaces, two signs of a script without spaces for one: how long a quotation is.

    >>> [length("I can't pay the rent."), length("付不起房租")]
    [5, 3]
    """
    signs = [(piece, len(_SIGN.findall(piece))) for piece in text.split()]
    return sum((count + 1) // 2 + (count < len(piece)) for piece, count in signs)


def negation_before(text: str, begin: int) -> tuple[int, int] | None:
    """Return the place of a negation that stands directly before `begin`, if one does.

    >>> text = "I am not worried"
    >>> text[slice(*negation_before(text, 9))]
    'not'
    """
    first = max(0, begin - _REACH)
    found = _BEFORE.search(text[first:begin])
    return (first + found.start(), first + len(text[first:begin].rstrip(" -"))) if found else None


def negation_after(text: str, end: int) -> tuple[int, int] | None:
    """Return the place of a negation that stands directly behind `end`, if one does."""
    found = _AFTER.match(text, end)
    return (found.start() + len(found[0]) - len(found[0].lstrip()), found.end()) if found else None
