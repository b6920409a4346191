"""A server on loopback that answers as a test tells it, and the pages of arXiv's interfaces that it may say; all SYNTHETIC, made by the documented forms."""

import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit


class Reply(NamedTuple):
    """What is answered: bytes, or None for a body that drips without end."""

    body: bytes | None = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Desk:
    """Answers each path by the replies given for it, in turn, the last one for ever; keeps what it was asked."""

    def __init__(self):
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.gone = threading.Event()
        self._replies: dict[str, list[Reply | Callable[[dict[str, str]], Reply]]] = {}
        self._over = threading.Event()
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                desk.asked.append((self.path, dict(self.headers)))
                desk._answer(self)

            def log_message(self, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self):
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._http.shutdown()
        self._http.server_close()

    def says(self, path: str, *replies: Reply | Callable[[dict[str, str]], Reply]):
        """Answer a path (without its query) so; a callable is given the query and makes the reply."""
        self._replies[path] = list(replies)

    @property
    def queries(self) -> list[dict[str, str]]:
        """The query of each request, one value a name."""
        return [{name: values[0] for name, values in parse_qs(urlsplit(path).query).items()} for path, _ in self.asked]

    def _answer(self, handler):
        parts = urlsplit(handler.path)
        replies = self._replies[parts.path]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if callable(reply):
            reply = reply({name: values[0] for name, values in parse_qs(parts.query).items()})
        handler.send_response(reply.status)
        for name, value in reply.headers:
            handler.send_header(name, value)
        if reply.body is None:
            self._drip(handler)
            return
        if reply.status != 304:
            handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body)

    def _drip(self, handler):
        handler.end_headers()
        while not self._over.wait(0.02):
            try:
                handler.wfile.write(b" ")
                handler.wfile.flush()
            except OSError:
                self.gone.set()
                return


def rss(names: str, papers: Iterable[str], label: str = "Mon, 09 Feb 2026 00:00:00 -0500") -> bytes:
    """A feed of papers, each written `2602.00001v1 new`."""
    items = "".join(
        f"<item><title>On {key}</title><link>https://arxiv.org/abs/{key}</link><guid isPermaLink='false'>oai:arXiv.org:{key}</guid>"
        f"<description>arXiv:{key} Announce Type: {kind} \nAbstract: Of {key}.</description></item>"
        for key, kind in (paper.split() for paper in papers)
    )
    return f"<rss version='2.0'><channel><title>{names} updates on arXiv.org</title><pubDate>{label}</pubDate>{items}</channel></rss>".encode()


def results(keys: Iterable[str], total: int, start: int = 0) -> bytes:
    """A page of the query interface."""
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{key}</id><title>On {key}</title><published>2026-02-08T12:00:00Z</published><summary>Of {key}.</summary></entry>"
        for key in keys
    )
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:opensearch='http://a9.com/-/spec/opensearch/1.1/'><title>arXiv Query</title>"
        f"<opensearch:totalResults>{total}</opensearch:totalResults><opensearch:startIndex>{start}</opensearch:startIndex>{entries}</feed>"
    ).encode()


def error(text: str) -> bytes:
    """The query interface's own report of an error."""
    return results([], 1).replace(
        b"</feed>", f"<entry><id>https://arxiv.org/api/errors#e</id><title>Error</title><summary>{text}</summary></entry></feed>".encode()
    )


def records(papers: Iterable[tuple[str, str]], token: str | None = None) -> bytes:
    """A page of a harvest: papers by identifier and datestamp, and the token of the next one."""
    each = "".join(record(key, stamp) for key, stamp in papers)
    end = "" if token is None else f"<resumptionToken>{token}</resumptionToken>"
    return oai(f"<ListRecords>{each}{end}</ListRecords>")


def record(key: str, stamp: str, inner: str | None = None) -> str:
    """One record, of the form arXivRaw unless told otherwise."""
    inner = inner or raw(f"<id>{key}</id><version version='v1'><date>Sun, 8 Feb 2026 12:00:00 GMT</date></version><title>On {key}</title>")
    return f"<record><header><identifier>oai:arXiv.org:{key}</identifier><datestamp>{stamp}</datestamp></header><metadata>{inner}</metadata></record>"


def raw(fields: str) -> str:
    return f"<arXivRaw xmlns='http://arxiv.org/OAI/arXivRaw/'>{fields}</arXivRaw>"


def oai(inner: str) -> bytes:
    return f"<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><responseDate>2026-02-09T12:00:00Z</responseDate>{inner}</OAI-PMH>".encode()
