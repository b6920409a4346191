"""A reader's library of references: BibTeX, CSL-JSON, or any table of items."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import bibtexparser
from bibtexparser.middlewares.names import split_multiple_persons_names

from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.core.schema import Item
from broadsheet.sources.arxiv.ids import as_arxiv_id
from broadsheet.sources.names import given_first, without_tex
from broadsheet.sources.read import read_source
from broadsheet.sources.tables import parse_json

_TOKEN = re.compile(r"\\.|[{}\"#]|[^\\{}\"#]+", re.DOTALL)
_LOST = re.compile(r"^[ \t]*@", re.MULTILINE)
_NUMBER = re.compile(r"\barxiv:\s*([\w./-]+)", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_library(path: Path) -> list[Item]:
    """Read a library: `.bib` as BibTeX, `.json` as CSL-JSON, anything else as a source.

    Entries with an arXiv number get it as their id, others their citation key. An entry
    without a title is an error that names it; nothing is left out but repeats.
    """
    if not path.is_file():
        raise SourceNotFoundError(f"There is no library {path}.", "Give a .bib file, a CSL-JSON .json file, or a .jsonl or .csv table.")
    if path.suffix.lower() not in {".bib", ".json"}:
        return [a.item for a in read_source(str(path)).announcements]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check who may read it.") from None
    except UnicodeDecodeError as fault:
        raise RecordError(f"{path} is not UTF-8 (byte {fault.start}).", f"Export it as UTF-8, or convert it: iconv -f latin1 -t utf-8 {path.name}") from None
    items = _bibtex(text, str(path)) if path.suffix.lower() == ".bib" else _csl(text, str(path))
    if not items:
        raise EmptySourceError(f"{path} holds no entry.", "Export the library again; it should hold at least one reference.")
    return _each_once(items)


def _each_once(items: list[Item]) -> list[Item]:
    """Drop repeats, of an arXiv paper under any title; two references that share a key by accident both stay, the later renamed."""
    kept: list[Item] = []
    titles: dict[str, list[str]] = {}
    for item in items:
        same = titles.setdefault(item.id, [])
        if item.title not in same and not (same and as_arxiv_id(item.id)):
            same.append(item.title)
            kept.append(item if len(same) == 1 else item.model_copy(update={"id": f"{item.id} #{len(same)}"}))
    return kept


def _bibtex(text: str, where: str) -> list[Item]:
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    library = bibtexparser.parse_string(text, parse_stack=[])
    broken = [block for block in library.failed_blocks if not isinstance(block, bibtexparser.model.DuplicateBlockKeyBlock)]
    if broken:
        reason = "a field that stands twice" if isinstance(broken[0], bibtexparser.model.DuplicateFieldKeyBlock) else "an entry that is not BibTeX"
        raise _broken(where, broken[0].start_line, reason)
    for block in library.comments:
        # What stands between entries is a comment, unless it begins as an entry does.
        if isinstance(block, bibtexparser.model.ImplicitComment) and (lost := _LOST.search(block.raw or "")):
            raise _broken(where, (block.start_line or 0) + lost.string.count("\n", 0, lost.start()), "an entry that is not BibTeX")
    strings: dict[str, str] = {}
    for string in library.strings:
        strings[string.key.lower()] = _value(string, strings, where)
    doubles = [block.ignore_error_block for block in library.failed_blocks if hasattr(block, "ignore_error_block")]
    return [_bibtex_item(entry, strings, where) for entry in [*library.entries, *doubles] if entry is not None]


def _broken(where: str, line: int | None, reason: str) -> RecordError:
    return RecordError(f"{where}, line {(line or 0) + 1}: {reason}.", "Mend its braces and commas, or delete it; then read the library again.")


def _value(field: Any, strings: Mapping[str, str], where: str) -> str:
    """Read what stands behind `=`: braces, quotation marks, a number, an abbreviation, or several of them joined by #."""
    text = closing = ""
    depth, is_whole = 0, False
    for part in _TOKEN.findall(str(field.value).strip()):
        if closing:
            if part == closing and depth == 0:
                closing = ""
                continue
            depth += (part == "{") - (part == "}")
            text += part
        elif part == "#":
            is_whole = False
        elif word := part.strip():
            if is_whole or word == "}" or len(word.split()) > 1:
                raise _broken(where, field.start_line, f"the field {field.key!r} does not end where it should")
            is_whole = True
            closing = {"{": "}", '"': '"'}.get(word, "")
            text += "" if closing else strings.get(word.lower(), word)
    return text


def _bibtex_item(entry: Any, strings: Mapping[str, str], where: str) -> Item:
    raw = {field.key.lower(): _value(field, strings, where) for field in entry.fields}
    fields = {name: without_tex(value) for name, value in raw.items() if name not in {"author", "abstract"}}
    journal = fields.get("journal") or fields.get("journaltitle") or ""
    preprint = _NUMBER.search(f"{journal} {fields.get('number', '')}")
    day = fields.get("date", "")
    return _item(
        where,
        key=entry.key,
        title=fields.get("title", ""),
        text=" ".join(raw.get("abstract", "").replace("\\%", "%").replace("\\&", "&").split()),
        creators=tuple(_creator(name) for name in split_multiple_persons_names(raw.get("author", "")) if name != "others"),
        published=_date(fields.get("year") or day[:4], fields.get("month") or day[5:7]),
        url=fields.get("url", ""),
        numbers=(fields.get("eprint", ""), fields.get("doi", ""), fields.get("url", ""), fields.get("arxivid", ""), preprint.group(1) if preprint else ""),
        extra={"venue": journal or fields.get("booktitle") or "", "keywords": fields.get("keywords", "")},
    )


def _creator(name: str) -> str:
    outside = name
    while (shorter := re.sub(r"\{[^{}]*\}", "", outside)) != outside:
        outside = shorter
    # A comma inside braces is part of an institution's name, not of `Last, First`.
    return given_first(without_tex(name)) if "," in outside else without_tex(name)


def _csl(text: str, where: str) -> list[Item]:
    try:
        data = parse_json(text)
    except json.JSONDecodeError as fault:
        raise RecordError(f"{where} is not JSON: {fault.msg} (line {fault.lineno}).", "Export the library as CSL-JSON again.") from None
    entries = data.get("items") if isinstance(data, dict) else data
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RecordError(f"{where} is JSON, but no CSL-JSON list of references.", "Export the library as CSL-JSON again.")
    return [_csl_item(entry, where) for entry in entries]


def _csl_item(entry: Mapping[str, Any], where: str) -> Item:
    authors = entry.get("author") or []
    if not isinstance(authors, list) or not all(isinstance(name, dict) for name in authors):
        raise RecordError(
            f"{where}: the entry {_text(entry, 'id')!r} has authors that are not as CSL-JSON writes them.", "Export the library as CSL-JSON again."
        )
    issued = entry.get("issued")
    dated = issued if isinstance(issued, dict) else {"raw": issued}
    first = (dated.get("date-parts") or [[]])[0]
    year, month, *_ = [*map(str, first if isinstance(first, list) else [first]), "", ""] if first else [*_text(dated, "raw").split("-"), ""]
    return _item(
        where,
        key=_text(entry, "id"),
        title=_text(entry, "title"),
        text=_text(entry, "abstract"),
        creators=tuple(filter(None, map(_csl_name, authors))),
        published=_date(year, month),
        url=_text(entry, "URL"),
        numbers=(_text(entry, "number"), _text(entry, "DOI"), _text(entry, "URL")),
        extra={"venue": _text(entry, "container-title"), "keywords": _text(entry, "keyword")},
    )


def _csl_name(name: Mapping[str, Any]) -> str:
    parts = (_text(name, part) for part in ("given", "dropping-particle", "non-dropping-particle", "family"))
    return ", ".join(filter(None, (" ".join(filter(None, parts)), _text(name, "suffix")))) or _text(name, "literal")


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    value = ", ".join(map(str, value)) if isinstance(value, list) else value
    return "" if value is None else " ".join(str(value).split())


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
    if not re.fullmatch(r"[1-9][0-9]{3}", year.strip()):
        return None
    number = month.strip().lower()[:3]
    index = int(number) if number.isdigit() and 1 <= int(number) <= 12 else _MONTHS.index(number) + 1 if number in _MONTHS else 1
    return date(int(year), index, 1)
