"""How near each candidate is to a reader's library: a sum over library papers, so that shares are exact."""

from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from broadsheet.core.component import similarity
from broadsheet.core.config import Config
from broadsheet.stack import Represented


class AffinityConfig(Config):
    """How two cosines become one kernel.

    `lexical` and `dense` are the weights of the two cosines in the exponent (without a dense
    model `lexical_alone`), `follow` and `include` the worth of a followed author and of an
    include rule, counted in library papers of the nearness `near`; `near` is also what makes
    a paper a candidate of an interest.
    """

    lexical: Annotated[float, Field(ge=0)] = 25.0
    dense: Annotated[float, Field(ge=0)] = 5.0
    lexical_alone: Annotated[float, Field(ge=0)] = 30.0
    near: Annotated[float, Field(gt=0)] = 3.0
    near_alone: Annotated[float, Field(gt=0)] = 0.75
    follow: Annotated[float, Field(ge=0)] = 2.0
    include: Annotated[float, Field(ge=0)] = 1.0


class Affinity(NamedTuple):
    """The kernel of each candidate with each library paper.

    `kernel` is `[N, M]`, exp(w_lex * cos_lex + w_dense * cos_dense) - 1 and never negative: the
    unnormalised density of a von Mises-Fisher mixture around the library, less its constant.
    `near` is the kernel's value at the configured nearness.
    """

    kernel: np.ndarray
    near: float

    def totals(self) -> np.ndarray:
        """Return each candidate's sum over the library, `[N]`."""
        return self.kernel.sum(axis=1)


def affinity(vectors: Represented, same: np.ndarray, config: AffinityConfig) -> Affinity:
    """Compute the kernel of all candidates.

    `same` `[N, M]` tells where a candidate is the library paper itself: a paper is no evidence
    for itself.
    """
    lexical = similarity(vectors.lexical_candidates, vectors.lexical_library)
    dense = None
    if vectors.dense_candidates is not None and vectors.dense_library is not None:
        dense = similarity(vectors.dense_candidates, vectors.dense_library)
    near = config.near if dense is not None else config.near_alone
    return Affinity(np.where(same, 0.0, kernel(lexical, dense, config)), float(np.expm1(near)))


def kernel(lexical: np.ndarray, dense: np.ndarray | None, config: AffinityConfig) -> np.ndarray:
    """Turn cosines `[N, M]` into the kernel `[N, M]`; a negative cosine counts as zero.

    >>> kernel(np.zeros((1, 1)), None, AffinityConfig()).item()
    0.0
    """
    if dense is None:
        return np.expm1(config.lexical_alone * np.clip(lexical, 0, 1))
    return np.expm1(config.lexical * np.clip(lexical, 0, 1) + config.dense * np.clip(dense, 0, 1))
