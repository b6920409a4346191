"""Who answers for codes: what all of them give, and the one that asks a language model for a list of names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.llm import Client, Limits, Reason, Result
from broadsheet.plan.planners.keys import Codes, Keys
from broadsheet.plan.planners.prompt import VERSION, list_request
from broadsheet.plan.planners.reading import read_plan
from broadsheet.plan.protocols import Source

LIMITS = Limits(timeout=2.0, retries=1, repairs=1, backoff=0.2, longest_backoff=1.0, longest_wait=2.0, failures=5, pause=1.0, openings=2)
"""How a planner's client calls an endpoint: a session waits for it, so it waits for little."""
LOCAL = LIMITS.model_copy(update={"timeout": 600.0})
"""The same for a model on this machine, which never hangs."""

WORN: Final = 8.0
"""What an exposure of one slate's share takes off standard scores: chosen on validation users, for all that give such."""


class Answer(NamedTuple):
    """Values `[C]` of categories for one code, minus infinity for those that were not named; `reason` says why there are none, and `source` who was asked."""

    values: NDArray[np.float32]
    reason: str = ""
    source: Source = Source.LLM


class Asker(Protocol):
    """Answers for codes. `model` is what really ran, `identity` all that changes an answer beside the code; `worn` is what an exposure of one slate's share takes off its values."""

    model: str
    worn: float

    @property
    def identity(self) -> str:
        """All that changes an answer, the code aside."""
        ...

    def ask(self, codes: Sequence[Codes]) -> list[Answer]:
        """Answer for each code, in order. Never raises for what a model says or fails to say."""
        ...

    def counts(self) -> Mapping[str, float]:
        """Return what was counted since it was made: calls, tokens, repairs."""
        ...


class ListAsker:
    """Asks a client's model for a list of names. What the schema refuses after one repair is read leniently; what names no category has no values.

    `source` is what its answers count as (LLM; REPLAY where they were recorded).
    """

    worn = 0.0

    def __init__(
        self, client: Client, keys: Keys, names: Sequence[str], *, most: int = 6, reflections: Sequence[str] = (), source: Source = Source.LLM
    ) -> None:
        self.client, self.keys, self.names, self.most, self.source = client, keys, tuple(names), most, source
        self.reflections = tuple(reflections)
        self.model = f"{client.llm.name}: {client.llm.model}"
        self._counts: Counter[str] = Counter()

    @property
    def identity(self) -> str:
        """The model, the wording, the size of a plan and what is told of other readers."""
        return "\x1f".join((self.model, VERSION, str(self.most), *self.reflections))

    def ask(self, codes: Sequence[Codes]) -> list[Answer]:
        """Answer for each code: values fall with the place in the list."""
        situations = [self.keys.situation(code) for code in codes]
        results = self.client.run([list_request(situation, self.names, self.most, self.reflections) for situation in situations])
        return [self._answer(result, situation.offered) for result, situation in zip(results, situations, strict=True)]

    def counts(self) -> Mapping[str, float]:
        """Return calls, repairs, retries and tokens of the client, and how many replies had to be read leniently."""
        return {**used(self.client), **self._counts}

    def _answer(self, result: Result, offered: tuple[int, ...]) -> Answer:
        values = np.full(len(self.names), -np.inf, dtype=np.float32)
        if result.failure is None and result.reply is not None:
            place = {self.names[row]: row for row in offered}
            named = list(dict.fromkeys(result.reply.value.categories))
            self._counts["named twice"] += len(result.reply.value.categories) - len(named)
            rows = [place[name] for name in named]
        elif result.failure is not None and result.reply is not None and result.failure.reason in {Reason.INVALID, Reason.TRUNCATED}:
            reading = read_plan(result.reply.text, self.names, offered, self.most)
            self._counts.update({"named twice": reading.again, "unknown names": reading.unknown, "read leniently": bool(reading.rows)})
            if not reading.rows:
                return Answer(values, f"{result.failure.reason}: {reading.reason}", self.source)
            rows = list(reading.rows)
        else:
            return Answer(values, str(result.failure.reason) if result.failure else "no reply", self.source)
        values[rows] = -np.arange(len(rows), dtype=np.float32)
        return Answer(values, "", self.source)


class RuleAsker:
    """Answers by the likings of a code's taste alone, without a model: the control of all who ask one."""

    model = "no model"

    def __init__(self, keys: Keys, *, worn: float = WORN) -> None:
        self.keys, self.worn, self.identity = keys, worn, "likings"

    def ask(self, codes: Sequence[Codes]) -> list[Answer]:
        """Answer with the standard scores of the likings of what is on offer, what was shown much taken down."""
        return [self._answer(code) for code in codes]

    def counts(self) -> Mapping[str, float]:
        """Return that nothing was called."""
        return {"calls": 0}

    def _answer(self, code: Codes) -> Answer:
        offered = list(self.keys.situation(code).offered)
        values = np.full(self.keys.centres.shape[1], -np.inf, dtype=np.float32)
        values[offered] = standard(self.keys.centres[int(code[0]), offered])
        return Answer(values, "", Source.RULE)


def standard(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return values with mean 0 and deviation 1; alike ones are 0.

    >>> standard(np.array([1.0, 3.0])).tolist()
    [-1.0, 1.0]
    """
    spread = values.std()
    return ((values - values.mean()) / (spread if spread > 1e-9 else 1.0)).astype(np.float32)


def used(client: Client) -> dict[str, float]:
    """Return what a client's calls came to, under plain names."""
    summary = client.summary()
    names = ("calls", "repairs", "retries", "hits", "failed", "prompt_tokens", "completion_tokens")
    return {name: float(getattr(summary, name)) for name in names}
