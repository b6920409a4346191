"""The same mornings for the client `arxiv` of PyPI, as its users ask: the newest submissions of some categories, down to where the day began."""

import threading
from collections.abc import Iterator
from datetime import UTC
from importlib import import_module
from typing import Any, NamedTuple

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import MissingExtraError
from broadsheet.core.schema import Announce
from broadsheet.report.bench.faults.scenarios import Scenario
from broadsheet.report.bench.faults.trial import double, on_server
from broadsheet.sources.arxiv.calendar import Calendar

# Seconds of the wall after which it counts as hanging: many times what a whole morning takes on a busy machine.
HANGS = 8.0
_PAGE = 100


class TheirMorning(NamedTuple):
    """What it kept of the new papers that the server held, and the error that it raised, if any; `hangs` where it never came back."""

    held: int
    kept: int
    error: str
    requests: int

    @property
    def lost(self) -> int:
        """New papers that are missing, and nothing says so."""
        return self.held - self.kept if not self.error else 0


def their_version() -> str:
    """Return the version of the client. Raises MissingExtraError where it is not installed."""
    from importlib.metadata import version

    _module()
    return version("arxiv")


def tried_by_arxiv(scenario: Scenario) -> TheirMorning:
    """Try a morning with the client `arxiv`: its own pages and retries, no pause between requests."""
    arxiv = _module()
    clock = SetClock(scenario.at)
    with double(scenario, clock) as server:
        server.faults.set(scenario.faults)
        held = {key for label in scenario.labels for name in scenario.lists for key, kind in on_server(server, label, name).items() if kind is Announce.NEW}
        found: list[str] = []
        errors: list[str] = []
        worker = threading.Thread(target=_ask, args=(arxiv, server.url, scenario, found, errors), daemon=True)
        worker.start()
        worker.join(HANGS)
        error = errors[0] if errors else "hangs" if worker.is_alive() else ""
        kept, requests = len(held & set(found)), len(server.served.requests)
    return TheirMorning(len(held), kept, error, requests)


def _ask(arxiv: Any, url: str, scenario: Scenario, found: list[str], errors: list[str]) -> None:
    client = arxiv.Client(page_size=_PAGE, delay_seconds=0, num_retries=3)
    client.query_url_format = f"{url}/api/query?{{}}"
    query = " OR ".join(f"cat:{name}" for name in scenario.lists)
    search = arxiv.Search(query=query, sort_by=arxiv.SortCriterion.SubmittedDate, sort_order=arxiv.SortOrder.Descending)
    try:
        found.extend(result.get_short_id().partition("v")[0] for result in _of_the_day(client.results(search), scenario))
    except Exception as fault:  # noqa: BLE001 - whatever it raises is what its user sees
        errors.append(f"{type(fault).__name__}: {fault}".splitlines()[0][:120])


def _of_the_day(results: Iterator[Any], scenario: Scenario) -> Iterator[Any]:
    calendar = Calendar()
    labels = scenario.labels or (calendar.label_at(scenario.at),)
    since, until = (calendar.closed(label).astimezone(UTC) for label in (calendar.before(labels[0]), labels[-1]))
    for result in results:
        if result.published < since:
            return
        if result.published < until:
            yield result


def _module() -> Any:
    try:
        return import_module("arxiv")
    except ImportError:
        raise MissingExtraError("The rival is the client `arxiv`, which is not installed.", "Run: pip install 'arxiv>=4'") from None
