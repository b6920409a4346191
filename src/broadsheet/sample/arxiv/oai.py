"""The answers of the harvest interface: OAI-PMH 2.0 in the forms arXivRaw, arXiv and oai_dc."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode

from broadsheet.sample.arxiv.archive import Known, set_of
from broadsheet.sample.arxiv.days import arxiv_number
from broadsheet.sample.arxiv.hours import iso
from broadsheet.sample.arxiv.markup import element, escaped, lines
from broadsheet.sample.arxiv.records import FORMS, record_header, record_in

RECORDS, IDENTIFIERS = 3500, 20_000
EARLIEST = date(2005, 9, 16)
_ROOT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">\n'
)
# Of each verb: what must be there, and what may.
_ARGUMENTS: dict[str, tuple[set[str], set[str]]] = {
    "Identify": (set(), set()),
    "ListMetadataFormats": (set(), {"identifier"}),
    "ListSets": (set(), {"resumptionToken"}),
    "GetRecord": ({"identifier", "metadataPrefix"}, set()),
    "ListRecords": ({"metadataPrefix"}, {"from", "until", "set"}),
    "ListIdentifiers": ({"metadataPrefix"}, {"from", "until", "set"}),
}
_SAID = {
    "badVerb": "The verb is missing, repeated or unknown.",
    "badArgument": "An argument is missing, repeated, unknown or has a wrong form.",
    "badResumptionToken": "The resumptionToken is invalid or expired.",
    "cannotDisseminateFormat": "The metadataPrefix is not supported.",
    "idDoesNotExist": "There is no such identifier.",
    "noRecordsMatch": "Nothing fits from, until, set and metadataPrefix.",
}


class Harvest(NamedTuple):
    """What is harvested: papers by id, the base address, the instant, how many a page, and the token's fate; a harvest that `ends` has one page alone."""

    papers: Mapping[str, Known]
    base: str
    now: datetime
    page: int | None = None
    expired: bool = False
    empty: bool = False
    ends: bool = False


class _BadRequestError(Exception):
    """A request that the protocol answers with an error, by its code."""


def answer(pairs: Sequence[tuple[str, str]], harvest: Harvest) -> bytes:
    """Answer a request, given as the pairs of its query."""
    asked = dict(pairs)
    try:
        _check(pairs, asked)
        inner = _ANSWERS[asked["verb"]](asked, harvest)
    except _BadRequestError as bad:
        code = str(bad)
        return refusal(code, harvest, {} if code in {"badVerb", "badArgument"} else asked)
    return _document(inner, harvest, asked)


def refusal(code: str, harvest: Harvest, asked: Mapping[str, str] | None = None) -> bytes:
    """Return the document that reports an error of the protocol."""
    return _document(lines([element("error", _SAID[code], {"code": code})], 2), harvest, asked or {})


def _document(inner: str, harvest: Harvest, asked: Mapping[str, str]) -> bytes:
    head = [element("responseDate", iso(harvest.now)), element("request", f"{harvest.base}/oai", asked)]
    return f"{_ROOT}{lines(head, 2)}{inner}</OAI-PMH>\n".encode()


def _check(pairs: Sequence[tuple[str, str]], asked: Mapping[str, str]) -> None:
    verb = asked.get("verb", "")
    if verb not in _ARGUMENTS or sum(name == "verb" for name, _ in pairs) > 1:
        raise _BadRequestError("badVerb")
    must, may = _ARGUMENTS[verb]
    names = set(asked) - {"verb"}
    if verb.startswith("List") and names == {"resumptionToken"}:
        return
    if len(pairs) != len(asked) or not must <= names <= must | may:
        raise _BadRequestError("badArgument")


def _identify(_: Mapping[str, str], harvest: Harvest) -> str:
    facts = {
        "repositoryName": "arXiv",
        "baseURL": f"{harvest.base}/oai",
        "protocolVersion": "2.0",
        "adminEmail": "help@arxiv.org",
        "earliestDatestamp": str(EARLIEST),
        "deletedRecord": "persistent",
        "granularity": "YYYY-MM-DD",
    }
    return f"  <Identify>\n{lines((element(name, fact) for name, fact in facts.items()), 4)}  </Identify>\n"


def _formats(asked: Mapping[str, str], harvest: Harvest) -> str:
    if "identifier" in asked:
        _paper(asked["identifier"], harvest)
    inner = (
        f"<metadataFormat>{element('metadataPrefix', name)}{element('schema', schema)}{element('metadataNamespace', space)}</metadataFormat>"
        for name, (space, schema) in FORMS.items()
    )
    return f"  <ListMetadataFormats>\n{lines(inner, 4)}  </ListMetadataFormats>\n"


def _sets(_: Mapping[str, str], harvest: Harvest) -> str:
    names = sorted({above for paper in harvest.papers.values() for name in paper.categories for above in _above(set_of(name))})
    inner = (f"<set>{element('setSpec', name)}{element('setName', name.rpartition(':')[2])}</set>" for name in names)
    return f"  <ListSets>\n{lines(inner, 4)}  </ListSets>\n"


def _get(asked: Mapping[str, str], harvest: Harvest) -> str:
    form = _form(asked)
    return f"  <GetRecord>\n{record_in(form, _paper(asked['identifier'], harvest))}  </GetRecord>\n"


def _list(asked: Mapping[str, str], harvest: Harvest) -> str:
    asked, skip = _resumed(asked, harvest)
    verb, form = asked["verb"], _form(asked)
    found = [] if harvest.empty or (harvest.ends and skip) else _selected(asked, harvest)
    if not found[skip:]:
        raise _BadRequestError("noRecordsMatch")
    size = harvest.page or (RECORDS if verb == "ListRecords" else IDENTIFIERS)
    page = found[skip : skip + size]
    inner = "".join(record_in(form, paper) for paper in page) if verb == "ListRecords" else "".join(record_header(paper) for paper in page)
    return f"  <{verb}>\n{inner}{lines([_token(asked, skip, size, len(found), harvest)], 4)}  </{verb}>\n"


_ANSWERS = {
    "Identify": _identify,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "GetRecord": _get,
    "ListRecords": _list,
    "ListIdentifiers": _list,
}


def _form(asked: Mapping[str, str]) -> str:
    if asked["metadataPrefix"] not in FORMS:
        raise _BadRequestError("cannotDisseminateFormat")
    return asked["metadataPrefix"]


def _paper(identifier: str, harvest: Harvest) -> Known:
    try:
        key, version = arxiv_number(identifier)
    except ValueError:
        raise _BadRequestError("idDoesNotExist") from None
    if version or key not in harvest.papers or not identifier.startswith("oai:arXiv.org:"):
        raise _BadRequestError("idDoesNotExist")
    return harvest.papers[key]


def _selected(asked: Mapping[str, str], harvest: Harvest) -> list[Known]:
    since, until = _day(asked.get("from"), EARLIEST), _day(asked.get("until"), date.max)
    if since > until:
        raise _BadRequestError("badArgument")
    wanted = asked.get("set", "")
    found = [paper for paper in harvest.papers.values() if since <= paper.changed <= until and (not wanted or wanted in _sets_of(paper))]
    return sorted(found, key=lambda paper: (paper.changed, paper.id))


def _day(stated: str | None, default: date) -> date:
    try:
        return default if stated is None else datetime.strptime(stated, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise _BadRequestError("badArgument") from None


def _sets_of(paper: Known) -> set[str]:
    return {above for name in paper.categories for above in _above(set_of(name))}


def _above(name: str) -> Iterator[str]:
    parts = name.split(":")
    return (":".join(parts[:place]) for place in range(1, len(parts) + 1))


def _resumed(asked: Mapping[str, str], harvest: Harvest) -> tuple[Mapping[str, str], int]:
    """Return the request that a token stands for, and how many of its records were given; a token is good for its UTC day."""
    if "resumptionToken" not in asked:
        return asked, 0
    held = dict(parse_qsl(unquote(asked["resumptionToken"])))
    skip, day = held.pop("skip", ""), held.pop("day", "")
    fits = skip.isdigit() and held.get("verb") == asked["verb"] and "metadataPrefix" in held
    if not fits or harvest.expired or day != str(harvest.now.astimezone(UTC).date()):
        raise _BadRequestError("badResumptionToken")
    return held, int(skip)


def _token(asked: Mapping[str, str], skip: int, size: int, total: int, harvest: Harvest) -> str:
    if skip + size >= total:
        return "<resumptionToken/>" if skip else ""
    today = harvest.now.astimezone(UTC).date()
    expires = iso(datetime.combine(today + timedelta(days=1), time(0), UTC))
    held = quote(urlencode({**asked, "day": str(today), "skip": skip + size}))
    return f"<resumptionToken expires='{expires}'>{escaped(held)}</resumptionToken>"
