"""Rows of what `needs run` wrote beside the mentions: of its folder, of one Parquet file of it, or of JSON lines."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.errors import ColumnError, RecordError, SourceNotFoundError
from broadsheet.core.schema import ArtifactKind, Columns

PARQUET = ".parquet"


def rows(path: Path, name: str, columns: Sequence[str]) -> Iterator[dict[str, Any] | None]:
    """Yield the rows of a folder's frame of that `name`, of a Parquet file, or of JSON lines, whose post is `post_id`; None for a line that holds no row.

    Raises SourceNotFoundError, ColumnError where a frame has not all `columns`, RecordError for a file that is no Parquet, and ArtifactError.
    """
    if path.is_dir():
        yield from _of(read_artifact(path, ArtifactKind.NEEDS).frame(name), path, columns)
        return
    try:
        held = path.read_bytes()
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", f"Check the path of --{name}.") from None
    if path.suffix == PARQUET:
        try:
            frame = pl.read_parquet(io.BytesIO(held))
        except pl.exceptions.PolarsError:
            raise RecordError(f"{path} is no Parquet file.", f"Give {name}.parquet of the folder that `broadsheet needs run` wrote.") from None
        yield from _of(frame, path, columns)
        return
    for line in filter(None, map(bytes.strip, held.removeprefix(b"\xef\xbb\xbf").splitlines())):
        yield _object(line)


def _of(frame: pl.DataFrame, path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for column in columns:
        if column not in frame.columns:
            raise ColumnError(f"{path} has no column {column!r}.", f"It has: {', '.join(frame.columns)}.")
    yield from frame.select(columns).rename({Columns.POST: "post_id"}).iter_rows(named=True)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        held = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return held if isinstance(held, dict) else None
