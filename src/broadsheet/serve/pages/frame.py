"""What every page stands in: who looks at it, its form, its policy, and what a page of an error is."""

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import ChoiceLoader, Environment, PackageLoader

from broadsheet.core.errors import ArtifactError
from broadsheet.report.render import run_picture, why_picture
from broadsheet.report.render.page import environment
from broadsheet.represent.finding import absence
from broadsheet.serve.api.problems import Problem
from broadsheet.serve.callers import OWN, PERSON_HERE, Caller, is_here, of_key, within_rate
from broadsheet.serve.session import FIELD, HEADER, Session, Sessions
from broadsheet.serve.site import Site
from broadsheet.stack.record import read_run

PLACES: Final = (("/", "Today"), ("/search", "Search"), ("/ask", "Ask"), ("/needs", "Needs"), ("/reader", "Reader"), ("/runs", "Runs"))
"""The pages that every page leads to; that of needs is named where a run reads posts, and while none is known."""
NEEDS: Final = "/needs"
DRAWN: Final = (run_picture.STYLE, why_picture.STYLE)
"""Styles that pictures bring with them, so that they can be kept as files."""


def _hash_of(style: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


POLICY: Final = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {' '.join(map(_hash_of, DRAWN))}; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SEALED: Final = {"content-security-policy": POLICY, "referrer-policy": "same-origin"}
"""Headers of every page: with no referrer at all, a browser would not say that a form comes from here."""
# The script evaluates nothing, writes no style of its own, keeps no page of ours, moves the focus at once, and shows the answers that say what is wrong.
SCRIPT: Final = json.dumps(
    {
        "allowEval": False,
        "includeIndicatorStyles": False,
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "defaultSettleDelay": 0,
        "responseHandling": [{"code": "204", "swap": False}, {"code": "[23]..", "swap": True}, {"code": "[45]..", "swap": True, "error": True}],
    }
)
TYPES: Final = {"css": "text/css", "js": "text/javascript"}


class AwayError(Exception):
    """Who looks has to sign in first; `back` is the page that was asked for."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back


class View(NamedTuple):
    """A page for one person: the request, the session, and what they may do. `is_fresh` says that the session began with this request."""

    request: Request
    site: Site
    sessions: Sessions
    session: Session
    caller: Caller
    is_fresh: bool = False

    @property
    def reader(self) -> str:
        """Whose page, events and interests are shown."""
        return self.session.reader

    @property
    def is_part(self) -> bool:
        """Whether the script asks, which puts a part of a page in the place of another, and not the browser for a whole one."""
        return is_part(self.request)

    def page(self, template: str, *, status: int = 200, **names: Any) -> HTMLResponse:
        """Render a template that extends `frame.html`, or a part of one."""
        names = {"view": self, "token": self.sessions.token(self.session), "path": self.request.url.path, **names}
        answer = HTMLResponse(templates().get_template(template).render(frame_names(self.site, self.request.url.path) | names), status)
        return self.sealed(answer)

    def to(self, address: str) -> Response:
        """Lead to a page of this site, whoever asks."""
        if self.is_part:
            return self.sealed(Response(status_code=204, headers={"HX-Redirect": address}))
        return self.sealed(RedirectResponse(address, 303))

    def sealed(self, answer: Response) -> Any:
        """Put the policy on an answer, and the cookie of a session that is new."""
        answer.headers.update(SEALED)
        if self.is_fresh:
            self.sessions.set(answer, self.session, secure=not self.site.settings.local)
        return answer


def is_part(request: Request) -> bool:
    """Whether the script asks for a part of a page."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true"


async def _looks(request: Request) -> View:
    """Return who looks at a page: the person at this machine has a session without asking, others sign in with a key. Raises AwayError for who has to."""
    return await run_in_threadpool(_view, request)


async def _acts(request: Request) -> View:
    """Return who changes something: the form, or the script's header, has to carry the session's token.

    Raises Problem (403) where it does not, or for a key that may only read.
    """
    view = await run_in_threadpool(_view, request)
    stated = request.headers.get(HEADER) or str((await request.form()).get(FIELD, ""))
    view.sessions.check(view.session, stated)
    if not view.caller.may(OWN):
        raise Problem(403, "scope", "This key may only read.", "Sign in with a key of the scope write: broadsheet serve key new --scope write")
    return view


Looks = Annotated[View, Depends(_looks)]
Acts = Annotated[View, Depends(_acts)]


def _view(request: Request) -> View:
    site: Site = request.app.state.site
    sessions: Sessions = request.app.state.sessions
    held = sessions.of(request)
    if held is not None and held.key:
        key = site.keys.known(held.key)
        if key is not None:
            request.scope["broadsheet.key"] = key.id
            return View(request, site, sessions, held, within_rate(site, of_key(key)))
    if not is_here(request):
        raise AwayError(request.url.path if request.method == "GET" else "/")
    within_rate(site, PERSON_HERE)
    if held is not None and not held.key and held.reader == site.settings.reader:
        return View(request, site, sessions, held, PERSON_HERE)
    return View(request, site, sessions, sessions.begin(site.settings.reader), PERSON_HERE, is_fresh=True)


def _nothing(*_: object) -> tuple[()]:
    return ()


@cache
def templates() -> Environment:
    """Return the templates of the pages, beside those of the report, whose papers and drawings they show."""
    made = environment().overlay(loader=ChoiceLoader([PackageLoader("broadsheet.serve", "pages/templates"), PackageLoader("broadsheet.report.render")]))
    # A page of the site records by its own buttons: no signed link is needed, nor a browser that tells of what was opened.
    names: dict[str, Any] = {**made.globals, "absence": absence, "feedback": _nothing, "ping": _nothing}
    made.globals = names
    return made


def places_of(site: Site, path: str) -> tuple[tuple[str, str], ...]:
    """Return the pages that the page of a path leads to, without that of needs where the run of the site reads no posts: who knows its address is there all the same."""
    try:
        step = read_run(site.settings.report_folder).step(NEEDS.removeprefix("/"))
    except ArtifactError:
        return PLACES
    return PLACES if path == NEEDS or (step is not None and step.state != "off") else tuple(one for one in PLACES if one[0] != NEEDS)


def frame_names(site: Site, path: str) -> dict[str, Any]:
    """Return the names that `frame.html` needs, for whoever looks."""
    return {"places": places_of(site, path), "script": SCRIPT, "static": address_of, "field": FIELD}


@cache
def static(name: str) -> bytes | None:
    """Return a style or a script by its name, None where there is none. The report's style is one of them, so that its papers look the same here."""
    if name == "report.css":
        return templates().get_template("style.css").render().encode()
    folder = files("broadsheet.serve") / "pages" / "static"
    known = {one.name: one for one in folder.iterdir() if one.name.rpartition(".")[2] in TYPES}
    return known[name].read_bytes() if name in known else None


@cache
def address_of(name: str) -> str:
    """Return the address of a style or a script: another content has another one, so that browsers may keep it."""
    held = static(name)
    assert held is not None, name
    return f"/static/{name}?v={hashlib.sha256(held).hexdigest()[:12]}"
