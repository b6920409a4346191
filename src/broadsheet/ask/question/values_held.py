"""Numbers, dates, texts and comparisons of a question held against those of a query."""

import re
from collections.abc import Iterator

from broadsheet.ask.check.findings import Code, Splice
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.logic import MIRRORED
from broadsheet.ask.cypher.nodes import Case, Literal_, Place
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.question import phrases as p
from broadsheet.ask.question.alike import folded, initials, is_number, iso_of, moment_of, near, span_of, year_of
from broadsheet.ask.question.doubts import Doubt
from broadsheet.ask.question.explained import UNITS, explained
from broadsheet.ask.question.facts import Comparison, Facts, Value
from broadsheet.ask.question.held import TEXTUAL, Constant, Filter, Held, names_in
from broadsheet.ask.question.vocabulary import Vocabulary
from broadsheet.ask.question.words import parts, root

# Words that leave to whoever writes the query what counts as much.
_VAGUE = frozenset(
    "high low highly large small significant significantly many few popular recent recently major big long short heavy good bad poor rich frequent frequently rare strong weak".split()
)
# How the adjective of a country ends: Portuguese, Spanish, Brazilian.
_PEOPLES = ("ese", "ish", "ian", "ean", "an", "ch", "ic", "i")
_ONES = (["who", "is"], ["who", "was"], ["who", "has"], ["what", "is"], ["what", "was"], ["which", "is"])
_TIMED = {root(one) for one in "hour minute second day week month year millisecond km kilometer kilometre meter metre mile".split()}
ORDER = {"<": -1, "<=": -1, ">": 1, ">=": 1}


class ValuesHeld:
    """Compares the values of a question with those of a query."""

    def __init__(self, facts: Facts, held: Held, text: str, vocabulary: Vocabulary) -> None:
        self._facts, self._held, self._text, self._vocabulary = facts, held, text, vocabulary
        self._folded = folded(text)
        self._numbers = {float(one.value) for one in held.constants if is_number(one.value) and one.role not in {"limit", "skip"}}  # pyrefly: ignore
        self._cuts = {float(one.value) for one in held.constants if is_number(one.value) and one.role in {"limit", "skip"}}  # pyrefly: ignore
        self._digits = {float(digit) for name in names_in(held) for digit in parts(name) if digit.isdigit() and digit.isascii()}
        self._texts = [one.value for one in held.constants if isinstance(one.value, str)]
        self._inside = {float(digit) for said in self._texts for digit in re.findall(r"\d+(?:\.\d+)?", said)}
        self._isos = {one.iso for one in held.constants if one.iso} | {iso for one in held.constants if (iso := year_of(one.value))}
        self._asked = {one.first for one in facts.values}
        self._unexplained = [one for one in held.filters if one.value is not None and not self._explained(one)]

    def doubts(self) -> Iterator[Doubt]:
        """Yield what does not agree."""
        yield from self._limits()
        yield from self._comparisons()
        yield from self._intervals()
        yield from self._values()
        yield from self._extra()
        yield from self._containments()

    def figures(self) -> Iterator[Doubt]:
        """Yield only numbers, dates, codes and quoted texts that are not there."""
        for value in self._facts.values:
            if (
                not value.soft
                and value.kind not in {"name", "decade"}
                and not self._is_said(value)
                and not (value.is_number and float(value.value) in self._cuts)
            ):
                yield Doubt(f"{value.kind}_missing", Code.QUESTION_FACT_MISSING, self._held.last, value.place, "the query has nothing of it.")

    # Limits.

    def _limits(self) -> Iterator[Doubt]:
        cuts = [one for one in self._held.cuts if one.count is not None]
        counts = {one.count for one in cuts}
        for limit in self._facts.limits:
            if limit.count in counts:
                continue
            others = [one for one in cuts if one.count not in {other.count for other in self._facts.limits}]
            if others:
                cut = others[-1]
                said = f"the query keeps {cut.count}."
                yield Doubt("limit", Code.QUESTION_MISMATCH, cut.place, limit.place, said, (Splice(cut.place, str(limit.count)),))
            elif (
                not cuts
                and not self._held.cuts
                and not self._held.functions & {"substring", "left", "right", "split"}
                and limit.count not in self._numbers | self._inside | self._digits
            ):
                yield Doubt("limit_missing", Code.QUESTION_FACT_MISSING, self._held.last, limit.place, "the query keeps all rows.", ())
        if self._facts.limits:
            return
        said_numbers = {one.value for one in self._facts.values if one.is_number}
        for cut in cuts:
            if cut.count is not None and cut.count > 1 and cut.last and cut.count not in said_numbers:
                one = self._one_asked()
                rule = "limit_of_one" if one is not None else "limit_extra"
                code = Code.QUESTION_MISMATCH if one is not None else Code.QUESTION_FACT_EXTRA
                yield Doubt(
                    rule, code, cut.place, one, f"the query keeps {cut.count} rows, which is not asked for." if one else f"LIMIT {cut.count} is not asked for."
                )
        if not self._held.cuts and any(order.first for order in self._held.orders) and (one := self._one_asked()) is not None:
            yield Doubt("one_missing", Code.QUESTION_FACT_MISSING, self._held.last, one, "the query keeps all rows.")
        if cuts and all(cut.count == 1 for cut in cuts) and any(cut.last for cut in cuts) and not self._facts.superlatives and not said_numbers & {1}:
            yield Doubt("limit_extra", Code.QUESTION_FACT_EXTRA, cuts[-1].place, None, "Only one row is kept, which is not asked for.")

    def _one_asked(self) -> Place | None:
        """Return the superlative of a question that asks for one thing: `which film has the most votes`."""
        tokens = self._facts.tokens
        ends = [one for one in self._facts.superlatives if not one.soft or one.words.lower() in {"first", "last"}]
        if not tokens or not ends:
            return None
        lows = [one.low for one in tokens[:4]]
        head = lows[1] if lows[0] in {"which", "what"} and len(lows) > 1 else ""
        head = lows[2] if lows[:2] in (["what", "is"], ["what", "was"]) and len(lows) > 2 else head
        if lows[:2] in _ONES or (head not in {"", "are", "were", "is", "have", "do", "people"} and not head.endswith("s")):
            return ends[0].place
        # "Identify the most recent call": one that stands right behind the verb.
        before = [token.low for token in tokens if token.place.end <= ends[0].place.start]
        single = (
            bool(before)
            and before[-1] == "the"
            and len(before) < 5
            and not ends[0].about.endswith("s")
            and lows[0] not in {"which", "who"}
            and lows[1:2] not in (["are"], ["were"])
        )
        return (
            ends[0].place
            if single and not any(mention.kind == "property" and mention.words.startswith(ends[0].about) for mention in self._facts.mentions)
            else None
        )

    # Comparisons.

    def _comparisons(self) -> Iterator[Doubt]:
        for one in self._facts.comparisons:
            if one.value is None or one.value.kind == "name":
                continue
            found = [held for held in self._held.filters if held.value is not None and held.sign not in TEXTUAL and self._same(one.value, held.value)]
            if not found or any(self._agrees(one, held) for held in found):
                continue
            if one.value.soft and any(ORDER.get(held.sign) == ORDER.get(one.sign) for held in found):
                # More than once is as much as that it changed at least once.
                continue
            near = [held for held in self._held.filters if held.value is not None and held not in found and self._beside(one, held)]
            if near or (one.denied and self._held.negations) or any(isinstance(node, Case) for node in walk(self._held.query)):
                continue
            held = found[0]
            strict = all(ORDER.get(one.sign) == ORDER.get(other.sign) is not None for other in found)
            rule = "strictness" if strict else _kind_of_clash(one, held)
            yield Doubt(rule, Code.QUESTION_MISMATCH, held.place, one.place, f"the query has {held.written}.", self._resigned(one, held))

    def _intervals(self) -> Iterator[Doubt]:
        """Tell of a year, a decade, a month or a day that the query bounds on one side alone, or the wrong way round."""
        compared = {one.value.first for one in self._facts.comparisons if one.value is not None}
        for value in self._facts.values:
            span = span_of(value)
            if span is None or value.first in compared or value.soft:
                continue
            start, end = span
            slack, middle = (end - start) * 0.02 + 1e-9, (start + end) / 2
            # What bounds another year of the question bounds not this one.
            others = tuple(f"{one.value}" for one in self._facts.values if one.kind == "year" and one.value != value.value)
            near = [
                (moment, one)
                for one in self._held.filters
                if one.sign in ORDER
                and one.value is not None
                and not (others and one.value.iso.startswith(others))
                and (moment := moment_of(one.value)) is not None
            ]
            low = [one for moment, one in near if start - slack - (0 if one.value and one.value.iso else 1) <= moment < middle]
            high = [one for moment, one in near if middle < moment <= end + slack]
            if value.kind == "year" and not any(one.value and one.value.iso for one in low + high):
                continue
            for one, wanted in [*((one, 1) for one in low), *((one, -1) for one in high)]:
                if ORDER[one.sign] != wanted:
                    yield Doubt("interval", Code.QUESTION_MISMATCH, one.place, value.place, f"the query has {one.written}.")
                    return
            if bool(low) != bool(high):
                yield Doubt("interval_half", Code.QUESTION_FACT_MISSING, (low or high)[0].place, value.place, f"the query has only {(low or high)[0].written}.")

    def _resigned(self, one: Comparison, held: Filter) -> tuple[Splice, ...]:
        said = self._text[slice(*held.sign_place)]
        sign = said.strip()
        if held.turned or sign not in ORDER or one.sign not in ORDER or one.of_age or one.value is None:
            return ()
        flipped = held.sign != sign
        wanted = MIRRORED[one.sign] if flipped else one.sign
        start = held.sign_place.start + said.index(sign)
        return (Splice(Place(start, start + len(sign)), wanted),)

    def _same(self, value: Value, constant: Constant) -> bool:
        """Whether a value of the question is one of the query, exactly."""
        if value.is_number and is_number(constant.value):
            number, held = float(value.value), float(constant.value)  # pyrefly: ignore
            return (
                near(number, held)
                or (value.kind == "year" and year_of(constant.value) == f"{number:g}")
                or (value.text != f"{number:g}" and self._scaled(value, held))
            )
        if value.kind == "year" and constant.iso:
            return constant.iso.startswith(str(value.value))
        date = value.value if value.kind == "date" else iso_of(value)
        if date and constant.iso:
            return constant.iso.startswith(str(date)) or str(date).startswith(constant.iso)
        if value.is_number and isinstance(constant.value, str):
            return constant.value.strip() in {value.text, f"{float(value.value):g}"}
        return isinstance(constant.value, str) and folded(constant.value) == folded(value.text) != ""

    def _scaled(self, value: Value, held: float) -> bool:
        match = re.match(r"[^\d]*([\d,.]+)", value.text)
        return match is not None and match.group(1).strip(",.") != "" and near(float(match.group(1).replace(",", "").strip(".")), held)

    def _agrees(self, one: Comparison, held: Filter) -> bool:
        wanted, sign = one.sign, held.sign
        if sign == wanted or (wanted == "=" and sign in {"IN", "=~", "CONTAINS"}) or (wanted == "<>" and sign == "NOT IN"):
            return True
        if wanted == "<>":
            return bool(self._held.negations) or self._negated()
        if wanted == "=":
            return {"<=", ">="} <= {
                other.sign for other in self._held.filters if other.value is not None and other.value.value == (held.value and held.value.value)
            }
        if one.of_age and ORDER.get(sign) and not _of_age(held):
            return True
        assert one.value is not None
        loose = one.of_range or one.value.kind in {"date", "decade"} or (held.value is not None and held.value.iso != "")
        if sign in {"=", "IN"}:
            return False
        return bool(loose and ORDER.get(wanted) == ORDER.get(sign))

    def _negated(self) -> bool:
        return any("NOT" in one.sign or one.sign == "<>" for one in self._held.filters)

    def _beside(self, one: Comparison, held: Filter) -> bool:
        """Whether a filter says the same with the next number: `>= 6` for more than 5."""
        assert one.value is not None
        assert held.value is not None
        if not one.value.is_number or ORDER.get(one.sign) is None or ORDER.get(one.sign) != ORDER.get(held.sign):
            return False
        if held.value.iso:
            year = int(held.value.iso[:4])
            return abs(year - float(one.value.value)) <= 1
        if not is_number(held.value.value):
            return False
        step = float(held.value.value) - float(one.value.value)  # pyrefly: ignore
        return (one.sign, held.sign, step) in {(">", ">=", 1.0), (">=", ">", -1.0), ("<", "<=", -1.0), ("<=", "<", 1.0)}

    # Values.

    def _values(self) -> Iterator[Doubt]:
        limits = {(one.count, place.start) for one in self._facts.limits for place in (one.place,)}
        bounded = {one.value.first for one in self._facts.comparisons if one.value is not None}
        contained = {one.value.first for one in self._facts.containments if one.value is not None}
        for value in self._facts.values:
            if value.soft or any(
                start <= value.place.start and count == value.value for count, start in limits if abs(start - value.place.start) < 60 and value.is_number
            ):
                continue
            if self._is_said(value) or self._is_mentioned(value):
                continue
            other = self._other(value)
            kind = "number" if value.is_number else value.kind
            if other is not None:
                rule = f"{kind}_changed"
                yield Doubt(rule, Code.QUESTION_MISMATCH, other.value.place, value.place, f"the query has {other.written}.", self._replaced(value, other))  # pyrefly: ignore
            else:
                rule = f"{kind}_bound_missing" if value.first in bounded or value.first in contained else f"{kind}_missing"
                yield Doubt(rule, Code.QUESTION_FACT_MISSING, self._held.last, value.place, "the query has nothing of it.")
        yield from self._repeated()

    def _repeated(self) -> Iterator[Doubt]:
        """Tell of a bound that the question has twice and the query once."""
        seen: dict[tuple[str, float | str], list[Comparison]] = {}
        sentence = re.search(r"[.?!]\s", self._facts.question)
        for one in self._facts.comparisons:
            # Another sentence may say the same again.
            if one.value is not None and not one.of_range and (sentence is None or one.place.start < sentence.start()):
                seen.setdefault((one.sign, one.value.value), []).append(one)
        for (sign, _), listed in seen.items():
            if len(listed) > 1:
                assert listed[0].value is not None
                found = [
                    held for held in self._held.filters if held.value is not None and self._same(listed[0].value, held.value) and self._agrees(listed[0], held)
                ]
                if 0 < len(found) < len(listed) and sign not in {"=", "<>"}:
                    yield Doubt(
                        "repeated", Code.QUESTION_FACT_MISSING, found[0].place, listed[-1].place, f"the query has such a bound only once: {found[0].written}."
                    )

    def _is_mentioned(self, value: Value) -> bool:
        """Whether a value is the name of something of the schema rather than a value."""
        if value.kind == "name" and any(self._vocabulary.knows(word) for word in re.findall(r"[^\W_]+", value.text)):
            return True
        return value.kind in {"quoted", "code", "name"} and any(
            one.whole and one.kind != "value" and one.place.start <= value.place.start and value.place.end <= one.place.end for one in self._facts.mentions
        )

    def _replaced(self, value: Value, other: Filter) -> tuple[Splice, ...]:
        assert other.value is not None
        if (value.kind == "year" and isinstance(other.value.value, int)) or (value.kind == "number" and is_number(other.value.value)):
            number = value.value
            return (Splice(other.value.place, f"{number:g}" if isinstance(number, float) else str(number)),)
        if value.kind == "quoted" and isinstance(other.value.value, str) and not other.value.iso:
            return (Splice(other.value.place, written(Literal_(value.text))),)
        return ()

    def _other(self, value: Value) -> Filter | None:
        """Return the one filter of a like value that nothing in the question explains."""
        left = [one for one in self._unexplained if one.value is not None and _alike(value, one.value)]
        return left[0] if len(left) == 1 or (left and value.is_number) else None

    def _is_said(self, value: Value) -> bool:
        if value.is_number:
            # A number that is told in a word may be a part of a name: Nine Lamps.
            named = value.text.isalpha() and any(value.text.lower() in text.lower().split() for text in self._texts)
            return named or self._has_number(value)
        date = value.value if value.kind == "date" else iso_of(value)
        if date and any(held.startswith(str(date)) or str(date).startswith(held) for held in self._isos):
            return True
        said = folded(value.text)
        if len(said) > 2 and said in self._folded:
            return True
        if any(folded(text) == said for text in (*self._texts, *names_in(self._held))):
            return True
        words = [one for one in re.findall(r"[^\W_]+", value.text.lower()) if len(one) > 2 and one not in p.LINKS]
        if value.kind == "name":
            return self._has_name(value.text, words)
        if value.kind == "quoted" and words:
            digits = [float(one) for one in re.findall(r"\d+", value.text)]
            return all(one in self._folded or root(one) in self._folded for one in words if not digits or not one.isalpha()) and all(
                one in self._numbers | self._digits | self._inside for one in digits
            )
        return not said or any(said.startswith(folded(text)) and folded(text) for text in self._texts)

    def _has_name(self, name: str, words: list[str]) -> bool:
        """Whether a text of the query is a name in short or of the same family, or has half of the name's words."""
        letters = "".join(one[0] for one in name.split()).lower()
        for text in self._texts:
            if text[:3].lower() == name[:3].lower() and name.lower().endswith(_PEOPLES):
                return True
            if _abbreviates(text, name) or folded(text) in {letters, letters.replace("o", "")} or initials(text) == folded(name):
                return True
        return bool(words) and sum(one in self._folded or root(one) in self._folded for one in words) * 2 >= len(words)

    def _has_number(self, value: Value) -> bool:
        number = float(value.value)
        bounds = [one for one in self._facts.comparisons if one.value is not None and one.value.first == value.first]
        numbers = self._numbers | self._digits | self._inside | (set() if bounds else self._cuts)
        if any(near(number, one) for one in numbers) or (value.text != f"{number:g}" and any(self._scaled(value, one) for one in self._numbers)):
            return True
        if value.kind == "year":
            year = int(number)
            if any(iso.startswith((f"{year}", f"{year + 1}-01", f"{year - 1}-12")) for iso in self._isos):
                return True
        if value.kind == "decade":
            return (
                any(one - number in {-1, 0, 9, 10} for one in numbers)
                or any(number <= int(iso[:4]) <= number + 10 for iso in self._isos)
                or self._starts(number)
            )
        if any(self._beside(one, held) for one in bounds for held in self._held.filters if held.value is not None):
            return True
        if number == 0 and self._held.negations:
            return True
        after = self._facts.tokens[value.last].low if value.last < len(self._facts.tokens) else ""
        timed = root(after) in _TIMED or after in {"%", "percent"}
        if timed and any(near(number * factor, one) for factor in UNITS for one in numbers):
            return True
        return (number == 2 and not bounds and value.text.isalpha()) or (number == 1 and any(one.sign == ">=" for one in bounds))

    def _starts(self, number: float) -> bool:
        return any(f"{number / 10:g}" in text for text in self._texts)

    def _explained(self, one: Filter) -> bool:
        """Whether the question says why a value stands in the query."""
        assert one.value is not None
        return explained(self._facts, one.value, {limit.count for limit in self._facts.limits})

    def _extra(self) -> Iterator[Doubt]:
        missing = any(not one.soft and not self._is_said(one) and not self._is_mentioned(one) for one in self._facts.values)
        for one in self._unexplained:
            assert one.value is not None
            if not missing:
                vague = not _VAGUE.isdisjoint(token.low for token in self._facts.tokens)
                kind = (
                    ("vague" if vague else "number")
                    if is_number(one.value.value)
                    else "date"
                    if one.value.iso
                    else "sentence"
                    if str(one.value.value).count(" ") > 3
                    else "text"
                )
                yield Doubt(f"{kind}_extra", Code.QUESTION_FACT_EXTRA, one.place, None, f"The question does not say {one.written}.")

    # Texts.

    def _containments(self) -> Iterator[Doubt]:
        for one in self._facts.containments:
            if one.value is None:
                continue
            found = [
                held
                for held in self._held.filters
                if held.value is not None and isinstance(held.value.value, str) and self._same_text(one.value, held.value.value)
            ]
            signs = {held.sign for held in found}
            if not found or one.sign in signs or "=~" in signs or "NOT" in " ".join(signs):
                continue
            if self._held.functions & {"substring", "left", "right", "split", "size"}:
                continue
            weak = (
                one.words.lower().startswith(("with the text", "with the phrase", "with the term", "includ", "mention", "referenc", "featur", "that says"))
                or one.value.kind != "quoted"
            )
            rule = "containment_weak" if weak and signs <= {"=", "IN", "<>"} else "containment_equal" if signs <= {"=", "IN", "<>"} else "containment"
            yield Doubt(rule, Code.QUESTION_MISMATCH, found[0].place, one.place, f"the query has {found[0].written}.")

    def _same_text(self, value: Value, text: str) -> bool:
        return folded(value.text) == folded(text)


def _abbreviates(text: str, name: str) -> bool:
    """Whether a text is a short code of a name: CA of California, SAM of Samoa."""
    left = iter(name.upper())
    return 1 < len(text) < 4 and text.isupper() and text[0] == name[0].upper() and all(letter in left for letter in text)


def _kind_of_clash(one: Comparison, held: Filter) -> str:
    if held.sign in {"=", "IN"} and one.sign not in {"=", "<>"}:
        return "sign_of_none"
    return "sign_of_equal" if one.sign in {"=", "<>"} or held.sign in {"=", "<>", "IN", "NOT IN"} else "sign"


def _of_age(held: Filter) -> bool:
    return "age" in parts(getattr(held.subject, "key", ""))


def _alike(value: Value, constant: Constant) -> bool:
    if constant.iso:
        return value.kind in {"year", "date", "decade"} or bool(iso_of(value))
    if is_number(constant.value):
        return value.is_number
    return isinstance(constant.value, str) and not value.is_number and value.kind != "date"
