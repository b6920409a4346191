"""A planner that answers from a recording of a language model: the same plans, anywhere, without the model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import RecordingError
from broadsheet.core.llm import Client, Reason
from broadsheet.core.llm.backends.recording import ReplayLLM
from broadsheet.core.store import Store
from broadsheet.plan.planners.asking import LIMITS, Answer, ListAsker
from broadsheet.plan.planners.keys import Codes, Keys
from broadsheet.plan.planners.llm import LLMPlanner, LLMPlannerConfig
from broadsheet.plan.protocols import Plans, PlanState, Source

Miss = Literal["strict", "lenient"]


class _Recorded(ListAsker):
    """Asks a recording. In strict mode a request that is not in it is an error."""

    def __init__(self, client: Client, keys: Keys, names: Sequence[str], *, most: int, reflections: Sequence[str], miss: Miss) -> None:
        super().__init__(client, keys, names, most=most, reflections=reflections, source=Source.REPLAY)
        self.miss = miss

    def ask(self, codes: Sequence[Codes]) -> list[Answer]:
        """Answer for each code. Raises RecordingError in strict mode for one whose request was not recorded."""
        answers = super().ask(codes)
        missed = sum(answer.reason == Reason.UNRECORDED for answer in answers)
        self._counts.update({"recorded": len(answers) - missed, "unrecorded": missed})
        if missed and self.miss == "strict":
            what = f"{missed} of {len(answers)} requests for a plan are not in the recording of {self.client.llm.model}."
            raise RecordingError(what, "Record them with the model, or replay leniently: such plans then fall back, and are counted.")
        return answers


class ReplayPlanner(LLMPlanner):
    """Plans from a recording (`open_llm(..., record=FILE)` writes one). `strict`: a request that is not in it is an error; `lenient`: counted, and falls back."""

    def __init__(
        self,
        path: Path,
        store: Store,
        keys: Keys,
        names: Sequence[str],
        *,
        miss: Miss = "strict",
        reflections: Sequence[str] = (),
        config: LLMPlannerConfig | None = None,
        name: str = "llm, replayed",
    ) -> None:
        stated = config or LLMPlannerConfig()
        asker = _Recorded(Client(ReplayLLM(path), store, limits=LIMITS), keys, names, most=stated.most, reflections=reflections, miss=miss)
        super().__init__(name, asker=asker, keys=keys, config=stated)

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return plans. Raises RecordingError in strict mode for a request that was not recorded."""
        return super().plan(state, due)

    @property
    def hit_rate(self) -> float:
        """The share of the requests since `begin` that were in the recording; 1 where none was made."""
        counts = self.counts()
        hits, missed = counts.get("recorded", 0.0), counts.get("unrecorded", 0.0)
        return hits / (hits + missed) if hits + missed else 1.0
