"""Asking as arXiv wants to be asked: in turn, waiting as told, again where that may help, and within a time."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from broadsheet.core.clock import Clock, steady
from broadsheet.core.errors import FeedError, NetworkError, NotAFeedError, RefusedError, SourceError, ThrottledError, TruncatedError
from broadsheet.core.seeds import generator
from broadsheet.sources.arxiv.addresses import ClientLimits
from broadsheet.sources.arxiv.cache import ResponseCache
from broadsheet.sources.arxiv.gate import Gate
from broadsheet.sources.arxiv.wire import Answer, TooLargeError, get, user_agent
from broadsheet.sources.feeds import MissingResultsError

T = TypeVar("T")
_THROTTLED = {429, 503}
_PASSING = {408, 500, 502, 504}
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]+)?")
# Faults of an answer that another answer may not have: cut on the way, a proxy's page, results that are missing.
_PASSING_FAULTS = (TruncatedError, NotAFeedError, MissingResultsError)
_TOLD = 200
_DAY = timedelta(days=1)
_LATER = "Try again later; arXiv asks for one request in 3 s."
_SAVED = "or read a saved feed: --source FILE.xml"


class _AgainError(Exception):
    """A fault that may pass, and the seconds that the server asks to wait."""

    def __init__(self, fault: NetworkError | SourceError, wait: float | None = None) -> None:
        super().__init__(fault)
        self.fault = fault
        self.wait = wait


class Asker:
    """Asks for one address at a time, through a gate, with tries that are spaced and counted."""

    def __init__(self, gate: Gate, clock: Clock, limits: ClientLimits, cache: ResponseCache | None = None) -> None:
        self.gate = gate
        self.clock = clock
        self.limits = limits
        self.cache = cache

    def deadline(self) -> float:
        """Return the instant of `core.clock.steady` by which a call that begins now is over."""
        return steady(self.clock) + self.limits.deadline

    def ask(self, url: str, read: Callable[[bytes, str], T], deadline: float, *, keep: bool = True) -> T:
        """Fetch an address and `read` its body; what could be read is kept for conditional requests where `keep` is set.

        Raises what `read` raises, `ThrottledError` where the server asks to wait for longer than there is
        time, `RefusedError` for other statuses, `NetworkError` without a connection or in time.
        """
        chance = generator(self.limits.seed, "arxiv", "backoff", user_agent(), url)
        for tried in range(1, self.limits.tries + 1):
            try:
                return self._once(url, read, deadline, self.cache if keep else None)
            except _AgainError as again:
                # Each machine jitters in its own way, as its contact differs; the same run waits the same.
                backoff = self.limits.backoff * 2 ** (tried - 1) * (0.5 + chance.random())
                wait = backoff if again.wait is None else again.wait
                if tried == self.limits.tries or wait > self.limits.longest_wait or steady(self.clock) + wait > deadline:
                    raise again.fault from None
                self.clock.sleep(wait)
        raise ValueError("limits.tries is less than 1")

    def _once(self, url: str, read: Callable[[bytes, str], T], deadline: float, cache: ResponseCache | None) -> T:
        kept = cache.get(url) if cache else None
        answer = self._follow(url, kept.conditions if kept else {}, deadline)
        if cache and kept and answer.status == 304:
            try:
                return read(kept.body, _short(url))
            except SourceError as fault:
                cache.drop(url, fault.what)
                answer = self._follow(url, {}, deadline)
        value = self._read(answer, url, read)
        if cache:
            cache.put(url, answer.body, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
        return value

    def _read(self, answer: Answer, url: str, read: Callable[[bytes, str], T]) -> T:
        if answer.status == 400 and (fault := _error_in(answer.body, url, read)):
            raise fault
        if answer.status != 200:
            raise self._refusal(answer, url)
        try:
            return read(answer.body, _short(url))
        except _PASSING_FAULTS as fault:
            raise _AgainError(fault) from None

    def _refusal(self, answer: Answer, url: str) -> Exception:
        after = answer.headers.get("Retry-After", "").strip()
        wait = f" It asks to wait {f'{after} s' if _SECONDS.fullmatch(after) else f'until {after}'}." if after else ""
        what = f"{_short(url)} answered {answer.status} {answer.reason}.{wait}"
        if answer.status in _THROTTLED:
            seconds = self._seconds_of(after, answer.headers.get_list("Date"))
            return _AgainError(ThrottledError(what, _LATER, seconds), seconds)
        if answer.status in _PASSING:
            return _AgainError(RefusedError(what, _LATER))
        return RefusedError(
            what, _LATER if answer.status < 400 or answer.status >= 500 else "Check what was asked for; the same request will be refused again."
        )

    def _seconds_of(self, after: str, dated: Sequence[str]) -> float | None:
        """Return how long Retry-After asks to wait; None where it is missing or says nothing that can be read.

        An instant counts from when the answer is `dated`, be it by a wrong clock, where that gives a wait; else from ours.
        """
        if _SECONDS.fullmatch(after):
            return float(after)
        if (until := _instant(after)) is None:
            return None
        waits = [until - there for stated in dated if (there := _instant(stated)) is not None]
        wait = next((wait for wait in waits if timedelta(0) <= wait <= _DAY), until - self.clock.now())
        return max(0.0, wait.total_seconds())

    def _follow(self, url: str, conditions: dict[str, str], deadline: float) -> Answer:
        place = url
        for _ in range(self.limits.redirects + 1):
            with self.gate.turn(deadline):
                answer = self._get(place, conditions, deadline)
            if answer.to is None:
                return answer
            if place.startswith("https:") and answer.to.startswith("http:"):
                raise NetworkError(f"{url} leads on to {answer.to}, which is not encrypted.", "Check the address; nothing was asked there.")
            if not answer.to.startswith(("http://", "https://")):
                raise NetworkError(f"{url} leads on to {answer.to}, which cannot be asked.", "Check the address, " + _SAVED)
            place = answer.to
        raise NetworkError(f"{url} leads on and on, more than {self.limits.redirects} times.", "Check the address, " + _SAVED)

    def _get(self, url: str, conditions: dict[str, str], deadline: float) -> Answer:
        left = deadline - steady(self.clock)
        # What is left is shorter than the limit by what the steps before took; the user knows the limit.
        stated = min(self.limits.answer, self.limits.deadline)
        slow = NetworkError(f"{_short(url)} did not answer within {stated:g} s.", "Try again later, " + _SAVED)
        if left <= 0:
            raise slow
        try:
            return get(url, conditions, min(self.limits.answer, left), self.limits.body)
        except httpx.TimeoutException:
            raise _AgainError(slow) from None
        except (TooLargeError, httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError) as fault:
            raise _unreachable(url, fault) from None
        except httpx.HTTPError as fault:
            raise _AgainError(_unreachable(url, fault)) from None


def _unreachable(url: str, fault: Exception) -> NetworkError:
    return NetworkError(f"{_short(url)} cannot be reached: {fault}.", "Check the connection, " + _SAVED)


def _error_in(body: bytes, url: str, read: Callable[[bytes, str], T]) -> FeedError | None:
    """Return what a feed says is wrong with a query, None where the body is no such feed."""
    try:
        read(body, _short(url))
    except FeedError as fault:
        return fault
    except SourceError:
        return None
    return None


def _short(url: str) -> str:
    # A token to go on with is long and says nothing to anybody.
    return url if len(url) <= _TOLD else url[: _TOLD - 1] + "…"


def _instant(stated: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(stated)
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
