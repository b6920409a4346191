"""Thirty days of the fictional world as a pair: the truth is the world's own law, the agent has the days before."""

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.artifacts import arrays_hash
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.plan.datasets.assemble import kept_belief, split_users
from broadsheet.plan.datasets.compare import agreement, variance_shares
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.events import Events
from broadsheet.plan.items import ItemTable, one_category
from broadsheet.plan.laws import DAYS
from broadsheet.plan.material import Material
from broadsheet.plan.models.factors import Ridge
from broadsheet.plan.session import DECAY
from broadsheet.sample.world.after import WINDOW, Logged, Offer, days_after
from broadsheet.sample.world.settings import SLOTS, configure
from broadsheet.sample.world.vocabulary import themes

READERS, LENGTH = 5000, 30
"""Readers, and days that are simulated."""
GRID = (Ridge(5, 1, 100, along=1), Ridge(5, 3, 100, along=1), Ridge(5, 5, 40, along=1))
SWEEPS = 3


def world(readers: int = READERS, *, seed: int = 0, progress: Progress = silent) -> Pair:
    """Return the pair of thirty days that follow the thirty that `broadsheet world` tells.

    The readers are the same and rested, their interests drift on (`tides`), new papers are announced every day, and each is on offer for a week, those of the
    last told days among them. Truth: level, interest, appeal, wear with its decay and its twins are the world's own; how long readers stay is `DAYS`. The agent has what was shown and opened on the
    daily slates of the told days; of papers announced later it knows the theme alone. Raises ConfigError for fewer readers than a world has, RecordError for fewer than are split.
    """
    config = configure(readers=readers, seed=seed)
    after = days_after(config, LENGTH, progress)
    names = tuple(theme.name for theme in themes())
    member = one_category([names[row] for row in after.offer.theme.tolist()], names)
    split = split_users(readers, seed)
    events, worn = told_events(after.logged, after.offer, len(names))
    belief = kept_belief(events, split, member.astype(np.float32), seed, GRID, SWEEPS, worn, progress)
    table = ItemTable(
        after.offer.ids, after.offer.titles, names, member, belief.vectors, after.offer.day.astype(np.int32), (after.offer.day + WINDOW - 1).astype(np.int32)
    )
    offered = after.offer.day > -WINDOW
    kernel = after.kernel.astype(np.float32)
    facts = {
        "family": "the world's own laws",
        "fit": arrays_hash({"logits": after.logits, "tides": after.tides, "kernel": kernel}),
        "compared": {
            "variance of the truth": variance_shares(after.logits[:, offered]),
            "variance of the agent": variance_shares(belief.scores[:, offered]),
            "agreement": agreement(belief.scores[:, offered], after.logits[:, offered]),
        },
    }
    sizes = {"users": readers, "items": len(table), "on offer": int(np.sum(offered)), "categories": len(names), "histories": len(events.user)}
    told = {"seed": seed, "sizes": sizes, "agent": belief.facts, "truth": {"family": facts["family"], "fit": facts["fit"]}}
    histories = Ragged(events.item, np.append(0, np.cumsum(np.bincount(events.user, minlength=readers))).astype(np.int64))
    material = Material("world", table, tuple(f"r{row:05d}" for row in range(readers)), histories, events.liked, split, belief.scores, told)
    return Pair(material, Truth(after.logits, kernel, after.tides, facts), DAYS, slate=SLOTS, horizon=LENGTH)


def told_events(logged: Logged, offer: Offer, themes_count: int) -> tuple[Events, NDArray[np.float64]]:
    """Return the showings of daily slates, reader by reader, and the share of a slate that earlier days had left of the paper's theme when each came `[N]`.

    What a day leaves is the agent's own assumption (`session.DECAY`), not the world's.
    """
    theme = offer.theme[logged.paper]
    readers, days = int(logged.reader.max()) + 1, int(logged.day.max()) + 1
    counts = np.zeros((days, readers, themes_count), dtype=np.float32)
    np.add.at(counts, (logged.day[:, None], logged.reader[:, None], theme), 1 / logged.paper.shape[1])
    left = np.zeros_like(counts)
    for day in range(1, days):
        left[day] = DECAY * (left[day - 1] + counts[day - 1])
    worn = left[logged.day[:, None], logged.reader[:, None], theme]
    order = np.lexsort((logged.day, logged.reader))
    opened = logged.opened[order].ravel()
    user = np.repeat(logged.reader[order], logged.paper.shape[1])
    return Events(user, logged.paper[order].ravel(), opened.astype(np.float64), opened.astype(np.int8)), worn[order].ravel().astype(np.float64)
