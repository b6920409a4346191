"""The client: many requests to one model, in order, within limits and a budget, every call in the ledger."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

from broadsheet.core.errors import LLMError
from broadsheet.core.llm.faults import DOUBTFUL, RETRIED, CallError, Reason, error_of
from broadsheet.core.llm.ledger import Kind, Known, Ledger, State, Summary
from broadsheet.core.llm.limits import Gate, Limits
from broadsheet.core.llm.port import LLM, Reply, Request, call_key
from broadsheet.core.llm.prices import Amount, Budget, Prices, Purse
from broadsheet.core.llm.reading import Fault, read_reply, repaired
from broadsheet.core.progress import Progress, silent
from broadsheet.core.store import Store

# So many requests are looked up in the cache at once, and so many results may wait for an earlier one.
CHUNK, WINDOW = 256, 2048


class Clock(NamedTuple):
    """What time it is, in seconds, and how to wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Failure(NamedTuple):
    """Why an item has no value: the reason by name, what is wrong, and what mends it."""

    reason: Reason
    what: str
    mend: str

    def error(self) -> LLMError:
        """Return the error of the house's tree."""
        return error_of(self.reason, self.what, self.mend)


class Result(NamedTuple):
    """What became of one request: the reply with its value, or a failure. `calls` were made for it in this run; 0 is a hit.

    A failure keeps the last reply, where there was one.
    """

    key: str
    reply: Reply | None
    failure: Failure | None
    calls: int

    @property
    def value(self) -> Any:
        """The parsed answer. Raises the failure's error where there is none."""
        if self.failure is not None or self.reply is None:
            raise (self.failure or Failure(Reason.INVALID, "There is no reply.", "Ask again.")).error()
        return self.reply.value


class _Item:
    """A request on its way: what the store knew of it, and its result to come."""

    def __init__(self, request: Request, key: str) -> None:
        self.request, self.key = request, key
        self.known = Known()
        self.calls = 0
        self.result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()


class Client:
    """Asks one model many things, and keeps count.

    Replies are kept in the store by the content of what was asked: what was paid is never called again, by this
    run or a later one. A request that fails is a `Failure` in its place, and the others go on. `budget` and
    `summary` are of all that this client asks, one run after the other.
    """

    def __init__(
        self,
        llm: LLM,
        store: Store,
        *,
        limits: Limits | None = None,
        budget: Budget | None = None,
        prices: Prices | None = None,
        seed: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.llm = llm
        self.limits = limits or Limits()
        self.prices = prices or Prices()
        self.clock = clock or Clock()
        self.ledger = Ledger(store)
        self.gate = Gate(self.limits, seed)
        self.purse = Purse(budget or Budget())
        self.purse.check_prices(self.prices, llm.model)
        self._is_running = False

    def run(self, requests: Iterable[Request], progress: Progress = silent) -> list[Result]:
        """Ask all; return the results in the order of the requests. To be called from anywhere, a running event loop included."""

        async def all_of() -> list[Result]:
            return [result async for result in self.stream(requests, progress)]

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(all_of())
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, all_of()).result()

    async def stream(self, requests: Iterable[Request], progress: Progress = silent) -> AsyncIterator[Result]:
        """Ask all; yield each result as soon as it and all before it are there. Requests are taken as they are needed."""
        if self._is_running:
            raise RuntimeError("a client makes one run at a time: end this one, or make another client on the same store")
        self._is_running = True
        run = _Run(self)
        total = len(requests) if isinstance(requests, Sized) else 0
        try:
            done = 0
            async for result in run.results(requests):
                done += 1
                progress(f"asking {self.llm.model}", done, max(total, run.taken))
                yield result
        finally:
            try:
                await run.close()
            finally:
                self._is_running = False

    def summary(self) -> Summary:
        """Sum up what this client's calls came to, from the ledger."""
        return self.ledger.summary(self.llm.name, self.llm.model)


class _Run:
    """One pass over requests: a feeder, workers on a bounded queue, results in order."""

    def __init__(self, client: Client) -> None:
        self._client, self._llm, self._ledger = client, client.llm, client.ledger
        self._gate, self._purse, self._clock, self._limits = client.gate, client.purse, client.clock, client.limits
        self._workers = min(client.limits.in_flight, client.llm.at_once)
        self._work: asyncio.Queue[_Item] = asyncio.Queue(self._workers)
        self._ordered: asyncio.Queue[asyncio.Future[Result] | None] = asyncio.Queue(WINDOW)
        self._under_way: dict[str, _Item] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._settled = asyncio.Event()
        self.taken = 0

    async def results(self, requests: Iterable[Request]) -> AsyncIterator[Result]:
        """Yield results in order."""
        feeder = self._begin(self._feed(requests))
        for _ in range(self._workers):
            self._begin(self._answer_all())
        while (result := await self._ordered.get()) is not None:
            yield await result
        await feeder

    async def close(self) -> None:
        """Stop what is under way, and give back connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._ledger.close()
        await self._llm.close()

    def _begin(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _feed(self, requests: Iterable[Request]) -> None:
        """Look requests up in the cache, many at once, and hand them to the workers; the same request twice is one."""
        asked = iter(requests)
        try:
            while chunk := list(islice(asked, CHUNK)):
                self.taken += len(chunk)
                await self._feed_chunk(chunk)
        except Exception:
            await self._ordered.put(None)
            raise
        await self._ordered.put(None)

    async def _feed_chunk(self, chunk: Sequence[Request]) -> None:
        items: list[tuple[Request, _Item, bool]] = []
        for request in chunk:
            key = call_key(self._llm, request)
            if first := key not in self._under_way:
                self._under_way[key] = _Item(request, key)
            items.append((request, self._under_way[key], first))
        known = await self._ledger.known([item.key for _, item, first in items if first])
        for request, item, first in items:
            if first:
                item.known = known.get(item.key, item.known)
                await self._ordered.put(item.result)
                await self._work.put(item)
            else:
                await self._ordered.put(self._begin(self._joined(request, item)))

    async def _joined(self, request: Request, item: _Item) -> Result:
        """Wait for the same request, which is asked already."""
        result = await asyncio.shield(item.result)
        if result.reply is not None:
            await self._ledger.add(self._row(item, request, item.key, 0, Kind.HIT, State.HIT))
        return result._replace(calls=0)

    async def _answer_all(self) -> None:
        while True:
            item = await self._work.get()
            try:
                result = await self._answer(item)
            except Exception as fault:  # noqa: BLE001 - whoever waits for the result raises it
                item.result.set_exception(fault)
                item.result.exception()  # it is no news to the loop where nobody waits any more
            else:
                item.result.set_result(result)
            del self._under_way[item.key]

    async def _answer(self, item: _Item) -> Result:
        """Ask, read, and ask again with what was wrong, as often as the limits allow."""
        request, key, known = item.request, item.key, item.known
        for repair in range(self._limits.repairs + 1):
            reply = await self._reply(item, request, key, known, Kind.REPAIR if repair else Kind.CALL)
            if isinstance(reply, Failure):
                return Result(item.key, None, reply, item.calls)
            read = read_reply(request, reply)
            if not isinstance(read, Fault):
                return Result(item.key, reply.model_copy(update={"value": read.value}), None, item.calls)
            if not read.mends or repair == self._limits.repairs:
                return Result(item.key, reply, _unfit(read, repair + 1), item.calls)
            request = repaired(request, reply, read)
            key = call_key(self._llm, request)
            known = (await self._ledger.known([key])).get(key, Known())
        raise AssertionError("the last repair returns")

    async def _reply(self, item: _Item, request: Request, key: str, known: Known, kind: Kind) -> Reply | Failure:
        """Return the reply from the cache, or call until there is one or trying more is of no use."""
        if known.reply is not None:
            await self._ledger.add(self._row(item, request, key, 0, Kind.HIT, State.HIT))
            return known.reply
        attempt, kind = (known.attempt, Kind.RESUMED) if known.in_doubt else (known.attempt + 1, kind)
        for tried in range(self._limits.retries + 1):
            reply = await self._call(item, request, self._row(item, request, key, attempt, kind, State.BEGUN))
            if isinstance(reply, Reply):
                return reply
            asked = reply.retry_after or 0.0
            if reply.reason not in RETRIED or tried == self._limits.retries or asked > self._limits.longest_wait:
                return Failure(reply.reason, reply.what, reply.mend)
            # A call whose end is unknown is tried under the same name: a server that honours it bills it once.
            attempt, kind = attempt + (reply.reason not in DOUBTFUL), Kind.RETRY
            if reply.reason is not Reason.PARAMETER:
                await self._clock.sleep(max(asked, self._gate.backoff(tried)))
        raise AssertionError("the last try returns")

    async def _call(self, item: _Item, request: Request, row: dict[str, Any]) -> Reply | CallError:
        """Make one call, if the budget and the gate let it: written down before, and again once its end is known."""
        most = self._most(request)
        if not await self._afford(most):
            return CallError(
                Reason.BUDGET,
                f"The budget has no room for the next call of up to {most.tokens} tokens: {self._purse.shown()} spent.",
                "Raise it and run again: what was paid is kept.",
            )
        used = Amount(calls=0)
        try:
            await self._pass(request)
            if self._gate.breaker.gone is not None:
                return self._gate.breaker.gone
            used = most  # whatever breaks in here: the call may count
            item.calls += 1
            outcome = await self._made(request, row)
            used = self._used(outcome, most)
        except BaseException:
            self._gate.breaker.answered()  # it was not the endpoint, which may be tried again
            raise
        finally:
            self._purse.settle(most, used)
            self._settled.set()
        return outcome

    async def _made(self, request: Request, row: dict[str, Any]) -> Reply | CallError:
        await self._ledger.add(row)
        began = self._clock.now()
        try:
            async with asyncio.timeout(self._limits.timeout):
                outcome: Reply | CallError = await self._llm.complete(request, idempotency=f"{row['key']}-{row['attempt']}")
        except TimeoutError:
            outcome = CallError(Reason.TIMEOUT, f"No answer within {self._limits.timeout:g} seconds.", "Allow more: timeout.")
        except CallError as fault:
            outcome = fault
        now = self._clock.now()
        ended = {**row, "seconds": now - began}
        if isinstance(outcome, Reply):
            self._gate.breaker.answered()
            self._gate.settle(request.likely_tokens, _total(outcome))
            facts = {"state": State.PAID, "answered_by": outcome.model, "finish": outcome.finish, "held": outcome.held}
            tokens = {"prompt_tokens": outcome.prompt_tokens, "completion_tokens": outcome.completion_tokens, "cost": self._cost(outcome)}
            await self._ledger.finish({**ended, **facts, **tokens}, outcome)
            return outcome
        self._gate.breaker.failed(outcome, now)
        self._gate.settle(request.likely_tokens, 0)
        if outcome.retry_after is not None and outcome.retry_after <= self._limits.longest_wait:
            self._gate.hold(outcome.retry_after, now)
        await self._ledger.finish({**ended, "state": State.BEGUN if outcome.reason in DOUBTFUL else State.FAILED, "reason": outcome.reason})
        return outcome

    async def _pass(self, request: Request) -> None:
        """Wait until a call may go, or none will go any more."""
        wait = self._gate.take(request.likely_tokens, self._clock.now())
        if wait:
            await self._clock.sleep(wait)
        while self._gate.breaker.gone is None and (wait := self._gate.wait(self._clock.now())):
            await self._clock.sleep(wait)

    async def _afford(self, most: Amount) -> bool:
        """Take the call's upper bound out of the budget; wait for calls under way, which give back what they did not use."""
        while not self._purse.take(most):
            if not self._purse.in_flight:
                return False
            self._settled.clear()
            await self._settled.wait()
        return True

    def _most(self, request: Request) -> Amount:
        prompt = request.most_prompt_tokens
        usd = self._client.prices.cost(prompt, request.max_tokens, self._llm.model)
        return Amount(usd=usd, tokens=prompt + request.max_tokens)

    def _used(self, outcome: Reply | CallError, most: Amount) -> Amount:
        """Return what a call took; one whose end or tokens are unknown is taken to have used its bound."""
        if isinstance(outcome, CallError):
            return most if outcome.reason in DOUBTFUL else Amount()
        total = _total(outcome)
        return most if total is None else Amount(usd=self._cost(outcome), tokens=total)

    def _cost(self, reply: Reply) -> float | None:
        return self._client.prices.cost(reply.prompt_tokens, reply.completion_tokens, self._llm.model, reply.model)

    def _row(self, item: _Item, request: Request, key: str, attempt: int, kind: Kind, state: State) -> dict[str, Any]:
        facts = {"item": item.key, "key": key, "attempt": attempt, "kind": kind, "state": state, "purpose": request.purpose}
        return self._ledger.next_row(**facts, backend=self._llm.name, model=self._llm.model)


def _total(reply: Reply) -> int | None:
    return None if reply.prompt_tokens is None or reply.completion_tokens is None else reply.prompt_tokens + reply.completion_tokens


def _unfit(read: Fault, asked: int) -> Failure:
    what = f"The reply does not fit, asked {asked} times: {read.what}." if read.reason is Reason.INVALID else read.what
    mends = {
        Reason.TRUNCATED: "Give it more room: max_tokens.",
        Reason.REFUSAL: "Put the question otherwise, or ask another model.",
    }
    return Failure(read.reason, what, mends.get(read.reason, "Ask for a simpler form, or ask another model."))
