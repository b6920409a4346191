"""Personal data replaced by what they are, before a text is stored or sent; places lead from one text to the other."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from broadsheet.needs.normal import NormalText, normalise
from broadsheet.needs.pii import PATTERNS, Kind
from broadsheet.needs.pii.again import Found, chained, once_more, unwrapped
from broadsheet.needs.pii.names import ABOVE_FOUND, AFTER_FOUND, BEFORE_FOUND, IN_SENTENCE
from broadsheet.needs.pii.people import is_person, without_rest
from broadsheet.needs.pii.typed import typed_names

_ODD = re.compile(r"\w[@#$%^&*?!+=~_.-]+\w|[a-z][A-Z]")
_GAP = re.compile(r"\s")
# What is found of a person makes a name beside it likely.
_OF_PERSONS = {Kind.EMAIL, Kind.PHONE, Kind.SSN, Kind.BORN, Kind.ADDRESS, Kind.IBAN, Kind.ACCOUNT, Kind.CARD}


class Replaced(NamedTuple):
    """What was replaced: its place in the original, its place in the scrubbed text, its kind."""

    start: int
    end: int
    new_start: int
    new_end: int
    kind: Kind


class Scrubbed(NamedTuple):
    """A text without personal data, and what was replaced in it, in order."""

    text: str
    replaced: tuple[Replaced, ...]

    def from_original(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the scrubbed text of a place of the original; what lies within a placeholder grows to all of it."""
        starts, ends = [one.start for one in self.replaced], [one.end for one in self.replaced]
        shifts = [(one.start, one.end, one.new_start, one.new_end) for one in self.replaced]
        return _moved(start, end, starts, ends, shifts)

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the original of a place of the scrubbed text; what lies within a placeholder grows to all it replaced."""
        starts, ends = [one.new_start for one in self.replaced], [one.new_end for one in self.replaced]
        shifts = [(one.new_start, one.new_end, one.start, one.end) for one in self.replaced]
        return _moved(start, end, starts, ends, shifts)

    def counts(self) -> Counter[Kind]:
        """Count what was replaced by kind."""
        return Counter(one.kind for one in self.replaced)


def scrub(text: str) -> Scrubbed:
    """Replace personal data by typed placeholders; two writings of one number, such as full-width digits, are alike.

    >>> scrub("I'm Jo, mail jo@example.org or call +44 20 7946 0958 about the $1,500 of 2024").text
    "I'm Jo, mail [EMAIL] or call [PHONE] about the $1,500 of 2024"
    """
    parts: list[str] = []
    replaced: list[Replaced] = []
    before = length = 0
    for start, end, kind in sorted(_found(text)):
        placeholder = f"[{kind}]"
        length += start - before
        parts += [text[before:start], placeholder]
        replaced.append(Replaced(start, end, length, length + len(placeholder), kind))
        before, length = end, length + len(placeholder)
    return Scrubbed("".join([*parts, text[before:]]), tuple(replaced))


def _found(text: str) -> Iterator[tuple[int, int, Kind]]:
    normal = normalise(text)
    lines = _with_lines(normal)
    taken = bytearray(len(normal.text))
    found: list[Found] = []
    _take(_by_patterns(normal.text, lines), taken, found)
    if bare := unwrapped(lines):
        searched, places = bare
        inner = _by_patterns(searched.replace("\n", " "), searched)
        _take(((places[begin], places[end - 1] + 1, kind) for begin, end, kind in inner), taken, found)
    _take(chained(lines, list(found)), taken, found)
    _take(((begin, end, Kind.NAME) for begin, end in _names_beside(lines, found)), taken, found)
    tells = any(kind in _OF_PERSONS for _, _, kind in found)
    _take(((begin, end, Kind.NAME) for begin, end in typed_names(lines, tells=tells)), taken, found)
    _take(once_more(normal.text, list(found)), taken, found)
    return ((*normal.span(begin, end), kind) for begin, end, kind in found)


def _take(places: Iterable[Found], taken: bytearray, found: list[Found]) -> None:
    """Add the places that overlap none that was found before."""
    for begin, end, kind in places:
        if begin < end and not any(taken[begin:end]):
            taken[begin:end] = b"\x01" * (end - begin)
            found.append((begin, end, kind))


def _by_patterns(plain: str, lines: str) -> list[Found]:
    taken = bytearray(len(plain))
    found: list[Found] = []
    has_digits = any(char.isdecimal() for char in plain)
    has_odd = has_digits or _ODD.search(plain) is not None
    for pattern in PATTERNS:
        if (pattern.digits and not has_digits) or (pattern.odd and not has_odd):
            continue
        searched, place = lines if pattern.lines else plain, 0
        while match := pattern.written.compiled.search(searched, place):
            begin, end = _place(match)
            if pattern.kind is Kind.ADDRESS:
                begin = _free(taken, plain, begin, end)
            elif pattern.kind is Kind.NAME:
                end = begin + len(without_rest(plain[begin:end]))
            is_found = begin < end and not any(taken[begin:end]) and pattern.holds(plain[begin:end]) and pattern.near(plain, begin, end)
            if is_found:
                taken[begin:end] = b"\x01" * (end - begin)
                found.append((begin, end, pattern.kind))
            place = match.end() if is_found or not pattern.cased else _next_word(searched, max(begin, match.start()))
    return found


def _with_lines(normal: NormalText) -> str:
    """Return the normal form with its line breaks in place of their blanks."""
    chars = list(normal.text)
    for match in re.finditer("\n", normal.original):
        place = bisect_right(normal.starts, match.start()) - 1
        if 0 <= place < len(chars) and chars[place] == " ":
            chars[place] = "\n"
    return "".join(chars)


def _free(taken: bytearray, text: str, begin: int, end: int) -> int:
    """Return where of a place begins what is behind all that was found in it."""
    last = taken.rfind(1, begin, end)
    if last < 0:
        return begin
    rest = text[last + 1 : end].lstrip(" ,;:.)-")
    return end - len(rest) if any(char.isdecimal() for char in rest) else end


def _next_word(text: str, place: int) -> int:
    gap = _GAP.search(text, place + 1)
    return gap.start() if gap else len(text)


def _names_beside(text: str, found: list[tuple[int, int, Kind]]) -> Iterator[tuple[int, int]]:
    """Yield the names that stand right before, above or behind what else was found of a person, then those anywhere in its text."""
    for begin, end, kind in found:
        if kind in _OF_PERSONS:
            for written in (BEFORE_FOUND, ABOVE_FOUND):
                place = max(0, begin - 120)
                while (match := written.search(text, place, begin)) and not is_person(match["it"]):
                    place = _next_word(text, match.start("it"))
                if match:
                    yield match.span("it")
        if kind in _OF_PERSONS or kind is Kind.NAME:
            behind = AFTER_FOUND.match(text, end, end + 90)
            # Two names are one after the other with an "and" between, a name and its title with a comma.
            is_linked = kind in _OF_PERSONS or (behind and text[end : behind.start("it")].strip() in {"and", "&", "or"})
            if behind and is_linked and is_person(behind["it"]):
                yield behind.span("it")
    if any(kind in _OF_PERSONS for _, _, kind in found):
        yield from (match.span("it") for match in IN_SENTENCE.finditer(text) if is_person(match["it"]))


def _place(match: re.Match[str]) -> tuple[int, int]:
    name = next((name for name, found in match.groupdict().items() if found is not None), None)
    begin, end = match.span(name) if name else match.span()
    # A full stop or a bracket at the end is of the sentence.
    return begin, begin + len(match.string[begin:end].rstrip(" .,;:!?)\"'"))


def _moved(start: int, end: int, starts: list[int], ends: list[int], shifts: list[tuple[int, int, int, int]]) -> tuple[int, int]:
    """Move a place by what was replaced before it; `shifts` hold start and end here, start and end there."""
    first, last = bisect_right(ends, start), bisect_left(starts, end) - 1
    return _offset(start, first, shifts, at=0), _offset(end, last, shifts, at=1)


def _offset(offset: int, number: int, shifts: list[tuple[int, int, int, int]], *, at: int) -> int:
    if 0 <= number < len(shifts) and shifts[number][0] < offset + (1 - at) and offset - at < shifts[number][1]:
        return shifts[number][2 + at]
    passed = number - 1 if at == 0 else number
    return offset if passed < 0 else offset + shifts[passed][3] - shifts[passed][1]
