"""Tables of items: JSON Lines, CSV and Parquet, with a column map."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from broadsheet.core.config import Config
from broadsheet.core.errors import ColumnError, EmptySourceError, RecordError, TruncatedError, did_you_mean
from broadsheet.core.schema import Announce, Announcement, Item
from broadsheet.sources.arxiv.ids import as_arxiv_id
from broadsheet.sources.columns import placed, stated
from broadsheet.sources.names import split_names, without_tex
from broadsheet.sources.withdrawal import is_withdrawn

_ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "id": ("id", "item", "item_id", "sku", "arxiv_id", "key"),
    "title": ("title", "name"),
    "text": ("text", "abstract", "description", "summary"),
    "url": ("url", "link"),
    "creators": ("creators", "authors", "author", "creator", "brand"),
    "categories": ("categories", "category", "tags"),
    "announced": ("announced", "date", "day"),
    "published": ("published", "created"),
    "version": ("version",),
    "kind": ("kind", "announce_type"),
    "lists": ("lists", "list"),
    "comment": ("comment", "comments"),
}
_NEEDED = ("id", "title")
# Not splitlines: U+2028 and its like stand unescaped inside JSON strings and cells.
_LINE_END = re.compile(r"\r\n|\r|\n")
# Names that arXiv parts by spaces alone; "home decor" is one category.
_ARXIV_NAME = r"(?:[a-z]+(?:-[a-z]+)?\.[A-Za-z-]+|[a-z]+-[a-z]+)"
_ARXIV_NAMES = re.compile(rf"{_ARXIV_NAME}(?:\s+{_ARXIV_NAME})+")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class ColumnMap(Config):
    """Which column of a table holds which field; a field left out is found by its usual names."""

    id: str | None = None
    title: str | None = None
    text: str | None = None
    url: str | None = None
    creators: str | None = None
    categories: str | None = None
    announced: str | None = None
    published: str | None = None
    version: str | None = None
    kind: str | None = None
    lists: str | None = None
    comment: str | None = None

    @classmethod
    def parse(cls, text: str) -> "ColumnMap":
        """Read `field=column,field=column`.

        >>> ColumnMap.parse("title=name,text=blurb").text
        'blurb'
        """
        return cls(**stated(text, cls.model_fields, "--columns"))

    def resolve(self, columns: list[str], where: str) -> dict[str, str]:
        """Map each field to the column that holds it, or raise `ColumnError`."""
        named = {field: column for field in _ALSO_CALLED if (column := getattr(self, field)) is not None}
        return placed(columns, named, _ALSO_CALLED, _NEEDED, where, "--columns", "columns")


def parse_json(text: str) -> Any:
    """Read JSON as `json.loads` does; what else it trips over, and half characters, are a `JSONDecodeError` too."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError):
        raise json.JSONDecodeError("a number too long, or nesting too deep", text, 0) from None
    if "\\u" in text and _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise json.JSONDecodeError("half a character (a lone surrogate)", text, 0)
    return value


def read_json_lines(text: str, columns: ColumnMap, where: str) -> list[Announcement]:
    """Read one JSON object a line."""
    rows: list[tuple[int, Mapping[str, Any]]] = []
    lines = _LINE_END.split(text)
    last = max((n for n, line in enumerate(lines, 1) if line.strip()), default=0)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except json.JSONDecodeError as fault:
            if number == last and not text.endswith(("\n", "\r")):
                raise TruncatedError(f"{where} ends in the middle of a record (line {number}).", "Fetch or write the file again.") from None
            raise RecordError(f"{where}, line {number}, is not JSON: {fault.msg}.", "Each line is one JSON object; mend that line.") from None
        if not isinstance(row, dict):
            raise RecordError(f"{where}, line {number}, is no JSON object.", "Each line is one JSON object; mend that line.")
        rows.append((number, row))
    known = list(dict.fromkeys(name for _, row in rows for name in row))
    return _announcements(rows, known, columns, where)


def read_csv(text: str, columns: ColumnMap, where: str) -> list[Announcement]:
    """Read CSV with a header; comma, semicolon or tab, whichever the header holds most of."""
    header = re.sub(r'"[^"]*"', "", text).partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="\x00more", strict=True)
    rows: list[tuple[int, Mapping[str, Any]]] = []
    try:
        names = [name for name in reader.fieldnames or [] if name]
        if double := next((name for name in names if names.count(name) > 1), None):
            raise ColumnError(f"{where} has two columns {double!r}.", "Rename one of them; else one would hide the other.")
        for row in reader:
            if "\x00more" in row or None in row.values():
                raise RecordError(f"{where}, line {reader.line_num}, has another number of cells than the header.", "Quote cells that hold the delimiter.")
            rows.append((reader.line_num - sum(len(_LINE_END.findall(cell)) for cell in row.values()), row))
    except csv.Error as fault:
        kind = TruncatedError if "end of data" in str(fault) else RecordError
        raise kind(f"{where}, line {reader.line_num + 1}: {fault}.", "Close the quotation mark, or fetch the file again.") from None
    return _announcements(rows, list(reader.fieldnames or []), columns, where)


def read_parquet(data: bytes, columns: ColumnMap, where: str) -> list[Announcement]:
    """Read a Parquet file."""
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as fault:
        reason = (str(fault).splitlines() or [type(fault).__name__])[0]
        raise TruncatedError(f"{where} is no whole Parquet file: {reason}.", "Fetch or write the file again.") from None
    return _announcements(list(enumerate(frame.iter_rows(named=True), 1)), frame.columns, columns, where)


def _announcements(rows: list[tuple[int, Mapping[str, Any]]], known: list[str], columns: ColumnMap, where: str) -> list[Announcement]:
    if not rows:
        raise EmptySourceError(f"{where} holds no record.", "Give a file with at least one record.")
    mapping = columns.resolve(known, where)
    rest = [name for name in known if name not in mapping.values()]
    return [_announcement({f: row.get(c) for f, c in mapping.items()}, {c: row.get(c) for c in rest}, f"{where}, line {n}") for n, row in rows]


def _announcement(row: Mapping[str, Any], rest: Mapping[str, Any], where: str) -> Announcement:
    for field in ("id", "title", "text", "url", "kind", "version"):
        if isinstance(row.get(field), (list, dict, bytes)):
            raise RecordError(f"{where}: the {field} is a {type(row[field]).__name__}, not a text.", "Write one text or number there.")
    identity = _string(row.get("id"))
    title = _string(row.get("title"))
    for field, value in (("id", identity), ("title", title)):
        if not value:
            raise RecordError(f"{where}: the {field} is empty.", "Every record has an id and a title; mend that one.")
    arxiv = as_arxiv_id(identity)
    if isinstance(row["id"], float) and not arxiv and as_arxiv_id(f"{row['id']:.5f}"):
        raise RecordError(f"{where}: the id {identity} is a number, and as an arXiv number would lack its last zeros.", "Write ids as text.")
    attributes = {name: value for name, value in rest.items() if value not in (None, "", []) and not _is_nan(value)}
    if comment := _string(row.get("comment")):
        attributes["comment"] = comment
    item = Item(
        id=arxiv.key if arxiv else identity,
        title=title,
        text=_string(row.get("text")),
        url=_string(row.get("url")) or (f"https://arxiv.org/abs/{arxiv.key}" if arxiv else ""),
        creators=_creators(row.get("creators"), where),
        categories=tuple(category_names(row.get("categories"))),
        attributes=attributes,
        announced=_date(row.get("announced"), where),
        published=_date(row.get("published"), where),
        version=_version(row.get("version"), arxiv.version if arxiv else None, where),
    )
    lists = tuple(category_names(row.get("lists")))
    return Announcement(item=item, kind=_kind(row.get("kind"), item, lists, where), lists=lists)


def _kind(stated: Any, item: Item, lists: tuple[str, ...], where: str) -> Announce:
    text = _string(stated).lower()
    if text:
        if text not in list(Announce):
            raise RecordError(f"{where}: the kind is {text!r}.{did_you_mean(text, Announce)}", f"Known are: {', '.join(Announce)}.")
        # A withdrawal comes as a replacement; a paper stated as new speaks of another.
        return Announce.WITHDRAWN if text.startswith(Announce.REPLACE) and is_withdrawn(item) else Announce(text)
    if is_withdrawn(item):
        return Announce.WITHDRAWN
    crossed = lists and item.categories and item.categories[0] not in lists
    return Announce.CROSS if crossed else Announce.NEW


def _creators(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str) and ";" not in value:
        return tuple(split_names(value))
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value)):
        raise RecordError(f"{where}: the creators are nested, not a list of names.", 'Write names: ["Ana Ruiz", "Sam Hill"].')
    return tuple(without_tex(name) for name in _strings(value, r"\s*;\s*"))


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _string(value: Any) -> str:
    # A number that data frames made a float for want of a missing value is a whole number still.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None or _is_nan(value) else str(value).strip()


def category_names(value: Any) -> list[str]:
    """Return the categories that a cell states: a list, or a text parted by semicolons, commas or bars, and names of arXiv's by spaces.

    >>> [category_names(text) for text in ("cs.IR cs.CL", "home decor; lamps")]
    [['cs.IR', 'cs.CL'], ['home decor', 'lamps']]
    """
    by_spaces = isinstance(value, str) and _ARXIV_NAMES.fullmatch(value.strip())
    return list(_strings(value, r"\s+" if by_spaces else r"\s*[;,|]\s*"))


def _strings(value: Any, separator: str) -> Iterator[str]:
    if not isinstance(value, (list, tuple)):
        value = re.split(separator, _string(value))
    for part in value:
        if text := _string(part):
            yield text


def _date(value: Any, where: str) -> date | None:
    text = _string(value)
    if not text:
        return None
    try:
        return date.fromisoformat(re.split(r"[T ]", text)[0])
    except ValueError:
        raise RecordError(f"{where}: {text!r} is no date.", "Write dates as 2026-02-09.") from None


def _version(value: Any, named: int | None, where: str) -> int:
    text = _string(value).lower().removeprefix("v").removesuffix(".0")
    if not text:
        return named or 1
    if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) < 1:
        raise RecordError(f"{where}: {text!r} is no version.", "Versions are whole numbers from 1.")
    return int(text)
