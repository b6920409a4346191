"""Evidence to be read: quotations that stand word for word in their posts, of different people, without what is personal."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from broadsheet.core.errors import TaxonomyError
from broadsheet.core.schema import Columns
from broadsheet.needs.claims import Claim, Malformed
from broadsheet.needs.evidence import Gate
from broadsheet.needs.privacy import scrub
from broadsheet.needs.taxonomy import Taxonomy
from broadsheet.needs.view.sheet import Quotation, Stretch

# So many characters of a post stand before and behind what is quoted.
AROUND = 140
CUT = "…"
# So many mentions of a level are looked at for quotations that may be shown.
TRIES = 200


class Said(NamedTuple):
    """Mentions as they were written, and the texts of posts by id."""

    claims: Iterable[Claim | Malformed]
    texts: Mapping[str, str]


def quotations(said: Said, posts: pl.DataFrame, taxonomy: Taxonomy, levels: Sequence[str], most: int) -> tuple[Quotation, ...]:
    """Return up to `most` quotations of each of `levels`, one a person and none twice; which ones follows from the mentions, not from their order.

    A quotation that the gate of evidence does not let through is not shown.
    """
    gate = Gate(said.texts, taxonomy)
    authors = dict(posts.select(Columns.POST, Columns.AUTHOR).iter_rows())
    month = pl.from_epoch(pl.col(Columns.AT).cast(pl.Int64)).dt.strftime("%Y-%m")
    months = dict(posts.select(pl.col(Columns.POST), month.alias(Columns.MONTH)).iter_rows())
    held = sorted((claim for claim in said.claims if isinstance(claim, Claim) and claim.post in authors and claim.post in said.texts), key=_lot)
    found: dict[str, list[Quotation]] = {level: [] for level in levels}
    tried: Counter[str] = Counter()
    used: set[tuple[str, str]] = set()
    for claim in held:
        level, need = _place(claim, taxonomy)
        text, speaker = said.texts[claim.post], (level, authors[claim.post])
        if level not in found or len(found[level]) >= most or tried[level] >= TRIES or used & {speaker, ("", text)}:
            continue
        tried[level] += 1
        verdict = gate.check(claim)
        if verdict.accepted and verdict.spans:
            used |= {speaker, ("", text)}
            pieces = tuple(stretches(text, [(span.start, span.end) for span in verdict.spans]))
            found[level].append(Quotation(level=level, need=need, month=months[claim.post], stretches=pieces))
    return tuple(quote for quotes in found.values() for quote in quotes)


def _place(claim: Claim, taxonomy: Taxonomy) -> tuple[str, str]:
    """Return the level and the name of the need that a mention is of; nothing where the taxonomy has neither."""
    try:
        level, need = taxonomy.resolve(claim.need, claim.level)
    except TaxonomyError:
        return "", ""
    return level.id, need.name if need else ""


def stretches(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Stretch]:
    """Yield a post in pieces, cut about what is quoted, personal data replaced.

    >>> [piece.text for piece in stretches("Mail jo@example.org: I am behind on rent again.", [(26, 40)])]
    ['Mail [EMAIL]: I am ', 'behind on rent', ' again.']
    """
    clean = scrub(text)
    places = _joined(clean.from_original(start, end) for start, end in spans)
    place = _word(clean.text, places[0][0] - AROUND, forward=True)
    last = _word(clean.text, places[-1][1] + AROUND, forward=False)
    before = CUT if place else ""
    for start, end in places:
        if before or start > place:
            yield Stretch(text=before + clean.text[place:start], said=False)
        yield Stretch(text=clean.text[start:end], said=True)
        place, before = end, ""
    if rest := clean.text[place : max(last, place)] + (CUT if last < len(clean.text) else ""):
        yield Stretch(text=rest, said=False)


def _lot(claim: Claim) -> str:
    """Draw the same lot for a mention wherever it stands in its file."""
    return hashlib.blake2b(f"{claim.post}\n{claim.id}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _joined(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stretches in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _word(text: str, place: int, *, forward: bool) -> int:
    """Return an end of a cut: that of a word where one is near, else the place itself."""
    if place <= 0 or place >= len(text):
        return min(max(place, 0), len(text))
    near = text[place : place + 24] if forward else text[place - 24 : place]
    gap = near.find(" ") if forward else near.rfind(" ")
    if gap < 0:
        return place
    return place + gap + 1 if forward else place - 24 + gap
