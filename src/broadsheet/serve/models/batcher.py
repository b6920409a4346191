"""Many small questions to one model, answered together: a short wait for others, a bounded queue, and no for an answer at once where it is full."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

from broadsheet.core.errors import BroadsheetError
from broadsheet.serve.api.problems import BusyError

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class Counts(NamedTuple):
    """What a batcher did so far: questions answered, passes, questions refused for want of room, and how many wait now."""

    answered: int
    batches: int
    refused: int
    waiting: int


def lane(name: str) -> ThreadPoolExecutor:
    """Return a thread that models share: they run one after the other, for neither they nor their tokenizers bear two callers."""
    return ThreadPoolExecutor(1, thread_name_prefix=f"lane-{name}")


class Batcher(Generic[Asked, Told]):
    """Collects questions for `window` seconds and has at most `most` of them answered in one call, in a thread of its lane.

    While a batch is being answered the next one gathers. With `room` questions waiting, another is refused at once: BusyError. Where a batch fails for a
    fault of one question, each is asked alone, so that nobody else is told of it. It belongs to the event loop that first asks.
    """

    def __init__(
        self, name: str, answer: Callable[[Sequence[Asked]], Sequence[Told]], on: Executor, *, window: float = 0.002, most: int = 16, room: int = 64
    ) -> None:
        self.name, self._answer, self.on = name, answer, on
        self._window, self._most, self._room = window, most, room
        self._waiting: deque[tuple[Asked, asyncio.Future[Told]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._answered = self._batches = self._refused = 0

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return Counts(self._answered, self._batches, self._refused, len(self._waiting))

    async def __call__(self, asked: Asked) -> Told:
        """Return the answer to one question. Raises BusyError, and what the model raises."""
        return (await self.all([asked]))[0]

    async def all(self, asked: Sequence[Asked]) -> list[Told]:
        """Return the answers to several questions, which are taken together or not at all."""
        if len(self._waiting) + len(asked) > self._room:
            self._refused += len(asked)
            raise BusyError(f"There is no room for another request to {self.name}: {len(self._waiting)} wait.")
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in asked]
        self._waiting.extend(zip(asked, futures, strict=True))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._run())
        try:
            found = await asyncio.gather(*futures, return_exceptions=True)
        finally:
            # Whoever went away is not answered.
            for future in futures:
                future.cancel()
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return [one for one in found if not isinstance(one, BaseException)]

    async def _run(self) -> None:
        await asyncio.sleep(self._window)
        while self._waiting:
            batch = []
            while self._waiting and len(batch) < self._most:
                asked, future = self._waiting.popleft()
                if not future.done():
                    batch.append((asked, future))
            if batch:
                await self._pass(batch)

    async def _pass(self, batch: Sequence[tuple[Asked, asyncio.Future[Told]]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.run_in_executor(self.on, self._answer, [asked for asked, _ in batch])
        except Exception as fault:  # noqa: BLE001 - whoever asked is told
            if len(batch) > 1 and isinstance(fault, BroadsheetError):
                for one in batch:
                    await self._pass([one])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(fault)
            return
        self._batches += 1
        self._answered += len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
