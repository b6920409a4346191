"""Sequences of items by user with what is said of the items: the published layouts of recommendation benchmarks."""

import codecs
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.files import json_lines
from broadsheet.core.modality import Attributes
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Item

MEND = "Give a folder with sequences.txt (`user item item ...` in time order), with test.inter or test.tsv of user, items and target, or RecBole's NAME/NAME.inter."

# Endings of files of items that are read.
READ = (".jsonl", ".tsv")
# What the fields of an item may be called.
FIELDS = {"title": ("title", "name"), "text": ("text", "description", "abstract"), "images": ("images", "image")}
# With what a file in UTF-16 begins.
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What the first column of items.tsv may be called.
HEADS = ("id", "item", "item_id", "itemid", "sku", "asin", "key")


class Interactions(NamedTuple):
    """Users with their items in time order, as numbers into `users` and `items`, and what is said of the items.

    `attributes` are by modality; `texts` is a line for each item, empty where nothing is said; `times` are the seconds of all events, where known; `titles`
    are those that the data themselves name so, `ratings` those of all events, where given, and `doubts` what looks wrong and was read all the same.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    sequences: Ragged
    attributes: Mapping[str, Attributes]
    texts: tuple[str, ...]
    times: np.ndarray | None = None
    titles: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    ratings: np.ndarray | None = None


def read_interactions(folder: Path) -> Interactions:
    """Read a folder: `sequences.txt`, or `test.inter` or `test.tsv` of user, items and target with their like; and what is said of items.

    That is in `items.tsv`, `items.jsonl`, `item2attributes.json`, `index_*.tsv`; of two files that name the same attributes the one with words is read. A folder NAME
    with NAME.inter is one of RecBole's (`read_atomic`). Raises SourceNotFoundError where there are no sequences, RecordError for a line that is none and for a folder
    without events.
    """
    files_of(folder)
    if (atomic := folder / f"{folder.resolve().name}.inter").is_file():
        return read_atomic(atomic)
    rows = _sequences(folder / "sequences.txt") if (folder / "sequences.txt").is_file() else _inter(folder)
    said = _words(folder) or _numbered(folder)
    codes = {path.stem: dict(_codes(path)) for path in sorted(folder.glob("index_*.tsv"))}
    known = {item for _, row in rows for item in row}.union(said, *codes.values())
    if not known:
        raise RecordError(f"{folder} holds no events.", MEND)
    items = tuple(sorted(known, key=_by_number))
    number = {item: place for place, item in enumerate(items)}
    words = {item: words for item, (words, _) in said.items()}
    tables = {name: table for name, table in {"attributes": words, **codes}.items() if table}
    strange = sorted({item for _, row in rows for item in row}.difference(said)) if said else []
    doubts = [
        *_told_of([user for user, row in rows if not row], "user has a line and no items", "users have a line and no items"),
        *_told_of(strange, "item of the sequences is described nowhere", "items of the sequences are described nowhere"),
        *(f"{path.name} is not read: items are described in items.jsonl or items.tsv" for path in sorted(folder.glob("items.*")) if path.suffix not in READ),
    ]
    return Interactions(
        tuple(user for user, _ in rows),
        items,
        Ragged.of([number[item] for item in row] for _, row in rows),
        {name: _attributes(table, items) for name, table in tables.items()},
        tuple(said[item][1] if item in said else "" for item in items),
        doubts=tuple(doubts),
    )


def _told_of(names: Sequence[str], one: str, more: str) -> Iterator[str]:
    """Yield how many there are and the first few, if there are any."""
    if names:
        yield f"{len(names):,} {one if len(names) == 1 else more}: {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}"


def read_atomic(path: Path) -> Interactions:
    """Read RecBole's atomic files: NAME.inter with a head of typed columns, and NAME.item beside it if there is one.

    Events are in the order of time, and within one time of their rows. All columns of the items are one line of text; the first that is of words (token_seq)
    is the title, and the last holds the attributes. Raises RecordError for a head without user_id and item_id.
    """
    events = _atomic(path, ("user_id", "item_id"))
    at, rating = events.get("timestamp"), events.get("rating")
    order = range(len(events["user_id"])) if at is None else sorted(range(len(at)), key=lambda row: _seconds(path, row, at[row]))
    rows: dict[str, list[int]] = {}
    for row in order:
        rows.setdefault(events["user_id"][row], []).append(row)
    said = _atomic(path.with_suffix(".item"), ("item_id",)) if path.with_suffix(".item").is_file() else {"item_id": []}
    items = tuple(sorted({*events["item_id"], *said["item_id"]}, key=_by_number))
    number = {item: place for place, item in enumerate(items)}
    names = [name for name in said if name != "item_id"]
    lines = {item: [said[name][row] for name in names] for row, item in enumerate(said["item_id"])}
    tables = {item: cells[-1].split() for item, cells in lines.items()} if len(names) > 1 else {}
    # The last column holds the attributes where there are several.
    titles = [place for place in _of_words(path.with_suffix(".item"), names) if len(names) == 1 or place < len(names) - 1]
    return Interactions(
        tuple(rows),
        items,
        Ragged.of([number[events["item_id"][row]] for row in held] for held in rows.values()),
        {names[-1]: _attributes(tables, items)} if tables else {},
        tuple(". ".join(cell for cell in lines.get(item, ()) if cell) for item in items),
        None if at is None else np.array([_seconds(path, row, at[row]) for held in rows.values() for row in held]),
        tuple(lines[item][titles[0]] if item in lines else "" for item in items) if titles else (),
        ratings=None if rating is None else np.array([_number(path, row, rating[row]) for held in rows.values() for row in held]),
    )


def _of_words(path: Path, names: Sequence[str]) -> list[int]:
    """Return the places of those of an atomic file's columns that hold words one behind the other."""
    words = {cell.partition(":")[0].strip() for cell in _lines(path)[0].split("\t") if cell.strip().endswith(":token_seq")} if names else set()
    return [place for place, name in enumerate(names) if name in words]


def _atomic(path: Path, needed: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns of an atomic file, by their names without types."""
    head, *lines = [line.split("\t") for line in _lines(path) if line.strip()] or [[""]]
    names = [cell.partition(":")[0].strip() for cell in head]
    if missing := [name for name in needed if name not in names]:
        raise RecordError(f"{path.name} has no column {missing[0]}: its head is {head[:4]}.", "Name columns as RecBole does: user_id:token, item_id:token.")
    for number, line in enumerate(lines, 2):
        if len(line) != len(names):
            raise RecordError(f"{path.name}, line {number}: {len(line)} cells where there are {len(names)}.", "Put a tab between cells, and no tab within one.")
    return {name: [line[column] for line in lines] for column, name in enumerate(names)}


def _seconds(path: Path, row: int, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise RecordError(f"{path.name}, event {row + 1}: {cell!r} is no time.", "Give timestamp:float in seconds.") from None


def _number(path: Path, row: int, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise RecordError(f"{path.name}, event {row + 1}: {cell!r} is no rating.", "Give rating:float.") from None


def read_items(folder: Path, read: Interactions) -> list[Item]:
    """Return the items of a folder, in the order of `read`, with all that `items.jsonl` says of them: title, description, pictures, categories and brand.

    Where there is no such file, items have their categories alone. Raises RecordError for a line that is no item.
    """
    told = _told(folder)
    words: list[list[str]] = [[] for _ in read.items]
    for said in read.attributes.values():
        for row, places in zip(words, said.rows, strict=True):
            row += [said.names[place] for place in places.tolist()]
    titles = read.titles or [""] * len(read.items)
    return [_item(item, row, told.get(item, {"title": title})) for item, row, title in zip(read.items, words, titles, strict=True)]


def files_of(source: Path) -> list[Path]:
    """Return the files of a folder of sequences that are read. Raises SourceNotFoundError where there is no such folder."""
    if not source.is_dir():
        if source.is_file():
            raise SourceNotFoundError(f"{source} is a file.", f"Give its folder: {source.parent}")
        raise SourceNotFoundError(f"There is no folder {source}.", "Give one that holds sequences, or set BROADSHEET_DATA to the folder that paths begin in.")
    return sorted(path for path in source.iterdir() if path.suffix in {".txt", ".tsv", ".json", ".jsonl", ".inter", ".item"})


def item_texts(folder: Path) -> dict[str, str]:
    """Return all that a folder says of each item as one text: title, description, categories, brand. Raises RecordError for a line that is no item."""
    if (folder / "items.jsonl").is_file():
        parts = {item: [held.get(name) for name in ("title", "description", "categories", "brand")] for item, held in _told(folder).items()}
        return {item: ". ".join(", ".join(_listed(part)) if isinstance(part, list) else str(part) for part in said if part) for item, said in parts.items()}
    read = read_interactions(folder)
    return dict(zip(read.items, read.texts, strict=True))


def _item(item: str, words: Sequence[str], held: Mapping[str, Any]) -> Item:
    first = {field: next((held[name] for name in names if held.get(name)), "") for field, names in FIELDS.items()}
    return Item(
        id=item,
        title=str(first["title"]).strip(),
        text=str(first["text"]).strip(),
        images=tuple(_listed(first["images"])),
        categories=tuple(dict.fromkeys(words)),
    )


def _by_number(item: str) -> tuple[int, str]:
    return (int(item), item) if item.isascii() and item.isdigit() else (2**62, item)


def _lines(path: Path) -> list[str]:
    """Return the lines of a file. Raises RecordError where it is no UTF-8."""
    try:
        # Not splitlines: U+2028 and its like stand inside names.
        return path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as fault:
        was = "UTF-16" if path.read_bytes()[:2] in UTF16 else "LATIN1"
        raise RecordError(
            f"{path.name} is no UTF-8 from byte {fault.start} on.", f"Run: iconv -f {was} -t UTF-8 {path.name} > new, and put it in its place"
        ) from None


def _sequences(path: Path) -> list[tuple[str, list[str]]]:
    """Return each user's items. Raises RecordError for a user on two lines, whose later items would be trained on and tested by too."""
    found: dict[str, list[str]] = {}
    for number, line in enumerate(_lines(path), 1):
        if row := line.split():
            if len(row) == 1 and "," in row[0]:
                raise RecordError(f"{path.name}, line {number}: {row[0]!r} is one word.", "Put spaces between the user and the items.")
            if row[0] in found:
                raise RecordError(f"{path.name}, line {number}: user {row[0]!r} has a line already.", "Put all of a user's items on one line, in time order.")
            found[row[0]] = row[1:]
    return list(found.items())


def _inter(folder: Path) -> list[tuple[str, list[str]]]:
    """Return each user's longest prefix with its target, of the test file where the user is there; of several as long, the last.

    Files are .inter or .tsv, and begin with a line of names.
    """
    found: dict[str, list[str]] = {}
    paths = [path for part in ("test", "valid", "train") for ending in ("inter", "tsv") if (path := folder / f"{part}.{ending}").is_file()]
    if not paths:
        raise SourceNotFoundError(f"{folder} has neither sequences.txt nor test.inter or test.tsv.", MEND)
    for path in paths:
        before = set(found)
        head, *lines = _lines(path)
        if "user" not in head.partition("\t")[0].lower():
            raise RecordError(
                f"{path.name} begins with {head[:40]!r}, where a head of columns belongs.", "Begin it with: user, history, target, with tabs between."
            )
        for number, line in enumerate(lines, 2):
            if not line.strip():
                continue
            cells = line.split("\t")
            if len(cells) != 3:
                raise RecordError(f"{path.name}, line {number}: {len(cells)} cells where there are 3.", "Give user, items and target, with tabs between.")
            user, history, target = cells
            row = [*history.split(), target]
            if user not in before and len(row) >= len(found.get(user, ())):
                found[user] = row
    return list(found.items())


def _words(folder: Path) -> dict[str, tuple[list[str], str]]:
    """Return for each item its attributes in words, and a line of text."""
    if (folder / "items.tsv").is_file():
        head, *lines = [line.split("\t") for line in _lines(folder / "items.tsv") if line.strip()] or [[""]]
        if head[0].strip().lower() not in HEADS:
            raise RecordError(f"items.tsv begins with {head[0]!r}, where a head of columns belongs.", "Name the first column id, and the last one attributes.")
        split = {cells[0]: [word for part in cells[-1].split(" | ") if (word := part.strip())] for cells in lines}
        return {item: (words, ", ".join(words)) for item, words in split.items()}
    found = {}
    for item, held in _told(folder).items():
        words = _listed(held.get("categories")) + _listed(held.get("brand"))
        found[item] = (words, ". ".join(part for part in (str(held.get("title") or ""), ", ".join(words)) if part))
    return found


def _told(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Return the object of each item of `items.jsonl`, where there is one. Raises RecordError for a line that is no item."""
    found: dict[str, Mapping[str, Any]] = {}
    for place, held in json_lines(folder / "items.jsonl") if (folder / "items.jsonl").is_file() else ():
        if held is None or held.get("id") in (None, ""):
            raise RecordError(f"{place} is no JSON object with an id.", "Give one object a line, with id, title and categories.")
        if str(held["id"]) in found:
            raise RecordError(f"{place}: the id {held['id']!r} stands twice.", "Merge the two lines, or give each its own id.")
        found[str(held["id"])] = held
    return found


def _listed(value: object) -> list[str]:
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return [word for part in parts if (word := str(part).strip())]


def _numbered(folder: Path) -> dict[str, tuple[list[str], str]]:
    """Return for each item its attributes where they are but numbers: nothing to read."""
    path = folder / "item2attributes.json"
    if not path.is_file():
        return {}
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return {str(item): ([str(one) for one in ones], "") for item, ones in held.items()}
    except (ValueError, AttributeError, TypeError):
        raise RecordError(f"{path.name} is no JSON object of lists.", "Write it as {item: [attribute, ...]}.") from None


def _codes(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each item with the codes of a published index, whose letters name their level."""
    for line in _lines(path):
        if not line.strip():
            continue
        item, _, codes = line.partition("\t")
        yield item.strip(), codes.split()


def _attributes(table: Mapping[str, Sequence[str]], items: Sequence[str]) -> Attributes:
    names = tuple(sorted({name for row in table.values() for name in row}))
    number = {name: place for place, name in enumerate(names)}
    return Attributes(names, Ragged.of(sorted({number[name] for name in table.get(item, ())}) for item in items))
