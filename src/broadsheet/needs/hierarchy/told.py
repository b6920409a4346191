"""An inference as it may be told: no number of people under the plan's k, nor one that would follow from the others."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from broadsheet.needs.cells import WITHHELD, count, fewer, parts
from broadsheet.needs.hierarchy.infer import Inference
from broadsheet.needs.suppression import suppress

# Figures of a level that say how many speak of it.
OF_LEVEL = ("share", "share_interval", "H", "H_interval", "not_monotone", "crossing")
OF_TIME = ("sooner", "p_pairs", "beyond", "before")
OF_ALL = ("H", "H_se", "H_transposed", "reproducibility", "scalability")


def told(found: Inference) -> dict[str, Any]:
    """Return an inference as plain values; a figure that is withheld is null, a number of people says so in words, and `suppressed` which k it is by and how many were.

    Withheld are levels and months of few people, or of all but few, pairs of levels that few tell apart, and what would give these away.
    """
    k = found.plan.k
    held = found.model_dump(mode="json")
    hidden = _levels(held, found.people, k)
    cells = len(hidden) + _months(held, found, k)
    for name in ("order_probabilities", "association"):
        held[name] = {one: {other: None if {one, other} & hidden else value for other, value in row.items()} for one, row in held[name].items()}
    held["order_by_frequency"] = [level for level in held["order_by_frequency"] if level not in hidden]
    cells += _pairs(held["time"], held["time"]["sooner"], OF_TIME, k)
    if 0 < found.time.people < k:
        held["time"] |= {"people": fewer(k), "agreement": None, "p": None}
    if held["claims"]:
        cells += _pairs(held["claims"], held["claims"]["wins"], ("wins",), k)
        if 0 < held["claims"]["people"] < k:
            held["claims"] |= {"claims": WITHHELD, "agreement": None, "interval": None, "p": None}
        held["claims"]["people"] = count(held["claims"]["people"], k)
    for one in held["covariates"]:
        both = parts([one["people"]], [found.people], k)[0]
        one["people"], one["missing"] = both.people, count(one["missing"], k) if both.share is not None else WITHHELD
    if 0 < found.people < k:
        held |= {"people": fewer(k), "posts": WITHHELD, "mentions": WITHHELD, "strength": "untold", "intervals": {}, **dict.fromkeys(OF_ALL)}
        held["taxonomy_agreement"] = dict.fromkeys(held["taxonomy_agreement"])
        held["reason"] = held["finding"]["reason"] = f"There are {fewer(k)} people: too few to tell."
    says = f"Numbers of people under {k}, and what would give them away, are withheld: of levels, of months, and of pairs of levels in time and in claims."
    held["suppressed"] = {"k": k, "cells": cells, "says": says}
    return held


def _levels(held: dict[str, Any], people: int, k: int) -> set[str]:
    """Withhold levels; return which."""
    hidden = set()
    for level in held["levels"]:
        part = parts([level["people"]], [people], k)[0]
        level["people"] = part.people
        if part.share is None:
            level.update(dict.fromkeys(OF_LEVEL))
            hidden.add(level["id"])
    return hidden


def _months(held: dict[str, Any], found: Inference, k: int) -> int:
    """Withhold months of levels; return how many."""
    months, cells = list(found.month_people), 0
    of = [found.month_people[month] for month in months]
    held["month_people"] = {month: count(people, k) for month, people in found.month_people.items()}
    for level in (level.id for level in found.levels):
        some = [round(found.months[month][level] * people) for month, people in zip(months, of, strict=True)]
        for month, part in zip(months, parts(some, of, k), strict=True):
            if part.share is None:
                held["months"][month][level] = None
                cells += 1
    return cells


def _pairs(held: dict[str, Any], people: Mapping[str, Mapping[str, int]], names: tuple[str, ...], k: int) -> int:
    """Withhold what is told of two levels where few tell them apart, or few do so either way; return of how many pairs."""
    few = [
        (one, other)
        for one, row in people.items()
        for other, forth in row.items()
        if np.ma.getmaskarray(suppress(np.array([forth, people[other][one]]), k)).any()
    ]
    for one, other in few:
        for name in names:
            held[name][one][other] = None
    return len(few) // 2
