"""Ranking a day for a reader: utilities, chances, interests, the slate, and the evidence for each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.component import Vectors, similarity
from broadsheet.core.config import Config
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announce, Announcement, ArtifactKind, Item
from broadsheet.core.seeds import generator
from broadsheet.report.affinity import AffinityConfig
from broadsheet.report.exploration import draw
from broadsheet.report.feedback.learning import LEAST_EFFECT, Feedback, LearningConfig, Lesson, learn
from broadsheet.report.interests import Interest, find_interests, stated_items
from broadsheet.report.model import Reason
from broadsheet.report.planned import EarlierPage, plan_page
from broadsheet.report.profile import Profile, Reader, same_person
from broadsheet.report.ranker.ranker import ReaderRanker, shipped
from broadsheet.report.scoring import Scoring
from broadsheet.report.slate import Slate, pick
from broadsheet.report.why import Bonus, bonuses, library_reasons, odds, rule_reasons, term_reasons
from broadsheet.stack.represented import Represented, represent

if TYPE_CHECKING:
    from broadsheet.plan.daily import DayPlan

_FOR_THE_SLATE = (Announce.NEW, Announce.CROSS)
IN_LIBRARY = "already in your library"
MARKED_READ = "you marked it as read"


class RankingConfig(Config):
    """Whether the dense model takes part, what a rule is worth, and whose weights are used.

    `include` and `follow` are what an include rule and a followed author add to a paper's log-odds.
    `ranker` is a folder that `broadsheet report fit` wrote; empty is the ranker that comes with the package. `learning` is what a reader's events are worth.
    """

    use_dense: bool = True
    affinity: AffinityConfig = AffinityConfig()
    include: Annotated[float, Field(ge=0)] = 1.5
    follow: Annotated[float, Field(ge=0)] = 3.0
    ranker: str = ""
    learning: LearningConfig = LearningConfig()


class Ranking(NamedTuple):
    """A ranked day: one entry of each list per announcement, in the order given.

    `scores` are odds against an average paper, `utilities` their logarithms. `chances` is the calibrated
    chance of each paper that can be picked, NaN for the others and without a library. `propensity`
    is each paper's chance of a place on the slate. `leading` is the interest of each paper's nearest
    library entry (None without a library), `left_out` what keeps it out of the slate
    (empty where nothing does). `ranker` says in words whose weights ranked. `plan` is over the papers that can be picked, in their order; `weights_of_plan` `[N]` is what it leaves
    of each paper's odds. `lesson` is what the reader's events came to, None without any.
    """

    scores: np.ndarray
    utilities: np.ndarray
    chances: np.ndarray
    propensity: np.ndarray
    leading: list[int | None]
    left_out: list[str]
    reasons: list[list[Reason]]
    slate: Slate
    interests: list[Interest]
    candidates: list[int]
    weights: np.ndarray
    library: tuple[Item, ...]
    vectors: Represented
    ranker: str
    plan: "DayPlan | None" = None
    weights_of_plan: np.ndarray | None = None
    lesson: Lesson | None = None


def rank(
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
) -> Ranking:
    """Rank a day's announcements for a reader.

    A paper's utility is that of the model of choice, plus what rules and followed authors add; its
    score is the exponential of it. Every reason is measured: the evidence is taken away and the
    paper is scored again. `earlier` are the reader's pages of the days before, of which a plan makes use,
    `feedback` what the reader did with them, of which the ranking learns, `beside` what other stages of a run add to papers' log-odds, by id.
    """
    profile = reader.profile
    items = [a.item for a in announcements]
    library = (*reader.library, *stated_items(profile.interests))
    vectors = represent(items, library, cache, background=[a.item for a in background], use_dense=config.use_dense, progress=progress)
    scoring = _scoring(announcements, library, background, vectors, config)
    kernel = scoring.kernel if scoring else np.zeros((len(items), len(library)))
    added = [bonuses(item, profile, include=config.include, follow=config.follow) for item in items]
    extra = np.array([sum(b.amount for b in found) for found in added])
    label = announcements[0].item.announced if announcements else None
    text = scoring.utilities() if scoring else None
    lesson = learn(feedback, items, vectors, config.learning, label, cache, spread=_spread(text)) if feedback else None
    if lesson is not None:
        extra = extra + lesson.effect
        added = [[*found, *_of_feedback(lesson, row)] for row, found in enumerate(added)]
    if beside:
        extra = extra + np.array([beside.get(item.id, 0.0) for item in items])
    scores = odds(text, extra)
    own = {item.id for item in library}
    read = lesson.read if lesson else frozenset()
    left_out = [IN_LIBRARY if item.id in own else MARKED_READ if item.id in read else why_left_out(item, profile) for item in items]
    eligible = [row for row, a in enumerate(announcements) if a.kind in _FOR_THE_SLATE and not left_out[row]]
    chances = _chances(scoring, extra, eligible)
    interests = find_interests(library, vectors) if library else []
    # An interest has a candidate where one of its papers lies near, not where many lie far.
    candidates = [kernel[:, list(i.rows)].max(axis=1) for i in interests]
    near = config.affinity.nearness(dense=vectors.dense is not None)
    plan, weights = plan_page(profile.plan, announcements, eligible, chances, earlier, profile.budget)
    slate, propensity = _slate(scores, candidates, near, eligible, chances, profile, announcements, vectors, weights)
    explained = sorted({*slate.rows, *(row for row, a in enumerate(announcements) if a.kind not in _FOR_THE_SLATE)})
    reasons = _all_reasons(scoring, items, explained, sorted(slate.rows), added, text, extra, scores, progress)
    leading = [int(np.argmax([s[row] for s in candidates])) if candidates and kernel[row].any() else None for row in range(len(items))]
    counted = [sum(1 for row in eligible if strength[row] >= near) for strength in candidates]
    utilities = extra if text is None else text + extra
    named = f"{scoring.ranker.origin}; {scoring.situation}" if scoring else ""
    return Ranking(
        scores, utilities, chances, propensity, leading, left_out, reasons, slate, interests, counted, kernel, library, vectors, named, plan, weights, lesson
    )


def _spread(text: np.ndarray | None) -> float:
    """Return the deviation of a day's utilities, 1 where there are none."""
    found = float(np.std(text)) if text is not None and np.isfinite(text).all() else 0.0
    return found or 1.0


def _of_feedback(lesson: Lesson, row: int) -> list[Bonus]:
    nearest = lesson.nearest[row]
    return [Bonus("feedback", lesson.titles[nearest], float(lesson.effect[row]), nearest)] if nearest and lesson.effect[row] >= LEAST_EFFECT else []


def _scoring(
    day: Sequence[Announcement], library: Sequence[Item], background: Sequence[Announcement], vectors: Represented, config: RankingConfig
) -> Scoring | None:
    if not library or not day:
        return None
    ranker = ReaderRanker.load(read_artifact(Path(config.ranker), ArtifactKind.RANKER)) if config.ranker else shipped()
    return Scoring(day, library, background, vectors, ranker, config.affinity)


def _chances(scoring: Scoring | None, extra: np.ndarray, eligible: Sequence[int]) -> np.ndarray:
    """Return each eligible paper's chance among the eligible, NaN elsewhere."""
    found = np.full(len(extra), np.nan)
    if scoring is not None and eligible:
        rows = list(eligible)
        found[rows] = scoring.choice.probability(scoring.utilities()[rows] + extra[rows])
    return found


def _slate(
    scores: np.ndarray,
    candidates: Sequence[np.ndarray],
    near: float,
    eligible: Sequence[int],
    chances: np.ndarray,
    profile: Profile,
    announcements: Sequence[Announcement],
    vectors: Represented,
    weights: np.ndarray,
) -> tuple[Slate, np.ndarray]:
    """Pick by score, and as a plan weighs, then give the places of exploration by chance; return the slate and every paper's propensity, given the plan."""
    apart = distances(vectors)
    places = round(profile.exploration * profile.budget) if np.isfinite(chances).any() else 0
    slate = pick(scores, candidates, near, eligible, profile.budget - places, profile.diversity_floor, apart, weights)
    propensity = np.zeros(len(scores))
    propensity[list(slate.rows)] = 1.0
    open_rows = [row for row in eligible if row not in slate.rows and all(apart(row, other) >= profile.diversity_floor for other in slate.rows)]
    rng = generator(0, "exploration", profile.name, str(announcements[0].item.announced) if announcements else "")
    drawn = draw(np.nan_to_num(chances[open_rows]), places, rng)
    propensity[open_rows] = drawn.propensity
    explored = tuple(sorted((open_rows[at] for at in drawn.rows), key=lambda row: (-scores[row], row)))
    return slate._replace(rows=(*slate.rows, *explored), explored=explored), propensity


def _all_reasons(
    scoring: Scoring | None,
    items: Sequence[Item],
    explained: Sequence[int],
    worded: Sequence[int],
    added: Sequence[Sequence[Bonus]],
    text: np.ndarray | None,
    extra: np.ndarray,
    scores: np.ndarray,
    progress: Progress,
) -> list[list[Reason]]:
    words = dict(zip(worded, term_reasons(items, worded, scoring, progress) if scoring else [[] for _ in worded], strict=True))
    reasons: list[list[Reason]] = []
    for row in range(len(items)):
        found = rule_reasons(added[row], None if text is None else float(text[row]), float(extra[row]), float(scores[row]))
        found += words.get(row, [])
        reasons.append(found + (library_reasons(row, scoring) if scoring and row in explained else []))
    return reasons


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
    return Distances(base)


class Distances:
    """Distances of candidates, called with two rows. Those to the second row are computed when it is first asked for: a slate asks for few of a large day's."""

    def __init__(self, rows: Vectors) -> None:
        self._rows = rows
        self._to: dict[int, np.ndarray] = {}

    def __call__(self, left: int, right: int) -> float:
        """Return the distance of two rows."""
        if right not in self._to:
            row: Any = self._rows[[right]]
            self._to[right] = 1.0 - similarity(self._rows, row)[:, 0]
        return float(self._to[right][left])
