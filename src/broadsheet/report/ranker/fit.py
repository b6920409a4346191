"""From files of papers to a fitted ranker."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from broadsheet.core.artifacts import Artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.errors import NoPapersError
from broadsheet.core.files import check_writable
from broadsheet.core.progress import Progress, silent
from broadsheet.report.authors import AuthorDays
from broadsheet.report.ranker.ranker import RankerConfig, ReaderRanker
from broadsheet.sources import read_source


def fit_history(sources: Sequence[str], out: Path, *, until: date | None = None, links: bool = True, seed: int = 0, progress: Progress = silent) -> Artifact:
    """Fit a ranker to the papers of files and folders, up to a label; lists stand for categories where both are known."""
    check_writable(out.parent)
    days = AuthorDays(read_source(list(sources)).announcements)
    papers = [a for a in days.papers if until is None or (a.item.announced and a.item.announced <= until)]
    if not papers:
        raise NoPapersError("No paper with a date is in this history.", "Give papers with a column `announced`, or a later --until.")
    items = [a.item.model_copy(update={"categories": a.lists or a.item.categories}) for a in papers]
    return ReaderRanker(RankerConfig(links=links)).fit(Catalogue(items), out, seed=seed, progress=progress)
