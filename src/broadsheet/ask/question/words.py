"""A question as words, numbers and quoted texts, each with its place."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from broadsheet.ask.cypher.nodes import Place

Shape = Literal["word", "number", "date", "quoted", "code", "mark"]


class Token(NamedTuple):
    """A piece of a question: `text` as it stands (without quotation marks), `low` in small letters."""

    shape: Shape
    text: str
    low: str
    place: Place


_QUOTED = r"\"(?P<q1>[^\"]+)\"|“(?P<q2>[^”]+)”|`(?P<q3>[^`]+)`|‘(?P<q4>[^’]+)’|(?<![\w'])'(?P<q5>[^'\s](?:[^']|'(?=\w))*?)'(?!\w)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = (
    r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\w-])|\d{1,2}[/.]\d{1,2}[/.]\d{4}(?![\w/])"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?[ -]{_MONTH}\.?,?[ -]\d{{4}}\b|\b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b"
    rf"|\b{_MONTH}\.?,?\s+(?:of\s+)?\d{{4}}\b"
)
_CODE = (
    r"\bhttps?://[^\s,;]+[^\s,;.?!)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\d+(?:\.\d+){2,}|\d{1,2}:\d{2}(?::\d{2})?|\+?\d+-?\(\d+\)[\d-]+|\d+(?:-\d+){2,}|\d+-\d{5,}"
    r"|[A-Za-z_]\w*(?:[-./:]\w+)*\.(?:com|org|net|io|me|ai|social|edu|gov|uk|de|fr)\b|#[0-9A-Fa-f]{3,8}\b"
    r"|(?=[A-Za-z0-9]*[A-Za-z])(?=[A-Za-z_]*\d)(?!\d[\d.,]*(?:[a-z]+|-[A-Za-z]+|[KMBx])\b)[A-Za-z0-9_]+(?:[-/]\w*\d\w*|-[A-Z]+\b)*"
)
_NUMBER = r"(?<![\w.])[-−+]?[$€£]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])[-−+]?[$€£]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[$€£]?\d+(?:\.\d+)?|(?<!\w)\.\d+"
_WORD = r"[^\W\d_]+(?:['’][^\W\d_]+)*"
_TOKEN = re.compile(
    rf"(?P<quoted>{_QUOTED})|(?P<date>(?i:{_DATE}))|(?P<code>{_CODE})|(?P<number>{_NUMBER})|(?P<name>[^\W\d]\w*_\w*|[^\W\d_]*[a-z][A-Z]\w*)"
    rf"|(?P<word>{_WORD})|(?P<mark>\S)"
)
_CAMEL = re.compile(r"[A-Z]{2,}(?=s\b)|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")


def tokens(question: str) -> tuple[Token, ...]:
    r"""Return the pieces of a question, in order. Places count code points.

    >>> [one.text for one in tokens("Which 3 films aren't in 'Schindler\'s List' or DC1-R-2?")]
    ['Which', '3', 'films', "aren't", 'in', "Schindler's List", 'or', 'DC1-R-2', '?']
    """
    found = []
    for match in _TOKEN.finditer(question):
        shape = match.lastgroup if match.lastgroup in {"quoted", "date", "code", "number", "word", "mark"} else ""
        text = match.group()
        if not shape:
            shape = "quoted" if match.group("quoted") else "word"
        if shape == "quoted":
            text = text[1:-1].strip()
        found.append(Token(shape, text, text.lower().replace("’", "'"), Place(*match.span())))  # pyrefly: ignore
    return tuple(found)


def parts(name: str) -> tuple[str, ...]:
    """Return the words that a name of a schema is made of, in small letters.

    >>> parts("book1PageRank"), parts("ACTED_IN"), parts("Crime Type")
    (('book', '1', 'page', 'rank'), ('acted', 'in'), ('crime', 'type'))
    """
    return tuple(one.lower() for one in _CAMEL.findall(name))


_IRREGULAR = {
    "people": "person", "persons": "person", "men": "man", "women": "woman", "children": "child", "countries": "country", "cities": "city", "movies": "movie",
    "wrote": "write", "written": "write", "bought": "buy", "sold": "sell", "made": "make", "took": "take", "held": "hold", "gave": "give", "given": "give",
    "knew": "know", "known": "know", "led": "lead", "ran": "run", "sent": "send", "sang": "sing", "sung": "sing", "taught": "teach", "won": "win", "was": "be",
    "were": "be", "is": "be", "are": "be", "been": "be", "has": "have", "had": "have", "did": "do", "does": "do", "left": "leave", "built": "build", "met": "meet",
    "born": "bear", "birth": "bear", "paid": "pay", "dealt": "deal", "series": "series", "species": "species", "data": "datum", "indices": "index",
    "dying": "die", "death": "die", "died": "die", "dead": "die", "lives": "live", "belongs": "belong", "matches": "match", "addresses": "address",
    "analyses": "analysis", "children's": "child", "shown": "show", "driven": "drive", "drove": "drive", "flew": "fly", "flown": "fly", "fought": "fight",
    "spoke": "speak", "spoken": "speak", "chose": "choose", "chosen": "choose", "lent": "lend", "spent": "spend", "found": "find", "mice": "mouse", "used": "use", "using": "use",
}  # fmt: skip


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return a word without the ending of its number, case or tense; a last e is no part of it.

    >>> [stem(one) for one in ("companies", "directed", "running", "person's", "boxes", "titles")]
    ['company', 'direct', 'run', 'person', 'box', 'titl']
    """
    word = _base(word.lower().replace("’", "'"))
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _base(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    word = re.sub(r"'s?$", "", word)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and re.search(r"(?:ss|x|ch|sh|zz)es$", word):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        kept = word.removesuffix(ending)
        if kept != word and len(kept) >= 3 and re.search(r"[aeiouy]", kept):
            if kept[-1] == kept[-2] and kept[-1] not in "lsz":
                return kept[:-1]
            return kept[:-1] + "y" if kept.endswith("i") else kept
    return word


_ENDINGS = (
    "ation",
    "ition",
    "ency",
    "ancy",
    "enc",
    "anc",
    "ator",
    "ment",
    "ness",
    "ion",
    "ian",
    "ant",
    "ent",
    "iv",
    "at",
    "er",
    "or",
    "ee",
    "al",
    "ly",
    "ary",
    "y",
    "ur",
)


@lru_cache(maxsize=8192)
def root(word: str) -> str:
    """Return what the words of one family share: who does it, what is done, and the doing.

    >>> root("directors") == root("DIRECTED") == root("direction"), root("actor") == root("acted"), root("investigated") == root("investigation")
    (True, True, True)
    """
    word = stem(word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.rstrip("i") if len(word.rstrip("i")) >= 3 else word
