"""What goes wrong, as RFC 9457 has it: a title that says what is wrong, a detail that says what mends it."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from broadsheet.core.errors import (
    ArtifactError,
    BroadsheetError,
    ConfigError,
    LLMError,
    MissingExtraError,
    QueryError,
    QueryTimeoutError,
    SourceError,
    StoreError,
)
from broadsheet.core.log import get_logger

MEDIA: Final = "application/problem+json"
URN: Final = "urn:broadsheet:problem:"
# So many faults of a request are told.
FEW = 20
ITEM: Final = "/v1/items/{id}"
IN_THE_LOG: Final = "Who runs this server finds it in the log, under the id of the request."
TOLD: Final = frozenset({"query-timeout", "language-model", "not-installed"})
MENDS: Final = {
    400: "Look at the form of the request in /v1/openapi.json.",
    401: "Send a key: Authorization: Bearer KEY. Make one: broadsheet serve key new",
    404: "All paths are at GET /v1.",
    405: "The header Allow names the methods of this path.",
}


class Fault(BaseModel):
    """Where in a request something is wrong, and what."""

    where: str
    what: str


class ProblemOut(BaseModel):
    """A problem: `title` says what is wrong, `detail` what mends it, `instance` which request it was."""

    type: str = Field(examples=[URN + "busy"])
    title: str
    status: int
    detail: str
    instance: str = ""
    errors: list[Fault] = Field(default_factory=list)


class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """An answer that is none: a status, a kind, what is wrong, and what mends it."""

    def __init__(self, status: int, kind: str, title: str, detail: str, *, headers: Mapping[str, str] | None = None, errors: tuple[Fault, ...] = ()) -> None:
        super().__init__(title)
        self.status, self.kind, self.title, self.detail, self.headers, self.errors = status, kind, title, detail, dict(headers or {}), errors


class BusyError(Problem):
    """There is no room for another request now; `seconds` is when there may be."""

    def __init__(self, what: str, seconds: int = 1) -> None:
        mend = f"Ask again after {seconds} second{'s' * (seconds != 1)}."
        super().__init__(503, "busy", what, mend, headers={"Retry-After": str(seconds)})


def of_error(fault: BroadsheetError) -> Problem:
    """Return an error of the house as a problem.

    >>> of_error(StoreError("It is locked.", "Wait.")).status
    503
    """
    if isinstance(fault, StoreError):
        return Problem(503, "store", "The database does not answer.", "Nothing was recorded. Ask again in a few seconds.", headers={"Retry-After": "5"})
    kinds: tuple[tuple[type[BroadsheetError], int, str], ...] = (
        (QueryTimeoutError, 504, "query-timeout"), (QueryError, 400, "query"), (LLMError, 502, "language-model"), (MissingExtraError, 501, "not-installed"),
        (ArtifactError, 503, "artefact"), (SourceError, 400, "record"), (ConfigError, 400, "setting"),
    )  # fmt: skip
    status, kind = next(((status, kind) for of, status, kind in kinds if isinstance(fault, of)), (500, "fault"))
    if status >= 500 and kind not in TOLD:
        # Its words name folders of this machine: they are for the log.
        return Problem(status, kind, "Something that the server needs cannot be used.", IN_THE_LOG, headers={"Retry-After": "5"} if status == 503 else None)
    return Problem(status, kind, fault.what, fault.mend, headers={"Retry-After": "5"} if status == 503 else None)


def answer_of(problem: Problem, request: str = "") -> JSONResponse:
    """Return a problem as it is sent; `request` is the id of the request that it is about."""
    facts = ProblemOut(
        type=URN + problem.kind,
        title=_printable(problem.title),
        status=problem.status,
        detail=_printable(problem.detail),
        instance=f"urn:broadsheet:request:{request}" if request else "",
        errors=list(problem.errors),
    )
    headers = {"WWW-Authenticate": "Bearer", **problem.headers} if problem.status == 401 else problem.headers
    return JSONResponse(facts.model_dump(), problem.status, headers, MEDIA)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how statuses other than success are documented."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemOut"}}
    return {one: {"description": HTTPStatus(one).phrase, "content": {MEDIA: schema}} for one in statuses}


# What any route may answer.
ALWAYS: Final = documented(400, 401, 403, 413, 415, 421, 422, 429, 500, 503)


def with_problems(app: FastAPI) -> None:
    """Answer everything that goes wrong with a problem, never a trace."""

    @app.exception_handler(Problem)
    def problem(request: Request, fault: Problem) -> JSONResponse:
        return answer_of(fault, _id(request))

    @app.exception_handler(BroadsheetError)
    def error(request: Request, fault: BroadsheetError) -> JSONResponse:
        found = of_error(fault)
        if found.status >= 500:
            get_logger("serve").error("a request failed", fault=fault.what, request=_id(request))
        return answer_of(found, _id(request))

    @app.exception_handler(RequestValidationError)
    def unfit(request: Request, fault: RequestValidationError) -> JSONResponse:
        found = fault.errors()
        errors = tuple(Fault(where=_printable(".".join(map(str, one["loc"])))[:200], what=_printable(one["msg"])[:400]) for one in found[:FEW])
        if any(one["type"] == "json_invalid" for one in found):
            return answer_of(Problem(400, "no-json", "The body is no JSON.", MENDS[400], errors=errors), _id(request))
        first = f"{errors[0].where}: {errors[0].what}" if errors else "a part of it"
        fields = _fields(request) if any(one["type"] == "extra_forbidden" for one in found) else ""
        return answer_of(Problem(422, "unfit", f"The request does not fit its form ({first}).", f"{fields}{MENDS[400]}", errors=errors), _id(request))

    @app.exception_handler(HTTPException)
    def refused(request: Request, fault: HTTPException) -> JSONResponse:
        headers = dict(fault.headers or {})
        if fault.status_code == 405:
            headers["Allow"] = ", ".join(_allowed(app, request))
        said = fault.detail if isinstance(fault.detail, str) else ""
        mend = MENDS.get(fault.status_code, "Look at the request.")
        if fault.status_code == 405:
            mend = f"Ask by {headers['Allow']}. {MENDS[400]}"
        kind = HTTPStatus(fault.status_code).phrase.lower().replace(" ", "-")
        return answer_of(Problem(fault.status_code, kind, f"{said or HTTPStatus(fault.status_code).phrase}.", mend, headers=headers), _id(request))

    @app.exception_handler(Exception)
    def broken(request: Request, fault: Exception) -> JSONResponse:
        get_logger("serve").error("a request broke", fault=type(fault).__name__, where=_where(fault), request=_id(request))
        return answer_of(Problem(500, "broken", "Something is broken here.", IN_THE_LOG), _id(request))


def _fields(request: Request) -> str:
    """Return the names of the fields that the body of a request may have, in a sentence; nothing where there is no one form of it."""
    body = getattr(request.scope.get("route"), "body_field", None)
    form = getattr(getattr(body, "field_info", None), "annotation", None)
    return f"Its fields are: {', '.join(form.model_fields)}. " if isinstance(form, type) and issubclass(form, BaseModel) else ""


def _allowed(app: FastAPI, request: Request) -> list[str]:
    """Return the methods of all routes of a path: each route knows its own alone. An item's id may hold a slash."""
    path = request.scope["path"]
    paths = {one: methods for one, methods in app.openapi()["paths"].items() if re.fullmatch(re.sub(r"{[^/]+}", ".+" if one == ITEM else "[^/]+", one), path)}
    return sorted({method.upper() for methods in paths.values() for method in methods})


def _where(fault: BaseException) -> str:
    """Return the last line of our own code that an error went through."""
    trace, found = fault.__traceback__, ""
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        found = f"{name}:{trace.tb_lineno}" if name.startswith("broadsheet") else found
        trace = trace.tb_next
    return found


def _id(request: Request) -> str:
    return str(request.scope.get("broadsheet.request", ""))


def _printable(text: str) -> str:
    """Return a text that can be written as UTF-8: half a surrogate pair cannot."""
    return text.encode("utf-8", "backslashreplace").decode()
