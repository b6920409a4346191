"""A local language model as a planner: nothing is written, each name is scored, and the score that it has without a reader is taken off."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.llm import Client
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.planners.asking import Answer, standard, used
from broadsheet.plan.planners.keys import Codes, Keys
from broadsheet.plan.planners.prompt import VERSION, choice_request, empty_request
from broadsheet.plan.protocols import Source


class ChoiceAsker:
    """Scores the names of what is on offer by log P(name | prompt) - log P(name | a prompt that says nothing), as standard scores.

    Always valid and the same each time. The prompt is read once for all names of a code. What is on offer is the keys' shortlist (`KeysConfig.offered`), for each name costs a pass.
    A model that tells no chances gives no values, and the reason stands in the answer.
    """

    def __init__(
        self, client: Client, keys: Keys, names: Sequence[str], *, reflections: Sequence[str] = (), worn: float = 2.0, progress: Progress = silent
    ) -> None:
        self.client, self.keys, self.names, self.worn = client, keys, tuple(names), worn
        self.reflections, self._progress = tuple(reflections), progress
        self.model = f"{client.llm.name}: {client.llm.model}"
        self._before: NDArray[np.float32] | None = None
        self._counts: Counter[str] = Counter()

    @property
    def identity(self) -> str:
        """The model, the wording, and what is told of other readers."""
        return "\x1f".join((self.model, VERSION, "scores", *self.reflections))

    def ask(self, codes: Sequence[Codes]) -> list[Answer]:
        """Answer for each code."""
        before = self._bare()
        situations = [self.keys.situation(code) for code in codes]
        results = self.client.run([choice_request(situation, self.names, self.reflections) for situation in situations], self._progress)
        answers = []
        for situation, result in zip(situations, results, strict=True):
            values = np.full(len(self.names), -np.inf, dtype=np.float32)
            said = result.reply.logprobs if result.failure is None and result.reply is not None else None
            if said is None or before is None:
                self._counts["no chances told"] += result.failure is None
                answers.append(Answer(values, str(result.failure.reason) if result.failure else "no chances told"))
                continue
            rows = list(situation.offered)
            values[rows] = standard(np.array([said[self.names[row]] for row in rows]) - before[rows])
            answers.append(Answer(values, "", Source.LLM))
        return answers

    def counts(self) -> Mapping[str, float]:
        """Return calls and tokens of the client."""
        return {**used(self.client), **self._counts}

    def _bare(self) -> NDArray[np.float32] | None:
        """Return what the model says of each name where nothing is said of a reader, up to a constant; asked once."""
        if self._before is None:
            (result,) = self.client.run([empty_request(self.names)])
            if result.failure is None and result.reply is not None and result.reply.logprobs:
                said = result.reply.logprobs
                self._before = np.array([said[name] for name in self.names], dtype=np.float32)
        return self._before
