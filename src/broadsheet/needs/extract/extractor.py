"""Posts to mentions of needs, facts about their authors, and claims of an order; every one with its words, or rejected with its reason."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from broadsheet.core.catalogue import text_hash
from broadsheet.core.schema import Columns
from broadsheet.needs.claims import claim_of
from broadsheet.needs.evidence import Gate
from broadsheet.needs.extract import rules
from broadsheet.needs.extract.sentences import sentences
from broadsheet.needs.label.labels import NeedLabeller
from broadsheet.needs.label.prototypes import NONE
from broadsheet.needs.privacy import scrub
from broadsheet.needs.pseudonyms import pseudonym
from broadsheet.needs.records import NeedMention, Span
from broadsheet.needs.taxonomy import Taxonomy

# A sentence whose likeliest level is less likely than this speaks of no need.
FLOOR = 0.5
MENTIONS = {
    Columns.MENTION: pl.String, Columns.POST: pl.String, Columns.NEED: pl.String, Columns.LEVEL: pl.String, Columns.POLARITY: pl.String,
    Columns.HORIZON: pl.String, Columns.START: pl.Int64, Columns.END: pl.Int64, Columns.TEXT: pl.String, Columns.CONFIDENCE: pl.Float64, Columns.EXTRACTOR: pl.String,
}  # fmt: skip
FACTS = {
    Columns.POST: pl.String, Columns.AUTHOR: pl.String, Columns.KIND: pl.String, Columns.VALUE: pl.Float64, Columns.CURRENCY: pl.String, Columns.PERIOD: pl.String,
    Columns.START: pl.Int64, Columns.END: pl.Int64, Columns.TEXT: pl.String,
}  # fmt: skip
CLAIMS = {Columns.POST: pl.String, Columns.BEFORE: pl.String, Columns.AFTER: pl.String, Columns.START: pl.Int64, Columns.END: pl.Int64, Columns.TEXT: pl.String}
REJECTED = {Columns.MENTION: pl.String, Columns.POST: pl.String, Columns.REASON: pl.String}
POSTS = {Columns.POST: pl.String, Columns.AUTHOR: pl.String, Columns.AT: pl.Datetime("us", "UTC"), Columns.TEXT: pl.String, Columns.REPLACED: pl.Int64}


class Extracted(NamedTuple):
    """Frames by the columns above: posts without personal data, mentions that were kept and those that were not, facts, and claims of an order."""

    posts: pl.DataFrame
    mentions: pl.DataFrame
    rejected: pl.DataFrame
    facts: pl.DataFrame
    claims: pl.DataFrame

    @classmethod
    def together(cls, parts: Sequence["Extracted"]) -> "Extracted":
        """Put what was taken from several batches together."""
        return cls(*(pl.concat(frames) for frames in zip(*parts, strict=True)))


class Extractor:
    """Takes needs from posts, a batch at a time; nothing is kept between batches, so that any engine may map it.

    Personal data are replaced before anything is read, and authors stand under another name by the `key`. What a labeller says of a sentence is a mention with the sentence
    as its evidence, which the gate must let pass.
    """

    def __init__(self, taxonomy: Taxonomy, labeller: NeedLabeller, key: bytes, floor: float = FLOOR) -> None:
        self.taxonomy, self.labeller, self._key, self.floor = taxonomy, labeller, key, floor
        self.name = f"{labeller.name}; polarity, horizon, facts and order by rules"

    def __call__(self, posts: pl.DataFrame) -> Extracted:
        """Extract from posts (post, author, at, text)."""
        scrubbed = [scrub(text) for text in posts[Columns.TEXT].to_list()]
        authors = [pseudonym(author, self._key) for author in posts[Columns.AUTHOR].to_list()]
        kept = posts.select(Columns.POST, Columns.AT).with_columns(
            pl.Series(Columns.AUTHOR, authors, dtype=pl.String),
            pl.Series(Columns.TEXT, [one.text for one in scrubbed], dtype=pl.String),
            pl.Series(Columns.REPLACED, [len(one.replaced) for one in scrubbed], dtype=pl.Int64),
        )
        kept = kept.select(list(POSTS)).cast(POSTS)  # pyrefly: ignore
        texts = dict(zip(kept[Columns.POST].to_list(), kept[Columns.TEXT].to_list(), strict=True))
        cut = [(post, span) for post, text in texts.items() for span in sentences(text)]
        passed, rejected = self._gated(texts, self._mentions(cut))
        facts = [self._fact(post, author, fact) for post, author in zip(texts, authors, strict=True) for fact in rules.facts(texts[post])]
        return Extracted(
            kept,
            pl.DataFrame(passed, schema=MENTIONS, orient="row"),
            pl.DataFrame(rejected, schema=REJECTED, orient="row"),
            pl.DataFrame(facts, schema=FACTS, orient="row"),
            pl.DataFrame(list(self._claims(cut)), schema=CLAIMS, orient="row"),
        )

    def _mentions(self, cut: Sequence[tuple[str, Span]]) -> list[NeedMention]:
        """Return a mention for each sentence that speaks of a need; what is said twice is labelled once."""
        distinct = sorted({span.text for _, span in cut})
        labels = self.labeller(distinct)
        speaks = [text for text, best, sure in zip(distinct, labels.best, labels.certainty, strict=True) if best not in {NONE, ""} and sure >= self.floor]
        known = {text: (best, float(sure)) for text, best, sure in zip(distinct, labels.best, labels.certainty, strict=True)}
        needs = dict(zip(speaks, self.labeller.needs(speaks), strict=True))
        return [
            NeedMention(
                id=text_hash(f"{post}\n{span.start}\n{span.end}")[:16],
                post=post,
                need=needs[span.text],
                level=known[span.text][0],
                polarity=rules.polarity(span.text),
                horizon=rules.horizon(span.text),
                evidence=(span,),
                confidence=known[span.text][1],
                extractor=self.labeller.name,
                prompt_hash=getattr(self.labeller, "prompt_hash", ""),
            )
            for post, span in cut
            if span.text in needs
        ]

    def _gated(self, texts: Mapping[str, str], mentions: Sequence[NeedMention]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        gate = Gate(texts, self.taxonomy)
        passed, rejected = [], []
        for mention, verdict in zip(mentions, gate.judge(claim_of(_within(mention, texts[mention.post])) for mention in mentions), strict=True):
            if verdict.accepted:
                span = verdict.spans[0]
                passed.append((
                    mention.id, mention.post, mention.need, mention.level, mention.polarity.value, mention.horizon.value, span.start, span.end, span.text,
                    mention.confidence, mention.extractor,
                ))  # fmt: skip
            else:
                rejected.append((mention.id, mention.post, str(verdict.reason)))
        return passed, rejected

    def _claims(self, cut: Sequence[tuple[str, Span]]) -> Iterator[tuple[Any, ...]]:
        """Yield the claims of an order whose two parts speak of two levels."""
        found = [(post, span, one) for post, span in cut for one in rules.firsts(span.text)]
        said = [text for _, _, one in found for text in (one.before, one.after)]
        labels = self.labeller(said)
        sure = [best if best != NONE and chance >= self.floor else "" for best, chance in zip(labels.best, labels.certainty, strict=True)]
        for (post, span, one), before, after in zip(found, sure[::2], sure[1::2], strict=True):
            if before and after and before != after:
                yield post, before, after, span.start + one.span.start, span.start + one.span.end, one.span.text

    @staticmethod
    def _fact(post: str, author: str, fact: Any) -> tuple[Any, ...]:
        return post, author, fact.kind, fact.value, fact.currency, fact.period, fact.span.start, fact.span.end, fact.span.text


def _within(mention: NeedMention, text: str) -> NeedMention:
    """Leave the first word out of evidence that would be all of a post: a whole post evidences nothing."""
    span = mention.evidence[0]
    head, blank, rest = span.text.partition(" ")
    if span.text != text.strip() or not blank or len(rest.split()) < 2:
        return mention
    start = span.start + len(head) + 1 + len(rest) - len(rest.lstrip())
    return mention.model_copy(update={"evidence": (Span(start=start, end=span.end, text=text[start : span.end]),)})
