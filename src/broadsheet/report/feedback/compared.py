"""A page that compares two rankings: ranked by both and drafted, or by the one whose arm the reader is in."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from broadsheet.core.config import build
from broadsheet.core.errors import ProfileError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement
from broadsheet.report.feedback.compare import laid_over
from broadsheet.report.feedback.interleave import coin, draft, inclusion
from broadsheet.report.feedback.learning import Feedback
from broadsheet.report.feedback.split import assign
from broadsheet.report.model import Comparison
from broadsheet.report.planned import EarlierPage
from broadsheet.report.profile import Profile, Reader
from broadsheet.report.ranking import Ranking, RankingConfig, distances, rank
from broadsheet.report.slate import Slate


class Compared(NamedTuple):
    """A page's ranking, and what it compares: nothing where the profile asks for no comparison."""

    ranking: Ranking
    comparison: Comparison | None


def rank_compared(
    announcements: Sequence[Announcement],
    reader: Reader,
    config: RankingConfig,
    cache: Path | None,
    progress: Progress = silent,
    *,
    background: Sequence[Announcement] = (),
    earlier: Sequence[EarlierPage] = (),
    feedback: Feedback | None = None,
    beside: Mapping[str, float] | None = None,
) -> Compared:
    """Rank a day as `rank` does; with `[compare]` in the profile by both rankings, drafted into one slate, or by that of the reader's arm.

    Of a drafted page scores and exploration are the first ranking's. A paper's propensity is its chance over the coins, and over exploration.
    """
    compare = reader.profile.compare

    def ranked(arm: str) -> Ranking:
        settings = laid_over(config.model_dump(), getattr(compare, arm)) if arm else config.model_dump()
        chosen = build(RankingConfig, settings, f"compare.{arm}", ProfileError)
        return rank(announcements, reader, chosen, cache, progress, background=background, earlier=earlier, feedback=feedback, beside=beside)

    if not compare.wanted:
        return Compared(ranked(""), None)
    told = {"name": compare.name, "form": compare.form, "a": compare.a, "b": compare.b}
    if compare.form == "split":
        arm = assign(compare.name, reader.profile.name, compare.shares)
        return Compared(ranked(arm), Comparison(**told, arm=arm, share=compare.shares[arm]))
    ranking, teams = _drafted(ranked("a"), ranked("b"), reader.profile, announcements)
    return Compared(ranking, Comparison(**told, teams=teams))


def _drafted(first: Ranking, second: Ranking, profile: Profile, announcements: Sequence[Announcement]) -> tuple[Ranking, tuple[str, ...]]:
    """Draft the two slates, exploration aside, and put behind them what the first ranking explores; return whose each slot is."""
    ours, theirs = ([str(row) for row in one.slate.rows if row not in one.slate.explored] for one in (first, second))
    budget = max(len(ours), len(theirs))
    apart = distances(first.vectors)

    def too_near(item: str, slate: Sequence[str]) -> bool:
        return any(apart(int(item), int(other)) < profile.diversity_floor for other in slate)

    label = announcements[0].item.announced if announcements else None
    if label is None or not budget:
        return first, ("both",) * len(first.slate.rows)
    made = draft(ours, theirs, budget, coin(profile.compare.seed, profile.compare.name, profile.name, label), too_near=too_near)
    rows = [int(item) for item in made.items]
    explored = tuple(row for row in first.slate.explored if row not in rows)
    own = set(first.slate.rows) - set(first.slate.explored)
    chance = np.array([0.0 if row in own else value for row, value in enumerate(first.propensity)])
    for item, share in inclusion(ours, theirs, budget, too_near=too_near).items():
        chance[int(item)] = share + (1 - share) * chance[int(item)]
    slate = Slate(
        rows=(*rows, *explored),
        uncovered=tuple(sorted(set(first.slate.uncovered) & set(second.slate.uncovered))),
        copies={row: near for row, near in first.slate.copies.items() if row not in rows and near in rows},
        explored=explored,
    )
    reasons = [mine or other for mine, other in zip(first.reasons, second.reasons, strict=True)]
    return first._replace(slate=slate, propensity=chance, reasons=reasons), (*made.teams, *("nobody",) * len(explored))
