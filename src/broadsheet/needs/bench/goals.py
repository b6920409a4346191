"""The bench of goals: whether readers' own posts help to tell what they open next, and other readers' posts do not."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.needs.extract.extractor import Extractor
from broadsheet.needs.goals import DAYS, OPENED, Turns, exchanged, latest
from broadsheet.needs.label.labels import NeedLabeller
from broadsheet.needs.taxonomy import Taxonomy

# The share of days, from the first, that is learnt from.
LEARNT = 0.6
ROUNDS = 2000
# Authors who do not exist need no secret name.
KEY = bytes(32)
LAST, SAME, EXCHANGED, GOLD = "what was opened last", "the level written of", "posts of other readers", "true levels"
RIGHT, PAIRS, GAIN = "right", "pairs", "gain"
# Scores of an arm alone, of openings alone, and of both.
SCORES = ("alone", "openings", "together")


class Written(NamedTuple):
    """What readers were shown (user, item, at, level from 0, opened), and what they wrote: posts (post, author, at, text), and their true levels (post, level)."""

    shown: pl.DataFrame
    posts: pl.DataFrame
    levels: pl.DataFrame


class GoalsPlan(NamedTuple):
    """What is measured: worlds by name and seed, the taxonomy, and what labels posts, by name."""

    worlds: Mapping[str, Callable[[int], Written]]
    taxonomy: Taxonomy
    labellers: Mapping[str, Callable[[], NeedLabeller]]
    size: str
    seeds: int = 3
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


def bench_goals(plan: GoalsPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Order what was shown on the last days by each arm, row by row in `folder`; all is learnt from the days before."""
    arms = (LAST, SAME, *plan.labellers, GOLD, EXCHANGED)
    read = cache(lambda name, seed: plan.worlds[name](seed))
    labelled = cache(lambda name, seed, by: read_levels(read(name, seed), plan.taxonomy, plan.labellers[by]() if by else None))
    tasks = [
        Task(name, arm, seed, {"size": plan.size, "learnt": LEARNT}, _measuring(plan, read, labelled, name, arm, seed))
        for name in plan.worlds
        for seed in range(plan.seeds)
        for arm in wanted_arms(plan.arms, arms)
    ]
    outcome = run_tasks("needs-goals", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    by = next(iter(plan.labellers))
    notes = (
        f"Readers who write posts, and papers on household finance, shown three at a time. Learnt from the first {LEARNT:.0%} of days, asked of the rest.",
        "Right: of a paper that was opened and one shown beside it that was not, the opened one stands higher; ties count a half, and .5 is chance.",
        f"Gain: what is added to the row {LAST!r}, reader by reader, which learns in the same way from openings in the place of posts.",
        f"{SAME.capitalize()}: papers of that level stand first, nothing is learnt. {EXCHANGED.capitalize()}: learnt and asked with what {by} reads in them.",
        "Brackets: 95 % over readers of all seeds.",
    )
    return Bench.of("needs", command, outcome, _summary(outcome), data={"world": plan.size}, seeds=plan.seeds, notes=notes)


def read_levels(written: Written, taxonomy: Taxonomy, labeller: NeedLabeller | None) -> pl.DataFrame:
    """Return what each reader said (user, at, level from 0): the surest mention of each post, or its true level."""
    posts = written.posts.select(Columns.POST, pl.col(Columns.AUTHOR).alias(Columns.USER), Columns.AT)
    if labeller is None:
        return posts.join(written.levels, on=Columns.POST).drop(Columns.POST)
    place = {level.id: number for number, level in enumerate(taxonomy.levels)}
    mentions = Extractor(taxonomy, labeller, KEY)(written.posts).mentions
    surest = mentions.sort(Columns.CONFIDENCE, Columns.MENTION, descending=[True, False]).unique(Columns.POST, keep="first", maintain_order=True)
    levels = surest.select(Columns.POST, pl.col(Columns.LEVEL).replace_strict(place, return_dtype=pl.Int64))
    return posts.join(levels, on=Columns.POST, maintain_order="left").drop(Columns.POST)


def _measuring(plan: GoalsPlan, read: Callable[..., Written], labelled: Callable[..., pl.DataFrame], name: str, arm: str, seed: int) -> Callable[[], Measured]:
    levels = [level.id for level in plan.taxonomy.levels]
    # Whose labels an arm reads that is no labeller itself.
    by = "" if arm == GOLD else arm if arm in plan.labellers else next(iter(plan.labellers))

    def measure() -> Measured:
        written = read(name, seed)
        first, last = written.shown[Columns.AT].min(), written.shown[Columns.AT].max()
        before = pl.col(Columns.AT) <= first + LEARNT * (last - first)  # pyrefly: ignore
        learnt, asked = written.shown.filter(before), written.shown.filter(~before)
        asked = asked.filter(pl.col(Columns.USER).is_in(written.posts[Columns.AUTHOR].unique().to_list()))

        def scored(said: pl.DataFrame) -> tuple[np.ndarray, float]:
            turns = Turns.fit(learnt, said.filter(before), levels, seed=seed)
            return turns(asked, said), turns.days

        openings, days = scored(written.shown.filter(pl.col(OPENED) > 0).select(Columns.USER, Columns.AT, Columns.LEVEL))
        alone = openings
        if arm == SAME:
            alone = (latest(asked, labelled(name, seed, by), max(DAYS)) == asked[Columns.LEVEL].to_numpy()).astype(float)
        elif arm != LAST:
            said = labelled(name, seed, by)
            alone, days = scored(exchanged(said, seed) if arm == EXCHANGED else said)
        together = openings if arm == LAST else openings + alone
        values = _compared(asked.with_columns(*(pl.Series(one, of) for one, of in zip(SCORES, (alone, openings, together), strict=True))))
        facts = {RIGHT: float(values[RIGHT].mean()), PAIRS: float(values[PAIRS].sum()), "days": float(days)}  # pyrefly: ignore
        return Measured(facts, values, {"labels": by or GOLD})

    return measure


def _compared(scored: pl.DataFrame) -> pl.DataFrame:
    """Return for each reader how often what was opened stands above what was shown beside it and was not, and what is gained over openings alone."""
    pairs = scored.join(scored, on=[Columns.USER, Columns.AT], suffix="_beside").filter(pl.col(OPENED) > pl.col(f"{OPENED}_beside"))
    alone, openings, together = (
        (pl.col(one) > pl.col(f"{one}_beside")).cast(pl.Float64) + (pl.col(one) == pl.col(f"{one}_beside")).cast(pl.Float64) / 2 for one in SCORES
    )
    by_reader = pairs.group_by(Columns.USER).agg(alone.mean().alias(RIGHT), (together - openings).mean().alias(GAIN), pl.len().alias(PAIRS))
    return by_reader.sort(Columns.USER)


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table = []
    for (data, arm), rows in by_arm(outcome).items():
        values = pl.concat([row.values() for row in rows])
        line: dict[str, Any] = {"name": f"{data}: {arm}", "runs": len(rows), "readers": len(values), PAIRS: float(values[PAIRS].sum())}
        for name in (RIGHT, GAIN):
            spread = bootstrap_mean(values[name].to_numpy(), generator(0, "goals", data, arm, name), rounds=ROUNDS)
            line |= {name: spread.mean, f"{name}_lo": spread.low, f"{name}_hi": spread.high}
        table.append({**line, "days": float(np.mean([row.metrics["days"] for row in rows])), "cpu_s": float(np.mean([row.metrics["cpu_s"] for row in rows]))})
    return tuple(table)
