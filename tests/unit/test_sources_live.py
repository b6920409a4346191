"""The one polite request, against a real server on loopback with its real faults."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from broadsheet.core.errors import NetworkError, NotAFeedError, RefusedError, SourceNotFoundError
from broadsheet.sources import read_source
from broadsheet.sources.live import fetch_arxiv

FEED = b"<rss version='2.0'><channel><title>cs.IR updates on arXiv.org</title><pubDate>Mon, 16 Mar 2026 00:00:00 -0400</pubDate></channel></rss>"


class Server:
    """Answers as told, and keeps what it was asked."""

    def __init__(self):
        self.asked: list[tuple[str, str]] = []
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
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


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
    yield running
    running.http.shutdown()
    running.http.server_close()


def test_one_request_that_says_who_asks(server, monkeypatch):
    monkeypatch.setenv("BROADSHEET_CONTACT", "ana@papers.example.org")
    assert read_source("arxiv:cs.IR+cs.CL").announcements == []
    ((path, agent),) = server.asked
    assert path == "/rss/cs.IR+cs.CL"
    assert agent.startswith("broadsheet/")
    assert "ana@papers.example.org" in agent


@pytest.mark.parametrize(("status", "headers"), [(404, []), (429, [("Retry-After", "17")]), (503, []), (500, [])])
def test_a_refusal_is_told_with_its_status_and_not_repeated(server, status, headers):
    server.answer = lambda handler: reply(handler, status, b"no", headers)
    with pytest.raises(RefusedError) as error:
        fetch_arxiv("arxiv:cs.IR")
    assert str(status) in error.value.what
    assert ("17 s" in error.value.what) == bool(headers)
    assert len(server.asked) == 1


def test_a_page_of_html_with_status_200_is_no_empty_day(server):
    server.answer = lambda handler: reply(handler, 200, b"<html>Rate exceeded</html>")
    with pytest.raises(NotAFeedError):
        read_source("arxiv:cs.IR")


def test_a_body_that_ends_too_soon_is_an_error(server):
    server.answer = lambda handler: reply(handler, 200, FEED[:40], length=len(FEED))
    with pytest.raises(NetworkError):
        fetch_arxiv("arxiv:cs.IR")


def test_a_silent_server_and_a_dripping_one_are_given_up(server):
    server.answer = lambda _: time.sleep(3)
    with pytest.raises(NetworkError, match="within"):
        fetch_arxiv("arxiv:cs.IR", seconds=0.3)

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(30):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.1)

    server.answer = drip
    with pytest.raises(NetworkError, match="within"):
        fetch_arxiv("arxiv:cs.IR", seconds=0.5)


def test_redirects_without_end_are_given_up(server):
    server.answer = lambda handler: reply(handler, 302, b"", [("Location", server.base + "again")])
    with pytest.raises(NetworkError):
        fetch_arxiv("arxiv:cs.IR")


def test_nobody_there(monkeypatch):
    with pytest.raises(NetworkError) as error:
        fetch_arxiv("arxiv:cs.IR", base="http://127.0.0.1:9/rss/")
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize("source", ["arxiv:", "arxiv:cs.IR/../x", "arxiv:cs.IR cs.CL", "arxiv:http://x"])
def test_what_names_no_category_is_not_asked_for(source, server):
    with pytest.raises(SourceNotFoundError):
        fetch_arxiv(source)
    assert server.asked == []
