"""The bench of labellers on texts with one of many labels each: cheap ones, dear ones, with few labels and with all, and a cascade at several costs."""

import time
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.errors import ConfigError
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.needs.bench.labelled import Labelled, labelled_file, read_labelled
from broadsheet.needs.bench.remembered import Remembered
from broadsheet.needs.label.cascade import Cascade
from broadsheet.needs.label.classifier import FOLDS as INNER
from broadsheet.needs.label.classifier import Classifier
from broadsheet.needs.label.labels import Labels
from broadsheet.needs.label.prototypes import Embed, Named
from broadsheet.needs.label.together import Together

FOLDS, ROUNDS, FEW = 5, 2000, 10
SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)
MAJORITY, NAMED, LOCAL, DENSE, BOTH = (
    "the most frequent label",
    "nearest label name by MiniLM, no labels",
    Classifier.name,
    "MiniLM + logistic regression",
    "TF-IDF and MiniLM together",
)
LEARNT = (LOCAL, DENSE, BOTH)
CASCADE, BOUND = "cascade of TF-IDF and both together", "bound, were the dear one always right"
RIGHT, SENT, MS = "right", "sent", "cpu_ms_a_text"


class IntentsPlan(NamedTuple):
    """What is measured: labelled texts, others to learn from (else the same in five folds), how many times over, and which shares a cascade sends on."""

    path: Path
    fit: Path | None = None
    seeds: int = 3
    arms: tuple[str, ...] = ()
    shares: tuple[float, ...] = SHARES
    budget_minutes: float | None = None


class Answer(NamedTuple):
    """Labels of texts, which of them were sent on `[N]`, processor milliseconds a text, and what read them."""

    said: Sequence[str]
    sent: np.ndarray
    ms: float
    model: str


def bench_intents(plan: IntentsPlan, embed: Embed, model: str, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Label texts by each arm, row by row in `folder`; with `fit` nothing of what is labelled is learnt from. Raises ConfigError where both are one file."""
    asked_file = labelled_file(plan.path, "test.csv" if plan.fit else "train.csv")
    fit_file = labelled_file(plan.fit, "train.csv") if plan.fit else None
    if fit_file is not None and fit_file.resolve() == asked_file.resolve():
        raise ConfigError(f"{asked_file} is both learnt from and labelled.", "Give --fit another file, or leave it out for five folds.")
    asked, taught = read_labelled(asked_file), read_labelled(fit_file) if fit_file else None
    reader = Remembered(embed, model)
    identity = {"data": hash_files([asked_file]), "fit": hash_files([fit_file]) if fit_file else "", "embedder": model}
    shares = {f"{kind}, {share:.0%} to be sent": (kind, share) for kind in (CASCADE, BOUND) for share in plan.shares}
    few = tuple(f"{arm}, {FEW} texts a label" for arm in LEARNT)
    known = (MAJORITY, NAMED, *few, *LEARNT, *shares)
    arms = wanted_arms(plan.arms, known)

    @lru_cache(maxsize=1)
    def folds(seed: int) -> Sequence["_Fold"]:
        return _folds(asked, taught, reader, seed)

    tasks = [
        Task("banking77", arm, seed, identity, _measuring(asked, folds, arm, seed, *shares.get(arm, (arm, 0.0))))
        for seed in range(plan.seeds)
        for arm in arms
        if seed == 0 or arm not in {MAJORITY, NAMED}
    ]
    outcome = run_tasks("needs-banking77", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        _learnt_from(asked_file, fit_file, asked, taught),
        f"{BOTH}: the mean of the log chances of both classifiers, weighed as texts that are learnt from say, of which each was told by the others ({INNER} folds).",
        f"The cascade labels by {LOCAL} and sends what that is least sure of to {BOTH}, by a threshold from texts that are learnt from.",
        f"{BOUND[0].upper()}{BOUND[1:]}: no labeller, what a cascade with that threshold could have at most.",
        "CPU ms: one thread, vectors included; a cascade's are the first labeller's, and the second's by the share sent.",
        "Brackets: 95 % over texts.",
    )
    return Bench.of(
        "needs", command, outcome, _summary(outcome, arms), data={"banking77": identity["data"], "texts": len(asked.texts)}, seeds=plan.seeds, notes=notes
    )


def _learnt_from(asked_file: Path, fit_file: Path | None, asked: Labelled, taught: Labelled | None) -> str:
    if taught is None or fit_file is None:
        return f"Each fifth of {asked_file.name} is labelled by what was learnt from the others, folds by label."
    known = set(taught.texts)
    same = sum(text in known for text in asked.texts)
    return f"Learnt from {fit_file.name}, nothing of {asked_file.name}; {same} of its {len(asked.texts):,} texts stand word for word in both."


class _Fold:
    """What is learnt from, the places `rows` of what is labelled by it, and labellers that are fitted where they are asked for."""

    def __init__(self, learnt: Labelled, asked: Labelled, rows: np.ndarray, reader: Remembered, seed: int) -> None:
        self.learnt, self.asked, self.rows, self.reader, self.seed = learnt, asked, rows, reader, seed

    @cached_property
    def local(self) -> "_Told":
        """TF-IDF."""
        return _told(self.learnt, self.asked, self.seed, None)

    @cached_property
    def dense(self) -> "_Told":
        """Vectors."""
        return _told(self.learnt, self.asked, self.seed, self.reader)

    @cached_property
    def both(self) -> "_Told":
        """Both together."""
        together = Together.fit(self.local.taught, self.dense.taught, self.learnt.labels)
        taught, found = together(self.local.taught, self.dense.taught), together(self.local.found, self.dense.found)
        return _Told(taught, found, self.local.ms + self.dense.ms, f"{LOCAL} ({together.weight:g}), {self.dense.model} ({1 - together.weight:g})")

    def few(self) -> "_Fold":
        """Return the same with few texts of each label to learn from."""
        rng = generator(self.seed, "few", *map(str, self.rows[:3]))
        labels = np.array(self.learnt.labels)
        chosen = [rng.permutation(np.flatnonzero(labels == label))[:FEW] for label in np.unique(labels)]
        return _Fold(self.learnt.some(np.sort(np.concatenate(chosen))), self.asked, self.rows, self.reader, self.seed)


class _Told(NamedTuple):
    """Labels of what was learnt from, each told by the others, and of what is asked; what a text of it costs, and what read them."""

    taught: Labels
    found: Labels
    ms: float
    model: str


def _told(learnt: Labelled, asked: Labelled, seed: int, reader: Remembered | None) -> _Told:
    made = Classifier.fit(learnt.texts, learnt.labels, seed=seed, embed=reader)
    if reader is not None:
        reader(asked.texts)
    began = time.process_time()
    found = made(asked.texts)
    ms = 1000 * (time.process_time() - began) / max(1, len(asked.texts)) + (reader.ms if reader is not None else 0)
    return _Told(Labels(made.names, made.unseen), found, ms, made.name if reader is None else f"{reader.model} + logistic regression")


def _folds(asked: Labelled, taught: Labelled | None, reader: Remembered, seed: int) -> Sequence[_Fold]:
    everything = np.arange(len(asked.texts))
    if taught is not None:
        return [_Fold(taught, asked, everything, reader, seed)]
    from sklearn.model_selection import StratifiedKFold

    names, counts = np.unique(asked.labels, return_counts=True)
    if counts.min() < FOLDS:
        raise ConfigError(
            f"The label {names[counts.argmin()]} has {counts.min()} texts, too few for {FOLDS} folds.", "Give --fit FILE, or leave rare labels out."
        )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return [_Fold(asked.some(learnt), asked.some(rows), rows, reader, seed) for learnt, rows in folds.split(everything, asked.labels)]


def _measuring(asked: Labelled, folds: Callable[[int], Sequence[_Fold]], arm: str, seed: int, kind: str, share: float) -> Callable[[], Measured]:
    def measure() -> Measured:
        count = len(asked.texts)
        right, sent, ms, models = np.zeros(count), np.zeros(count), [], set()
        for fold in folds(seed):
            answer = _answered(fold, arm, kind, share)
            right[fold.rows] = [one == other for one, other in zip(answer.said, fold.asked.labels, strict=True)]
            sent[fold.rows] = answer.sent
            ms.append(answer.ms)
            models.add(answer.model)
        values = pl.DataFrame({Columns.POST: np.arange(count), RIGHT: right, SENT: sent})
        return Measured(
            {"accuracy": float(right.mean()), "share_sent": float(sent.mean()), MS: float(np.mean(ms))}, values, {"model": "; ".join(sorted(models))}
        )

    return measure


def _answered(fold: _Fold, arm: str, kind: str, share: float) -> Answer:
    nobody = np.zeros(len(fold.rows))
    if arm == MAJORITY:
        names, counts = np.unique(fold.learnt.labels, return_counts=True)
        return Answer([str(names[counts.argmax()])] * len(fold.rows), nobody, 0.0, arm)
    if arm == NAMED:
        named = Named(sorted(set(fold.learnt.labels)), fold.reader, fold.reader.model)
        return Answer(named(fold.asked.texts).best, nobody, fold.reader.ms, named.name)
    if kind in {CASCADE, BOUND}:
        return _cascaded(fold, kind, share)
    if arm not in LEARNT:
        fold, arm = fold.few(), arm.removesuffix(f", {FEW} texts a label")
    told = {LOCAL: lambda: fold.local, DENSE: lambda: fold.dense, BOTH: lambda: fold.both}[arm]()
    return Answer(told.found.best, nobody, told.ms, told.model)


def _cascaded(fold: _Fold, kind: str, share: float) -> Answer:
    """Return what a cascade says, and with BOUND what it would where the second labeller knew all."""
    dear = fold.both
    cascade = Cascade.fit(fold.local.taught, dear.taught, fold.learnt.labels, share)
    found = cascade(fold.local.found, lambda rows: Labels(dear.found.names, dear.found.chances[rows]))
    said = found.labels.best
    if kind == BOUND:
        said = [true if sent else one for true, sent, one in zip(fold.asked.labels, found.sent, said, strict=True)]
        return Answer(said, found.sent.astype(float), np.nan, "no labeller")
    ms = fold.local.ms + float(found.sent.mean()) * fold.dense.ms
    return Answer(said, found.sent.astype(float), ms, f"{LOCAL}, then {dear.model}")


def _summary(outcome: Outcome, arms: Sequence[str]) -> tuple[dict[str, Any], ...]:
    table = []
    for (data, arm), rows in sorted(by_arm(outcome).items(), key=lambda pair: arms.index(pair[0][1])):
        values = np.mean([row.values().sort(Columns.POST)[RIGHT].to_numpy() for row in rows], axis=0)
        interval = bootstrap_mean(values, generator(0, "banking77", arm), rounds=ROUNDS)
        line: dict[str, Any] = {"name": f"{data}: {arm}", "runs": len(rows), "model": rows[0].artifact.manifest.models["model"]}
        line |= {"accuracy": interval.mean, "accuracy_lo": interval.low, "accuracy_hi": interval.high}
        means = {name: float(np.mean([row.metrics[name] for row in rows])) for name in ("share_sent", MS)}
        table.append(line | {name: value for name, value in means.items() if np.isfinite(value)})
    return tuple(table)
