"""Needs: the pyramid of the posts that the run read, with the words that say so; and needs of a text that is typed in, of which nothing is kept."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import APIRouter, Form, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from broadsheet.core.errors import BroadsheetError, TaxonomyError
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.needs.view.drawing import level_bar, ruler
from broadsheet.serve.api.needs import MentionOut, NeedsIn, PostOut, taken
from broadsheet.serve.api.problems import Problem
from broadsheet.serve.pages.frame import Acts, Looks, View
from broadsheet.serve.pages.pyramid import WHOLE, Pyramid, pyramid_of
from broadsheet.serve.pages.today import run_of
from broadsheet.stack.steps.needs import NAME

router = APIRouter()
Words = Literal["financial", "papers"]
Id = Annotated[str, Query(max_length=100)]
AT_ONCE, LONGEST = 16, 8000
FEW, MANY = 3, 25
POLARITIES: Final = {"lack": "is lacking", "goal": "is wanted", "achieved": "is reached", "advice": "is advised on", "about_other": "is somebody else’s"}
HORIZONS: Final = {"now": "now", "<1y": "within a year", "1-5y": "in one to five years", ">5y": "in more than five years", "unknown": ""}


class Piece(NamedTuple):
    """A stretch of a post: of how many needs it is evidence, and the numbers of those whose evidence ends here."""

    text: str
    depth: int
    ends: tuple[int, ...]


class Found(NamedTuple):
    """A need of a post, in words."""

    need: str
    level: str
    order: int
    said: MentionOut

    @property
    def polarity(self) -> str:
        """How the author stands to it."""
        return POLARITIES.get(self.said.polarity, self.said.polarity)

    @property
    def horizon(self) -> str:
        """How soon it is to be met; empty where that is not said."""
        return HORIZONS.get(self.said.horizon, self.said.horizon)


class Reading(NamedTuple):
    """A post in pieces, with its needs in the order of their evidence."""

    pieces: tuple[Piece, ...]
    found: tuple[Found, ...]
    replaced: int


@router.get("/needs")
def needs(view: Looks, level: Id = "", need: Id = "") -> HTMLResponse:
    """Show the pyramid; the address names the level, and the need of it, whose evidence is open. The script asks how far it is while it is made."""
    names = _pyramid(view)
    shown: Pyramid | None = names["pyramid"]
    chosen = next((one for one in shown.levels if one.row.id == level), None) if shown else None
    needs_of = {one.id for one in chosen.needs if one.is_told} if chosen else set()
    if (level and chosen is None) or (need and need not in needs_of):
        raise Problem(404, "no-need", "There is no such level or need in these posts, or too few people speak of it.", "All that may be shown stand at Needs.")
    if view.is_part:
        return view.page("needs_state.html", **names)
    return _page(view, {**names, "level": level, "need": need})


@router.post("/needs")
async def of_text(view: Acts, posts: Annotated[str, Form(max_length=200_000)] = "", taxonomy: Annotated[Words, Form()] = "financial") -> HTMLResponse:
    """Show the needs of posts that were typed in, one a paragraph. They are read and forgotten, so that there is no address of what was found."""
    readings, fault = (), None
    try:
        made = await taken(view.request, _asked(posts, taxonomy))
        readings = tuple(_reading(post, taxonomy) for post in made.posts)
        model = made.model
    except Problem as problem:
        fault, model = problem, ""
    names = {"readings": readings, "fault": fault, "model": model, "typed": posts, "taxonomy": taxonomy}
    status = fault.status if fault else 200
    if view.is_part:
        return view.page("needs_taken.html", status=status, **names)
    return _page(view, {**await run_in_threadpool(_pyramid, view), "level": "", "need": "", **names}, status)


def paragraphs(text: str) -> tuple[str, ...]:
    r"""Return the posts of a text, one a paragraph.

    >>> paragraphs("Rent is due.\nAgain.\r\n\r\n  \nI save.\n")
    ('Rent is due.\nAgain.', 'I save.')
    """
    return tuple(one.strip() for one in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")) if one.strip())


def pieces(text: str, spans: Sequence[Sequence[tuple[int, int]]]) -> tuple[Piece, ...]:
    """Cut a text where evidence begins and ends; `spans` has, for each need, places of its evidence in characters.

    >>> [(one.text, one.depth, one.ends) for one in pieces("I owe rent now", [[(2, 10)], [(6, 14)]])]
    [('I ', 0, ()), ('owe ', 1, ()), ('rent', 2, (1,)), (' now', 1, (2,))]
    """
    cuts = sorted({0, len(text), *(place for one in spans for span in one for place in span)})
    made = []
    for start, end in pairwise(cuts):
        depth = sum(1 for one in spans if any(first <= start and end <= last for first, last in one))
        made.append(Piece(text[start:end], depth, tuple(number for number, one in enumerate(spans, 1) if any(end == last for _, last in one))))
    return tuple(made)


def _asked(posts: str, taxonomy: Words) -> NeedsIn:
    said = paragraphs(posts)
    if not said:
        raise Problem(400, "empty", "There is no post to read.", "Write one, or several with an empty line between them.")
    if len(said) > AT_ONCE or max(map(len, said)) > LONGEST:
        raise Problem(400, "too-much", f"That is more than is read at once: {AT_ONCE} posts of {LONGEST:,} characters.", "Send fewer, or shorter ones.")
    try:
        return NeedsIn(posts=said, taxonomy=taxonomy)
    except ValidationError:
        raise Problem(400, "unfit", "A post holds what is no text.", "Copy it again as plain text.") from None


def _reading(post: PostOut, taxonomy: str) -> Reading:
    known = open_taxonomy(taxonomy)
    found = []
    for said in sorted(post.mentions, key=lambda one: [(span.start, span.end) for span in one.evidence]):
        try:
            level, need = known.resolve(said.need, said.level)
            found.append(Found(need.name if need else level.name, level.name, level.order, said))
        except TaxonomyError:
            found.append(Found(said.need, said.level, 0, said))
    spans = [[(span.start, span.end) for span in one.said.evidence] for one in found]
    return Reading(pieces(post.text, spans), tuple(found), post.replaced)


def _pyramid(view: View) -> dict[str, Any]:
    """Return the pyramid, or the state of the step that makes it, or what was wrong with what it left."""
    run = run_of(view.site)
    step = run.step(NAME) if run is not None else None
    names: dict[str, Any] = {"run": run, "step": step, "pyramid": None, "broken": None}
    if run is None or step is None or not step.ready:
        return names
    try:
        return {**names, "pyramid": pyramid_of(view.site.settings.report_folder, run)}
    except BroadsheetError as fault:
        return {**names, "broken": Problem(409, "unreadable", fault.what, fault.mend)}


def _page(view: View, names: dict[str, Any], status: int = 200) -> HTMLResponse:
    given = {
        "readings": (),
        "fault": None,
        "model": "",
        "typed": "",
        "taxonomy": "financial",
        "level_bar": level_bar,
        "ruler": ruler,
        "few": FEW,
        "many": MANY,
        "whole": WHOLE,
    }
    return view.page("needs.html", status=status, **{**given, **names})
