"""The rankers that are compared: each turns a moment and a user into signals, or into one plain score."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from sklearn.svm import LinearSVC

from broadsheet.report.affinity import AffinityConfig
from broadsheet.report.authors import UserDay
from broadsheet.report.interests import group_rows
from broadsheet.report.profile import Profile
from broadsheet.report.ranker.ranked import PapersRanker
from broadsheet.report.ranker.retrieved import PapersRetriever
from broadsheet.report.ranker.signals import products
from broadsheet.report.ranker.stream import Moment, PapersModel, Stream
from broadsheet.report.slate import pick

TITLE_WORDS = ("multimodal", "multi-modal", "generative", "llm")
SVM_NEGATIVES, SVM_C = 500, 0.1


class Seen(NamedTuple):
    """What an arm is given: the stream, a moment of it, a user, and a generator of its own."""

    stream: Stream
    moment: Moment
    user: UserDay
    rng: np.random.Generator

    def cosines(self, space: str) -> np.ndarray:
        """Return the cosines `[N, M]` of the candidates with the user's library, oldest first."""
        return self.moment.sight.cosines[space][:, self.user.library]


class Arm(NamedTuple):
    """A ranker: what it needs, and what it makes of a user's day.

    `see` returns `[N, F]`. With `learns` the columns are signals, to be weighed by a model of choice
    that is fitted on earlier labels; without, there is one column, the score. `arrange` turns
    scores, with the chances `[N]`, into those of another order. `seeded` says whether a seed changes anything.
    """

    see: Callable[[Seen], np.ndarray]
    learns: bool = False
    seeded: bool = False
    dense: bool = False
    links: bool = False
    stages: tuple[type[PapersModel], ...] = ()
    arrange: Callable[[Seen, np.ndarray, np.ndarray], np.ndarray] | None = None


def constant(seen: Seen) -> np.ndarray:
    """Score all alike: ties are ranked by mean, which is what chance gets."""
    return np.zeros(len(seen.moment.rows))


def title_words(seen: Seen) -> np.ndarray:
    """Score 1 where the title holds one of the four words of a well-known daily report."""
    titles = [seen.stream.days.blind(row).item.title.lower() for row in seen.moment.rows]
    return np.array([float(any(word in title for word in TITLE_WORDS)) for title in titles])


def lexical_mean(seen: Seen) -> np.ndarray:
    """Score by the mean TF-IDF cosine with the library."""
    return seen.cosines("lexical").mean(axis=1)


def dense_mean(seen: Seen) -> np.ndarray:
    """Score by the mean MiniLM cosine with the library."""
    return seen.cosines("dense").mean(axis=1)


def max_and_half_mean(seen: Seen) -> np.ndarray:
    """Score by the nearest library paper and half the mean."""
    return seen.cosines("lexical").max(axis=1) + 0.5 * lexical_mean(seen)


def recency(seen: Seen) -> np.ndarray:
    """Score by the mean TF-IDF cosine, the paper of rank r from the newest weighing 1 / (1 + log10(r + 1))."""
    cosines = seen.cosines("lexical")
    ranks = np.arange(cosines.shape[1])[::-1]
    weights = 1 / (1 + np.log10(ranks + 1))
    return cosines @ (weights / weights.sum())


def z_sum(seen: Seen) -> np.ndarray:
    """Score by the sum of both mean cosines, each in standard deviations of the day."""
    means = (lexical_mean(seen), dense_mean(seen))
    return np.sum([(m - m.mean()) / (m.std() or 1.0) for m in means], axis=0)


def svm(seen: Seen) -> np.ndarray:
    """Score by a linear SVM on TF-IDF rows: the library against 500 random papers before the label."""
    moment, known = seen.moment, seen.moment.known
    drawn = seen.rng.choice(known, size=min(known, SVM_NEGATIVES), replace=False)
    negatives = drawn[~np.isin(drawn, seen.user.library)]
    rows = np.concatenate([seen.user.library, negatives]).astype(np.int32)
    labels = np.repeat([1, 0], [len(seen.user.library), len(negatives)])
    lexical = seen.stream.lexical(known)
    machine = LinearSVC(C=SVM_C, class_weight="balanced", random_state=0).fit(lexical[rows], labels)
    return machine.decision_function(lexical[np.array(moment.rows, dtype=np.int32)])


def signals(*, circle: bool) -> Callable[[Seen], np.ndarray]:
    """Return what gives the signals of the page's ranker, with or without the circle of the library's authors."""

    def see(seen: Seen) -> np.ndarray:
        reading = seen.stream.reading(seen.user, seen.moment.known)
        return seen.moment.sight.signals(reading, circle=circle)

    return see


def said(seen: Seen) -> np.ndarray:
    """Return what models of papers say of the candidates."""
    return seen.stream.said(seen.moment, seen.user)


def with_said(seen: Seen) -> np.ndarray:
    """Return the signals of the page's ranker, and beside them what models of papers say."""
    return np.concatenate([signals(circle=True)(seen), said(seen)], axis=1)


def as_a_slate(seen: Seen, scores: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """Return scores `[N]` in the order of the page: the slate at the default floor and budget, then the rest.

    Interests are groups of the user's papers, as on the page; places of exploration are left out, so
    that what is measured is the cost of diversity alone.
    """
    del chances
    return slated(seen, scores, None)


def slated(seen: Seen, scores: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Return scores `[N]` in the order of the page, on which a paper's score is multiplied by its weight `[N]` where there are weights."""
    sight, library = seen.moment.sight, seen.user.library
    shelf = [rows[library] for rows in (sight.shelf.vectors["lexical"], sight.shelf.vectors["dense"])]
    apart = np.clip(1 - np.mean([products(rows, rows) for rows in shelf], axis=0), 0, None)
    np.fill_diagonal(apart, 0)
    interests = [sight.kernel[:, library[group]].max(axis=1) for group in group_rows((apart + apart.T) / 2)]
    profile = Profile()
    near = AffinityConfig().nearness(dense=True)
    assert seen.stream.dense is not None
    own = seen.stream.dense[seen.moment.rows]
    distances = 1 - own @ own.T
    rows = range(len(scores))
    slate = pick(scores, interests, near, list(rows), profile.budget, profile.diversity_floor, lambda a, b: float(distances[a, b]), weights)
    # The rest of the day stands below the slate on the page, by score.
    places = {row: place for place, row in enumerate([*slate.rows, *sorted(set(rows) - set(slate.rows), key=lambda row: -scores[row])])}
    return -np.array([places[row] for row in rows], dtype=np.float64)


OURS = "ours"
ARMS: Mapping[str, Arm] = {
    "random": Arm(constant),
    "four title words": Arm(title_words),
    "TF-IDF mean": Arm(lexical_mean),
    "MiniLM mean": Arm(dense_mean, dense=True),
    "max + half mean": Arm(max_and_half_mean),
    "recency-weighted cosine": Arm(recency),
    "TF-IDF SVM": Arm(svm, seeded=True),
    "z-sum of lexical and dense": Arm(z_sum, dense=True),
    OURS: Arm(signals(circle=True), learns=True, seeded=True, dense=True, links=True),
    "retrieve alone": Arm(said, learns=True, seeded=True, dense=True, stages=(PapersRetriever,)),
    "ours + retrieve": Arm(with_said, learns=True, seeded=True, dense=True, links=True, stages=(PapersRetriever,)),
    "rank alone": Arm(said, learns=True, seeded=True, dense=True, stages=(PapersRanker,)),
    "ours + rank": Arm(with_said, learns=True, seeded=True, dense=True, links=True, stages=(PapersRanker,)),
    "ours as a slate": Arm(signals(circle=True), learns=True, seeded=True, dense=True, links=True, arrange=as_a_slate),
    "ours without circle": Arm(signals(circle=False), learns=True, seeded=True, dense=True, links=True),
    "ours without links": Arm(signals(circle=True), learns=True, dense=True),
    "ours, words alone": Arm(signals(circle=True), learns=True),
}
# What is compared unless more is asked for; the others are ours with a part taken away.
COMPARED = tuple(name for name in ARMS if not name.startswith(f"{OURS}") or name in {OURS, "ours + retrieve", "ours + rank"})
