"""The step that reads posts for needs: mentions with their evidence, a verdict on the hierarchy, and goals where it is known what was shown."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from broadsheet.core.files import read_text
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.holdings import POSTS, SHOWN, Holdings
from broadsheet.stack.recipe import SHIPPED
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.steps.step import Done, Step, Work

if TYPE_CHECKING:
    from broadsheet.core.artifacts import Artifact
    from broadsheet.needs.goals import Goal
    from broadsheet.needs.taxonomy import Taxonomy

NAME = "needs"
VERDICT, GOALS = "verdict.json", "goals.json"
# Fewer draws than the command has: a page says what the verdict is, the command with how much certainty.
DRAWS = {"draws": 199, "resamples": 200}


def needs_step(labeller: str, taxonomy: str, own: Path | None = None, off: str = "") -> Step:
    """Return the step; `labeller` is one by name, or a folder that `broadsheet needs fit` wrote.

    Posts are the catalogue's, which are fictional, or those of a file of one's `own`: it is read where it lies, for its personal data belong in no artefact.
    """
    name, levels = "minilm" if labeller == SHIPPED else labeller, taxonomy or "financial"

    def work(given: Work) -> Done:
        from broadsheet.core.errors import EmptySourceError
        from broadsheet.needs.extract.extractor import Extractor
        from broadsheet.needs.extract.run import extract
        from broadsheet.needs.pseudonyms import author_key
        from broadsheet.needs.taxonomy import open_taxonomy
        from broadsheet.stack.needed import level_labeller

        held = Holdings(given.parents[CATALOGUE])
        posts = own or held.file(POSTS)
        if posts is None:
            raise EmptySourceError(
                "The catalogue has no posts to read needs from.", 'Name them: posts = "posts.jsonl", or turn the stage off: stages.needs = "off"'
            )
        known = open_taxonomy(levels)
        extractor = Extractor(known, level_labeller(name, known, progress=given.progress), author_key(), 0.5)
        raw = given.folder.with_name(f".{NAME}-read")
        try:
            read = extract(posts, raw, extractor, given.progress)
            return _kept(given, held, raw, read, known)
        finally:
            shutil.rmtree(raw, ignore_errors=True)

    settings = {"labeller": name, "taxonomy": levels, **DRAWS}
    files = tuple(path for path in (Path(levels), Path(name), *([own] if own else [])) if path.exists())
    return Step(NAME, "Needs", ArtifactKind.NEEDS, work, (CATALOGUE,), settings=settings, files=files, off=off)


def _kept(given: Work, held: Holdings, raw: Path, read: "Artifact", known: "Taxonomy") -> Done:
    """Write what was read, with the verdict and the goals, as the step's artefact."""
    from broadsheet.core.artifacts import write_artifact

    verdict = _verdict(raw, known)
    goals = _goals(raw, held.file(SHOWN), known)

    def fill(stage: Path) -> None:
        for file in ("posts.jsonl", "mentions.jsonl", "facts.jsonl"):
            (stage / file).write_bytes((raw / file).read_bytes())
        (stage / VERDICT).write_text(json.dumps(verdict, indent=1, allow_nan=False), encoding="utf-8")
        (stage / GOALS).write_text(json.dumps(goals, indent=1), encoding="utf-8")

    manifest = read.manifest.model_copy(update={"files": {}, "parents": {**read.manifest.parents, CATALOGUE: held.artifact.content_hash}})
    frames = {file.removesuffix(".parquet"): read.frame(file.removesuffix(".parquet")) for file in read.manifest.files if file.endswith(".parquet")}
    made = write_artifact(given.folder, manifest, frames=frames, fill=fill)
    figures = {"posts": read.manifest.metrics["posts"], "mentions": read.manifest.metrics["mentions"], "readers with goals": len(goals)}
    return Done(made, figures, f"Verdict: {verdict['verdict']}. {verdict['reason']}")


def _verdict(folder: Path, taxonomy: "Taxonomy") -> dict[str, Any]:
    """Return what may be told of the hierarchy of levels."""
    from broadsheet.needs.hierarchy.infer import infer
    from broadsheet.needs.hierarchy.inputs import Files, read_authors, read_beside, read_mentions
    from broadsheet.needs.hierarchy.plan import AnalysisPlan
    from broadsheet.needs.hierarchy.told import told

    names = [level.id for level in taxonomy.levels]
    written = read_authors(folder / "posts.jsonl")
    spoken = read_mentions(folder / "mentions.jsonl", written, taxonomy)
    evidence, _ = read_beside(Files(folder, folder), written, names, spoken)
    return dict(told(infer(written, spoken.mentions, names, AnalysisPlan(**DRAWS), moved=None, evidence=evidence)))


def _goals(folder: Path, shown: Path | None, taxonomy: "Taxonomy") -> dict[str, list[dict[str, Any]]]:
    """Return what each reader turns to after what they wrote, as of the last post; nothing where it is not known what they were shown."""
    if shown is None:
        return {}
    from broadsheet.needs.goals import Turns
    from broadsheet.needs.hierarchy.inputs import read_authors, read_mentions
    from broadsheet.needs.pseudonyms import author_key, pseudonym
    from broadsheet.needs.shown import read_shown

    names = [level.id for level in taxonomy.levels]
    written = read_authors(folder / "posts.jsonl")
    spoken, key = read_mentions(folder / "mentions.jsonl", written, taxonomy), author_key()
    log = read_shown(shown, taxonomy, set(written[Columns.AUTHOR].to_list()), lambda user: pseudonym(user, key))
    place = {name: number for number, name in enumerate(names)}
    said = spoken.mentions.join(written, on=Columns.POST).select(
        pl.col(Columns.AUTHOR).alias(Columns.USER),
        pl.from_epoch(pl.col(Columns.AT), "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC").alias(Columns.AT),
        pl.col(Columns.LEVEL).replace_strict(place, return_dtype=pl.Int64),
    )
    if said.is_empty():
        return {}
    last: datetime = max(said[Columns.AT].to_list())
    found: dict[str, list[Goal]] = Turns.fit(log, said, names).goals(said, last)
    return {user: [{**one._asdict(), "at": one.at.isoformat()} for one in goals] for user, goals in sorted(found.items())}


def read_verdict(folder: Path) -> dict[str, Any]:
    """Return the verdict that a needs step left. Raises RecordError or SourceNotFoundError where it is not there."""
    return json.loads(read_text(folder / VERDICT, "Run again: broadsheet run"))
