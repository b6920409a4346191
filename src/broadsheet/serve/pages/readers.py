"""All readers of a run by events: who there is, what one of them had, and what comes next for them."""

import asyncio
from shlex import quote
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from broadsheet.rank.ranker import Hit
from broadsheet.serve.api.problems import Problem
from broadsheet.serve.api.recommend import known_of
from broadsheet.serve.histories import histories_of, nobody
from broadsheet.serve.models.parts import Ranked, Ranks
from broadsheet.serve.pages.frame import Looks, View
from broadsheet.serve.pages.today import run_of
from broadsheet.serve.pages.told import titles_of
from broadsheet.stack.words import ITEMS

router = APIRouter()
LISTED = 200
PLACES = 10


@router.get("/readers")
async def readers(view: Looks, name: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """Show who there is, or one reader."""
    folder = view.site.settings.report_folder
    every = await asyncio.to_thread(histories_of, folder)
    if not name:
        most = sorted(every, key=lambda one: (-len(every[one]), one))
        rows = [(one, len(every[one])) for one in most[:LISTED]]
        return view.page("readers.html", rows=rows, every=len(every))
    known = await asyncio.to_thread(known_of, view.site, name)
    if known.note:
        raise Problem(404, "no-reader", nobody(folder, name), "Readers of this run are listed at /readers.")
    following, lacking = await _next(view, known.history)
    had = tuple(reversed(known.history))
    run = run_of(view.site)
    titles = await asyncio.to_thread(titles_of, view.site.store, had, None, folder, run)
    named = run.words if run is not None else ITEMS
    return view.page("readers_one.html", name=name, quoted=quote(name), named=named, had=had, titles=titles, following=following, lacking=lacking)


async def _next(view: View, history: tuple[str, ...]) -> tuple[list[Hit], str]:
    """Return what comes next, the best first, or why nobody can tell."""
    try:
        with view.site.holder.use("rank", Ranks) as part:
            return list((await part.ask(Ranked(history, None, PLACES, False))).hits), ""
    except Problem as fault:
        if fault.kind != "no-part":
            raise
        return [], f"{fault.title} {fault.detail}"
