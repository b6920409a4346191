"""What posts most likely say, by the votes of several annotators."""

from typing import NamedTuple

import numpy as np

from broadsheet.needs.agree.agreement import MISSING, Votes

# From so many annotators on, how often each errs can be told from how they differ.
FEWEST = 3
# What every annotator is thought to have said before, in each cell, so that nothing is impossible.
_BEFORE = 0.01
_STEPS, _CLOSE = 200, 1e-6
# A level less likely than this is none that a post has: such traces would fill rows of a confusion that nobody's label fills.
_TRACE = 0.01


class Truth(NamedTuple):
    """How likely each level, or none, is for each post `[P, C]`, by which rule, and how many posts have votes that are tied.

    `accuracy` is how often each annotator is right, as Dawid and Skene estimate it; None for a majority.
    """

    chances: np.ndarray
    rule: str
    tied: int
    accuracy: dict[str, float] | None = None


def truth_of(votes: Votes) -> Truth:
    """Return the majority's level of each post, in equal parts where votes are tied; of three annotators or more, Dawid and Skene's posterior.

    On a few hundred posts with eight labels, of people who all do well, the posterior is about as often right as a majority, and surer than it should be.
    """
    counts = votes.counts()
    most = counts == counts.max(axis=1, keepdims=True)
    tied = int((most.sum(axis=1) > 1).sum())
    if len(votes.annotators) < FEWEST:
        return Truth(most / most.sum(axis=1, keepdims=True), "majority", tied)
    posterior, said = dawid_skene(votes.codes, len(votes.names))
    chances = np.where((posterior < _TRACE) | (counts.sum(axis=0) == 0), 0, posterior)
    accuracy = {name: float(posterior.mean(axis=0) @ np.diagonal(table)) for name, table in zip(votes.annotators, said, strict=True)}
    return Truth(chances / chances.sum(axis=1, keepdims=True), "Dawid-Skene", tied, accuracy)


def dawid_skene(codes: np.ndarray, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how likely each label is for each post `[P, C]`, and how often each annotator says each label of each true one `[A, C, C]`.

    `codes` `[A, P]` are labels said, or MISSING. Expectation-maximisation from the votes' shares (Dawid and Skene, 1979), with a hundredth of a vote in each cell
    beforehand.
    """
    said = np.stack([(codes == label) for label in range(labels)], axis=2).astype(float)
    assert (codes >= MISSING).all()
    chances = said.sum(axis=0) + _BEFORE
    chances /= chances.sum(axis=1, keepdims=True)
    tables = np.zeros((len(codes), labels, labels))
    for _ in range(_STEPS):
        prior = chances.sum(axis=0) + _BEFORE
        tables = np.einsum("pt,aps->ats", chances, said) + _BEFORE
        tables /= tables.sum(axis=2, keepdims=True)
        joint = np.log(prior / prior.sum()) + np.einsum("aps,ats->pt", said, np.log(tables))
        joint = np.exp(joint - joint.max(axis=1, keepdims=True))
        joint /= joint.sum(axis=1, keepdims=True)
        moved = np.abs(joint - chances).max()
        chances = joint
        if moved < _CLOSE:
            break
    return chances, tables
