"""What chance alone gives: people who speak of levels by how much they write, levels shuffled among people, and tables with the same margins."""

from typing import NamedTuple

import numpy as np

from broadsheet.needs.hierarchy.latent import Association, Fit, chances
from broadsheet.needs.hierarchy.mokken import sums
from broadsheet.needs.hierarchy.people import Rows

# So many people are drawn at a time; of more, that many are drawn, and what is drawn spreads less by the root of how many more there are.
DRAWN = 20_000


class Null(NamedTuple):
    """How likely chance alone gives as much, what it gives in the mean, and how far that spreads."""

    p: float
    mean: float
    spread: float


def by_writing(rows: Rows, fitted: Fit, left: Association, draws: int, generator: np.random.Generator) -> Null:
    """Test what is left of association against people who mention each level by chance, the more the more they write.

    A scale is not made by some people writing more than others, nor by some levels being spoken of more: both are in this null, one alone in others.
    """
    chance = chances(fitted, rows.log_posts, np.eye(rows.present.shape[1]))[:, 0]
    group, share = _drawn(np.repeat(rows.group, rows.weight.astype(int)), generator)
    expected = chance[group]
    upper = np.triu_indices(chance.shape[1], 1)
    most = left.most[upper].sum() * share
    found = np.empty(draws)
    for number in range(draws):
        rest = (generator.random(expected.shape) < expected) - expected
        found[number] = (rest.sum(axis=1) ** 2 - (rest**2).sum(axis=1)).sum() / 2 / most
    return _null(found * np.sqrt(share), left.scalability)


def shuffled(rows: Rows, whole: float, draws: int, generator: np.random.Generator) -> Null:
    """Test H against each level's mentions dealt out to people anew, whoever writes how much: who writes much makes a scale of nothing here."""
    present, share = _drawn(np.repeat(rows.present, rows.weight.astype(int), axis=0), generator)
    found = np.empty(draws)
    for number in range(draws):
        mixed = generator.permuted(present, axis=0)
        found[number] = sums(mixed.T @ mixed / len(mixed)).whole
    return _null(found * np.sqrt(share), whole)


def _drawn(values: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, float]:
    """Return the values of all people, or of some drawn ones with which share of all they are."""
    if len(values) <= DRAWN:
        return values, 1.0
    return values[np.sort(generator.choice(len(values), DRAWN, replace=False))], DRAWN / len(values)


def _null(found: np.ndarray, seen: float) -> Null:
    return Null(float((1 + (found >= seen - 1e-12).sum()) / (1 + len(found))), float(found.mean()), float(found.std(ddof=1)))
