"""One request over HTTP, bounded as a whole in time and in bytes; nothing is followed or repeated."""

import functools
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from broadsheet import __version__

# How long a thread whose socket was shut is waited for, in seconds.
_PARTING = 1.0


class Answer(NamedTuple):
    """What a server answered; `to` is where it leads on to, None where it does not."""

    url: str
    status: int
    reason: str
    headers: httpx.Headers
    body: bytes
    to: str | None


class TooLargeError(httpx.TransportError):
    """An answer of more bytes than anybody should send."""


def user_agent() -> str:
    """Say who asks: the version, and the contact from BROADSHEET_CONTACT where it is set."""
    contact = " ".join(os.environ.get("BROADSHEET_CONTACT", "").split())
    return f"broadsheet/{__version__} ({contact or 'set BROADSHEET_CONTACT to your address'})"


def get(url: str, headers: Mapping[str, str], seconds: float, most: int) -> Answer:
    """Ask once. `seconds` bound the whole, connecting and the last byte included, `most` the bytes of the unpacked body.

    The connection is closed in any case. Raises `httpx.HTTPError`, `httpx.InvalidURL` or `ValueError`.
    """
    asked = _Asked(url, headers, seconds, most)
    worker = threading.Thread(target=asked.run, daemon=True)
    worker.start()
    try:
        worker.join(seconds)
    finally:
        asked.over.set()
        if worker.is_alive():
            asked.shut()
            worker.join(_PARTING)
    if asked.answer is not None and not asked.late:
        return asked.answer
    raise asked.fault if asked.fault is not None and not asked.late else httpx.ReadTimeout("the whole answer took too long")


@functools.cache
def _certificates() -> ssl.SSLContext:
    # Reading all certificates takes longer than a request on loopback.
    return httpx.create_ssl_context()


class _Asked:
    """A request under way. httpx bounds each read, so a server that sends a byte now and then would hold it for ever: whoever waits shuts its socket."""

    def __init__(self, url: str, headers: Mapping[str, str], seconds: float, most: int) -> None:
        self.url = url
        self.headers = {**headers, "Connection": "close"}
        self.seconds = seconds
        self.most = most
        self.over = threading.Event()
        self.late = False
        self.answer: Answer | None = None
        self.fault: Exception | None = None
        self._sockets: list[Any] = []

    def run(self) -> None:
        try:
            with httpx.Client(headers={b"User-Agent": user_agent().encode()}, timeout=self.seconds, verify=_certificates()) as client:
                self.answer = self._ask(client)
        except Exception as fault:  # noqa: BLE001 - raised by whoever waits
            self.fault = fault

    def _ask(self, client: httpx.Client) -> Answer:
        with client.stream("GET", self.url, headers=self.headers, extensions={"trace": self._trace}) as response:
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if len(body) > self.most:
                    raise TooLargeError(f"the answer is longer than {self.most:,} bytes")
            to = str(response.next_request.url) if response.next_request else None
            return Answer(self.url, response.status_code, response.reason_phrase, response.headers, bytes(body), to)

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._sockets.append(info["return_value"])
            if self.over.is_set():
                self.shut()

    def shut(self) -> None:
        """End the connection at once, whatever the thread reads; the server sees it closed."""
        self.late = True
        for stream in self._sockets:
            plain = stream.get_extra_info("socket")
            try:
                socket.socket.shutdown(plain, socket.SHUT_RDWR)
            except OSError:
                continue
