"""What every request passes before a route sees it: its host, where it comes from, how long it is; and what every answer carries away."""

import re
import secrets
import time
from collections.abc import Callable, Collection
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broadsheet.core.log import get_logger
from broadsheet.serve.api.problems import Problem, answer_of

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Bytes of a body, and of one that holds pictures.
BODY, PICTURES = 1_000_000, 16_000_000
WITH_PICTURES: Final = ("/v1/search", "/v1/embeddings", "/search")
# Requests under way at once; a thread pool and a database bear no more.
AT_ONCE: Final = 128
HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"interest-cohort=(), browsing-topics=()"),
    (b"x-robots-tag", b"noindex, nofollow"),
    (b"cache-control", b"no-store"),
]
NOTHING: Final = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def host_name(stated: str) -> str:
    """Return the name in a Host header, without its port.

    >>> host_name("LOCALHOST:8460"), host_name("[::1]:80")
    ('localhost', '[::1]')
    """
    stated = stated.strip().lower()
    if stated.startswith("["):
        return stated.partition("]")[0] + "]"
    return stated.partition(":")[0].rstrip(".")


class Guard:
    """Refuses what no route should see, counts and logs every request by its route, and adds headers.

    A host that is not one of `hosts` is refused, for a page elsewhere may have given its own name this machine's address; a request that changes something and
    that another site's page sent is, too. A body is counted while it comes in. `policy` is the content security policy of answers that state none.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] | None, count: Callable[[str, str, int, float], None] = lambda *_: None) -> None:
        self.app, self._hosts, self._count = app, hosts, count
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        scope["broadsheet.request"] = name = _request_id(headers.get("x-request-id", ""))
        began, status = time.perf_counter(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_headers(message["headers"], name)
            await send(message)

        self._under_way += 1
        try:
            problem = self._problem(scope, headers)
            if problem is not None:
                await answer_of(problem, name)(scope, receive, sent)
            else:
                body = _Body(receive, _most(scope["path"]), sent, name)
                await body.passed(self.app, scope)
        finally:
            self._under_way -= 1
            spent = time.perf_counter() - began
            # The route and not the path: a link in a log could be used by whoever reads it.
            route = getattr(scope.get("route"), "path", "none")
            self._count(scope["method"], route, status, spent)
            get_logger("serve").info(
                "request", request=name, method=scope["method"], route=route, status=status, ms=round(spent * 1000, 1), key=scope.get("broadsheet.key", "")
            )

    def _problem(self, scope: Scope, headers: dict[str, str]) -> Problem | None:
        host = host_name(headers.get("host", ""))
        if self._hosts is not None and host not in self._hosts:
            return Problem(421, "host", "This server does not answer under that name.", "Use the address that it printed, or start it with --allow-host NAME.")
        if scope["method"] not in SAFE and _is_foreign(headers):
            return Problem(403, "foreign", "Another site's page sent this.", "Send it from a page of this server, or from a program.")
        if headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
            return Problem(415, "encoding", "A body that is packed is not read.", "Send it as it is, without Content-Encoding.")
        length = headers.get("content-length", "")
        if length and (not length.isdigit() or int(length) > _most(scope["path"])):
            return _too_long(_most(scope["path"]))
        if self._under_way > AT_ONCE:
            return Problem(503, "busy", f"{AT_ONCE} requests are under way.", "Ask again after 1 second.", headers={"Retry-After": "1"})
        return None


class _TooLongError(Exception):
    """More bytes came than may."""


class _Body:
    """Counts a body while it comes in, whatever its length was said to be."""

    def __init__(self, receive: Receive, most: int, send: Send, request: str) -> None:
        self._receive, self._most, self._send, self._request = receive, most, send, request
        self._came, self._is_over, self._began = 0, False, False

    async def passed(self, app: ASGIApp, scope: Scope) -> None:
        """Pass a request on with its counted body; one that is too long is answered by that, whatever the application made of it."""
        try:
            await app(scope, self._counted, self._unless_over)
        except _TooLongError:
            self._is_over = True
        if self._is_over and not self._began:
            await answer_of(_too_long(self._most), self._request)(scope, self._receive, self._send)

    async def _counted(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._came += len(message.get("body", b""))
            if self._came > self._most:
                self._is_over = True
                raise _TooLongError
        return message

    async def _unless_over(self, message: Message) -> None:
        # The application took our error for one of its own, and answers it: ours comes instead.
        if self._is_over and not self._began:
            return
        self._began = True
        await self._send(message)


def _most(path: str) -> int:
    return PICTURES if path.startswith(WITH_PICTURES) else BODY


def _too_long(most: int) -> Problem:
    return Problem(413, "too-long", f"The body is longer than {most:,} bytes.", "Send less at a time; make pictures smaller.", headers={"Connection": "close"})


def _is_foreign(headers: dict[str, str]) -> bool:
    """Whether a browser says that another site's page sent a request; what is no browser says nothing."""
    if headers.get("sec-fetch-site", "none") in {"cross-site", "same-site"}:
        return True
    origin = headers.get("origin", "")
    return bool(origin) and origin.partition("://")[2].lower() != headers.get("host", "").lower()


def _request_id(stated: str) -> str:
    """Return the id that a request states, where it is a plain one, else a new one."""
    return stated if _PLAIN_ID.fullmatch(stated) else secrets.token_hex(8)


def _with_headers(headers: Any, request: str) -> list[tuple[bytes, bytes]]:
    there = {name.lower() for name, _ in headers}
    ours = [*HEADERS, (b"content-security-policy", NOTHING), (b"x-request-id", request.encode())]
    return [*headers, *((name, value) for name, value in ours if name not in there)]
