"""Which request meets which fault: by name, on which interface or category, how often."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from broadsheet.core.errors import ConfigError, did_you_mean
from broadsheet.sample.llm.faults import chance

FEEDS = frozenset({"rss", "atom"})
FACES = FEEDS | {"list", "api", "oai"}
# In place of the answer, or in how it is sent: of these a request meets one.
SENT = {
    "429": "too many requests, with Retry-After",
    "429-bare": "too many requests, without Retry-After",
    "503": "not available, with Retry-After",
    "503-bare": "not available, without Retry-After",
    "html-200": "an HTML page that says Rate exceeded, with status 200",
    "error-200": "the interface's own report of an error, with status 200",
    "error-400": "the interface's own report of an error, with status 400",
    "truncated": "the first half of the document, as if it were all",
    "cut": "the connection is closed in the middle of the body",
    "drip": "the body comes a byte at a time, --drip seconds apart",
    "not-modified": "a conditional request is answered with 304, whatever has changed",
    "stall": "nothing comes for --stall seconds, then the connection is closed",
}
# In what the answer says: a request meets all of these that fit it.
SAID = {
    "stale": "feeds: the batch of the label before under today's lastBuildDate; its items say their own day",
    "stale-today": "feeds: the batch of the label before, every date says today",
    "pubdate-lag": "feeds: today's batch, pubDate a day behind",
    "late": "everywhere: the newest label is not out yet, though it is time",
    "empty": "no papers, as on a holiday",
    "empty-page": "api: a page without entries under the true total",
    "cap": "feeds: half of the papers, as if a limit cut them",
    "duplicate": "feeds: a paper that stands twice, once as cross",
    "wrong-total": "api: totalResults counts more than there is",
    "short-list": "list: counts one entry more than it shows",
    "broken-list": "list: another layout, without date and counts",
    "token-expired": "oai: a resumption token is answered with badResumptionToken",
    "token-empty": "oai: a resumption token is answered with noRecordsMatch",
    "skew": "all dates that the server states are --skew hours off",
}
# In the days themselves, on all interfaces alike, as long as it is switched on.
HAPPENS = {
    "replaced-withdrawn": "a paper that is new on one label, replaced under another title on the next, withdrawn on the one after",
    "old-id": "a replacement of a paper with an old-style id, each label",
}
FAULTS = {**SENT, **SAID, **HAPPENS}
_ONLY = {
    "empty-page": {"api"},
    "wrong-total": {"api"},
    "short-list": {"list"},
    "broken-list": {"list"},
    "token-expired": {"oai"},
    "token-empty": {"oai"},
    **dict.fromkeys(("stale", "stale-today", "pubdate-lag", "cap", "duplicate"), FEEDS),
}


@dataclass(frozen=True)
class Fault:
    """One fault: of the requests that fit `on`, the first `times`, or a `share` of all.

    `on` is an interface (rss, atom, list, api, oai), a category (cs.AI), both (rss/cs.AI), or nothing for every request.
    """

    name: str
    share: float = 1.0
    times: int | None = None
    on: str = ""

    def __post_init__(self) -> None:
        if self.name not in FAULTS:
            raise ConfigError(f"There is no fault {self.name!r}.{did_you_mean(self.name, FAULTS)}", f"Faults are: {', '.join(FAULTS)}.")
        if not 0 <= self.share <= 1 or (self.times or 0) < 0:
            raise ConfigError("A fault's share lies between 0 and 1, and its times are not negative.", "Write e.g. --fault 429:0.1 or --fault 429:2x")

    @classmethod
    def read(cls, stated: str) -> "Fault":
        """Read `NAME`, `NAME:SHARE` or `NAME:TIMESx`, and `@WHERE` behind it.

        >>> Fault.read("429:0.1"), Fault.read("stale@cs.AI").on, Fault.read("503:2x@oai").times
        (Fault(name='429', share=0.1, times=None, on=''), 'cs.AI', 2)
        """
        what, _, on = stated.partition("@")
        name, colon, often = what.partition(":")
        try:
            if often.endswith("x"):
                return cls(name, times=int(often[:-1]), on=on)
            return cls(name, float(often) if colon else 1.0, on=on)
        except ValueError:
            raise ConfigError(f"The fault {stated!r} is not of the form NAME:SHARE@WHERE.", "Write e.g. 429:0.1, 503:2x@oai, stale@cs.AI") from None

    def fits(self, face: str, categories: Iterable[str]) -> bool:
        """Tell whether a request of an interface, for some categories, may meet it."""
        if face not in _ONLY.get(self.name, FACES):
            return False
        return self.face in {"", face} and (not self.category or self.category in categories)

    @property
    def face(self) -> str:
        """The interface that it is on; nothing for all."""
        where = self.on.partition("/")[0]
        return where if where in FACES else ""

    @property
    def category(self) -> str:
        """The category that it is on; nothing for all."""
        return self.on.removeprefix(self.face).removeprefix("/") if self.face else self.on

    def __str__(self) -> str:
        often = f":{self.times}x" if self.times is not None else f":{self.share:g}"
        return f"{self.name}{often}{f'@{self.on}' if self.on else ''}"


class Faults:
    """The faults that are switched on; threads may ask and change it at once."""

    def __init__(self, faults: Iterable[Fault | str] = (), seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._on: list[Fault] = []
        self._asked: Counter[int] = Counter()
        self.set(faults)

    @property
    def on(self) -> tuple[Fault, ...]:
        """Those that are switched on."""
        return tuple(self._on)

    def set(self, faults: Iterable[Fault | str]) -> None:
        """Switch on these and no others; their counts begin anew."""
        read = [Fault.read(one) if isinstance(one, str) else one for one in faults]
        with self._lock:
            self._on = read
            self._asked.clear()

    def met(self, face: str, categories: Iterable[str]) -> list[Fault]:
        """Return what a request meets: at most one of how it is sent, any of what it says, and all that happens in the days."""
        categories = tuple(categories)
        with self._lock:
            met = [fault for place, fault in enumerate(self._on) if fault.name in HAPPENS or (fault.fits(face, categories) and self._strikes(place, fault))]
        first = next((fault for fault in met if fault.name in SENT), None)
        return [fault for fault in met if fault.name not in SENT or fault is first]

    def _strikes(self, place: int, fault: Fault) -> bool:
        number = self._asked[place]
        self._asked[place] += 1
        if fault.times is not None:
            return number < fault.times
        return chance(self._seed, fault, number) < fault.share
