"""Codes of a new fit named after the old ones, so that most items keep their semantic ID."""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from broadsheet.retrieve.tokenizer.codebook import Codebook


class Aligned(NamedTuple):
    """The codebook with its codes renamed, the codes `[N, L]`, and the share of items whose first l codes changed, by l from 1."""

    codebook: Codebook
    codes: np.ndarray
    changed: tuple[float, ...]


def align(codebook: Codebook, codes: np.ndarray, old: np.ndarray) -> Aligned:
    """Rename the codes of each level so that as many items as can be keep theirs; `codes` and `old` `[N, L]` are of the same items.

    Renaming changes no distance. Kuhn's assignment (1955) of new codes to old ones by how many items they share.
    """
    size, levels = codebook.config.size, codes.shape[1]
    renamed, centres = codes.copy(), codebook.centres.copy()
    for level in range(levels):
        shared = sparse.coo_array((np.ones(len(codes)), (codes[:, level], old[:, level])), shape=(size, size)).toarray()
        _, name = linear_sum_assignment(-shared)
        renamed[:, level] = name[codes[:, level]]
        centres[level][name] = codebook.centres[level]
    changed = tuple(float((renamed[:, : level + 1] != old[:, : level + 1]).any(axis=1).mean()) if len(codes) else 0.0 for level in range(levels))
    return Aligned(Codebook(codebook.config, centres), renamed, changed)
