"""The columns that M3T and its fine-tuning sets were published in, read and written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.core.errors import ColumnError, SourceNotFoundError
from broadsheet.core.files import staged_folder
from broadsheet.represent.muco.schema import Example, Turn

# The kind of each place of a row's lists, as the published loader has it; places beyond are retrieval.
PLACES = ("class", "global", "global", "local", "local", "creative", "retrieval")
NEEDED = ("qry", "pos_text", "qry_image_path")
FILE = "M3T.parquet"


def read_m3t(path: Path) -> list[Example]:
    """Read a file or a folder of parquet files with the published columns into examples of any number of turns.

    `qry` holds for each turn one query or a list of wordings (the first is taken), `pos_text` its target; `neg_text`,
    `qry_sentence`, `pos_sentence` and `pos_image_path` are read where they are. Rows without a target are left out. Raises
    SourceNotFoundError and ColumnError.
    """
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise SourceNotFoundError(f"There is no parquet file at {path}.", "Name the folder that holds M3T.parquet, or the file.")
    examples = []
    for file in files:
        frame = pl.read_parquet(file)
        lacking = [name for name in NEEDED if name not in frame.columns]
        if lacking:
            raise ColumnError(f"{file} has no column {', '.join(lacking)}.", f"It needs {', '.join(NEEDED)}; it has {', '.join(frame.columns)}.")
        examples += [made for number, row in enumerate(frame.iter_rows(named=True)) if (made := _example(f"{file.stem}/{number}", row))]
    return examples


def write_m3t(examples: Sequence[Example], folder: Path) -> Path:
    """Write examples in the published columns, turns in the order of `PLACES` where their kinds allow; return the file."""
    rows = [_row(example) for example in examples]
    text, many = pl.String, pl.List(pl.String)
    schema = {
        "id": text,
        "qry": pl.List(many),
        "pos_text": many,
        "neg_text": pl.List(many),
        "qry_sentence": many,
        "pos_sentence": many,
        "qry_image_path": text,
        "pos_image_path": many,
        "kind": many,
    }
    with staged_folder(folder) as stage:
        pl.DataFrame(rows, schema=schema).write_parquet(stage / FILE)
    return folder / FILE


def _example(name: str, row: dict[str, Any]) -> Example | None:
    queries, targets = _listed(row["qry"]), _listed(row["pos_text"])
    count = min(len(queries), len(targets))
    pictures = _spread(row.get("pos_image_path"), count)
    turns = []
    for place in range(count):
        wordings = _listed(queries[place])
        target, picture = str(targets[place] or ""), pictures[place] or None
        if not target.strip() and not picture:
            continue
        turns.append(
            Turn(
                query=str(wordings[0]) if wordings else "",
                target=target,
                kind=str(_at(row.get("kind"), place) or PLACES[min(place, len(PLACES) - 1)] if count > 1 else "retrieval"),
                target_image=picture,
                negatives=tuple(str(text) for text in _listed(_at(row.get("neg_text"), place)) if text),
                query_sentence=str(_at(row.get("qry_sentence"), place) or ""),
                target_sentence=str(_at(row.get("pos_sentence"), place) or ""),
            )
        )
    return Example(id=str(row.get("id") or name), image=row["qry_image_path"] or None, turns=tuple(turns)) if turns else None


def _row(example: Example) -> dict[str, Any]:
    turns = sorted(example.turns, key=lambda turn: PLACES.index(turn.kind) if turn.kind in PLACES else len(PLACES))
    return {
        "id": example.id,
        "qry": [[turn.query] for turn in turns],
        "pos_text": [turn.target for turn in turns],
        "neg_text": [list(turn.negatives) for turn in turns],
        "qry_sentence": [turn.query_sentence for turn in turns],
        "pos_sentence": [turn.target_sentence for turn in turns],
        "qry_image_path": example.image or "",
        "pos_image_path": [turn.target_image or "" for turn in turns],
        "kind": [turn.kind for turn in turns],
    }


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _at(value: Any, place: int) -> Any:
    """Return a turn's entry: of a list its place, a single value for the first turn."""
    listed = _listed(value)
    return listed[place] if place < len(listed) else None


def _spread(value: Any, count: int) -> list[str]:
    listed = _listed(value)
    return [str(listed[place] or "") if place < len(listed) else "" for place in range(count)]
