"""How well the page ranks: authors as users, honest baselines, intervals."""

from broadsheet.report.bench.arms import ARMS
from broadsheet.report.bench.run import Plan, bench_report

__all__ = ["ARMS", "Plan", "bench_report"]
