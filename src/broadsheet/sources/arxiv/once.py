"""One polite request to arXiv's feed."""

import re

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.errors import SourceNotFoundError
from broadsheet.core.home import home
from broadsheet.sources.arxiv.addresses import Addresses, ClientLimits
from broadsheet.sources.arxiv.client import ArxivClient
from broadsheet.sources.arxiv.wire import user_agent

SECONDS = 30.0
_SPEC = re.compile(r"^arxiv:([a-z-]+(?:\.[A-Za-z-]+)?(?:\+[a-z-]+(?:\.[A-Za-z-]+)?)*)$")

__all__ = ["SECONDS", "fetch_arxiv", "user_agent"]


def fetch_arxiv(source: str, *, base: str | None = None, seconds: float = SECONDS, clock: Clock | None = None) -> bytes:
    """Fetch the feed of `arxiv:cs.IR+cs.CL` in ONE request, never repeated; `seconds` bound the whole of it.

    `base` (or BROADSHEET_ARXIV) replaces arXiv's own address, for a mirror or a test server.
    It goes through the gate that all requests to arXiv share. Raises `NetworkError` without a connection
    or in time, `RefusedError` for any status but 200 (`ThrottledError` where it is to come back later).
    """
    spec = _SPEC.match(source)
    if not spec:
        raise SourceNotFoundError(f"{source!r} names no arXiv categories.", "Write for example: --source arxiv:cs.IR+cs.CL")
    limits = ClientLimits(deadline=seconds, answer=seconds, tries=1)
    client = ArxivClient(home(), addresses=Addresses.of(base) if base else None, clock=clock or WallClock(), limits=limits)
    return client.raw_feed(spec.group(1).split("+"))
