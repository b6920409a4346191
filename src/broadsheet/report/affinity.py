"""How near a paper is to another, as one kernel of two cosines."""

from typing import Annotated

import numpy as np
from pydantic import Field

from broadsheet.core.config import Config


class AffinityConfig(Config):
    """How two cosines become one kernel.

    `lexical` and `dense` are the weights of the two cosines in the exponent (without a dense
    model `lexical_alone`). A paper whose exponent with a library paper reaches `near` (`near_alone`
    without a dense model) is a candidate of that paper's interest.
    """

    lexical: Annotated[float, Field(ge=0)] = 25.0
    dense: Annotated[float, Field(ge=0)] = 5.0
    lexical_alone: Annotated[float, Field(ge=0)] = 30.0
    near: Annotated[float, Field(gt=0)] = 3.0
    near_alone: Annotated[float, Field(gt=0)] = 0.75

    def nearness(self, *, dense: bool) -> float:
        """Return the value of the kernel from which a paper counts as near."""
        return float(np.expm1(self.near if dense else self.near_alone))


def kernel(lexical: np.ndarray, dense: np.ndarray | None, config: AffinityConfig) -> np.ndarray:
    """Turn cosines `[N, M]` into exp(w_lex * cos_lex + w_dense * cos_dense) - 1, `[N, M]`; a negative cosine counts as zero.

    The unnormalised density of a von Mises-Fisher mixture around the library, less its constant.

    >>> kernel(np.zeros((1, 1)), None, AffinityConfig()).item()
    0.0
    """
    if dense is None:
        return np.expm1(config.lexical_alone * np.clip(lexical, 0, 1))
    return np.expm1(config.lexical * np.clip(lexical, 0, 1) + config.dense * np.clip(dense, 0, 1))
