"""What words alone tell of a sentence: how its author stands to a need, how soon it is to be met, age, income, stress, risk, and what comes first."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from broadsheet.needs.records import Horizon, PersonFact, Polarity, PostRating, Span

_OTHER = re.compile(
    r"\b(?:my|his|her|their|our) (?:brother|sister|friend|neighbou?r|cousin|colleague|coworker|boss|uncle|aunt|parents?|mother|mom|mum|father|dad|son|daughter)s?\b"
    r"(?! and (?:i|me)\b)",
    re.IGNORECASE,
)
_SELF = re.compile(r"\b(?:i|we|me|us|my own|our own)\b", re.IGNORECASE)
_ACHIEVED = re.compile(
    r"\b(?:paid (?:it |them |that )?off|finally (?:have|paid|saved|got|own)|(?:have|has) (?:now )?(?:saved|reached|built up)|no longer owe|debt[- ]free)\b",
    re.IGNORECASE,
)
_GOAL = re.compile(
    r"\b(?:want|wants|wish|hope|hoping|plan|plans|planning|saving (?:up )?for|would like|aim|goal|dream|looking to|trying to|going to)\b", re.IGNORECASE
)
_ADVICE = re.compile(
    r"\b(?:you should|you could|i(?:'d| would) (?:suggest|recommend|advise)|my advice|try to|make sure (?:you|to)|don't forget)\b", re.IGNORECASE
)
_NOW = re.compile(r"\b(?:now|today|tonight|tomorrow|this (?:week|month)|until (?:friday|monday|payday)|right away|overdue|behind on|due)\b", re.IGNORECASE)
_LONG = re.compile(r"\b(?:retire|retirement|pension|legacy|inherit\w*|grandchildren|some ?day|decades?|rest of my life)\b", re.IGNORECASE)
_IN = re.compile(r"\b(?:in|within|over|for) (?:the next |about |around )?(\d{1,2}|one|two|three|four|five|six|ten|a) (day|week|month|year)s?\b", re.IGNORECASE)
_NEXT = re.compile(r"\bnext (week|month|year)\b", re.IGNORECASE)
_COUNT = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_YEARS = {"day": 1 / 365, "week": 1 / 52, "month": 1 / 12, "year": 1.0}
_AGE = re.compile(
    r"\b(?:i am|i'm|i’m|im|aged?|at) (\d{2})(?: years? old| y/?o)?(?! ?(?:%|percent|days|weeks|months|hours|miles|minutes|k\b|[,.]\d|[$€£]))\b", re.IGNORECASE
)
_AGE_SEX = re.compile(r"\b(?:i|me)\s*[\[(](\d{2})\s?[mfx]?[\])]|[\[(](?:[mfx]\s?)(\d{2})[\])]", re.IGNORECASE)
# Digits, then perhaps a k for thousands.
_AMOUNT = r"(\d[\d,]*(?:\.\d+)?)\s?(k)?\b"
_AMOUNTS = re.compile(rf"(?<![\d.,]){_AMOUNT}", re.IGNORECASE)
_YEARS_OLD = re.compile(r"(?<![\d.,$€£])\d{1,3}(?!\d|[.,]\d| ?%|k\b)", re.IGNORECASE)
_INCOME = re.compile(
    r"\b(?:i (?:make|earn|bring home|take home|get paid)|my (?:salary|income|wage|wages|take[- ]home|pay) (?:is|are|comes to))(?: about| around| roughly| only| just)?"
    rf" ([$€£])?\s?{_AMOUNT}\s?(dollars|euros?|pounds)?(?: net| gross| before tax| after tax)?(?: ?(?:an?|per|/) ?(hour|hr|week|wk|month|mo|year|yr))?",
    re.IGNORECASE,
)
_PERIOD = {"hr": "hour", "wk": "week", "mo": "month", "yr": "year", "annual": "year"}
_PAID_BY = re.compile(r"(?:\b(?:an?|per|each|every)|/) ?(hour|hr|week|wk|month|mo|year|yr)\b|\b(hour|week|month|year)ly\b|\b(annual)(?:ly)?\b", re.IGNORECASE)
_CURRENCY = re.compile(r"[$€£]|\b(?:dollars|euros?|pounds|usd|eur|gbp)\b", re.IGNORECASE)
_MONEY = {"$": "USD", "dollars": "USD", "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "pounds": "GBP", "usd": "USD", "eur": "EUR", "gbp": "GBP"}
_FIRST = re.compile(
    r"\bfirst,? (?P<a>[^.;]+?),? (?:and )?then,? (?P<b>[^.;!?]+)"
    r"|\b(?:once|after|when|as soon as|now that) (?P<c>[^,.;]+), (?P<d>[^.;!?]+)"
    r"|\bbefore (?P<f>[^,.;]+), (?P<e>[^.;!?]+)",
    re.IGNORECASE,
)


_TEN = r"(10|\d)(?: ?/ ?| out of )10\b"
_RATED = {
    "stress": r"stress(?:ed)?(?: level)?",
    "risk": r"risk(?: (?:tolerance|appetite))?",
}
# The author's own figure, before the word or behind it.
_RATINGS = {
    kind: re.compile(rf"\b{word}\b(?: (?:is|of|at|about|around|a|level)){{0,3}}:? {_TEN}|\b{_TEN} (?:on |for |in |of )?{word}\b", re.IGNORECASE)
    for kind, word in _RATED.items()
}


class First(NamedTuple):
    """What is said to come first, what then, and the whole of it."""

    before: str
    after: str
    span: Span


def polarity(sentence: str) -> Polarity:
    """Return how the author stands to the need that a sentence speaks of: without any sign of another, a lack.

    >>> [polarity(text).value for text in ("I owe 900", "We want a house", "My brother owes 900", "You should pay that first")]
    ['lack', 'goal', 'about_other', 'advice']
    """
    if _ADVICE.search(sentence):
        return Polarity.ADVICE
    if _OTHER.search(sentence) and not _SELF.search(sentence):
        return Polarity.ABOUT_OTHER
    if _ACHIEVED.search(sentence):
        return Polarity.ACHIEVED
    return Polarity.GOAL if _GOAL.search(sentence) else Polarity.LACK


def horizon(sentence: str) -> Horizon:
    """Return how soon the need that a sentence speaks of is to be met, where words say so.

    >>> [horizon(text).value for text in ("due this week", "in three years", "next month", "when I retire", "a house")]
    ['now', '1-5y', '<1y', '>5y', 'unknown']
    """
    if match := _IN.search(sentence):
        return _of_years((_COUNT.get(match[1].lower()) or int(match[1])) * _YEARS[match[2].lower()])
    if match := _NEXT.search(sentence):
        return Horizon.NOW if match[1].lower() == "week" else Horizon.UNDER_1_YEAR
    if _LONG.search(sentence):
        return Horizon.OVER_5_YEARS
    return Horizon.NOW if _NOW.search(sentence) else Horizon.UNKNOWN


def _of_years(years: float) -> Horizon:
    if years < 0.1:
        return Horizon.NOW
    return Horizon.UNDER_1_YEAR if years < 1 else Horizon.FROM_1_TO_5_YEARS if years <= 5 else Horizon.OVER_5_YEARS


def facts(text: str) -> Iterator[PersonFact]:
    """Yield the age and the income that an author states, each with its words; what is not stated is not guessed.

    >>> [(fact.kind, fact.value, fact.currency, fact.period) for fact in facts("I'm 34 and I earn $2,400 a month.")]
    [('age', 34.0, '', ''), ('income', 2400.0, 'USD', 'month')]
    """
    if match := _AGE.search(text) or _AGE_SEX.search(text):
        age = next(group for group in match.groups() if group)
        if int(age) >= 14:
            yield PersonFact(kind="age", value=float(age), span=_span(match))
    if match := _INCOME.search(text):
        sign, amount, thousand, word, period = match.groups()
        value = _number(amount, thousand)
        unit = (period or "").lower()
        yield PersonFact(kind="income", value=value, currency=_MONEY.get((sign or word or "").lower(), ""), period=_PERIOD.get(unit, unit), span=_span(match))  # pyrefly: ignore


def amounts(text: str) -> list[float]:
    """Return the amounts that stand in a text, as `facts` reads them.

    >>> amounts("about 2.4k net, or 2,400.50; 34M is none")
    [2400.0, 2400.5]
    """
    return [_number(*match.groups()) for match in _AMOUNTS.finditer(text)]


def years(text: str) -> list[float]:
    """Return the whole numbers of a text that may be an age.

    >>> years("I'm 34F, 3.5 years in, with 20k and $50")
    [34.0]
    """
    return [float(found) for found in _YEARS_OLD.findall(text)]


def paid(text: str) -> tuple[str, str]:
    """Return the currency and the period of pay that words of a text say, empty where none does.

    >>> paid("2,400 euros each month"), paid("52k annually"), paid("$18/hr")
    (('EUR', 'month'), ('', 'year'), ('USD', 'hour'))
    """
    money, period = _CURRENCY.search(text), _PAID_BY.search(text)
    unit = next(filter(None, period.groups()), "").lower() if period else ""
    return _MONEY.get(money[0].lower(), "") if money else "", _PERIOD.get(unit, unit)


def ratings(text: str) -> Iterator[PostRating]:
    """Yield stress and readiness to take risks where an author gives a figure out of ten; how strained words merely sound is not guessed.

    >>> [(one.kind, one.value) for one in ratings("Stress level is 8/10, and I am 3 out of 10 on risk. So stressed!")]
    [('stress', 8.0), ('risk', 3.0)]
    """
    for kind, written in _RATINGS.items():
        if match := written.search(text):
            yield PostRating(kind=kind, value=float(match[1] or match[2]), span=_span(match))  # pyrefly: ignore


def tenths(text: str) -> list[float]:
    """Return the figures out of ten that stand in a text.

    >>> tenths("8/10 today, 5 out of 10 before")
    [8.0, 5.0]
    """
    return [float(match[1]) for match in re.finditer(rf"\b{_TEN}", text)]


def _number(amount: str, thousand: str | None) -> float:
    return round(float(amount.replace(",", "")) * (1000 if thousand else 1), 2)


def firsts(sentence: str) -> Iterator[First]:
    """Yield what a sentence says comes before what.

    >>> [(one.before, one.after) for one in firsts("Once the card is paid, we save for a house.")]
    [('the card is paid', 'we save for a house')]
    """
    for match in _FIRST.finditer(sentence):
        found = match.groupdict()
        before, after = (found["a"] or found["c"] or found["e"], found["b"] or found["d"] or found["f"])
        yield First(before, after, _span(match))


def _span(match: re.Match[str]) -> Span:
    return Span(start=match.start(), end=match.end(), text=match[0])
