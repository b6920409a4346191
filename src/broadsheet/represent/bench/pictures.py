"""The bench of the small embedder: unseen families of drawings, both directions, against a ridge map."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, run_tasks
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.metrics import bootstrap_mean, own_ranks
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.represent.pictures.embedder import PicturesConfig
from broadsheet.represent.pictures.families import Split
from broadsheet.represent.pictures.fit import Seen, Texts, captions, fit_head, fit_ridge, joined, see, split_seen
from broadsheet.represent.pictures.labelled import Labelled, Shown, read_labelled

CUTS = (1, 5, 10)
# Neighbours in CSLS, which looks at all test queries at once.
CSLS = 10
TUNED = "ours with the tower tuned"
ARMS = ("chance", "ridge", "centred ridge", "centred ridge with further pictures", "ours", "ours without further pictures", TUNED)
FURTHER = {"centred ridge with further pictures", "ours", TUNED}
# Whom an arm is compared with, and the name of the gain: the pinned baseline, and the one that saw the same pictures.
GAINS = {
    "ours": {"ridge": "gain", "centred ridge": "gain_centred", "centred ridge with further pictures": "gain_same_pictures"},
    "ours without further pictures": {"ridge": "gain", "centred ridge": "gain_centred"},
    TUNED: {"ours": "gain_frozen"},
}
ROUNDS = 4000
TEXTS = {"title and keywords": 0, "title": 1}
DIRECTIONS = ("image to text", "text to image")


class PicturesPlan(NamedTuple):
    """What is measured: pictures whose families are split, further ones to train on, and ones that are only tested on.

    `tuned_steps` of training the tower's last blocks cost about ten processor seconds each; that row is for the first split alone.
    """

    source: Shown
    further: tuple[Shown, ...] = ()
    outside: Shown | None = None
    seeds: int = 3
    tested: int = 500
    validated: int = 250
    budget_minutes: float | None = None
    tuned_steps: int = 0
    arms: tuple[str, ...] = ARMS
    config: PicturesConfig = PicturesConfig()


class _Setting(NamedTuple):
    seen: Seen
    further: Callable[[], Seen | None]
    outside: Seen | None
    texts: Texts


def bench_pictures(plan: PicturesPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Fit and test every arm on every split, row by row in `folder`, and sum up."""

    @cache
    def setting() -> _Setting:
        return _look(plan, progress)

    data = {
        "pictures": hash_files(plan.source.texts),
        "further": hash_files([file for source in plan.further for file in source.texts]) if plan.further else "",
    }
    config = {**data, "tested": plan.tested, "validated": plan.validated, "head": plan.config.model_dump(mode="json"), "outside": plan.outside is not None}
    arms = [arm for arm in plan.arms if arm != TUNED and (plan.further or not arm.endswith("further pictures"))]
    tasks = [Task("unseen families", arm, seed, config, _measuring(plan, setting, arm, seed, progress)) for seed in range(plan.seeds) for arm in arms]
    if plan.tuned_steps and TUNED in plan.arms:
        tasks.append(Task("unseen families", TUNED, 0, {**config, "steps": plan.tuned_steps}, _measuring(plan, setting, TUNED, 0, progress)))
    outcome = run_tasks("represent-pictures", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"{plan.tested} unseen families a split, one picture each, near copies of training pictures dropped; the step and alpha are chosen on {plan.validated} others.",
        "Intervals are over pictures, pooled over splits; gains are paired with the ridge map. CSLS looks at all test queries at once and stands apart.",
    )
    return Bench.of("represent-pictures", command, outcome, _summary(outcome), data=data, seeds=plan.seeds, notes=notes)


def _look(plan: PicturesPlan, progress: Progress) -> _Setting:
    def seen(source: Shown) -> Seen:
        return see(read_labelled(source.texts).rows, source.images, progress)

    @cache
    def further() -> Seen | None:
        return joined([seen(source) for source in plan.further])

    own = seen(plan.source)
    outside = seen(plan.outside) if plan.outside else None
    said = [row for source in plan.further for row in read_labelled(source.texts).rows]
    everything = [*own.rows, *said, *(outside.rows if outside else [])]
    return _Setting(own, further, outside, Texts([text for row in everything for text in captions(row)], progress))


def _measuring(plan: PicturesPlan, setting: Any, arm: str, seed: int, progress: Progress) -> Any:
    def measure() -> Measured:
        own = setting()
        split = split_seen(own.seen, seed, tested=plan.tested, validated=plan.validated)
        if arm == "chance":
            return _chance(own, split, seed)
        further = own.further() if arm in FURTHER else None
        project, mean, facts = _fitted(plan, own, split, arm, further, seed, progress)
        frames = [_frame(own, [own.seen.rows[row] for row in split.test], project(own.seen, split.test), mean, "")]
        if own.outside:
            # One picture a caption, so that no text stands for two.
            first = list({row.title: place for place, row in reversed(list(enumerate(own.outside.rows)))}.values())
            frames.append(_frame(own, [own.outside.rows[row] for row in first], project(own.outside, first), mean, "outside "))
        values = pl.concat(frames)
        return Measured({**_means(values), **facts, "tested": len(split.test)}, values, {"embedder": arm})

    return measure


def _fitted(plan: PicturesPlan, own: _Setting, split: Split, arm: str, further: Seen | None, seed: int, progress: Progress) -> Any:
    """Return the map from rows of what is seen to vectors, the mean its texts go with, and facts."""
    if "ridge" in arm:
        ridge = fit_ridge(own.seen, split, own.texts, further=further)
        mean = own.texts.raw([own.seen.rows[row].text for row in split.train]).mean(axis=0)
        mean = mean if arm.startswith("centred") else np.zeros_like(mean)
        return (lambda seen, rows: ridge.project(seen.views[rows, 0], mean)), mean, {"alpha": ridge.alpha}
    if arm == TUNED:
        from broadsheet.represent.pictures.tuning import tune_tower

        of, mean, facts = tune_tower(plan.config, own.seen, split, own.texts, steps=plan.tuned_steps, further=further, seed=seed, progress=progress)
        return (lambda seen, rows: of([seen.files[row] for row in rows])), mean, facts
    import torch

    fitted = fit_head(plan.config, own.seen, split, own.texts, further=further, seed=seed, progress=progress)

    def project(seen: Seen, rows: Sequence[int]) -> np.ndarray:
        with torch.no_grad():
            return fitted.head(torch.from_numpy(seen.views[rows].mean(axis=1))).numpy()

    return project, fitted.mean, fitted.metrics


def _frame(own: _Setting, rows: Sequence[Labelled], shown: np.ndarray, mean: np.ndarray, prefix: str) -> pl.DataFrame:
    """Return a line for each picture, text and direction: the rank of what belongs to it, plain and by CSLS."""
    lines = []
    for said, part in TEXTS.items():
        spoken = own.texts.centred([captions(row)[part] for row in rows], mean)
        for direction, left, right in zip(DIRECTIONS, (shown, spoken), (spoken, shown), strict=True):
            found = {Columns.IMAGE: [row.image for row in rows], "rank": own_ranks(left @ right.T), "csls": csls_ranks(left, right)}
            lines.append(pl.DataFrame(found).with_columns(pl.lit(f"{prefix}{said}").alias("said"), pl.lit(direction).alias("direction")))
    return pl.concat(lines)


def csls_ranks(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return ranks from 0, ties by the mean, by cosine less the mean cosine of each side's nearest (Conneau et al. 2018)."""
    scores = left @ right.T
    k = min(CSLS, len(scores))
    near_left = np.sort(scores, axis=1)[:, -k:].mean(axis=1)
    near_right = np.sort(scores, axis=0)[-k:].mean(axis=0)
    return own_ranks(2 * scores - near_left[:, None] - near_right[None])


def _chance(own: _Setting, split: Split, seed: int) -> Measured:
    """Rank at random."""
    rng = generator(seed, "pictures", "chance")
    rows = [own.seen.rows[row] for row in split.test]
    shown = rng.standard_normal((len(rows), 384)).astype(np.float32)
    frame = _frame(own, rows, shown, np.zeros(384, dtype=np.float32), "")
    return Measured({**_means(frame), "tested": len(rows)}, frame, {"embedder": "chance"})


def _means(values: pl.DataFrame) -> dict[str, float]:
    main = values.filter((pl.col("said") == "title and keywords") & (pl.col("direction") == DIRECTIONS[0]))
    return {f"recall@{k}": float((main["rank"] < k).mean()) for k in CUTS}  # pyrefly: ignore


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    arms = {arm: [row for row in outcome.rows if row.arm == arm] for arm in ARMS if any(row.arm == arm for row in outcome.rows)}
    frames = {arm: pl.concat([row.values().with_columns(pl.lit(row.seed).alias("seed")) for row in rows]) for arm, rows in arms.items()}
    table: list[dict[str, Any]] = []
    for said in ("title and keywords", "title", "outside title"):
        for direction in DIRECTIONS:
            chosen = (pl.col("said") == said) & (pl.col("direction") == direction)
            parts = {arm: part for arm, frame in frames.items() if (part := frame.filter(chosen)).height}
            for arm, part in parts.items():
                line = _line(f"{said}, {direction}: {arm}", part, arms[arm])
                for rival, label in GAINS.get(arm, {}).items():
                    if rival in parts:
                        line |= _gains(line["name"], part, parts[rival], label)
                table.append(line)
    return tuple(table)


def _line(name: str, part: pl.DataFrame, rows: Sequence[Row]) -> dict[str, Any]:
    clusters = part[Columns.IMAGE].to_numpy()
    line: dict[str, Any] = {"name": name}
    for k in CUTS:
        interval = bootstrap_mean(_hits(part, "rank", k), generator(0, "pictures", name, str(k)), clusters=clusters, rounds=ROUNDS)
        line |= {f"recall@{k}": interval.mean, f"recall@{k}_lo": interval.low, f"recall@{k}_hi": interval.high}
    line |= {f"csls_recall@{k}": float(_hits(part, "csls", k).mean()) for k in CUTS}
    return {**line, "splits": _splits(part), "runs": len(rows), "cpu_s": float(np.mean([row.metrics["cpu_s"] for row in rows]))}


def _gains(name: str, part: pl.DataFrame, rival: pl.DataFrame, label: str) -> dict[str, float]:
    """Return gains in recall over a rival on the same pictures of the same splits, with intervals, pooled over splits."""
    both = part.join(rival, on=["seed", Columns.IMAGE], suffix="_rival")
    line: dict[str, float] = {}
    for k in CUTS:
        gain = _hits(both, "rank", k) - _hits(both, "rank_rival", k)
        interval = bootstrap_mean(gain, generator(0, "pictures", name, label, str(k)), clusters=both[Columns.IMAGE].to_numpy(), rounds=ROUNDS)
        line |= {f"recall@{k}_{label}": interval.mean, f"recall@{k}_{label}_lo": interval.low, f"recall@{k}_{label}_hi": interval.high}
    return line


def _hits(part: pl.DataFrame, column: str, k: int) -> np.ndarray:
    return (part[column].to_numpy() < k).astype(float)


def _splits(part: pl.DataFrame) -> str:
    """Return recall at 10 of each split."""
    found: Mapping[Any, float] = {seed: float((of["rank"] < 10).mean()) for (seed,), of in part.group_by(["seed"])}  # pyrefly: ignore
    return " / ".join(f"{found[seed]:.3f}" for seed in sorted(found))
