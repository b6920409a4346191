"""What is true of an environment and told to no agent: how likely each user likes each item, and which categories tire together."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.artifacts import arrays_hash
from broadsheet.core.errors import RecordError


@dataclass(frozen=True, eq=False)
class Truth:
    """The truth of an environment.

    `logits` `[U, I]` of liking, unworn; `kernel` `[C, C]`: how much an exposure to the second category wears out the first, 1 on the diagonal. `tides` `[T, U, C]`, where
    there are any, are added to the logits of a category in a round. `facts` go into manifests.
    """

    logits: NDArray[np.float32]
    kernel: NDArray[np.float32]
    tides: NDArray[np.float32] | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the parts. Raises RecordError for a kernel that is not square, or is negative, or whose diagonal is not 1, for tides of another shape, for numbers that are not finite."""
        for name, part in (("logits", self.logits), ("kernel", self.kernel), ("tides", self.tides)):
            if part is not None and not np.isfinite(part).all():
                raise RecordError(f"Some {name} of the truth are not finite.", "Look where they were fitted.")
        square = self.kernel.ndim == 2 and self.kernel.shape[0] == self.kernel.shape[1]
        if not square or (self.kernel < 0).any() or not np.allclose(np.diagonal(self.kernel), 1):
            raise RecordError(
                "A kernel says how much one category wears out another: it is square, not negative, and 1 on its diagonal.",
                "Give numpy.eye(C) where none tires another.",
            )
        users, count = len(self.logits), len(self.kernel)
        if self.logits.ndim != 2 or (self.tides is not None and (self.tides.ndim != 3 or self.tides.shape[1:] != (users, count) or not len(self.tides))):
            raise RecordError(
                f"Logits are of shape {self.logits.shape} and tides of {None if self.tides is None else self.tides.shape}.",
                f"Give logits of users and items, and tides of rounds, {users} users and {count} categories.",
            )

    def content_hash(self) -> str:
        """Name the truth: SHA-256 over its numbers."""
        tides = {} if self.tides is None else {"tides": self.tides}
        return arrays_hash({"logits": self.logits, "kernel": self.kernel, **tides})
