"""A reader's library of references: BibTeX, CSL-JSON, or any table of items."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import bibtexparser

from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.core.schema import Item
from broadsheet.sources.arxiv_id import as_arxiv_id
from broadsheet.sources.names import given_first, without_tex
from broadsheet.sources.read import read_source

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_library(path: Path) -> list[Item]:
    """Read a library: `.bib` as BibTeX, `.json` as CSL-JSON, anything else as a source.

    Entries with an arXiv number get it as their id, others their citation key. An entry
    without a title is an error that names it; nothing is left out.
    """
    if not path.is_file():
        raise SourceNotFoundError(f"There is no library {path}.", "Give a .bib file, a CSL-JSON .json file, or a .jsonl or .csv table.")
    if path.suffix.lower() not in {".bib", ".json"}:
        return [a.item for a in read_source(str(path)).announcements]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise RecordError(f"{path} is not UTF-8 (byte {fault.start}).", f"Export it as UTF-8, or convert it: iconv -f latin1 -t utf-8 {path.name}") from None
    items = _bibtex(text, str(path)) if path.suffix.lower() == ".bib" else _csl(text, str(path))
    if not items:
        raise EmptySourceError(f"{path} holds no entry.", "Export the library again; it should hold at least one reference.")
    return _each_once(items)


def _each_once(items: list[Item]) -> list[Item]:
    """Drop exact repeats; two references that share a key by accident both stay, the later renamed."""
    kept: dict[str, Item] = {}
    for item in items:
        same = [other for other in kept.values() if other.id.partition(" #")[0] == item.id]
        if not any(other.title == item.title for other in same):
            named = item if not same else item.model_copy(update={"id": f"{item.id} #{len(same) + 1}"})
            kept[named.id] = named
    return list(kept.values())


def _bibtex(text: str, where: str) -> list[Item]:
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    library = bibtexparser.parse_string(text)
    broken = [block for block in library.failed_blocks if not isinstance(block, bibtexparser.model.DuplicateBlockKeyBlock)]
    if broken:
        line = (broken[0].start_line or 0) + 1
        raise RecordError(f"{where}, line {line}: an entry that is not BibTeX.", "Close its braces, or delete it; then read the library again.")
    doubles = [block.ignore_error_block for block in library.failed_blocks if hasattr(block, "ignore_error_block")]
    return [_bibtex_item(entry, where) for entry in [*library.entries, *doubles] if entry is not None]


def _bibtex_item(entry: Any, where: str) -> Item:
    fields = {field.key.lower(): without_tex(str(field.value).strip("{}")) for field in entry.fields if field.key.lower() not in {"author", "abstract"}}
    raw = {field.key.lower(): str(field.value) for field in entry.fields}
    names = re.split(r"\s+and\s+", " ".join(raw.get("author", "").split()))
    return _item(
        where,
        key=entry.key,
        title=fields.get("title", ""),
        text=" ".join(raw.get("abstract", "").replace("\\%", "%").replace("\\&", "&").split()),
        creators=tuple(given_first(without_tex(name)) for name in names if name and name != "others"),
        published=_date(fields.get("year", ""), fields.get("month", "")),
        url=fields.get("url", ""),
        numbers=(fields.get("eprint", ""), fields.get("doi", ""), fields.get("url", ""), fields.get("arxivid", "")),
        extra={"venue": fields.get("journal") or fields.get("booktitle") or "", "keywords": fields.get("keywords", "")},
    )


def _csl(text: str, where: str) -> list[Item]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as fault:
        raise RecordError(f"{where} is not JSON: {fault.msg} (line {fault.lineno}).", "Export the library as CSL-JSON again.") from None
    entries = data.get("items") if isinstance(data, dict) else data
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RecordError(f"{where} is JSON, but no CSL-JSON list of references.", "Export the library as CSL-JSON again.")
    return [_csl_item(entry, where) for entry in entries]


def _csl_item(entry: Mapping[str, Any], where: str) -> Item:
    names = [
        " ".join(filter(None, (n.get("given"), n.get("non-dropping-particle"), n.get("family")))) or str(n.get("literal", "")) for n in entry.get("author", [])
    ]
    parts = [str(p) for p in (entry.get("issued", {}).get("date-parts") or [[""]])[0]]
    return _item(
        where,
        key=str(entry.get("id", "")),
        title=str(entry.get("title", "")).strip(),
        text=" ".join(str(entry.get("abstract", "")).split()),
        creators=tuple(filter(None, names)),
        published=_date(parts[0], parts[1] if len(parts) > 1 else ""),
        url=str(entry.get("URL", "")),
        numbers=(str(entry.get("number", "")), str(entry.get("DOI", "")), str(entry.get("URL", ""))),
        extra={"venue": str(entry.get("container-title", "")), "keywords": str(entry.get("keyword", ""))},
    )


def _item(
    where: str,
    *,
    key: str,
    title: str,
    text: str,
    creators: tuple[str, ...],
    published: date | None,
    url: str,
    numbers: tuple[str, ...],
    extra: dict[str, str],
) -> Item:
    if not title:
        raise RecordError(f"{where}: the entry {key!r} has no title.", "Give it one, or delete it.")
    arxiv = next((found for found in map(as_arxiv_id, filter(None, numbers)) if found), None)
    return Item(
        id=arxiv.key if arxiv else key or title,
        title=title,
        text=text,
        url=url or (f"https://arxiv.org/abs/{arxiv.key}" if arxiv else ""),
        creators=creators,
        attributes={name: value for name, value in extra.items() if value},
        published=published,
    )


def _date(year: str, month: str) -> date | None:
    if not re.fullmatch(r"\d{4}", year.strip()):
        return None
    number = month.strip().lower()[:3]
    index = int(number) if number.isdigit() and 1 <= int(number) <= 12 else _MONTHS.index(number) + 1 if number in _MONTHS else 1
    return date(int(year), index, 1)
