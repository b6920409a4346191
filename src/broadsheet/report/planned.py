"""A plan of categories for the page: what a reader was shown on earlier days, and what that holds back today."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from pydantic import Field

from broadsheet.core.config import Config
from broadsheet.core.errors import ConfigError
from broadsheet.core.schema import Announcement, Item
from broadsheet.core.store import Store
from broadsheet.report.archive import read_days
from broadsheet.report.feedback.record import SHOWN, WANTED, standing
from broadsheet.stack.planned import day_plan

if TYPE_CHECKING:
    from broadsheet.plan.daily import DayPlan


class PlanConfig(Config):
    """Whether a plan chooses categories, and how; without a planner and a bundle none does.

    `planner` is a planner by name (`mask-recent`, `least-exposed:keep=6`), `bundle` a folder that `broadsheet plan fit` wrote, whose planner is taken. The pages of the last
    `days` days count. A paper outside the plan loses `outside` from its log-odds; a paper is in it if `any` of its categories is, or `all` are.
    """

    planner: str = ""
    bundle: str = ""
    days: Annotated[int, Field(ge=1, le=60)] = 14
    outside: Annotated[float, Field(ge=0)] = 2.0
    match: Annotated[str, Field(pattern="^(any|all)$")] = "any"

    @property
    def wanted(self) -> bool:
        """Whether a plan chooses."""
        return bool(self.planner or self.bundle)

    def check(self) -> "PlanConfig":
        """Raise ConfigError where both a planner and a bundle are named."""
        if self.planner and self.bundle:
            raise ConfigError("A planner is named, and a bundle that has its own.", "Give plan.planner, or plan.bundle.")
        return self


class EarlierPage(NamedTuple):
    """What was shown under an earlier label: the papers, and which of them the reader took up."""

    label: date
    items: tuple[Item, ...]
    taken_up: frozenset[str]


def earlier_pages(folder: Path, store: Store | None, reader: str, label: date, days: int) -> list[EarlierPage]:
    """Return a reader's pages of the days before a label, oldest first: those of the archive, and those that the database has events of."""
    since = label - timedelta(days=days)
    shown: dict[date, dict[str, Item]] = {}
    taken: set[str] = set()
    for report in read_days(folder, since=since, before=label):
        if report.reader == reader:
            shown.setdefault(report.label, {}).update({entry.item.id: entry.item for entry in report.picks()})
    if store is not None:
        events = [event for event in standing(store.events(reader)) if since <= event.at.date()]
        taken = {event.item for event in events if event.kind in WANTED}
        told = [event for event in events if event.kind == SHOWN and event.at.date() < label]
        items = store.items({event.item for event in told})
        for event in told:
            if event.item in items:
                shown.setdefault(event.at.date(), {}).setdefault(event.item, items[event.item])
    return [EarlierPage(day, tuple(held.values()), frozenset(taken & set(held))) for day, held in sorted(shown.items())]


def plan_page(
    config: PlanConfig, announcements: Sequence[Announcement], eligible: Sequence[int], chances: np.ndarray, earlier: Sequence[EarlierPage], budget: int
) -> tuple["DayPlan | None", np.ndarray]:
    """Return the plan of a page, and what each paper's odds are multiplied by `[N]`: 1 in the plan, less outside it; without a plan 1 everywhere."""
    weights = np.ones(len(announcements))
    if not config.wanted or not eligible:
        return None, weights
    today = [announcements[row].item.categories for row in eligible]
    pages = [([item.categories for item in page.items], [item.id in page.taken_up for item in page.items]) for page in earlier]
    plan = day_plan(config.planner, config.bundle, today, chances[list(eligible)], pages, budget, match=config.match)
    weights[np.asarray(eligible)[~plan.allowed]] = np.exp(-config.outside)
    return plan, weights
