"""Requests of many threads, answered side by side: whoever asks within a few milliseconds is read in one pass."""

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple, Self

from broadsheet.core.errors import BroadsheetError
from broadsheet.rank.ranker import Ranker, Ranking


class _Asked(NamedTuple):
    user: str
    items: tuple[str, ...]
    k: int
    answer: Future


class Batcher:
    """A ranker that any number of threads may tell events and ask; one thread of its own does the work, in the order of the requests of each user.

    The first request waits at most `window` seconds for others, and at most `most` are answered together. Use it with `with`, or close it.
    `batches` counts passes, `answered` requests.
    """

    def __init__(self, ranker: Ranker, *, window: float = 0.005, most: int = 64) -> None:
        self._ranker, self._window, self._most = ranker, window, most
        self._asked: queue.Queue[_Asked | None] = queue.Queue()
        self._closed = False
        self.batches = self.answered = 0
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rank_user(self, user: str, k: int = 10, *, items: Sequence[str] = ()) -> Ranking:
        """Tell a user's new `items`, oldest first, and return the k best for them; raises as the ranker does, and RuntimeError once closed."""
        if self._closed:
            raise RuntimeError("the batcher is closed")
        asked = _Asked(user, tuple(items), k, Future())
        self._asked.put(asked)
        return asked.answer.result()

    def close(self) -> None:
        """Answer what was asked, and stop."""
        self._closed = True
        self._asked.put(None)
        self._worker.join()

    def _work(self) -> None:
        while (first := self._asked.get()) is not None:
            batch, ended = [first], False
            until = time.monotonic() + self._window
            while len(batch) < self._most:
                try:
                    more = self._asked.get(timeout=max(0.0, until - time.monotonic()))
                except queue.Empty:
                    break
                if more is None:
                    ended = True
                    break
                batch.append(more)
            self._answer(batch)
            if ended:
                break
        while not self._asked.empty():
            left = self._asked.get()
            if left is not None:
                self._answer([left])

    def _answer(self, batch: list[_Asked]) -> None:
        told = []
        for asked in batch:
            try:
                for item in asked.items:
                    self._ranker.append(asked.user, item)
                told.append(asked)
            except BroadsheetError as error:
                asked.answer.set_exception(error)
        if not told:
            return
        try:
            found = self._ranker.rank_users([asked.user for asked in told], max(asked.k for asked in told))
        except Exception as error:  # noqa: BLE001 - whoever asked is told, and the thread lives on
            for asked in told:
                asked.answer.set_exception(error)
            return
        self.batches += 1
        self.answered += len(told)
        for asked, ranking in zip(told, found, strict=True):
            asked.answer.set_result(ranking._replace(hits=ranking.hits[: asked.k]))
