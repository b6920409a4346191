"""The bench of the cascade: complaints by a classifier, by recorded language models, and by both."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.needs.bench.complaints import Complaints, Recorded, read_complaints, vote
from broadsheet.needs.label.cascade import Cascade
from broadsheet.needs.label.classifier import Classifier
from broadsheet.needs.label.labels import Labels

FOLDS, ROUNDS = 5, 2000
# Which share of texts the cascade aims to send on; what is measured may be more or less.
SHARE = 0.38
MAJORITY, LOCAL, VOTE = "the most frequent label", Classifier.name, "vote of all models"
ACCURATE, QUICK = "cascade with the model most often right", "cascade with the quickest model"
RIGHT, SENT, SECONDS = "right", "sent", "seconds"


class ComplaintsPlan(NamedTuple):
    """What is measured: complaints to label, others to learn from (else the same in five folds), how many times over, and which shares are to be sent on.

    With more shares than one each has its own rows, named by it.
    """

    path: Path
    fit: Path | None = None
    seeds: int = 3
    arms: tuple[str, ...] = ()
    shares: tuple[float, ...] = (SHARE,)
    budget_minutes: float | None = None


class Answer(NamedTuple):
    """Labels of texts; which of them a language model was asked for, and in how many seconds it answered; which model."""

    said: Sequence[str]
    sent: np.ndarray
    seconds: np.ndarray
    model: str


def bench_complaints(plan: ComplaintsPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Label complaints by each arm, row by row in `folder`; with `fit` nothing of what is labelled is learnt from."""
    asked = cache(lambda: read_complaints(plan.path))
    taught = cache(lambda: read_complaints(plan.fit)) if plan.fit else None
    digest, fit = hash_files([plan.path]), hash_files([plan.fit]) if plan.fit else ""
    several = len(plan.shares) > 1
    cascades = {f"{kind}, {share:.0%} to be sent" if several else kind: (kind, share) for kind in (ACCURATE, QUICK) for share in plan.shares}
    known = [MAJORITY, LOCAL, *asked().models, VOTE, *cascades] if asked().models else [MAJORITY, LOCAL]
    told = {arm: cascades.get(arm, (arm, plan.shares[0])) for arm in wanted_arms(plan.arms, known)}
    tasks = [
        Task("complaints", arm, seed, {"data": digest, "fit": fit, "share": share}, _measuring(asked, taught, kind, seed, share))
        for arm, (kind, share) in told.items()
        for seed in range(plan.seeds if arm in {LOCAL, *cascades} else 1)
    ]
    outcome = run_tasks("needs-complaints", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"Learnt from {plan.fit.name}, nothing of {plan.path.name}."
        if plan.fit
        else f"Each fifth of {plan.path.name} is labelled by what was learnt from the others.",
        "What language models said was recorded; a label that is none of the products counts as wrong. Seconds are those of the recorded calls, a text.",
        "The cascade's model, its threshold and how much each is heard are chosen by texts that are learnt from.",
        "Brackets: 95 % over texts.",
    )
    return Bench.of("needs", command, outcome, _summary(outcome), data={plan.path.stem: digest}, seeds=plan.seeds, notes=notes)


def _measuring(asked: Callable[[], Complaints], taught: Callable[[], Complaints] | None, arm: str, seed: int, share: float) -> Callable[[], Measured]:
    def measure() -> Measured:
        texts = asked()
        count = len(texts.texts)
        right, sent, seconds, models = np.zeros(count), np.zeros(count), np.zeros(count), set()
        for learnt, rows in _folds(texts, taught, seed):
            part = texts.some(rows)
            answer = _answered(arm, learnt, part, seed, share)
            right[rows] = [one == other for one, other in zip(answer.said, part.products, strict=True)]
            sent[rows], seconds[rows] = answer.sent, answer.seconds
            models.add(answer.model)
        values = pl.DataFrame({Columns.POST: np.arange(count), RIGHT: right, SENT: sent, SECONDS: seconds})
        facts = {"accuracy": float(right.mean()), "share_sent": float(sent.mean()), "calls": float(sent.sum()), "seconds_a_text": float(np.nanmean(seconds))}
        return Measured(facts, values, {"model": ", ".join(sorted(models))})

    return measure


def _folds(texts: Complaints, taught: Callable[[], Complaints] | None, seed: int) -> Sequence[tuple[Complaints, np.ndarray]]:
    """Return what is learnt from and the places of what is labelled by it."""
    everything = np.arange(len(texts.texts))
    if taught is not None:
        return [(taught(), everything)]
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return [(texts.some(learnt), rows) for learnt, rows in folds.split(everything, texts.products)]


def _answered(arm: str, learnt: Complaints, asked: Complaints, seed: int, share: float) -> Answer:
    nobody, all_of_them = np.zeros(len(asked.texts)), np.ones(len(asked.texts))
    if arm == MAJORITY:
        names, counts = np.unique(learnt.products, return_counts=True)
        return Answer([str(names[counts.argmax()])] * len(asked.texts), nobody, nobody, arm)
    if arm == VOTE:
        longest = np.max([one.seconds for one in asked.models.values()], axis=0)
        return Answer(vote(list(asked.models.values())), all_of_them * len(asked.models), longest, f"{len(asked.models)} recorded models")
    if arm in asked.models:
        return Answer(asked.models[arm].said, all_of_them, asked.models[arm].seconds, f"{arm}, recorded")
    local = Classifier.fit(learnt.texts, learnt.products, seed=seed)
    first = local(asked.texts)
    if arm == LOCAL:
        return Answer(first.best, nobody, nobody, local.name)
    name = _chosen(arm, learnt)
    taught = Labels(local.names, local.unseen)
    cascade = Cascade.fit(taught, Labels.of(learnt.models[name].said, local.names), learnt.products, share)
    found = cascade(first, lambda rows: Labels.of(asked.models[name].some(rows).said, local.names))
    return Answer(found.labels.best, found.sent.astype(float), np.where(found.sent, asked.models[name].seconds, 0.0), f"{local.name}, then {name}, recorded")


def _chosen(arm: str, learnt: Complaints) -> str:
    """Return the model that was right most often, or that was the quickest, of what is learnt from."""

    def quality(one: Recorded) -> float:
        if arm == QUICK:
            return -float(np.nanmean(one.seconds))
        return float(np.mean([said == product for said, product in zip(one.said, learnt.products, strict=True)]))

    return max(learnt.models, key=lambda name: quality(learnt.models[name]))


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table = []
    for (data, arm), rows in by_arm(outcome).items():
        line: dict[str, Any] = {"name": f"{data}: {arm}", "runs": len(rows), "model": rows[0].artifact.manifest.models["model"]}
        values = np.mean([row.values().sort(Columns.POST)[RIGHT].to_numpy() for row in rows], axis=0)
        interval = bootstrap_mean(values, generator(0, "complaints", arm), rounds=ROUNDS)
        line |= {"accuracy": interval.mean, "accuracy_lo": interval.low, "accuracy_hi": interval.high}
        line |= {name: float(np.mean([row.metrics[name] for row in rows])) for name in ("share_sent", "calls", "seconds_a_text", "cpu_s")}
        table.append(line)
    return tuple(table)
