"""`/v1/embeddings` in OpenAI's form: texts, and contents of text and picture parts, as vectors of length 1."""

import base64
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Request
from pydantic import Discriminator, Field, StringConstraints, Tag

from broadsheet.core.component import Content, MultimodalEmbedder, unit
from broadsheet.serve.api.pictures import of_base64, opened
from broadsheet.serve.api.problems import ALWAYS, Problem, documented
from broadsheet.serve.api.shapes import LISTED, WHOLE, Shape
from broadsheet.serve.callers import Reads
from broadsheet.serve.models.parts import Searching

router = APIRouter(prefix="/v1", tags=["embeddings"])
MOST = 64
Words = Annotated[str, StringConstraints(min_length=1, max_length=8000), Field(examples=["graph retrieval"])]


class TextPart(Shape):
    """Words of a content."""

    type: Literal["text"]
    text: Words


class ImageAt(Shape):
    """A picture as a data URL; an address is refused, for nothing is fetched."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=11_000_000), Field(examples=["data:image/png;base64,iVBORw0KGgo="])]


class ImagePart(Shape):
    """A picture of a content."""

    type: Literal["image_url"]
    image_url: ImageAt


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]
Parts = Annotated[tuple[Part, ...], Field(min_length=1, max_length=8), LISTED]
Texts = Annotated[tuple[Words, ...], Field(min_length=1, max_length=MOST), LISTED]
Contents = Annotated[tuple[Parts, ...], Field(min_length=1, max_length=MOST), LISTED]


def _form(value: Any) -> str:
    """Tell the four forms of an input apart by the first thing in it."""
    if isinstance(value, str):
        return "text"
    first = value[0] if isinstance(value, list | tuple) and value else None
    if isinstance(first, dict | Shape):
        return "parts"
    return "contents" if isinstance(first, list | tuple) else "texts"


Input = Annotated[
    Annotated[Words, Tag("text")] | Annotated[Texts, Tag("texts")] | Annotated[Parts, Tag("parts")] | Annotated[Contents, Tag("contents")],
    Discriminator(_form),
]


class EmbeddingsIn(Shape):
    """What is embedded: a text, texts, the parts of one content (text and a picture), or several such contents.

    `dimensions` keeps so many leading ones; `user` is taken and not kept.
    """

    input: Input
    model: Annotated[str, StringConstraints(max_length=400)] = ""
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1, le=4096), WHOLE] | None = None
    user: Annotated[str, StringConstraints(max_length=200)] = ""


class EmbeddingOut(Shape):
    """A vector, as numbers or as base64 of little-endian float32."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: tuple[float, ...] | str


class UsageOut(Shape):
    """How much was read: words here stand for tokens."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsOut(Shape):
    """Vectors in the order of the input."""

    object: Literal["list"] = "list"
    data: tuple[EmbeddingOut, ...]
    model: str
    usage: UsageOut


@router.post("/embeddings", responses={**ALWAYS, **documented(404)})
async def embeddings(request: Request, asked: EmbeddingsIn, caller: Reads) -> EmbeddingsOut:
    """Embed texts and pictures in the space that is searched."""
    del caller
    with request.app.state.site.holder.use("search", Searching) as part:
        if asked.model not in {"", part.embedder.model, "default"}:
            raise Problem(404, "no-model", "There is no model of that name.", f"Leave model out, or name {part.embedder.model!r} (GET /v1/models).")
        contents = [await _content(one) for one in _contents(asked.input)]
        if any(one.image is not None for one in contents) and not isinstance(part.embedder, MultimodalEmbedder):
            raise Problem(400, "no-pictures", f"{part.embedder.model} reads no pictures.", "Send text.")
        made = await part.embed.all(contents)
        for one in made:
            if one.faults:
                what, _, mend = one.faults[0].partition("\n")
                raise Problem(400, "no-picture", what, mend)
        rows = _cut(np.stack([np.asarray(one.vectors, dtype=np.float32) for one in made]), asked.dimensions)
        data = tuple(EmbeddingOut(index=place, embedding=_written(row, asked.encoding_format)) for place, row in enumerate(rows))
        words = sum(len(one.text.split()) for one in contents)
        return EmbeddingsOut(data=data, model=part.embedder.model, usage=UsageOut(prompt_tokens=words, total_tokens=words))


def _contents(given: Any) -> list[list[TextPart | ImagePart]]:
    if isinstance(given, str):
        return [[TextPart(type="text", text=given)]]
    if isinstance(given[0], str):
        return [[TextPart(type="text", text=text)] for text in given]
    return [list(given)] if isinstance(given[0], Shape) else [list(parts) for parts in given]


async def _content(parts: list[TextPart | ImagePart]) -> Content:
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    pictures = [part.image_url.url for part in parts if isinstance(part, ImagePart)]
    if len(pictures) > 1:
        raise Problem(400, "pictures", "A content has more than one picture.", "Give each picture a content of its own.")
    image = await opened(of_base64(pictures[0])) if pictures else None
    return Content("\n".join(texts), image)


def _cut(rows: np.ndarray, dimensions: int | None) -> np.ndarray:
    if dimensions is None or dimensions == rows.shape[1]:
        return rows
    if dimensions > rows.shape[1]:
        raise Problem(400, "dimensions", f"The model has {rows.shape[1]} dimensions.", "Ask for as many or fewer.")
    return unit(rows[:, :dimensions])


def _written(row: np.ndarray, form: str) -> tuple[float, ...] | str:
    return base64.b64encode(row.astype("<f4").tobytes()).decode() if form == "base64" else tuple(row.tolist())
