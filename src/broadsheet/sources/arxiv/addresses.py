"""Where arXiv's four interfaces are, and how long and how often they are asked."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Self
from urllib.parse import urlencode


class Addresses(NamedTuple):
    """The addresses of the feeds (above `rss/` and `atom/`), the listings, the query interface and OAI-PMH."""

    feed: str = "https://rss.arxiv.org"
    listing: str = "https://arxiv.org/list"
    api: str = "https://export.arxiv.org/api/query"
    oai: str = "https://oaipmh.arxiv.org/oai"

    @classmethod
    def of(cls, base: str) -> Self:
        """Return the addresses of one server that has all four; a base that ends in `/rss` is the one above it.

        >>> Addresses.of("http://127.0.0.1:8000/rss/").listing
        'http://127.0.0.1:8000/list'
        """
        base = base.rstrip("/").removesuffix("/rss").rstrip("/")
        return cls(base, f"{base}/list", f"{base}/api/query", f"{base}/oai")

    @classmethod
    def stated(cls) -> Self:
        """Return those of BROADSHEET_ARXIV, a mirror or a test server, or arXiv's own."""
        base = os.environ.get("BROADSHEET_ARXIV")
        return cls.of(base) if base else cls()

    def feed_of(self, categories: Sequence[str], form: str = "rss") -> str:
        """Return the address of one feed of several categories.

        >>> Addresses().feed_of(["cs.IR", "cs.CL"])
        'https://rss.arxiv.org/rss/cs.IR+cs.CL'
        """
        return f"{self.feed}/{form}/{'+'.join(categories)}"

    def listing_of(self, category: str) -> str:
        """Return the address of a category's newest listing."""
        return f"{self.listing}/{category}/new"

    def query_of(self, search: str, ids: Sequence[str], start: int, most: int, order: str, *, ascending: bool) -> str:
        """Return the address of one page of a query."""
        fields = {"search_query": search, "id_list": ",".join(ids), "start": start, "max_results": most, "sortBy": order}
        return f"{self.api}?{urlencode({k: v for k, v in fields.items() if v != ''})}&sortOrder={'ascending' if ascending else 'descending'}"

    def records_of(self, group: str, since: date, until: date, prefix: str) -> str:
        """Return the address of the first page of a harvest."""
        fields = {"verb": "ListRecords", "metadataPrefix": prefix, "set": group, "from": since.isoformat(), "until": until.isoformat()}
        return f"{self.oai}?{urlencode(fields)}"

    def resumed_at(self, token: str) -> str:
        """Return the address of the page of a harvest that a token stands for."""
        return f"{self.oai}?{urlencode({'verb': 'ListRecords', 'resumptionToken': token})}"


@dataclass(frozen=True)
class ClientLimits:
    """How long and how often arXiv is asked. Times are seconds, `body` is bytes.

    `deadline` bounds a call with all its requests, waits and tries (a harvest: each of its pages), `answer`
    one answer to its last byte, `longest_wait` one wait that the server names. `tries` are the requests
    for one page; `backoff` is the first wait where the server names none, doubled after each.
    """

    deadline: float = 900.0
    answer: float = 180.0
    longest_wait: float = 300.0
    tries: int = 5
    backoff: float = 3.0
    redirects: int = 3
    body: int = 64 * 2**20
    page: int = 2000
    results: int = 30_000
    feed_items: int = 2000
    seed: int = 0

    @classmethod
    def within(cls, seconds: float) -> Self:
        """Return the usual limits, with the time of a call and of each answer bounded."""
        return cls(deadline=seconds, answer=min(cls.answer, seconds))
