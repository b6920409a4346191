"""From rows of feedback to its table: gains over the frozen ranker with intervals over readers and seeds, and shares with Wilson's."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from broadsheet.core.bench import Outcome, Row, by_arm
from broadsheet.core.metrics import bootstrap_mean, crossed_sums, paired_permutation, wilson
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.report.bench.feedback.play import FROZEN, METRIC
from broadsheet.report.bench.feedback.replay import METRICS

DAY, VALUE = "day", "value"
ROUNDS = 4000
# What a comparison's row says by how often it happened.
SHARES = ("found b", "found a", "no difference", "p below .05", "p below .5", "alarm at some look", "alarm by what holds at any look")


def late(days: int) -> pl.Expr:
    """Return the days of the last third, by when there is something to have learnt from."""
    return pl.col(DAY) > days - days // 3


def notes() -> tuple[str, ...]:
    """Return what is to be known to read the table."""
    return (
        "A reader is made of authors. The profile holds earlier papers; wanted is what is by an author, or by anybody the author ever wrote with: names of a day that no ranker sees.",
        "half: what belongs to two authors is wanted, and the profile has the first's papers alone. one: the profile has one paper. whole: it has all of the author's.",
        "group: the profile has one paper, and what is by anybody within two steps of its author is wanted.",
        "No two readers want each other's papers. The reach of what is learnt is chosen on the days before those judged, on other readers.",
        "Gains are relative to the frozen ranker, which has the same profile and no events; brackets hold 95 % over readers and seeds, both drawn.",
        "A click in five is wrong, and slots are looked at less the lower they are. Shuffled clicks fall on any paper of the same page: a control that must not gain.",
        "With what was taken up in the library: opened papers join the profile's, by three quarters; the other ways leave the library, and learn an interest beside the ranker.",
        "That share, and that no interest is learnt of them as well, was chosen on the days before those judged, on other readers.",
        "The ranker knows who wrote what came before the day, and so the authors of what was opened and their earlier papers; of the day's own papers it knows no author.",
        "Oracle clicks are all that is wanted, of the whole day, without an error.",
        "saves: citeulike-a's libraries in the order of users.dat, the only one there is: by the papers' numbers, not by time. Texts are the papers' tags; a fifth of the papers have none.",
        "saves: the first fifth is what a profile began with, the last fifth is looked for among all papers that the reader does not have by then.",
        "comparisons: made days of 30 papers; the planted ranker sees what is wanted through less noise. Shares of repeats, with Wilson's interval.",
    )


def summarise(outcome: Outcome, days: int) -> tuple[dict[str, Any], ...]:
    """Return the rows of the table."""
    arms = by_arm(outcome)
    table: list[dict[str, Any]] = []
    for (data, arm), rows in arms.items():
        line: dict[str, Any] = {"name": f"{data}: {arm}", "runs": len(rows)}
        if data == "comparisons":
            line |= _shares(rows[0])
        elif data == "saves":
            line |= _saves(rows[0])
        else:
            line |= _played(rows, arms.get((data, FROZEN), []), days)
        line["cpu_s"] = round(float(np.mean([row.metrics["cpu_s"] for row in rows])), 1)
        table.append(line)
    return tuple(table)


def _shares(row: Row) -> dict[str, float]:
    repeats = int(row.metrics["repeats"])
    found: dict[str, float] = {"repeats": repeats}
    for name in SHARES:
        if name in row.metrics:
            found |= _ranged(name, *wilson(row.metrics[name] * repeats, repeats))
    return found


def _saves(row: Row) -> dict[str, float]:
    found: dict[str, float] = {"readers": row.metrics["readers"]}
    values = row.values()
    for metric in METRICS:
        found |= _ranged(metric, *bootstrap_mean(values[metric].to_numpy(), generator(0, "feedback", "saves"), rounds=ROUNDS))
    return found


def _played(rows: Sequence[Row], frozen: Sequence[Row], days: int) -> dict[str, float]:
    names = (METRIC, f"{METRIC}, last third")
    found: dict[str, float] = {key: round(float(np.mean([row.metrics[key] for row in rows])), 4) for key in (*names, "clicks", "reach")}
    if not frozen or rows[0].arm == FROZEN:
        return found
    for name, some in zip(("gain", "gain, last third"), (pl.lit(value=True), late(days)), strict=True):
        base = _by_reader(frozen[0], some)
        ours = [_by_reader(row, some) for row in rows]
        readers = sorted(base)
        sums = np.array([[[one[reader] for reader in readers] for one in ours], [[base[reader] for reader in readers]] * len(ours)])
        drawn = crossed_sums(sums, generator(0, "feedback", "gain"), rounds=ROUNDS)
        ratios = drawn[:, 0] / np.maximum(drawn[:, 1], 1e-9) - 1
        whole = sums.sum(axis=(1, 2))
        found |= _ranged(name, float(whole[0] / whole[1] - 1), *map(float, np.quantile(ratios, [0.025, 0.975])))
        means = sums.mean(axis=1)
        found[f"p, {name}"] = round(paired_permutation(means[0], means[1], generator(0, "feedback", "p")).p, 5)
    return found


def _by_reader(row: Row, some: pl.Expr) -> Mapping[str, float]:
    """Return each reader's sum over days; one without a day there has 0 in every arm."""
    values = row.values()
    sums = values.filter(some).group_by(Columns.USER).agg(pl.col(VALUE).sum())
    return dict.fromkeys(values[Columns.USER].unique().to_list(), 0.0) | dict(sums.iter_rows())


def _ranged(name: str, mean: float, low: float, high: float) -> dict[str, float]:
    return {name: round(mean, 4), f"{name}_lo": round(low, 4), f"{name}_hi": round(high, 4)}
