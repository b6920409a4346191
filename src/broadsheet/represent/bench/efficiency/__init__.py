"""What many turns in one pass buy, counted on both sides: pairs, images and updates a second, and recall."""

from broadsheet.represent.bench.efficiency.run import ARMS, EfficiencyPlan, bench_efficiency

__all__ = ["ARMS", "EfficiencyPlan", "bench_efficiency"]
