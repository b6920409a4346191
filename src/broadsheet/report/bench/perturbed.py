"""Summaries that are right, and the same broken on purpose: to count what the check of TL;DRs catches, and what it drops in vain."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from broadsheet.report.sentences import split_sentences
from broadsheet.report.tldr.quantities import quantities
from broadsheet.report.tldr.support import unsupported
from broadsheet.report.tldr.words import TOKEN, Vocabulary, plain

MOST_WORDS = 40
_CUES = (
    (re.compile(r"\b(do|does|did|is|are|was|were|can|will|has|have|should|would|could|need) not\b"), r"\1"),
    (re.compile(r"\bcannot\b"), "can"),
    (re.compile(r"\bwithout\b"), "with"),
    (re.compile(r"\bnever\b"), "always"),
    (re.compile(r"\bno (?!more|less|fewer|longer)(?=\w)"), ""),
    (re.compile(r"\bnot (?!only|just|merely)(?=\w)"), ""),
)
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|will|has|have|should|does|do)\b(?! not)")
_TURNS = (
    ("increases", "decreases"), ("increase", "decrease"), ("improves", "degrades"), ("improve", "degrade"), ("higher", "lower"), ("better", "worse"),
    ("more", "less"), ("faster", "slower"), ("larger", "smaller"), ("outperforms", "underperforms"), ("outperform", "underperform"), ("reduces", "raises"),
    ("reducing", "raising"), ("fewer", "more"), ("rises", "falls"), ("falls", "rises"), ("reduce", "raise"), ("before", "after"),
)  # fmt: skip
_UNITS = (
    (re.compile(r"(\d)\s*%"), r"\1 points"),
    (re.compile(r"(\d)\s*ms\b"), r"\1 s"),
    (re.compile(r"(\d)x\b"), r"\1 %"),
    (re.compile(r"(\d) points"), r"\1 %"),
)
_SPELT = dict(enumerate("zero one two three four five six seven eight nine ten eleven twelve".split()))


class Case(NamedTuple):
    """A summary, the sentence of its source that it quotes, and the kind of fault put in; a right one has the kind `right`."""

    kind: str
    summary: str
    span: str
    source: str


class Counted(NamedTuple):
    """Of one kind, how many cases there are and how many the check leaves out."""

    cases: int
    left_out: int


def right_ones(source: str) -> Iterator[Case]:
    """Yield of each short sentence with a number, a name or a negation a summary that says the same in slightly other words."""
    for start, end in split_sentences(source):
        span = source[start:end]
        said = _reworded(plain(span))
        if 5 <= len(said.split()) <= MOST_WORDS:
            yield Case("right", said, span, source)


def broken(case: Case, others: Sequence[str], rng: np.random.Generator) -> Iterator[Case]:
    """Yield a right summary with one fault each; `others` are names of other papers."""
    makers: Mapping[str, Callable[[Case, Sequence[str], np.random.Generator], str]] = {
        "a false number": _false_number,
        "a number from elsewhere in the abstract": _other_number,
        "another unit": _other_unit,
        "a name of another paper": _foreign_name,
        "two numbers swapped": _swapped_numbers,
        "a negation dropped": _dropped_negation,
        "a negation added": _added_negation,
        "the other direction": _turned,
    }
    for kind, make in makers.items():
        said = make(case, others, rng)
        if said and said != case.summary:
            yield case._replace(kind=kind, summary=said)


def count(cases: Sequence[Case], vocabulary: Vocabulary) -> dict[str, Counted]:
    """Count by kind how many cases the check leaves out."""
    found: dict[str, Counted] = {}
    for case in cases:
        before = found.get(case.kind, Counted(0, 0))
        found[case.kind] = Counted(before.cases + 1, before.left_out + bool(unsupported(case.summary, [case.span], case.source, vocabulary)))
    return found


def names_in(text: str) -> list[str]:
    """Return the tokens of a text that are names beyond doubt: two capitals, or a capital and a digit."""
    return [t for t in dict.fromkeys(TOKEN.findall(plain(text))) if t[0].isalpha() and sum(c.isupper() or c.isdigit() for c in t) > 1 and t != t.lower()]


def _reworded(text: str) -> str:
    said = re.sub(r"\s*\([^()]*\)", "", text)
    said = re.sub(r"^(?:In this (?:paper|work|note), )?[Ww]e (?:also |further )?(show|find|prove|report|propose|introduce|present)\b", r"The authors \1", said)
    said = re.sub(r"(\d)\s?%", r"\1 percent", said)
    said = re.sub(r"(?<=\d),(?=\d{3})", "", said)
    said = re.sub(r"(?<![\w.,-])(\d|1[0-2]) (?=[a-z]{3,})", lambda m: f"{_SPELT[int(m[1])]} ", said)
    return said.rstrip(".") + "."


def _replaced(text: str, start: int, end: int, by: str) -> str:
    return text[:start] + by + text[end:]


def _numbers(text: str) -> list[tuple[int, int, str]]:
    """Return where the digits of each number stand, and what they are."""
    found = [(q.start, _digits(text[q.start : q.end])) for q in quantities(text) if not q.soft]
    return [(at + start, at + end, said) for at, (start, end, said) in found if said]


def _digits(text: str) -> tuple[int, int, str]:
    match = re.search(r"\d+(?:\.\d+)?|\.\d+", text)
    return (match.start(), match.end(), match[0]) if match else (0, 0, "")


def _false_number(case: Case, others: Sequence[str], rng: np.random.Generator) -> str:
    del others
    numbers = _numbers(case.summary)
    if not numbers:
        return ""
    start, end, said = numbers[int(rng.integers(len(numbers)))]
    place = int(rng.choice([i for i, c in enumerate(said) if c.isdigit()]))
    digit = str((int(said[place]) + int(rng.integers(1, 9))) % 10)
    return _replaced(case.summary, start, end, said[:place] + digit + said[place + 1 :])


def _other_number(case: Case, others: Sequence[str], rng: np.random.Generator) -> str:
    del others
    numbers = _numbers(case.summary)
    here = {said for _, _, said in _numbers(plain(case.span))}
    elsewhere = [said for _, _, said in _numbers(plain(case.source)) if said not in here]
    if not numbers or not elsewhere:
        return ""
    start, end, _ = numbers[int(rng.integers(len(numbers)))]
    return _replaced(case.summary, start, end, elsewhere[int(rng.integers(len(elsewhere)))])


def _other_unit(case: Case, others: Sequence[str], rng: np.random.Generator) -> str:
    del others, rng
    said = case.summary.replace(" percent", "%")
    return next((pattern.sub(by, said, count=1) for pattern, by in _UNITS if pattern.search(said)), "")


def _foreign_name(case: Case, others: Sequence[str], rng: np.random.Generator) -> str:
    own, foreign = names_in(case.summary), [name for name in others if name.casefold().rstrip("s") not in case.source.casefold()]
    if not own or not foreign:
        return ""
    gone, by = own[int(rng.integers(len(own)))], foreign[int(rng.integers(len(foreign)))]
    return re.sub(rf"(?<!\w){re.escape(gone)}(?!\w)", by, case.summary)


def _swapped_numbers(case: Case, others: Sequence[str], rng: np.random.Generator) -> str:
    del others, rng
    pairs = [(one, other) for one, other in pairwise(_numbers(case.summary)) if one[2] != other[2]]
    if not pairs:
        return ""
    (start, end, first), (begin, stop, second) = pairs[0]
    return case.summary[:start] + second + case.summary[end:begin] + first + case.summary[stop:]


def _dropped_negation(case: Case, others: Sequence[str], rng: np.random.Generator) -> str:
    del others, rng
    return next((pattern.sub(by, case.summary, count=1) for pattern, by in _CUES if pattern.search(case.summary)), "")


def _added_negation(case: Case, others: Sequence[str], rng: np.random.Generator) -> str:
    del others, rng
    return _AUXILIARY.sub(r"\1 not", case.summary, count=1)


def _turned(case: Case, others: Sequence[str], rng: np.random.Generator) -> str:
    del others, rng
    return next((re.sub(rf"\b{one}\b", other, case.summary, count=1) for one, other in _TURNS if re.search(rf"\b{one}\b", case.summary)), "")
