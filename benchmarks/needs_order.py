"""How often a tie of levels with income is found where it is planted, and where it is not: the figures as one JSON object."""

import argparse
import json
import os
from typing import Any

import numpy as np

from broadsheet.core.bench.provenance import commit
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.seeds import generator
from broadsheet.needs.facts import Figures
from broadsheet.needs.hierarchy.covariates import goes_with
from broadsheet.needs.hierarchy.people import People
from broadsheet.needs.hierarchy.plan import AnalysisPlan

LEVELS = tuple("abcdefg")
RATES = np.geomspace(0.15, 0.02, len(LEVELS))
# The slope of each level, and by how much the logarithm of posts grows, by a doubling of income.
WORLDS = {
    "nothing goes with income": (np.zeros(7), 0.0),
    "writing goes with income, levels do not": (np.zeros(7), 0.6),
    "all levels go with income alike": (np.full(7, 0.3), 0.0),
    "higher levels go with income more": (np.linspace(-0.3, 0.3, 7), 0.0),
    "higher levels more, and writing too": (np.linspace(-0.3, 0.3, 7), 0.6),
}


def drawn(slopes: np.ndarray, talkative: float, people: int, seed: int) -> tuple[People, np.ndarray]:
    """Draw people, and the income of each."""
    rng = generator(seed, "needs order bench")
    doublings = rng.normal(size=people)
    posts = np.maximum(1, np.round(np.exp(rng.normal(2.5, 0.9, size=people) + talkative * doublings)))
    mentions = rng.poisson(posts[:, None] * RATES * np.exp(np.outer(doublings, slopes)))
    return People(LEVELS, mentions, np.full(mentions.shape, np.nan), posts), 2500 * 2.0**doublings


def naive(people: People, income: np.ndarray) -> np.ndarray:
    """Return whether each level is tied to income at .05 by correlation alone, as is often told: nothing is held equal, nothing held against other tests."""
    from scipy.stats import spearmanr

    present = people.present
    return np.array([spearmanr(income, present[:, level]).pvalue <= 0.05 for level in range(len(LEVELS)) if 0 < present[:, level].mean() < 1])


def row(name: str, people: int, draws: int) -> dict[str, Any]:
    """Return how often the trend, and any level, is found, and how often the interval holds the trend that was planted."""
    slopes, talkative = WORLDS[name]
    plan, true = AnalysisPlan(), float(slopes[1] - slopes[0])
    figures: dict[str, list[float]] = {"trend": [], "any_level": [], "holds": [], "naive": []}
    for seed in range(draws):
        made, income = drawn(slopes, talkative, people, seed)
        authors = [f"{number:06d}" for number in range(people)]
        (found,) = goes_with(made, [Figures("income", "a month", dict(zip(authors, income.tolist(), strict=True)), 0)], authors, plan)
        figures["trend"].append(float(found.p is not None and found.p <= 0.05))
        figures["any_level"].append(float(any(level.p is not None and level.p <= 0.05 for level in found.levels)))
        if found.trend_interval is not None:
            figures["holds"].append(float(found.trend_interval[0] <= true <= found.trend_interval[1]))
        figures["naive"].append(float(naive(made, income).any()))
    held: dict[str, Any] = {"name": name, "people": people, "draws": draws, "planted": true}
    for key, values in figures.items():
        spread = bootstrap_mean(values, generator(0, "needs order bench", name, key), rounds=2000)
        held |= {key: spread.mean, f"{key}_lo": spread.low, f"{key}_hi": spread.high}
    return held


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args()
    rows = [row(name, people, options.draws) for people in (100, 334) for name in WORLDS]
    facts = {"bench": "needs-order", "command": f"python benchmarks/needs_order.py --draws {options.draws}", "commit": commit()}
    print(json.dumps({**facts, "data": "planted", "load": os.getloadavg()[0], "rows": rows}, indent=1))


main()
