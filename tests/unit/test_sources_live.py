"""The one polite request, against a real server on loopback with its real faults."""

import gzip
import socket
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import BroadsheetError, FeedError, NetworkError, NotAFeedError, RefusedError, SourceNotFoundError, TruncatedError
from broadsheet.sources import read_source
from broadsheet.sources.arxiv.once import fetch_arxiv, user_agent

FEED = b"<rss version='2.0'><channel><title>cs.IR updates on arXiv.org</title><pubDate>Mon, 16 Mar 2026 00:00:00 -0400</pubDate></channel></rss>"


class Server:
    """Answers as told, and keeps what it was asked."""

    def __init__(self):
        self.asked: list[tuple[str, str]] = []
        self.over = threading.Event()
        self.answer = lambda handler: reply(handler, 200, FEED)
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked.append((self.path, self.headers["User-Agent"]))
                server.answer(self)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.http.server_port}/rss/"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def drip(self, handler, data):
        """Send a byte now and then, for longer than anybody should wait, or until the test is over."""
        for _ in range(600):
            try:
                handler.wfile.write(data)
                handler.wfile.flush()
            except OSError:
                return
            if self.over.wait(0.05):
                return


def reply(handler, status, body, headers=(), length=None):
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def server(monkeypatch):
    running = Server()
    monkeypatch.setenv("BROADSHEET_ARXIV", running.base)
    # The gate's three seconds between requests pass at once; that they are kept is tested with the gate.
    clock = SetClock(datetime(2026, 3, 16, 8, tzinfo=UTC))
    monkeypatch.setattr("broadsheet.sources.arxiv.once.WallClock", lambda: clock)
    yield running
    running.over.set()
    running.http.shutdown()
    running.http.server_close()


def refused(error, read, *args, **options):
    """Return what the error says, after checking that it says it in two lines."""
    with pytest.raises(error) as caught:
        read(*args, **options)
    assert len(str(caught.value).splitlines()) == 2
    assert "Traceback" not in str(caught.value)
    return caught.value.what


def test_one_request_that_says_who_asks(server, monkeypatch):
    monkeypatch.setenv("BROADSHEET_CONTACT", "ana@papers.example.org")
    assert read_source("arxiv:cs.IR+cs.CL").announcements == []
    ((path, agent),) = server.asked
    assert path == "/rss/cs.IR+cs.CL"
    assert agent.startswith("broadsheet/")
    assert "ana@papers.example.org" in agent


def test_without_a_contact_the_request_says_what_to_set(server, monkeypatch):
    monkeypatch.delenv("BROADSHEET_CONTACT", raising=False)
    assert fetch_arxiv("arxiv:cs.IR") == FEED
    assert "BROADSHEET_CONTACT" in server.asked[0][1]


def test_a_contact_in_any_letters_and_lines_is_sent(server, monkeypatch):
    monkeypatch.setenv("BROADSHEET_CONTACT", "Zoë Šimánek\n<zoe@papers.example.org>")
    assert fetch_arxiv("arxiv:cs.IR") == FEED
    ((_, agent),) = server.asked
    assert agent.encode("latin-1").decode() == user_agent()
    assert user_agent().endswith("(Zoë Šimánek <zoe@papers.example.org>)")


@pytest.mark.parametrize("base", ["/rss", "/rss/", "/mirror/of/rss//"])
def test_a_base_given_goes_before_the_one_of_the_environment(server, monkeypatch, base):
    monkeypatch.setenv("BROADSHEET_ARXIV", "http://127.0.0.1:9/")
    assert fetch_arxiv("arxiv:cs", base=server.base.removesuffix("/rss/") + base) == FEED
    assert server.asked[0][0] == base.rstrip("/") + "/cs"


@pytest.mark.parametrize("status", [204, 400, 403, 404, 429, 500, 503])
def test_a_refusal_is_told_with_its_status_and_not_repeated(server, status):
    server.answer = lambda handler: reply(handler, status, b"")
    said = refused(RefusedError, fetch_arxiv, "arxiv:cs.IR")
    assert f"answered {status}" in said
    assert "wait" not in said
    assert len(server.asked) == 1


@pytest.mark.parametrize(("after", "says"), [("17", "wait 17 s."), ("Mon, 16 Mar 2026 08:00:00 GMT", "wait until Mon, 16 Mar 2026 08:00:00 GMT.")])
@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_that_names_a_wait(server, status, after, says):
    server.answer = lambda handler: reply(handler, status, b"Rate exceeded.", [("Retry-After", after)])
    assert says in refused(RefusedError, read_source, "arxiv:cs.IR")
    assert len(server.asked) == 1


@pytest.mark.parametrize("page", [b"<html>Rate exceeded</html>", b"\n<!-- proxy -->\n<!DOCTYPE html><html><br></html>", b"Rate exceeded.", b""])
def test_something_else_with_status_200_is_no_empty_day(server, page):
    server.answer = lambda handler: reply(handler, 200, page)
    refused(NotAFeedError, read_source, "arxiv:cs.IR")
    assert len(server.asked) == 1


def test_a_feed_that_reports_an_error(server):
    server.answer = lambda handler: reply(handler, 200, FEED.replace(b"cs.IR updates on arXiv.org", b"Feed error for query: cs.XX"))
    assert "cs.XX" in refused(FeedError, read_source, "arxiv:cs.XX")


def test_a_body_that_ends_too_soon_is_an_error(server):
    server.answer = lambda handler: reply(handler, 200, FEED[:-1], length=len(FEED))
    assert "cs.IR" in refused(NetworkError, fetch_arxiv, "arxiv:cs.IR")


def test_a_body_without_a_length_that_ends_too_soon_is_an_error(server):
    def cut(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(FEED[:-20])

    server.answer = cut
    assert "cs.IR" in refused(TruncatedError, read_source, "arxiv:cs.IR")


def test_a_packed_body_is_unpacked_and_a_cut_one_is_an_error(server):
    packed = gzip.compress(FEED)
    server.answer = lambda handler: reply(handler, 200, packed, [("Content-Encoding", "gzip")])
    assert fetch_arxiv("arxiv:cs.IR") == FEED
    server.answer = lambda handler: reply(handler, 200, packed[:-30], [("Content-Encoding", "gzip")])
    refused(BroadsheetError, read_source, "arxiv:cs.IR")
    server.answer = lambda handler: reply(handler, 200, FEED, [("Content-Encoding", "gzip")])
    refused(NetworkError, read_source, "arxiv:cs.IR")


def test_a_server_that_never_answers_is_given_up(server):
    server.answer = lambda _: server.over.wait(30)
    assert "did not answer within 0.3 s" in refused(NetworkError, fetch_arxiv, "arxiv:cs.IR", seconds=0.3)
    assert len(server.asked) == 1


def test_a_server_that_drips_its_body_is_given_up(server):
    def body(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        server.drip(handler, b" ")

    server.answer = body
    assert "within 0.3 s" in refused(NetworkError, fetch_arxiv, "arxiv:cs.IR", seconds=0.3)


def test_a_server_that_drips_its_headers_is_given_up(server):
    def headers(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        server.drip(handler, b"X-Drop: 1\r\n")

    server.answer = headers
    assert "within 0.3 s" in refused(NetworkError, fetch_arxiv, "arxiv:cs.IR", seconds=0.3)


def test_what_does_not_speak_http_is_an_error(server):
    server.answer = lambda handler: handler.wfile.write(b"220 mail.example.org ESMTP\r\n")
    assert "cs.IR" in refused(NetworkError, fetch_arxiv, "arxiv:cs.IR")


def test_a_redirect_is_followed(server):
    def moved(handler):
        if handler.path.endswith("/new"):
            reply(handler, 200, FEED)
        else:
            reply(handler, 301, b"", [("Location", server.base + "new")])

    server.answer = moved
    assert fetch_arxiv("arxiv:cs.IR") == FEED
    assert [path for path, _ in server.asked] == ["/rss/cs.IR", "/rss/new"]


def test_redirects_without_end_are_given_up_after_a_few(server):
    server.answer = lambda handler: reply(handler, 302, b"", [("Location", server.base + "again")])
    refused(NetworkError, fetch_arxiv, "arxiv:cs.IR")
    assert 2 <= len(server.asked) <= 5


@pytest.mark.parametrize("place", ["file:///etc/hostname", "ftp://papers.example.org/x", "http://[bad"])
def test_a_redirect_to_where_no_feed_is(server, place):
    server.answer = lambda handler: reply(handler, 302, b"", [("Location", place)])
    refused(NetworkError, fetch_arxiv, "arxiv:cs.IR")
    assert len(server.asked) == 1


def test_a_connection_that_is_refused():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        said = refused(NetworkError, fetch_arxiv, "arxiv:cs.IR", base=f"http://127.0.0.1:{closed.getsockname()[1]}/rss/")
    assert "cannot be reached" in said


@pytest.mark.parametrize("base", ["nonsense", "http://[bad", "ftp://127.0.0.1/", "http://127.0.0.1:port/", "http://a..b/"])
def test_a_base_that_is_no_address(base):
    assert base in refused(NetworkError, fetch_arxiv, "arxiv:cs.IR", base=base, seconds=5)


@pytest.mark.parametrize(
    "source", ["arxiv:", "arxiv:cs.IR/../x", "arxiv:cs.IR cs.CL", "arxiv:cs.IR,cs.CL", "arxiv:+cs.IR", "arxiv:cs.IR+", "arxiv:http://x", "arxiv:cs.IR?x=1"]
)
def test_what_names_no_category_is_not_asked_for(source, server):
    assert repr(source) in refused(SourceNotFoundError, fetch_arxiv, source)
    assert server.asked == []
