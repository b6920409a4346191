"""A double of arXiv: a server on loopback that speaks RSS, Atom, the listing page, the query interface and OAI-PMH, and fails on request."""

from broadsheet.sample.arxiv.days import DayList, Listed, Version, read_days
from broadsheet.sample.arxiv.faults import FAULTS, Fault, Faults
from broadsheet.sample.arxiv.fiction import fictional_days
from broadsheet.sample.arxiv.served import Request, Served
from broadsheet.sample.arxiv.server import ArxivServer

__all__ = ["FAULTS", "ArxivServer", "DayList", "Fault", "Faults", "Listed", "Request", "Served", "Version", "fictional_days", "read_days"]
