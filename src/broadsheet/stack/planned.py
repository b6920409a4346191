"""The plan of a page's categories, by a planner or a bundle."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from broadsheet.core.errors import ConfigError

if TYPE_CHECKING:
    from broadsheet.plan.daily import DayPlan

SHIPPED = "shipped"
"""The name of the bundle that comes with the package."""


def day_plan(
    planner: str,
    bundle: str,
    today: Sequence[Sequence[str]],
    chances: np.ndarray,
    earlier: Sequence[tuple[Sequence[Sequence[str]], Sequence[bool]]],
    slate: int,
    *,
    match: str = "any",
) -> "DayPlan":
    """Plan the categories of a page by a planner's name or a bundle's planner, whose hash the plan then names.

    `today` are candidates' categories, `chances` `[N]` how likely each is liked, `earlier` the pages before, oldest first: categories of each paper, and whether it was taken up.
    Raises ConfigError for a planner that there is not, or that the bundle does not have, and ArtifactError for a folder that is no bundle.
    """
    from broadsheet.plan.bundle import open_bundle
    from broadsheet.plan.daily import ShownDay, plan_day

    spec, named = planner, planner
    if bundle:
        opened = open_bundle(None if bundle == SHIPPED else Path(bundle))
        spec, named = opened.planner, f"{opened.planner} of the bundle {opened.artifact.content_hash[:12]}"
        if not spec:
            raise ConfigError(f"The bundle {bundle} has a policy and no planner.", "Fit one with a planner: broadsheet plan fit --planner saturation-mpc")
    pages = [ShownDay(tuple(tuple(one) for one in groups), tuple(liked)) for groups, liked in earlier]
    return plan_day(spec, today, chances, pages, slate, match="all" if match == "all" else "any")._replace(planner=named)
