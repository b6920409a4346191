"""How arms stand: which were chosen on validation, and every arm beside those, with intervals and tests."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Outcome, Row, by_arm
from broadsheet.core.metrics import Interval
from broadsheet.plan.bench.arms import MASK_RECENT, Arm, Kind
from broadsheet.plan.evaluate.compare import Comparison, alone, closed, compare, corrected
from broadsheet.plan.planners.table import BY_RULE

# Plan tables by what fills them (`bench/tables.py`): a language model that reads names, and three that do not.
NAMES: Final = "LLM table, names"
TABLES: Final = ("LLM table", BY_RULE)
VALIDATION, GREEDY, ORACLE = "validation", "greedy", "oracle MPC"
SPENT = ("wall_s", "cpu_s", "load")
# In the order of a table; what else was measured comes behind.
FIRST = ("length", "r_each", "nx_0", "nx_t", "validation", "discounted", "retained", "left", "overlap", "coverage", "category_coverage", "mcd", "entropy")
Frames = dict[int, pl.DataFrame]


class Chosen(NamedTuple):
    """The arms of each kind that have most on VALIDATION users: what others are held against. None where there is none."""

    rule: str | None = None
    flat: str | None = None
    planned: str | None = None
    masked: str | None = None

    @property
    def claimed(self) -> list[str]:
        """The arms that claims are about: each once."""
        return list(dict.fromkeys(name for name in (self.flat, self.planned, self.masked) if name))

    @property
    def against(self) -> dict[str, str]:
        """The arms that others are held against, by what columns call them."""
        return {key: name for key, name in (("flat", self.flat), ("mask", self.masked), ("rule", self.rule)) if name}

    def said(self) -> str:
        """Say who was chosen."""
        return ", ".join(f"{what} {name or 'none'}" for what, name in (("rule", self.rule), ("flat policy", self.flat), ("planner", self.planned)))


def chosen(outcome: Outcome, data: str, arms: Mapping[str, Arm]) -> Chosen:
    """Choose of each kind the arm with the greatest mean on VALIDATION users at this data, over the seeds that are there; mask-recent is no planner to be chosen but a row to be beaten."""
    means = {
        name: float(np.mean([row.metrics[VALIDATION] for row in rows]))
        for (at, name), rows in by_arm(outcome).items()
        if at == data and arms[name].kind is not Kind.ORACLE
    }

    def best(kind: Kind) -> str | None:
        of = [name for name in means if arms[name].kind is kind and name != MASK_RECENT]
        return max(of, key=means.__getitem__) if of else None

    return Chosen(best(Kind.RULE), best(Kind.FLAT), best(Kind.POLICY), MASK_RECENT if MASK_RECENT in means else None)


def summary(outcome: Outcome, data: str, arms: Mapping[str, Arm], picks: Chosen) -> tuple[dict[str, Any], ...]:
    """Return a row for each arm at this data: means over seeds, the interval of its satisfaction, and how it stands to the arms that were chosen.

    `gain_flat`, `gain_mask` and `gain_rule` are differences to the best flat policy, mask-recent with a policy and the best rule
    (`gain_names` is what names give: the table that knows them less this one), `share_` the same as a part of theirs, `each_` the
    relative change of the reward per round; `p_` and `p_seeds_` are Holm's over all comparisons here, `detectable_` is what could have been found. `regret_closed` is the way from greedy to the oracle.
    """
    held = {name: rows for (at, name), rows in by_arm(outcome).items() if at == data}
    frames: dict[str, Frames] = {name: {row.seed: row.values() for row in rows} for name, rows in held.items()}
    found: dict[str, Comparison] = {}
    for name in held:
        for key, other in picks.against.items():
            if other != name and other in held and arms[name].kind is not Kind.ORACLE and _common(frames, name, other):
                found[f"{key}|{name}"] = compare(frames[name], frames[other], data, name, other)
        # What names are worth: the table that knows them beside those that do not, with the same filler.
        told = f"{NAMES} + {name.rpartition(' + ')[2]}"
        if name.startswith(TABLES) and told in held and name != told and _common(frames, name, told):
            found[f"names|{name}"] = compare(frames[told], frames[name], data, name, told)
    holm = corrected(found)
    lines = []
    for name, rows in held.items():
        line: dict[str, Any] = {"name": f"{data}: {name}", "kind": arms[name].kind.value, "model": rows[0].artifact.manifest.models["model"], "runs": len(rows)}
        line |= spread("r_cum", alone(frames[name], data, name)) | _means(rows)
        if GREEDY in held and ORACLE in held and _common(frames, name, GREEDY, ORACLE):
            line |= spread("regret_closed", closed(frames[name], frames[GREEDY], frames[ORACLE], data, name))
        for key in (*picks.against, "names"):
            if f"{key}|{name}" in found:
                line |= _beside(key, found[f"{key}|{name}"], holm[f"{key}|{name}"])
        line |= {"chosen": True} if name in {picks.rule, picks.flat, picks.planned} else {}
        lines.append(line)
    return tuple(lines)


def spread(name: str, interval: Interval) -> dict[str, float]:
    """Return a figure with its ends, as rows have them; nothing where it is no number."""
    return {} if np.isnan(interval.mean) else {name: interval.mean, f"{name}_lo": interval.low, f"{name}_hi": interval.high}


def _common(frames: Mapping[str, Frames], *names: str) -> bool:
    """Tell whether arms have a seed in common: where rows are missing they may have none, and are not compared."""
    return bool(set.intersection(*(set(frames[name]) for name in names)))


def _means(rows: Sequence[Row]) -> dict[str, float]:
    there = {name for row in rows for name in row.metrics} - {"r_cum", *SPENT}
    names = dict.fromkeys([*(name for name in FIRST if name in there), *sorted(there)])
    made = {name: float(np.mean([row.metrics[name] for row in rows if name in row.metrics])) for name in names}
    return made | {"cpu_s": float(np.mean([row.metrics["cpu_s"] for row in rows]))}


def _beside(key: str, one: Comparison, p: tuple[float, float]) -> dict[str, float]:
    made = spread(f"gain_{key}", one.gain) | spread(f"share_{key}", one.share) | spread(f"each_{key}", one.each) | {f"p_{key}": p[0]}
    return made | ({} if np.isnan(p[1]) else {f"p_seeds_{key}": p[1]}) | {f"detectable_{key}": one.detectable}
