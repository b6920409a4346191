"""`/v1/search`: items by words, by a picture, or by both; `/v1/items`: one item."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, Query, Request, UploadFile
from pydantic import Field, StringConstraints

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Content, MultimodalEmbedder
from broadsheet.core.errors import did_you_mean
from broadsheet.core.schema import Item
from broadsheet.represent.finding import Near
from broadsheet.serve.api.pictures import of_base64, opened
from broadsheet.serve.api.problems import ALWAYS, Problem, documented
from broadsheet.serve.api.shapes import DEEPEST, Cursor, Few, ItemId, Said, Shape, Shown, cursor_of, place_of, shown
from broadsheet.serve.callers import Reads
from broadsheet.serve.histories import MANY
from broadsheet.serve.models.parts import Found, Recommending, Searching, Slates
from broadsheet.serve.models.parts import Query as Asked

router = APIRouter(prefix="/v1", tags=["search"])
# Base64 of the longest picture.
Picture = Annotated[str, StringConstraints(max_length=11_000_000), Field(description="Bytes in base64, or a data URL. No other address: nothing is fetched.")]


class SearchIn(Shape):
    """What is looked for: words, a picture, or both."""

    text: Annotated[Said, Field(examples=["graph retrieval"])] = ""
    image: Picture = ""
    k: Few = 10
    cursor: Cursor = ""


class HitOut(Shape):
    """An item that was found, its place from 1, and what it stands by: its cosine, and more where it holds the very `words`, told as their share."""

    rank: int
    score: float
    cosine: float
    words: float
    item: Shown


class SearchOut(Shape):
    """A page of what was found; `next` is the cursor of the page behind it, empty on the last.

    `absent` are words of the query with a digit, such as a code, that no item holds, and all of its words where no item holds any: then the hits are the nearest by meaning.
    """

    hits: tuple[HitOut, ...]
    next: str
    absent: tuple[str, ...]
    model: str
    how: str
    generation: int


@router.post("/search", responses=ALWAYS)
async def search(request: Request, asked: SearchIn, caller: Reads) -> SearchOut:
    """Find items by words, a picture in base64, or both."""
    del caller
    data = of_base64(asked.image) if asked.image else None
    return await found(request, asked.text, data, asked.k, asked.cursor)


@router.post("/search/upload", responses=ALWAYS)
async def upload(
    request: Request,
    caller: Reads,
    image: Annotated[UploadFile, File(description="A picture: PNG, JPEG, WebP, GIF or BMP.")],
    text: Annotated[str, Form(max_length=4000)] = "",
    k: Annotated[int, Form(ge=1, le=100)] = 10,
) -> SearchOut:
    """Find items by the bytes of a picture, alone or with words, as a form sends them."""
    del caller
    return await found(request, text, await image.read(), k, "")


async def found(request: Request, text: str, data: bytes | None, k: int, cursor: str) -> SearchOut:
    """Return what words, a picture or both find, from a cursor on. Raises Problem for what cannot be looked for."""
    if not text.strip() and data is None:
        raise Problem(400, "empty", "The query is empty.", "Give text, a picture, or both.")
    site = request.app.state.site
    asked = (text, data.hex()[:64] if data else "", k)
    after = place_of(cursor, *asked).after
    if after >= DEEPEST:
        raise Problem(400, "cursor", f"Pages end at {DEEPEST} items.", "Ask for something narrower.")
    image = await opened(data) if data is not None else None
    with site.holder.use("search", Searching) as part:
        if image is not None and not isinstance(part.embedder, MultimodalEmbedder):
            raise Problem(400, "no-pictures", f"{part.embedder.model} reads no pictures.", "Ask with words.")
        # One more than is shown tells whether there is another page.
        made: Found = await part.find(Asked(Content(text, image), after + k + 1))
        if made.fault:
            what, _, mend = made.fault.partition("\n")
            raise Problem(400, "no-picture", what, mend)
        hits = tuple(_hit(rank, near, part.catalogue) for rank, near in enumerate(made.near[after : after + k], after + 1))
        more = cursor_of(after + k, *asked) if len(made.near) > after + k else ""
        absent = part.finder.absent(text)
        return SearchOut(hits=hits, next=more, absent=absent, model=part.loaded.model, how=made.how, generation=site.holder.current.number)


def _hit(rank: int, near: Near, items: Catalogue) -> HitOut:
    said = {"score": round(near.score, 6), "cosine": round(near.cosine, 6), "words": round(near.words, 3)}
    return HitOut(rank=rank, item=shown(items.items[items.row(near.id)]), **said)


@router.get("/items", responses={**ALWAYS, **documented(404)}, tags=["search"])
def item(request: Request, caller: Reads, id: Annotated[ItemId, Query(description="The id; it may hold a slash.")]) -> Shown:  # noqa: A002
    """Return one item by its id: of the catalogue that is searched, else of the database, else its title as a bundle knows it."""
    del caller
    return shown(known_item(request.app.state.site, id))


@router.get("/items/{id:path}", responses={**ALWAYS, **documented(404)}, tags=["search"])
def item_at(request: Request, caller: Reads, id: Annotated[ItemId, Path(description="The id; it may hold a slash.")]) -> Shown:  # noqa: A002
    """Return one item by its id, as part of the address."""
    return item(request, caller, id)


def known_item(site: Any, id: str) -> Item:  # noqa: A002 - the field's own name
    """Return an item by its id, wherever it is known. Raises Problem where it is nowhere."""
    parts = {name: one.part for name, one in site.holder.current.parts.items()}
    search = parts.get("search")
    if isinstance(search, Searching) and id in search.catalogue:
        return search.catalogue.items[search.catalogue.row(id)]
    found = site.store.items([id]).get(id) if "\x00" not in id else None
    if found is None:
        title = next((title for part in parts.values() if (title := _title(part, id)) is not None), None)
        if title is None:
            known = search.catalogue.ids if isinstance(search, Searching) and len(search.catalogue) <= MANY else ()
            raise Problem(404, "no-item", f"There is no item of that id.{did_you_mean(id, known)}", "Search for it: POST /v1/search")
        found = Item(id=id, title=title)
    return found


def _title(part: Any, id: str) -> str | None:  # noqa: A002 - the field's own name
    """Return the title that a bundle knows of an item."""
    if isinstance(part, Recommending):
        return part.retriever.title(id)
    return part.titles.get(id) if isinstance(part, Slates) else None
