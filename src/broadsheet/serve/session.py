"""A person's session on the pages: a signed cookie that scripts cannot read, and a token that another site's page cannot know."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from broadsheet.core.clock import Clock, WallClock
from broadsheet.serve.api.problems import Problem

COOKIE: Final = "broadsheet"
FIELD: Final = "csrf"
"""The field of a form, and with X- before it the header, that carries the token."""
HEADER: Final = "x-csrf"
LASTS: Final = timedelta(days=30)
LONGEST: Final = 2000
_FORM, _TOKEN = b"broadsheet session: cookie", b"broadsheet session: token"


class Session(NamedTuple):
    """Who looks at the pages: an id that is random, whose reader it is, and the key that it was begun with (empty: the person at this machine)."""

    id: str
    reader: str
    key: str
    since: int


class Sessions:
    """Begins, opens and ends sessions, by secrets of which the first signs and each opens."""

    def __init__(self, secret: Sequence[bytes], clock: Clock | None = None) -> None:
        self._secrets, self._clock = tuple(secret), clock or WallClock()

    def begin(self, reader: str, key: str = "") -> Session:
        """Return a new session. A session that was there before is not gone on with: its id may be known to somebody else."""
        return Session(secrets.token_urlsafe(16), reader, key, int(self._clock.now().timestamp()))

    def cookie(self, session: Session) -> str:
        """Return a session as the value of its cookie: the same for the same session."""
        text = json.dumps(list(session), ensure_ascii=True, separators=(",", ":")).encode()
        return f"{_b64(text)}.{_b64(self._mac(self._secrets[0], _FORM, text))}"

    def opened(self, cookie: str) -> Session | None:
        """Return the session of a cookie; None for one that was not made here, was changed, or is over."""
        text, _, tag = cookie.partition(".")
        if len(cookie) > LONGEST or not tag.isascii():
            return None
        try:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            return None
        if not any(hmac.compare_digest(_b64(self._mac(secret, _FORM, data)), tag) for secret in self._secrets) or _b64(data) != text:
            return None
        session = Session(*json.loads(data))
        return session if 0 <= self._clock.now().timestamp() - session.since <= LASTS.total_seconds() else None

    def token(self, session: Session) -> str:
        """Return the token that forms of a session carry."""
        return _b64(self._mac(self._secrets[0], _TOKEN, session.id.encode()))

    def check(self, session: Session, token: str) -> None:
        """Raise Problem (403) for a token that is not the session's."""
        known = [_b64(self._mac(secret, _TOKEN, session.id.encode())) for secret in self._secrets]
        if not any(hmac.compare_digest(one.encode(), token.encode("utf-8", "backslashreplace")) for one in known):
            raise Problem(
                403, "csrf", "This did not come from a page of this server, or the page is an old one.", "Load the page again, and send it from there."
            )

    def of(self, request: Request) -> Session | None:
        """Return the session of a request, None where it has none."""
        return self.opened(request.cookies.get(COOKIE, ""))

    def set(self, response: Response, session: Session, *, secure: bool) -> None:
        """Put a session's cookie on an answer: scripts cannot read it, other sites' pages do not send it, and with `secure` it goes over TLS alone."""
        response.set_cookie(COOKIE, self.cookie(session), max_age=int(LASTS.total_seconds()), httponly=True, samesite="strict", secure=secure, path="/")

    @staticmethod
    def end(response: Response) -> None:
        """Take the cookie away."""
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")

    @staticmethod
    def _mac(secret: bytes, what: bytes, text: bytes) -> bytes:
        return hmac.new(hmac.new(secret, what, hashlib.sha256).digest(), text, hashlib.sha256).digest()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
