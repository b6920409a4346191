"""Every metric, interval and test of the house, once."""

from broadsheet.core.metrics.beyond import (
    catalogue_coverage,
    gini,
    intra_list_diversity,
    novelty,
)
from broadsheet.core.metrics.counts import mcnemar, wilson
from broadsheet.core.metrics.evaluation import evaluate, evaluate_scores, metric
from broadsheet.core.metrics.probability import (
    Reliability,
    brier,
    brier_skill,
    calibration_error,
    reliability,
    top_decile_gap,
)
from broadsheet.core.metrics.ranking import (
    Ranking,
    average_precision,
    by_rank,
    hide,
    hit,
    mean_by_rank,
    ndcg,
    own_ranks,
    precision,
    recall,
    reciprocal_rank,
    target_ranks,
)
from broadsheet.core.metrics.resample import (
    Interval,
    PairedTest,
    bootstrap_f1,
    bootstrap_mean,
    bootstrap_ratio,
    holm,
    paired_permutation,
)

__all__ = [
    "Interval",
    "PairedTest",
    "Ranking",
    "Reliability",
    "average_precision",
    "bootstrap_f1",
    "bootstrap_mean",
    "bootstrap_ratio",
    "brier",
    "brier_skill",
    "by_rank",
    "calibration_error",
    "catalogue_coverage",
    "evaluate",
    "evaluate_scores",
    "gini",
    "hide",
    "hit",
    "holm",
    "intra_list_diversity",
    "mcnemar",
    "mean_by_rank",
    "metric",
    "ndcg",
    "novelty",
    "own_ranks",
    "paired_permutation",
    "precision",
    "recall",
    "reciprocal_rank",
    "reliability",
    "target_ranks",
    "top_decile_gap",
    "wilson",
]
