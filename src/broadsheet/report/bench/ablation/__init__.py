"""What each stage adds to the ones before it, recipe by recipe: on real papers, and in the world whose truths are planted."""

from broadsheet.report.bench.ablation.papers import PapersPlan, bench_papers

__all__ = ["PapersPlan", "bench_papers"]
