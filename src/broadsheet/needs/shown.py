"""A log of what readers were shown, as JSON lines: user, at, level and opened."""

import json
from collections.abc import Callable, Container
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError, TaxonomyError
from broadsheet.core.schema import Columns
from broadsheet.needs.goals import OPENED
from broadsheet.needs.posts import seconds
from broadsheet.needs.taxonomy import Taxonomy

SCHEMA = {Columns.USER: pl.String, Columns.AT: pl.Datetime("us", "UTC"), Columns.LEVEL: pl.Int64, OPENED: pl.Float64}
_EXAMPLE = '{"user": "ana", "at": "2026-02-09T08:00:00Z", "level": "debt_credit", "opened": true}'


def read_shown(path: Path, taxonomy: Taxonomy, authors: Container[str], named: Callable[[str], str]) -> pl.DataFrame:
    """Return what was shown (user, at, level as a place, opened), in the order of the file; lines without a level are of other things, and left out.

    A user who is no author is looked for by the name that `named` gives, for posts have their authors under another name.
    Raises SourceNotFoundError, EmptySourceError, or RecordError for a line that cannot be read.
    """
    place = {level.id: number for number, level in enumerate(taxonomy.levels)}
    rows = []
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                held = _held(line.removeprefix(b"\xef\xbb\xbf"), f"{path.name}, line {number}")
                if held["level"] is not None:
                    rows.append(_row(held, place, taxonomy, authors, named, f"{path.name}, line {number}"))
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of --shown.") from None
    if not rows:
        raise EmptySourceError(f"{path} holds nothing of a known level.", f"Write one a line: {_EXAMPLE}")
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _held(line: bytes, where: str) -> dict[str, Any]:
    try:
        held = json.loads(line)
    except ValueError:
        held = None
    if not isinstance(held, dict) or not isinstance(held.get("user"), str | int) or held.get("opened") not in (True, False) or not {"at", "level"} <= set(held):
        raise RecordError(f"{where} is nothing that was shown: it needs user, at, level (or null) and opened (true or false).", f"Write: {_EXAMPLE}")
    return held


def _row(
    held: dict[str, Any], place: dict[str, int], taxonomy: Taxonomy, authors: Container[str], named: Callable[[str], str], where: str
) -> tuple[str, datetime, int, float]:
    user = str(held["user"])
    try:
        level = taxonomy.resolve(None, str(held["level"]))[0].id
    except TaxonomyError as fault:
        raise RecordError(f"{where}: {fault.what}", fault.mend) from None
    at = datetime.fromtimestamp(seconds(held["at"], where), UTC)
    return user if user in authors else named(user), at, place[level], float(held["opened"])
