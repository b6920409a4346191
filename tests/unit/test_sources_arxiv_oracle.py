"""Recorded answers of arXiv's query interface, read as the `arxiv` package reads them."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.conftest import missing

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import FeedError
from broadsheet.sources.arxiv.addresses import Addresses, ClientLimits
from broadsheet.sources.arxiv.client import ArxivClient
from broadsheet.sources.feeds import parse_results


@pytest.fixture(scope="module")
def rival():
    try:
        import arxiv
    except ImportError:
        missing("the rival is not installed: pip install arxiv")
    return arxiv


@pytest.fixture(scope="module")
def recorded(data):
    found = {path.stem: json.loads(path.read_text()) for path in sorted((data / "arxiv" / "fixtures").glob("api_*.json"))}
    assert len(found) == 11
    return found


def read_by(rival, body):
    """Serve a recorded answer to the package, and return what it makes of it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        client = rival.Client(page_size=2000, delay_seconds=0, num_retries=0)
        client.query_url_format = f"http://127.0.0.1:{server.server_port}/api/query?{{}}"
        return list(client.results(rival.Search(query="x", max_results=10)))
    finally:
        server.shutdown()
        server.server_close()


def as_one(text):
    return " ".join((text or "").split())


def test_every_recorded_answer_is_read_as_the_package_reads_it(rival, recorded):
    compared = 0
    for name, answer in recorded.items():
        if answer["status_code"] != 200:
            continue
        body = answer["body"].encode()
        ours, theirs = parse_results(body, name).announcements, read_by(rival, body)
        assert len(ours) == len(theirs), name
        for mine, its in zip(ours, theirs, strict=True):
            item = mine.item
            assert f"{item.id}v{item.version}" == its.get_short_id()
            assert as_one(item.title) == as_one(its.title)
            assert as_one(item.text) == as_one(its.summary)
            assert list(item.creators) == [as_one(author.name) for author in its.authors]
            assert list(item.categories) == its.categories
            assert item.attributes["primary"] == its.primary_category
            assert item.published == its.published.date()
            for key, value in {"comment": its.comment, "doi": its.doi, "journal": its.journal_ref}.items():
                assert as_one(item.attributes.get(key)) == as_one(value)
            compared += 1
    assert compared > 30


def test_recorded_answers_through_the_client(recorded, tmp_path):
    from tests.unit.arxiv_desk import Desk, Reply

    with Desk() as desk:
        client = ArxivClient(
            tmp_path, addresses=Addresses.of(desk.url), clock=SetClock(datetime(2026, 2, 9, 12, tzinfo=UTC)), limits=ClientLimits(page=10, answer=20.0)
        )
        desk.says("/api/query", *(Reply(recorded[name]["body"].encode()) for name in recorded if "testing" in name))
        assert len(client.query("testing", most=30)) == 30
        for name, answer in recorded.items():
            if "testing" not in name:
                desk.says("/api/query", Reply(answer["body"].encode(), answer["status_code"]))
                if answer["status_code"] == 400:
                    with pytest.raises(FeedError, match="incorrect id format for abc"):
                        client.query(ids=["abc"])
                else:
                    assert len(client.query(ids=["x"])) == answer["body"].count("<entry>")
