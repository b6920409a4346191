"""Public data and the fictional world as a pair: what an agent may know, and the truth of an environment."""

from broadsheet.plan.datasets.opened import open_pair
from broadsheet.plan.datasets.pair import Pair

__all__ = ["Pair", "open_pair"]
