"""The web application: signed links of readers and unsubscribing, and nothing else."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.errors import StoreError
from broadsheet.core.log import get_logger
from broadsheet.core.store import Store
from broadsheet.report.feedback.links import ExpiredLinkError, ForgedLinkError, Links
from broadsheet.serve.answer import Answer, policy, render
from broadsheet.serve.clicks import Clicks

LOOKED_AT = ["GET", "HEAD"]


def create_app(store: Store, links: Links, clock: Clock | None = None) -> FastAPI:
    """Return the application over a database: `/f/{token}`, `/u/{token}`, `/healthz`.

    GET and HEAD change nothing, whoever sends them; POST records once. Every other path is a plain 404.
    """
    clicks = Clicks(store, links, clock or WallClock())
    app = FastAPI(title="Broadsheet", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    @app.api_route("/f/{token}", methods=LOOKED_AT)
    def see(token: str) -> HTMLResponse:
        """Say what a link will do."""
        return _page(clicks.see(token))

    @app.post("/f/{token}")
    def do(token: str) -> HTMLResponse:
        """Do it."""
        return _page(clicks.do(token))

    @app.api_route("/u/{token}", methods=LOOKED_AT)
    def see_leaving(token: str) -> HTMLResponse:
        """Say what unsubscribing ends."""
        return _page(clicks.see_leaving(token))

    @app.post("/u/{token}")
    def leave(token: str) -> HTMLResponse:
        """Unsubscribe: a page's button, or a mail program in one click (RFC 8058)."""
        return _page(clicks.leave(token))

    @app.api_route("/healthz", methods=LOOKED_AT)
    def healthz() -> PlainTextResponse:
        """Say that the database answers."""
        clicks.check()
        return PlainTextResponse("ok\n")

    _with_errors(app)
    app.add_middleware(SecurityHeaders)
    return app


def _page(answer: Answer, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    return HTMLResponse(render(answer), status_code=status)


def _with_errors(app: FastAPI) -> None:
    """Answer what goes wrong with a plain page: what it was and what mends it, never a trace."""

    @app.exception_handler(ForgedLinkError)
    def forged(request: Request, fault: ForgedLinkError) -> HTMLResponse:
        del request, fault
        return _page(Answer("This link is not valid", ("Nothing was recorded. Copy the whole link from the page or the mail.",)), HTTPStatus.FORBIDDEN)

    @app.exception_handler(ExpiredLinkError)
    def expired(request: Request, fault: ExpiredLinkError) -> HTMLResponse:
        del request, fault
        return _page(Answer("This link has expired", ("Nothing was recorded. A newer page has newer links.",)), HTTPStatus.GONE)

    @app.exception_handler(HTTPException)
    def refused(request: Request, fault: HTTPException) -> HTMLResponse:
        del request
        status = HTTPStatus(fault.status_code)
        page = _page(Answer(status.phrase, ("There is nothing else here but the links of a page or a mail.",)), status)
        page.headers.update(fault.headers or {})
        return page

    @app.exception_handler(StoreError)
    def without_store(request: Request, fault: StoreError) -> HTMLResponse:
        del request
        get_logger("serve").error("the database does not answer", fault=fault.what)
        return _page(Answer("Not now", ("The database does not answer, and nothing was recorded. Try again in a minute.",)), HTTPStatus.SERVICE_UNAVAILABLE)

    @app.exception_handler(Exception)
    def broken(request: Request, fault: Exception) -> HTMLResponse:
        del request, fault
        return _page(
            Answer("Something is broken here", ("Nothing was recorded, as far as is known. Who runs this server finds the reason in its log.",)),
            HTTPStatus.INTERNAL_SERVER_ERROR,
        )


class SecurityHeaders:
    """Adds to every answer the headers by which a browser loads nothing, frames nothing, keeps nothing and tells no other site of the link."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = [
            (b"content-security-policy", policy().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            # A form of these pages says where it comes from, and no other site learns it.
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"interest-cohort=(), browsing-topics=()"),
            (b"x-robots-tag", b"noindex, nofollow"),
            (b"cache-control", b"no-store"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and the answer back with the headers."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        await self.app(scope, receive, sent if scope["type"] == "http" else send)
