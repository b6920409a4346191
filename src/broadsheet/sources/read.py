"""One door for all sources: a path, a folder, or a live address, told apart by content."""

import gzip
import json
import zlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import EmptySourceError, FeedError, RecordError, SourceError, SourceNotFoundError, TruncatedError
from broadsheet.core.schema import Announcement
from broadsheet.sources.arxiv.once import fetch_arxiv
from broadsheet.sources.feeds import Feed, parse_feed
from broadsheet.sources.merge import again, merge
from broadsheet.sources.tables import ColumnMap, parse_json, read_csv, read_json_lines, read_parquet

_SUFFIXES = (".jsonl", ".jsonl.gz", ".csv", ".csv.gz", ".parquet", ".xml", ".xml.gz", ".rss", ".atom", ".json")


class Batch(NamedTuple):
    """What a source gave: announcements in its order, the label if it states one, and remarks.

    `repeated` counts records that were merged into another of the same paper and day, and `again` has each behind the first.
    """

    announcements: list[Announcement]
    label: date | None
    repeated: int
    again: tuple[tuple[Announcement, Announcement], ...] = ()

    @property
    def labels(self) -> list[date]:
        """The labels of all days in it, oldest first."""
        return sorted({a.item.announced for a in self.announcements if a.item.announced})


def read_source(sources: str | Sequence[str], columns: ColumnMap | None = None) -> Batch:
    """Read one source or several: `arxiv:cs.IR+cs.CL` (one live request), a file, or a folder of files.

    The form of a file is told by its content. Records of the same paper on the same day are merged.
    """
    columns = columns or ColumnMap()
    found: list[Announcement] = []
    label: date | None = None
    for source in [sources] if isinstance(sources, str) else sources:
        feeds: list[Feed] = []
        if source.startswith("arxiv:"):
            feeds.append(parse_feed(fetch_arxiv(source), source))
        else:
            feeds.extend(_read_file(path, columns) for path in _files(Path(source)))
        for feed in feeds:
            found.extend(feed.announcements)
            label = max(filter(None, (label, feed.label)), default=None)
    merged = merge(found)
    return Batch(merged, label, len(found) - len(merged), tuple(again(found)))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.is_file() and p.name.endswith(_SUFFIXES))
        if not files:
            raise EmptySourceError(f"The folder {path} holds no file to read.", f"Files end in: {', '.join(_SUFFIXES)}.")
        return files
    if not path.exists():
        raise SourceNotFoundError(f"There is no source {path}.", "Give a file, a folder, or arxiv:cs.IR for the live feed.")
    return [path]


def _read_file(path: Path, columns: ColumnMap) -> Feed:
    where = str(path)
    data = _content(path)
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n\f\v")[:8]
    if start.startswith(b"PAR1"):
        return Feed(None, (), tuple(read_parquet(data, columns, where)))
    if start.startswith(b"<") or path.name.endswith((".xml", ".xml.gz", ".rss", ".atom")):
        return parse_feed(data, where)
    if path.suffix == ".parquet":
        raise TruncatedError(f"{where} does not begin as a Parquet file does.", "Fetch or write the file again.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise RecordError(f"{where} is not UTF-8 (byte {fault.start}).", f"Convert it: iconv -f latin1 -t utf-8 {path.name}") from None
    if path.suffix == ".json":
        return _recorded(text, where)
    if start.startswith((b"{", b"[")) or ".jsonl" in path.suffixes:
        return Feed(None, (), tuple(read_json_lines(text, columns, where)))
    return Feed(None, (), tuple(read_csv(text, columns, where)))


def _content(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check who may read it.") from None
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except EOFError:
            raise TruncatedError(f"{path} is a gzip file that ends too soon.", "Fetch it again; nothing of it was used.") from None
        except (gzip.BadGzipFile, zlib.error) as fault:
            raise TruncatedError(f"{path} is a damaged gzip file: {fault}.", "Fetch it again; nothing of it was used.") from None
    elif path.suffix == ".gz" and data:
        raise TruncatedError(f"{path} is named .gz but is no gzip file.", "Fetch it again, or rename it.")
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise EmptySourceError(f"{path} is empty.", "Fetch or write it again; an empty file is not an empty day.")
    return data


def _recorded(text: str, where: str) -> Feed:
    try:
        response = parse_json(text)
    except json.JSONDecodeError as fault:
        raise RecordError(f"{where} is not JSON: {fault.msg} (line {fault.lineno}).", "Write it again; for one object a line, name it .jsonl.") from None
    if not isinstance(response, dict) or not isinstance(response.get("body"), str):
        raise RecordError(f"{where} is JSON, but no recorded response (url, status_code, body).", "A catalogue as JSON has one object a line: name it .jsonl.")
    status = response.get("status_code", 200)
    try:
        feed = parse_feed(_body_bytes(response["body"]), where)
    except FeedError:
        raise
    except SourceError:
        if status == 200:
            raise
    else:
        if status == 200:
            return feed
    raise FeedError(f"{where}: the server answered {status}.", "Record the response again.")


def _body_bytes(body: str) -> bytes:
    # Recorders that know no charset write each byte of UTF-8 as one Latin-1 character.
    try:
        raw = body.encode("latin-1")
        raw.decode("utf-8")
    except UnicodeError:
        return body.encode()
    return raw
