"""The needs that a run read in posts, as a page shows them: levels, needs, words that say so, the verdict, and goals; no small number of people."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from broadsheet.core.artifacts import Artifact, read_artifact
from broadsheet.core.errors import ArtifactError
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.needs.cells import Count, count, parts
from broadsheet.needs.claims import read_claims
from broadsheet.needs.hierarchy.inputs import read_authors
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.posts import written
from broadsheet.needs.taxonomy import DEFAULT, Level, Taxonomy, open_taxonomy
from broadsheet.needs.view.page import HEADLINES, STRENGTHS, VERDICTS
from broadsheet.needs.view.quotes import Said, quotations
from broadsheet.needs.view.sheet import LevelRow, Quotation
from broadsheet.stack.record import RunRecord
from broadsheet.stack.steps.needs import GOALS, NAME, VERDICT, read_verdict

WHOLE: Final = "none in particular"
MOST: Final = 100
"""So many quotations of a level are held, so that there are some of each need; the page shows fewer at a time."""


class NeedRow(NamedTuple):
    """A need under a level and how many people speak of it; the level's own id stands for no need in particular."""

    id: str
    name: str
    definition: str
    people: Count

    @property
    def is_told(self) -> bool:
        """Whether it is known that somebody speaks of it, and may be told."""
        return isinstance(self.people, int) and self.people > 0


class LevelShown(NamedTuple):
    """A level with its figures, its needs, and sentences of different people that say so."""

    row: LevelRow
    definition: str
    needs: tuple[NeedRow, ...]
    quotations: tuple[Quotation, ...]

    def of(self, need: str) -> tuple[Quotation, ...]:
        """Return the quotations of one need, all of them where none is named."""
        names = {one.id: one.name for one in self.needs}
        return tuple(one for one in self.quotations if not need or one.need == names.get(need))


class Tested(NamedTuple):
    """What may be told of the hierarchy: the verdict in few words and in one sentence, why, and H with its interval."""

    headline: str
    verdict: str
    reason: str
    H: float | None
    low: float | None
    high: float | None
    strength: str


class Turn(NamedTuple):
    """What readers turn to after a post on a level: levels, and how many times as often as usual items of each are opened."""

    said: str
    readers: Count
    towards: tuple[tuple[str, float], ...]


class Pyramid(NamedTuple):
    """All that is shown of the needs of a run. Levels are in the taxonomy's order, the most basic first."""

    title: str
    k: int
    people: Count
    posts: Count
    mentions: Count
    levels: tuple[LevelShown, ...]
    tested: Tested | None
    turns: tuple[Turn, ...]
    models: dict[str, str]
    hash: str

    @property
    def widest(self) -> float:
        """The largest share of people that is drawn."""
        return max((one.row.share_high or one.row.share or 0.0 for one in self.levels), default=1.0) or 1.0

    def name(self, level: str) -> str:
        """Return the name of a level."""
        return next((one.row.name for one in self.levels if one.row.id == level), level)


def pyramid_of(folder: Path, record: RunRecord) -> Pyramid:
    """Read what a run's step left. Raises ArtifactError where it is not there or was changed, and TaxonomyError where its taxonomy cannot be read."""
    step = record.step(NAME)
    if step is None or not step.ready:
        raise ArtifactError("The run has read no posts.", "Let it: broadsheet run --again --out FOLDER --set stages.needs=minilm")
    return _read(folder / step.artefact, step.content_hash, str(record.settings.get("taxonomy") or DEFAULT))


@lru_cache(maxsize=4)
def _read(path: Path, content_hash: str, levels: str) -> Pyramid:
    held = read_artifact(path, ArtifactKind.NEEDS)
    if held.content_hash != content_hash:
        raise ArtifactError(f"{path.name} is another artefact than the run left.", "Run again: broadsheet run")
    known = open_taxonomy(levels)
    verdict = read_verdict(path) if VERDICT in held.manifest.files else None
    k = int(verdict["suppressed"]["k"]) if verdict else AnalysisPlan().k
    posts, mentions = held.frame("posts"), held.frame("mentions")
    spoken = mentions.join(posts.select(Columns.POST, Columns.AUTHOR), on=Columns.POST).select(Columns.AUTHOR, Columns.LEVEL, Columns.NEED).unique()
    people = posts[Columns.AUTHOR].n_unique()
    rows = _rows(known, verdict, spoken, people, k)
    needs = {row.id: _needs(level, row, spoken, k) for level, row in zip(known.levels, rows, strict=True)}
    quoted = _quoted(path, known, [row.id for row in rows if isinstance(row.people, int) and row.people], needs)
    few = 0 < people < k
    return Pyramid(
        title=known.title,
        k=k,
        people=count(people, k),
        posts="withheld" if few else len(posts),
        mentions="withheld" if few else len(mentions),
        levels=tuple(
            LevelShown(row, level.definition, needs[row.id], tuple(one for one in quoted if one.level == row.id))
            for level, row in zip(known.levels, rows, strict=True)
        ),
        tested=_tested(verdict) if verdict else None,
        turns=_turns(held, [row.id for row in rows if row.share is not None], k),
        models=dict(held.manifest.models),
        hash=content_hash,
    )


def _rows(known: Taxonomy, verdict: Mapping[str, Any] | None, spoken: pl.DataFrame, people: int, k: int) -> list[LevelRow]:
    """Return the levels as the verdict tells them; where there was no test, their people are counted here."""
    names = {level.id: level for level in known.levels}
    if verdict is not None:
        told = [(one, one["people"], one["share"]) for one in verdict["levels"]]
    else:
        counted = dict(spoken.group_by(Columns.LEVEL).agg(pl.col(Columns.AUTHOR).n_unique()).iter_rows())
        some = [int(counted.get(name, 0)) for name in names]
        shown = [parts([one], [people], k)[0] for one in some]
        told = [({"id": name}, part.people, part.share) for name, part in zip(names, shown, strict=True)]
    rows = []
    for one, speak, share in told:
        level = names[one["id"]]
        (low, high), (least, most) = (one.get(name) or (None, None) for name in ("share_interval", "H_interval"))
        figures = {"H": one.get("H"), "H_low": least, "H_high": most, "not_monotone": one.get("not_monotone"), "crossing": one.get("crossing")}
        rows.append(LevelRow(id=level.id, name=level.name, order=level.order, people=speak, share=share, share_low=low, share_high=high, **figures))
    return rows


def _needs(level: Level, row: LevelRow, spoken: pl.DataFrame, k: int) -> tuple[NeedRow, ...]:
    """Return the needs of a level; where its people are not told, nobody's needs are."""
    of = row.people if isinstance(row.people, int) else 0
    counted = dict(spoken.filter(pl.col(Columns.LEVEL) == level.id).group_by(Columns.NEED).agg(pl.col(Columns.AUTHOR).n_unique()).iter_rows()) if of else {}
    named = [(one.id, one.name, one.definition) for one in level.needs] + [(level.id, WHOLE, "The level is spoken of, and none of its needs in particular.")]
    told = parts([int(counted.get(one[0], 0)) for one in named], [of] * len(named), k)
    return tuple(NeedRow(*one, part.people) for one, part in zip(named, told, strict=True)) if of else ()


def _quoted(path: Path, known: Taxonomy, levels: Sequence[str], needs: Mapping[str, Sequence[NeedRow]]) -> list[Quotation]:
    """Return what was said, word for word; a need that few speak of is not named, nor is any month."""
    texts = {one.post: one.text for one in written(path / "posts.jsonl")}
    found = quotations(Said(read_claims(path / "mentions.jsonl"), texts), read_authors(path / "posts.jsonl"), known, levels, MOST)
    named = {level: {one.name for one in rows if one.is_told} for level, rows in needs.items()}
    whole = {level: next((one.name for one in rows if one.id == level and one.is_told), "") for level, rows in needs.items()}
    return [
        one.model_copy(update={"month": "", "need": (one.need or whole[one.level]) if (one.need or whole[one.level]) in named[one.level] else ""})
        for one in found
    ]


def _tested(verdict: Mapping[str, Any]) -> Tested:
    low, high = verdict["intervals"].get("H") or (None, None)
    named = str(verdict["verdict"])
    return Tested(HEADLINES[named], VERDICTS[named], str(verdict["reason"]), verdict["H"], low, high, STRENGTHS[str(verdict["strength"])])


def _turns(held: Artifact, told: Sequence[str], k: int) -> tuple[Turn, ...]:
    """Return what posts were followed by, from the goals of all readers; of levels whose people are not told, nothing."""
    if GOALS not in held.manifest.files:
        return ()
    goals = [one for one in json.loads((held.path / GOALS).read_text(encoding="utf-8")).values() if one]
    readers = Counter(one[0]["said"] for one in goals)
    towards = {one[0]["said"]: tuple((goal["level"], float(goal["times"])) for goal in one) for one in goals}
    return tuple(Turn(level, count(readers[level], k), towards[level]) for level in told if level in towards)
