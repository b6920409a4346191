"""The folder of a view: the page, its numbers as JSON, one Parquet file a table, and a manifest."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.core.artifacts import Artifact, Manifest, write_artifact
from broadsheet.core.files import write_file
from broadsheet.core.schema import ArtifactKind
from broadsheet.needs.view.page import page
from broadsheet.needs.view.sheet import Sheet

PAGE, NUMBERS = "needs.html", "needs.json"
TABLES = ("levels", "pairs", "arrows", "months", "nulls", "models", "agreements", "facts", "slopes", "trends", "themes", "theme_levels", "quotations")
# Numbers of people, each of which has a column beside it that says why one is not told.
COUNTS = ("people", "authors", "posts", "mentions", "missing")


def write_view(folder: Path, sheet: Sheet) -> Artifact:
    """Write the folder: all of it or nothing; the same sheet gives the same bytes. Raises OutputError."""
    provenance = sheet.provenance

    def fill(stage: Path) -> None:
        write_file(stage / PAGE, page(sheet))
        write_file(stage / NUMBERS, numbers(sheet))

    config = {"plan": provenance.plan.model_dump(mode="json"), "plan_hash": provenance.plan_hash, "taxonomy": sheet.taxonomy, "k": sheet.k}
    manifest = Manifest(kind=ArtifactKind.NEEDS_VIEW, config=config, seed=provenance.plan.seed, parents=provenance.inputs)
    return write_artifact(folder, manifest, frames=frames(sheet), fill=fill)


def numbers(sheet: Sheet) -> str:
    """Return every number of the page as JSON."""
    return json.dumps(sheet.model_dump(mode="json"), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def frames(sheet: Sheet) -> dict[str, pl.DataFrame]:
    """Return a frame for each table that holds something, and one row of the whole."""
    held = sheet.model_dump(mode="json")
    tables = {"whole": [held["whole"]], **{name: held[name] for name in TABLES if held[name]}}
    return {name: _frame(rows) for name, rows in tables.items()}


def _frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    flat = []
    for row in rows:
        made: dict[str, Any] = {}
        for name, value in row.items():
            if name in COUNTS or name.endswith("_people"):
                made |= {name: None if isinstance(value, str) else value, f"{name}_withheld": value if isinstance(value, str) else None}
            else:
                made[name] = value
        flat.append(made)
    overrides = {name: pl.Int64 if not name.endswith("_withheld") else pl.String for name in flat[0] if any(count in name for count in COUNTS)}
    return pl.DataFrame(flat, schema_overrides=overrides, infer_schema_length=None)
