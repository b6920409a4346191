"""Metrics of slates beyond accuracy: coverage, exposure, diversity and novelty."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from broadsheet.core.errors import RecordError
from broadsheet.core.metrics.vectors import NOT_NEGATIVE, require_entries, vector

if TYPE_CHECKING:
    # scipy.sparse takes a third of a second to import; dense vectors do not need it.
    from scipy.sparse import csr_array, csr_matrix

_NORM_TOLERANCE = 0.01


def catalogue_coverage(slates: Iterable[Sequence[str]], catalogue: Collection[str]) -> float:
    """Return the share of the catalogue's items that stand in at least one slate.

    Raises RecordError for an empty catalogue and for an item that it does not have.

    >>> catalogue_coverage([["a", "b"], ["a"]], ["a", "b", "c", "d"])
    0.5
    """
    known = set(catalogue)
    require_entries("Items of the catalogue", known)
    shown = {item for slate in slates for item in slate}
    unknown = sorted(shown - known)
    if unknown:
        what = f"{len(unknown)} items are not in the catalogue, first {unknown[0]!r}."
        mend = "Measure slates against the catalogue that they were made from."
        raise RecordError(what, mend)
    return len(shown) / len(known)


def gini(exposure: ArrayLike) -> float:
    """Return the Gini coefficient of exposure `[N]`, one number for each catalogue item.

    0 is equal exposure and `(N - 1) / N` is all of it on one item; items never shown
    count with 0 (Fleder and Hosanagar, Management Science 2009). Raises RecordError for
    no items, exposure below 0 or no exposure at all.

    >>> gini([1, 1, 1, 1])
    0.0
    >>> gini([4, 0, 0, 0])
    0.75
    """
    shares = np.sort(vector(exposure, "exposure", NOT_NEGATIVE))
    require_entries("exposure", shares)
    total = shares.sum()
    if total == 0:
        what = "No item has any exposure."
        raise RecordError(what, "Count exposure over at least one slate.")
    n = len(shares)
    weights = 2.0 * np.arange(1, n + 1) - n - 1
    return float((weights * shares).sum() / (n * total))


def intra_list_diversity(vectors: "NDArray[np.floating] | csr_array | csr_matrix") -> float:
    """Return the mean of `1 - cosine` over all pairs of a slate's unit vectors `[k, d]`.

    The mean dissimilarity of Smyth and McClave, ICCBR 2001. A slate of fewer than two
    items has no pair and scores 0. A row of zeros (a text without a known word) has
    cosine 0 with everything. Raises RecordError for a row of another length than 1 or 0.

    >>> slate = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    >>> round(intra_list_diversity(slate), 4)
    0.6667
    """
    cosines = _cosines(vectors)
    k = len(cosines)
    squares = np.diagonal(cosines)
    norms = np.sqrt(squares)
    usable = (norms == 0) | (np.abs(norms - 1) <= _NORM_TOLERANCE)
    if not usable.all():
        at = int((~usable).argmax())
        what = f"Vector {at} of the slate has the length {norms[at]:.4g}."
        raise RecordError(what, "Divide each vector by its length first.")
    if k < 2:
        return 0.0
    return float(1.0 - (cosines.sum() - squares.sum()) / (k * (k - 1)))


def novelty(slate: Sequence[str], counts: Mapping[str, int], readers: int) -> float:
    """Return the mean surprise of a slate in bits, `log2((readers + 1) / (count + 1))`.

    `counts` says how many of the `readers` know an item. One is added to both, so that
    an item nobody knows has a finite surprise; without that it is the novelty of Zhou
    et al., PNAS 2010. An empty slate scores 0. Raises RecordError for a count below 0 or
    above `readers`.

    >>> novelty(["known", "new"], {"known": 7}, readers=7)
    1.5
    """
    known = np.array([counts.get(item, 0) for item in slate], dtype=np.float64)
    wrong = (known < 0) | (known > readers)
    if wrong.any():
        at = int(wrong.argmax())
        what = f"{slate[at]!r} is known to {known[at]:g} of {readers} readers."
        raise RecordError(what, "Count each reader of an item once.")
    if not len(known):
        return 0.0
    return float(np.log2((readers + 1) / (known + 1)).mean())


def _cosines(vectors: "NDArray[np.floating] | csr_array | csr_matrix") -> NDArray[np.float64]:
    """Return the products `[k, k]` of all pairs of rows, in float64."""
    precise = vectors.astype(np.float64)
    products = precise @ precise.T
    return products if isinstance(products, np.ndarray) else products.toarray()
