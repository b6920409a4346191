"""The numbers, dates, quoted texts and names that stand in a question."""

import re
from collections.abc import Iterator, Sequence

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.question import phrases as p
from broadsheet.ask.question.facts import Value
from broadsheet.ask.question.words import Token

_DIGITS = re.compile(r"[-−+]?[$€£]?([\d,]*\.?\d+(?:[eE][+-]?\d+)?)")
_EXAMPLES = ("such as", "e . g .", "e . g . ,", "for example", "for example ,", "for instance", "for instance ,", "i . e .")
FIRST_YEAR, LAST_YEAR = 1000, 2100


def values_of(tokens: Sequence[Token], known: frozenset[int] = frozenset()) -> tuple[Value, ...]:
    """Return the values among the pieces of a question; `known` are pieces that name something of the schema, and so are no names in capitals.

    >>> from broadsheet.ask.question.words import tokens
    >>> [one.value for one in values_of(tokens("Which films of the 1990s by Ana Lopez cost over 2.5 million, or twenty-five 'coins'?"))]
    [1990, 'Ana Lopez', 2500000.0, 25, 'coins']
    """
    return tuple(_found(tokens, known))


def _found(tokens: Sequence[Token], known: frozenset[int]) -> Iterator[Value]:
    at = 0
    while at < len(tokens):
        value = _at(tokens, at, known)
        if value is None:
            at += 1
        else:
            yield value._replace(soft=value.soft or _is_example(tokens, at))
            at = value.last


def _is_example(tokens: Sequence[Token], at: int) -> bool:
    """Whether a value is told as an example alone: `such as 'Drama' or 'Comedy'`."""
    lows = [one.low for one in tokens[max(0, at - 8) : at] if one.shape != "quoted"]
    before = " ".join(lows)
    return before.endswith(_EXAMPLES) or any(f"{said} or" in before or f"{said} ," in before for said in _EXAMPLES)


def _at(tokens: Sequence[Token], at: int, known: frozenset[int]) -> Value | None:
    token = tokens[at]
    match token.shape:
        case "quoted":
            return Value(token.place, "quoted", token.text, token.text, at, at + 1, soft=token.low in p.CALENDAR)
        case "date":
            return Value(token.place, "date", iso(token.text) or token.text, token.text, at, at + 1)
        case "code":
            end = at
            while end + 1 < len(tokens) and _goes_with(tokens[end], tokens[end + 1]):
                end += 1
            text = _between(tokens, at, end)
            return None if at in known else Value(Place(token.place.start, tokens[end].place.end), "code", text, text, at, end + 1)
        case "number":
            return _number(tokens, at)
        case "word":
            return _worded(tokens, at) or _named(tokens, at, known)
    return None


def _goes_with(one: Token, other: Token) -> bool:
    """Whether two short codes are one: `M9 4NL`."""
    return (
        other.shape == "code" and other.place.start == one.place.end + 1 and all(len(code.text) < 5 and code.text == code.text.upper() for code in (one, other))
    )


def _between(tokens: Sequence[Token], first: int, last: int) -> str:
    """Return the words from one piece to another, with the spaces that stood there."""
    said = tokens[first].text
    for before, token in zip(tokens[first:last], tokens[first + 1 : last + 1], strict=True):
        said += " " * (token.place.start > before.place.end) + token.text
    return said


def _number(tokens: Sequence[Token], at: int) -> Value | None:
    token = tokens[at]
    match = _DIGITS.fullmatch(token.text)
    if match is None:
        return None
    digits = match.group(1).replace(",", "")
    number: float = float(digits) if re.search(r"[.eE]", digits) else int(digits)
    number = -number if token.text[0] in "-−" else number
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    end = at + 1
    kind, soft = "number", False
    if after is not None:
        touching = after.place.start == token.place.end
        if after.low in p.SCALES and (touching or len(after.low) > 2):
            number *= p.SCALES[after.low]
            end += 1
        elif touching and after.low in {"s", "'s"} and isinstance(number, int) and number % 10 == 0:
            kind, end = "decade", end + 1
            number = number + 1900 if number < 100 else number
        elif touching and after.low in {"st", "nd", "rd", "th"}:
            soft, end = True, end + 1
        elif after.low == "'" and end + 1 < len(tokens) and tokens[end + 1].low == "s" and isinstance(number, int) and number % 10 == 0:
            kind, end = "decade", end + 2
    if kind == "number" and end == at + 1 and _is_year(digits, number):
        kind = "year"
    place = Place(token.place.start, tokens[end - 1].place.end)
    return Value(place, kind, number, _between(tokens, at, end - 1), at, end, soft)  # pyrefly: ignore


def _is_year(digits: str, number: float) -> bool:
    return len(digits) == 4 and isinstance(number, int) and FIRST_YEAR <= number <= LAST_YEAR


def _worded(tokens: Sequence[Token], at: int) -> Value | None:
    """Return a number in words: `three`, `twenty-five`, `two hundred and ten`, `a hundred`."""
    low = tokens[at].low
    if low in p.DECADES and at and tokens[at - 1].low == "the":
        return Value(tokens[at].place, "decade", p.DECADES[low], tokens[at].text, at, at + 1)
    if low == "half" or (
        low not in p.NUMBERS and not (low == "a" and at + 1 < len(tokens) and tokens[at + 1].low in {"hundred", "thousand", "million", "billion", "dozen"})
    ):
        return None
    total, part, end = 0, 1 if low == "a" else p.NUMBERS[low], at + 1
    while end < len(tokens):
        word = tokens[end].low
        if (word in p.NUMBERS and (p.NUMBERS[word] < 10 <= part % 100 and part % 10 == 0)) or (word in p.NUMBERS and part % 100 == 0 and part):
            part += p.NUMBERS[word]
        elif low == "a" and word == "dozen":
            part = 12
        elif word == "hundred":
            part *= 100
        elif word in p.SCALES and len(word) > 2:
            total, part = total + part * p.SCALES[word], 0
        elif word in {"-", "and"} and end + 1 < len(tokens) and tokens[end + 1].low in p.NUMBERS and _goes_on(word, part, p.NUMBERS[tokens[end + 1].low]):
            end += 1
            continue
        else:
            break
        end += 1
    place = Place(tokens[at].place.start, tokens[end - 1].place.end)
    return Value(place, "number", total + part, _between(tokens, at, end - 1), at, end, soft=low in {"one", "once", "twice", "thrice"} and end == at + 1)


def _goes_on(word: str, part: int, after: int) -> bool:
    """Whether a number goes on behind `-` or `and`: twenty-five, two hundred and ten, but not `two and three`."""
    return (part % 100 >= 20 and part % 10 == 0 and after < 10) if word == "-" else (part % 100 == 0 and part > 0)


def _named(tokens: Sequence[Token], at: int, known: frozenset[int]) -> Value | None:
    """Return words in capitals that name something: `Ana Lopez`, `University of Oxford`."""
    if not _is_name(tokens, at, known):
        return None
    end = at + 1
    while end < len(tokens):
        if _is_name(tokens, end, known) or (tokens[end].shape == "number" and tokens[end].text.isdigit() and len(tokens[end].text) < 3 and _ends(tokens, end)):
            end += 1
        elif tokens[end].low in p.LINKS and (after := _beyond(tokens, end)) < len(tokens) and _is_name(tokens, after, known) and _close(tokens, end):
            end = after + 1
        else:
            break
    text = re.sub(r"['’]s?$", "", _between(tokens, at, end - 1))
    dated = any(token.low in p.CALENDAR for token in tokens[at:end])
    alone = end == at + 1 and (tokens[at].low in p.PLAIN_CAPITALS or at == 0 or len(text) < 2 or (text.isupper() and len(text) < 5))
    return Value(Place(tokens[at].place.start, tokens[at].place.start + len(text)), "name", text, text, at, end, soft=alone or dated)


def _beyond(tokens: Sequence[Token], at: int) -> int:
    """Return where a row of small words between two parts of a name ends."""
    while at < len(tokens) and tokens[at].low in p.LINKS:
        at += 1
    return at


def _close(tokens: Sequence[Token], at: int) -> bool:
    """Whether a small word belongs within a name: `and`, `for`, `in`, `on`, `at`, `to`, `a` rather part two things."""
    if tokens[at].low in {"for", "in", "on", "at", "to", "a", "and"}:
        return False
    if tokens[at].low == ".":
        # A stop after one letter shortens a name; after a word it ends the sentence.
        return len(tokens[at - 1].text) <= 2
    return True


def _ends(tokens: Sequence[Token], at: int) -> bool:
    """Whether a number is the last part of a name, as in `Toy Story 3`."""
    return at + 1 == len(tokens) or tokens[at + 1].low in {"?", ".", ",", "'"} or tokens[at + 1].shape == "mark"


def _is_name(tokens: Sequence[Token], at: int, known: frozenset[int]) -> bool:
    token = tokens[at]
    if token.shape != "word" or not token.text[0].isupper() or at in known or token.low in {"i", "i'm", "i'd"}:
        return False
    begins = at == 0 or (tokens[at - 1].shape == "mark" and tokens[at - 1].text in ".?!:;" and not _is_title(tokens, at - 2))
    if begins:
        return token.low not in p.ASKS and at + 1 < len(tokens) and tokens[at + 1].shape == "word" and tokens[at + 1].text[0].isupper()
    return True


def _is_title(tokens: Sequence[Token], at: int) -> bool:
    """Whether a piece is a title that a stop shortens: `Dr.`, `Mrs.`."""
    return at >= 0 and tokens[at].low in p.TITLES


def iso(text: str) -> str | None:
    """Return a date as ISO has it, as far as it is told; None where the words are no date. Days stand before months where both could.

    >>> iso("August 8, 2017"), iso("3/08/2017"), iso("18-FEB-2013"), iso("March 2006"), iso("2020-06-05T10:00:00Z")
    ('2017-08-08', '2017-08-03', '2013-02-18', '2006-03', '2020-06-05')
    """
    text = text.strip()
    if match := re.match(r"(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?(?!\d)", text):
        year, month, day = match.groups()
        return f"{year}-{int(month):02d}" + (f"-{int(day):02d}" if day else "")
    if match := re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$", text):
        day, month, year = map(int, match.groups())
        day, month = (month, day) if month > 12 else (day, month)
        return f"{year}-{month:02d}-{day:02d}"
    words = re.findall(r"[A-Za-z]+|\d+", text)
    months = [p.MONTHS.index(one[:3].lower()) + 1 for one in words if one[:3].lower() in p.MONTHS]
    years = [one for one in words if one.isdigit() and len(one) == 4]
    days = [int(one) for one in words if one.isdigit() and len(one) < 3]
    if len(months) != 1 or len(years) != 1 or len(words) > 6:
        return None
    return f"{years[0]}-{months[0]:02d}" + (f"-{days[0]:02d}" if days else "")
