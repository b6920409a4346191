"""What another way to fill slates would have got, by inverse propensities and with a direct model, item by item."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import RecordError
from broadsheet.core.metrics.resample import bootstrap_mean, bootstrap_ratio
from broadsheet.core.seeds import generator
from broadsheet.plan.offline.log import SlateLog
from broadsheet.plan.offline.plackett import inclusion

Floats = NDArray[np.float64]

ENOUGH = 100.0
"""An effective sample below this many items says little: a warning stands beside the figures."""
UNSUPPORTED = 0.01
"""A greater share of the target's places that the log could never show is warned of."""


class Estimate(NamedTuple):
    """An estimator's figure, the expected share of a slate that is liked, with its 95 % interval over users."""

    name: str
    value: float
    low: float
    high: float


class Offline(NamedTuple):
    """What a log says of a target.

    `logged` is what the slates shown got; `effective` the effective number of items shown (Kish 1965: the squared sum of weights over the sum of their squares) of `shown`,
    `greatest` the greatest weight, `unsupported` the share of the target's places that the log could never show. `warnings` say what that means, empty where all is well.
    """

    estimates: tuple[Estimate, ...]
    logged: Estimate
    slates: int
    users: int
    shown: int
    effective: float
    greatest: float
    unsupported: float
    warnings: tuple[str, ...]

    @property
    def trust(self) -> str:
        """The estimator to go by: `dr` where a model's chance stands beside every candidate, else `snips`, and `ips` where nothing that was shown has a weight."""
        names = {one.name for one in self.estimates}
        return next(name for name in ("dr", "snips", "ips") if name in names)


def estimate(log: SlateLog, target: Floats, *, seed: int = 0, rounds: int = 2000) -> Offline:
    """Estimate the share of its slates that would be liked if each candidate were shown with the chance `target` `[N]`.

    `ips` weighs what was shown by target over propensity; `snips` divides by the weights instead of the places (Swaminathan and Joachims 2015); `direct` believes
    the model of the log, and `dr` adds to it what was seen of its errors, weighed (Dudik, Langford and Li 2011). Items count one by one: that one's being
    liked does not depend on what stands beside it is assumed, and holds for how items wear each other out on a slate only roughly.
    Without a model there is no `direct` and no `dr`. Raises RecordError for a target of another length or outside 0 to 1, or that shows nothing on a slate.
    """
    places = _places(log, target)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(log.shown, target / log.propensity, 0.0)
    summed = {"ips": _of_slates(log, weight * log.liked) / places, "weights": _of_slates(log, weight) / places}
    rng = {name: generator(seed, "plan", "offline", name) for name in ("logged", "ips", "snips", "direct", "dr")}

    def mean(name: str, values: Floats) -> Estimate:
        return Estimate(name, *bootstrap_mean(values, rng[name], clusters=log.user, rounds=rounds))

    found = [mean("ips", summed["ips"])]
    if summed["weights"].sum() > 0:
        found.append(_snips(log, summed["ips"], summed["weights"], rng["snips"], rounds))
    if log.modelled:
        direct = _of_slates(log, target * log.chance) / places
        found += [mean("direct", direct), mean("dr", direct + _of_slates(log, weight * (log.liked - log.chance) * log.shown) / places)]
    shown = np.maximum(_of_slates(log, log.shown.astype(np.float64)), 1.0)
    logged = mean("logged", _of_slates(log, log.liked * log.shown) / shown)
    squares = float((weight**2).sum())
    effective = float(weight.sum()) ** 2 / squares if squares else 0.0
    unsupported = float(target[log.propensity <= 0].sum() / target.sum())
    warnings = (*_warnings(effective, unsupported), *_apart(found))
    return Offline(
        tuple(found), logged, len(log), len(np.unique(log.user)), int(log.shown.sum()), effective, float(weight.max(initial=0)), unsupported, warnings
    )


def best_first(log: SlateLog, values: Floats, k: int) -> Floats:
    """Return the target `[N]` that shows the k candidates of the greatest values on every slate; ties go to the first.

    >>> log = SlateLog(np.array([0]), np.zeros(3, int), np.array(["a", "b", "c"], object), np.ones(3, bool), np.ones(3), np.ones(3), np.ones(3))
    >>> best_first(log, np.array([1.0, 3.0, 2.0]), 2).tolist()
    [0.0, 1.0, 1.0]
    """
    target = np.zeros(len(values))
    order = np.lexsort((np.arange(len(values)), -values, log.slate))
    place = np.arange(len(values)) - np.searchsorted(log.slate, log.slate)
    target[order[place < k]] = 1.0
    return target


def softly(log: SlateLog, logits: Floats, k: int) -> Floats:
    """Return the target `[N]` of slates of k drawn by the Plackett-Luce law of `logits` `[N]`; what is -inf is never shown."""
    begins = np.searchsorted(log.slate, np.arange(len(log) + 1))
    lengths = np.diff(begins)
    target = np.zeros(len(logits))
    for length in np.unique(lengths):
        slates = np.flatnonzero(lengths == length)
        rows = begins[slates][:, None] + np.arange(length)
        target[rows] = inclusion(logits[rows], k)
    return np.minimum(target, 1.0)


def _places(log: SlateLog, target: Floats) -> Floats:
    if target.shape != log.slate.shape or not ((target >= 0) & (target <= 1 + 1e-9)).all():
        raise RecordError(
            f"A target is a chance for each of {len(log.slate)} candidates.", f"This one is of shape {target.shape}; chances lie between 0 and 1."
        )
    places = _of_slates(log, target)
    if not len(places) or places.min() <= 0:
        raise RecordError("The target shows nothing on some slate, so nothing can be liked there.", "Leave such slates out of the log.")
    return places


def _of_slates(log: SlateLog, values: Floats) -> Floats:
    return np.bincount(log.slate, weights=values, minlength=len(log)).astype(np.float64)


def _snips(log: SlateLog, parts: Floats, wholes: Floats, rng: np.random.Generator, rounds: int) -> Estimate:
    """Return the ratio over users; one who was shown nothing that the target shows has no weight, and is left out."""
    users, place = np.unique(log.user, return_inverse=True)
    top, bottom = (np.bincount(place, weights=values, minlength=len(users)) for values in (parts, wholes))
    held = bottom > 0
    if held.sum() < 2:
        value = float(top.sum() / bottom.sum())
        return Estimate("snips", value, 0.0, 1.0)
    return Estimate("snips", *bootstrap_ratio(top[held], bottom[held], rng, rounds=rounds))


def _apart(found: list[Estimate]) -> tuple[str, ...]:
    """Warn where what the model says and what the log says once its errors are seen have intervals that do not meet."""
    by_name = {one.name: one for one in found}
    direct, dr = by_name.get("direct"), by_name.get("dr")
    if direct is None or dr is None or (dr.low <= direct.high and direct.low <= dr.high):
        return ()
    return (
        f"direct ({direct.value:.4f}) lies far from dr ({dr.low:.4f} to {dr.high:.4f}): the model behind chance errs here, and direct is not to be believed.",
    )


def _warnings(effective: float, unsupported: float) -> tuple[str, ...]:
    found = []
    if effective < ENOUGH:
        found.append(f"The log weighs as much as {effective:.0f} items drawn by the target: intervals are wide, and may be too narrow still.")
    if unsupported > UNSUPPORTED:
        found.append(
            f"{unsupported:.1%} of what the target shows could never be shown by the log: ips and dr know nothing of it, and count it as not liked (ips) or believe the model (dr)."
        )
    return tuple(found)
