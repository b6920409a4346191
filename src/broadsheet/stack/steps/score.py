"""The step that makes one score of what the stages say: a weight each, fitted on what came before, never chosen."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.artifacts import Artifact, Manifest, write_artifact
from broadsheet.core.choice import Choice, Day, fit_choice
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.holdings import Asked, Holdings
from broadsheet.stack.recipe import OFF, Recipe
from broadsheet.stack.shop import Shop
from broadsheet.stack.steps.catalogue import LEAST as SEVERAL
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.steps.rank import NAME as RANK
from broadsheet.stack.steps.retrieve import NAME as RETRIEVE
from broadsheet.stack.steps.step import Done, Step, Work
from broadsheet.stack.steps.vectors import MEANING, WORDS, Seen
from broadsheet.stack.steps.vectors import NAME as VECTORS
from broadsheet.stack.words import counted

NAME = "score"
LEAST = 30
"""Choices from which on weights are fitted."""
PENALTY = 1e-2
"""Of the squared weights, a choice: some dozens of choices say little, and are not to be believed to the letter."""
LIKENESS = "likeness"
CALLED = {RETRIEVE: "retrieval", RANK: "ranking"}
AT_LENGTH = {**CALLED, RANK: "sequence ranking"}
STAGE, WEIGHT, HERE, CHOICES = "stage_name", "weight", "here", "choices"


class Fitted(NamedTuple):
    """Weights by stage, of how many choices, and whether they are of this catalogue's own readers."""

    choice: Choice | None
    names: tuple[str, ...]
    choices: int

    def used(self, name: str, *, of_events: bool, alone: str) -> float:
        """Return the weight that a stage has in the score of this catalogue: of events the fitted one, or where none was fitted one for the stage that orders `alone`."""
        return 0.0 if not of_events else self.weight(name) if self.choice is not None else float(name == alone)

    def weight(self, name: str) -> float:
        """Return how much a stage's score adds to the log-odds by one of its units; nought where nothing was fitted."""
        if self.choice is None or name not in self.names:
            return 0.0
        place = self.names.index(name)
        return float(self.choice.weights[place] / self.choice.deviation[place])


def score_step(*, of_events: bool, off: str = "") -> Step:
    """Return the step. Of events the score is likeness, retrieval and ranking together; of a day of papers it is what the two add to the page's own ranker."""

    def work(given: Work) -> Done:
        held = Holdings(given.parents[CATALOGUE])
        seen = Seen(given.parents[VECTORS]) if VECTORS in given.parents else None
        stages = _tables(given.parents)
        fitted = fit_weights(held.asks[1:], stages, seen if of_events else None)
        # The readers beside a day of papers chose among another catalogue's items: what is fitted on them says nothing of this one.
        here = of_events and fitted.choice is not None
        alone = next(iter(list(stages)[-1:]), "")
        used = {name: fitted.used(name, of_events=of_events, alone=alone) for name in (*((LIKENESS,) if of_events else ()), *stages)}
        frame = _scored(held, stages, seen, fitted, used, here=here)
        weights = pl.DataFrame(
            [(name, weight, fitted.weight(name), fitted.choices) for name, weight in used.items()],
            schema={STAGE: pl.String, HERE: pl.Float64, WEIGHT: pl.Float64, CHOICES: pl.Int64},
            orient="row",
        )
        parents = {name: artifact.content_hash for name, artifact in given.parents.items()}
        models = {"weights": _named(fitted, of_events=of_events)}
        made = write_artifact(given.folder, Manifest(kind=ArtifactKind.SCORES, parents=parents, models=models), frames={"scores": frame, "weights": weights})
        figures = {"choices": float(fitted.choices), **{f"weight of {name}": round(used[name], 3) for name in stages}}
        return Done(made, figures, _said(fitted, stages, of_events=of_events, here=here))

    return Step(NAME, "Score", ArtifactKind.SCORES, work, (CATALOGUE,), (VECTORS, RETRIEVE, RANK), settings={"of_events": of_events}, off=off)


def used_of(scores: Artifact) -> list[str]:
    """Return by name the stages that have a weight in the scores of a run."""
    return [AT_LENGTH.get(name, name) for name, weight in scores.frame("weights").select(STAGE, HERE).iter_rows() if weight]


def foretold(recipe: Recipe, shop: Shop) -> str:
    """Say before a run that its events are too few to fit weights on, and what that means; nothing where they may suffice."""
    several = sum(len(row) >= SEVERAL for user, row in shop.histories.items() if user != shop.reader)
    on = [name for name in (RETRIEVE, RANK) if getattr(recipe.stages, name) != OFF]
    if several >= LEAST or not on:
        return ""
    who = f"{counted(several, 'reader')} beside {shop.reader} had {SEVERAL} events or more"
    return f"No weights of stages can be fitted: {who}, and {LEAST} are needed. {CALLED[on[-1]].capitalize()} alone will order."


def fit_weights(asks: Sequence[Asked], stages: Mapping[str, "Table"], seen: Seen | None = None) -> Fitted:
    """Fit a conditional logit of what was taken among what stood beside it, or among what retrieval proposed.

    Each choice was held out from the fit of the stages. Fewer than `LEAST` choices fit nothing. With `seen` likeness to the history is a signal too.
    """
    names = (*((LIKENESS,) if seen is not None else ()), *stages)
    days = [day for one in asks if (day := _choice_of(one, stages, seen)) is not None]
    if not stages or len(days) < LEAST:
        return Fitted(None, names, len(days))
    return Fitted(fit_choice(days, names, penalty=PENALTY), names, len(days))


class Table:
    """A stage's scores by user and item."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._of: dict[str, dict[str, float]] = {}
        for user, item, score in frame.select(Columns.USER, Columns.ITEM, Columns.SCORE).iter_rows():
            self._of.setdefault(user, {})[item] = score

    def items(self, user: str) -> list[str]:
        """Return what was scored for a user, in the order of the scores."""
        return list(self._of.get(user, {}))

    def centred(self, user: str, items: Sequence[str]) -> np.ndarray | None:
        """Return scores `[N]` less their mean; one that the stage does not have is as its least. None where it has none of them."""
        held = self._of.get(user, {})
        known = [held[item] for item in items if item in held]
        if not known:
            return None
        found = np.array([held.get(item, min(known)) for item in items])
        return found - found.mean()


def likeness(seen: Seen, history: Sequence[str], items: Sequence[str]) -> np.ndarray:
    """Return the cosine `[N]` of each item to the nearest of a history, less its mean; by meaning, or where there is no such model by words."""
    space = MEANING if MEANING in seen.spaces else WORDS
    nearest = {item: (near[0][1] if (near := seen.near(item, list(history), space)) else 0.0) for item in items}
    found = np.array([nearest[item] for item in items])
    return found - found.mean()


def _choice_of(one: Asked, stages: Mapping[str, Table], seen: Seen | None) -> Day | None:
    first = next(iter(stages.values()), None)
    items = [item for item in (one.candidates or (first.items(one.user) if first else ())) if item not in one.history]
    if one.target not in items:
        return None
    columns = [likeness(seen, one.history, items)] if seen is not None else []
    for table in stages.values():
        scores = table.centred(one.user, items)
        if scores is None:
            return None
        columns.append(scores)
    return Day(np.stack(columns, axis=1), np.array([float(item == one.target) for item in items])) if columns else None


def _scored(held: Holdings, stages: Mapping[str, Table], seen: Seen | None, fitted: Fitted, used: Mapping[str, float], *, here: bool) -> pl.DataFrame:
    """Return for the page's reader each item, what each stage adds to its log-odds by the weights that are `used`, and their sum."""
    reader, of_events = held.asks[0], LIKENESS in used
    items = list(reader.candidates) or (stages[next(iter(stages))].items(reader.user) if stages else [])
    items = [item for item in items if item not in reader.history] if of_events else items
    parts: dict[str, np.ndarray] = {}
    if of_events and seen is not None and items:
        parts[LIKENESS] = likeness(seen, reader.history, items) * used[LIKENESS]
    for name, table in stages.items():
        scores = table.centred(reader.user, items) if items else None
        parts[name] = np.zeros(len(items)) if scores is None else scores * used[name]
    total = np.sum(list(parts.values()), axis=0) if parts else np.zeros(len(items))
    chance = fitted.choice.probability(total) if here and fitted.choice is not None else np.full(len(items), np.nan)
    return pl.DataFrame({Columns.ITEM: items, Columns.SCORE: total, Columns.CHANCE: chance, **{f"adds {name}": part for name, part in parts.items()}})


def _tables(parents: Mapping[str, Artifact]) -> dict[str, Table]:
    found = {}
    for name, frame in ((RETRIEVE, "candidates"), (RANK, "scores")):
        if name in parents:
            found[name] = Table(parents[name].frame(frame))
    return found


def _named(fitted: Fitted, *, of_events: bool) -> str:
    if fitted.choice is None:
        return f"none fitted: {fitted.choices} choices are fewer than {LEAST}"
    whose = "last events of this catalogue's users, held out" if of_events else "last choices of the fictional world's readers"
    return f"conditional logit of {fitted.choices} {whose}"


def _said(fitted: Fitted, stages: Mapping[str, Table], *, of_events: bool, here: bool) -> str:
    if not stages:
        return "Retrieval and ranking are off: the page's own ranker scores alone."
    told = ", ".join(f"{name} {fitted.weight(name):.2f}" for name in fitted.names)
    if here:
        return f"Weights by log-odds a unit, fitted on {fitted.choices} choices that no stage was fitted on: {told}."
    if of_events:
        return f"Only {fitted.choices} choices are held out, fewer than {LEAST}: no weight is fitted, and {CALLED[list(stages)[-1]]} alone orders."
    if fitted.choice is None:
        return f"Nobody's choices among these papers are known, so the weights of {' and '.join(stages)} are nought: they are shown and move nothing."
    return (
        f"Nobody's choices among these papers are known, so the weights of {' and '.join(stages)} are nought here: they are shown and move nothing. "
        f"On the fictional world, from {fitted.choices} choices: {told}."
    )
