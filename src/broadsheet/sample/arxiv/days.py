"""The days that the double serves: read from day files, one list of papers a label."""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError, TruncatedError
from broadsheet.core.schema import Announce, Announcement

_PREFIX = re.compile(r"^(?:oai:arxiv\.org:|arxiv:|https?://(?:[a-z]+\.)?arxiv\.org/abs/)", re.IGNORECASE)
_ID = re.compile(r"([0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[A-Za-z-]+)?/[0-9]{7})(?:v([1-9][0-9]*))?")
_SAMPLE = re.compile(r"sample\.([0-9]{4})")
# No month of arXiv's has had so many papers: nothing that is fictional bears the number of a real paper.
_FICTIONAL = 90000
_FORM = "A record has id, title, abstract (or text), authors (or creators), announced, lists, categories; kind, version, comment and history where known."


class Version(NamedTuple):
    """One version of a paper; `submitted` and the texts are None where the day file does not tell them."""

    number: int
    submitted: datetime | date | None = None
    title: str | None = None
    text: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Listed:
    """A paper as one label announces it. `kind` is None where the file states none; `history` are the versions before, and dates where known."""

    id: str
    title: str
    label: date
    text: str = ""
    creators: tuple[str, ...] = ()
    verbatim: str = ""
    categories: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    kind: Announce | None = None
    version: int = 1
    comment: str = ""
    licence: str = ""
    doi: str = ""
    journal: str = ""
    submitted: datetime | date | None = None
    history: tuple[Version, ...] = ()
    deleted: bool = False

    @property
    def primary(self) -> str:
        """The category that the paper was submitted to."""
        return (self.categories or self.lists)[0]


class DayList(NamedTuple):
    """What one label announces, in its order."""

    label: date
    papers: tuple[Listed, ...]

    @classmethod
    def of(cls, announcements: Iterable[Announcement], label: date | None = None) -> "DayList":
        """Make the list of one label out of announcements; `label` stands for one that they do not state."""
        try:
            papers = tuple(_of_announcement(one, label) for one in announcements)
        except ValueError as fault:
            raise RecordError(f"An announcement does not fit: {fault}.", _FORM) from None
        stated = {paper.label for paper in papers} | ({label} if label else set())
        if len(stated) != 1:
            raise RecordError(f"A day has one label, not {len(stated)}.", "Give the announcements of one day.")
        return cls(stated.pop(), papers)


def read_days(path: Path) -> list[DayList]:
    """Read a day file (.jsonl, .jsonl.gz) or a folder of them; a label's papers may stand in several files.

    Raises SourceNotFoundError, EmptySourceError, TruncatedError, RecordError.
    """
    if not path.exists():
        raise SourceNotFoundError(f"There is no day file or folder {path}.", "Give a day file, a folder of them, or `sample`.")
    files = sorted(p for p in path.iterdir() if p.name.endswith((".jsonl", ".jsonl.gz"))) if path.is_dir() else [path]
    if not files:
        raise EmptySourceError(f"The folder {path} holds no day file.", "Day files end in .jsonl or .jsonl.gz.")
    days = as_days(_listed(record, where) for file in files for where, record in _records(file))
    if not days:
        raise EmptySourceError(f"{path} holds no paper.", "Give day files with one paper a line.")
    return days


def as_days(papers: Iterable[Listed]) -> list[DayList]:
    """Gather papers by label, oldest first; a paper that a label names twice is one, on all the lists."""
    by_label: dict[date, dict[str, Listed]] = {}
    for paper in papers:
        day = by_label.setdefault(paper.label, {})
        twin = day.get(paper.id)
        day[paper.id] = paper if twin is None else replace(twin, lists=tuple(dict.fromkeys((*twin.lists, *paper.lists))))
    return [DayList(label, tuple(day.values())) for label, day in sorted(by_label.items())]


def arxiv_number(identifier: str) -> tuple[str, int | None]:
    """Return the bare id and the version, if one is named; the built-in day's ids get numbers that no real paper has.

    Raises ValueError for what has no form of an id.

    >>> arxiv_number("arXiv:2602.06393v2"), arxiv_number("sample.0007")
    (('2602.06393', 2), ('2603.90007', None))
    """
    bare = _PREFIX.sub("", identifier.strip())
    if sample := _SAMPLE.fullmatch(bare):
        return f"2603.{_FICTIONAL + int(sample[1])}", None
    found = _ID.fullmatch(bare)
    if not found:
        raise ValueError(f"{identifier!r} is no arXiv identifier")
    archive, slash, number = found[1].partition("/")
    return archive.partition(".")[0] + slash + number if slash else found[1], int(found[2]) if found[2] else None


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise TruncatedError(f"{path} is a gzip file that ends too soon or is damaged.", "Fetch or write it again.") from None
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Give a day file, a folder of them, or `sample`.") from None
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            where = f"{path.name}, line {number}"
            try:
                held = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except ValueError:
                held = None
            if not isinstance(held, dict):
                raise RecordError(f"{where} is no JSON object.", _FORM)
            yield where, held


def _listed(record: Mapping[str, Any], where: str) -> Listed:
    try:
        if "item" in record:
            return _of_announcement(Announcement.model_validate(dict(record)), None)
        key, named = arxiv_number(str(record["id"]))
        lists, categories = _words(record.get("lists")), _words(record.get("categories"))
        kind = record.get("kind")
        return Listed(
            id=key,
            title=record["title"],
            label=date.fromisoformat(record["announced"]),
            text=record.get("abstract") or record.get("text") or "",
            creators=_words(record.get("authors") or record.get("creators")),
            verbatim=record.get("creators_verbatim") or "",
            categories=categories,
            lists=lists or categories or _refused("neither lists nor categories"),
            kind=Announce(kind) if kind else None,
            version=int(record.get("version") or named or 1),
            comment=record.get("comment") or "",
            licence=record.get("licence") or record.get("license") or "",
            doi=record.get("doi") or "",
            journal=record.get("journal") or "",
            submitted=_instant(record.get("submitted")),
            history=tuple(_version(one) for one in record.get("history") or record.get("versions") or ()),
            deleted=bool(record.get("deleted")),
        )
    except KeyError as fault:
        raise RecordError(f"{where} has no {fault.args[0]!r}.", _FORM) from None
    except (ValueError, TypeError) as fault:
        raise RecordError(f"{where} does not fit: {str(fault).splitlines()[0]}.", _FORM) from None


def _of_announcement(one: Announcement, label: date | None) -> Listed:
    item, stated = one.item, one.item.attributes
    announced = item.announced or label or _refused("no date announced")
    earlier = one.earlier
    before = () if earlier is None else (Version(max(1, min(earlier.version, item.version - 1)), None, earlier.title, earlier.text),)
    return Listed(
        id=arxiv_number(item.id)[0],
        title=item.title,
        label=announced,
        text=item.text,
        creators=item.creators,
        verbatim=str(stated.get("creators_verbatim") or ""),
        categories=item.categories or one.lists,
        lists=one.lists or item.categories,
        kind=one.kind,
        version=item.version,
        comment=str(stated.get("comment") or ""),
        licence=str(stated.get("licence") or ""),
        doi=str(stated.get("doi") or ""),
        journal=str(stated.get("journal") or ""),
        history=(*before, Version(1, item.published)) if item.published and item.version > 1 else before,
        submitted=item.published if item.version == 1 else None,
    )


def _refused(why: str) -> NoReturn:
    raise ValueError(why)


def _version(stated: Mapping[str, Any]) -> Version:
    number = int(str(stated.get("version") or stated.get("number")).removeprefix("v"))
    when = stated.get("submitted") or stated.get("created") or stated.get("date")
    return Version(number, _instant(when), stated.get("title"), stated.get("abstract") or stated.get("text"), stated.get("comment"))


def _instant(stated: str | None) -> datetime | date | None:
    if not stated:
        return None
    return datetime.fromisoformat(stated) if len(stated) > 10 else date.fromisoformat(stated)


def _words(stated: Sequence[str] | str | None) -> tuple[str, ...]:
    return tuple(stated.split()) if isinstance(stated, str) else tuple(stated or ())
