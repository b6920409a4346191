"""`/v1/needs`: what people say they need in posts, each need with the words that say so."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from broadsheet.core.schema import Columns
from broadsheet.serve.api.problems import ALWAYS
from broadsheet.serve.api.shapes import LISTED, Shape
from broadsheet.serve.callers import Reads
from broadsheet.serve.models.parts import Needing

router = APIRouter(prefix="/v1", tags=["needs"])
Text = Annotated[str, StringConstraints(min_length=1, max_length=8000), Field(examples=["I cannot pay my rent this month."])]


class NeedsIn(Shape):
    """Posts, and the taxonomy of needs by which they are read."""

    posts: Annotated[tuple[Text, ...], Field(min_length=1, max_length=16), LISTED]
    taxonomy: Literal["financial", "papers"] = "financial"


class SpanOut(Shape):
    """Words of a post, from one character to another."""

    start: int
    end: int
    text: str


class MentionOut(Shape):
    """A need: its id and level in the taxonomy, how the author stands to it, how soon, the evidence, how sure it is, and who says so."""

    need: str
    level: str
    polarity: str
    horizon: str
    evidence: tuple[SpanOut, ...]
    confidence: float
    extractor: str


class PostOut(Shape):
    """A post without personal data, how many were replaced, and its needs; places in the evidence are places of this text."""

    text: str
    replaced: int
    mentions: tuple[MentionOut, ...]


class NeedsOut(Shape):
    """The posts in the order in which they were given."""

    posts: tuple[PostOut, ...]
    taxonomy: str
    model: str


@router.post("/needs", responses=ALWAYS)
async def needs(request: Request, asked: NeedsIn, caller: Reads) -> NeedsOut:
    """Take needs from posts; nothing of them is kept."""
    del caller
    return await taken(request, asked)


async def taken(request: Request, asked: NeedsIn) -> NeedsOut:
    """Take needs from posts, for a program and for a page alike. Raises Problem while the part is not open."""
    with request.app.state.site.holder.use("needs", Needing) as part:
        texts, mentions = await part.ask((asked.taxonomy, asked.posts))
        by_post: dict[str, list[MentionOut]] = {}
        for row in mentions.iter_rows(named=True):
            spans = tuple(SpanOut(**one) for one in row[Columns.EVIDENCE])
            facts = {name: row[name] for name in (Columns.NEED, Columns.LEVEL, Columns.POLARITY, Columns.HORIZON, Columns.CONFIDENCE, Columns.EXTRACTOR)}
            by_post.setdefault(row[Columns.POST], []).append(MentionOut(**facts, evidence=spans))
        posts = tuple(
            PostOut(text=row[Columns.TEXT], replaced=row[Columns.REPLACED], mentions=tuple(by_post.get(row[Columns.POST], ())))
            for row in texts.iter_rows(named=True)
        )
        return NeedsOut(posts=posts, taxonomy=asked.taxonomy, model=part.loaded.model)
