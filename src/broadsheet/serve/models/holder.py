"""The parts that answer now, swapped as a whole between requests: whoever began with the old ones ends with them, and no request is lost."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.errors import BroadsheetError
from broadsheet.core.log import get_logger
from broadsheet.serve.api.problems import BusyError, Problem, of_error
from broadsheet.serve.models.parts import Asking, Loaded, Part

P = TypeVar("P")
# How often folders are looked at for what took their place, in seconds.
LOOK = 1.0


class Opener(NamedTuple):
    """How a part is opened: a stamp of what it would be opened from, which changes when that does, and the opening itself."""

    stamp: Callable[[], str]
    open: Callable[[], Part]


class Opened(NamedTuple):
    """A part that was opened, or the problem that kept it from it, and the stamp of what it was opened from."""

    stamp: str
    part: Part | None
    fault: Problem | None = None


LACKING: Final = {
    "recommend": 'Serve a run whose recipe has retrieve = "fit", or another bundle: broadsheet serve --run FOLDER',
    "rank": 'Serve a run whose recipe has rank = "fit", or another bundle: broadsheet serve --run FOLDER',
    "slate": "The slate of the page is at GET /v1/reports/{label}. Slates of sessions need a recipe with plan = a folder of `broadsheet plan fit`, or the sample.",
    "ask": 'Serve a run whose recipe has ask = "shipped": broadsheet serve --run FOLDER',
}
"""What mends a part that a run does not have."""


class Generation(NamedTuple):
    """All parts that answer from one swap to the next, by name."""

    number: int
    at: datetime
    parts: Mapping[str, Opened]

    def loaded(self) -> dict[str, Loaded]:
        """Return what is loaded, by part."""
        return {name: one.part.loaded for name, one in self.parts.items() if one.part is not None}


class Holder:
    """Opens parts, holds one generation of them, and swaps it when what they were opened from has changed.

    Parts that did not change are the same objects in the next generation. A part that cannot be opened again stays as it was, and `fault` says why.
    """

    def __init__(self, openers: Mapping[str, Opener], clock: Clock | None = None) -> None:
        self._openers, self._clock = dict(openers), clock or WallClock()
        self._generation = Generation(0, self._clock.now(), {})
        self._uses: dict[int, int] = {}
        self._retired: list[Part] = []
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self.fault = ""

    @property
    def current(self) -> Generation:
        """The generation that answers now."""
        return self._generation

    @property
    def names(self) -> tuple[str, ...]:
        """All parts there are, opened or not."""
        return tuple(self._openers)

    @property
    def is_ready(self) -> bool:
        """Whether every part was opened, or is known not to open."""
        return self._openers.keys() <= self._generation.parts.keys()

    @contextmanager
    def use(self, name: str, kind: type[P]) -> Iterator[P]:
        """Give a part for one request. Raises BusyError while it is being opened, and Problem where it cannot be, or there is none."""
        with self._lock:
            found = self._generation.parts.get(name)
            part = found.part if found is not None else None
            if part is not None:
                self._uses[id(part)] = self._uses.get(id(part), 0) + 1
        if found is not None and found.fault is not None:
            # What it says may name folders of this machine.
            mend = "Who runs this server finds why in its log, or at GET /v1/artefacts."
            raise Problem(found.fault.status, "not-open", f"The part {name} could not be opened.", mend, headers=found.fault.headers)
        if not isinstance(part, kind):
            if name in self._openers:
                raise BusyError(f"The part {name} is being opened.", 2)
            raise Problem(404, "no-part", f"Nothing answers {name} here.", LACKING.get(name, "Serve the sample, or a run whose recipe has this stage."))
        try:
            yield part
        finally:
            with self._lock:
                self._uses[id(part)] -= 1
                if not self._uses[id(part)]:
                    del self._uses[id(part)]
            self._sweep()

    def open_all(self, *, wanted: tuple[str, ...] = ()) -> bool:
        """Open what is not open yet, or was opened from something else; return whether anything changed.

        The first time each part answers as soon as it is open; later all that changed are swapped in one step. `wanted` parts are opened again in any case.
        """
        with self._opening:
            first = not self.is_ready
            fresh: dict[str, Opened] = {}
            faults: list[str] = []
            for name, opener in self._openers.items():
                held = self._generation.parts.get(name)
                made = self._made(name, opener, held, again=name in wanted)
                if made is None:
                    continue
                if made.fault is not None:
                    faults.append(f"{name}: {made.fault.title} {made.fault.detail}")
                    if held is not None and held.part is not None:
                        # What answers goes on, and is not looked at again until it changes once more.
                        made = Opened(made.stamp, held.part)
                fresh[name] = made
                if first:
                    self._swap({name: made})
            self.fault = "; ".join(faults) if fresh or faults else self.fault
            if fresh and not first:
                self._swap(fresh)
            if first:
                get_logger("serve").info("all parts are open", parts=sorted(name for name, one in self._generation.parts.items() if one.part is not None))
        self._sweep()
        return bool(fresh)

    def _made(self, name: str, opener: Opener, held: Opened | None, *, again: bool) -> Opened | None:
        """Return a part that is to be taken, None where what is held holds."""
        stamp = ""
        try:
            stamp = opener.stamp()
            if held is not None and held.stamp == stamp and not again:
                return None
            return Opened(stamp, opener.open())
        except BroadsheetError as fault:
            get_logger("serve").error("a part cannot be opened", which=name, what=fault.what, mend=fault.mend)
            if held is not None and held.stamp == stamp and held.fault is not None and not again:
                return None
            found = of_error(fault)
            return Opened(stamp, None, Problem(503 if found.status < 500 else found.status, "not-open", fault.what, fault.mend, headers={"Retry-After": "30"}))

    def _swap(self, fresh: Mapping[str, Opened]) -> None:
        with self._lock:
            before = self._generation.parts
            gone = [before[name].part for name in fresh if name in before and before[name].part is not fresh[name].part]
            self._retired += [part for part in gone if part is not None]
            self._generation = Generation(self._generation.number + 1, self._clock.now(), {**before, **fresh})

    def _sweep(self) -> None:
        """Close what was swapped out and nobody uses any more."""
        with self._lock:
            over = [part for part in self._retired if id(part) not in self._uses]
            self._retired = [part for part in self._retired if id(part) in self._uses]
        for part in over:
            if isinstance(part, Asking):
                part.close()

    async def watch(self, seconds: float = LOOK) -> None:
        """Open everything, then look again and again whether something took the place of an artefact; to be cancelled."""
        while True:
            await asyncio.to_thread(self.open_all)
            await asyncio.sleep(seconds)

    def close(self) -> None:
        """Close everything that is held."""
        with self._lock:
            self._retired += [one.part for one in self._generation.parts.values() if one.part is not None]
            self._generation = Generation(self._generation.number + 1, self._clock.now(), {})
            self._uses.clear()
        self._sweep()
