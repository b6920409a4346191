"""A local language model as a planner: nothing is written, each name is scored, and the score that it has without a reader is taken off."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from broadsheet.core.llm import Client, Request
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.planners.asking import WORN, Answer, standard, used
from broadsheet.plan.planners.keys import LITTLE, Codes, Keys, Situation
from broadsheet.plan.planners.prompt import VERSION, choice_request, empty_request, like_request
from broadsheet.plan.protocols import Source


class ChoiceAsker:
    """Scores the names of what is on offer by log P(name | prompt) - log P(name | a prompt that says nothing), as standard scores.

    Always valid and the same each time. The prompt is read once for all names of a code. What is on offer is the keys' shortlist (`KeysConfig.offered`), for each name costs a pass.
    A small model takes what stands in a prompt for what is asked for, be it tiring or not. With a `contrast` above 0 the prompt tells likings alone, and as many
    times the mean likeness of a name to what was shown much, by a prompt for each of that, is taken off: then a table of any number of codes takes a call for each taste and each
    of its relevant categories. A model that tells no chances gives no values, and the reason stands in the answer.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        names: Sequence[str],
        *,
        reflections: Sequence[str] = (),
        worn: float = WORN,
        contrast: float = 0.0,
        progress: Progress = silent,
    ) -> None:
        self.client, self.keys, self.names, self.worn, self.contrast = client, keys, tuple(names), worn, contrast
        self.reflections, self._progress = tuple(reflections), progress
        self.model = f"{client.llm.name}: {client.llm.model}"
        self._counts: Counter[str] = Counter()

    @property
    def identity(self) -> str:
        """The model, the wording, the contrast, and what is told of other readers."""
        return "\x1f".join((self.model, VERSION, f"scores {self.contrast:g}", *self.reflections))

    def ask(self, codes: Sequence[Codes]) -> list[Answer]:
        """Answer for each code."""
        situations = [self.keys.situation(code) for code in codes]
        likings = [one._replace(shown=()) if self.contrast else one for one in situations]
        values = self._scored([choice_request(one, self.names, self.reflections) for one in likings], situations)
        if self.contrast:
            self._take_off_likeness(values, situations)
        return values

    def counts(self) -> Mapping[str, float]:
        """Return calls and tokens of the client."""
        return {**used(self.client), **self._counts}

    def _take_off_likeness(self, answers: list[Answer], situations: Sequence[Situation]) -> None:
        """Take the mean likeness to what was shown much off each answer's values. Each category is asked about alone, so that few different questions are asked."""
        pairs = [(number, row) for number, one in enumerate(situations) for row in much(one)]
        requests = [like_request(row, situations[number].offered, self.names) for number, row in pairs]
        scored = self._scored(requests, [situations[number] for number, _ in pairs])
        share = {number: self.contrast / len(much(situations[number])) for number, _ in pairs}
        for (number, _), like in zip(pairs, scored, strict=True):
            if answers[number].reason or like.reason:
                answers[number] = answers[number] if answers[number].reason else like
                continue
            # Minus infinity stands at the same places of both.
            named = like.values > -np.inf
            answers[number].values[named] -= share[number] * like.values[named]

    def _scored(self, requests: Sequence[Request], situations: Sequence[Situation]) -> list[Answer]:
        """Return the standard scores of what each request offers, less what the names score without a reader."""
        if not requests:
            return []
        bare, *results = self.client.run([empty_request(self.names), *requests], self._progress)
        before = bare.reply.logprobs if bare.failure is None and bare.reply is not None else None
        answers = []
        for situation, result in zip(situations, results, strict=True):
            values = np.full(len(self.names), -np.inf, dtype=np.float32)
            said = result.reply.logprobs if result.failure is None and result.reply is not None else None
            if said is None or before is None:
                failure = result.failure or bare.failure
                answers.append(Answer(values, str(failure.reason) if failure else "no chances told"))
                continue
            names = [self.names[row] for row in situation.offered]
            values[list(situation.offered)] = standard(np.array([said[name] - before[name] for name in names]))
            answers.append(Answer(values, "", Source.LLM))
        return answers


def much(situation: Situation) -> tuple[int, ...]:
    """Return the categories that were shown much of late; those shown a little, where none was."""
    most = tuple(row for row, level in situation.shown if level > LITTLE)
    return most or tuple(row for row, _ in situation.shown)
