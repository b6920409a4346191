"""The double itself: arXiv's four interfaces over HTTP on loopback, and a record of every request."""

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from broadsheet.core.clock import Clock, SetClock, WallClock
from broadsheet.core.errors import BroadsheetError
from broadsheet.sample.arxiv.archive import Archive
from broadsheet.sample.arxiv.days import DayList, read_days
from broadsheet.sample.arxiv.faults import Fault, Faults
from broadsheet.sample.arxiv.feeds import MOST
from broadsheet.sample.arxiv.replies import Asked, Desk, Reply

_CONTROLS = ("/clock", "/faults", "/served")
_MOST_POSTED = 2**20


class Request(NamedTuple):
    """One request: when it came by the clock and in monotonic seconds, what it asked, what it got, how many were being answered then with it."""

    at: datetime
    monotonic: float
    path: str
    status: int
    fault: str
    agent: str
    open: int


class Served(NamedTuple):
    """All requests in order of arrival, and how many connections were open at once at most."""

    requests: tuple[Request, ...]
    connections: int

    @property
    def gaps(self) -> list[float]:
        """Monotonic seconds between each request and the one before."""
        times = [one.monotonic for one in self.requests]
        return [after - before for before, after in zip(times, times[1:], strict=False)]

    @property
    def clock_gaps(self) -> list[float]:
        """Seconds by the clock between each request and the one before."""
        times = [one.at for one in self.requests]
        return [(after - before).total_seconds() for before, after in zip(times, times[1:], strict=False)]

    @property
    def at_once(self) -> int:
        """How many requests were being answered at once, at most."""
        return max((one.open for one in self.requests), default=0)

    def summary(self) -> dict[str, Any]:
        """Return the counts: requests by interface and status, faults, the least gap in seconds, connections."""
        return {
            "requests": len(self.requests),
            "paths": dict(Counter(one.path.strip("/").partition("/")[0].partition("?")[0] for one in self.requests)),
            "statuses": {str(status): count for status, count in sorted(Counter(one.status for one in self.requests).items())},
            "faults": dict(Counter(name for one in self.requests for name in one.fault.split("+") if name)),
            "least_gap": round(min(self.gaps), 3) if self.gaps else None,
            "at_once": self.at_once,
            "connections": self.connections,
        }


class ArxivServer:
    """A simulated arXiv, as a context manager; `url` is the one base of its four interfaces, `served` what it was asked.

    `days` are lists by label, or a day file or folder of them; `clock` decides which label is current. `faults` may be
    changed while it runs: `server.faults.set(["429:2x@rss"])`. `most` caps the items of a feed, `page` the records of a
    page of a harvest; `drip` and `stall` are in seconds of the wall, `skew` is what a wrong clock is off, `retry_after`
    what a refusal asks to wait. With a SetClock, POST /clock moves it; POST /faults switches faults; GET /served tells.
    """

    def __init__(
        self,
        days: Sequence[DayList] | Path | str,
        *,
        clock: Clock | None = None,
        faults: Iterable[Fault | str] = (),
        port: int = 0,
        seed: int = 0,
        most: int = MOST,
        page: int | None = None,
        retry_after: str = "3",
        drip: float = 0.05,
        stall: float = 60.0,
        skew: timedelta = timedelta(hours=26),
    ) -> None:
        self.clock: Clock = clock or WallClock()
        self.faults = Faults(faults, seed)
        self.archive = Archive(read_days(Path(days)) if isinstance(days, (str, Path)) else days)
        self.drip, self.stall, self.skew = drip, stall, skew
        self.desk = Desk(self.archive, most, page, skew, retry_after)
        self.url = ""
        self.over = threading.Event()
        self._port = port
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._sockets: set[socket.socket] = set()
        self._open = self._most = 0

    def __enter__(self) -> Self:
        self._http = _Http(("127.0.0.1", self._port), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), name="arxiv-double", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()
        with self._lock:
            left = list(self._sockets)
        for one in left:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    @property
    def served(self) -> Served:
        """Every request up to now."""
        with self._lock:
            return Served(tuple(self._requests), self._most)

    def forget(self) -> None:
        """Empty the record."""
        with self._lock:
            self._requests.clear()
            self._most = len(self._sockets)

    def reply(self, asked: Asked | None, now: datetime) -> tuple[Reply, str]:
        """Return the answer to a request and the names of the faults that it met."""
        if asked is None:
            return Reply(404, "text/plain", b"There is nothing here.\n"), ""
        met = self.faults.met(asked.face, asked.categories)
        return self.desk.reply(asked, now, self.url, met), "+".join(fault.name for fault in met)

    def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do what a control request asks; raise ValueError for what cannot be done."""
        if path == "/faults" and "faults" in body:
            self.faults.set(body["faults"])
        if path == "/clock" and body:
            if not isinstance(self.clock, SetClock):
                raise ValueError("the clock is the machine's own; begin with --now to have one that can be set")
            at = datetime.fromisoformat(body["now"]) if "now" in body else self.clock.at
            if at.tzinfo is None:
                raise ValueError("the instant has no time zone")
            self.clock.at = at + timedelta(seconds=float(body.get("seconds", 0)))
        return {
            "/faults": lambda: {"faults": [str(one) for one in self.faults.on]},
            "/clock": lambda: {"now": self.clock.now().isoformat()},
            "/served": self._told,
        }[path]()

    def _told(self) -> dict[str, Any]:
        rows = [{**one._asdict(), "at": one.at.isoformat()} for one in self.served.requests]
        return {**self.served.summary(), "rows": rows}

    def note(self, request: Request) -> None:
        """Record a request."""
        with self._lock:
            self._requests.append(request)

    def opened(self, change: int) -> int:
        """Count requests that are being answered, up or down; return how many."""
        with self._lock:
            self._open += change
            return self._open

    def connected(self, one: socket.socket, *, here: bool) -> None:
        """Keep account of a connection that came or went."""
        with self._lock:
            (self._sockets.add if here else self._sockets.discard)(one)
            self._most = max(self._most, len(self._sockets))


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that left in the middle."""


def _handler(double: ArxivServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        server_of = double

    return Handler


class _Handler(BaseHTTPRequestHandler):
    """One connection to the double."""

    protocol_version = "HTTP/1.1"
    server_version = "broadsheet-arxiv-double"
    sys_version = ""
    server_of: ArxivServer
    _skewed = False

    def setup(self) -> None:
        super().setup()
        self.server_of.connected(self.connection, here=True)

    def finish(self) -> None:
        self.server_of.connected(self.connection, here=False)
        super().finish()

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve({"body": self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MOST_POSTED))})

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; the record says it."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        now = self.server_of.clock.now() + (self.server_of.skew if self._skewed else timedelta())
        return format_datetime(now.astimezone(UTC), usegmt=True)

    def _serve(self, posted: dict[str, bytes]) -> None:
        parts = urlsplit(self.path)
        if parts.path in _CONTROLS:
            return self._control(parts.path, posted.get("body", b""))
        double, moment = self.server_of, time.monotonic()
        now, count = double.clock.now(), double.opened(1)
        try:
            pairs = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(posted.get("body", b"").decode("latin-1"), keep_blank_values=True)
            reply, fault = double.reply(Asked.read(unquote(parts.path), pairs), now)
            self._skewed = "skew" in fault.split("+")
            status = 0 if fault.startswith("stall") else 304 if self._unchanged(reply) else reply.status
            double.note(Request(now, moment, self.path, status, fault, self.headers.get("User-Agent") or "", count))
            self._send(reply._replace(status=status), fault.split("+"))
        finally:
            double.opened(-1)

    def _unchanged(self, reply: Reply) -> bool:
        if reply.modified is None or reply.status != 200:
            return False
        if known := self.headers.get("If-None-Match"):
            return reply.tag in (one.strip() for one in known.split(",")) or known.strip() == "*"
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since") or "")
        except ValueError:
            return False
        return since >= reply.modified

    def _send(self, reply: Reply, faults: Sequence[str]) -> None:
        double, body = self.server_of, reply.body
        if "stall" in faults:
            double.over.wait(double.stall)
            self.close_connection = True
            return
        body = b"" if reply.status == 304 else body[: len(body) // 2] if "truncated" in faults else body
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.modified is not None:
            self.send_header("ETag", reply.tag)
            self.send_header("Last-Modified", format_datetime(reply.modified.astimezone(UTC), usegmt=True))
        if reply.status != 304:
            self.send_header("Content-Type", reply.type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self._write(body, faults)

    def _write(self, body: bytes, faults: Sequence[str]) -> None:
        if "drip" in faults:
            for place in range(len(body)):
                self.wfile.write(body[place : place + 1])
                self.wfile.flush()
                # The line itself is slow: no clock that is set makes bytes come sooner or later.
                if self.server_of.over.wait(self.server_of.drip):
                    self.close_connection = True
                    return
        elif "cut" in faults:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _control(self, path: str, body: bytes) -> None:
        try:
            told, status = self.server_of.control(path, json.loads(body) if body else {}), 200
        except BroadsheetError as fault:
            told, status = {"error": str(fault)}, 400
        except (ValueError, TypeError, KeyError) as fault:
            told, status = {"error": str(fault)}, 409
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
