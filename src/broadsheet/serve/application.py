"""The whole server as one application: the programming interface, and beside it the pages behind signed links."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from broadsheet import __version__
from broadsheet.serve.api import ask, embeddings, events, jobs, needs, recommend, reports, search, state
from broadsheet.serve.api.problems import ProblemOut, with_problems
from broadsheet.serve.guard import LOOPBACK, Guard
from broadsheet.serve.site import Site

OPENAPI: Final = "/v1/openapi.json"
# What belongs to the programming interface; all else are pages.
OURS: Final = ("/v1", "/healthz", "/readyz", "/metrics")
ROUTERS: Final = tuple(one.router for one in (search, recommend, ask, needs, reports, events, embeddings, jobs, state))
ABOUT: Final = (
    "Search, recommendation, ranking, slates, questions, needs, reports and events of one catalogue. What goes wrong is a problem (RFC 9457): "
    "`title` says what is wrong, `detail` what mends it. Status 400 is for what has the right form and cannot be done, 422 for another form."
)


def create_api(site: Site) -> FastAPI:
    """Return the programming interface over a site."""
    app = FastAPI(title="Broadsheet", version=__version__, description=ABOUT, docs_url=None, redoc_url=None, openapi_url=OPENAPI)
    app.state.site = site
    for router in ROUTERS:
        app.include_router(router)
    with_problems(app)
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(made())
        return app.openapi_schema

    app.openapi = openapi  # pyrefly: ignore[bad-assignment]
    return app


def create_site(site: Site, pages: ASGIApp, *beside: Callable[[], AbstractContextManager[object]]) -> ASGIApp:
    """Return the application of a whole server: the interface of a site under `/v1`, `pages` everywhere else, both behind the guard.

    What runs `beside` it begins and ends with it.
    """
    app = create_api(site)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with site.living(*beside):
            yield

    app.router.lifespan_context = lifespan

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] != "http" or any(scope["path"] == one or scope["path"].startswith(f"{one}/") for one in OURS)
        await (app if ours else pages)(scope, receive, send)

    return Guard(dispatch, hosts=LOOPBACK | set(site.settings.hosts), count=site.metrics.count)


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    """Add what the framework leaves out: the form of problems, and that a person at this machine needs no key to read."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    components["ProblemOut"] = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    components |= components["ProblemOut"].pop("$defs", {})
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    for path in schema["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and operation.get("security"):
                operation["security"] = [*operation["security"], {}]
    return _with_tuples(schema)


def _with_tuples(schema: Any) -> Any:
    """Say of a tuple's places what OpenAPI 3.1 says: `prefixItems`, where the framework lists them under `items`."""
    if isinstance(schema, list):
        return [_with_tuples(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _with_tuples(one) for name, one in schema.items()}
    if isinstance(found.get("items"), list):
        found["prefixItems"] = found.pop("items")
    return found
