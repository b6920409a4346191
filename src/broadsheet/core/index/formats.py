"""How unit vectors are kept: four, two, or one byte a dimension, and fewer dimensions."""

from typing import Literal, NamedTuple

import numpy as np

from broadsheet.core.component import unit
from broadsheet.core.errors import RecordError

Format = Literal["float32", "bfloat16", "int8"]
BYTES: dict[Format, int] = {"float32": 4, "bfloat16": 2, "int8": 1}


class Encoded(NamedTuple):
    """Vectors as kept: `data` `[N, d]` (float32, uint16 for bfloat16, int8) and for int8 the scale `[N]` of each row."""

    format: Format
    data: np.ndarray
    scale: np.ndarray | None = None

    @property
    def nbytes(self) -> int:
        """Return the bytes of data and scales."""
        return self.data.nbytes + (0 if self.scale is None else self.scale.nbytes)

    def take(self, rows: np.ndarray | slice) -> "Encoded":
        """Return some rows (positions, a mask or a slice), as they are kept."""
        return Encoded(self.format, self.data[rows], None if self.scale is None else self.scale[rows])

    def join(self, more: "Encoded") -> "Encoded":
        """Return these rows and behind them those of another of the same format and width."""
        scale = None if self.scale is None or more.scale is None else np.concatenate([self.scale, more.scale])
        return Encoded(self.format, np.concatenate([self.data, more.data]), scale)


def encode(vectors: np.ndarray, format: Format) -> Encoded:  # noqa: A002 - the field's own word
    """Encode `[N, d]`: bfloat16 rounds to nearest even (relative error up to 2^-8), int8 scales each row to its largest value.

    >>> encode(np.array([[1.0, -0.5]]), "int8").data.tolist()
    [[127, -64]]
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if format == "float32":
        return Encoded(format, rows)
    if format == "bfloat16":
        bits = rows.view(np.uint32)
        rounded = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
        return Encoded(format, (rounded >> np.uint32(16)).astype(np.uint16))
    largest = np.abs(rows).max(axis=1, initial=0.0)
    # A row so faint that a 127th of its largest value is no normal number would be divided by next to nothing.
    scale = np.maximum(largest / 127.0, np.finfo(np.float32).tiny).astype(np.float32)
    return Encoded(format, np.round(rows / scale[:, None]).astype(np.int8), scale)


def decode(encoded: Encoded) -> np.ndarray:
    """Return float32 `[N, d]`.

    >>> decode(encode(np.array([[1.0, -0.5]]), "bfloat16")).tolist()
    [[1.0, -0.5]]
    """
    if encoded.format == "bfloat16":
        wide = encoded.data.astype(np.uint32)
        wide <<= np.uint32(16)
        return wide.view(np.float32)
    if encoded.format == "int8":
        assert encoded.scale is not None
        return encoded.data.astype(np.float32) * encoded.scale[:, None]
    return encoded.data


def truncate(vectors: np.ndarray, dim: int) -> np.ndarray:
    """Return the first `dim` dimensions of `[N, d]`, each row brought to length 1 (a zero row stays zero).

    It keeps what a model was trained to put there (Matryoshka, Kusupati et al. 2022); of another model it keeps what happens
    to be there. Raises RecordError for more dimensions than there are.

    >>> truncate(np.array([[3.0, 4.0, 9.0]]), 2).tolist()
    [[0.6, 0.8]]
    """
    if not 1 <= dim <= vectors.shape[1]:
        raise RecordError(f"Vectors of {vectors.shape[1]} dimensions cannot be cut to {dim}.", f"Ask for 1 to {vectors.shape[1]}.")
    return unit(vectors[:, :dim])
