"""Who asks: a key, or the person at this machine; what they may do, and how often."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from broadsheet.serve.api.problems import Problem
from broadsheet.serve.guard import LOOPBACK, host_name
from broadsheet.serve.keys import Key, Scope
from broadsheet.serve.limits import FAILURES, PERSON, Limit, retry_after

# Without a key, the person at this machine may read, and tell what they did.
OWN: Final = "own"
FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_BEARER = HTTPBearer(auto_error=False, scheme_name="key", description="A key that `broadsheet serve key new` made: Authorization: Bearer KEY.")


class Caller(NamedTuple):
    """Who asks, by a name for logs and limits, and whether by a key."""

    name: str
    scopes: frozenset[str]
    key: Key | None = None

    def may(self, scope: str) -> bool:
        """Whether something may be done: who may do more may do less."""
        more = {Scope.READ: {Scope.READ, Scope.WRITE, Scope.ADMIN}, Scope.WRITE: {Scope.WRITE, Scope.ADMIN}, OWN: {OWN, Scope.WRITE, Scope.ADMIN}}
        return bool(self.scopes & more.get(scope, {scope}))


PERSON_HERE: Final = Caller("person", frozenset({Scope.READ, OWN}))


def caller_of(request: Request, secret: str | None) -> Caller:
    """Return who sends a request. Raises Problem: 401 without a key where one is needed or for one that is none, 429 for too many."""
    site = request.app.state.site
    address = request.client.host if request.client else ""
    if secret is None:
        if not is_here(request):
            raise Problem(401, "no-key", "This needs a key.", "Send one: Authorization: Bearer KEY. Make one: broadsheet serve key new")
        return within_rate(site, PERSON_HERE)
    # Whoever failed too often is not told whether this one is right.
    if wait := site.buckets.wait(f"failures {address}", FAILURES):
        raise Problem(429, "too-many-failures", "Too many keys were wrong.", "Wait, then send the right one.", headers={"Retry-After": retry_after(wait)})
    key = site.keys.opened(secret)
    if key is None:
        site.buckets.take(f"failures {address}", FAILURES)
        raise Problem(401, "wrong-key", "The key is not known, or was revoked.", "Make one: broadsheet serve key new")
    request.scope["broadsheet.key"] = key.id
    return within_rate(site, of_key(key))


def of_key(key: Key) -> Caller:
    """Return who asks with a key."""
    return Caller(f"key {key.id}", frozenset(map(str, key.scopes)), key)


def within_rate(site: Any, caller: Caller) -> Caller:
    """Count a request of a caller, and return them. Raises Problem (429) where they ask too often."""
    limit = PERSON if caller.key is None else Limit(caller.key.rate, max(10, caller.key.rate / 6))
    if wait := site.buckets.take(caller.name, limit):
        raise Problem(429, "rate", "Too many requests.", "Wait as long as the header Retry-After says.", headers={"Retry-After": retry_after(wait)})
    return caller


def is_here(request: Request) -> bool:
    """Whether a request comes from this machine, by a name of this machine, through no other server: then it may do without a key."""
    named = host_name(request.headers.get("host", "")) in LOOPBACK
    return bool(request.app.state.site.settings.local) and named and not any(name in request.headers for name in FORWARDED)


def may(scope: str) -> Callable[..., Awaitable[Caller]]:
    """Return the dependency of a route that needs a scope."""

    async def found(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Caller:
        stated = request.headers.get("authorization")
        if stated is not None and given is None:
            raise Problem(401, "no-bearer", "The header Authorization has no key.", "Send: Authorization: Bearer KEY")
        # A key is looked up in the database: that is for a thread, and nothing else here is.
        caller = caller_of(request, None) if given is None else await run_in_threadpool(caller_of, request, given.credentials)
        if not caller.may(scope):
            status = 403 if caller.key else 401
            raise Problem(status, "scope", f"This needs a key with the scope {scope}.", f"Make one: broadsheet serve key new --scope {scope}")
        return caller

    found.scope = scope  # pyrefly: ignore[missing-attribute]
    return found


Reads = Annotated[Caller, Depends(may(Scope.READ))]
Owns = Annotated[Caller, Depends(may(OWN))]
Writes = Annotated[Caller, Depends(may(Scope.WRITE))]
Rules = Annotated[Caller, Depends(may(Scope.ADMIN))]
