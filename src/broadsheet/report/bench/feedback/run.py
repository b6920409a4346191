"""The bench of feedback: its tasks, and the one object they come to."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Task, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import NoPapersError
from broadsheet.core.home import artifact_folder
from broadsheet.core.packages import MINILM
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement, Columns
from broadsheet.report.authors import AuthorDays
from broadsheet.report.bench.feedback import comparisons, replay
from broadsheet.report.bench.feedback.clicks import ReaderConfig
from broadsheet.report.bench.feedback.material import Material, Told, authors_of, make_materials, personas
from broadsheet.report.bench.feedback.play import FROZEN, METRIC, REACHES, WIDENED, Way, choose, first_labels, play, ways
from broadsheet.report.bench.feedback.summary import DAY, VALUE, late, notes, summarise
from broadsheet.report.bench.forward import content_hash
from broadsheet.report.feedback.learning import LearningConfig
from broadsheet.report.ranker.ranker import catalogue_of
from broadsheet.report.ranker.stream import Stream
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder

TOLD: tuple[Told, ...] = ("half", "one", "group", "whole")
SAVES, COMPARISONS = "saves", "comparisons"


class FeedbackPlan(NamedTuple):
    """What is measured: whose papers, how many readers and saves, from which label on.

    `papers` gives the announcements; `citeulike` is the folder of saves, None leaves those rows out. `learning` are the settings, whose reach is chosen on the days before.
    """

    papers: Callable[[], Sequence[Announcement]]
    citeulike: Path | None = None
    since: date | None = None
    readers: int = 60
    saves: int = 300
    repeats: int = 200
    seeds: int = 3
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None
    dense: bool = True
    reader: ReaderConfig = ReaderConfig()
    learning: LearningConfig = LearningConfig()


class _Stage(NamedTuple):
    """A kind of readers, ready to be played: the material, and the ways to learn with settings that were chosen elsewhere."""

    material: Material
    ways: Mapping[str, Way]
    reach: float


class _Papers:
    """The stream of papers, and the labels that are judged and those before, on which settings are chosen."""

    def __init__(self, plan: FeedbackPlan, progress: Progress) -> None:
        self.plan, self.progress = plan, progress
        self.days = AuthorDays(plan.papers())
        labels = self.days.days()
        self.judged = first_labels(labels, plan.since, plan.reader.days)
        before = [label for label in labels if self.judged and label < self.judged[0]]
        self.earlier = before[-plan.reader.days :]
        if len(self.judged) < 2 or len(self.earlier) < 2:
            raise NoPapersError(
                f"There are {len(labels)} labels, too few to judge {plan.reader.days} and to choose settings on as many before.",
                "Give a longer --history, or another --since.",
            )
        self.told: list[Told] = [told for told in TOLD if not plan.arms or any(arm.startswith(f"{told}: ") for arm in plan.arms)]
        self.stages = cache(self._stages)

    @property
    def is_dense(self) -> bool:
        """Whether MiniLM reads the papers."""
        return self.plan.dense and MINILM.is_installed()

    def _vectors(self) -> np.ndarray | None:
        return embed_catalogue(MiniLMEmbedder(MiniLMConfig()), catalogue_of(self.days), artifact_folder(), self.progress).vectors if self.is_dense else None

    def _stages(self) -> dict[Told, _Stage]:
        """Choose settings on the earlier days, for all kinds of profiles that are asked for, and lay out the days that are judged."""
        plan, stream = self.plan, Stream(self.days, self._vectors())
        judged = {told: personas(self.days, self.judged, plan.readers, told) for told in self.told}
        others = {
            told: personas(self.days, self.earlier, max(4, plan.readers // 2), told, seed=1, without=authors_of(self.days, self.judged, plan.readers, told))
            for told in self.told
        }
        before = make_materials(stream, self.earlier, others, self.progress)
        chosen = {told: choose(before[told], plan.learning, plan.reader) for told in self.told}
        after = make_materials(stream, self.judged, judged, self.progress)
        return {told: _Stage(after[told], ways(chosen[told]), chosen[told].reach) for told in self.told}


def bench_feedback(plan: FeedbackPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Play days, replay saves and compare rankers, row by row in `folder`."""
    tasks = _tasks(plan, progress)
    outcome = run_tasks("feedback", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    data: dict[str, Any] = {"readers": plan.readers, "days": plan.reader.days, "wrong clicks": plan.reader.wrong, "position": plan.reader.position}
    held = next((row.artifact.manifest.config for row in outcome.rows if row.data in TOLD), None)
    if held is not None:
        data |= {"since": held["labels"][0], "until": held["labels"][-1], "hash": held["content"], "dense": held["dense"]}
    return Bench.of("feedback", command, outcome, summarise(outcome, plan.reader.days), data=data, seeds=plan.seeds, notes=notes())


def _tasks(plan: FeedbackPlan, progress: Progress) -> list[Task]:
    known = {f"{told}: {way}": partial(_played, told, way) for told in TOLD for way in ways(plan.learning)}
    if plan.citeulike is not None:
        known |= {f"{SAVES}: {arm}": partial(_replayed, arm) for arm in replay.ARMS}
    known |= {f"{COMPARISONS}: {name}": partial(_compared, name, *found) for name, found in comparisons.arms().items()}
    chosen = wanted_arms(plan.arms, known)
    papers = cache(lambda: _Papers(plan, progress))
    saves = cache(lambda: replay.Replay(plan.citeulike or Path(), plan.saves))
    made: list[Task] = []
    for seed in range(plan.seeds):
        for name in chosen:
            alone = name.startswith((SAVES, COMPARISONS)) or name.endswith(FROZEN)
            if seed == 0 or not alone:
                made.append(known[name](plan, papers, saves, seed))
    return made


def _played(told: Told, name: str, plan: FeedbackPlan, papers: Callable[[], _Papers], saves: Callable[[], replay.Replay], seed: int) -> Task:
    del saves
    stream = papers()
    config: dict[str, Any] = {
        "content": content_hash(stream.days),
        "labels": [str(label) for label in stream.judged],
        "readers": plan.readers,
        "reader": plan.reader.model_dump(mode="json"),
        "learning": plan.learning.model_dump(mode="json", exclude={"library"}),
        "reaches": REACHES,
        "dense": stream.is_dense,
    }
    if name == WIDENED:
        config["library"] = plan.learning.library

    def measure() -> Measured:
        stage = stream.stages()[told]
        played = list(play(stage.material, stage.ways[name], plan.reader, seed=seed))
        values = pl.DataFrame({Columns.USER: [one.reader for one in played], DAY: [one.day for one in played], VALUE: [one.value for one in played]})
        last = values.filter(late(plan.reader.days))
        clicks = {one.reader: one.clicks for one in played}
        facts = {METRIC: float(np.mean(values[VALUE].to_numpy())), f"{METRIC}, last third": float(np.mean(last[VALUE].to_numpy())) if len(last) else 0.0}
        return Measured({**facts, "clicks": float(np.mean(list(clicks.values()))), "reach": stage.reach, "reader_days": float(len(played))}, values)

    return Task(told, name, seed, config, measure)


def _replayed(arm: str, plan: FeedbackPlan, papers: Callable[[], _Papers], saves: Callable[[], replay.Replay], seed: int) -> Task:
    del papers
    folder = plan.citeulike or Path()
    digest = hash_files([folder / name for name in ("users.dat", "item-tag.dat", "tags.dat")])
    config: dict[str, Any] = {"content": digest, "saves": plan.saves, "begun": replay.BEGUN, "asked": replay.ASKED, "metrics": replay.METRICS}
    if arm.startswith("learning"):
        config |= {"learning": replay.LEARNING.model_dump(mode="json"), "learnt of": "papers with a tag"}
    return Task(SAVES, arm, seed, config, lambda: replay.measure(saves(), arm))


def _compared(
    name: str, form: str, setting: comparisons.Setting, plan: FeedbackPlan, papers: Callable[[], _Papers], saves: Callable[[], replay.Replay], seed: int
) -> Task:
    del papers, saves
    config = comparisons.identity(setting, plan.repeats, plan.reader)
    return Task(COMPARISONS, name, seed, config, comparisons.measuring(form, setting, plan.repeats, plan.reader, seed))
