"""Making a profile from what a reader has at hand: a library, ids, a name, or words."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import tomli_w

from broadsheet import sample
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.errors import ProfileError
from broadsheet.core.files import write_file
from broadsheet.core.schema import Item
from broadsheet.report.profile import Profile, same_person
from broadsheet.sources import read_library, read_source
from broadsheet.sources.arxiv.ids import as_arxiv_id

_HEADER = """\
# A profile for Broadsheet. Every field, with what it means: broadsheet profile fields
"""


class NewProfile(NamedTuple):
    """A profile to write: its data, a library to write beside it, and what to tell the reader."""

    data: dict[str, object]
    library: tuple[Item, ...]
    remarks: tuple[str, ...]


def from_library(path: Path, out: Path) -> NewProfile:
    """Take a BibTeX, CSL-JSON or table file as the library; it is named relative to the profile."""
    items = read_library(path)
    bare = sum(1 for item in items if not item.text)
    remarks = [f"{len(items)} papers in the library."] + ([f"{bare} of them have no abstract: only their titles count."] if bare else [])
    relative = os.path.relpath(path.resolve(), out.resolve().parent)
    return NewProfile({"library": [relative]}, (), tuple(remarks))


def from_ids(ids: Sequence[str], sources: Sequence[str]) -> NewProfile:
    """Take papers by id; those found in the sources are kept beside the profile, the others as seeds."""
    if not ids:
        raise ProfileError("No ids were given.", "Write for example: broadsheet profile new --from ids 2602.06393 2602.06654 --source FILE")
    catalogue = _catalogue(sources)
    keys = [i if i in catalogue or not (number := as_arxiv_id(i)) else number.key for i in ids]
    found, unknown = catalogue.select(keys)
    remarks = [f"{len(found)} of {len(keys)} papers found."] + ([f"Not found, kept as seeds for later: {', '.join(unknown)}."] if unknown else [])
    return NewProfile({"seeds": list(unknown)} if unknown else {}, found, tuple(remarks))


def from_author(name: str, sources: Sequence[str]) -> NewProfile:
    """Follow an author, and take the author's papers in the sources as the library."""
    papers = tuple(item for item in _catalogue(sources) if any(same_person(name, creator) for creator in item.creators))
    if not papers:
        raise ProfileError(
            f"No paper by {name!r} in {', '.join(sources) or 'the sample'}.", "Give a source that has some: --source FILE, or write the name in full."
        )
    return NewProfile({"name": name, "follow": [name]}, papers, (f"{len(papers)} papers by {name}.",))


def from_words(texts: Sequence[str]) -> NewProfile:
    """Take texts as interests, several separated by semicolons."""
    interests = [part.strip() for text in texts for part in text.split(";") if part.strip()]
    if not interests:
        raise ProfileError("No words were given.", 'Write for example: broadsheet profile new --from words "dense retrieval; evaluation"')
    return NewProfile({"interests": interests}, (), (f"{len(interests)} interest{'s' if len(interests) > 1 else ''}.",))


def write_profile(new: NewProfile, out: Path, *, replace: bool = False) -> Path:
    """Write the profile, and its library beside it; a file that is there is kept unless `replace`."""
    if out.exists() and not replace:
        raise ProfileError(f"{out} is there already.", "Name another file with --out, or add --replace.")
    data = dict(new.data)
    if new.library:
        beside = out.with_suffix(".library.jsonl")
        write_file(beside, "".join(_line(item) for item in new.library))
        data["library"] = [beside.name]
    Profile.model_validate(data).check()
    write_file(out, _HEADER + tomli_w.dumps({**data, "budget": Profile().budget, "diversity_floor": Profile().diversity_floor}))
    return out


def _line(item: Item) -> str:
    return item.model_dump_json(include={"id", "title", "text", "url", "creators", "categories", "version"}) + "\n"


def _catalogue(sources: Sequence[str]) -> Catalogue:
    announcements = read_source(sources).announcements if sources else sample.announcements()
    newest: dict[str, Item] = {}
    for announcement in announcements:
        item = announcement.item
        if item.id not in newest or item.version >= newest[item.id].version:
            newest[item.id] = item
    return Catalogue(newest.values())
