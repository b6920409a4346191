"""What a reader's events say of today's papers: log-odds that are added to the ranking, and the evidence for each."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field
from scipy import sparse
from scipy.special import expit

from broadsheet.core.catalogue import Catalogue, reading_text
from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.config import Config
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.schema import Event, Item
from broadsheet.core.store import Store
from broadsheet.report.feedback.record import ACTS, CATEGORY, LESS, NOT_MY_FIELD, OPENED, READ, SHOWN, WANTED, acts, standing
from broadsheet.stack.represented import Represented

# Newton's steps end here, or where nothing moves any more.
STEPS, STILL = 50, 1e-9
UNWANTED = (LESS, NOT_MY_FIELD)
# Log-odds below this are not worth a reason.
LEAST_EFFECT = 0.01


class LearningConfig(Config):
    """How much an act counts, and how far what is learnt from it goes.

    An act weighs by its kind (`saved`, `more`, `opened`, `less`, `not_my_field`) and half as much after `half_life` days. It is divided by the chance
    that it had to happen, as far as that is known: the paper's propensity, and for an opened one the chance that anybody looks so far down, slot to the
    power of -`position`; no act counts more than `clip` times for that. A paper that was shown above one that was taken up, and passed over, weighs
    `passed_over` against its like, where at least `several` that are alike (a cosine of `alike`) were. `penalty` is the ridge of the reader's interest, `words` the share of words in
    its kernel where there are dense vectors, `reach` how many deviations of the day's utilities one of its log-odds is worth, `bound` the most that it can come to, which it nears as a
    hyperbolic tangent does. A category of the `field` that is not the reader's loses
    that times ln(1 + acts against it / (1 + acts for it)), where one against the category itself counts `category` acts. `most` acts are learnt from, the newest.
    What was taken up also joins the papers of the profile, by the share `library`: so far a paper's utility moves to what the ranker says of the larger library. What was opened, and
    no more, is then learnt by that alone.
    `hide_read` leaves out what was marked as read.
    """

    saved: Annotated[float, Field(ge=0)] = 1.5
    more: Annotated[float, Field(ge=0)] = 1.5
    opened: Annotated[float, Field(ge=0)] = 1.0
    less: Annotated[float, Field(ge=0)] = 1.5
    not_my_field: Annotated[float, Field(ge=0)] = 1.5
    passed_over: Annotated[float, Field(ge=0)] = 0.1
    several: Annotated[int, Field(ge=2)] = 3
    alike: Annotated[float, Field(ge=0, le=1)] = 0.2
    half_life: Annotated[float, Field(gt=0)] = 60.0
    position: Annotated[float, Field(ge=0)] = 0.5
    clip: Annotated[float, Field(ge=1)] = 2.0
    penalty: Annotated[float, Field(gt=0)] = 0.1
    words: Annotated[float, Field(ge=0, le=1)] = 0.5
    reach: Annotated[float, Field(ge=0)] = 6.0
    bound: Annotated[float, Field(gt=0)] = 3.0
    field: Annotated[float, Field(ge=0)] = 1.0
    category: Annotated[float, Field(ge=0)] = 6.0
    library: Annotated[float, Field(ge=0, le=1)] = 0.75
    most: Annotated[int, Field(ge=1)] = 600
    hide_read: bool = True


class Feedback(NamedTuple):
    """What a reader did, as far as it holds, what was shown before a label, and the papers that both are about; `later` acts bear a time that is yet to come."""

    events: tuple[Event, ...]
    items: Mapping[str, Item]
    later: int = 0


class Example(NamedTuple):
    """A paper that speaks for (`side` 1) or against (-1) its like, and how much."""

    item: str
    side: float
    weight: float


class Lesson(NamedTuple):
    """What the events come to today.

    `effect` `[N]` are log-odds added to each candidate, `nearest` the paper acted on that speaks for it most (empty where the effect is not for it).
    `read` were marked as read, `used` counts the acts that took part by kind, `unknown` those on papers that are not kept here, `later` those of a time to come.
    `wordless` are the papers acted on that have neither title nor text, of which nothing can be learnt but the field.
    """

    effect: np.ndarray
    nearest: tuple[str, ...]
    titles: Mapping[str, str]
    read: frozenset[str]
    used: Mapping[str, int]
    unknown: int
    wordless: tuple[str, ...] = ()
    later: int = 0


def read_feedback(store: Store, reader: str, label: date, clock: Clock | None = None) -> Feedback:
    """Read what holds of a reader's events until now; what was shown counts where it was shown before `label`."""
    now = (clock or WallClock()).now()
    every = store.events(reader)
    held = standing(e for e in every if e.at <= now)
    events = tuple(e for e in held if e.kind in ACTS or (e.kind == SHOWN and e.at.date() < label))
    return Feedback(events, store.items({e.item for e in events}), sum(e.at > now and e.kind in ACTS for e in every))


def learn(
    feedback: Feedback,
    candidates: Sequence[Item],
    vectors: Represented,
    config: LearningConfig,
    label: date | None,
    cache: Path | None = None,
    *,
    spread: float = 1.0,
    widened: Callable[[Sequence[Item]], np.ndarray] | None = None,
) -> Lesson | None:
    """Learn from a reader's events what they say of today's candidates; None where the reader did nothing.

    The interest is a logistic regression in the kernel of `Represented`'s vectors, centred on what is usual; its prior is that the events say nothing.
    `spread` is the deviation of the utilities that it is added to: what a reader says has to count beside them, however far apart they lie.
    `widened` returns how far each utility `[N]` moves when some papers join the reader's library.
    """
    told = acts(feedback.events)
    if not told and not feedback.later:
        return None
    known = [e for e in told if e.item in feedback.items or e.item.startswith(CATEGORY) or e.kind == READ]
    used = _newest([e for e in known if e.kind != READ], config.most)
    day = label or max((e.at.date() for e in told), default=date.min)
    wordy = {name: item for name, item in feedback.items.items() if any(map(str.isalnum, reading_text(item)))}
    wordless = tuple(sorted({e.item for e in used if e.item in feedback.items and e.item not in wordy}))
    every = examples_of([e for e in used if e.item in wordy], config, day)
    widens = widened is not None and config.library > 0
    examples = examples_of([e for e in used if e.item in wordy and e.kind != OPENED], config, day) if widens else every
    over = passed_over([e for e in feedback.events if e.item in wordy], config, day)
    items = [wordy[name] for name in sorted({e.item for e in (*every, *over)})]
    effect, nearest = _interest(examples, over, items, candidates, vectors, config, cache)
    effect = spread * (effect + np.array([field_effect(item, used, feedback.items, config) for item in candidates]))
    unwanted = {e.item for e in every if e.side < 0}
    taken = [wordy[e.item] for e in every if e.side > 0 and e.item not in unwanted]
    if widened is not None and widens and taken and candidates:
        effect = effect + config.library * widened(taken)
        alike = _Space.of(taken, vectors, config, cache).across.argmax(axis=1)
        nearest = [name or taken[at].id for name, at in zip(nearest, alike, strict=True)]
    named = tuple(name if value >= LEAST_EFFECT else "" for name, value in zip(nearest, effect, strict=True))
    read = frozenset(e.item for e in told if e.kind == READ)
    counted = Counter(e.kind for e in used if e.item not in wordless or e.kind == NOT_MY_FIELD) + Counter(
        e.kind for e in told if e.kind == READ and config.hide_read
    )
    titles = {i.id: i.title for i in items}
    return Lesson(effect, named, titles, read if config.hide_read else frozenset(), counted, len(told) - len(known), wordless, feedback.later)


def _newest(events: Sequence[Event], most: int) -> list[Event]:
    return sorted(events, key=lambda e: (e.at, e.item, e.kind))[-most:]


def examples_of(events: Iterable[Event], config: LearningConfig, day: date) -> list[Example]:
    """Return each paper acted on with the sum of its acts' weights, by side; what a reader wants less of is not also wanted for having been opened."""
    weights: dict[tuple[str, float], float] = defaultdict(float)
    known = list(events)
    against = {e.item for e in known if e.kind in UNWANTED}
    for event in known:
        if event.kind in WANTED + UNWANTED and not (event.kind == OPENED and event.item in against):
            side = 1.0 if event.kind in WANTED else -1.0
            weights[event.item, side] += _worth(event, config) * _recency(event, config, day)
    return [Example(item, side, weight) for (item, side), weight in sorted(weights.items()) if weight > 0]


def _worth(event: Event, config: LearningConfig) -> float:
    """Return what an act counts: its kind's weight over the chance it had, clipped.

    An act for a paper had the chance that the paper was shown; that it was opened, also that its place was looked at.
    """
    kind = event.kind.replace("-", "_")
    chance = event.propensity or 1.0
    if event.kind == OPENED and event.slot:
        chance *= event.slot**-config.position
    return float(getattr(config, kind)) * min(1.0 / chance, config.clip)


def _recency(event: Event, config: LearningConfig, day: date) -> float:
    return 0.5 ** (max(0, (day - event.at.date()).days) / config.half_life)


def passed_over(events: Sequence[Event], config: LearningConfig, day: date) -> list[Example]:
    """Return papers shown above one that was taken up, on which the reader did nothing: weak examples against their like.

    Of a page on which nothing was taken up nothing is known: nobody may have read it.
    """
    acted = {e.item for e in events if e.kind in ACTS}
    wanted = {e.item for e in events if e.kind in WANTED}
    pages: dict[date, list[Event]] = defaultdict(list)
    for event in events:
        if event.kind == SHOWN and event.slot is not None:
            pages[event.at.date()].append(event)
    weights: dict[str, float] = defaultdict(float)
    for page in pages.values():
        last = max((e.slot or 0 for e in page if e.item in wanted), default=0)
        for event in page:
            if (event.slot or 0) < last and event.item not in acted:
                weights[event.item] += config.passed_over * _recency(event, config, day)
    return [Example(item, -1.0, weight) for item, weight in sorted(weights.items())][-config.most :] if config.passed_over else []


def _interest(
    examples: Sequence[Example],
    over: Sequence[Example],
    items: Sequence[Item],
    candidates: Sequence[Item],
    vectors: Represented,
    config: LearningConfig,
    cache: Path | None,
) -> tuple[np.ndarray, list[str]]:
    """Return what is learnt `[N]` of candidates, in deviations, and for each the id of the example that speaks for it most."""
    if not examples or not candidates:
        return np.zeros(len(candidates)), [""] * len(candidates)
    space = _Space.of(items, vectors, config, cache)
    place = {item.id: row for row, item in enumerate(items)}
    rows = np.array([place[e.item] for e in over], dtype=np.int64)
    alike = space.own[np.ix_(rows, rows)] >= config.alike
    kept = [*examples, *(e for e, count in zip(over, alike.sum(axis=1), strict=True) if count >= config.several)]
    at = np.array([place[e.item] for e in kept])
    amounts = fit_interest(space.own[np.ix_(at, at)], np.array([e.side for e in kept]), np.array([e.weight for e in kept]), config.penalty)
    parts = space.across[:, at] * amounts
    leading = parts.argmax(axis=1)
    learnt = config.bound * np.tanh(config.reach * parts.sum(axis=1) / config.bound)
    return learnt, [kept[j].item for j in leading]


class _Space(NamedTuple):
    """Kernels of the papers acted on: among themselves `[M, M]`, and of the candidates with them `[N, M]`."""

    own: np.ndarray
    across: np.ndarray

    @classmethod
    def of(cls, items: Sequence[Item], vectors: Represented, config: LearningConfig, cache: Path | None) -> "_Space":
        usual = vectors.lexical_background if vectors.lexical_background.nnz else vectors.lexical_candidates
        lexical = _centred(vectors.lexical([reading_text(i) for i in items]), vectors.lexical_candidates, usual)
        if vectors.dense is None or vectors.dense_candidates is None:
            return cls(*lexical)
        catalogue = Catalogue(items)
        rows = embed_catalogue(vectors.dense, catalogue, cache).vectors if cache else np.asarray(vectors.dense(catalogue.texts()))
        known = vectors.dense_background
        dense = _centred(rows, vectors.dense_candidates, known if known is not None and len(known) else vectors.dense_candidates)
        return cls(*(config.words * a + (1 - config.words) * b for a, b in zip(lexical, dense, strict=True)))


def _centred(items: Any, candidates: Any, usual: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return cosines among items `[M, M]` and of candidates with them `[N, M]`, of vectors less the mean of what is usual: what is like everything is like nothing."""
    mean = np.asarray(usual.mean(axis=0)).ravel()

    def product(left: Any, right: Any) -> np.ndarray:
        found = left @ right.T
        both = np.asarray(found.todense() if sparse.issparse(found) else found, dtype=np.float64)
        return both - np.asarray(left @ mean).reshape(-1, 1) - np.asarray(right @ mean).reshape(1, -1) + float(mean @ mean)

    own = product(items, items)
    squares = np.asarray(candidates.multiply(candidates).sum(axis=1)).ravel() if sparse.issparse(candidates) else (candidates**2).sum(axis=1)
    lengths = np.sqrt(np.clip(squares - 2 * np.asarray(candidates @ mean).ravel() + float(mean @ mean), 1e-12, None))
    own_lengths = np.sqrt(np.clip(np.diag(own), 1e-12, None))
    # A text of no known word is like nothing, and not unlike all that is usual.
    some, some_candidates = (np.asarray(abs(rows).sum(axis=1)).ravel() > 0 for rows in (items, candidates))
    across = product(candidates, items) / np.outer(lengths, own_lengths)
    return own / np.outer(own_lengths, own_lengths) * np.outer(some, some), across * np.outer(some_candidates, some)


def fit_interest(kernel: np.ndarray, sides: np.ndarray, weights: np.ndarray, penalty: float) -> np.ndarray:
    """Return the amounts `[M]` of examples in the interest f(x) = sum of amount times kernel with the example.

    Minimises the weighted logistic loss of `sides` `[M]` plus `penalty` / 2 times the squared norm of f in the kernel's space, by Newton's
    method with steps that are halved until the loss falls (Rasmussen and Williams 2006, section 3.4).

    >>> amounts = fit_interest(np.eye(2), np.array([1.0, -1.0]), np.ones(2), 1.0)
    >>> bool(amounts[0] > 0 > amounts[1])
    True
    """

    def loss(amounts: np.ndarray) -> float:
        value = kernel @ amounts
        return float(weights @ np.logaddexp(0, -sides * value) + penalty / 2 * amounts @ value)

    amounts = np.zeros(len(sides))
    now = loss(amounts)
    for _ in range(STEPS):
        value = kernel @ amounts
        wrong = expit(-sides * value)
        curve = weights * wrong * (1 - wrong)
        aim = np.linalg.solve(penalty * np.eye(len(sides)) + curve[:, None] * kernel, curve * value + weights * sides * wrong)
        step, then = aim - amounts, loss(aim)
        while then > now and np.abs(step).max() > STILL:
            step = step / 2
            then = loss(amounts + step)
        if now - then < STILL:
            break
        amounts, now = amounts + step, then
    return amounts


def field_effect(item: Item, events: Sequence[Event], items: Mapping[str, Item], config: LearningConfig) -> float:
    """Return the log-odds that a paper loses because its first category is not the reader's field, 0 or less."""
    if not item.categories:
        return 0.0
    first = item.categories[0]

    def is_here(event: Event) -> bool:
        acted_on = items.get(event.item)
        return acted_on is not None and acted_on.categories[:1] == (first,)

    against = sum(1 for e in events if e.kind == NOT_MY_FIELD and is_here(e)) + config.category * sum(
        1 for e in events if e.kind == NOT_MY_FIELD and e.item == CATEGORY + first
    )
    wanted = sum(1 for e in events if e.kind in WANTED and is_here(e))
    return -config.field * float(np.log1p(against / (1 + wanted))) if against else 0.0
