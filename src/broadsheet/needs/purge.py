"""One author taken out of what was kept: the folder of an extraction is written anew, and what a language model replied about that author's posts goes from the store."""

from pathlib import Path

import polars as pl

from broadsheet.core.artifacts import MANIFEST, Artifact, Manifest, read_artifact
from broadsheet.core.errors import OutputError, SourceNotFoundError
from broadsheet.core.llm import Ledger
from broadsheet.core.schema import ArtifactKind, Columns, Record
from broadsheet.core.store import Store
from broadsheet.needs.extract.asked import said_and_unanswered
from broadsheet.needs.extract.frames import Extracted
from broadsheet.needs.extract.run import write_extracted
from broadsheet.needs.pseudonyms import pseudonym

# Under this name the manifest says that authors were taken out.
PURGED = "purged"


class Purged(Record):
    """What was removed. `shared` are requests whose reply stays, for somebody else wrote the same words; the ledger keeps the counts of all calls."""

    posts: int
    mentions: int
    rejected: int
    facts: int
    ratings: int
    claims: int
    replies: int
    shared: int


def purge(folder: Path, author: str, key: bytes, store: Store) -> Purged:
    """Take an author out of an extraction; replies go first, so that a run that was stopped is made whole by another.

    Raises ArtifactError where `folder` holds no extraction, SourceNotFoundError where it has no post by that author under this key, OutputError where it holds files
    that are not its own, which may tell of the author too, and StoreError.
    """
    artifact = read_artifact(folder, ArtifactKind.NEEDS)
    if strange := sorted({path.name for path in folder.iterdir()} - {*artifact.manifest.files, MANIFEST}):
        what = f"{folder} holds {', '.join(strange)}, which the extraction did not write and which may tell of the author."
        raise OutputError(what, "Delete it or move it away, and give the command again.")
    found = Extracted(*(artifact.frame(name) for name in Extracted._fields))
    theirs = found.posts.filter(pl.col(Columns.AUTHOR) == pseudonym(author, key))[Columns.POST]
    if theirs.is_empty():
        what = f"{folder} has no post by {author!r}."
        raise SourceNotFoundError(what, "Write the name as the file of posts has it, under the BROADSHEET_HOME that the posts were read with.")
    kept = Extracted(*(frame.filter(~pl.col(Columns.POST).is_in(theirs.implode())) for frame in found))
    about, others = ({*frame[Columns.CALL].to_list()} for frame in (found.asked.filter(pl.col(Columns.POST).is_in(theirs.implode())), kept.asked))
    replies = Ledger(store).forget(about - others)
    write_extracted(folder, _manifest(artifact, kept, len(theirs)), kept)
    gone = {name: len(before) - len(after) for name, before, after in zip(Extracted._fields[:-1], found, kept, strict=False)}
    return Purged(**gone, replies=replies, shared=len(about & others))


def _manifest(artifact: Artifact, kept: Extracted, posts: int) -> Manifest:
    """Return the manifest of what is left: what can be counted anew is, and what cannot goes."""
    before = artifact.manifest
    earlier = before.config.get(PURGED, {"authors": 0, "posts": 0})
    purged = {"authors": earlier["authors"] + 1, "posts": earlier["posts"] + posts}
    return Manifest(
        kind=before.kind,
        config={**before.config, PURGED: purged},
        parents={**before.parents, "before": artifact.content_hash},
        models=before.models,
        metrics=said_and_unanswered(kept) if "said" in before.metrics else {},
    )
