"""The pages as one application, beside the links of pages and mails; and how what goes wrong looks."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from broadsheet.core.errors import BroadsheetError
from broadsheet.core.log import get_logger
from broadsheet.serve.api.problems import IN_THE_LOG, Problem, of_error
from broadsheet.serve.pages import ask, needs, reader, readers, runs, search, sign_in, today, why
from broadsheet.serve.pages.frame import SEALED, TYPES, AwayError, frame_names, is_part, static, templates
from broadsheet.serve.session import Sessions
from broadsheet.serve.site import Site

LINKS = ("/f/", "/u/")
ROUTERS = tuple(one.router for one in (today, why, search, ask, needs, reader, readers, runs, sign_in))


def create_pages(site: Site, links: ASGIApp, sessions: Sessions) -> ASGIApp:
    """Return the pages of a site; what is asked for under `/f/` and `/u/` is passed to the application of signed `links`."""
    app = FastAPI(title="Broadsheet", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.site, app.state.sessions = site, sessions
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/static/{name}", _static, methods=["GET"])
    _with_errors(app)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await (links if scope["type"] == "http" and scope["path"].startswith(LINKS) else app)(scope, receive, send)

    return dispatch


def _static(name: str) -> Response:
    """Return a style or a script; its address names its content, so that it may be kept."""
    held = static(name)
    if held is None:
        raise HTTPException(404)
    return Response(held, media_type=TYPES[name.rpartition(".")[2]], headers={"cache-control": "public, max-age=31536000, immutable"})


def _with_errors(app: FastAPI) -> None:
    """Answer what goes wrong with a page, or where the script asks with a part of one: what it was and what mends it, never a trace."""

    @app.exception_handler(AwayError)
    def away(request: Request, fault: AwayError) -> Response:
        address = f"/in?next={quote(fault.back)}"
        return Response(status_code=401, headers={"HX-Redirect": address}) if is_part(request) else RedirectResponse(address, 303)

    @app.exception_handler(Problem)
    def problem(request: Request, fault: Problem) -> Response:
        return page_of(request, fault)

    @app.exception_handler(BroadsheetError)
    def error(request: Request, fault: BroadsheetError) -> Response:
        found = of_error(fault)
        if found.status >= 500:
            get_logger("serve").error("a page failed", fault=fault.what)
        return page_of(request, found)

    @app.exception_handler(RequestValidationError)
    def unfit(request: Request, fault: RequestValidationError) -> Response:
        first = fault.errors()[0]
        what = f"{first['loc'][-1]}: {first['msg']}"
        return page_of(request, Problem(422, "unfit", f"That does not fit its form ({what}).", "Go back, and change it."))

    @app.exception_handler(HTTPException)
    def refused(request: Request, fault: HTTPException) -> Response:
        said = {404: "There is no such page.", 405: "That page is not asked in this way."}.get(fault.status_code, HTTPStatus(fault.status_code).phrase)
        return page_of(request, Problem(fault.status_code, "refused", said, "All pages there are stand above.", headers=fault.headers))

    @app.exception_handler(Exception)
    def broken(request: Request, fault: Exception) -> Response:
        get_logger("serve").error("a page broke", fault=type(fault).__name__, request=request.scope.get("broadsheet.request", ""))
        return page_of(request, Problem(500, "broken", "Something is broken here.", IN_THE_LOG))


def page_of(request: Request, problem: Problem) -> HTMLResponse:
    """Return a problem as a page; one that passes by itself is asked again after as long as it says."""
    wait = problem.headers.get("Retry-After", "") if request.method == "GET" and problem.status == 503 else ""
    names: dict[str, Any] = {
        **frame_names(request.app.state.site, request.url.path),
        "problem": problem,
        "wait": wait,
        "path": request.url.path,
        "token": "",
        "view": None,
    }
    name = "problem_part.html" if is_part(request) else "problem.html"
    answer = HTMLResponse(templates().get_template(name).render(names), problem.status, problem.headers)
    answer.headers.update(SEALED)
    return answer
