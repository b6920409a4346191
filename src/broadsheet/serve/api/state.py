"""Whether the server lives, whether it is ready, its figures, and what it has loaded; with the word that loads it anew."""

import asyncio
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field

from broadsheet.core.log import get_logger
from broadsheet.serve.api.problems import ALWAYS, Problem, documented
from broadsheet.serve.api.shapes import Shape
from broadsheet.serve.callers import Caller, Reads, Rules
from broadsheet.serve.models.parts import Searching
from broadsheet.serve.site import Site

router = APIRouter(tags=["state"])


class RouteOut(Shape):
    """A route: how it is asked, and what it is for."""

    method: str
    path: str
    what: str


class AboutOut(Shape):
    """What answers here: its version, where its whole description is, and its routes."""

    name: str
    version: str
    openapi: str
    routes: tuple[RouteOut, ...]


class PartOut(Shape):
    """A part, and what is loaded for it: its kind, the model that runs, the hash of its content, what it came from, how many items, its figures."""

    part: str
    state: str
    kind: str = ""
    model: str = ""
    hash: str = ""
    parents: dict[str, str] = Field(default_factory=dict)
    items: int = 0
    metrics: dict[str, float] = Field(default_factory=dict)
    fault: str = ""


class ArtefactsOut(Shape):
    """All parts of the generation that answers; `fault` says why the last attempt to load something else failed."""

    generation: int
    since: str
    fault: str
    parts: tuple[PartOut, ...]


class ModelOut(Shape):
    """A model that makes embeddings, in OpenAI's form, with its content's hash and whether it reads pictures."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: str = "broadsheet"
    hash: str = ""
    pictures: bool = False


class ModelsOut(Shape):
    """Models that make embeddings."""

    object: str = "list"
    data: tuple[ModelOut, ...]


class ReloadOut(Shape):
    """Which generation answers now, and whether it is another than before."""

    generation: int
    changed: bool
    fault: str


class ReadyOut(Shape):
    """Which parts answer."""

    ready: bool
    parts: dict[str, str]


@router.get("/v1")
def about(request: Request) -> AboutOut:
    """Return all routes, each in a line."""
    app: FastAPI = request.app
    routes = tuple(
        RouteOut(method=method.upper(), path=path, what=said.get("description", "").partition("\n")[0])
        for path, methods in app.openapi()["paths"].items()
        for method, said in methods.items()
    )
    return AboutOut(name=app.title, version=app.version, openapi=app.openapi_url or "", routes=routes)


@router.get("/healthz", response_class=PlainTextResponse, responses={**documented(503), 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def healthz(request: Request) -> PlainTextResponse:
    """Say that the server lives and its database answers."""
    store = request.app.state.site.store
    with store.errors(), store.engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    return PlainTextResponse("ok\n")


@router.get("/readyz", responses=documented(503))
def readyz(request: Request) -> ReadyOut:
    """Say whether every part answers; 503 while one is being opened."""
    holder = request.app.state.site.holder
    found = ReadyOut(ready=holder.is_ready, parts=_states(holder))
    if not found.ready:
        missing = ", ".join(sorted(name for name, state in found.parts.items() if state == "opening"))
        raise Problem(503, "opening", f"Being opened: {missing}.", "Ask again after 2 seconds.", headers={"Retry-After": "2"})
    return found


@router.get("/metrics", response_class=PlainTextResponse, responses={**ALWAYS, 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def metrics(request: Request, caller: Reads) -> Response:
    """Return figures in the form of Prometheus."""
    del caller
    return Response(request.app.state.site.metrics.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/artefacts", responses=ALWAYS)
def artefacts(request: Request, caller: Reads) -> ArtefactsOut:
    """List what is loaded, each part with the hash of its content and what it came from."""
    return loaded(request.app.state.site, caller)


@router.get("/v1/models", responses=ALWAYS)
def models(request: Request, caller: Reads) -> ModelsOut:
    """List the models that make embeddings, as OpenAI's interface does."""
    from broadsheet.core.component import MultimodalEmbedder

    del caller
    held = request.app.state.site.holder.current.parts.get("search")
    part = held.part if held is not None else None
    if not isinstance(part, Searching):
        return ModelsOut(data=())
    return ModelsOut(data=(ModelOut(id=part.embedder.model, hash=part.loaded.hash, pictures=isinstance(part.embedder, MultimodalEmbedder)),))


@router.post("/v1/models/reload", responses=ALWAYS)
async def reload(request: Request, caller: Rules) -> ReloadOut:
    """Load what took the place of an artefact since, all of it in one step; what is being answered ends with the old."""
    holder = request.app.state.site.holder
    changed = await asyncio.to_thread(holder.open_all)
    get_logger("serve").info("loaded anew", by=caller.name, changed=changed, generation=holder.current.number)
    return ReloadOut(generation=holder.current.number, changed=changed, fault=holder.fault)


def loaded(site: Site, caller: Caller) -> ArtefactsOut:
    """Return what is loaded, as far as a caller may know it."""
    holder = site.holder
    now, states = holder.current, _states(holder)
    # Faults name folders of this machine: they are for whoever runs it.
    inside = caller.key is None or caller.may("admin")
    parts = []
    for name, state in states.items():
        held = now.parts.get(name)
        if held is None or held.part is None:
            parts.append(PartOut(part=name, state=state, fault=f"{held.fault.title} {held.fault.detail}" if inside and held is not None and held.fault else ""))
        else:
            about = held.part.loaded
            parts.append(
                PartOut(
                    part=name,
                    state=state,
                    kind=about.kind,
                    model=about.model,
                    hash=about.hash,
                    parents=dict(about.parents),
                    items=about.items,
                    metrics=_finite(about.metrics),
                )
            )
    return ArtefactsOut(generation=now.number, since=now.at.isoformat(), fault=holder.fault if inside else "", parts=tuple(parts))


def _states(holder: Any) -> dict[str, str]:
    parts = holder.current.parts
    return {name: "opening" if name not in parts else "ready" if parts[name].part is not None else "missing" for name in holder.names}


def _finite(metrics: Any) -> dict[str, float]:
    """Return figures without those that JSON cannot hold."""
    import math

    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
