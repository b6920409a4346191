"""Settings of rules, chosen on VALIDATION users in the environment that agents are trained in: never on the truth, never on TEST users."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Final, NamedTuple

import numpy as np

from broadsheet.core.errors import ConfigError
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.agents.registry import open_agent
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.evaluate.run import run_sessions
from broadsheet.plan.material import Split

STREAMS: Final = 2

_SPREADS: Final = (0.0, 1.0, 3.0)


def _specs(name: str, **settings: Sequence[Any]) -> tuple[str, ...]:
    """Return the specs of a rule for all combinations of settings.

    >>> _specs("worn", fatigue=(1.0, 2.0))
    ('worn:fatigue=1.0', 'worn:fatigue=2.0')
    """
    made = [",".join(f"{key}={value}" for key, value in zip(settings, values, strict=True)) for values in product(*settings.values())]
    return tuple(f"{name}:{one}" if one else name for one in made)


def _planned(name: str, **settings: Sequence[Any]) -> tuple[str, ...]:
    return tuple(f"planned:spread={spread}+{spec}" for spread in _SPREADS for spec in _specs(name, **settings))


GRIDS: Final[Mapping[str, tuple[str, ...]]] = {
    "loop": _specs("loop", length=(2, 3, 5, 9), order=("popularity", "score")),
    "mmr": _specs("mmr", weight=(0.3, 0.5, 0.7, 0.9)),
    "calibrated": _specs("calibrated", weight=(0.1, 0.3, 0.5, 0.8)),
    "worn": _specs("worn", fatigue=(0.0, 1.0, 2.0, 4.0, 8.0)),
    "epsilon-greedy": _specs("epsilon-greedy", epsilon=(0.02, 0.1)),
    "linucb": _specs("linucb", width=(0.1, 0.5, 1.0), ridge=(2.0, 10.0)),
    "linear-thompson": _specs("linear-thompson", width=(0.1, 0.5), ridge=(2.0, 10.0)),
    "all": _planned("all"),
    "mask-recent": _planned("mask-recent", threshold=(0.0, 0.1, 0.2, 0.35)),
    "least-exposed": _planned("least-exposed", keep=(2, 4, 8), among=(10, 20)),
    "thompson": _planned("thompson", keep=(2, 4, 6), prior=(2.0, 6.0)),
    "saturation-mpc": _planned("saturation-mpc", keep=(3, 4, 6, 8), fatigue=(0.0, 2.0, 4.0)),
}
"""What is tried for each rule that has settings: at zero boredom the settings that hardly plan are among them."""


class Choice(NamedTuple):
    """The spec that was chosen, and what each that was tried got: the mean cumulative satisfaction of VALIDATION users in the copy environment."""

    spec: str
    tried: Mapping[str, float]

    def facts(self) -> dict[str, Any]:
        """Return what goes into a manifest."""
        return {"chosen": self.spec, "on": "validation users, the agent's own model", "tried": dict(self.tried)}


def believed(pair: Pair) -> Pair:
    """Return the pair whose truth is what the agent's model says: its `judge` is the environment that agents are trained in."""
    return replace(pair, truth=Truth(pair.material.scores, np.eye(len(pair.material.items.categories), dtype=np.float32)))


def choose(
    specs: Sequence[str], pair: Pair, *, streams: int = STREAMS, seed: int = 0, given: Mapping[str, Any] | None = None, progress: Progress = silent
) -> Choice:
    """Run agents by spec with VALIDATION users in the copy environment under the same luck, and return the best; of two alike the first.

    The expected chances are compared, not what luck made of them. Raises ConfigError where there is nothing to try or no VALIDATION user.
    """
    users = pair.material.of(Split.VALIDATION)
    if not specs or not len(users):
        raise ConfigError("There is nothing to choose from, or no validation user to choose on.", "Give specs, and split off users of VALIDATION.")
    copy, tried = believed(pair), dict[str, float]()
    for number, spec in enumerate(specs):
        agent = open_agent(spec, copy.material, slate=copy.slate, horizon=copy.horizon, given=given)
        log = run_sessions(agent, copy, users, streams=streams, seed=seed)
        tried[spec] = round(float(log.expected.sum(axis=1).mean()), 4)
        progress("settings", number + 1, len(specs))
    return Choice(max(tried, key=lambda spec: tried[spec]), tried)
