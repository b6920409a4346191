"""The ablation in the fictional world: one stage more in each row, and beside it the truth that is planted for this stage."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.catalogue import reading_text
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.stack.bench.compared import OVER, adjusted, averaged, gained
from broadsheet.stack.bench.sessions import BEFORE, BOREDOM, KEPT, REWARD

if TYPE_CHECKING:
    from broadsheet.sample.world import World

RIGHT, HIT, READER = "right", "hit", "reader"
JOINED = ("lexical", "represent", "retrieve", "rank")
PLAN, GOALS, UNTOLD = "plan", "needs as goals", "needs as goals, none planted"
# Items of a world: the fewest that thirty days have, so that three seeds take minutes.
ITEMS, DAYS, READERS, LIVING = 800, 30, 150, 300
# Four readers of ten write posts, each a few, and what these mean has to be learnt of some hundred.
POSTING = 2000
TAXONOMY, LABELLER = "financial", "cues"


class Planted(NamedTuple):
    """A truth: the stage that has to find it, what it is in a few words, and among how many the reader chose, where it is a choice."""

    stage: str
    said: str
    among: int = 0


TRUTHS: Mapping[str, Planted] = {
    "plain": Planted("lexical", "what is opened of a daily slate follows interests, and words tell them", 8),
    "figure": Planted("represent", "the figure decides, and no word tells it", 4),
    "cold": Planted("retrieve", "a new copy of what one's club reads: neither id nor likeness, only what is opened together", 6),
    "order": Planted("rank", "which of two came first decides what follows", 2),
    "deep": Planted("rank", "a paper of the first day decides, forty openings later", 4),
}
"""By the name that a probe has; fatigue is for the plan, finance for needs as goals."""


class StackPlan(NamedTuple):
    """What is measured: worlds of so many readers, one for each seed, and which rows; of how many readers the worlds are whose days are lived, and those whose posts are read."""

    readers: int = READERS
    seeds: int = 3
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None
    items: int = ITEMS
    living: int = LIVING
    posting: int = POSTING


def arms() -> tuple[str, ...]:
    """Return what is made for each seed, cheap rows first: what stages say of last choices, and days with a plan or with goals and without."""
    days = [f"{PLAN}, boredom {boredom}" for boredom in BOREDOM]
    return (*JOINED[:2], *days, *(f"{GOALS}, boredom {boredom}" for boredom in BOREDOM), f"{UNTOLD}, boredom {BOREDOM[1]}", *JOINED[2:])


def bench_world(plan: StackPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Fit every stage on each world, row by row in `folder`; join what they say, and let simulated readers live with a plan and without.

    A seed is a world of its own. Intervals draw readers of all worlds. Weights that join stages are fitted on the last choices of other readers than the one who is judged.
    """
    worlds = _Worlds(plan, folder, progress)
    tasks = [
        Task(f"{plan.readers if arm in JOINED else plan.living} readers", arm, seed, worlds.config(arm), worlds.measuring(arm, seed))
        for seed in range(plan.seeds)
        for arm in wanted_arms(plan.arms, arms())
    ]
    outcome = run_tasks("stack-world", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "The first rows: how often the paper that a reader opened last stands first among those shown with it, ties by their share. Models are fitted on all that was",
        "opened before; the weights that join what stages say, on the last choices of other readers: each fifth is judged by weights that the other four gave.",
        "With a plan: pages of thirty simulated days (four after a post, with goals), by the same model's scores, with the stage and without under the same luck; reward is the",
        "sum of the shares of pages that were liked, kept the share of readers who come to the end. Boredom zero: nothing tires, and a plan has nothing to win.",
        "Brackets: 95 % over readers of all seeds, each of which is a world of its own; p by signs of readers, after Holm over all rows beside it.",
    )
    data = {
        "world": f"{plan.readers} readers, {plan.items} items, {DAYS} days",
        "days lived": f"{plan.living} readers",
        "posts read": f"{plan.posting} readers",
    }
    return Bench.of("stack-world", command, outcome, summary(outcome), data=data, seeds=plan.seeds, notes=notes)


class _Worlds:
    """Worlds by seed, made when they are asked for; readers' choices are kept."""

    def __init__(self, plan: StackPlan, folder: Path, progress: Progress) -> None:
        self.plan, self.folder, self.progress = plan, folder, progress
        self.readers = cache(self._readers)

    def config(self, arm: str) -> dict[str, Any]:
        """Return all that a row's figures follow from."""
        from broadsheet.stack.bench.choosing import RANKER, RETRIEVER

        models = {"retrieve": RETRIEVER, "rank": RANKER}
        fitted = {"fitted": models[arm].model_dump(mode="json")} if arm in models else {}
        readers = self.plan.readers if arm in JOINED else self.plan.posting if arm.startswith(GOALS) else self.plan.living
        return {"readers": readers, "items": self.plan.items, **fitted}

    def measuring(self, arm: str, seed: int) -> Callable[[], Measured]:
        """Return what measures a row."""
        name, _, boredom = arm.partition(", boredom ")
        if arm in JOINED:
            return lambda: self._said(arm, seed)
        if name == PLAN:
            return lambda: self._planned(boredom, seed)
        return lambda: self._wanting(boredom, seed, planted=name == GOALS)

    def _world(self, readers: int, seed: int, without: frozenset[str] = frozenset()) -> "World":
        from broadsheet.sample.world import world

        return world(readers, self.plan.items, DAYS, seed, without=without, posters=10, progress=self.progress)

    def _readers(self, seed: int) -> Any:
        from broadsheet.represent import TfidfEmbedder
        from broadsheet.stack.bench.choosing import RANKER, Readers
        from broadsheet.stack.known import known_world

        made = self._world(self.plan.readers, seed)
        texts = [reading_text(item) for item in made.catalogue]
        return Readers(known_world(made, RANKER.content, self.progress), TfidfEmbedder().fit_texts(texts)(texts))

    def _said(self, arm: str, seed: int) -> Measured:
        from broadsheet.stack.bench.choosing import STAGES, joined, told

        readers = self.readers(seed)
        kept = self.folder / "checkpoints" / f"stack-world-{arm}-{seed}-{run_hash(self.config(arm))[:12]}"
        frame = told(readers, STAGES[arm](readers, seed, kept, self.progress))
        return Measured({"alone": float(joined([frame])[HIT].to_numpy().mean())}, frame)

    def _planned(self, boredom: str, seed: int) -> Measured:
        from broadsheet.plan.datasets.world import world
        from broadsheet.stack.bench.sessions import planned_days

        name = f"{self.plan.living} readers, seed {seed}"
        frame, spec = planned_days(world(self.plan.living, seed=seed, progress=self.progress), boredom, name, self.folder, seed=seed, progress=self.progress)
        return Measured({REWARD: float(frame[REWARD].to_numpy().mean())}, frame, {"plan": spec})

    def _wanting(self, boredom: str, seed: int, *, planted: bool) -> Measured:
        from broadsheet.needs.taxonomy import open_taxonomy
        from broadsheet.stack.bench.wanting import told_goals
        from broadsheet.stack.needed import level_labeller

        taxonomy = open_taxonomy(TAXONOMY)
        made = self._world(self.plan.posting, seed, frozenset() if planted else frozenset({"finance"}))
        frame = told_goals(made, taxonomy, level_labeller(LABELLER, taxonomy), self.progress, boredom=boredom, seed=seed)
        return Measured({REWARD: float(frame[REWARD].to_numpy().mean())}, frame, {"labels": LABELLER})


def summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    """Return a row for each stage beside the row before it, and one for each truth with its stage and without."""
    held = {arm: {row.seed: row.values() for row in rows} for (_, arm), rows in by_arm(outcome).items()}
    choices = _choices(held)
    lines = [_stage(name, choices, place) for place, name in enumerate(choices)]
    lines += [_lived(arm, frames) for arm, frames in held.items() if arm not in JOINED]
    lines += [_truth(name, choices) for stage, frame in choices.items() for name in _asked(frame) if TRUTHS[name].stage == stage]
    cpu = {arm: sum(row.metrics["cpu_s"] for row in rows) / len(rows) for (_, arm), rows in by_arm(outcome).items()}
    return adjusted([{**line, **({"cpu_s": round(cpu[line["of"]], 1)} if "of" in line else {})} for line in lines])


def _choices(held: Mapping[str, Mapping[int, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """Return of each stage, as long as all before it are there, whether last choices are found by what all of them say; of seeds that all have."""
    from broadsheet.stack.bench.choosing import joined

    found: dict[str, pl.DataFrame] = {}
    for place, stage in enumerate(JOINED):
        below = [held.get(name, {}) for name in JOINED[: place + 1]]
        seeds = [seed for seed in below[-1] if all(seed in of for of in below)]
        if not seeds:
            break
        frames = [joined([of[seed] for of in below]).with_columns(pl.lit(seed).alias("seed")) for seed in seeds]
        found[stage] = pl.concat(frames).with_columns(pl.format("{}:{}", "seed", READER).alias(READER)).sort(READER)
    return found


def _stage(name: str, choices: Mapping[str, pl.DataFrame], place: int) -> dict[str, Any]:
    frame = choices[name]
    line: dict[str, Any] = {"name": name if place == 0 else f"+ {name}", "of": name, **averaged(frame[HIT].to_numpy(), RIGHT, frame[READER].to_list())}
    for truth in _asked(frame):
        some = frame.filter(pl.col(Columns.TRUTH) == truth)
        line |= averaged(some[HIT].to_numpy(), truth, some[READER].to_list())
    if place:
        before = list(choices)[place - 1]
        both = frame.join(choices[before], on=READER, suffix=f" {BEFORE}").sort(READER)
        line |= {OVER: before, "metric": RIGHT, **gained(both[HIT].to_numpy(), both[f"{HIT} {BEFORE}"].to_numpy(), both[READER].to_list())}
    return {**line, "readers": len(frame), "runs": frame["seed"].n_unique()}


def _asked(frame: pl.DataFrame) -> list[str]:
    """Return the truths that several readers are asked for."""
    counts = dict(frame[Columns.TRUTH].value_counts().iter_rows())
    return [name for name in TRUTHS if counts.get(name, 0) > 1]


def _lived(arm: str, frames: Mapping[int, pl.DataFrame]) -> dict[str, Any]:
    frame = pl.concat([of.with_columns(pl.format("{}:{}", pl.lit(seed), Columns.USER).alias(READER)) for seed, of in frames.items()])
    readers = frame[READER].to_list()
    line: dict[str, Any] = {"name": f"+ {arm}", "of": arm, OVER: "the same without", "metric": REWARD}
    for figure in (REWARD, KEPT):
        line |= averaged(frame[figure].to_numpy(), figure, readers)
    line |= gained(frame[REWARD].to_numpy(), frame[f"{BEFORE} {REWARD}"].to_numpy(), readers)
    line |= averaged((frame[KEPT] - frame[f"{BEFORE} {KEPT}"]).to_numpy(), f"{KEPT} gain", readers)
    return {**line, "readers": frame[READER].n_unique(), "runs": len(frames)}


def _truth(name: str, choices: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """Return how often a truth is found with its stage, and without."""
    planted = TRUTHS[name]
    line: dict[str, Any] = {"name": f"truth: {name}", "stage": planted.stage, "planted": planted.said, "chance": round(1 / planted.among, 3)}
    some = {stage: frame.filter(pl.col(Columns.TRUTH) == name) for stage, frame in choices.items()}
    place = list(choices).index(planted.stage)
    mine = some[planted.stage]
    line |= averaged(mine[HIT].to_numpy(), "found", mine[READER].to_list())
    if place:
        both = mine.join(some[list(choices)[place - 1]], on=READER, suffix=f" {BEFORE}").sort(READER)
        line |= averaged(both[f"{HIT} {BEFORE}"].to_numpy(), "without", both[READER].to_list())
        line |= gained(both[HIT].to_numpy(), both[f"{HIT} {BEFORE}"].to_numpy(), both[READER].to_list())
    return {**line, "readers": len(mine)}
