"""What a bench tells beside its table: planners that masked nothing, and where chance does better than a method."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from broadsheet.core.bench import Outcome, by_arm
from broadsheet.plan.bench.arms import Arm, Kind, within

RANDOM: Final = "random"
NEAR: Final = 1e-9
"""A mean of categories a plan that is all of them, up to rounding."""


def masked_nothing(outcome: Outcome, arms: Mapping[str, Arm], categories: int) -> list[str]:
    """Return a line for each arm whose planner allowed all `categories` in every plan of every session; the planner `all`, which is to do so, is not told of."""
    found = []
    for (data, name), rows in by_arm(outcome).items():
        planned = [row.metrics["planned_categories"] for row in rows if "planned_categories" in row.metrics]
        to_do_so = all(within(spec)[1].partition(":")[0] == "all" for spec in arms[name].specs)
        if planned and not to_do_so and min(planned) >= categories - NEAR:
            chosen = ", chosen on validation users," if len(arms[name].specs) > 1 else ""
            found.append(f"{data}: {name} masked nothing: its settings{chosen} allow every category.")
    return found


def chance_ahead(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each data set in which `random` has more than greedy or than arms with a planner.

    >>> row = {"kind": "rule", "r_cum": 2.0}
    >>> chance_ahead([{**row, "name": "made: random", "r_cum": 3.0}, {**row, "name": "made: greedy"}])
    ['made: random (3) has more than greedy (2): it is not seen that what is learnt here is worth more than chance.']
    """
    held: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        data, _, name = str(row["name"]).partition(": ")
        if "r_cum" in row:
            held.setdefault(data, {})[name] = row
    told = []
    for data, arms in held.items():
        if RANDOM not in arms:
            continue
        most = arms[RANDOM]["r_cum"]
        behind = [name for name, row in arms.items() if (name == "greedy" or row["kind"] in (Kind.POLICY, Kind.FILLED)) and row["r_cum"] < most]
        if behind:
            names = ", ".join(f"{name} ({arms[name]['r_cum']:.4g})" for name in behind)
            told.append(f"{data}: random ({most:.4g}) has more than {names}: it is not seen that what is learnt here is worth more than chance.")
    return told
