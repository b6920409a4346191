"""Curating: each entry's picture is read and its turns are made, block by block, with a card at the end."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.catalogue import text_hash
from broadsheet.core.component import Embedder
from broadsheet.core.config import Config
from broadsheet.core.errors import ArtifactError, ConfigError, ImageError, RecordError
from broadsheet.core.files import check_writable, write_file
from broadsheet.core.images import check_image, read_image
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.seeds import generator
from broadsheet.represent.curate.ask import Ask, turns_by_asking
from broadsheet.represent.curate.card import Card, make_card
from broadsheet.represent.curate.entry import Entry
from broadsheet.represent.curate.lines import Line, frames, read_lines
from broadsheet.represent.curate.rules import chosen, turns_by_rule
from broadsheet.represent.curate.sources import Source
from broadsheet.represent.muco.schema import Example

# A run that is stopped goes on from the last block; of a model's replies, which cost more, fewer are lost.
BLOCK = 256
ASKED_BLOCK = 16
CARD = "CARD.md"
CARD_JSON = "card.json"
REJECTED = "rejected.jsonl"
RULES, LLM, SOURCE = "rules", "llm", "source"


class CurateConfig(Config):
    """How turns are made.

    At most `most` an item; an item with fewer than `least` is left without any. `decode` reads every pixel of a picture, which finds
    files that were cut; else headers alone are read. `otherwise` says what is done where a language model is asked and gives
    no turn that can be taken: `none`, or `rules`. So many questions are put to it `at_once`, from threads; the turns do not depend on that.
    """

    most: Annotated[int, Field(ge=1)] = 7
    least: Annotated[int, Field(ge=1)] = 1
    decode: bool = True
    otherwise: Literal["none", "rules"] = "none"
    at_once: Annotated[int, Field(ge=1)] = 1
    seed: int = 0


def curate(
    source: Source,
    folder: Path,
    *,
    images: Path | None = None,
    config: CurateConfig | None = None,
    ask: Ask | None = None,
    asked: str = "",
    embedder: Embedder | None = None,
    progress: Progress = silent,
) -> Artifact:
    """Make turns of a source's entries and write them with a card to `folder`; pictures are under `images`.

    An entry's own turns are taken where it has any; else rules make them, or with `ask` a language model, which `asked` names. Each
    turn says who made it. A picture that cannot be read is named in its item's fault, and the run goes on. `embedder` embeds
    texts for the card. Items that `folder` holds already, with the same texts under the same configuration, are taken from
    there, and so are those that a stopped run left: nothing is asked twice. Raises RecordError where nothing has a turn,
    ConfigError for pictures without their folder, or a model without a name.
    """
    settings = config or CurateConfig()
    _check(source, images, ask, asked)
    check_writable(folder.parent)
    parts = folder.with_name(f".{folder.name}.parts")
    names = [_name(entry, settings, asked if ask else "") for entry in source.entries]
    known = {line.text_hash: line for line in _kept(folder, parts)}
    todo = [place for place, name in enumerate(names) if name not in known or known[name].fault]
    block = BLOCK if ask is None else max(ASKED_BLOCK, 2 * settings.at_once)
    get_logger("curate").info("turns", kept=len(names) - len(todo), to_make=len(todo))
    for start in range(0, len(todo), block):
        made = _made([(source.entries[place], names[place]) for place in todo[start : start + block]], images, settings, ask)
        known.update((line.text_hash, line) for line in made)
        if len(todo) > block:
            write_artifact(parts / f"{_fresh(parts):06d}", Manifest(kind=ArtifactKind.TURNS), frames=frames(made))
        progress("curating", min(start + block, len(todo)), len(todo))
    fresh = {names[place] for place in todo}
    lines = [known[name] if name in fresh else _still(known[name], images) for name in names]
    _require_turns(lines, parts)
    artifact = _written(folder, lines, make_card(lines, source.faults, embedder, settings.seed), settings, asked if ask else "")
    shutil.rmtree(parts, ignore_errors=True)
    return artifact


def read_turns(artifact: Artifact) -> list[Example]:
    """Return the examples that `curate` wrote, in the order of the source; items without turns are left out."""
    return [example for line in read_lines(artifact) if (example := line.example())]


def _check(source: Source, images: Path | None, ask: Ask | None, asked: str) -> None:
    if images is None and any(entry.image for entry in source.entries):
        raise ConfigError("The items have pictures, but no folder of pictures is named.", "Name it: --images DIR")
    if ask is not None and not asked:
        raise ConfigError("A language model is asked, but not named.", "Give its name and version: it goes into the manifest.")


def _name(entry: Entry, settings: CurateConfig, asked: str) -> str:
    return text_hash(
        json.dumps([entry.model_dump(mode="json"), settings.model_dump(mode="json", exclude={"at_once"}), asked], ensure_ascii=False, sort_keys=True)
    )


def _kept(folder: Path, parts: Path) -> list[Line]:
    """Return the lines of an artefact that stands there and of what a stopped run left; what is damaged is left aside."""
    lines = []
    for path in (folder, *sorted(parts.glob("[0-9]*"))):
        if path.exists():
            try:
                lines += read_lines(read_artifact(path, ArtifactKind.TURNS))
            except ArtifactError as error:
                get_logger("curate").warning("turns are damaged and left aside", artifact=path.name, what=error.what)
    return lines


def _fresh(parts: Path) -> int:
    return max((int(path.name) + 1 for path in parts.glob("[0-9]*")), default=0)


def _made(entries: Sequence[tuple[Entry, str]], images: Path | None, settings: CurateConfig, ask: Ask | None) -> list[Line]:
    if ask is None or settings.at_once == 1:
        return [_line(entry, name, images, settings, ask) for entry, name in entries]
    with ThreadPoolExecutor(settings.at_once) as pool:
        return list(pool.map(lambda each: _line(each[0], each[1], images, settings, ask), entries))


def _line(entry: Entry, name: str, images: Path | None, settings: CurateConfig, ask: Ask | None) -> Line:
    line = Line(entry.id, entry.image, entry.shown, name)
    fault = _fault(entry, images, decode=settings.decode)
    if fault:
        return line._replace(fault=fault)
    if entry.turns:
        taken = chosen(entry.turns, "", settings.most)
        return _enough(line._replace(turns=taken.turns, made_by=(SOURCE,) * len(taken.turns), doubles=taken.doubles), settings)
    if ask is not None:
        asked = turns_by_asking(entry, ask, settings.most)
        taken = chosen(asked.turns, entry.shown, settings.most)
        line = line._replace(doubles=taken.doubles, repairs=asked.repairs, rejected=asked.rejected)
        if taken.turns or settings.otherwise == "none":
            return _enough(line._replace(turns=taken.turns, made_by=(LLM,) * len(taken.turns)), settings)
    ruled = turns_by_rule(entry, generator(settings.seed, "curate", entry.id), settings.most)
    return _enough(line._replace(turns=ruled.turns, made_by=(RULES,) * len(ruled.turns), doubles=line.doubles + ruled.doubles), settings)


def _enough(line: Line, settings: CurateConfig) -> Line:
    return line if len(line.turns) >= settings.least else line._replace(turns=(), made_by=())


def _fault(entry: Entry, images: Path | None, *, decode: bool) -> str:
    """Return two lines about the first of an entry's pictures that cannot be read, or nothing."""
    keys = dict.fromkeys(key for key in (entry.image, *(turn.target_image for turn in entry.turns)) if key)
    try:
        for key in keys:
            assert images is not None
            if decode:
                read_image(images / key)
            else:
                check_image(images / key)
    except ImageError as error:
        return str(error)
    return ""


def _still(line: Line, images: Path | None) -> Line:
    """Return a line that was kept, without its turns where its picture is no longer there."""
    if line.image and images is not None:
        try:
            check_image(images / line.image)
        except ImageError as error:
            return line._replace(fault=str(error), turns=(), made_by=())
    return line


def _require_turns(lines: Sequence[Line], parts: Path) -> None:
    """Raise RecordError where no line has a turn, with the first reason that there is; parts that hold nothing are dropped."""
    if any(line.turns for line in lines):
        return
    shutil.rmtree(parts, ignore_errors=True)
    faults = [line.fault.splitlines()[0] for line in lines if line.fault]
    replies = [f"Of a reply was rejected: {each.reason}." for line in lines for each in line.rejected]
    first = next(iter([*faults, *replies]), "")
    raise RecordError(f"No item has a turn. {first}", "Check --images, and that lines hold titles, keywords or descriptions.")


def _written(folder: Path, lines: Sequence[Line], card: Card, settings: CurateConfig, asked: str) -> Artifact:
    source = hashlib.sha256("\n".join(line.text_hash for line in lines).encode()).hexdigest()
    models = {"turns": asked} if asked else {}
    models |= {"from_meaning": card.meaning_by} if card.meaning_by else {}
    manifest = Manifest(
        kind=ArtifactKind.TURNS,
        config=settings.model_dump(mode="json"),
        seed=settings.seed,
        parents={"source": source},
        models=models,
        metrics=card.metrics(),
    )

    def fill(stage: Path) -> None:
        write_file(stage / CARD, card.markdown())
        write_file(stage / CARD_JSON, card.json())
        rejected = [{"item": line.item, **each._asdict()} for line in lines for each in line.rejected]
        if rejected:
            write_file(stage / REJECTED, "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rejected))

    return write_artifact(folder, manifest, frames=frames(lines), fill=fill)
