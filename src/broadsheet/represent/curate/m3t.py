"""The columns that M3T and its fine-tuning sets were published in, read and written."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from broadsheet.core.errors import ColumnError, SourceNotFoundError, TruncatedError
from broadsheet.core.files import staged_folder
from broadsheet.core.schema import Columns, Record
from broadsheet.core.seeds import generator
from broadsheet.represent.muco.schema import Example, Turn

# The kind of each place of a row's lists, as the published loader has it; places beyond are retrieval.
PLACES = ("class", "global", "global", "local", "local", "creative", "retrieval")
NEEDED = ("qry", "pos_text", "qry_image_path")
FILE = "M3T.parquet"
BLOCK = 4096
_MANY = pl.List(pl.String)
# The published columns, and two of ours: `id`, and `kind`, so that a row of any number of turns says what each is.
SCHEMA = {
    "id": pl.String,
    "qry": pl.List(_MANY),
    "pos_text": _MANY,
    "neg_text": pl.List(_MANY),
    "qry_sentence": _MANY,
    "pos_sentence": _MANY,
    "qry_image_path": pl.String,
    "pos_image_path": _MANY,
    "neg_image_path": pl.List(_MANY),
    Columns.KIND: _MANY,
}


class Worded(Record):
    """A turn whose query is worded in several ways; `turn.query` is the first. `negative_images` are kept for those who write them again."""

    turn: Turn
    wordings: Annotated[tuple[str, ...], Field(min_length=1)]
    negative_images: tuple[str, ...] = ()


class Row(Record):
    """A published row: a picture or none, and its turns in the order of their places."""

    id: str
    image: str | None
    turns: Annotated[tuple[Worded, ...], Field(min_length=1)]

    def example(self, seed: int = 0) -> Example:
        """Return the example; of each query's wordings one is drawn, the same for the same id and seed."""
        rng = generator(seed, "wordings", self.id)
        drawn = [each.wordings[int(rng.integers(len(each.wordings)))] for each in self.turns]
        turns = tuple(each.turn.model_copy(update={"query": query}) for each, query in zip(self.turns, drawn, strict=True))
        return Example(id=self.id, image=self.image, turns=turns)


def read_rows(path: Path) -> Iterator[tuple[str, Row | str]]:
    """Yield for each row of a parquet file, or of all in a folder, its place and the row, or two lines that say what is wrong.

    `qry` holds for each turn one query or a list of wordings, `pos_text` its target; single values (the fine-tuning sets) are one turn.
    `neg_text`, `qry_sentence`, `pos_sentence`, `pos_image_path`, `neg_image_path`, `kind` and `id` are read where they are. A
    turn without a target is left out. Raises SourceNotFoundError, TruncatedError for what is no parquet, ColumnError.
    """
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise SourceNotFoundError(f"There is no parquet file at {path}.", f"Name the folder that holds {FILE}, or the file.")
    for file in files:
        # Two folders may hold files of one name: `MMEB_train/A/0.parquet`.
        stem = file.relative_to(path).with_suffix("").as_posix() if path.is_dir() else file.stem
        for number, data in enumerate(_data(file)):
            place = f"{stem}, row {number},"
            yield (
                place,
                _row(f"{stem}/{number}", data) or f"{place} has no turn with a target.\nGive each query a text in pos_text or a picture in pos_image_path.",
            )


def read_m3t(path: Path, seed: int = 0) -> list[Example]:
    """Read the examples of `read_rows`, with one wording a query, drawn by `seed`; rows without a turn are left out."""
    return [row.example(seed) for _, row in read_rows(path) if isinstance(row, Row)]


def write_m3t(rows: Sequence[Row | Example], folder: Path) -> Path:
    """Write rows, or examples with their one wording, to a folder in the published columns; return the file."""
    lines = [_line(row if isinstance(row, Row) else _worded(row)) for row in rows]
    with staged_folder(folder, FILE) as stage:
        pl.DataFrame(lines, schema=SCHEMA, orient="row").write_parquet(stage / FILE)
    return folder / FILE


def _data(file: Path) -> Iterator[dict[str, Any]]:
    """Yield a file's rows a block at a time: the published file has five million."""
    try:
        lazy = pl.scan_parquet(file)
        names = lazy.collect_schema().names()
    except (pl.exceptions.ComputeError, OSError):
        raise TruncatedError(f"{file} is no whole parquet file.", "Fetch it again; a cut download has no footer.") from None
    lacking = [name for name in NEEDED if name not in names]
    if lacking:
        raise ColumnError(f"{file} has no column {', '.join(lacking)}.", f"It needs {', '.join(NEEDED)}; it has {', '.join(names)}.")
    wanted, start = [name for name in SCHEMA if name in names], 0
    while len(block := lazy.select(wanted).slice(start, BLOCK).collect()):
        yield from block.iter_rows(named=True)
        start += BLOCK


def _row(name: str, data: dict[str, Any]) -> Row | None:
    queries, targets, pictures = (_listed(data.get(key)) for key in ("qry", "pos_text", "pos_image_path"))
    count = min(len(queries), max(len(targets), len(pictures)))
    turns = []
    for place in range(count):
        target, picture = str(_at(targets, place) or ""), _at(pictures, place) or None
        if not target.strip() and not picture:
            continue
        wordings = tuple(str(text or "") for text in _listed(queries[place])) or ("",)
        by_place = PLACES[min(place, len(PLACES) - 1)] if count > 1 else "retrieval"
        turn = Turn(
            query=wordings[0],
            target=target,
            kind=str(_at(data.get(Columns.KIND), place) or by_place),
            target_image=picture,
            negatives=_filled(_at(data.get("neg_text"), place)),
            query_sentence=str(_at(data.get("qry_sentence"), place) or ""),
            target_sentence=str(_at(data.get("pos_sentence"), place) or ""),
        )
        turns.append(Worded(turn=turn, wordings=wordings, negative_images=_filled(_at(data.get("neg_image_path"), place))))
    image = data["qry_image_path"] or None
    asked = image or all(any(text.strip() for text in each.wordings) for each in turns)
    return Row(id=str(data.get("id") or name), image=image, turns=tuple(turns)) if turns and asked else None


def _worded(example: Example) -> Row:
    # The columns have no place for a text that is shown beside a picture: it goes before each query.
    before = f"{example.text} " if example.text else ""
    turns = [turn.model_copy(update={"query": f"{before}{turn.query}"}) for turn in example.turns]
    return Row(id=example.id, image=example.image, turns=tuple(Worded(turn=turn, wordings=(turn.query,)) for turn in turns))


def _line(row: Row) -> dict[str, Any]:
    turns = [each.turn for each in row.turns]
    return {
        "id": row.id,
        "qry": [list(each.wordings) for each in row.turns],
        "pos_text": [turn.target for turn in turns],
        "neg_text": [list(turn.negatives) for turn in turns],
        "qry_sentence": [turn.query_sentence for turn in turns],
        "pos_sentence": [turn.target_sentence for turn in turns],
        "qry_image_path": row.image or "",
        "pos_image_path": [turn.target_image or "" for turn in turns],
        "neg_image_path": [list(each.negative_images) for each in row.turns],
        Columns.KIND: [turn.kind for turn in turns],
    }


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _at(value: Any, place: int) -> Any:
    """Return a turn's entry: of a list its place, a single value for the first turn."""
    listed = _listed(value)
    return listed[place] if place < len(listed) else None


def _filled(value: Any) -> tuple[str, ...]:
    return tuple(str(text) for text in _listed(value) if text)
