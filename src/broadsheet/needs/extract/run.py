"""A file of posts to an artefact of needs: posts without personal data, mentions, what was rejected, facts, ratings and claims."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Protocol

import polars as pl

from broadsheet.core.artifacts import Artifact, Manifest, check_replaceable, write_artifact
from broadsheet.core.catalogue import text_hash
from broadsheet.core.files import file_hash
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.needs.extract.frames import Extracted
from broadsheet.needs.label.asked import UnsureAsked
from broadsheet.needs.label.trained import TrainedLabeller
from broadsheet.needs.posts import written
from broadsheet.needs.taxonomy import Taxonomy

# Posts that are read at a time.
BATCH = 2000


class PostExtractor(Protocol):
    """Posts to all that is taken from them; `models` names what reads them, by role, and `prompt_hash` what it is asked."""

    taxonomy: Taxonomy
    floor: float
    models: dict[str, str]
    prompt_hash: str

    def __call__(self, posts: pl.DataFrame) -> Extracted:
        """Extract from posts (post, author, at, text)."""
        ...

    def counts(self, found: Extracted) -> Mapping[str, float]:
        """Return what else is to be counted of what was found."""
        ...


def extract(path: Path, out: Path, extractor: PostExtractor, progress: Progress = silent) -> Artifact:
    """Extract from all posts of a file of JSON lines, and write the artefact.

    Beside the frames it holds posts.jsonl, mentions.jsonl and facts.jsonl, which `broadsheet needs gate`, `infer` and `view` read. Raises EmptySourceError, RecordError
    or OutputError.
    """
    check_replaceable(out, ArtifactKind.NEEDS)
    rows = [(one.post, one.author, one.at * 1_000_000, one.text) for one in written(path)]
    parts, left = [], iter(rows)
    for start in range(0, len(rows), BATCH):
        parts.append(extractor(pl.DataFrame(list(islice(left, BATCH)), schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT], orient="row")))
        progress("posts", min(start + BATCH, len(rows)), len(rows))
    found = Extracted.together(parts)
    manifest = Manifest(
        kind=ArtifactKind.NEEDS,
        config={"taxonomy": extractor.taxonomy.name, "floor": extractor.floor, "prompt": extractor.prompt_hash},
        parents={"posts": file_hash(path), "taxonomy": text_hash(extractor.taxonomy.model_dump_json()), **_learnt(extractor)},
        models=extractor.models,
        metrics={**extractor.counts(found)},
    )
    return write_extracted(out, manifest, found)


def write_extracted(out: Path, manifest: Manifest, found: Extracted) -> Artifact:
    """Write frames as an artefact, with their lengths among the metrics, and lines of JSON for the other commands beside them. Raises OutputError."""
    counts = {name: float(len(frame)) for name, frame in found._asdict().items()} | {Columns.REPLACED: float(found.posts[Columns.REPLACED].sum())}

    def fill(stage: Path) -> None:
        for name, lines in (("posts", _posts(found.posts)), ("mentions", _mentions(found.mentions)), ("facts", _facts(found.facts))):
            (stage / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    whole = manifest.model_copy(update={"metrics": {**manifest.metrics, **counts}})
    return write_artifact(out, whole, frames=found._asdict(), fill=fill)


def _learnt(extractor: PostExtractor) -> dict[str, str]:
    """Return the hash of the labeller where it was learnt from labels."""
    labeller = getattr(extractor, "labeller", None)
    first = labeller.first if isinstance(labeller, UnsureAsked) else labeller
    return {"labeller": first.content_hash} if isinstance(first, TrainedLabeller) else {}


def _posts(posts: pl.DataFrame) -> Iterator[str]:
    for row in posts.iter_rows(named=True):
        at = row[Columns.AT].isoformat().replace("+00:00", "Z")
        yield json.dumps({"id": row[Columns.POST], "author": row[Columns.AUTHOR], "at": at, "text": row[Columns.TEXT]}, ensure_ascii=False)


def _mentions(mentions: pl.DataFrame) -> Iterator[str]:
    for row in mentions.iter_rows(named=True):
        facts = {"id": row[Columns.MENTION], "post_id": row[Columns.POST], "need_id": row[Columns.NEED], "level": row[Columns.LEVEL]}
        rest = {name: row[name] for name in (Columns.POLARITY, Columns.HORIZON, Columns.CONFIDENCE, Columns.EXTRACTOR)}
        yield json.dumps({**facts, **rest, "evidence": row[Columns.EVIDENCE]}, ensure_ascii=False)


def _facts(facts: pl.DataFrame) -> Iterator[str]:
    for row in facts.iter_rows(named=True):
        span = {"start": row[Columns.START], "end": row[Columns.END], "text": row[Columns.TEXT]}
        fact = {name: row[name] for name in (Columns.KIND, Columns.VALUE, Columns.CURRENCY, Columns.PERIOD)}
        yield json.dumps({"post_id": row[Columns.POST], **fact, "span": span}, ensure_ascii=False)
