"""The verdict: a cumulative hierarchy, unfolding, none, or undetermined; with every figure that it rests on."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from broadsheet.core.schema import Record
from broadsheet.core.seeds import generator
from broadsheet.needs.hierarchy import latent, nulls
from broadsheet.needs.hierarchy.latent import Family, Fit, HeldOut
from broadsheet.needs.hierarchy.people import Rows, rows_of
from broadsheet.needs.hierarchy.plan import AnalysisPlan

Verdict = Literal["cumulative", "unfolding", "none", "undetermined"]
# Shares of mentions taken for another level that are tried where nobody says how many are.
ERRORS = (0.0, 0.1, 0.2, 0.3)
# A power at which nothing found is something said.
POWER = 0.9


class Finding(Record):
    """The verdict with its reason in words, and what it rests on.

    `beyond_writing` is Loevinger's H with what people's writing explains taken off person by person, `without_error` the same as the cumulative model foretells it
    where no mention is taken for another; all figures are null where there is too little to judge. `gain` is the log likelihood that the better of the two models gains over independence, with its p; `held_out` the log
    likelihoods of people left out; `unfolding_better` by how many standard errors unfolding is likelier than a scale. `detectable` is the least H that would have been
    found nine times in ten; `error` the share of mentions taken for another level, and whether it was given.
    """

    verdict: Verdict
    reason: str
    beyond_writing: float | None
    without_error: float | None
    p: float | None
    p_shuffled: float | None
    gain: float | None
    p_gain: float | None
    unfolding_better: float | None
    held_out: Mapping[str, float]
    held_out_better: float | None
    detectable: float | None
    error: float | None
    error_given: bool
    writing_exponent: float | None


class Models(NamedTuple):
    """The rival models at the share of mentions taken for another level that makes them likeliest, or that is given."""

    fits: Mapping[Family, Fit]
    moved: np.ndarray
    error: float
    likelihood: Mapping[Family, float]


# Its matrices are small: threads would wait for each other longer than they work, and round in another order.
@threadpool_limits.wrap(limits=1, user_api="blas")
def judge(present: np.ndarray, posts: np.ndarray, plan: AnalysisPlan, moved: np.ndarray | None = None) -> Finding:
    """Judge from who mentions which levels `[U, L]` in how many posts `[U]`; `moved` `[L, L]` says with which chance a mention of one level is taken for each.

    The order in which levels are given plays no part.
    """
    from scipy.stats import chi2, norm

    share = present.mean(axis=0)
    kept = [level for level in np.argsort(-share, kind="stable").tolist() if 0 < share[level] < 1]
    told = None if moved is None else moved[np.ix_(kept, kept)] / moved[np.ix_(kept, kept)].sum(axis=1, keepdims=True)
    if len(present) < plan.people or len(kept) < 3:
        return _too_few(len(present), len(kept))
    rows = rows_of(present[:, kept], posts)
    writing = latent.independent(rows)
    left = latent.association(rows, writing)
    null = nulls.by_writing(rows, writing, left, plan.draws, generator(plan.seed, "null by writing"))
    mixed = nulls.shuffled(rows, _raw(rows), min(plan.draws, 199), generator(plan.seed, "null shuffled"))
    models = _models(rows, writing, left.deviations, told)
    compared = latent.held_out(rows, models.fits, models.moved, plan.folds, generator(plan.seed, "folds"))
    apart = latent.deviations(models.fits["unfolding"].likelihood - models.fits["cumulative"].likelihood, rows.weight)
    gain = max(models.likelihood["cumulative"], models.likelihood["unfolding"]) - models.likelihood["independent"]
    # Two models are tried by two links; each has a place for every level, and a steepness, more; the error is one too where it is not given.
    p_gain = float(min(1.0, 4 * chi2.sf(2 * max(gain, 0.0), len(kept) + 1 + (moved is None))))
    seen = np.mean(np.diag(models.moved)) ** 2
    detectable = float((norm.isf(plan.level) + norm.ppf(POWER)) * null.spread / seen)
    without_error = latent.implied(models.fits["cumulative"], rows)
    evidence = _Evidence(null.p, gain / rows.people, without_error, p_gain, apart, max(_gains(compared)), detectable)
    verdict, reason = _verdict(evidence, plan)
    return Finding(
        verdict=verdict,
        reason=reason,
        beyond_writing=left.scalability,
        without_error=without_error,
        p=null.p,
        p_shuffled=mixed.p,
        gain=gain,
        p_gain=p_gain,
        unfolding_better=apart,
        held_out={name: value - compared.sums["independent"] for name, value in compared.sums.items()},
        held_out_better=compared.differences["unfolding", "cumulative"],
        detectable=detectable,
        error=models.error,
        error_given=moved is not None,
        writing_exponent=float(writing.parameters[-1]),
    )


class _Evidence(NamedTuple):
    """What the verdict rests on; `gain` is in nats a person."""

    p: float
    gain: float
    scale: float
    p_gain: float
    unfolding: float
    held_out: float
    detectable: float


def _verdict(found: _Evidence, plan: AnalysisPlan) -> tuple[Verdict, str]:
    """Return the verdict by the plan, and its reason."""
    matters = found.gain >= plan.effect
    structured = found.p_gain <= plan.level and found.held_out > 0 and matters
    scale = found.p <= plan.level and found.scale >= plan.scale
    if structured and scale and found.unfolding < plan.better:
        return (
            "cumulative",
            "Who speaks of a rarer level speaks of the more frequent ones too, more than writing much explains, and no model of unfolding is likelier.",
        )
    if structured and found.unfolding >= plan.better and (not scale or found.unfolding >= 2 * plan.better):
        return "unfolding", "People speak of levels near one another and not of those far off: of where they stand, not of all below."
    if structured or scale:
        return "undetermined", "Levels hang together, but neither as a scale nor as an unfolding clearly enough."
    unsure = 2 * plan.level if found.detectable <= plan.least / 2 else 10 * plan.level
    if (found.p <= plan.level and found.scale >= plan.scale / 2) or (found.p_gain <= unsure and matters):
        return "undetermined", "Levels hang together a little more than chance gives, too little to say how."
    if found.detectable > plan.least:
        return "undetermined", f"Nothing is found, but a scale of H {found.detectable:.2f} could have been missed: there are too few people."
    return (
        "none",
        f"Levels hang together no more than people's writing explains, or too little to matter; a scale of H {found.detectable:.2f} would have been found nine times in ten.",
    )


def _models(rows: Rows, writing: Fit, near: np.ndarray, moved: np.ndarray | None) -> Models:
    tried = [moved] if moved is not None else [uniform(rows.present.shape[1], error) for error in ERRORS]
    best: Models | None = None
    for one in tried:
        fits: dict[Family, Fit] = {"independent": writing}
        for family in ("cumulative", "unfolding"):
            fits[family] = latent.fit(rows, family, one, writing, near)
        likely = {name: float(rows.weight @ fit.likelihood) for name, fit in fits.items()}
        made = Models(fits, one, float(1 - np.mean(np.diag(one))), likely)
        if best is None or max(likely.values()) > max(best.likelihood.values()):
            best = made
    assert best is not None
    return best


def uniform(levels: int, error: float) -> np.ndarray:
    """Return the chances `[L, L]` by which a mention of one level is taken for each, where a share of them is taken for any other.

    >>> uniform(3, 0.2).tolist()
    [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]
    """
    same = np.eye(levels)
    return same * (1 - error) + (1 - same) * error / (levels - 1)


def _gains(compared: HeldOut) -> Sequence[float]:
    return [compared.sums[name] - compared.sums["independent"] for name in ("cumulative", "unfolding")]


def _raw(rows: Rows) -> float:
    from broadsheet.needs.hierarchy.mokken import pair_shares, sums

    return float(sums(pair_shares(rows.present, rows.weight)).whole)


def _too_few(people: int, levels: int) -> Finding:
    nothing: dict[str, Any] = dict.fromkeys(
        (
            "beyond_writing",
            "without_error",
            "p",
            "p_shuffled",
            "gain",
            "p_gain",
            "unfolding_better",
            "held_out_better",
            "detectable",
            "error",
            "writing_exponent",
        ),
        None,
    )
    reason = f"There are {people} people and {levels} levels that some of them speak of and others do not: too few to tell."
    return Finding(verdict="undetermined", reason=reason, held_out={}, error_given=False, **nothing)
