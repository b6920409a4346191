"""A world to and from a folder."""

import json
from pathlib import Path

import numpy as np
import polars as pl

from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.schema import ArtifactKind, Columns, Item
from broadsheet.sample.world.model import World
from broadsheet.sample.world.settings import WorldConfig

CATALOGUE, FIGURES, PIXELS = "catalogue", "figures", "pixels"


def write_world(world: World, folder: Path) -> Artifact:
    """Write frames as Parquet and all figures as one tensor `[N, 64, 64, 3]`; raise `OutputError` where that cannot be."""
    pixels = np.stack([world.figures[row] for row in range(len(world.catalogue))])
    manifest = Manifest(kind=ArtifactKind.WORLD, config=world.config.model_dump(mode="json"), seed=world.config.seed)
    frames = {CATALOGUE: _catalogue_frame(world.catalogue), **world.frames()}
    return write_artifact(folder, manifest, {FIGURES: {PIXELS: pixels}}, frames)


def read_world(folder: Path) -> World:
    """Read a world that was written; raise `ArtifactError` if it is missing, changed or of another kind."""
    artifact = read_artifact(folder, ArtifactKind.WORLD)
    names = ("events", "relations", "posts", "probes", "readers", "papers", "mentions")
    return World(
        config=WorldConfig.model_validate(artifact.manifest.config),
        catalogue=_catalogue(artifact.frame(CATALOGUE)),
        figures=artifact.tensors(FIGURES)[PIXELS],
        **{name: artifact.frame(name) for name in names},
    )


def _catalogue_frame(catalogue: Catalogue) -> pl.DataFrame:
    """Return the catalogue with the columns that its own frame leaves out."""
    return catalogue.frame().with_columns(
        pl.Series(Columns.IMAGES, [list(item.images) for item in catalogue], dtype=pl.List(pl.String)),
        pl.Series(Columns.PUBLISHED, [item.published for item in catalogue], dtype=pl.Date),
        pl.Series(Columns.ATTRIBUTES, [json.dumps(item.attributes, ensure_ascii=False) for item in catalogue]),
    )


def _catalogue(frame: pl.DataFrame) -> Catalogue:
    return Catalogue(Item(id=row.pop(Columns.ITEM), **{**row, Columns.ATTRIBUTES: json.loads(row[Columns.ATTRIBUTES])}) for row in frame.to_dicts())
