"""How good both models of liking are on events that neither saw, and how far they agree."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.calibration import log_loss
from broadsheet.plan.events import Events
from broadsheet.plan.material import Split

SHRINK = 3.0
"""Events that the mean of an item is worth where nothing is known of it."""

Floats = NDArray[np.float64]


def compared(
    scores: NDArray[np.float32], logits: NDArray[np.float32], held_out: Events, trained: Events, split: NDArray[np.int8]
) -> dict[str, dict[str, float]]:
    """Return AUC, also with each user's level taken out, and log loss on held-out events of the truth, the agent, items' means and a constant; variance shares; agreement of the two.

    `scores` and `logits` `[U, I]` are the agent's and the truth's; items' means and the constant are those of `trained`, the agent's events of TRAIN users. "test users" are the same
    figures on held-out events of TEST users alone, whose data no setting of the agent's follows from.
    """
    items, mean = scores.shape[1], float(trained.liked.mean())
    of_item = (np.bincount(trained.item, trained.liked, items) + SHRINK * mean) / (np.bincount(trained.item, minlength=items) + SHRINK)
    of_item = np.clip(of_item, 1e-3, 1 - 1e-3)
    constant = np.full(len(held_out.item), np.log(mean / (1 - mean)))
    said = {
        "truth": logits[held_out.user, held_out.item].astype(np.float64),
        "agent": scores[held_out.user, held_out.item].astype(np.float64),
        "item means": np.log(of_item / (1 - of_item))[held_out.item],
        "constant": constant,
    }
    levels = {"truth": logits.mean(axis=1)[held_out.user], "agent": scores.mean(axis=1)[held_out.user]}
    tested = split[held_out.user] == Split.TEST
    found: dict[str, dict[str, float]] = {}
    for name, values in said.items():
        # A level may tell by itself which events were held out: where everybody likes one of two, that is no knowledge of likings.
        found[name] = {
            "auc": auc(values, held_out.liked),
            "auc_within": auc(values - levels.get(name, 0), held_out.liked),
            "log_loss": log_loss(values, held_out.liked),
        }
        if tested.any() and 0 < held_out.liked[tested].mean() < 1:
            found[f"{name}, test users"] = {"auc": auc(values[tested], held_out.liked[tested]), "log_loss": log_loss(values[tested], held_out.liked[tested])}
    return {**found, "variance of the truth": variance_shares(logits), "variance of the agent": variance_shares(scores), "agreement": agreement(scores, logits)}


def auc(values: Floats, liked: NDArray[np.int8]) -> float:
    """Return the chance that one that was liked is above one that was not, ties counted half; NaN where all were liked, or none.

    >>> auc(np.array([0.1, 0.4, 0.4]), np.array([0, 1, 0]))
    0.75
    """
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(liked > 0, values)) if 0 < (liked > 0).sum() < len(liked) else float("nan")


def variance_shares(logits: NDArray[np.float32]) -> dict[str, float]:
    """Return which shares of the variance are the users', the items', and neither's, and the deviation of the last in logits.

    >>> shares = variance_shares(np.array([[0.0, 1.0], [2.0, 3.0]]))
    >>> round(shares["user"], 3), round(shares["item"], 3), round(shares["interaction"], 3)
    (0.8, 0.2, 0.0)
    """
    users, items, rest = _parts(logits)
    whole = float(logits.var(dtype=np.float64)) or 1.0
    shares = {"user": users.var() / whole, "item": items.var() / whole, "interaction": rest.var(dtype=np.float64) / whole}
    return {**{key: float(value) for key, value in shares.items()}, "interaction_sd": float(rest.std(dtype=np.float64))}


def agreement(scores: NDArray[np.float32], logits: NDArray[np.float32]) -> dict[str, float]:
    """Return the correlation of two tables `[U, I]` within users (the mean over users), and of what is neither users' nor items'."""
    one, other = scores - scores.mean(axis=1, keepdims=True), logits - logits.mean(axis=1, keepdims=True)
    scale = np.sqrt(np.square(one).sum(axis=1) * np.square(other).sum(axis=1))
    within = (one * other).sum(axis=1) / np.maximum(scale, 1e-9)
    _, _, own = _parts(scores)
    _, _, their = _parts(logits)
    both = float((own * their).mean(dtype=np.float64)) / max(float(own.std(dtype=np.float64)) * float(their.std(dtype=np.float64)), 1e-9)
    return {"within_users": float(within.mean()), "of_interactions": both}


def _parts(table: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    mean, users, items = table.mean(dtype=np.float64), table.mean(axis=1, dtype=np.float64), table.mean(axis=0, dtype=np.float64)
    return users, items, (table - users[:, None] - items + mean).astype(np.float32)
