"""Events as a table: who had which item, and when, in CSV, JSON Lines or Parquet."""

import io
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.core.files import json_lines, read_text
from broadsheet.core.schema import Columns
from broadsheet.sources.columns import placed, stated

_ALSO_CALLED: dict[str, tuple[str, ...]] = {
    Columns.USER: ("user", "user_id", "reader", "customer", "customer_id", "guest", "member", "viewer"),
    Columns.ITEM: ("item", "item_id", "sku", "product", "product_id", "dish", "dish_id", "movie", "movie_id", "paper", "id"),
    Columns.AT: ("at", "time", "timestamp", "date", "day", "datetime"),
    Columns.KIND: ("kind", "event", "type", "action"),
}
NOT_HAD = frozenset({"shown", "passed", "skipped", "impression", "view", "less", "dislike", "returned", "refunded"})
"""Kinds of events that say nothing of what somebody had and liked."""
MEND = "Give a table with the columns user and item, and at if times are known: CSV with a header, JSON Lines or Parquet."
EVENTS = {Columns.USER: pl.String, Columns.ITEM: pl.String, Columns.AT: pl.Float64}


class Events(NamedTuple):
    """Events in the order of time (user, item, at in seconds since 1970, null where no time is told), and how many were left out by their kind."""

    frame: pl.DataFrame
    left_out: Counter[str]


def read_events(path: Path, columns: str = "") -> Events:
    """Read a table of events; `columns` says which column holds what (`user=customer,item=sku`), else they are found by their usual names.

    Events of one time are in the order of the file. Raises SourceNotFoundError, EmptySourceError, ColumnError or RecordError.
    """
    rows = _rows(path)
    if not rows:
        raise EmptySourceError(f"{path} holds no event.", MEND)
    names = _named(list(dict.fromkeys(name for row in rows for name in row)), columns, path.name)
    left_out: Counter[str] = Counter()
    found: list[tuple[str, str, float | None]] = []
    for number, row in enumerate(rows, 1):
        where = f"{path.name}, event {number}"
        if not any(str(_plain(value)).strip() for value in row.values()):
            continue
        kind = str(row.get(names.get(Columns.KIND, "")) or "").strip().lower()
        if kind in NOT_HAD:
            left_out[kind] += 1
            continue
        user, item = (str(_plain(row.get(names[field]))).strip() for field in (Columns.USER, Columns.ITEM))
        if not user or not item:
            raise RecordError(f"{where} has no {'user' if not user else 'item'}.", "Every event has a user and an item; mend that one.")
        found.append((user, item, seconds_of(row[names[Columns.AT]], where) if Columns.AT in names else None))
    frame = pl.DataFrame(found, schema=EVENTS, orient="row")
    return Events(frame.sort(Columns.AT, maintain_order=True, nulls_last=True), left_out)


def seconds_of(at: Any, where: str) -> float | None:
    """Return the seconds since 1970 of a time: ISO 8601 (without a zone it is UTC), or a number; None of nothing. Raises RecordError, which names `where`.

    >>> seconds_of("2026-02-09", "x"), seconds_of("1770595200", "x"), seconds_of("", "x")
    (1770595200.0, 1770595200.0, None)
    """
    text = str(at).strip() if at is not None else ""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        try:
            time = at if isinstance(at, datetime) else datetime.fromisoformat(text)
        except ValueError:
            raise RecordError(f"{where}: {text[:40]!r} is no time.", "Write a time as 2026-02-09T08:00:00Z, or as seconds since 1970.") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise SourceNotFoundError(f"There is no file of events {path}.", MEND)
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path).to_dicts()
        if path.suffix in {".jsonl", ".ndjson"}:
            return [_object(place, held) for place, held in json_lines(path)]
        text = read_text(path, MEND)
        return pl.read_csv(io.StringIO(text), infer_schema=False, separator=max(",;\t", key=text.partition("\n")[0].count)).to_dicts() if text.strip() else []
    except pl.exceptions.PolarsError as fault:
        raise RecordError(f"{path.name} cannot be read as a table: {str(fault).splitlines()[0]}.", MEND) from None
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", MEND) from None


def _object(place: str, held: Any) -> dict[str, Any]:
    if held is None:
        raise RecordError(f"{place} is no JSON object.", f"Each line is one, such as {json.dumps({'user': 'ana', 'item': 'a1', 'at': '2026-02-09'})}.")
    return held


def _plain(value: Any) -> Any:
    return "" if value is None else int(value) if isinstance(value, float) and value.is_integer() else value


def _named(known: list[str], columns: str, where: str) -> dict[str, str]:
    """Return which column holds which field. Raises ColumnError for one that is not there, and for a table without users or items."""
    named = stated(columns, _ALSO_CALLED, "--event-columns")
    return placed(known, named, _ALSO_CALLED, (Columns.USER, Columns.ITEM), where, "--event-columns", "event_columns")
