"""How unit vectors are kept: four, two, or one byte a dimension, and fewer dimensions."""

from typing import Literal, NamedTuple

import numpy as np

from broadsheet.core.errors import RecordError

Format = Literal["float32", "bfloat16", "int8"]
BYTES: dict[Format, int] = {"float32": 4, "bfloat16": 2, "int8": 1}


class Encoded(NamedTuple):
    """Vectors as kept: `data` `[N, d]` (float32, uint16 for bfloat16, int8) and for int8 the scale `[N]` of each row."""

    format: Format
    data: np.ndarray
    scale: np.ndarray | None = None


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
    scale = np.where(largest > 0, largest / 127.0, 1.0).astype(np.float32)
    return Encoded(format, np.round(rows / scale[:, None]).astype(np.int8), scale)


def decode(encoded: Encoded) -> np.ndarray:
    """Return float32 `[N, d]`.

    >>> decode(encode(np.array([[1.0, -0.5]]), "bfloat16")).tolist()
    [[1.0, -0.5]]
    """
    if encoded.format == "bfloat16":
        return (encoded.data.astype(np.uint32) << np.uint32(16)).view(np.float32)
    if encoded.format == "int8":
        assert encoded.scale is not None
        return encoded.data.astype(np.float32) * encoded.scale[:, None]
    return encoded.data


def truncate(vectors: np.ndarray, dim: int) -> np.ndarray:
    """Return the first `dim` dimensions of `[N, d]`, each row brought to length 1 (a zero row stays zero).

    It keeps what a model was trained to put there (Matryoshka, Kusupati et al. 2022); of another model it keeps what happens
    to be there. Raises RecordError for more dimensions than there are.
    """
    if not 1 <= dim <= vectors.shape[1]:
        raise RecordError(f"Vectors of {vectors.shape[1]} dimensions cannot be cut to {dim}.", f"Ask for 1 to {vectors.shape[1]}.")
    cut = vectors[:, :dim]
    return cut / np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), 1e-12).astype(cut.dtype)
