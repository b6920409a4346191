"""What annotators said of posts, read strictly from sheets: a row that cannot be meant is a fault with its line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import BroadsheetError, EmptySourceError, RecordError, TaxonomyError
from broadsheet.core.schema import Columns
from broadsheet.needs.agree.label_studio import is_tasks, read_tasks
from broadsheet.needs.agree.sheet import COLUMNS, Sheet, read_sheet
from broadsheet.needs.normal import NormalText, normalise
from broadsheet.needs.posts import places
from broadsheet.needs.records import Span
from broadsheet.needs.taxonomy import Taxonomy

# What a cell says of a post that speaks of no need; an empty cell says that nobody has looked.
NONE = "none"
MODEL = "llm:"
_LONGEST_NUMBER = 12


class Label(NamedTuple):
    """The one level, or NONE, that an annotator sees in a post, and the words that say so."""

    level: str
    spans: tuple[Span, ...] = ()


class Labelled(NamedTuple):
    """Labels by post and annotator, the posts' texts, the chance with which each was drawn where it is known, and rows that nobody has filled in.

    `repeated` counts words that stand more than once in their post, without a place: the first is taken.
    """

    labels: Mapping[tuple[str, str], Label]
    texts: Mapping[str, str]
    propensities: Mapping[str, float]
    unlabelled: int = 0
    repeated: int = 0

    @property
    def annotators(self) -> list[str]:
        """Who labelled anything, in the order of the alphabet."""
        return sorted({annotator for _, annotator in self.labels})


def is_model(annotator: str) -> bool:
    """Whether an annotator is a language model, which is no judge of itself."""
    return annotator.lower().startswith(MODEL)


def blank_sheet(posts: Sequence[tuple[str, str, float]], annotator: str = "") -> Sheet:
    """Return a sheet to fill in, of posts' ids, their texts, and the chance with which each was drawn."""
    rows = [
        {**dict.fromkeys(COLUMNS, ""), Columns.POST: post, Columns.TEXT: text, Columns.ANNOTATOR: annotator, Columns.PROPENSITY: f"{chance:.9g}"}
        for post, text, chance in posts
    ]
    return Sheet(COLUMNS, rows)


def read_labels(paths: Sequence[Path], taxonomy: Taxonomy, posts: Mapping[str, str] | None = None) -> tuple[Labelled, list[BroadsheetError]]:
    """Return the labels of sheets, and a fault of two lines for each row that cannot be used.

    Words are looked for, as the gate of evidence does, in `posts` where they are given, else in the sheet's own text. Raises as `read_sheet` does, and
    EmptySourceError where there is no row.
    """
    reader = _Reader(taxonomy, posts)
    for path in paths:
        sheet = read_tasks(path) if is_tasks(path) else read_sheet(path)
        for line, row in zip(sheet.lines, sheet.rows, strict=True):
            reader.take(row, f"{path.name}, line {line}")
    if not reader.texts and not reader.faults:
        raise EmptySourceError(f"{', '.join(path.name for path in paths)}: there is no row.", "Write rows with: broadsheet needs label")
    labels = {key: Label(level, tuple(reader.spans[key])) for key, level in reader.levels.items()}
    return Labelled(labels, reader.texts, reader.propensities, reader.unlabelled, reader.repeated), reader.faults


def level_of(cell: str, taxonomy: Taxonomy) -> str:
    """Return the id of the level, or NONE, that a cell names by its id or by its place in the order. Raises TaxonomyError."""
    name = cell.strip().lower()
    return NONE if name == NONE else taxonomy.resolve(None, name)[0].id


def locate(post: NormalText, words: str, start: int | None = None, end: int | None = None) -> tuple[Span, bool]:
    """Return where words stand in a post, and whether they stand there only once or at a stated place. Raises RecordError.

    >>> locate(normalise("The rent is due. The rent!"), "The rent")
    (Span(start=0, end=8, text='The rent'), False)
    """
    if (start is None) != (end is None):
        raise RecordError("there is a start or an end, not both", "Write both, or neither.")
    if start is not None and end is not None:
        found = post.original[start:end]
        if not 0 <= start < end <= len(post.original) or not found.strip():
            raise RecordError(f"{start} to {end} is no place of the post", "Count characters from 0, or leave start and end empty.")
        if words and normalise(found).text != normalise(words).text:
            raise RecordError(f"at {start} to {end} stands {found[:40]!r}, not {words[:40]!r}", "Mend the evidence, or leave start and end empty.")
        return Span(start=start, end=end, text=found), True
    quote = normalise(words).text
    standing = list(places(post, quote)) if quote else []
    if not standing:
        raise RecordError(f"{words[:60]!r} does not stand in the post", "Copy the words from the text, whole words as they stand there.")
    begin, close = post.span(standing[0], standing[0] + len(quote))
    return Span(start=begin, end=close, text=post.original[begin:close]), len(standing) == 1


class _Reader:
    """Takes rows one by one; keeps what can be used, and a fault for each other."""

    def __init__(self, taxonomy: Taxonomy, posts: Mapping[str, str] | None) -> None:
        self._taxonomy, self._posts = taxonomy, posts
        self._normal: dict[str, NormalText] = {}
        self.texts: dict[str, str] = {}
        self.levels: dict[tuple[str, str], str] = {}
        self.spans: dict[tuple[str, str], list[Span]] = {}
        self.propensities: dict[str, float] = {}
        self.faults: list[BroadsheetError] = []
        self.unlabelled = self.repeated = 0

    def take(self, row: Mapping[str, str], where: str) -> None:
        try:
            self._take(row)
        except (RecordError, TaxonomyError) as fault:
            self.faults.append(RecordError(f"{where}: {fault.what.rstrip('.')}.", fault.mend))

    def _take(self, row: Mapping[str, str]) -> None:
        post = self._post(row)
        self._weigh(post, row.get(Columns.PROPENSITY, ""))
        annotator, cell, words = (row.get(name, "").strip() for name in (Columns.ANNOTATOR, Columns.LEVEL, Columns.EVIDENCE))
        start, end = (_whole(row.get(name, ""), name) for name in (Columns.START, Columns.END))
        if not cell:
            if words or start is not None or end is not None:
                raise RecordError("there is evidence, and no level", "Write the level that it speaks of.")
            self.unlabelled += 1
            return
        level = level_of(cell, self._taxonomy)
        if not annotator:
            raise RecordError("a level, and nobody who says so", "Write who labelled it into the column annotator.")
        key = (post, annotator)
        if self.levels.get(key, level) != level:
            raise RecordError(f"{annotator} has called {post} {self.levels[key]!r} before, and {level!r} here", "Keep the one level the post is mostly about.")
        found = None
        if words or start is not None or end is not None:
            if level == NONE:
                raise RecordError(f"evidence for {NONE!r}", "Leave the evidence empty, or name a level.")
            found, is_sure = locate(self._normal[post], words, start, end)
            self.repeated += not is_sure
        self.levels[key] = level
        spans = self.spans.setdefault(key, [])
        spans += [found] if found and found not in spans else []

    def _post(self, row: Mapping[str, str]) -> str:
        post, text = row[Columns.POST], row[Columns.TEXT]
        post = post if post in self._normal or post in (self._posts or {}) else post.strip()
        if not post:
            raise RecordError("the row names no post", "Write the id of the post into the column post.")
        if post not in self._normal:
            if self._posts is not None and post not in self._posts:
                raise RecordError(f"there is no post {post!r} among the posts", "Check --posts, or leave the row out.")
            self.texts[post] = text if self._posts is None else self._posts[post]
            self._normal[post] = normalise(self.texts[post])
        if text != self.texts[post] and normalise(text).text != self._normal[post].text:
            raise RecordError(
                f"the text of {post!r} is not what it is elsewhere", "Take the text from the posts anew: labels are about words that stand there."
            )
        return post

    def _weigh(self, post: str, cell: str) -> None:
        if not cell.strip():
            return
        try:
            chance = float(cell.strip().replace(",", "."))
        except ValueError:
            chance = -1.0
        if not 0 < chance <= 1:
            raise RecordError(f"the propensity is {cell[:20]!r}", "Leave it as it was written: a number above 0, at most 1.")
        if self.propensities.setdefault(post, chance) != chance:
            raise RecordError(f"{post!r} has another propensity elsewhere", "Label sheets that were drawn alike, or empty that column.")


def _whole(cell: str, name: str) -> int | None:
    if not cell.strip():
        return None
    if not cell.strip().isdecimal() or len(cell.strip()) > _LONGEST_NUMBER:
        raise RecordError(f"the {name} is {cell[:20]!r}", "Write a whole number, or leave it empty.")
    return int(cell)
