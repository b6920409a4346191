"""One reader's own model: a least-squares support vector machine, the library against papers drawn from the background."""

from typing import NamedTuple

import numpy as np

# The ridge: how much a paper on the wrong side of the margin may stay there.
RIDGE = 0.3


class Machine(NamedTuple):
    """Weights `[n]` of the training papers in the kernel, and the bias."""

    weights: np.ndarray
    bias: float

    def __call__(self, kernel: np.ndarray) -> np.ndarray:
        """Return the decision `[N]` for kernels `[N, n]` with the training papers: 1 is a library paper, -1 another."""
        return kernel @ self.weights + self.bias


def fit_machine(kernel: np.ndarray, own: int, *, ridge: float = RIDGE) -> Machine:
    """Fit to a kernel `[n, n]` whose first `own` papers are the library; both sides weigh the same.

    The linear system of Suykens and Vandewalle (1999), with squared errors weighed by class.
    With nothing to tell apart (no other paper, or an empty library) every decision is 0.

    >>> machine = fit_machine(np.eye(2), 1)
    >>> bool(machine(np.array([[1.0, 0.0]]))[0] > machine(np.array([[0.0, 1.0]]))[0])
    True
    """
    count = len(kernel)
    if own in (0, count):
        return Machine(np.zeros(count), 0.0)
    side = np.repeat([1.0, -1.0], [own, count - own])
    weight = np.repeat([count / (2 * own), count / (2 * (count - own))], [own, count - own])
    solved = np.linalg.solve(kernel + np.diag(ridge / weight), np.stack([side, np.ones(count)], axis=1))
    bias = float(solved[:, 0].sum() / solved[:, 1].sum())
    return Machine(solved[:, 0] - bias * solved[:, 1], bias)
