"""A labeller that asks a language model, through the port: one sentence a call, one level or none as the answer."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from broadsheet.core.catalogue import text_hash
from broadsheet.core.llm import Client, Request, call_key
from broadsheet.core.progress import Progress, silent
from broadsheet.needs.label.labels import Labels, NeedLabeller
from broadsheet.needs.label.prototypes import NONE
from broadsheet.needs.taxonomy import Taxonomy

# Tokens of an answer: the longest id of a level, in JSON.
ANSWER = 64


class AskedLabeller:
    """Labels texts by the answers of a client's model; `failures` counts by reason those that got none, and these have no label.

    Where the model tells how likely each choice is (a local one), that is the chance of each level; else the answer is certain.
    """

    def __init__(self, taxonomy: Taxonomy, client: Client, progress: Progress = silent) -> None:
        self.names = (*(level.id for level in taxonomy.levels), NONE)
        self.client, self._progress = client, progress
        self.name = f"{client.llm.name}: {client.llm.model}"
        self.prompt = _prompt(taxonomy)
        self.prompt_hash = text_hash(self.prompt)[:16]
        self.failures: Counter[str] = Counter()

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Label texts by level."""
        labels, failures = self.answered(texts)
        self.failures.update(failures)
        return labels

    def answered(self, texts: Sequence[str]) -> tuple[Labels, Counter[str]]:
        """Return labels, and by reason how many texts got none."""
        failures: Counter[str] = Counter()
        asked = [self._request(text) for text in texts]
        chances = np.zeros((len(asked), len(self.names)))
        for row, result in zip(chances, self.client.run(asked, self._progress), strict=True):
            if result.failure is not None:
                failures[str(result.failure.reason)] += 1
            elif result.reply is not None and result.reply.logprobs:
                row[:] = [np.exp(result.reply.logprobs.get(name, -np.inf)) for name in self.names]
            else:
                row[self.names.index(result.value)] = 1.0
        return Labels(self.names, chances), failures

    def needs(self, texts: Sequence[str]) -> list[str]:
        """Return the level itself: needs under it are not asked for. Answers that were given once are not asked for again."""
        return self.answered(texts)[0].best

    def keys(self, texts: Sequence[str]) -> list[str]:
        """Return the keys under which the ledger knows what is asked about texts."""
        return [call_key(self.client.llm, self._request(text)) for text in texts]

    def _request(self, text: str) -> Request:
        return Request.ask(text, system=self.prompt, choices=self.names, max_tokens=ANSWER, purpose="needs")


class UnsureAsked:
    """Labels texts by a first labeller, and asks a second for those of which the first is less sure than `below`."""

    def __init__(self, first: NeedLabeller, second: AskedLabeller, below: float) -> None:
        self.first, self.second, self.below = first, second, below
        self.name = f"{first.name}; {second.name} where that is less sure than {below:g}"
        self.prompt_hash = second.prompt_hash
        self.sent = 0

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Label texts by level; what the second gives no answer to keeps the first's label."""
        said = self.first(texts)
        unsure = np.flatnonzero(said.certainty < self.below)
        self.sent += len(unsure)
        return _mended(said, unsure, self.second([texts[row] for row in unsure.tolist()]))

    def needs(self, texts: Sequence[str]) -> list[str]:
        """Return the need by the first labeller where both name its level, else the level that the second names."""
        said = self.first(texts)
        unsure = np.flatnonzero(said.certainty < self.below)
        levels = _mended(said, unsure, self.second.answered([texts[row] for row in unsure.tolist()])[0]).best
        return [need if one == level else level for need, one, level in zip(self.first.needs(texts), said.best, levels, strict=True)]

    def keys(self, texts: Sequence[str]) -> list[str]:
        """Return the keys under which the ledger knows what the second was asked about texts, if it was."""
        return self.second.keys(texts)


def _mended(said: Labels, rows: np.ndarray, answers: Labels) -> Labels:
    """Put answers, where there are any, in the place of what was said of some rows."""
    chances = said.chances.copy()
    answered = answers.chances.any(axis=1)
    chances[rows[answered]] = answers.chances[answered]
    return Labels(said.names, chances)


def _prompt(taxonomy: Taxonomy) -> str:
    """Return what a model is told: each level by its definition and what is not of it. No example is given that could come back as evidence."""
    levels = "\n".join(f"- {level.id}: {level.definition} Of it: {level.inclusion} Not of it: {level.exclusion}" for level in taxonomy.levels)
    return (
        f"Levels of needs ({taxonomy.title}):\n{levels}\n\n"
        f"The user's message is one sentence that somebody wrote. Name the level of the need that its author speaks of, or {NONE} if it speaks of no need."
    )
