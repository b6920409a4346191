"""What a running site is made of, and its life: from the first part that is opened to the last request that is answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.home import home
from broadsheet.core.jobs import Jobs
from broadsheet.core.store import Store
from broadsheet.serve.keys import Keys
from broadsheet.serve.limits import Buckets
from broadsheet.serve.metrics import Metrics
from broadsheet.serve.models.holder import Holder


class Settings(NamedTuple):
    """How a site is run: for whom by default, where its reports lie, whether it listens at this machine alone, under which further names.

    `writes` says that the reports are those of a run, which the site itself may have made anew.
    """

    reader: str = "me"
    reports: Path | None = None
    local: bool = True
    hosts: tuple[str, ...] = ()
    writes: bool = False

    @property
    def report_folder(self) -> Path:
        """The folder of reports: one that was named, or that of this installation."""
        return self.reports or home() / "site" / "today"


class Site:
    """All that routes and pages work with."""

    def __init__(self, store: Store, holder: Holder, settings: Settings = Settings(), clock: Clock | None = None) -> None:  # noqa: B008
        self.store, self.holder, self.settings, self.clock = store, holder, settings, clock or WallClock()
        self.keys, self.buckets, self.jobs = Keys(store, self.clock), Buckets(self.clock), Jobs(store, self.clock)
        self.metrics = Metrics(holder)

    @contextlib.asynccontextmanager
    async def living(self, *beside: Callable[[], contextlib.AbstractContextManager[object]]) -> AsyncIterator[None]:
        """Open the parts in the background, watch their folders, and run what belongs `beside`, until the block ends."""
        watching = asyncio.create_task(self.holder.watch())
        try:
            with contextlib.ExitStack() as stack:
                for one in beside:
                    stack.enter_context(one())
                yield
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
            await asyncio.to_thread(self.holder.close)
