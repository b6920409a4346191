"""What a run's catalogue holds: items on offer, what the reader had, what is asked of the models, and what people wrote."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from broadsheet.core.artifacts import Artifact, Manifest, write_artifact
from broadsheet.core.errors import ArtifactError
from broadsheet.core.schema import Announcement, ArtifactKind, Columns, Item

HISTORY = "history"
POSTS, SHOWN = "posts.jsonl", "shown.jsonl"
OFFERED, LIBRARY = "items.jsonl", "library.jsonl"


class Asked(NamedTuple):
    """One question to retrieval and ranking: a user with what was had, oldest first, the items on offer (none named: all), and what was taken of these (empty: not known)."""

    user: str
    history: tuple[str, ...]
    candidates: tuple[str, ...] = ()
    target: str = ""


class Filed(NamedTuple):
    """All that a catalogue is written from. The first of `asks` is the page's reader's; the last event of users who are `held_out` is not to be learnt from."""

    offered: Sequence[Announcement]
    library: Sequence[Item]
    asks: Sequence[Asked]
    events: pl.DataFrame | None = None
    posts: Iterable[str] = ()
    shown: Iterable[str] = ()
    root: str = ""
    held_out: Sequence[str] = ()


def write_holdings(folder: Path, filed: Filed, sources: dict[str, str]) -> Artifact:
    """Write a catalogue as an artefact; `sources` says by role what it was read from."""
    asks = pl.DataFrame(
        [(one.user, list(one.history), list(one.candidates), one.target) for one in filed.asks],
        schema={Columns.USER: pl.String, HISTORY: pl.List(pl.String), Columns.CANDIDATES: pl.List(pl.String), Columns.TARGET: pl.String},
        orient="row",
    )

    def fill(stage: Path) -> None:
        for name, lines in ((OFFERED, (one.model_dump_json() for one in filed.offered)), (LIBRARY, (one.model_dump_json() for one in filed.library))):
            (stage / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        for name, told in ((POSTS, list(filed.posts)), (SHOWN, list(filed.shown))):
            if told:
                (stage / name).write_text("".join(f"{line}\n" for line in told), encoding="utf-8")

    manifest = Manifest(kind=ArtifactKind.CATALOGUE, config={"root": filed.root, "held_out": list(filed.held_out)}, models=sources)
    frames = {"asks": asks, **({} if filed.events is None else {"events": filed.events})}
    return write_artifact(folder, manifest, frames=frames, fill=fill)


class Holdings:
    """A catalogue that was written, read as it is asked for."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact

    @cached_property
    def offered(self) -> list[Announcement]:
        """The items on offer: a day's papers, or all that a shop has."""
        return [Announcement.model_validate_json(line) for line in self._lines(OFFERED)]

    @cached_property
    def library(self) -> list[Item]:
        """What the reader had or holds, oldest first, where it is not on offer itself."""
        return [Item.model_validate_json(line) for line in self._lines(LIBRARY)]

    @cached_property
    def items(self) -> dict[str, Item]:
        """All items by id; one that is in the library and on offer is the one on offer."""
        return {**{item.id: item for item in self.library}, **{one.item.id: one.item for one in self.offered}}

    @cached_property
    def asks(self) -> list[Asked]:
        """What is asked of the models; the first is the page's reader's."""
        rows = self.artifact.frame("asks").iter_rows()
        return [Asked(user, tuple(history), tuple(candidates), target) for user, history, candidates, target in rows]

    @property
    def events(self) -> pl.DataFrame | None:
        """Who had what (user, item, at), where that is known."""
        return self.artifact.frame("events") if "events.parquet" in self.artifact.manifest.files else None

    @property
    def held_out(self) -> frozenset[str]:
        """The users whose last event is not to be learnt from."""
        return frozenset(self.artifact.manifest.config.get("held_out", ()))

    @property
    def root(self) -> Path | None:
        """The folder of the items' pictures."""
        held = self.artifact.manifest.config["root"]
        return Path(held) if held else None

    def file(self, name: str) -> Path | None:
        """Return the path of a file of it, None where it has none."""
        return self.artifact.path / name if name in self.artifact.manifest.files else None

    def _lines(self, name: str) -> list[str]:
        path = self.file(name)
        if path is None:
            raise ArtifactError(f"{self.artifact.path} has no {name}.", "Delete the folder, and run again.")
        return [line for line in path.read_text(encoding="utf-8").split("\n") if line]
