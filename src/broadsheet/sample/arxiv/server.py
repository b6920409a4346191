"""The double itself: arXiv's four interfaces over HTTP on loopback, and a record of every request."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from broadsheet.core.clock import Clock, SetClock, WallClock
from broadsheet.core.errors import BroadsheetError
from broadsheet.sample.arxiv.archive import Archive
from broadsheet.sample.arxiv.days import DayList, read_days
from broadsheet.sample.arxiv.faults import HAPPENS, Fault, Faults
from broadsheet.sample.arxiv.feeds import MOST
from broadsheet.sample.arxiv.replies import Asked, Desk, Reply
from broadsheet.sample.arxiv.served import Record, Request, Served

_CONTROLS = ("/clock", "/faults", "/served")
_MOST_POSTED = 2**20


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
        self.record = Record()
        self._port = port

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
        for one in self.record.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    @property
    def served(self) -> Served:
        """Every request up to now."""
        return self.record.served

    def forget(self) -> None:
        """Empty the record."""
        self.record.forget()

    def reply(self, asked: Asked | None, now: datetime) -> tuple[Reply, str]:
        """Return the answer to a request and the names of the faults that it met."""
        if asked is None:
            return Reply(404, "text/plain", b"There is nothing here.\n"), ""
        met = self.faults.met(asked.face, asked.categories)
        return self.desk.reply(asked, now, self.url, met), "+".join(fault.name for fault in met if fault.name not in HAPPENS)

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
        if path == "/served":
            return {**self.served.summary(), "rows": self.served.rows()}
        return {"faults": [str(one) for one in self.faults.on]} if path == "/faults" else {"now": self.clock.now().isoformat()}


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Listen, without asking the network for this machine's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

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
    disable_nagle_algorithm = True
    server_of: ArxivServer
    _skewed = False

    def setup(self) -> None:
        super().setup()
        self.server_of.record.connected(self.connection, here=True)

    def finish(self) -> None:
        self.server_of.record.connected(self.connection, here=False)
        super().finish()

    def version_string(self) -> str:
        return "broadsheet-arxiv-double"

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve({"body": self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MOST_POSTED))})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the library gives it
        """Say nothing; the record says it."""

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - the clock decides
        now = self.server_of.clock.now() + (self.server_of.skew if self._skewed else timedelta())
        return format_datetime(now.astimezone(UTC), usegmt=True)

    def _serve(self, posted: dict[str, bytes]) -> None:
        parts = urlsplit(self.path)
        if parts.path in _CONTROLS:
            return self._control(parts.path, posted.get("body", b""))
        double, moment = self.server_of, time.monotonic()
        now, count = double.clock.now(), double.record.opened(1)
        try:
            pairs = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(posted.get("body", b"").decode("latin-1"), keep_blank_values=True)
            reply, fault = double.reply(Asked.read(unquote(parts.path), pairs), now)
            self._skewed = "skew" in fault.split("+")
            status = 0 if fault.startswith("stall") else 304 if self._unchanged(reply, fault) else reply.status
            double.record.note(Request(now, moment, self.path, status, fault, self.headers.get("User-Agent") or "", count))
            self._send(reply._replace(status=status), fault.split("+"))
        finally:
            double.record.opened(-1)

    def _unchanged(self, reply: Reply, fault: str) -> bool:
        if reply.modified is None or reply.status != 200:
            return False
        if "not-modified" in fault.split("+") and {"If-None-Match", "If-Modified-Since"} & set(self.headers):
            return True
        if known := self.headers.get("If-None-Match"):
            return reply.tag in (one.strip() for one in known.split(",")) or known.strip() == "*"
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since") or "")
        except ValueError:
            return False
        return since.tzinfo is not None and since >= reply.modified

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
