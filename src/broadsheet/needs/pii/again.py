"""What a first look leaves: values in wrappers, the same value once more, numbers of the same make, the second of two passwords."""

import re
from collections.abc import Iterable, Iterator

from broadsheet.needs.pii.checks import is_code, is_odd
from broadsheet.needs.pii.given import AMBIGUOUS
from broadsheet.needs.pii.kinds import Kind
from broadsheet.needs.pii.shapes import CODE, NO_MONEY, NO_UNIT

Found = tuple[int, int, Kind]

# One value in quotation marks, brackets or signs of emphasis.
_WRAPPED = re.compile(
    r"(?<![^\s:=>|,;(/-])(?P<open>[\"'(\[<{]|\*{1,2}|_{1,2})(?P<it>[^\s\"'()\[\]<>{}*|]{3,60}|[+(]?[\w.-]{1,8}\)?(?:[ /-]{1,2}[\w.-]{1,8}){1,7})(?P<close>[\"')\]>}]|\*{1,2}|_{1,2})(?=[^\w\"'*]|\Z)"
)
_CLOSES = {'"': '"', "'": "'", "(": ")", "[": "]", "<": ">", "{": "}", "*": "*", "**": "**", "_": "_", "__": "__"}
_NUMBERED = {Kind.SSN, Kind.ID, Kind.CARD, Kind.ACCOUNT, Kind.PHONE}
_CODES = re.compile(CODE, re.IGNORECASE)
_IS_CODE = is_code(6)
_AND = re.compile(
    r"[\"')\]*]{0,2}(?:[,.;]? (?:to|or|and|and now|und|auf|zu|oder|not|nor|then|now|but now|and now|and then|instead of|rather than|until i changed it to|or maybe) | ?\((?:the )?(?:old|was|is|now|formerly|before|new|previously|then)(?: one)?[: ]{1,2}|, ?| ?-> ?| ?/ ?|\|)(?:it'?s (?:now )?|it is |is |maybe |then )?[\"'(\[*]{0,2}"
)
_PIN = re.compile(r"(?P<it>\d{3,8})(?![\w/-]|[.,]\d)" + NO_UNIT, re.IGNORECASE)
_WORD = re.compile(r"(?P<it>[^\s\"'()\[\]]{4,60})")


def unwrapped(text: str) -> tuple[str, list[int]] | None:
    """Return a text without the signs around its values, and where each of its characters (and its end) stands in the text; nothing where there are none."""
    dropped: list[tuple[int, int]] = []
    for match in _WRAPPED.finditer(text):
        if _CLOSES[match["open"]] == match["close"] and is_odd(match["it"]):
            dropped += [match.span("open"), match.span("close")]
    if not dropped:
        return None
    kept, places, place = [], [], 0
    for begin, end in [*dropped, (len(text), len(text))]:
        kept.append(text[place:begin])
        places += range(place, begin)
        place = end
    return "".join(kept), [*places, len(text)]


def once_more(text: str, found: Iterable[Found]) -> Iterator[Found]:
    """Yield what else is personal by what was found: the same value in another place, and numbers of the same make."""
    values: dict[str, Kind] = {}
    makes: dict[str, Kind] = {}
    for begin, end, kind in found:
        value = text[begin:end]
        if _is_told_again(value, kind):
            values.setdefault(value, kind)
        if kind in _NUMBERED and sum(char.isalnum() for char in value) >= 7 and sum(char.isdecimal() for char in value) >= 4:
            makes.setdefault(_make(value), kind)
    if makes:
        for match in _CODES.finditer(text):
            begin, end = match.span("it")
            kind = makes.get(_make(match["it"]))
            if kind and _IS_CODE(match["it"]):
                yield begin, end, kind
    if values:
        again = re.compile(
            "|".join(rf"(?:{NO_MONEY if value[0].isdecimal() else ''}(?<!\w){re.escape(value)}(?!\w))" for value in sorted(values, key=len, reverse=True))
        )
        for match in again.finditer(text):
            yield match.start(), match.end(), values[match[0]]


def chained(text: str, found: Iterable[Found]) -> Iterator[Found]:
    """Yield the passwords that follow one that was found: "from A to B", "A or B", "A, B and C"."""
    for begin, end, kind in found:
        if kind is not Kind.SECRET:
            continue
        is_pin = text[begin:end].isdecimal()
        last = end
        while link := _AND.match(text, last, last + 30):
            match = (_PIN if is_pin else _WORD).match(text, link.end())
            value = match["it"].rstrip(".,;:!?") if match else ""
            if not (value.isdecimal() if is_pin else is_odd(value) and len(value) > 5):
                break
            last = link.end() + len(value)
            yield link.end(), last, kind


def _make(value: str) -> str:
    return re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", re.sub(r"[ ./-]+", "-", value)))


def _is_told_again(value: str, kind: Kind) -> bool:
    if kind is Kind.NAME:
        return len(value) > 2 and value.lower() not in AMBIGUOUS and (" " in value or not value.islower() or len(value) > 5 or is_odd(value))
    if value.isdecimal():
        return len(value) > 4 or (len(value) == 4 and value[:2] not in {"19", "20"} and not value.endswith("00"))
    return len(value) > 5 if kind is Kind.SECRET else len(value) > 3
