"""The ablation on real papers: authors' days, one stage more in each row, fitted on strictly earlier labels."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.report.bench.ablation.pages import PLACES, PLANNER, Pages
from broadsheet.report.bench.ablation.pages import Measured as Page
from broadsheet.report.bench.arms import ARMS, Arm, Seen, as_a_slate, said, signals
from broadsheet.report.bench.forward import Judged, content_hash, pseudonym, walk
from broadsheet.report.bench.run import Plan, Setting, named, opened, values_of
from broadsheet.report.bench.summary import METRICS
from broadsheet.report.ranker.ranked import PapersRanker
from broadsheet.report.ranker.retrieved import PapersRetriever
from broadsheet.report.ranker.stream import PapersModel, Stream
from broadsheet.represent.linked import LinkedConfig
from broadsheet.stack.bench.compared import GAIN, OVER, adjusted, averaged, gained

LEXICAL, REPRESENT, RETRIEVE, RANK, SLATE, PLAN = "lexical", "+ represent", "+ retrieve", "+ rank", "+ places", "+ plan"
# The same stages over words and meaning alone: what is off by default is not below them there.
RANK_ALONE, SLATE_ALONE, PLAN_ALONE = "represent + rank", "represent + places", "represent + plan"
APART, AGAIN = "apart", "again"
_SIGNALS = signals(circle=True)


class Step(NamedTuple):
    """A row: its arm, the row that it is held against, the metric in which it has to gain, and the pages that its own is compared with where it has places."""

    arm: Arm
    over: str | None
    metric: str = "ndcg@10"
    pages: Pages | None = None


class Remembered:
    """Signals of the page's ranker, which do not differ from row to row: those of the last stream and seed are kept."""

    def __init__(self) -> None:
        self._of: tuple[int, int] | None = None
        self._found: dict[tuple[date, str], np.ndarray] = {}

    def begin(self, stream: Stream, seed: int) -> None:
        """Forget what was of another stream or seed."""
        if (id(stream), seed) != self._of:
            self._of, self._found = (id(stream), seed), {}

    def __call__(self, seen: Seen) -> np.ndarray:
        """Return the signals `[N, F]`."""
        key = (seen.moment.label, seen.user.user)
        if key not in self._found:
            self._found[key] = _SIGNALS(seen)
        return self._found[key]

    def with_said(self, seen: Seen) -> np.ndarray:
        """Return the signals, and beside them what models of papers say."""
        return np.concatenate([self(seen), said(seen)], axis=1)


class PapersPlan(NamedTuple):
    """What is measured: papers, labels, seeds and the budget as of the bench of the report, and which rows (all where none is named)."""

    report: Plan
    rows: tuple[str, ...] = ()
    planner: str = PLANNER


def steps(planner: str = PLANNER, kept: Remembered | None = None) -> Mapping[str, Step]:
    """Return the rows of the ablation by name, in the order of the table."""
    free, planned, shown = Pages(), Pages(planner), kept or Remembered()

    def arm(*stages: type[PapersModel], arrange: Callable[..., np.ndarray] | None = None) -> Arm:
        see = shown.with_said if stages else shown
        return Arm(see, learns=True, seeded=True, dense=True, links=True, stages=stages, arrange=arrange)

    both = (PapersRetriever, PapersRanker)
    return {
        LEXICAL: Step(ARMS["ours, words alone"], None),
        REPRESENT: Step(arm(), LEXICAL, pages=free),
        RETRIEVE: Step(arm(PapersRetriever), REPRESENT),
        RANK: Step(arm(*both), RETRIEVE, pages=free),
        # A page has twenty places, so what its form costs shows at 20.
        SLATE: Step(arm(*both, arrange=as_a_slate), RANK, "ndcg@20", free),
        PLAN: Step(arm(*both, arrange=planned.arranged), SLATE, "ndcg@20", planned),
        RANK_ALONE: Step(arm(PapersRanker), REPRESENT),
        SLATE_ALONE: Step(arm(arrange=as_a_slate), REPRESENT, "ndcg@20", free),
        PLAN_ALONE: Step(arm(arrange=planned.arranged), SLATE_ALONE, "ndcg@20", planned),
    }


def bench_papers(plan: PapersPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Measure every row on every seed, row by row in `folder`, and what each gains over the row before.

    Labels and learning are those of `bench_report`: what ranks a label was fitted on labels before it. Raises NoPapersError as that does.
    """
    kept = Remembered()
    setting, table = opened(plan.report, progress), steps(plan.planner, kept)
    tasks = [
        _task(plan, setting, name, table[name], seed, kept, progress)
        for seed in range(plan.report.seeds)
        for name in wanted_arms(plan.rows, table)
        if seed == 0 or table[name].arm.seeded
    ]
    outcome = run_tasks("stack-papers", tasks, folder, budget_minutes=plan.report.budget_minutes, progress=progress)
    data = {
        "list": plan.report.announced_on,
        "since": str(setting.since),
        "until": str(setting.until),
        "papers": len(setting.days.papers),
        "hash": content_hash(setting.days),
        "planner": plan.planner,
    }
    notes = (
        "Each row has one stage more than the row it is held against, and is fitted anew on labels strictly before the one it ranks.",
        f"Gain: nDCG@10 of the same user-days (nDCG@20 where a page of {PLACES} places is formed), means over seeds. Brackets: 95 % over clusters of",
        "user-days that share a paper; p by their signs, after Holm over all rows beside it.",
        f"Apart: one less the mean cosine of two papers of a page. Again: how much of its mix of categories stood on the reader's pages of the {Pages().config.days} days before.",
        f"{SLATE}: places for interests and no near-copies, as on the page. {PLAN}: a plan of categories by {plan.planner} beside it.",
    )
    return Bench.of("stack-papers", command, outcome, _summary(outcome, table), data={**data, **_facts(outcome)}, seeds=plan.report.seeds, notes=notes)


def _task(plan: PapersPlan, setting: Setting, name: str, step: Step, seed: int, kept: Remembered, progress: Progress) -> Task:
    arm = step.arm
    config: dict[str, Any] = {
        "list": plan.report.announced_on,
        "since": str(setting.since),
        "until": str(setting.until),
        "content": content_hash(setting.days),
        "metrics": list(METRICS),
        "links": LinkedConfig().model_dump(mode="json") if arm.links else None,
        "papers": [stage.config.model_dump(mode="json") for stage in arm.stages],
        "pages": step.pages.config.model_dump(mode="json") if step.pages else None,
    }
    return Task(plan.report.announced_on, name, seed, config, _measuring(setting, name, step, seed, kept, progress))


def _measuring(setting: Setting, name: str, step: Step, seed: int, kept: Remembered, progress: Progress) -> Callable[[], Measured]:
    def measure() -> Measured:
        arm, stream = step.arm, setting.stream(dense=step.arm.dense)
        stream.links = LinkedConfig() if arm.links else None
        stream.stages = arm.stages
        kept.begin(stream, seed)
        judged = list(walk(arm, stream, setting.since, setting.until, seed=seed, progress=named(progress, name)))
        values = values_of(judged)
        if step.pages is not None:
            values = values.with_columns(*_paged(judged, stream, step.pages))
        means = {metric: float(np.mean(values[metric].to_numpy())) for metric in METRICS}
        return Measured({**means, "user_days": float(len(judged))}, values)

    return measure


def _paged(judged: Sequence[Judged], stream: Stream, pages: Pages) -> tuple[pl.Series, pl.Series]:
    """Return of each user-day how varied its page is, and how like the pages before."""
    names = {pseudonym(name): name for name in stream.days.by_author}
    apart: list[float] = []
    again: list[float | None] = []
    for one in judged:
        seen = stream.cosines(one.label)
        assert seen is not None
        rows = [seen[0][place] for place in np.argsort(-one.scores, kind="stable")[:PLACES]]
        page = Page(stream, rows, pages.earlier(stream, names[one.user], one.label))
        apart.append(page.apart)
        again.append(page.again)
    return pl.Series(APART, apart, dtype=pl.Float64), pl.Series(AGAIN, again, dtype=pl.Float64)


def _facts(outcome: Outcome) -> dict[str, Any]:
    if not outcome.rows:
        return {}
    some = outcome.rows[0].values()
    sizes = some["taken"].list.len()
    return {
        "user_days": len(some),
        "users": some[Columns.USER].n_unique(),
        "clusters": some["cluster"].n_unique(),
        "pool": round(float(sizes.to_numpy().mean()), 1),
    }


def _summary(outcome: Outcome, table: Mapping[str, Step]) -> tuple[dict[str, Any], ...]:
    held = {arm: _mean(rows) for (_, arm), rows in by_arm(outcome).items()}
    found = []
    for name, step in table.items():
        if name not in held:
            continue
        frame, rows = held[name], [row for row in outcome.rows if row.arm == name]
        line: dict[str, Any] = {"name": name}
        for metric in (*METRICS, APART, AGAIN):
            if metric in frame.columns:
                there = frame.filter(pl.col(metric).is_not_null())
                line |= averaged(there[metric].to_numpy(), metric, there["cluster"].to_list()) if there["cluster"].n_unique() > 1 else {}
        if step.over is not None and step.over in held:
            before = held[step.over]
            line |= {OVER: step.over, "metric": step.metric}
            line |= gained(frame[step.metric].to_numpy(), before[step.metric].to_numpy(), frame["cluster"].to_list())
            line |= _paged_gains(frame, before)
        found.append({**line, "runs": len(rows), "cpu_s": round(float(np.mean([row.metrics["cpu_s"] for row in rows])), 1)})
    # Rows of one seed and of three come in the order of their tasks.
    return adjusted(found)


def _paged_gains(frame: pl.DataFrame, before: pl.DataFrame) -> dict[str, float]:
    line: dict[str, float] = {}
    for metric in (APART, AGAIN):
        if metric in frame.columns and metric in before.columns:
            both = pl.DataFrame({"a": frame[metric], "b": before[metric], "cluster": frame["cluster"]}).drop_nulls()
            line |= averaged((both["a"] - both["b"]).to_numpy(), f"{metric} {GAIN}", both["cluster"].to_list()) if both["cluster"].n_unique() > 1 else {}
    return line


def _mean(rows: Sequence[Row]) -> pl.DataFrame:
    """Return the user-days of a row, values as means over seeds."""
    frames = [row.values().sort("label", Columns.USER) for row in rows]
    metrics = [name for name in (*METRICS, APART, AGAIN) if name in frames[0].columns]
    means = [pl.Series(name, np.mean([frame[name].cast(pl.Float64).to_numpy() for frame in frames], axis=0)).fill_nan(None) for name in metrics]
    return frames[0].select("label", Columns.USER, "cluster").with_columns(*means)
