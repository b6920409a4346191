"""The client against the simulated arXiv: the four interfaces agree, faults mend or are told, one request in three seconds."""

from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import FeedError, NetworkError, NotAFeedError, RefusedError, ThrottledError, TruncatedError
from broadsheet.sample.arxiv import ArxivServer, fictional_days
from broadsheet.sources.arxiv.addresses import Addresses, ClientLimits
from broadsheet.sources.arxiv.client import ArxivClient

SINCE, UNTIL = date(2026, 3, 12), date(2026, 3, 17)


@pytest.fixture(scope="module")
def days():
    return fictional_days()


@contextmanager
def served(days):
    with ArxivServer(days, clock=SetClock(datetime(2026, 3, 17, 14, tzinfo=UTC)), page=70, drip=0.02) as running:
        yield running


@pytest.fixture
def server(days):
    with served(days) as running:
        yield running


def client_of(server, home):
    return ArxivClient(home, addresses=Addresses.of(server.url), clock=server.clock, limits=ClientLimits(answer=30.0, tries=3))


@pytest.fixture
def client(server, tmp_path):
    return client_of(server, tmp_path)


@pytest.fixture(scope="module")
def whole(days, tmp_path_factory):
    """What is given where nothing fails."""
    with served(days) as running:
        return all_of(client_of(running, tmp_path_factory.mktemp("whole")))


def all_of(client):
    return client.feed(["cs.IR", "cs.AI"]), client.listing("cs.AI"), client.query("cat:cs.IR"), records(client)


def records(client, prefix="arXivRaw"):
    return list(client.harvest("cs.IR", SINCE, UNTIL, prefix))


def test_the_four_interfaces_tell_of_the_same_papers(server, client):
    feed = client.feed(["cs.IR"])
    assert client.feed(["cs.IR"], "atom").announcements == feed.announcements
    listing = client.listing("cs.IR")
    assert (listing.label, listing.total, listing.shown) == (feed.label, len(feed.announcements), len(feed.announcements))
    harvest = {record.id: record for record in records(client)}
    assert len(harvest) == len(client.query("cat:cs.IR"))
    for announcement in feed.announcements:
        record = harvest[announcement.item.id]
        assert record.version == announcement.item.version
        assert record.creators == announcement.item.creators
        assert " ".join(record.text.split()) == " ".join(announcement.item.text.split())
    assert [(r.id, r.title, r.creators, r.categories) for r in records(client, "arXiv")] == [
        (r.id, r.title, r.creators, r.categories) for r in harvest.values()
    ]
    assert min(server.served.clock_gaps) >= 3


@pytest.mark.parametrize("fault", ["429", "truncated", "empty-page@api", "token-expired@oai"])
def test_a_fault_that_passes_changes_nothing_of_what_is_given(server, client, whole, fault):
    name, _, place = fault.partition("@")
    server.faults.set([f"{name}:2x@{place}"] if place else [f"{name}:2x@{face}" for face in ("rss", "list", "api", "oai")])
    assert all_of(client) == whole
    assert sum(server.served.summary()["faults"].values()) == (2 if place else 8)
    assert min(server.served.clock_gaps) >= 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429", ThrottledError),
        ("html-200", NotAFeedError),
        ("truncated", TruncatedError),
        ("cut", NetworkError),
        ("error-200", FeedError),
        ("error-400", FeedError),
    ],
)
def test_a_fault_that_stays_is_told_by_its_kind(server, client, fault, kind):
    server.faults.set([fault])
    for call in (lambda: client.feed(["cs.IR"]), lambda: client.query("cat:cs.IR"), lambda: records(client)):
        with pytest.raises(kind) as caught:
            call()
        assert len(str(caught.value).splitlines()) == 2
    # A listing is HTML: its error is a page of another kind, or the status alone.
    with pytest.raises({"error-200": NotAFeedError, "error-400": RefusedError}.get(fault, kind)):
        client.listing("cs.IR")


def test_a_holiday_is_empty_everywhere_and_an_error_nowhere(server, client):
    server.faults.set(["empty"])
    assert client.feed(["cs.IR"]).announcements == ()
    assert client.listing("cs.IR").total == 0
    assert client.query("cat:cs.IR") == records(client) == []
