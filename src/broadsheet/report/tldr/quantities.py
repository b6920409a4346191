"""Numbers of a text with their units and bounds, written in digits or in words."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from broadsheet.report.tldr.words import STOP, stem

ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
ATTACHED = {"k": 1000, "K": 1000, "M": 10**6, "B": 10**9}
# Words that are a number and its unit at once.
WHOLE = {
    "twice": (2, "x"), "double": (2, "x"), "doubles": (2, "x"), "doubled": (2, "x"), "doubling": (2, "x"), "thrice": (3, "x"), "triple": (3, "x"),
    "triples": (3, "x"), "tripled": (3, "x"), "tripling": (3, "x"), "halves": (Decimal("0.5"), "x"), "halved": (Decimal("0.5"), "x"),
    "halving": (Decimal("0.5"), "x"), "halve": (Decimal("0.5"), "x"), "half": (50, "%"), "quarter": (25, "%"), "dozens": (12, "many"),
    "hundreds": (100, "many"), "thousands": (1000, "many"), "millions": (10**6, "many"), "billions": (10**9, "many"),
}  # fmt: skip
# "second" is a time far more often than a place. A share ("two thirds") is read by both its words.
ORDINALS: dict[str, int] = dict(zip("third fourth fifth sixth seventh eighth ninth tenth".split(), range(3, 11), strict=True))
CURRENCIES = "$€£¥"
NUMBER_WORDS = frozenset({*ONES, *TENS, *SCALES, *WHOLE})
UNITS = {
    "percentage points": "points", "percentage point": "points", "% points": "points", "points": "points", "point": "points", "pp": "points",
    "percent": "%", "per cent": "%", "pct": "%", "%": "%", "times": "x", "fold": "x", "-fold": "x", "x": "x", "×": "x",
    "milliseconds": "ms", "millisecond": "ms", "ms": "ms", "microseconds": "µs", "µs": "µs", "seconds": "s", "second": "s", "sec": "s", "s": "s",
    "minutes": "min", "minute": "min", "min": "min", "hours": "h", "hour": "h", "h": "h", "days": "days", "day": "days", "weeks": "weeks", "week": "weeks",
    "months": "months", "month": "months", "years": "years", "year": "years", "KB": "KB", "kB": "KB", "MB": "MB", "GB": "GB", "TB": "TB",
    "dollars": "$", "USD": "$", "euros": "€", "euro": "€", "EUR": "€", "€": "€", "£": "£", "st": "th", "nd": "th", "rd": "th", "th": "th",
}  # fmt: skip
# What stands before a number and bounds it. "over 12 lists" may mean across: such words may also bound nothing.
BOUNDS = {
    "up to": "≤", "at most": "≤", "less than": "≤", "fewer than": "≤", "no more than": "≤", "as much as": "≤", "as many as": "≤", "<": "≤", "≤": "≤",
    "under": "≤?", "below": "≤?", "at least": "≥", "more than": "≥", "no less than": "≥", "no fewer than": "≥", ">": "≥", "≥": "≥", "over": "≥?",
    "above": "≥?", "exceeding": "≥?", "about": "~", "around": "~", "roughly": "~", "approximately": "~", "nearly": "~", "almost": "~", "~": "~", "≈": "~",
}  # fmt: skip
_DIGITS = r"(?:\d{1,3}(?:[,'’\u00a0\u202f\u2009 ]\d{3})+(?![\d])|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+"
_SPELT = "|".join(sorted({*ONES, *TENS, *SCALES}, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?P<sign>(?:(?<=[\s(])|^)[-−+])?(?<![\w.])(?P<digits>{_DIGITS})(?:(?P<scale>[kKMB])(?![\w])|\s(?P<said>thousand|million|billion|trillion)\b)?"
    rf"|(?<![\w-])(?P<words>(?:{_SPELT})(?:(?:[\s-]+(?:and\s+)?)(?:{_SPELT}))*)(?=fold\b|(?!\w))"
    rf"|(?<![\w-])(?P<whole>{'|'.join(WHOLE)})(?![\w])|(?<!\w)(?P<place>{'|'.join(ORDINALS)})s?(?!\w)|(?<![\w-])(?P<soft>both|single)(?![\w-])",
    re.IGNORECASE,
)
_UNIT = re.compile("[ \u00a0\u202f-]?(" + "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True)) + r")(?![A-Za-z0-9])")
_BOUND = re.compile(
    "(?:^|[\\s(]|(?=[<>≤≥~≈]))(" + "|".join(re.escape(b) for b in sorted(BOUNDS, key=len, reverse=True)) + r")\s*(?:an?\s+|the\s+)?[$€£¥]?$", re.IGNORECASE
)
_JOINS = re.compile(r"\s*(?:-|–|—|−|to|and|or|,|,\s*and|vs\.?|versus|from)\s*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w'’]*")
# The end of a name that goes on with digits.
_NAME = re.compile(r"[A-Za-z]*[A-Z][A-Za-z]*[-@.]$")
# A pronoun, not a number.
_NO_ONE = re.compile(r"(?:\b(?:no|the|this|that|each|every|any|which|only|another)\s)$", re.IGNORECASE)


class Quantity(NamedTuple):
    """A number of a text: its value, the units and bounds it may have, stems of the words behind it, and where it stands.

    `soft` marks words such as `one` and `both`, which may be no number at all.
    """

    value: Decimal
    units: frozenset[str]
    bounds: frozenset[str]
    nouns: frozenset[str]
    start: int
    end: int
    soft: bool = False

    @property
    def key(self) -> str:
        """The number as digits, the same for 12 and 12.0."""
        return f"{self.value.normalize():f}"

    def says(self, other: "Quantity") -> bool:
        """Tell whether this, in a summary, may stand for another in its source: the same number, unit and bound; `about` may be added."""
        turned = {"≤", "≥"} <= (self.bounds | other.bounds) - (self.bounds & other.bounds)
        bounded = not turned and (bool(self.bounds & other.bounds) or ("~" in self.bounds and "" in other.bounds))
        return self.value == other.value and bool(self.units & other.units) and bounded


def quantities(text: str) -> list[Quantity]:
    """Read the numbers of a text in which TeX is resolved; those inside names (`GPT-4`) are the names' own.

    >>> [(str(q.value), sorted(q.units)) for q in quantities("up to twenty-five percent, 1,000 users, 3x")]
    [('25', ['%']), ('1000', ['']), ('3', ['x'])]
    """
    found = list(_read(text))
    for place in reversed(range(len(found) - 1)):
        one, following = found[place], found[place + 1]
        # "12 to 15 %": the unit is said once, for both.
        if "" in one.units and _JOINS.fullmatch(text[one.end : following.start]) and following.units - {""}:
            found[place] = one._replace(units=one.units | following.units)
    return found


def _read(text: str) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        if (
            match["words"]
            and match["words"].lower() == "one"
            and (_NO_ONE.search(text[: match.start()]) or re.match(r"\s+(?:of|another)\b", text[match.end() :]))
        ):
            continue
        if match["digits"] and _NAME.search(text[: match.start()]):
            continue
        value, unit = _value(match)
        end = match.end()
        measured = _UNIT.match(text, end)
        if measured and not unit:
            unit, end = UNITS[measured[1]], measured.end()
        before = text[: match.start()]
        if before and before[-1] in CURRENCIES:
            unit = unit or before[-1]
        bound = _BOUND.search(before)
        said = BOUNDS[bound[1].lower()] if bound else ""
        bounds = frozenset({said[0], ""} if said.endswith("?") else {said})
        soft = bool(match["soft"]) or (match["words"] or "").lower() == "one"
        yield Quantity(value, frozenset({unit}), bounds, _nouns(text[end:]), match.start(), end, soft)


def _value(match: re.Match[str]) -> tuple[Decimal, str]:
    if match["digits"]:
        value = Decimal(re.sub(r"[,'’\s\u00a0\u202f\u2009]", "", match["digits"]))
        value *= ATTACHED.get(match["scale"] or "", 1) * SCALES.get((match["said"] or "").lower(), 1)
        return (-value if match["sign"] in ("-", "−") else value), ""
    if match["words"]:
        return Decimal(_spelt(match["words"])), ""
    if match["place"]:
        return Decimal(ORDINALS[match["place"].lower()]), "th"
    if match["soft"]:
        return Decimal(2 if match["soft"].lower() == "both" else 1), ""
    number, unit = WHOLE[match["whole"].lower()]
    return Decimal(number), unit


def _spelt(words: str) -> int:
    """Return the value of a number in words.

    >>> _spelt("two hundred and fifty thousand"), _spelt("twenty-one")
    (250000, 21)
    """
    total = part = 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in SCALES:
            part = max(1, part) * SCALES[word]
            if SCALES[word] > 100:
                total, part = total + part, 0
        elif word != "and":
            part += ONES.get(word, TENS.get(word, 0))
    return total + part


def _nouns(rest: str) -> frozenset[str]:
    """Return the stems of up to three words behind a number, to the next mark or small word."""
    found: list[str] = []
    for match in re.finditer(r"\s*-?([^\s]+)", rest):
        word = _WORD.match(match[1])
        if word is None or word[0].lower() in STOP or len(found) == 3:
            break
        found.append(stem(word[0]))
        if word[0] != match[1]:
            break
    return frozenset(found)
