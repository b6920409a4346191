"""A language model as a planner: coarse codes, answers from a table, a cache or the model, and a rule where there are none; everything is counted."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from broadsheet.core.config import Config
from broadsheet.core.errors import ConfigError, LLMError
from broadsheet.plan.planners.asking import Answer, Asker
from broadsheet.plan.planners.cache import PlanCache
from broadsheet.plan.planners.keys import Codes, Keys
from broadsheet.plan.planners.rules import Held
from broadsheet.plan.planners.spare import best_of, least_exposed
from broadsheet.plan.planners.table import PlanTable, Tastes, check_table
from broadsheet.plan.protocols import Plans, PlanState, Source

LEAST_LLM: Final = 0.9
"""Share of plans that a model must have made in a run that is named after one."""
MADE_BY_LLM: Final = (Source.LLM, Source.CACHE, Source.TABLE, Source.REPLAY)
PER: Final = 1000


class LLMPlannerConfig(Config):
    """`most` categories a plan, which holds for `ttl` slates; a table's nearest code may differ in `farthest` levels.

    A category's value is that of the answer, less what its exposure in the session takes off, and `own` times the user's own liking (a chance) among those that were named: codes are coarse. Defaults were chosen on validation users of books.
    """

    most: Held = 6
    ttl: Held = 1
    farthest: Annotated[int, Field(ge=0)] = 3
    own: Annotated[float, Field(ge=0)] = 0.0


class LLMPlanner:
    """Plans by answers for codes: from a prefilled `table`, else a cache, else an `asker`; what has none falls back to what was shown least, counted by reason.

    A plan is TABLE, CACHE, LLM or REPLAY by where its answer came from, RULE where no model was asked for it, FALLBACK where there was none or nothing of it is available.
    Raises ConfigError without a table and an asker.
    """

    def __init__(
        self,
        name: str,
        *,
        table: PlanTable | None = None,
        asker: Asker | None = None,
        keys: Keys | None = None,
        cache: PlanCache | None = None,
        config: LLMPlannerConfig | None = None,
    ) -> None:
        found = table.keys if table is not None else keys
        if found is None or (table is None and asker is None):
            raise ConfigError("A planner by a language model has neither a table nor a model to ask.", "Give a plan table, or keys and an asker.")
        self.name, self.table, self.asker, self.keys, self.config = name, table, asker, found, config or LLMPlannerConfig()
        self.cache = PlanCache() if cache is None else cache
        self._before: Mapping[str, float] = {}
        self.begin(0, 0)

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; answers that are known stay. Nothing is left to chance."""
        del seed
        self._tastes = Tastes(self.keys, count)
        self._last = np.full(count, -1, dtype=np.int64)
        self._sources = np.zeros(len(Source), dtype=np.int64)
        self._counts: Counter[str] = Counter()
        self._before = {} if self.asker is None else dict(self.asker.counts())

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return plans for the sessions that are due; each distinct code is looked up, or asked for, once."""
        rows = np.flatnonzero(due)
        plans = Plans(state.available.copy(), np.full(len(due), self.config.ttl, dtype=np.int32), np.full(len(due), Source.FALLBACK, dtype=np.int8))
        if not len(rows):
            return plans
        if self.table is not None:
            check_table(self.table, state.available.shape[1])
        self._count_steps(state, rows)
        codes, place = np.unique(self.keys.codes(state, rows, self._tastes.of(state, rows)), axis=0, return_inverse=True)
        answers = self._answers(codes)
        values = np.array([answer.values for answer, _ in answers])[place.ravel()]
        worn = np.array([worn for _, worn in answers], dtype=np.float32)[place.ravel()]
        named = values > -np.inf
        value = np.where(named, values, 0) - worn[:, None] * state.recent[rows] + self.config.own * state.affinity[rows]
        value = np.where(named & state.available[rows], value, -np.inf)
        source = np.array([answer.source for answer, _ in answers], dtype=np.int8)[place.ravel()]
        lost = ~(value > -np.inf).any(axis=1)
        self._count_fallbacks([answers[at][0].reason for at in place.ravel()[lost].tolist()])
        allowed = best_of(value, self.config.most)
        allowed[lost] = least_exposed(state, rows[lost], self.config.most)
        plans.allowed[rows], plans.source[rows] = allowed, np.where(lost, Source.FALLBACK, source)
        self._sources += np.bincount(plans.source[rows], minlength=len(Source))
        return plans

    def counts(self) -> Mapping[str, float]:
        """Return plans by source, fallbacks by reason, how codes were found, and what the model was asked since `begin`."""
        made: dict[str, float] = {source.name.lower(): float(self._sources[source]) for source in Source}
        asked = {} if self.asker is None else self.asker.counts()
        since = {name: value - self._before.get(name, 0) for name, value in asked.items()}
        calls = since.get("calls", 0.0)
        return {**made, **self._counts, **since, "calls": calls, "calls per 1000 steps": calls_per_thousand(calls, self._counts["steps"])}

    def _answers(self, codes: Codes) -> list[tuple[Answer, float]]:
        """Return for each code its answer, and what an exposure takes off its values."""
        self.cache.tick()
        found = [self._known(code) for code in codes]
        wanted = [row for row, answer in enumerate(found) if answer is None]
        if self.asker is not None and wanted:
            for row, answer in zip(wanted, self.asker.ask([codes[row] for row in wanted]), strict=True):
                self.cache.put(self._key(codes[row]), answer)
                found[row] = (answer, self.asker.worn)
                self._counts["codes asked"] += 1
        nothing = np.full(self.keys.centres.shape[1], -np.inf, dtype=np.float32)
        return [answer or (Answer(nothing, "not in the table", Source.FALLBACK), 0.0) for answer in found]

    def _known(self, code: Codes) -> tuple[Answer, float] | None:
        if self.table is not None and (near := self.table.find(code, 0 if self.asker else self.config.farthest)) is not None:
            self._counts["codes met" if near.distance == 0 else "codes nearest"] += 1
            made = Source.TABLE if self.table.source in MADE_BY_LLM else self.table.source
            return Answer(self.table.values[near.row], self.table.reasons[near.row], made), self.table.worn
        held = None if self.asker is None else self.cache.get(self._key(code))
        if held is None or self.asker is None:
            return None
        return held._replace(source=Source.CACHE if held.source is Source.LLM else held.source), self.asker.worn

    def _key(self, code: Codes) -> str:
        said = self.asker.identity if self.asker is not None else ""
        return hashlib.sha256(said.encode() + b"\x1f" + code.tobytes()).hexdigest()

    def _count_steps(self, state: PlanState, rows: NDArray[np.int64]) -> None:
        """Count the rounds that have passed, as far as plans tell: what follows a session's last plan is not seen, so there were no fewer."""
        now, before = state.step[rows], self._last[rows]
        self._counts["steps"] += int(np.where((before >= 0) & (now > before), now - before, now).sum())
        self._last[rows] = now

    def _count_fallbacks(self, reasons: Sequence[str]) -> None:
        for reason in reasons:
            self._counts[f"fallback, {reason or 'nothing of it is available'}"] += 1


def calls_per_thousand(calls: float, steps: float) -> float:
    """Return calls to a model for every 1,000 rounds of sessions.

    >>> calls_per_thousand(3, 2000)
    1.5
    """
    return PER * calls / steps if steps else 0.0


def require_llm(name: str, made: Mapping[str, float]) -> None:
    """Raise LLMError where a run is named after a language model and fewer than nine tenths of its plans came from one.

    `made` holds plans, or shares of them, by the lower-case names of `Source`, as `LLMPlanner.counts` and the facts of plans give them; other entries are ignored.

    >>> require_llm("llm", {"table": 95, "fallback": 5})
    >>> require_llm("mask-recent", {"rule": 1})
    """
    if not re.search(r"(?<![a-z])(?:llm|lm|gpt|smollm2?)(?![a-z])", name, re.IGNORECASE):
        return
    total = sum(made.get(source.name.lower(), 0.0) for source in Source)
    share = sum(made.get(source.name.lower(), 0.0) for source in MADE_BY_LLM) / total if total else 0.0
    if share < LEAST_LLM:
        said = ", ".join(f"{source.name.lower()} {made.get(source.name.lower(), 0.0):g}" for source in Source if made.get(source.name.lower()))
        what = f"The run {name!r} is named after a language model, which made {share:.0%} of its plans, and not {LEAST_LLM:.0%} ({said or 'no plan'})."
        raise LLMError(what, "See why it fell back (the counts name reasons), mend that, or name the run after what planned.")
