"""Search by words, by a picture, or by both; the address holds the words, so that it can be kept and gone back to."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import HTMLResponse

from broadsheet.serve.api.problems import Problem
from broadsheet.serve.api.search import SearchOut, found
from broadsheet.serve.pages.frame import Acts, Looks, View
from broadsheet.serve.pages.today import run_of

router = APIRouter()
Words = Annotated[str, Query(max_length=4000)]
A_PAGE = 10


@router.get("/search")
async def search(view: Looks, q: Words = "", cursor: Annotated[str, Query(max_length=400)] = "") -> HTMLResponse:
    """Show the form, and what words find; asked by the script for what follows, those results alone."""
    if not q.strip():
        return view.page("search.html", words="", found=None, pictured=False)
    made = await found(view.request, q, None, A_PAGE, cursor)
    if cursor and view.is_part:
        return view.page("search_hits.html", words=q, found=made, facts=_facts(view))
    return view.page("search.html", words=q, found=made, pictured=False, facts=_facts(view))


@router.post("/search")
async def by_picture(view: Acts, image: Annotated[UploadFile | None, File()] = None, q: Annotated[str, Form(max_length=4000)] = "") -> HTMLResponse:
    """Show what a picture finds, alone or with words. A picture is looked at and not kept, so that there is no address of what it found."""
    data = await image.read() if image is not None else b""
    if not data and not q.strip():
        return _with(view, q, None, Problem(400, "empty", "There is nothing to look for.", "Write words, or give a picture."))
    try:
        made = await found(view.request, q, data or None, 50, "")
    except Problem as fault:
        return _with(view, q, None, fault)
    return _with(view, q, made, None)


def _with(view: View, words: str, made: SearchOut | None, fault: Problem | None) -> HTMLResponse:
    name = "search_found.html" if view.is_part else "search.html"
    return view.page(name, status=fault.status if fault else 200, words=words, found=made, pictured=True, fault=fault, facts=_facts(view))


def _facts(view: View) -> bool:
    """Whether what else a table says of an item is shown, such as a price: of papers it is not."""
    run = run_of(view.site)
    return run is not None and run.kind != "papers"
