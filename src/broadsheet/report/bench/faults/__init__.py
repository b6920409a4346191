"""How a morning goes when arXiv does not behave: the same faults for our days and for another client, side by side."""

from broadsheet.report.bench.faults.scenarios import SCENARIOS, Scenario
from broadsheet.report.bench.faults.trial import Tried, tried

__all__ = ["SCENARIOS", "Scenario", "Tried", "tried"]
