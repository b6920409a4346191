"""Negations and directions: what a summary denies and its source does not, and the other way round."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

from broadsheet.report.tldr.faults import Fault, Unsupported
from broadsheet.report.tldr.words import STOP, sentences, stem

OPPOSITES = tuple(
    (frozenset(map(stem, one.split())), frozenset(map(stem, other.split())))
    for one, other in (
        ("increase raise grow rise gain lift boost", "decrease reduce lower cut drop shrink fall lose save"),
        ("improve better outperform beat win best surpass exceed", "worsen worse degrade underperform hurt harm worst trail lose"),
        ("more larger higher greater longer bigger", "less fewer smaller lower shorter"),
        ("faster quicker", "slower"),
        ("before earlier", "after later"),
        ("always", "never rarely seldom"),
        ("with", "without"),
    )
)
_CUE = re.compile(
    r"\b(?:not(?!\s+(?:only|just|merely)\b)|cannot|never|no(?!\s+(?:more|less|fewer)\s+than\b|\s+matter\b)|without|none|nothing|nobody|neither|nor|hardly|lacks?|lacking|"
    r"fails?\s+to|failed\s+to|unable\s+to|instead\s+of|rather\s+than|absence\s+of|free\s+of|free\s+from)\b|n['’]t\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:.()!?–—]|\b(?:but|while|whereas|although|though|however|yet|unless|because|and|which)\b", re.IGNORECASE)
# Verbs that say little: what is denied stands behind them.
_LIGHT = frozenset(map(stem, "need require use rely depend have make take get want".split()))
_LETTERS = re.compile(r"[^\W\d_][\w-]*")
# A summary with so much of a sentence's words repeats it.
REPEATED = 0.7


def _denied(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each negation of a text with the stems of what it denies, the head first: to the end of the clause, at most three words."""
    for sentence in sentences(text):
        for cue in _CUE.finditer(sentence):
            rest = sentence[cue.end() :]
            clause = _CLAUSE.search(rest)
            words = [stem(word) for word in _LETTERS.findall(rest[: clause.start()] if clause else rest) if word.lower() not in STOP]
            yield cue[0], tuple(words[:3])


def _heads(denied: tuple[str, ...]) -> tuple[str, ...]:
    """Return the stems without which a denial says nothing: the first, and the one behind a verb that says little."""
    return denied[: 2 if denied[:1] and denied[0] in _LIGHT else 1]


def negations(said: str, quoted: Sequence[str], whole: str) -> Iterator[Fault]:
    """Find what a summary denies and its source does not, and what it says without a negation that the quoted `quoted` have."""
    spans = " ".join(quoted)
    own, here = list(_denied(said)), list(_denied(spans))
    denied_anywhere = {word for _, words in _denied(whole) for word in words}
    for number, (cue, words) in enumerate(own):
        if number >= len(here) or (words and not denied_anywhere & set(words)):
            yield Fault(Unsupported.NEGATION, " ".join((cue, *words[:1])))
    denied_here = {word for _, words in own for word in words}
    affirmed = _stem_counts(said).keys() - denied_here
    counted = _stem_counts(spans)
    for _, words in here:
        for head in _heads(words):
            # What the spans say as often without denying it may be said.
            if head in affirmed and counted.get(head, 0) <= sum(head in other for _, other in here):
                yield Fault(Unsupported.AFFIRMED, head)
    for span in quoted:
        denials = list(_denied(span))
        lost = [(cue, words) for cue, words in denials if not denied_here & set(words)]
        if lost and len(denials) > len(own) and _repeats(said, span):
            yield Fault(Unsupported.AFFIRMED, " ".join((lost[0][0], *lost[0][1][:1])))
    yield from _prefixes(said, spans)


def _repeats(said: str, span: str) -> bool:
    """Tell whether a summary says nearly all that a span does: then it may not differ in its negations and directions."""
    ours, theirs = (_content(text) for text in (said, span))
    return len(ours & theirs) >= REPEATED * len(theirs)


def _content(text: str) -> set[str]:
    return {stem(word) for word in _LETTERS.findall(text) if word.lower() not in STOP}


def _prefixes(said: str, spans: str) -> Iterator[Fault]:
    """Find "supervised" where the spans say "unsupervised" alone, and the other way round."""
    ours, theirs = ({word.lower() for word in _LETTERS.findall(text)} for text in (said, spans))
    for word in sorted(ours - theirs):
        if {f"un{word}", f"non-{word}", f"non{word}", f"in{word}"} & theirs and len(word) > 4:
            yield Fault(Unsupported.AFFIRMED, word)
        if (bare := re.match(r"(?:un|non-?)(\w{5,})$", word)) and bare[1] in theirs:
            yield Fault(Unsupported.NEGATION, word)


def _stem_counts(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in _LETTERS.findall(text):
        found[stem(word)] = found.get(stem(word), 0) + 1
    return found


def directions(said: str, quoted: Sequence[str]) -> Iterator[Fault]:
    """Find words of one side of a pair of opposites where the spans have the other side alone, or, in what repeats them, more of it."""
    # "lower-order" goes the other way than "higher-order".
    said, spans = (text.replace("-", " ") for text in (said, " ".join(quoted)))
    ours, theirs = _stem_counts(said), _stem_counts(spans)
    behind, behind_theirs = _followed(said), _followed(spans)
    for word in ours:
        groups = [(side, other) for pair in OPPOSITES for side, other in (pair, pair[::-1]) if word in side]
        if (
            (groups and all(_among(theirs, other) and not _among(theirs, side) for side, other in groups))
            or (
                any(_among(ours, side) > _among(theirs, side) and _among(ours, other) < _among(theirs, other) for side, other in groups)
                and _repeats(said, spans)
            )
            or any(
                (other_word, following) in behind_theirs and not any((same, following) in behind_theirs for same in side)
                for side, other in groups
                for other_word in other
                for following in (after for before, after in behind if before == word)
            )
        ):
            yield Fault(Unsupported.DIRECTION, word)


def _followed(text: str) -> set[tuple[str, str]]:
    """Return the stems of neighbouring words: "less confident" is not "more confident"."""
    words = [stem(word) for word in _LETTERS.findall(text)]
    return set(pairwise(words))


def _among(counts: Mapping[str, int], words: AbstractSet[str]) -> int:
    return sum(counts.get(word, 0) for word in words)
