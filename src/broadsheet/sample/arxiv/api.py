"""The answers of arXiv's query interface: pages of Atom entries, and errors as a feed with one entry."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from broadsheet.sample.arxiv.archive import Known, Told
from broadsheet.sample.arxiv.days import arxiv_number
from broadsheet.sample.arxiv.hours import iso
from broadsheet.sample.arxiv.markup import DECLARATION, element, escaped, lines, optional
from broadsheet.sample.arxiv.search import matcher

PAGE, WINDOW = 2000, 30_000
_FEED = '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">'
_SORTS = ("relevance", "lastUpdatedDate", "submittedDate")


class Answer(NamedTuple):
    """A status and its body."""

    status: int
    body: bytes


class _Found(NamedTuple):
    """A paper in one of its versions."""

    paper: Known
    version: Told


class _BadQueryError(Exception):
    """A query that the interface refuses, with the anchor of the error's address."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.anchor = "_".join(said.split())


def answer(parameters: Mapping[str, str], papers: Mapping[str, Known], now: datetime, *, empty: bool = False, inflate: int = 0) -> Answer:
    """Answer a query over all known papers.

    `empty` gives a page without entries under the true total; `inflate` adds to the total what is not there.
    """
    try:
        start, most = _window(parameters)
        found = _ordered(_select(parameters, papers), parameters)
    except _BadQueryError as bad:
        return refusal(str(bad), now, bad.anchor)
    size = min(most, PAGE)
    page = [] if empty else found[start : start + size]
    head = [*_heading(parameters, start, most, now), *_counts(size, len(found) + inflate, start)]
    return Answer(200, f"{DECLARATION}{_FEED}\n{lines(head, 2)}{''.join(map(_entry, page))}</feed>\n".encode())


def _heading(parameters: Mapping[str, str], start: int, most: int, now: datetime) -> list[str]:
    query, ids = parameters.get("search_query", ""), parameters.get("id_list", "")
    query = f"all:{query}" if query and ":" not in query else query
    span = f"start={start}&max_results={most}"
    name = b64encode(hashlib.sha1(f"{query}&{ids}&{span}".encode()).digest()).decode().rstrip("=")  # noqa: S324 - a name, no secret
    address = {"href": f"https://arxiv.org/api/query?search_query={query}&{span}&id_list={ids}", "type": "application/atom+xml"}
    return [
        element("id", f"https://arxiv.org/api/{name}"),
        element("title", f"arXiv Query: search_query={query}&id_list={ids}&{span}"),
        element("updated", iso(now)),
        element("link", attributes=address),
    ]


def refusal(said: str, now: datetime, anchor: str = "error", status: int = 400) -> Answer:
    """Return the feed whose one entry is an error."""
    address = f"https://arxiv.org/api/errors#{anchor}"
    entry = [
        element("id", address),
        element("title", "Error"),
        element("updated", iso(now)),
        element("link", attributes={"href": address, "rel": "alternate", "type": "text/html"}),
        element("summary", said),
        "<author>\n      <name>arXiv api core</name>\n    </author>",
    ]
    head = [element("id", "https://arxiv.org/"), element("title", "arXiv Search Results"), element("updated", iso(now)), *_counts(1, 1, 0)]
    return Answer(status, f"{DECLARATION}{_FEED}\n{lines(head, 2)}  <entry>\n{lines(entry, 4)}  </entry>\n</feed>\n".encode())


def _select(parameters: Mapping[str, str], papers: Mapping[str, Known]) -> list[_Found]:
    query, ids = parameters.get("search_query", "").strip(), [one for one in parameters.get("id_list", "").split(",") if one.strip()]
    if ids:
        found = [one for one in (_version_of(papers, stated) for stated in ids) if one is not None]
    elif query:
        found = [_Found(paper, paper.versions[-1]) for paper in papers.values()]
    else:
        raise _BadQueryError("search_query and id_list are both empty")
    try:
        holds = matcher(query) if query else None
    except ValueError as fault:
        raise _BadQueryError(f"cannot read the query: {fault}") from None
    return [one for one in found if not one.paper.newest.deleted and (holds is None or holds(one.paper))]


def _version_of(papers: Mapping[str, Known], stated: str) -> _Found | None:
    try:
        key, number = arxiv_number(stated)
    except ValueError:
        raise _BadQueryError(f"incorrect id format for {stated.strip()}") from None
    paper = papers.get(key)
    if paper is None or (number or 1) > len(paper.versions):
        return None
    return _Found(paper, paper.versions[number - 1 if number else -1])


def _ordered(found: list[_Found], parameters: Mapping[str, str]) -> list[_Found]:
    by, order = parameters.get("sortBy", "relevance"), parameters.get("sortOrder", "descending")
    if by not in _SORTS:
        raise _BadQueryError(f"sortBy must be in: {', '.join(_SORTS)}")
    if order not in {"ascending", "descending"}:
        raise _BadQueryError("sortOrder must be in: ascending, descending")
    if by == "relevance":
        return found
    place = 0 if by == "submittedDate" else -1
    return sorted(found, key=lambda one: (one.paper.versions[place].submitted, one.paper.id), reverse=order == "descending")


def _window(parameters: Mapping[str, str]) -> tuple[int, int]:
    start, most = _whole(parameters, "start", 0), _whole(parameters, "max_results", 10)
    if start + most > WINDOW:
        raise _BadQueryError(f"start + max_results must not exceed {WINDOW}")
    return start, most


def _whole(parameters: Mapping[str, str], name: str, default: int) -> int:
    stated = parameters.get(name) or str(default)
    if not stated.isascii() or not stated.isdigit():
        raise _BadQueryError(f"{name} must be an integer" if not stated.lstrip("-").isdigit() else f"{name} must be non-negative")
    return int(stated)


def _counts(page: int, total: int, start: int) -> Sequence[str]:
    figures = {"itemsPerPage": page, "totalResults": total, "startIndex": start}
    return [element(f"opensearch:{name}", str(figure)) for name, figure in figures.items()]


def _entry(found: _Found) -> str:
    paper, version = found.paper.newest, found.version
    address = f"arxiv.org/abs/{paper.id}v{version.number}"
    pdf = {"href": f"https://arxiv.org/pdf/{paper.id}v{version.number}", "rel": "related", "type": "application/pdf", "title": "pdf"}
    inner = [
        element("id", f"http://{address}"),
        f"<title>{escaped(version.title)}</title>",
        element("updated", iso(version.submitted)),
        element("link", attributes={"href": f"https://{address}", "rel": "alternate", "type": "text/html"}),
        "" if version.withdrawn else element("link", attributes=pdf),
        element("summary", version.text),
        *(element("category", attributes={"term": name, "scheme": "http://arxiv.org/schemas/atom"}) for name in found.paper.categories),
        element("published", iso(found.paper.versions[0].submitted)),
        optional("arxiv:comment", version.comment),
        element("arxiv:primary_category", attributes={"term": paper.primary}),
        optional("arxiv:journal_ref", paper.journal),
        *(f"<author>\n      {element('name', name)}\n    </author>" for name in paper.creators),
        optional("arxiv:doi", paper.doi),
        element("link", attributes={"rel": "related", "href": f"https://doi.org/{paper.doi}", "title": "doi"}) if paper.doi else "",
    ]
    return f"  <entry>\n{lines(inner, 4)}  </entry>\n"
