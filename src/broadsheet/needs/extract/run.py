"""A file of posts to an artefact of needs: posts without personal data, mentions, what was rejected, facts and claims."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import polars as pl

from broadsheet.core.artifacts import Artifact, Manifest, check_replaceable, write_artifact
from broadsheet.core.catalogue import text_hash
from broadsheet.core.files import file_hash
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.needs.extract.extractor import Extracted, Extractor
from broadsheet.needs.label.asked import AskedLabeller, UnsureAsked
from broadsheet.needs.label.labels import NeedLabeller
from broadsheet.needs.label.trained import TrainedLabeller
from broadsheet.needs.posts import written

# Posts that are read at a time.
BATCH = 2000
FRAMES = ("posts", "mentions", "rejected", "facts", "claims")


def extract(path: Path, out: Path, extractor: Extractor, progress: Progress = silent) -> Artifact:
    """Extract from all posts of a file of JSON lines, and write the artefact.

    Beside the frames it holds posts.jsonl and mentions.jsonl, which `broadsheet needs gate` and `infer` read. Raises EmptySourceError, RecordError or OutputError.
    """
    check_replaceable(out, ArtifactKind.NEEDS)
    rows = [(one.post, one.author, one.at * 1_000_000, one.text) for one in written(path)]
    parts, left = [], iter(rows)
    for start in range(0, len(rows), BATCH):
        parts.append(extractor(pl.DataFrame(list(islice(left, BATCH)), schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT], orient="row")))
        progress("posts", min(start + BATCH, len(rows)), len(rows))
    found = Extracted.together(parts)
    asked = _asked(extractor.labeller)
    manifest = Manifest(
        kind=ArtifactKind.NEEDS,
        config={"taxonomy": extractor.taxonomy.name, "floor": extractor.floor},
        parents={"posts": file_hash(path), "taxonomy": text_hash(extractor.taxonomy.model_dump_json()), **_trained(extractor.labeller)},
        models={"labeller": extractor.labeller.name, "extractor": extractor.name},
        metrics={name: float(len(frame)) for name, frame in zip(FRAMES, found, strict=True)}
        | {Columns.REPLACED: float(found.posts[Columns.REPLACED].sum())}
        | asked,
    )

    def fill(stage: Path) -> None:
        (stage / "posts.jsonl").write_text("".join(f"{line}\n" for line in _posts(found.posts)), encoding="utf-8")
        (stage / "mentions.jsonl").write_text("".join(f"{line}\n" for line in _mentions(found.mentions)), encoding="utf-8")

    return write_artifact(out, manifest, frames=dict(zip(FRAMES, found, strict=True)), fill=fill)


def _trained(labeller: NeedLabeller) -> dict[str, str]:
    """Return the hash of the labeller where it was learnt from labels."""
    first = labeller.first if isinstance(labeller, UnsureAsked) else labeller
    return {"labeller": first.content_hash} if isinstance(first, TrainedLabeller) else {}


def _asked(labeller: NeedLabeller) -> dict[str, float]:
    """Return what a language model was asked, and how many sentences got no answer, by reason; the same whether answers were paid now or before."""
    second = labeller.second if isinstance(labeller, UnsureAsked) else labeller
    if not isinstance(second, AskedLabeller):
        return {}
    sent = {"sent": float(labeller.sent)} if isinstance(labeller, UnsureAsked) else {}
    return sent | {f"unlabelled {reason}": float(count) for reason, count in second.failures.items()}


def _posts(posts: pl.DataFrame) -> Iterator[str]:
    for row in posts.iter_rows(named=True):
        at = row[Columns.AT].isoformat().replace("+00:00", "Z")
        yield json.dumps({"id": row[Columns.POST], "author": row[Columns.AUTHOR], "at": at, "text": row[Columns.TEXT]}, ensure_ascii=False)


def _mentions(mentions: pl.DataFrame) -> Iterator[str]:
    for row in mentions.iter_rows(named=True):
        span = {"start": row[Columns.START], "end": row[Columns.END], "text": row[Columns.TEXT]}
        facts = {"id": row[Columns.MENTION], "post_id": row[Columns.POST], "need_id": row[Columns.NEED], "level": row[Columns.LEVEL]}
        rest = {name: row[name] for name in (Columns.POLARITY, Columns.HORIZON, Columns.CONFIDENCE, Columns.EXTRACTOR)}
        yield json.dumps({**facts, **rest, "evidence": [span]}, ensure_ascii=False)
