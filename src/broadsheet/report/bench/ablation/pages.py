"""Pages of a reader from day to day: what a plan makes of them, and how alike and how varied they are."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.schema import Item
from broadsheet.report.bench.arms import Seen, slated
from broadsheet.report.planned import EarlierPage, PlanConfig, plan_page
from broadsheet.report.profile import Profile
from broadsheet.report.ranker.signals import products
from broadsheet.report.ranker.stream import Stream

# The planner that validation readers of thirty simulated days choose (`broadsheet bench plan --env days`).
PLANNER = "saturation-mpc:keep=3"
PLACES = Profile().budget
Floats = NDArray[np.float64]


class Pages:
    """The pages that readers were shown on the days before, each filled by nearness in words and in meaning, and planned or not as today's is.

    An author who announces a paper is taken to have taken it up. Nothing is fitted here, so that a page of an earlier day rests on
    what was known on that day alone.
    """

    def __init__(self, planner: str = "") -> None:
        self.config = PlanConfig(planner=planner)
        self._earlier: dict[tuple[int, str, date], list[EarlierPage]] = {}

    def earlier(self, stream: Stream, user: str, label: date) -> list[EarlierPage]:
        """Return a reader's pages of the days before a label, oldest first."""
        key = (id(stream), user, label)
        if key not in self._earlier:
            pages: list[EarlierPage] = []
            for day in stream.days.days(label - timedelta(days=self.config.days), label - timedelta(days=1)):
                page = self._page(stream, user, day, pages)
                pages += [page] if page else []
            self._earlier[key] = pages
        return self._earlier[key]

    def arranged(self, seen: Seen, scores: Floats, chances: Floats) -> Floats:
        """Return scores `[N]` in the order of the page that the plan gives, with the floor and the places of interests of the report."""
        earlier = self.earlier(seen.stream, seen.user.user, seen.moment.label)
        today = [seen.stream.days.blind(row) for row in seen.moment.rows]
        _, weights = plan_page(self.config, today, range(len(today)), chances, earlier, PLACES)
        # A plan multiplies odds, and these are the logarithms of some.
        return slated(seen, np.exp(scores - scores.max()), weights)

    def _page(self, stream: Stream, user: str, label: date, before: Sequence[EarlierPage]) -> EarlierPage | None:
        known, seen = stream.days.before(label), stream.cosines(label)
        library = [row for row in stream.days.by_author[user] if row < known]
        if seen is None or not library:
            return None
        rows, cosines = seen
        means = [values[:, library].mean(axis=1) for values in cosines.values()]
        near = np.sum([(mean - mean.mean()) / (mean.std() or 1.0) for mean in means], axis=0)
        odds = np.exp(near - near.max())
        _, weights = plan_page(self.config, [stream.days.blind(row) for row in rows], range(len(rows)), odds / odds.sum(), before, PLACES)
        shown = [rows[place] for place in np.argsort(-odds * weights, kind="stable")[:PLACES]]
        papers = [stream.days.papers[row].item for row in shown]
        return EarlierPage(label, tuple(papers), frozenset(item.id for item in papers if user in item.creators))


class Measured:
    """A page of `PLACES` papers beside the pages before it."""

    def __init__(self, stream: Stream, rows: Sequence[int], earlier: Sequence[EarlierPage]) -> None:
        self.stream, self.rows, self.before = stream, list(rows), earlier

    @cached_property
    def apart(self) -> float:
        """How far two papers of the page are apart on average: one less the cosine of their vectors."""
        assert self.stream.dense is not None
        own = self.stream.dense[self.rows]
        return 1 - float(products(own, own)[np.triu_indices(len(own), 1)].mean()) if len(own) > 1 else 0.0

    @cached_property
    def again(self) -> float | None:
        """How much of the page's mix of categories was on the pages before: the sum of the lesser shares; None where there was no page."""
        today = shares([self.stream.days.papers[row].item for row in self.rows])
        shown = shares([item for page in self.before for item in page.items])
        return sum(min(share, shown[name]) for name, share in today.items()) if shown else None


def shares(items: Sequence[Item]) -> Counter[str]:
    """Return the share of each category, a paper's weight shared by its categories.

    >>> sorted(shares([Item(id="a", categories=("x", "y")), Item(id="b", categories=("x",))]).items())
    [('x', 0.75), ('y', 0.25)]
    """
    found: Counter[str] = Counter()
    for item in items:
        for name in item.categories:
            found[name] += 1 / len(item.categories) / len(items)  # pyrefly: ignore
    return found
