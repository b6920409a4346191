"""What is taken from posts: the columns of each frame, and all frames of a batch together."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from broadsheet.core.schema import Columns
from broadsheet.needs.privacy import scrub
from broadsheet.needs.pseudonyms import pseudonym

PLACE = {Columns.START: pl.Int64, Columns.END: pl.Int64, Columns.TEXT: pl.String}
# Who said it, and what it was asked.
BY = {Columns.EXTRACTOR: pl.String, Columns.PROMPT_HASH: pl.String}
POSTS = {
    Columns.POST: pl.String, Columns.AUTHOR: pl.String, Columns.AT: pl.Datetime("us", "UTC"), Columns.TEXT: pl.String, Columns.REPLACED: pl.Int64,
    Columns.FAULT: pl.String,
}  # fmt: skip
# The first quotation has columns of its own; `evidence` holds all of them.
MENTIONS = {
    Columns.MENTION: pl.String, Columns.POST: pl.String, Columns.NEED: pl.String, Columns.LEVEL: pl.String, Columns.POLARITY: pl.String,
    Columns.HORIZON: pl.String, **PLACE, Columns.EVIDENCE: pl.List(pl.Struct(PLACE)), Columns.CONFIDENCE: pl.Float64, **BY,
}  # fmt: skip
REJECTED = {Columns.MENTION: pl.String, Columns.POST: pl.String, Columns.KIND: pl.String, Columns.REASON: pl.String, Columns.TEXT: pl.String, **BY}
FACTS = {
    Columns.POST: pl.String, Columns.AUTHOR: pl.String, Columns.KIND: pl.String, Columns.VALUE: pl.Float64, Columns.CURRENCY: pl.String, Columns.PERIOD: pl.String,
    **PLACE, **BY,
}  # fmt: skip
RATINGS = {Columns.POST: pl.String, Columns.AUTHOR: pl.String, Columns.KIND: pl.String, Columns.VALUE: pl.Float64, **PLACE, **BY}
CLAIMS = {Columns.POST: pl.String, Columns.BEFORE: pl.String, Columns.AFTER: pl.String, **PLACE, **BY}
ASKED = {Columns.POST: pl.String, Columns.CALL: pl.String}


class Extracted(NamedTuple):
    """Frames by the columns above.

    `posts` are without personal data; `fault` says why a language model gave no answer about one, and is empty where it did or none was asked. `mentions` were
    kept, `rejected` is what was not, of any kind. `facts` are ages and incomes, `ratings` stress and readiness to take risks from 0 to 10, `claims` are of an
    order of levels. `asked` has the keys under which the ledger knows what was asked about a post.
    """

    posts: pl.DataFrame
    mentions: pl.DataFrame
    rejected: pl.DataFrame
    facts: pl.DataFrame
    ratings: pl.DataFrame
    claims: pl.DataFrame
    asked: pl.DataFrame

    @classmethod
    def together(cls, parts: Sequence["Extracted"]) -> "Extracted":
        """Put what was taken from several batches together."""
        return cls(*(pl.concat(frames) for frames in zip(*parts, strict=True)))


def without_personal_data(posts: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """Return posts (post, author, at, text) as they are kept: personal data replaced and counted, authors under another name by the key, nothing at fault."""
    scrubbed = [scrub(text) for text in posts[Columns.TEXT].to_list()]
    kept = posts.select(Columns.POST, Columns.AT).with_columns(
        pl.Series(Columns.AUTHOR, [pseudonym(author, key) for author in posts[Columns.AUTHOR].to_list()], dtype=pl.String),
        pl.Series(Columns.TEXT, [one.text for one in scrubbed], dtype=pl.String),
        pl.Series(Columns.REPLACED, [len(one.replaced) for one in scrubbed], dtype=pl.Int64),
        pl.lit("").alias(Columns.FAULT),
    )
    return kept.select(list(POSTS)).cast(POSTS)  # pyrefly: ignore
