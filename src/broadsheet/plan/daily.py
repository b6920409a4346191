"""A planner for a page a day: which of today's candidates its plan holds, after what a reader was shown on the days before."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator
from broadsheet.plan.items import ItemTable
from broadsheet.plan.material import Material, Split
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.planning import Match, Planning
from broadsheet.plan.protocols import Source
from broadsheet.plan.session import Observation, Sessions

OTHER: Final = "without a category"
UNKNOWN: Final = 0.5
"""The chance of a paper for which no chance is known."""
EDGE: Final = 1e-4


class ShownDay(NamedTuple):
    """An earlier page: the categories of each item on it, and which items the reader took up."""

    groups: tuple[tuple[str, ...], ...]
    liked: tuple[bool, ...]


class DayPlan(NamedTuple):
    """Which candidates `[N]` a plan holds, its categories that stand among them, those that it leaves out, and who chose (`rule`, `llm`, `fallback`)."""

    allowed: NDArray[np.bool_]
    groups: tuple[str, ...]
    rested: tuple[str, ...]
    source: str
    planner: str


def plan_day(
    spec: str,
    today: Sequence[Sequence[str]],
    chances: NDArray[np.floating],
    earlier: Sequence[ShownDay],
    slate: int,
    *,
    match: Match = "any",
    seed: int = 0,
    given: Mapping[str, Any] | None = None,
) -> DayPlan:
    """Plan the page of a day.

    `today` are the categories of each candidate, `chances` `[N]` how likely each is liked (NaN: not known), `earlier` the pages before, oldest first. Days are the rounds of one session: exposures fade from
    page to page. A plan that cannot fill `slate` places is widened, and says fallback. Raises ConfigError for a planner that there is not.
    """
    days, width = len(earlier), max([slate, *(len(day.groups) for day in earlier)])
    items, rows = _table([*(day.groups for day in earlier), [tuple(one) for one in today]])
    logits = np.full((1, len(items)), -np.inf, dtype=np.float32)
    known = np.clip(np.where(np.isfinite(chances), chances, UNKNOWN), EDGE, 1 - EDGE)
    logits[0, rows[-1]] = np.log(known / (1 - known))
    logits[~np.isfinite(logits)] = np.log(EDGE)
    material = Material("day", items, ("reader",), Ragged.of([[]]), np.zeros(0, np.int8), np.full(1, Split.TEST, np.int8), logits)
    planner = open_planner(spec, material, slate=slate, horizon=days + 1, given=given)
    planning = Planning(material, planner, slate=min(slate, max(1, len(today))), horizon=days + 1, match=match)
    planning.begin(1, int(generator(seed, "plan", "day").integers(2**31)))
    sessions, seen = _lived(items, rows[:-1], earlier, width)
    allowed = planning.mask(seen, sessions, rows[-1][None].astype(np.int64))[0]
    plan = planning.plans
    there = items.member[rows[-1]].any(axis=0)
    names = [tuple(items.categories[one] for one in np.flatnonzero(there & held)) for held in (plan.allowed[0], ~plan.allowed[0])]
    return DayPlan(allowed, names[0], names[1], Source(int(plan.source[0])).name.lower(), planner.name)


def _table(pages: Sequence[Sequence[tuple[str, ...]]]) -> tuple[ItemTable, list[NDArray[np.int64]]]:
    """Return all items of all pages, each on offer on its day alone, and the rows of each page."""
    groups = [tuple(dict.fromkeys(one)) or (OTHER,) for page in pages for one in page]
    day = np.repeat(np.arange(len(pages)), [len(page) for page in pages]).astype(np.int32)
    categories = tuple(sorted({name for one in groups for name in one})) or (OTHER,)
    place = {name: row for row, name in enumerate(categories)}
    member = np.zeros((len(groups), len(categories)), dtype=bool)
    for row, one in enumerate(groups):
        member[row, [place[name] for name in one]] = True
    ids = tuple(str(row) for row in range(len(groups)))
    vectors = np.zeros((len(groups), 1), dtype=np.float32)
    return ItemTable(ids, ids, categories, member, vectors, day, day.copy()), [np.flatnonzero(day == page) for page in range(len(pages))]


def _lived(items: ItemTable, rows: Sequence[NDArray[np.int64]], earlier: Sequence[ShownDay], width: int) -> tuple[Sessions, Observation]:
    """Return the session of a reader who was shown the earlier pages, and its observation on the day."""
    shown = np.full((1, len(earlier) + 1, width), -1, dtype=np.int32)
    liked = np.full((1, len(earlier) + 1, width), -1, dtype=np.int8)
    for day, (page, held) in enumerate(zip(rows, earlier, strict=True)):
        shown[0, day, : len(page)], liked[0, day, : len(page)] = page, held.liked
    sessions = Sessions(items, 1, width)
    seen: Observation = {}
    for step in range(len(earlier) + 1):
        seen = {"user": np.zeros(1, dtype=np.int64), "step": np.array([step], dtype=np.int32), "shown": shown, "liked": liked}
        sessions.see(seen)
    return sessions, seen
