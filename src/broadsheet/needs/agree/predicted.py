"""What a labeller's file of mentions says of each post: how likely each level is, and in which words."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.needs.agree.labels import NONE, Label, locate
from broadsheet.needs.claims import Quote
from broadsheet.needs.hierarchy.inputs import read_mention
from broadsheet.needs.label.labels import Labels
from broadsheet.needs.normal import normalise
from broadsheet.needs.records import Span
from broadsheet.needs.taxonomy import Taxonomy


class Predicted(NamedTuple):
    """A labeller's chances over levels and NONE for every post, the words of its likeliest level by post, and how many lines were left out for which reason.

    `several` counts posts with mentions of more than one level, of which the likeliest stands for the post.
    """

    name: str
    labels: Labels
    spans: Mapping[str, tuple[Span, ...]]
    left_out: Mapping[str, int]
    several: int

    def label(self, post: str, place: int) -> Label:
        """Return what is said of a post that stands at that place."""
        return Label(self.labels.best[place], self.spans.get(post, ()))


def read_predicted(path: Path, posts: Mapping[str, str], taxonomy: Taxonomy) -> Predicted:
    """Read a file of mentions; a post that no mention speaks of says NONE. Evidence that does not stand in its post is counted, and is no span.

    A mention without a confidence counts as certain. Of several levels of one post the one with the surest mention is likeliest, of equals the one nearer the
    bottom. Raises SourceNotFoundError.
    """
    names = (*(level.id for level in taxonomy.levels), NONE)
    place = {post: number for number, post in enumerate(posts)}
    sure = np.zeros((len(posts), len(names)))
    quotes: dict[tuple[str, str], list[Quote]] = {}
    left_out: Counter[str] = Counter()
    for claim, level, reason in _claims(path, taxonomy, place):
        if reason:
            left_out[reason] += 1
            continue
        cell = place[claim.post], names.index(level)
        sure[cell] = max(sure[cell], claim.confidence)
        quotes.setdefault((claim.post, level), []).extend(claim.evidence)
    several = int(((sure > 0).sum(axis=1) > 1).sum())
    sure[:, -1] = 1 - sure.max(axis=1)
    labels = Labels(names, sure / sure.sum(axis=1, keepdims=True))
    spans = {}
    for post, level in zip(posts, labels.best, strict=True):
        found, missing = _spans(posts[post], quotes.get((post, level), []))
        left_out.update({"not_verbatim": missing} if missing else {})
        spans[post] = found
    return Predicted(path.stem, labels, {post: found for post, found in spans.items() if found}, dict(sorted(left_out.items())), several)


class _Said(NamedTuple):
    post: str
    confidence: float
    evidence: tuple[Quote, ...]


def _claims(path: Path, taxonomy: Taxonomy, place: Mapping[str, int]) -> Any:
    """Yield of each line what it says, its level, and why it is left out if it is."""
    ids: set[str | int] = set()
    try:
        with path.open("rb") as lines:
            for line in lines:
                claim, level, reason = read_mention(line, taxonomy)
                if claim is None or reason:
                    yield _Said("", 0.0, ()), "", reason
                    continue
                reason = "duplicate_id" if claim.id in ids else "unknown_post" if claim.post not in place else ""
                ids.add(claim.id)
                stated = json.loads(line.removeprefix(b"\xef\xbb\xbf")).get("confidence")
                confidence = float(stated) if isinstance(stated, int | float) and 0 <= stated <= 1 else 1.0
                yield _Said(claim.post, confidence, claim.evidence), level, reason
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of the mentions.") from None


def _spans(text: str, quotes: list[Quote]) -> tuple[tuple[Span, ...], int]:
    post = normalise(text) if quotes else None
    found: list[Span] = []
    missing = 0
    for quote in quotes:
        if post is None:
            break
        try:
            span, _ = locate(post, quote.text or "", quote.start, quote.end)
        except RecordError:
            missing += 1
            continue
        found += [span] if span not in found else []
    return tuple(found), missing
