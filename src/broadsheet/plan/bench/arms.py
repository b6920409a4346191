"""The arms of the honest bench: rules, flat policies, planners with a policy or with the greedy filler, oracles."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.evaluate.choose import GRIDS
from broadsheet.plan.planning import Match

POLICY, GREEDY = "policy", "greedy"
MASK_RECENT: Final = f"mask-recent + {POLICY}"
FLAT: Final = "flat PPO"


class Kind(StrEnum):
    """What an arm is; the arms that others are held against are the best of their kind."""

    RULE = "rule"
    FLAT = "flat policy"
    POLICY = "planner + policy"
    FILLED = "planner + greedy"
    ORACLE = "oracle"


class Arm(NamedTuple):
    """An arm: of `specs` of agents or planners the one that does best on VALIDATION users, and the settings of its policy.

    A planner's spec may say how items match a plan: `planned:match=all+mask-recent`. `of` gives the spec where it has to be made for a pair, as plan tables are; `specs` then only name it.
    """

    kind: Kind
    specs: tuple[str, ...]
    settings: Mapping[str, Any] = {}
    of: Callable[[Pair], str] | None = None

    @property
    def trained(self) -> bool:
        """Whether a policy is trained for it."""
        return self.kind in {Kind.FLAT, Kind.POLICY}


RULES: Final[dict[str, tuple[str, ...]]] = {
    "random": ("random",),
    "popularity": ("popularity",),
    "constant": ("constant:order=popularity", "constant:order=score"),
    "constant, rotated": ("rotated:order=popularity", "rotated:order=score"),
    "loop": GRIDS["loop"],
    "greedy": ("greedy",),
    "greedy, permuted": ("permuted+greedy",),
    "MMR": GRIDS["mmr"],
    "calibrated": GRIDS["calibrated"],
    "worn-aware greedy": GRIDS["worn"],
    "epsilon-greedy": GRIDS["epsilon-greedy"],
    "LinUCB": GRIDS["linucb"],
    "linear Thompson": GRIDS["linear-thompson"],
}
FLATS: Final[dict[str, dict[str, Any]]] = {
    FLAT: {},
    "flat PPO, Gaussian": {"choice": "gaussian"},
    "flat A2C": {"method": "a2c"},
    "flat PPO, entropy penalty": {"penalty": "entropy"},
    "flat PPO, exposure penalty": {"penalty": "exposure"},
}
PLANNERS: Final = {name: GRIDS[name] for name in ("mask-recent", "least-exposed", "thompson", "saturation-mpc")}
CONTROL: Final = f"all + {GREEDY}"
"""Every category with the filler of the planners, whose `spread` plain greedy lacks: what of a planned arm is the filler's."""
ORACLES: Final = {"oracle greedy": ("greedy",), "oracle MPC": ("mpc",)}


def arms(made: Mapping[str, Callable[[Pair], str]] | None = None) -> dict[str, Arm]:
    """Return all arms by name; each planner in `made`, by its name what gives its spec for a pair, adds one with a policy and one with the greedy filler.

    >>> [name for name in arms({"names": lambda pair: "all"}) if name.startswith("names")]
    ['names + policy', 'names + greedy']
    """
    found = {name: Arm(Kind.RULE, specs) for name, specs in RULES.items()}
    found |= {name: Arm(Kind.FLAT, (), settings) for name, settings in FLATS.items()}
    for what, kind in ((POLICY, Kind.POLICY), (GREEDY, Kind.FILLED)):
        found |= {f"{name} + {what}": Arm(kind, specs) for name, specs in PLANNERS.items()}
        found |= {f"{name} + {what}": Arm(kind, (name,), of=of) for name, of in (made or {}).items()}
    found.setdefault(CONTROL, Arm(Kind.FILLED, GRIDS["all"]))
    return found | {name: Arm(Kind.ORACLE, specs) for name, specs in ORACLES.items()}


def whole(spec: str) -> str:
    """Return a planner's spec as that of the greedy filler within its plans.

    >>> whole("mask-recent"), whole("planned:match=all+mask-recent")
    ('planned+mask-recent', 'planned:match=all+mask-recent')
    """
    return spec if spec.startswith("planned") else f"planned+{spec}"


def within(spec: str) -> tuple[Match, str]:
    """Return how items match a planner's plans, and the planner's own spec.

    >>> within("planned:match=all+mask-recent:threshold=0.2")
    ('all', 'mask-recent:threshold=0.2')
    >>> within("all")
    ('any', 'all')
    """
    outer, _, inner = whole(spec).partition("+")
    return ("all" if "match=all" in outer else "any"), inner
