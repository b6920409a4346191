"""One polite request to arXiv's feed."""

import os
import re
import threading

import httpx

from broadsheet import __version__
from broadsheet.core.errors import NetworkError, RefusedError, SourceNotFoundError

FEED = "https://rss.arxiv.org/rss/"
SECONDS = 30.0
_REDIRECTS = 3
_SPEC = re.compile(r"^arxiv:([a-z-]+(?:\.[A-Za-z-]+)?(?:\+[a-z-]+(?:\.[A-Za-z-]+)?)*)$")


def user_agent() -> str:
    """Say who asks: the version, and the contact from BROADSHEET_CONTACT where it is set."""
    contact = " ".join(os.environ.get("BROADSHEET_CONTACT", "").split())
    return f"broadsheet/{__version__} ({contact or 'set BROADSHEET_CONTACT to your address'})"


def fetch_arxiv(source: str, *, base: str | None = None, seconds: float = SECONDS) -> bytes:
    """Fetch the feed of `arxiv:cs.IR+cs.CL` in ONE request; `seconds` bound the whole of it.

    `base` (or BROADSHEET_ARXIV) replaces arXiv's own address, for a mirror or a test server.
    Raises `NetworkError` without a connection or in time, `RefusedError` for any status but 200.
    """
    spec = _SPEC.match(source)
    if not spec:
        raise SourceNotFoundError(f"{source!r} names no arXiv categories.", "Write for example: --source arxiv:cs.IR+cs.CL")
    url = (base or os.environ.get("BROADSHEET_ARXIV") or FEED).rstrip("/") + "/" + spec.group(1)
    try:
        response = _get(url, seconds)
    except httpx.TimeoutException:
        raise NetworkError(f"{url} did not answer within {seconds:g} s.", "Try again later, or read a saved feed: --source FILE.xml") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as fault:
        raise NetworkError(f"{url} cannot be reached: {fault}.", "Check the connection, or read a saved feed: --source FILE.xml") from None
    if response.status_code != 200:
        after = response.headers.get("Retry-After")
        wait = f" It asks to wait {f'{after} s' if after.isdigit() else f'until {after}'}." if after else ""
        raise RefusedError(f"{url} answered {response.status_code} {response.reason_phrase}.{wait}", "Try again later; arXiv asks for one request in 3 s.")
    return response.content


def _get(url: str, seconds: float) -> httpx.Response:
    # httpx bounds each read, so a server that sends a byte now and then would hold it for ever.
    answers: list[httpx.Response | Exception] = []

    def ask() -> None:
        try:
            with httpx.Client(headers={b"User-Agent": user_agent().encode()}, timeout=seconds, follow_redirects=True, max_redirects=_REDIRECTS) as client:
                answers.append(client.get(url))
        except Exception as fault:  # noqa: BLE001 - handed to the caller below
            answers.append(fault)

    worker = threading.Thread(target=ask, daemon=True)
    worker.start()
    worker.join(seconds)
    if not answers:
        raise httpx.ReadTimeout("the whole answer took too long")
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]
