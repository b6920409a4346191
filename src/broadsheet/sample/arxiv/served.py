"""The record of what the double was asked: each request with its time, status and fault, and how many came at once."""

import socket
import threading
from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple


class Request(NamedTuple):
    """One request: when it came by the clock and in monotonic seconds, what it asked, what it got, how many were being answered then with it.

    The status is 0 where nothing was sent.
    """

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
        return [after.monotonic - before.monotonic for before, after in pairwise(self.requests)]

    @property
    def clock_gaps(self) -> list[float]:
        """Seconds by the clock between each request and the one before."""
        return [(after.at - before.at).total_seconds() for before, after in pairwise(self.requests)]

    @property
    def at_once(self) -> int:
        """How many requests were being answered at once, at most."""
        return max((one.open for one in self.requests), default=0)

    def summary(self) -> dict[str, Any]:
        """Return the counts: requests by interface and status, faults, the least gap in seconds, connections."""
        return {
            "requests": len(self.requests),
            "paths": dict(Counter(one.path.strip("/").partition("?")[0].partition("/")[0] for one in self.requests)),
            "statuses": {str(status): count for status, count in sorted(Counter(one.status for one in self.requests).items())},
            "faults": dict(Counter(name for one in self.requests for name in one.fault.split("+") if name)),
            "least_gap": round(min(self.gaps), 3) if self.gaps else None,
            "at_once": self.at_once,
            "connections": self.connections,
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return every request as plain values."""
        return [{**one._asdict(), "at": one.at.isoformat()} for one in self.requests]


class Record:
    """Keeps the account; threads may write and read it at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._sockets: set[socket.socket] = set()
        self._open = self._most = 0

    @property
    def served(self) -> Served:
        """Every request up to now."""
        with self._lock:
            return Served(tuple(sorted(self._requests, key=lambda one: one.monotonic)), self._most)

    @property
    def sockets(self) -> list[socket.socket]:
        """The connections that are open."""
        with self._lock:
            return list(self._sockets)

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._requests.clear()
            self._most = len(self._sockets)

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
