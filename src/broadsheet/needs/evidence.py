"""The gate of evidence: a mention is kept only if every quotation stands, word for word, in its own post."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from broadsheet.core.errors import TaxonomyError
from broadsheet.core.schema import Record
from broadsheet.needs.claims import Claim, Malformed, Quote
from broadsheet.needs.edges import length, negation_after, negation_before, pieces
from broadsheet.needs.normal import NormalText, normalise
from broadsheet.needs.posts import Posts, places
from broadsheet.needs.records import Span
from broadsheet.needs.taxonomy import Taxonomy, open_taxonomy

FEWEST_PIECES = 3
MOST_WORDS = 40
# Forty words of twenty-five letters; also what bounds the time that one quotation can take.
MOST_CHARACTERS = 1_000
# A post longer than LONG_POST words is not evidenced by more than MOST_SHARE of itself.
LONG_POST, MOST_SHARE = 20, 0.9
_DIGIT = re.compile(r"\d")
# What a post says: letters, digits, emoji; not its punctuation.
_SAID = re.compile("[^\\W_]|[\u2600-\u27bf\U0001f000-\U0001faff]")


class Reason(StrEnum):
    """Why a mention is not kept."""

    MALFORMED = "malformed"
    DUPLICATE_ID = "duplicate_id"
    UNKNOWN_POST = "unknown_post"
    UNKNOWN_NEED = "unknown_need"
    NO_EVIDENCE = "no_evidence"
    OFFSETS = "offsets"
    NOT_VERBATIM = "not_verbatim"
    EXAMPLE_LEAK = "example_leak"
    OTHER_POST = "other_post"
    WHOLE_POST = "whole_post"
    NEGATION_CUT = "negation_cut"
    TOO_SHORT = "too_short"


class Note(StrEnum):
    """What a reader of a mention that is kept should know."""

    OFFSETS_CORRECTED = "offsets_corrected"
    REPEATED = "repeated"
    NEGATION_CUT = "negation_cut"
    NEED_UNCHECKED = "need_unchecked"


class Verdict(Record):
    """What became of one mention: `spans` are places of the original post, and empty where the mention is not kept."""

    id: str | int | None
    accepted: bool
    reason: Reason | None = None
    spans: tuple[Span, ...] = ()
    notes: tuple[Note, ...] = ()


class _Found(NamedTuple):
    """A quotation in normal form, all places where it stands, and the stretch of the text that was stated, if one was."""

    quote: str
    places: list[int]
    stated: tuple[int, int] | None
    has_offsets: bool

    def stands_as_stated(self, post: NormalText, place: int) -> bool:
        return self.stated is not None and self.stated[0] == place and post.text[slice(*self.stated)].strip() == self.quote


class Gate:
    """Checks mentions against posts; nothing is matched by likeness.

    Needs are those of `taxonomy`. Without one, a level is one of the financial taxonomy and ids of needs are not checked.
    `examples` are texts that the extractor was shown: they evidence nothing, nor do the sentences of the taxonomy.
    """

    def __init__(self, posts: Mapping[str, str], taxonomy: Taxonomy | None = None, examples: Iterable[str] = ()) -> None:
        self._posts = Posts(posts)
        self._taxonomy = taxonomy
        self._known = taxonomy or open_taxonomy()
        sentences = [*self._known.sentences(), *examples]
        self._examples = [normalise(sentence) for sentence in sentences]
        cues = sorted({*self._known.cues(), *open_taxonomy().cues()}, key=len, reverse=True)
        self._cue = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, cues))})(?:s|es)?(?!\w)", re.IGNORECASE)

    def judge(self, claims: Iterable[Claim | Malformed]) -> Iterator[Verdict]:
        """Yield one verdict for each claim, in their order; the second of two claims with one id is rejected."""
        seen: set[str | int] = set()
        for claim in claims:
            if isinstance(claim, Malformed):
                yield _rejected(claim.id, Reason.MALFORMED)
            elif claim.id in seen:
                yield _rejected(claim.id, Reason.DUPLICATE_ID)
            else:
                seen.add(claim.id)
                yield self.check(claim)

    def check(self, claim: Claim) -> Verdict:
        """Judge one claim by itself."""
        if claim.post not in self._posts:
            return _rejected(claim.id, Reason.UNKNOWN_POST)
        if not self._has_need(claim):
            return _rejected(claim.id, Reason.UNKNOWN_NEED)
        if not claim.evidence:
            return _rejected(claim.id, Reason.NO_EVIDENCE)
        post = self._posts[claim.post]
        found = []
        for quote in claim.evidence:
            one = self._find(post, quote)
            if isinstance(one, Reason):
                return _rejected(claim.id, one)
            found.append(one)
        chosen = _choose(found)
        if reason := self._fault(post, found, chosen):
            return _rejected(claim.id, reason)
        spans = [_span(post, place, one.quote) for one, place in zip(found, chosen, strict=True)]
        unchecked = claim.need is not None and self._taxonomy is None
        return Verdict(id=claim.id, accepted=True, spans=tuple(spans), notes=_notes(post, found, chosen, unchecked=unchecked))

    def _has_need(self, claim: Claim) -> bool:
        need = claim.need if self._taxonomy else None
        if need is None and claim.level is None:
            return True
        try:
            self._known.resolve(need, claim.level)
        except TaxonomyError:
            return False
        return True

    def _find(self, post: NormalText, quote: Quote) -> "_Found | Reason":
        place = _stated(post, quote)
        if quote.text is None and place is None:
            return Reason.OFFSETS
        text = normalise(post.original[slice(*place)] if quote.text is None and place else quote.text or "").text
        if not text:
            return Reason.NO_EVIDENCE
        if text not in post.text:
            return self._origin(text)
        if len(text) > MOST_CHARACTERS or length(text) > MOST_WORDS:
            return Reason.WHOLE_POST
        where = list(places(post, text))
        if not where:
            return self._origin(text)
        return _Found(text, where, (post.place(place[0]), post.place(place[1])) if place else None, has_offsets=(quote.start, quote.end) != (None, None))

    def _origin(self, text: str) -> Reason:
        """Say where a quotation comes from that does not stand in its post."""
        if not self._tells(text):
            return Reason.NOT_VERBATIM
        if any(next(places(example, text), None) is not None for example in self._examples):
            return Reason.EXAMPLE_LEAK
        return Reason.OTHER_POST if self._posts.holds(text) else Reason.NOT_VERBATIM

    def _fault(self, post: NormalText, found: list[_Found], chosen: list[int]) -> Reason | None:
        if _is_whole(post, found, chosen):
            return Reason.WHOLE_POST
        if any(_passes_over_negation(post, one, place) for one, place in zip(found, chosen, strict=True)):
            return Reason.NEGATION_CUT
        return None if any(self._tells(one.quote) for one in found) else Reason.TOO_SHORT

    def _tells(self, quote: str) -> bool:
        """Whether a quotation says something by itself: three words, or a number, or a word that speaks of a need."""
        return pieces(quote) >= FEWEST_PIECES or bool(_DIGIT.search(quote) or self._cue.search(quote))


def _stated(post: NormalText, quote: Quote) -> tuple[int, int] | None:
    """Return the stretch of the original where a quotation is said to stand, if there is such a stretch."""
    end = quote.end if quote.end is not None or quote.start is None else quote.start + len(quote.text or "")
    return (quote.start, end) if quote.start is not None and end is not None and 0 <= quote.start < end <= len(post.original) else None


def _rejected(name: str | int | None, reason: Reason) -> Verdict:
    return Verdict(id=name, accepted=False, reason=reason)


def _span(post: NormalText, place: int, quote: str) -> Span:
    start, end = post.span(place, place + len(quote))
    return Span(start=start, end=end, text=post.original[start:end])


def _choose(found: list[_Found]) -> list[int]:
    """Choose a place for each quotation: nearest to where it is said to stand, else to those whose place is sure, else the first."""
    sure = [one.stated[0] if one.stated else one.places[0] for one in found if one.stated or len(one.places) == 1]

    def far(one: _Found, place: int) -> int:
        near = [one.stated[0]] if one.stated else sure
        return min((abs(place - other) for other in near), default=0)

    return [min(one.places, key=lambda place: far(one, place)) for one in found]


def _is_whole(post: NormalText, found: list[_Found], chosen: list[int]) -> bool:
    """Whether the quotations together leave nothing of what the post says, or hardly a word of a longer one."""
    rest, covered = 0, 0
    spared = False
    for begin, end in sorted((place, place + len(one.quote)) for one, place in zip(found, chosen, strict=True)):
        spared = spared or bool(_SAID.search(post.text, rest, max(rest, begin)))
        covered += max(0, end - max(rest, begin))
        rest = max(rest, end)
    if not (spared or _SAID.search(post.text, rest)):
        return True
    return covered > MOST_SHARE * len(post.text) and length(post.text) > LONG_POST


def _passes_over_negation(post: NormalText, one: _Found, place: int) -> bool:
    """Whether the stated place begins or ends with a negation that the quotation beside it leaves out.

    A quotation that begins right behind a `not` is verbatim, and may be honest: it gets a note. It is rejected where
    the mention itself points at the `not` and then quotes without it.
    """
    if not one.stated:
        return False
    cuts = (negation_before(post.text, place), negation_after(post.text, place + len(one.quote)))
    return any(cut and (one.stated[0] == cut[0] or one.stated[1] == cut[1]) for cut in cuts)


def _notes(post: NormalText, found: list[_Found], chosen: list[int], *, unchecked: bool) -> tuple[Note, ...]:
    pairs = list(zip(found, chosen, strict=True))
    facts = {
        Note.OFFSETS_CORRECTED: any(one.has_offsets and not one.stands_as_stated(post, place) for one, place in pairs),
        Note.REPEATED: any(len(one.places) > 1 for one in found),
        Note.NEGATION_CUT: any(negation_before(post.text, place) or negation_after(post.text, place + len(one.quote)) for one, place in pairs),
        Note.NEED_UNCHECKED: unchecked,
    }
    return tuple(note for note, holds in facts.items() if holds)
