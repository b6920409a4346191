"""Mentions of which it is known whether their evidence is true, and what the gate makes of them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from broadsheet.needs.claims import Claim, Quote
from broadsheet.needs.evidence import Gate, Verdict
from broadsheet.needs.taxonomy import open_taxonomy

FEWEST, MOST = 3, 15
_WORDS = "=".split()
_ALIKE = {word: other for word, _, other in (pair.partition("=") for pair in _WORDS)}
_NEGATION = re.compile(r"\b(?:not|never|no|without|cannot)\b ?|n['’]t\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|was|can|do|did|have|has|will|would|should|could)\b(?!n['’]t)")
# A sign of a script without spaces, with its marks, or a word between spaces.
_SPACELESS = "\u0e01-\u0e4e\u3041-\u30ff\u4e00-\u9fff"
_UNIT = re.compile(f"[{_SPACELESS}][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3099\u309a]*|[^\\s{_SPACELESS}]+")


class Plant(NamedTuple):
    """A mention, how its evidence was written, whether it is true, and the post as it is written for it."""

    claim: Claim
    kind: str
    is_true: bool


class Score(NamedTuple):
    """Of one kind: how many were planted, how many were judged rightly, and for which reasons the others were rejected."""

    kind: str
    is_true: bool
    planted: int
    right: int
    reasons: Counter[str]


def plant(texts: Mapping[str, str], rng: np.random.Generator, each: int) -> tuple[dict[str, str], list[Plant]]:
    """Return posts, some of them written anew, and mentions: up to `each` of every kind, true and false."""
    names = list(texts)
    posts = dict(texts)
    plants: list[Plant] = []
    for kind, rewrite in WRITINGS.items():
        for number in range(each):
            name = f"{kind}-{number}"
            posts[name] = rewrite(texts[names[rng.integers(len(names))]], rng)
            if true := _true(posts[name], rng):
                plants.append(Plant(_claim(f"true-{name}", name, true, rng), kind, is_true=True))
    for kind, forge in FAKES.items():
        made = 0
        for number in range(each * 40):
            name = names[rng.integers(len(names))]
            forged = forge(texts, name, rng)
            if made < each and forged and (kind == "whole post" or _plain(forged) not in _plain(texts[name])):
                plants.append(Plant(_claim(f"fake-{kind}-{number}", name, Quote(forged), rng), kind, is_true=False))
                made += 1
    return posts, plants


def measure(posts: Mapping[str, str], plants: list[Plant]) -> list[Score]:
    """Judge every plant and count by kind."""
    verdicts: dict[str | int | None, Verdict] = {verdict.id: verdict for verdict in Gate(posts).judge(one.claim for one in plants)}
    scores = []
    for kind, is_true in dict.fromkeys((one.kind, one.is_true) for one in plants):
        judged = [verdicts[one.claim.id] for one in plants if (one.kind, one.is_true) == (kind, is_true)]
        reasons = Counter(str(verdict.reason) for verdict in judged if verdict.reason)
        scores.append(Score(kind, is_true, len(judged), sum(verdict.accepted == is_true for verdict in judged), reasons))
    return scores


def _claim(name: str, post: str, quote: Quote, rng: np.random.Generator) -> Claim:
    return Claim(name, post, None, int(rng.integers(1, 8)), (quote,))


def _plain(text: str) -> str:
    """Normalise as an oracle of the bench's own, which shares no line with the gate."""
    marks = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').replace("—", "-").replace("–", "-")
    return " ".join(unicodedata.normalize("NFKC", marks).split())


def _true(text: str, rng: np.random.Generator) -> Quote | None:
    """Draw a stretch of whole words (of signs, where a script has no spaces) and write it as a model would: in plain marks."""
    units = [match.span() for match in _UNIT.finditer(text)]
    if len(units) < FEWEST + 1:
        return None
    size = int(rng.integers(FEWEST, min(MOST, len(units) - 1) + 1))
    first = int(rng.integers(len(units) - size + 1))
    start, end = units[first][0], units[first + size - 1][1]
    quote = _plain(text[start:end])
    shift = int(rng.integers(-9, 10)) if rng.random() < 0.2 else 0
    return Quote(quote) if rng.random() < 0.3 else Quote(quote, start + shift, end + shift)


def _with_spaces(mark: str) -> Callable[[str, np.random.Generator], str]:
    return lambda text, rng: "".join(mark if char == " " and rng.random() < 0.3 else char for char in text)


def _smart(text: str, _: np.random.Generator) -> str:
    return re.sub(r'"([^"]*)"', r"“\1”", text).replace("'", "’").replace("...", "…").replace(" - ", " — ")


def _with_emoji(text: str, rng: np.random.Generator) -> str:
    signs = ("😭", "👩🏽‍💻", "🇫🇷", "❤️", "👍🏿", "👨‍👩‍👧‍👦", "💸💸")
    return " ".join(word + (" " if rng.random() < 0.5 else "") + signs[rng.integers(len(signs))] if rng.random() < 0.3 else word for word in text.split(" "))


def _wide_digits(text: str, _: np.random.Generator) -> str:
    return "".join(chr(ord(char) - ord("0") + ord("０")) if "0" <= char <= "9" else char for char in f"{text} since 2019")


def _hidden(text: str, rng: np.random.Generator) -> str:
    return "".join(char + ("\u00ad", "\u200b")[rng.integers(2)] if char.isalpha() and rng.random() < 0.05 else char for char in text)


def _accented(text: str, _: np.random.Generator) -> str:
    return unicodedata.normalize("NFD", text.replace("e", "é").replace("u", "ü"))


def _invented(text: str, rng: np.random.Generator) -> str:
    del text
    from broadsheet.needs.bench.posts import INVENTED

    return INVENTED[rng.integers(len(INVENTED))]


WRITINGS: dict[str, Callable[[str, np.random.Generator], str]] = {
    "as it is": lambda text, _: text,
    "typographic": _smart,
    "no-break spaces": _with_spaces("\u00a0"),
    "line breaks": _with_spaces("\r\n"),
    "decomposed accents": _accented,
    "full-width digits": _wide_digits,
    "emoji": _with_emoji,
    "invisible signs": _hidden,
    "many languages": _invented,
}


def _stretch(text: str, rng: np.random.Generator) -> list[str]:
    words = text.split()
    size = int(rng.integers(min(FEWEST, len(words)), min(MOST, len(words)) + 1))
    first = int(rng.integers(len(words) - size + 1))
    return words[first : first + size]


def _paraphrase(texts: Mapping[str, str], name: str, rng: np.random.Generator) -> str | None:
    words = _stretch(texts[name], rng)
    if rng.random() < 0.3 and len(words) > FEWEST:
        del words[int(rng.integers(1, len(words) - 1))]
        return " ".join(words)
    changed = [_ALIKE.get(word.lower(), word) for word in words]
    return " ".join(changed) if changed != words else None


def _digit_swap(texts: Mapping[str, str], name: str, rng: np.random.Generator) -> str | None:
    words = _stretch(texts[name], rng)
    places = [(number, place) for number, word in enumerate(words) for place, char in enumerate(word) if char.isdecimal()]
    if not places:
        return None
    number, place = places[rng.integers(len(places))]
    digit = str((int(words[number][place]) + int(rng.integers(1, 10))) % 10)
    words[number] = words[number][:place] + digit + words[number][place + 1 :]
    return " ".join(words)


def _negation_swap(texts: Mapping[str, str], name: str, rng: np.random.Generator) -> str | None:
    text = " ".join(_stretch(texts[name], rng))
    return _NEGATION.sub("", text, count=1) if _NEGATION.search(text) else _VERB.sub(lambda match: f"{match[0]} not", text, count=1)


def _cross_post(texts: Mapping[str, str], name: str, rng: np.random.Generator) -> str | None:
    names = list(texts)
    other = names[rng.integers(len(names))]
    return " ".join(_stretch(texts[other], rng)) if other != name else None


def _example_leak(texts: Mapping[str, str], name: str, rng: np.random.Generator) -> str | None:
    del texts, name
    sentences = list(open_taxonomy().sentences())
    return " ".join(_stretch(sentences[rng.integers(len(sentences))], rng))


def _whole_post(texts: Mapping[str, str], name: str, rng: np.random.Generator) -> str | None:
    return texts[name] if rng.random() < 0.5 else texts[name].strip().rstrip(".?!")


FAKES: dict[str, Callable[[Mapping[str, str], str, np.random.Generator], str | None]] = {
    "paraphrase": _paraphrase,
    "digit swap": _digit_swap,
    "negation swap": _negation_swap,
    "cross-post copy": _cross_post,
    "example leak": _example_leak,
    "whole post": _whole_post,
}


def overall(scores: list[Score]) -> Iterator[tuple[str, float]]:
    """Yield the share of fakes that were caught, and of true mentions that were rejected."""
    for name, is_true in (("recall", False), ("false_rejects", True)):
        planted = sum(score.planted for score in scores if score.is_true == is_true)
        right = sum(score.right for score in scores if score.is_true == is_true)
        yield name, 1 - right / planted if is_true else right / planted
