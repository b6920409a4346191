"""How often somebody may ask: a bucket for each, refilled steadily; and how often somebody may fail before nobody listens for a while."""

import math
import threading
from collections import OrderedDict
from typing import Final, NamedTuple

from broadsheet.core.clock import Clock, WallClock, steady

# So many callers are remembered; of more, the one that was longest away is forgotten.
REMEMBERED: Final = 10_000


class Limit(NamedTuple):
    """So many a minute, and so many at once."""

    a_minute: float
    at_once: float


# A person on this machine, and whoever tries keys.
PERSON: Final = Limit(60_000, 5_000)
FAILURES: Final = Limit(6, 12)


class Buckets:
    """A bucket of tokens for each name; one that is never asked for is full."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or WallClock()
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str, limit: Limit, count: float = 1.0) -> float:
        """Take tokens and return 0, or take none and return in how many seconds there will be enough.

        >>> Buckets().take("ana", Limit(60, 1)), Buckets().take("ana", Limit(60, 1), 2) > 0
        (0.0, True)
        """
        with self._lock:
            left, now = self._left(name, limit)
            if left >= count:
                self._keep(name, left - count, now)
                return 0.0
            self._keep(name, left, now)
            return (count - left) / limit.a_minute * 60

    def wait(self, name: str, limit: Limit) -> float:
        """Return in how many seconds a token will be there, and take none."""
        with self._lock:
            left, _ = self._left(name, limit)
            return 0.0 if left >= 1 else (1 - left) / limit.a_minute * 60

    def _left(self, name: str, limit: Limit) -> tuple[float, float]:
        now = steady(self._clock)
        left, at = self._held.get(name, (limit.at_once, now))
        return min(limit.at_once, left + (now - at) * limit.a_minute / 60), now

    def _keep(self, name: str, left: float, now: float) -> None:
        self._held[name] = (left, now)
        self._held.move_to_end(name)
        if len(self._held) > REMEMBERED:
            self._held.popitem(last=False)


def retry_after(seconds: float) -> str:
    """Return seconds as the header Retry-After has them: whole, and at least 1.

    >>> retry_after(0.2)
    '1'
    """
    return str(max(1, math.ceil(seconds)))
