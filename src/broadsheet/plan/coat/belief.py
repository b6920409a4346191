"""What is believed of one user's likings in a session, and how a rating seen changes it: a Gaussian over all items at once."""

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.coat.likings import Likings, Ratings

OWN = 0.25
"""An assumption: of the variance of a rating's noise so much is liking of the very item, which shows when the item does. One rating a pair cannot tell it."""
SEEN = 0.05
"""Variance of a rating seen in a session: it is rounded to a whole number."""


class Belief:
    """Means `[B, I]` and covariances `[B, I, I]` of likings, for sessions of the users `user` `[B]`.

    The means are the model's. The covariances are of a user's level and taste, given the user's ratings in training, and of each item by itself.
    """

    def __init__(self, likings: Likings, ratings: Ratings, user: NDArray[np.int64]) -> None:
        self.mean = likings.mean[user].copy()
        self.seen = np.zeros(self.mean.shape, dtype=bool)
        items = len(ratings.item_features)
        alike = likings.held_out * (likings.variances["user"] + likings.variances["taste"] * ratings.item_features @ ratings.item_features.T)
        self.covariance = np.empty((len(user), items, items), dtype=np.float32)
        for session, row in enumerate(user.tolist()):
            rated = ratings.item[ratings.user == row]
            known = np.linalg.solve(alike[np.ix_(rated, rated)] + likings.held_out * np.eye(len(rated)), alike[rated])
            self.covariance[session] = alike - alike[:, rated] @ known + OWN * likings.held_out * np.eye(items)

    @property
    def deviation(self) -> NDArray[np.float64]:
        """How unsure each liking is `[B, I]`; 0 of an item that was seen."""
        spread = np.sqrt(np.maximum(np.diagonal(self.covariance, axis1=1, axis2=2), 0))
        return np.where(self.seen, 0, spread).astype(np.float64)

    def see(self, session: NDArray[np.int64], item: NDArray[np.int64], rating: NDArray[np.float32]) -> None:
        """Take in ratings of items, one for each of some different sessions `[S]`; an item seen before says nothing new."""
        fresh = ~self.seen[session, item]
        session, item, rating = session[fresh], item[fresh], rating[fresh]
        column = self.covariance[session, :, item]
        variance = column[np.arange(len(session)), item] + np.float32(SEEN)
        gain = column / variance[:, None]
        moved = self.mean[session] + gain * (rating - self.mean[session, item])[:, None]
        self.mean[session] = np.where(self.seen[session], self.mean[session], moved)
        self.covariance[session] -= gain[:, :, None] * column[:, None, :]
        self.seen[session, item] = True
        self.mean[session, item] = rating
