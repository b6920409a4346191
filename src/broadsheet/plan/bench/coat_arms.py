"""The arms of Coat's bench, and what each may know."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.bench.games import Played, play, together
from broadsheet.plan.coat.likings import Likings, Ratings, fit_likings
from broadsheet.plan.coat.loops import SHRINKAGES, Loop, Uniform, oracle_loop, oracle_loops, shrunken_means, train_loop
from broadsheet.plan.coat.planned import Planned
from broadsheet.plan.coat.rule import Rule, near_by_features, near_by_likings, near_by_sessions
from broadsheet.plan.datasets.coat import Coat, read_coat
from broadsheet.plan.environment.published import Mode, coat_game, column_distances
from broadsheet.plan.environment.published.rules import COAT_DISTANCE, FORCED
from broadsheet.plan.protocols import Agent

PASSES = 40
"""Sessions of each user in the random arm, and in the random sessions from which a rule is learnt."""
RISK = 0.05
"""An assumption: the chance that a pair is near although a guess of the rule does not say so."""
RANDOM, MENDED = "random", "random, window mended"
LOOP, SEQUENCE = "loop for all, shrinkage ", "sequence for all, shrinkage "
TRUE_ALL, TRUE_EACH = "oracle: for all, true means", "oracle: for each, true ratings"
LIKINGS, TOLD, LEARNT = "planned, rule told, ratings unseen", "planned, rule told", "planned, rule learnt from random sessions"
FEATURES, ALIKE = "planned, rule guessed from features", "planned, rule guessed from features and likings"
FREE_TO_PLAN = "planned, no rule"
ARMS: dict[Mode, tuple[str, ...]] = {
    Mode.FREE: (RANDOM, MENDED, *(f"{LOOP}{value}" for value in SHRINKAGES), FEATURES, ALIKE, LEARNT, LIKINGS, TOLD, TRUE_ALL, TRUE_EACH),
    Mode.NO_REPEATS: (RANDOM, MENDED, f"{SEQUENCE}5", FEATURES, ALIKE, LEARNT, LIKINGS, TOLD, TRUE_ALL, TRUE_EACH),
    Mode.FORCED: (RANDOM, f"{SEQUENCE}5", FREE_TO_PLAN, TRUE_ALL, TRUE_EACH),
}
DRAWN = (RANDOM, MENDED, LEARNT)
"""Arms in which something is drawn; the others are the same at every seed."""


class Case:
    """Coat's files, and what is made of them once: the model of likings is fitted to the ratings of training alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def coat(self) -> Coat:
        """The files."""
        return read_coat(self.folder)

    @cached_property
    def ratings(self) -> Ratings:
        """What an agent knows of ratings."""
        return Ratings.of(self.coat.train, self.coat.user_features, self.coat.item_features)

    @cached_property
    def likings(self) -> Likings:
        """What an agent expects of every user and item."""
        return fit_likings(self.ratings)

    @cached_property
    def feature_distances(self) -> NDArray[np.float64]:
        """Distances of items by their features."""
        return column_distances(self.coat.item_features.T)

    @cached_property
    def distances(self) -> NDArray[np.float64]:
        """Distances of items by the completed matrix: the game's own."""
        return column_distances(self.coat.truth)

    def play(self, mode: Mode, arm: str, seed: int) -> Played:
        """Play a session with each user, or 40 with each in a random arm."""
        users = np.arange(len(self.coat.train))
        if arm not in (RANDOM, MENDED):
            return play(coat_game(self.coat.truth, len(users), mode), self.agent(mode, arm, seed), users, seed)
        agent = Uniform(self.coat.train.shape[1], repeats=mode is Mode.FREE)
        everyone = np.tile(users, PASSES)
        return play(coat_game(self.coat.truth, len(everyone), mode, window_bug=arm == RANDOM), agent, everyone, seed)

    def agent(self, mode: Mode, arm: str, seed: int) -> Agent:
        """Return the agent of an arm."""
        train, truth = self.coat.train, self.coat.truth
        if mode is Mode.FREE and arm.startswith(LOOP):
            return Loop(train_loop(train, self.feature_distances, float(arm.removeprefix(LOOP))))
        if mode is Mode.FREE and arm in (TRUE_ALL, TRUE_EACH):
            made = oracle_loop if arm == TRUE_ALL else oracle_loops
            return Loop(made(truth, self.distances, COAT_DISTANCE))
        told = Rule(self.distances < COAT_DISTANCE, window_bug=True)
        if arm in (TRUE_ALL, TRUE_EACH) or arm.startswith(SEQUENCE):
            mean = truth.mean(axis=0) if arm == TRUE_ALL else truth if arm == TRUE_EACH else shrunken_means(train, float(arm.removeprefix(SEQUENCE)))
            likings = Likings(np.broadcast_to(mean, train.shape).astype(np.float64), {}, 0.0)
            return Planned(arm, likings, self.ratings, self._played_as(mode, told), sees=False)
        rules: dict[str, Callable[[], Rule]] = {
            FEATURES: lambda: Rule(near_by_features(self.feature_distances), risk=RISK),
            ALIKE: lambda: Rule(near_by_features(self.feature_distances) | near_by_likings(self.likings.mean), risk=RISK),
            LEARNT: lambda: Rule(self._learnt(seed)),
        }
        rule = rules[arm]() if arm in rules else told
        return Planned(arm, self.likings, self.ratings, self._played_as(mode, rule), sees=arm != LIKINGS)

    def _played_as(self, mode: Mode, rule: Rule) -> Rule:
        if mode is Mode.FORCED:
            return Rule(np.zeros_like(rule.near), turns=FORCED, repeats=False)
        return rule._replace(repeats=mode is Mode.FREE)

    def _learnt(self, seed: int) -> NDArray[np.bool_]:
        """Learn which pairs are near from when readers left in random sessions; their rewards are not looked at."""
        users, items = self.coat.train.shape
        agent = Uniform(items)
        passes = [play(coat_game(self.coat.truth, users), agent, np.arange(users), PASSES * seed + number) for number in range(PASSES)]
        found = together(passes)
        return near_by_sessions(found.shown[:, :, 0], found.length, items)


def errors(case: Case) -> dict[str, dict[str, Any]]:
    """Return mean squared errors on the ratings of items drawn at random, of the mean of all, of shrunken item means, and of the likings."""
    train, asked = case.coat.train, case.coat.test > 0
    told = {
        "the mean of all": np.full(train.shape, train[train > 0].mean()),
        "item means, shrinkage 5": np.broadcast_to(shrunken_means(train, 5), train.shape),
        "likings": case.likings.mean,
    }
    return {name: {"mse": float(((table[asked] - case.coat.test[asked]) ** 2).mean())} for name, table in told.items()}
