"""Signing in with a key: where the server is reached from elsewhere, its pages are for who holds one."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import StringConstraints

from broadsheet.serve.api.problems import Problem
from broadsheet.serve.callers import caller_of
from broadsheet.serve.pages.frame import SEALED, Acts, frame_names, templates
from broadsheet.serve.session import Sessions

router = APIRouter()
# A page of this site, and no other address: who signs in is not led elsewhere.
Back = Annotated[str, StringConstraints(max_length=300)]


@router.get("/in")
def form(request: Request, next: Annotated[Back, Query()] = "/") -> HTMLResponse:  # noqa: A002 - the usual name
    """Ask for a key."""
    return _form(request, next)


@router.post("/in")
def sign_in(request: Request, key: Annotated[str, Form(max_length=200)], next: Annotated[Back, Form()] = "/") -> Response:  # noqa: A002
    """Begin a session for who holds a key; the answer is the same for a wrong key and for a revoked one."""
    try:
        caller = caller_of(request, key.strip())
    except Problem as fault:
        return _form(request, next, fault)
    assert caller.key is not None
    sessions: Sessions = request.app.state.sessions
    settings = request.app.state.site.settings
    answer = RedirectResponse(_here(next), 303)
    sessions.set(answer, sessions.begin(settings.reader, caller.key.id), secure=not settings.local)
    return answer


@router.post("/out")
def sign_out(view: Acts) -> Response:
    """End the session."""
    answer = RedirectResponse("/in", 303)
    view.sessions.end(answer)
    return answer


def _form(request: Request, back: str, fault: Problem | None = None) -> HTMLResponse:
    names = {**frame_names(request.app.state.site, request.url.path), "back": _here(back), "fault": fault, "token": "", "path": "/in", "view": None}
    answer = HTMLResponse(templates().get_template("sign_in.html").render(names), fault.status if fault else 200, fault.headers if fault else None)
    answer.headers.update(SEALED)
    return answer


def _here(back: str) -> str:
    """Return a path of this site.

    >>> _here("/runs"), _here("//elsewhere.example.org"), _here("https://elsewhere.example.org")
    ('/runs', '/', '/')
    """
    return back if back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() else "/"
