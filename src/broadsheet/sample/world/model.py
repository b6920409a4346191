"""A world: its catalogue, events, relations and posts, and beside them the truth."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from broadsheet.core.artifacts import Artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.schema import Columns, Post
from broadsheet.sample.world.figures import Figures, Pixels
from broadsheet.sample.world.settings import WorldConfig

_SLICE = 100_000


@dataclass(frozen=True, eq=False)
class World:
    """A fictional world in which what a stage should find is known.

    Models may read `catalogue`, `figure`, `events`, `relations` and `posts`. `readers`, `papers`
    and `mentions` are gold: the latent truth, which only a score may look at. `probes` says where
    a truth shows and what the right answer is.
    """

    config: WorldConfig
    catalogue: Catalogue
    events: pl.DataFrame
    relations: pl.DataFrame
    posts: pl.DataFrame
    probes: pl.DataFrame
    readers: pl.DataFrame
    papers: pl.DataFrame
    mentions: pl.DataFrame
    figures: Figures = field(repr=False)

    def figure(self, item_id: str) -> Pixels:
        """Return an item's figure `[64, 64, 3]`; raise `RecordError` for an unknown item."""
        return self.figures[self.catalogue.row(item_id)]

    def post_records(self) -> list[Post]:
        """Return the posts as records, in order of time."""
        return [Post(id=row.pop(Columns.POST), **row) for row in self.posts.to_dicts()]

    def frames(self) -> dict[str, pl.DataFrame]:
        """Return the frames by their names."""
        names = ("events", "relations", "posts", "probes", "readers", "papers", "mentions")
        return {name: getattr(self, name) for name in names}

    def digest(self) -> str:
        """Return SHA-256 over the dials, the catalogue, every frame and every figure."""
        digest = hashlib.sha256(self.config.model_dump_json().encode())
        digest.update(self.catalogue.content_hash().encode())
        for name, frame in self.frames().items():
            digest.update(name.encode())
            for part in frame.iter_slices(_SLICE):
                digest.update(part.write_ndjson().encode())
        for row in range(len(self.catalogue)):
            digest.update(self.figures[row].tobytes())
        return digest.hexdigest()

    def write(self, folder: Path) -> Artifact:
        """Write the world as an artefact; raise `OutputError` where that cannot be."""
        from broadsheet.sample.world.folder import write_world

        return write_world(self, folder)
