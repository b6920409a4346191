"""Needs, facts, ratings and claims of an order as a language model reads them, through the port: one request a post, every quotation checked."""

import json
from collections import Counter
from collections.abc import Mapping

import polars as pl

from broadsheet.core.catalogue import text_hash
from broadsheet.core.llm import Client, Request
from broadsheet.core.llm.json_schema import schema_of
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.needs.extract.asking import Answer, answer_about, prompt_about
from broadsheet.needs.extract.checked import MADE_UP, Checker, Part
from broadsheet.needs.extract.extractor import FLOOR
from broadsheet.needs.extract.frames import ASKED, CLAIMS, FACTS, MENTIONS, POSTS, RATINGS, REJECTED, Extracted, without_personal_data
from broadsheet.needs.extract.sentences import parts
from broadsheet.needs.taxonomy import Taxonomy

# Tokens of an answer: a dozen mentions with their quotations.
ANSWER = 2000
# Characters of a post that are asked about at once; a longer one is asked about in parts.
PART = 4000


class AskedExtractor:
    """Takes needs from posts by the answers of a client's model, a batch at a time; called as `Extractor` is, and nothing is kept between batches.

    Personal data are replaced before anything is asked. The model copies words; where they stand is found here, and what does not stand in the very part that it was
    shown is rejected. A post about which it gave no answer stays, with the reason in `fault`.
    """

    def __init__(self, taxonomy: Taxonomy, client: Client, key: bytes, *, floor: float = FLOOR, part: int = PART, progress: Progress = silent) -> None:
        self.taxonomy, self.client, self.floor = taxonomy, client, floor
        self._key, self._part, self._progress = key, part, progress
        self.name = f"{client.llm.name}: {client.llm.model}"
        self.models = {"extractor": self.name}
        self.prompt, self.output = prompt_about(taxonomy), answer_about(taxonomy)
        self.prompt_hash = text_hash(self.prompt + json.dumps(schema_of(self.output), sort_keys=True))[:16]

    def __call__(self, posts: pl.DataFrame) -> Extracted:
        """Extract from posts (post, author, at, text)."""
        kept = without_personal_data(posts, self._key)
        asked = [
            Part(post, author, number, span)
            for post, author, text in kept.select(Columns.POST, Columns.AUTHOR, Columns.TEXT).iter_rows()
            for number, span in enumerate(parts(text, self._part))
        ]
        results = self.client.run([self.request(part.span.text) for part in asked], self._progress)
        faults: dict[str, str] = {}
        answers: list[tuple[Part, Answer]] = []
        for part, result in zip(asked, results, strict=True):
            if result.failure is not None:
                faults.setdefault(part.post, str(result.failure.reason))
            else:
                answers.append((part, result.value))
        by = {Columns.EXTRACTOR: self.name, Columns.PROMPT_HASH: self.prompt_hash}
        rows = Checker(self.taxonomy, (self.prompt,), self.floor, by)(answers)
        at_fault = pl.Series(Columns.FAULT, [faults.get(post, "") for post in kept[Columns.POST].to_list()], dtype=POSTS[Columns.FAULT])
        return Extracted(
            kept.with_columns(at_fault),
            pl.DataFrame(rows.mentions, schema=MENTIONS),
            pl.DataFrame(rows.rejected, schema=REJECTED),
            pl.DataFrame(rows.facts, schema=FACTS),
            pl.DataFrame(rows.ratings, schema=RATINGS),
            pl.DataFrame(rows.claims, schema=CLAIMS),
            pl.DataFrame([(part.post, result.key) for part, result in zip(asked, results, strict=True)], schema=ASKED, orient="row"),
        )

    def request(self, text: str) -> Request:
        """Return what is asked about a part of a post."""
        return Request.ask(text, system=self.prompt, output=self.output, max_tokens=ANSWER, purpose="needs extract")

    def counts(self, found: Extracted) -> Mapping[str, float]:
        """Return what `said_and_unanswered` does."""
        return said_and_unanswered(found)


def said_and_unanswered(found: Extracted) -> dict[str, float]:
    """Return how much a model said in all, how much of it with words that are not in the post, and by reason how many posts got no answer."""
    said = sum(map(len, (found.mentions, found.rejected, found.facts, found.ratings, found.claims)))
    made_up = found.rejected.filter(pl.col(Columns.REASON).is_in(sorted(MADE_UP))).height
    reasons = Counter(filter(None, found.posts[Columns.FAULT].to_list()))
    unanswered = {f"unlabelled {reason}": float(count) for reason, count in sorted(reasons.items())}
    return {**unanswered, "said": float(said), "made_up": float(made_up), "made_up_share": made_up / said if said else 0.0}
