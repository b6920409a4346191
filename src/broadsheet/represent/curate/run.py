"""Curating pictures: read, asked or ruled into turns, block by block, with a card at the end."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import polars as pl
from pydantic import Field

from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.config import Config
from broadsheet.core.errors import ArtifactError, ImageError, RecordError
from broadsheet.core.files import write_file
from broadsheet.core.images import check_image, read_image
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.core.seeds import generator
from broadsheet.represent.curate.ask import Ask, turns_by_asking
from broadsheet.represent.curate.card import Card, make_card
from broadsheet.represent.curate.rules import turns_by_rule
from broadsheet.represent.muco.schema import Example
from broadsheet.represent.pictures.labelled import Labelled

BLOCK = 256
CARD = "CARD.md"
_SCHEMA = {Columns.ITEM: pl.String, "example": pl.String, Columns.FAULT: pl.String, "made_by": pl.String, "doubles": pl.Int64, "rejected": pl.List(pl.String)}


class CurateConfig(Config):
    """How turns are made: at most `most` a picture, at least `least` or the picture is left out; `decode` reads every pixel, not the header alone."""

    most: Annotated[int, Field(ge=1)] = 7
    least: Annotated[int, Field(ge=1)] = 1
    decode: bool = False
    seed: int = 0


class Curated(NamedTuple):
    """The artefact of turns, and its card."""

    artifact: Artifact
    card: Card


def curate(
    rows: Sequence[Labelled],
    images: Path,
    folder: Path,
    *,
    config: CurateConfig | None = None,
    ask: Ask | None = None,
    asked_by: str = "rules",
    progress: Progress = silent,
) -> Curated:
    """Make turns of pictures with texts and write them, with a card, to `folder`.

    Rules make them, or with `ask` a language model that `asked_by` names. Pictures that cannot be read are named with their
    faults and left out. Blocks are kept beside `folder` until all is done: a run that was stopped goes on from the last one.
    Raises RecordError where no picture has a turn.
    """
    settings = config or CurateConfig()
    unique = list({row.image: row for row in rows}.values())
    who = "rules" if ask is None else asked_by
    identity = json.dumps([settings.model_dump(), who, [list(row) for row in unique]], ensure_ascii=False)
    key = hashlib.sha256(identity.encode()).hexdigest()[:16]
    parts = folder.with_name(f"{folder.name}.part-{key}")
    frames = []
    for start in range(0, len(unique), BLOCK):
        path = parts / str(start // BLOCK)
        frames.append(_block(path, unique[start : start + BLOCK], images, settings, ask, who))
        progress("curating", min(start + BLOCK, len(unique)), len(unique))
    lines = pl.concat(frames) if frames else pl.DataFrame(schema=_SCHEMA)
    made = _written(lines, folder, settings, who, key)
    if parts.exists():
        shutil.rmtree(parts)
    return made


def _written(lines: pl.DataFrame, folder: Path, settings: CurateConfig, who: str, key: str) -> Curated:
    good = lines.filter(pl.col("example") != "")
    examples = [Example.model_validate_json(text) for text in good["example"]]
    if not examples:
        raise RecordError("No picture has a turn.", "Check --images, and that the manifest's lines hold titles, keywords or descriptions.")
    faulty = lines.filter(pl.col(Columns.FAULT) != "")
    card = make_card(
        examples,
        unreadable=dict(zip(faulty[Columns.ITEM], faulty[Columns.FAULT], strict=True)),
        doubles=int(lines["doubles"].sum()),
        rejected=int(lines["rejected"].list.len().sum()),
        made_by=Counter(turn for example, by in zip(examples, good["made_by"], strict=True) for turn in [by] * len(example.turns)),
    )
    shares = {"duplicates": card.duplicates, "from_text": card.from_text, "by_commonest": card.by_commonest, "chance": card.chance}
    manifest = Manifest(
        kind=ArtifactKind.TURNS,
        config=settings.model_dump(mode="json"),
        parents={"pictures": key},
        models={"turns": who},
        metrics={"images": card.images, "turns": card.turns, "unreadable": len(card.unreadable), "rejected": card.rejected, **shares},
    )

    def fill(stage: Path) -> None:
        write_file(stage / CARD, card.markdown().encode())

    return Curated(write_artifact(folder, manifest, frames={"turns": lines}, fill=fill), card)


def _block(path: Path, rows: Sequence[Labelled], images: Path, settings: CurateConfig, ask: Ask | None, who: str) -> pl.DataFrame:
    """Return a block's lines: from the part that a stopped run left, else made and kept as one."""
    if path.exists():
        try:
            return read_artifact(path, ArtifactKind.TURNS).frame("turns")
        except ArtifactError:
            get_logger("curate").warning("a damaged part is made anew", part=path.name)
    lines = [_line(row, images, settings, ask, who) for row in rows]
    frame = pl.DataFrame(lines, schema=_SCHEMA, orient="row")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_artifact(path, Manifest(kind=ArtifactKind.TURNS), frames={"turns": frame})
    return frame


def _line(row: Labelled, images: Path, settings: CurateConfig, ask: Ask | None, who: str) -> tuple[Any, ...]:
    try:
        if settings.decode:
            read_image(images / row.image)
        else:
            check_image(images / row.image)
    except ImageError as error:
        return row.image, "", str(error), who, 0, []
    if ask is None:
        turned = turns_by_rule(row, generator(settings.seed, "curate", row.image), settings.most)
        turns, doubles, rejected = turned.turns, turned.doubles, []
    else:
        asked = turns_by_asking(row, ask, settings.most)
        turns, doubles, rejected = asked.turns, 0, list(asked.rejected)
    example = Example(id=row.image, image=row.image, turns=turns).model_dump_json() if len(turns) >= settings.least else ""
    return row.image, example, "", who, doubles, rejected


def read_turns(artifact: Artifact) -> list[Example]:
    """Return the examples that `curate` wrote."""
    return [Example.model_validate_json(text) for text in artifact.frame("turns")["example"] if text]
