"""Posts to mentions of needs, facts about their authors, and claims of an order; every one with its words, or rejected with its reason."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from broadsheet.core.catalogue import text_hash
from broadsheet.core.schema import Columns
from broadsheet.needs.claims import claim_of
from broadsheet.needs.evidence import Gate
from broadsheet.needs.extract import rules
from broadsheet.needs.extract.frames import ASKED, CLAIMS, FACTS, MENTIONS, RATINGS, REJECTED, Extracted, without_personal_data
from broadsheet.needs.extract.sentences import sentences
from broadsheet.needs.label.asked import AskedLabeller, UnsureAsked
from broadsheet.needs.label.labels import NeedLabeller
from broadsheet.needs.label.prototypes import NONE
from broadsheet.needs.records import NeedMention, PersonFact, PostRating, Span
from broadsheet.needs.taxonomy import Taxonomy

# A sentence whose likeliest level is less likely than this speaks of no need.
FLOOR = 0.5
# Who reads ages, incomes, stress and risk here.
RULES = "rules"


class Extractor:
    """Takes needs from posts, a batch at a time; nothing is kept between batches, so that any engine may map it.

    Personal data are replaced before anything is read, and authors stand under another name by the `key`. What a labeller says of a sentence is a mention with the sentence
    as its evidence, which the gate must let pass.
    """

    def __init__(self, taxonomy: Taxonomy, labeller: NeedLabeller, key: bytes, floor: float = FLOOR) -> None:
        self.taxonomy, self.labeller, self._key, self.floor = taxonomy, labeller, key, floor
        self.name = f"{labeller.name}; polarity, horizon, facts, ratings and order by rules"
        self.models = {"labeller": labeller.name, "extractor": self.name}
        self.prompt_hash: str = getattr(labeller, "prompt_hash", "")

    def __call__(self, posts: pl.DataFrame) -> Extracted:
        """Extract from posts (post, author, at, text)."""
        kept = without_personal_data(posts, self._key)
        texts = dict(kept.select(Columns.POST, Columns.TEXT).iter_rows())
        authors = kept[Columns.AUTHOR].to_list()
        cut = [(post, span) for post, text in texts.items() for span in sentences(text)]
        firsts = [(post, span, one) for post, span in cut for one in rules.firsts(span.text)]
        passed, rejected = self._gated(texts, self._mentions(cut))
        facts = [_row(post, author, fact, fact.currency, fact.period) for post, author in zip(texts, authors, strict=True) for fact in rules.facts(texts[post])]
        ratings = [_row(post, author, one) for post, author in zip(texts, authors, strict=True) for one in rules.ratings(texts[post])]
        return Extracted(
            kept,
            pl.DataFrame(passed, schema=MENTIONS, orient="row"),
            pl.DataFrame(rejected, schema=REJECTED, orient="row"),
            pl.DataFrame(facts, schema=FACTS, orient="row"),
            pl.DataFrame(ratings, schema=RATINGS, orient="row"),
            pl.DataFrame(list(self._claims(firsts)), schema=CLAIMS, orient="row"),
            pl.DataFrame(list(self._asked(cut, firsts)), schema=ASKED, orient="row"),
        )

    def counts(self, found: Extracted) -> Mapping[str, float]:
        """Return what a language model was asked, and how many sentences got no answer, by reason; the same whether answers were paid now or before."""
        del found
        second = self.labeller.second if isinstance(self.labeller, UnsureAsked) else self.labeller
        if not isinstance(second, AskedLabeller):
            return {}
        sent = {"sent": float(self.labeller.sent)} if isinstance(self.labeller, UnsureAsked) else {}
        return sent | {f"unlabelled {reason}": float(count) for reason, count in second.failures.items()}

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
                prompt_hash=self.prompt_hash,
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
                    [span.model_dump()], mention.confidence, mention.extractor, mention.prompt_hash,
                ))  # fmt: skip
            else:
                said = (mention.id, mention.post, "mention", str(verdict.reason), mention.evidence[0].text)
                rejected.append((*said, mention.extractor, mention.prompt_hash))
        return passed, rejected

    def _claims(self, found: Sequence[tuple[str, Span, rules.First]]) -> Iterator[tuple[Any, ...]]:
        """Yield the claims of an order whose two parts speak of two levels."""
        said = [text for _, _, one in found for text in (one.before, one.after)]
        labels = self.labeller(said)
        sure = [best if best != NONE and chance >= self.floor else "" for best, chance in zip(labels.best, labels.certainty, strict=True)]
        for (post, span, one), before, after in zip(found, sure[::2], sure[1::2], strict=True):
            if before and after and before != after:
                yield post, before, after, span.start + one.span.start, span.start + one.span.end, one.span.text, self.labeller.name, self.prompt_hash

    def _asked(self, cut: Sequence[tuple[str, Span]], found: Sequence[tuple[str, Span, rules.First]]) -> Iterator[tuple[str, str]]:
        """Yield the keys of what a language model may have been asked about each post; under those of what it was not, the ledger has nothing."""
        if isinstance(self.labeller, AskedLabeller | UnsureAsked):
            said = [(post, span.text) for post, span in cut] + [(post, text) for post, _, one in found for text in (one.before, one.after)]
            yield from zip([post for post, _ in said], self.labeller.keys([text for _, text in said]), strict=True)


def _row(post: str, author: str, fact: PersonFact | PostRating, *unit: str) -> tuple[Any, ...]:
    return post, author, fact.kind, fact.value, *unit, fact.span.start, fact.span.end, fact.span.text, RULES, ""


def _within(mention: NeedMention, text: str) -> NeedMention:
    """Leave the first word out of evidence that would be all of a post: a whole post evidences nothing."""
    span = mention.evidence[0]
    head, blank, rest = span.text.partition(" ")
    if span.text != text.strip() or not blank or len(rest.split()) < 2:
        return mention
    start = span.start + len(head) + 1 + len(rest) - len(rest.lstrip())
    return mention.model_copy(update={"evidence": (Span(start=start, end=span.end, text=text[start : span.end]),)})
