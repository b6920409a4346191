"""What holds calls back: rates, waits that a server asks for, a circuit breaker, backoff. Nothing here sleeps or looks at a clock."""

from typing import Annotated

import numpy as np
from pydantic import Field

from broadsheet.core.config import Config
from broadsheet.core.llm.faults import ENDPOINT, FATAL, CallError, Reason

Seconds = Annotated[float, Field(gt=0)]


class Limits(Config):
    """How a client calls: how many at once, how fast, how long it waits, how often it tries.

    `in_flight` calls at once, fewer where the back end works on fewer; `rpm` requests and `tpm` tokens a minute; `timeout`, `backoff` and `pause` in seconds.
    A server that asks to wait longer than `longest_wait` seconds is not waited for.
    A call is tried `retries` times more, an answer that does not fit asked for `repairs` times more. The circuit
    opens after `failures` faults of the endpoint in a row, for `pause` seconds; opened `openings` times in a row it
    stays open.
    """

    in_flight: Annotated[int, Field(ge=1)] = 16
    rpm: Annotated[float, Field(gt=0)] | None = None
    tpm: Annotated[float, Field(gt=0)] | None = None
    timeout: Seconds = 120.0
    retries: Annotated[int, Field(ge=0)] = 5
    repairs: Annotated[int, Field(ge=0)] = 2
    backoff: Seconds = 0.5
    longest_backoff: Seconds = 30.0
    longest_wait: Seconds = 120.0
    failures: Annotated[int, Field(ge=1)] = 10
    pause: Seconds = 10.0
    openings: Annotated[int, Field(ge=1)] = 3


class TokenBucket:
    """So many a minute, with a burst of `burst_seconds` worth of them. It may owe: who takes more than is there waits until it is paid back."""

    def __init__(self, per_minute: float, burst_seconds: float = 1.0) -> None:
        self._rate = per_minute / 60
        self._most = max(1.0, self._rate * burst_seconds)
        self._level, self._at = self._most, 0.0

    def take(self, amount: float, now: float) -> float:
        """Take an amount; return the seconds to wait before it may be used."""
        self._level = min(self._most, self._level + (now - self._at) * self._rate)
        self._at = now
        self._level -= amount
        return max(0.0, -self._level / self._rate)

    def give_back(self, amount: float) -> None:
        """Return what was taken and not used, or take (a negative amount) what was used beyond it."""
        self._level += amount


class Breaker:
    """Closed while the endpoint answers; open for a while after too many faults in a row; then one call tries it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._in_a_row = self._openings = 0
        self._until: float | None = None
        self._trying = False
        self.gone: CallError | None = None

    def wait(self, now: float) -> float:
        """Return 0 where a call may go, else the seconds until it is worth asking again."""
        if self._until is None:
            return 0.0
        if now < self._until:
            return self._until - now
        if self._trying:
            return self._limits.pause / 10
        self._trying = True
        return 0.0

    def answered(self) -> None:
        """Hear that the endpoint answered, whatever it said."""
        self._in_a_row = self._openings = 0
        self._until, self._trying = None, False

    def failed(self, fault: CallError, now: float) -> None:
        """Hear of a fault of the endpoint."""
        if fault.reason in FATAL:
            self.gone = fault
        if fault.reason not in ENDPOINT:
            self.answered()
            return
        self._in_a_row += 1
        if not self._trying and self._in_a_row < self._limits.failures:
            return
        if self._until is not None and now < self._until:
            return  # a call that began before it opened
        self._openings += 1
        self._until, self._trying = now + self._limits.pause, False
        if self._openings >= self._limits.openings:
            self.gone = CallError(Reason.CIRCUIT, f"The endpoint failed {self._in_a_row} times in a row, the last time so: {fault.what}", fault.mend)


class Gate:
    """All that a call passes before it is made: the circuit, a wait that the server asked for, requests and tokens a minute."""

    def __init__(self, limits: Limits, seed: int) -> None:
        self.breaker = Breaker(limits)
        self._limits = limits
        self._requests = TokenBucket(limits.rpm) if limits.rpm else None
        self._tokens = TokenBucket(limits.tpm) if limits.tpm else None
        self._held_until = 0.0
        self._dice = np.random.default_rng(seed)

    def hold(self, seconds: float, now: float) -> None:
        """Let no call go for so long: the server asked for it."""
        self._held_until = max(self._held_until, now + seconds)

    def wait(self, now: float) -> float:
        """Return 0 where a call may go now, else the seconds until it is worth asking again."""
        return self._held_until - now if now < self._held_until else self.breaker.wait(now)

    def take(self, tokens: int, now: float) -> float:
        """Take a request and its likely tokens out of the rates; return the seconds to wait for them."""
        return max(self._requests.take(1, now) if self._requests else 0.0, self._tokens.take(tokens, now) if self._tokens else 0.0)

    def settle(self, tokens: int, used: int | None) -> None:
        """Set the likely tokens right once the real ones are known."""
        if self._tokens and used is not None:
            self._tokens.give_back(tokens - used)

    def backoff(self, tried: int) -> float:
        """Return the seconds before another try: doubled each time, of which a random half to whole, from a seeded generator."""
        longest = min(self._limits.longest_backoff, self._limits.backoff * 2**tried)
        return float(longest * self._dice.uniform(0.5, 1.0))
