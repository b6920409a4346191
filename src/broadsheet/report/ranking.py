"""Ranking a day for a reader: scores, interests, the slate, and the evidence for each."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from broadsheet.core.component import similarity
from broadsheet.core.config import Config
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announce, Announcement, Item
from broadsheet.report.affinity import AffinityConfig, affinity
from broadsheet.report.interests import Interest, find_interests, stated_items
from broadsheet.report.model import Reason
from broadsheet.report.profile import Profile, Reader, same_person
from broadsheet.report.slate import Slate, pick
from broadsheet.report.why import Bonus, bonuses, library_reasons, term_reasons
from broadsheet.stack import Represented, represent

_FOR_THE_SLATE = (Announce.NEW, Announce.CROSS)


class RankingConfig(Config):
    """Whether the dense model takes part, and how nearness becomes a score."""

    use_dense: bool = True
    affinity: AffinityConfig = AffinityConfig()


class Ranking(NamedTuple):
    """A ranked day: one entry of each list per announcement, in the order given.

    `leading` is the interest of each paper's nearest library entry (None without a library), `left_out` what keeps
    it out of the slate (empty where nothing does).
    """

    scores: np.ndarray
    leading: list[int | None]
    left_out: list[str]
    reasons: list[list[Reason]]
    slate: Slate
    interests: list[Interest]
    candidates: list[int]
    weights: np.ndarray
    library: tuple[Item, ...]
    vectors: Represented


def rank(announcements: Sequence[Announcement], reader: Reader, config: RankingConfig, cache: Path | None, progress: Progress = silent) -> Ranking:
    """Rank a day's announcements for a reader.

    A score is the paper's kernel sum over the reader's library and stated interests, plus
    what rules and followed authors add; all its parts are non-negative and none depends on
    another, so taking evidence away always lowers the score it stands behind.
    """
    profile = reader.profile
    items = [a.item for a in announcements]
    library = (*reader.library, *stated_items(profile.interests))
    vectors = represent(items, library, cache, use_dense=config.use_dense, progress=progress)
    same = np.array([[item.id == other.id for other in library] for item in items]).reshape(len(items), len(library))
    near_to = affinity(vectors, same, config.affinity)
    added = [bonuses(item, profile, near_to.near, config.affinity) for item in items]
    scores = near_to.totals() + np.array([sum(b.amount for b in extra) for extra in added])
    left_out = ["already in your library" if same[row].any() else why_left_out(item, profile) for row, item in enumerate(items)]
    eligible = [row for row, a in enumerate(announcements) if a.kind in _FOR_THE_SLATE and not left_out[row]]
    interests = find_interests(library, vectors) if library else []
    strengths = [near_to.kernel[:, list(i.rows)] for i in interests]
    # An interest has a candidate where one of its papers lies near, not where many lie far.
    candidates = [s.max(axis=1) for s in strengths]
    slate = pick(scores, candidates, near_to.near, eligible, profile.budget, profile.diversity_floor, distances(vectors))
    explained = sorted(slate.rows)
    terms = dict(zip(explained, term_reasons(items, explained, near_to.kernel, scores, vectors, config.affinity, progress), strict=True))
    reasons = [_reasons(terms.get(row, []), library_reasons(near_to.kernel[row], library, scores[row]), added[row], scores[row]) for row in range(len(items))]
    leading = [int(np.argmax([s[row] for s in candidates])) if strengths and near_to.kernel[row].any() else None for row in range(len(items))]
    counted = [sum(1 for row in eligible if strength[row] >= near_to.near) for strength in candidates]
    return Ranking(scores, leading, left_out, reasons, slate, interests, counted, near_to.kernel, library, vectors)


def why_left_out(item: Item, profile: Profile) -> str:
    """Say which rule of the profile keeps a paper out of the slate; empty where none does."""
    for rule in profile.exclude:
        if rule.matches(item):
            return f"your rule against {rule.describe()}"
    included = any(rule.matches(item) for rule in profile.include)
    if profile.only == "included" and not included:
        return "no rule of yours includes it"
    followed = any(same_person(name, other) for name in item.creators for other in profile.follow)
    if profile.categories and item.categories and not included and not followed and not set(item.categories) & set(profile.categories):
        return f"not in {', '.join(profile.categories)}"
    return ""


def distances(vectors: Represented) -> "Distances":
    """Return the distance 1 - cosine between two candidates: dense where there is a model, else of words."""
    base = vectors.dense_candidates if vectors.dense_candidates is not None else vectors.lexical_candidates
    return Distances(1.0 - similarity(base, base))


class Distances(NamedTuple):
    """All distances `[N, N]`, called with two rows."""

    matrix: np.ndarray

    def __call__(self, left: int, right: int) -> float:
        """Return the distance of two rows."""
        return float(self.matrix[left, right])


def _reasons(terms: list[Reason], library: list[Reason], extra: Sequence[Bonus], score: float) -> list[Reason]:
    rules = [Reason(kind=b.kind, text=b.text, share=float(b.amount / score)) for b in extra if score > 0]
    return [*rules, *terms, *library]
