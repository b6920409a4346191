"""One bench shape for the house: rows that survive a kill, a budget, provenance, one object at the end."""

from broadsheet.core.bench.rows import Measured, Missing, Outcome, Row, Task, run_tasks, wanted_arms
from broadsheet.core.bench.table import Bench, by_arm, over_seeds, render

__all__ = ["Bench", "Measured", "Missing", "Outcome", "Row", "Task", "by_arm", "over_seeds", "render", "run_tasks", "wanted_arms"]
