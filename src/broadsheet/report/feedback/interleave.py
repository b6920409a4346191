"""Two rankings on one page by team draft, and which of them readers prefer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.metrics import Interval, bootstrap_mean, bootstrap_ratio, paired_permutation
from broadsheet.core.seeds import generator
from broadsheet.report.feedback.anytime import Anytime, always_valid

Team = Literal["a", "b", "both", "nobody"]
# A mean lead of this size, per page, is what a test at any look is made for.
SCALE = 0.1
LEVEL = 0.95
# With fewer readers than this all signs together cannot reach p < .05, and nothing is said.
LEAST_READERS = 6
# So many rounds of coins are counted out; of more, as many drafts are drawn.
COUNTED_ROUNDS = 10


class Draft(NamedTuple):
    """A slate and the team of each slot: `a` or `b` picked it, `both` would have had it there, `nobody` competed for it."""

    items: tuple[str, ...]
    teams: tuple[Team, ...]


def coin(seed: int, experiment: str, reader: str, label: date) -> np.random.Generator:
    """Return the generator of a page's draft, which anybody can toss again."""
    return generator(seed, "interleave", experiment, reader, str(label))


def draft(
    first: Sequence[str],
    second: Sequence[str],
    budget: int,
    rng: np.random.Generator,
    *,
    shared_prefix: bool = True,
    too_near: Callable[[str, Sequence[str]], bool] | None = None,
) -> Draft:
    """Interleave two rankings, best first, into at most `budget` slots.

    In each round a coin says which team picks first; each picks its best item that is not there yet (Radlinski, Kurup and Joachims 2008). Slots at the top on which both
    agree are `both`'s: whatever the coin, they stand there, so a click says nothing of either; without `shared_prefix` they are drafted like the others.
    Once a team has nothing to pick, slots are `nobody`'s. `too_near(item, slate)` passes an item over.

    >>> draft("xab", "xcd", 3, np.random.default_rng(0)).teams[0]
    'both'
    >>> sorted(draft("ab", "cd", 4, np.random.default_rng(0)).teams)
    ['a', 'a', 'b', 'b']
    """
    tosses = rng.integers(2, size=max(1, budget)).astype(bool).tolist()
    return _fill(first, second, budget, tosses, too_near or _never, shared_prefix=shared_prefix)


def inclusion(
    first: Sequence[str],
    second: Sequence[str],
    budget: int,
    *,
    too_near: Callable[[str, Sequence[str]], bool] | None = None,
) -> dict[str, float]:
    """Return each item's chance of a slot over all coins: exact for twenty slots or fewer, of 1,024 drafts beyond.

    >>> inclusion("ab", "cd", 1)
    {'a': 0.5, 'c': 0.5}
    """
    rounds = (budget + 1) // 2
    if rounds <= COUNTED_ROUNDS:
        tosses: list[list[bool]] = [list(one) for one in product((False, True), repeat=rounds)]
    else:
        tosses = generator(0, "inclusion").integers(2, size=(2**COUNTED_ROUNDS, rounds)).astype(bool).tolist()
    counted: dict[str, int] = {}
    for one in tosses:
        for item in _fill(first, second, budget, one, too_near or _never, shared_prefix=True).items:
            counted[item] = counted.get(item, 0) + 1
    return {item: count / len(tosses) for item, count in sorted(counted.items())}


class _Side:
    """One ranking, read from the top."""

    def __init__(self, ranked: Sequence[str], team: Team) -> None:
        self.ranked, self.team, self.at = ranked, team, 0

    def next(self, slate: list[str], taken: set[str], too_near: Callable[[str, Sequence[str]], bool]) -> str | None:
        while self.at < len(self.ranked) and (self.ranked[self.at] in taken or too_near(self.ranked[self.at], slate)):
            self.at += 1
        return self.ranked[self.at] if self.at < len(self.ranked) else None


def _fill(
    first: Sequence[str], second: Sequence[str], budget: int, tosses: Sequence[bool], too_near: Callable[[str, Sequence[str]], bool], *, shared_prefix: bool
) -> Draft:
    a, b = _Side(first, "a"), _Side(second, "b")
    slate: list[str] = []
    teams: list[Team] = []
    taken: set[str] = set()

    def put(item: str, team: Team) -> None:
        slate.append(item)
        teams.append(team)
        taken.add(item)

    while shared_prefix and len(slate) < budget:
        ours, theirs = a.next(slate, taken, too_near), b.next(slate, taken, too_near)
        if ours is None or ours != theirs:
            break
        put(ours, "both")
    for tossed in tosses:
        if len(slate) >= budget:
            break
        sides = (a, b) if tossed else (b, a)
        for place, side in enumerate(sides):
            item = side.next(slate, taken, too_near)
            if item is None:
                # The other team picked in this round and found no rival: it would have a slot more than its share.
                if place:
                    teams[-1] = "nobody"
                _rest(sides[1 - place], budget, slate, taken, too_near, put)
                return Draft(tuple(slate), tuple(teams))
            put(item, side.team)
            if len(slate) >= budget:
                break
    return Draft(tuple(slate), tuple(teams))


def _rest(
    side: _Side, budget: int, slate: list[str], taken: set[str], too_near: Callable[[str, Sequence[str]], bool], put: Callable[[str, Team], None]
) -> None:
    while len(slate) < budget and (item := side.next(slate, taken, too_near)) is not None:
        put(item, "nobody")


def _never(item: str, slate: Sequence[str]) -> bool:
    del item, slate
    return False


class Page(NamedTuple):
    """A reader's interleaved page: the team of each item, and what was clicked of it."""

    reader: str
    label: date
    teams: Mapping[str, str]
    clicked: frozenset[str]

    @property
    def credit(self) -> tuple[int, int]:
        """How many of the papers that each team picked were clicked; a paper counts once."""
        told = [self.teams.get(item) for item in self.clicked]
        return told.count("a"), told.count("b")


class InterleaveVerdict(NamedTuple):
    """What interleaved pages say: wins per reader-day, credit per click, and the test, clustered by reader.

    `preference` is the mean over reader-days of the lead: `a`'s clicks less `b`'s, over both, 0 without any. `share` is that of the credited clicks that are `a`'s. `p` holds for
    one look that was planned, `anytime` for any number of looks. `said` is `a`, `b`, `no difference`, or `too little`.
    """

    experiment: str
    readers: int
    pages: int
    wins_a: int
    wins_b: int
    ties: int
    credit_a: int
    credit_b: int
    uncredited: int
    preference: Interval | None
    share: Interval | None
    p: float
    anytime: Anytime
    said: str


def judge(experiment: str, pages: Iterable[Page], *, level: float = LEVEL, rounds: int = 10_000) -> InterleaveVerdict:
    """Judge interleaved pages: under the null a reader's leads are as likely to be the other's, so signs change by reader (Fisher 1935).

    A reader's days depend on each other, and are one piece of evidence together. Fewer than six readers cannot reach p < .05 with any clicks, and nothing is said of them.
    """
    held = list(pages)
    credit = np.array([page.credit for page in held], dtype=np.float64).reshape(-1, 2)
    leads = (credit[:, 0] - credit[:, 1]) / np.maximum(credit.sum(axis=1), 1)
    readers = [page.reader for page in held]
    who = len(set(readers))
    clicks = sum(len(page.clicked & set(page.teams)) for page in held)
    rng = generator(0, "interleave", "verdict", experiment)
    p, preference, share, anytime = 1.0, None, None, Anytime(1.0, -1.0, 1.0)
    if who >= LEAST_READERS and credit.any():
        p = paired_permutation(leads, np.zeros_like(leads), rng, clusters=readers, rounds=rounds).p
        preference = bootstrap_mean(leads, rng, clusters=readers, level=level, rounds=rounds)
        share = _share(credit, readers, rng, level, rounds)
        anytime = always_valid(preference.mean, _error(leads, readers), SCALE, level=level)
    said = "too little" if preference is None else "no difference" if p >= 1 - level else "a" if leads.sum() > 0 else "b"
    return InterleaveVerdict(
        experiment=experiment,
        readers=who,
        pages=len(held),
        wins_a=int((leads > 0).sum()),
        wins_b=int((leads < 0).sum()),
        ties=int((leads == 0).sum()),
        credit_a=int(credit[:, 0].sum()),
        credit_b=int(credit[:, 1].sum()),
        uncredited=clicks - int(credit.sum()),
        preference=preference,
        share=share,
        p=p,
        anytime=anytime,
        said=said,
    )


def _share(credit: NDArray[np.float64], readers: Sequence[str], rng: np.random.Generator, level: float, rounds: int) -> Interval | None:
    """Return which share of the credited clicks is `a`'s, over readers who gave any."""
    some = credit.sum(axis=1) > 0
    told = [reader for reader, given in zip(readers, some, strict=True) if given]
    if len(set(told)) < 2:
        return None
    return bootstrap_ratio(credit[some, 0], credit[some].sum(axis=1), rng, clusters=told, level=level, rounds=rounds)


def _error(leads: NDArray[np.float64], readers: Sequence[str]) -> float:
    """Return the standard error of the mean lead where readers are drawn, each with all their pages, and there is no preference."""
    _, place = np.unique(np.asarray(readers), return_inverse=True)
    return float(np.sqrt(np.square(np.bincount(place, weights=leads)).sum()) / len(leads))
