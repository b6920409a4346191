"""Answers that were given, kept for a while, the least used given up first."""

from collections import OrderedDict

from broadsheet.plan.planners.asking import Answer


class PlanCache:
    """Answers by key, for `ttl` rounds of planning each, at most `most` of them.

    A failure is kept for `again` rounds: an endpoint that fails is not asked the same in every round, nor given up for good.

    >>> import numpy as np
    >>> cache = PlanCache(ttl=2)
    >>> cache.put("a", Answer(np.zeros(1)))
    >>> cache.tick(), cache.get("a") is not None, cache.tick(), cache.get("a")
    (None, True, None, None)
    """

    def __init__(self, ttl: int = 1_000_000, most: int = 5_000, again: int = 10) -> None:
        self.ttl, self.most, self.again = ttl, most, min(ttl, again)
        self._now = 0
        self._held: OrderedDict[str, tuple[int, Answer]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def tick(self) -> None:
        """Begin another round of planning."""
        self._now += 1

    def get(self, key: str) -> Answer | None:
        """Return the answer of a key, or None where there is none or it is too old."""
        if key not in self._held:
            return None
        since, answer = self._held[key]
        if self._now - since >= (self.again if answer.reason else self.ttl):
            del self._held[key]
            return None
        self._held.move_to_end(key)
        return answer

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; the least used give way."""
        self._held[key] = (self._now, answer)
        self._held.move_to_end(key)
        while len(self._held) > self.most:
            self._held.popitem(last=False)
