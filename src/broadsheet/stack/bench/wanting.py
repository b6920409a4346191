"""Readers who wrote a post, and the four days after it: a planner that is told their goals beside the same one that is not."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
from scipy.special import logit

from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns
from broadsheet.needs.bench.goals import LEARNT, read_levels
from broadsheet.needs.goals import Turns
from broadsheet.plan.agents.planned import PlannedGreedy
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.items import ItemTable
from broadsheet.plan.laws import DAYS, level
from broadsheet.plan.material import Material, Split
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.protocols import Agent
from broadsheet.sample.world.settings import REACTION, START
from broadsheet.stack.bench.sessions import beside
from broadsheet.stack.needed import goal_odds, written_in_world

if TYPE_CHECKING:
    from broadsheet.needs.bench.goals import Written
    from broadsheet.needs.label.labels import NeedLabeller
    from broadsheet.needs.taxonomy import Taxonomy
    from broadsheet.sample.world import World

# So often are the four days lived, each time by other luck.
STREAMS = 4
# As on the world's shelf: so many papers a day, and how they are opened by who does not want them and by who does, in logits.
SLATE, LIKING, LIFT = 3, -1.2, 2.6
# A page of three papers is of one level: of several, the filler would take what is liked as a rule. Chosen on another world, with true levels.
PLANNER = "saturation-mpc:keep=1"
GOALS, NONE = "goals", "no goals"


class Wishes(NamedTuple):
    """Sessions `[U]` that begin the morning after a post, by their readers.

    `odds` are the goals that are read in the post as log-odds `[U, L]`, `usual` how likely each level is opened as a rule `[U, L]`, `wanted` the
    level that is wanted on each of the days `[T, U]`, -1 for none.
    """

    users: tuple[str, ...]
    odds: np.ndarray
    usual: np.ndarray
    wanted: np.ndarray


def told_goals(
    world: "World", taxonomy: "Taxonomy", labeller: "NeedLabeller | None", progress: Progress = silent, *, boredom: str, seed: int = 0
) -> pl.DataFrame:
    """Return a row for each post of the later days: reward and whether the reader is kept, by a planner with goals and `before` them by the same one without.

    What a post means for what is opened is learnt on the first days alone; posts are read by the labeller. What readers want in truth is the world's.
    """
    written = written_in_world(world)
    wishes = _wishes(world, written, taxonomy, labeller, seed)
    pair = _pair(world, wishes, [one.id for one in taxonomy.levels], boredom)
    agents: dict[str, Agent] = {}
    for name, goals in ((NONE, None), (GOALS, wishes.odds)):
        planner = open_planner(PLANNER, pair.material, slate=pair.slate, horizon=pair.horizon)
        agents[name] = PlannedGreedy(pair.material, planner, pair.slate, pair.horizon, goals=goals)
    return beside(pair, np.arange(len(wishes.users)), agents, (NONE, GOALS), seed, progress, streams=STREAMS)


def _wishes(world: "World", written: "Written", taxonomy: "Taxonomy", labeller: "NeedLabeller | None", seed: int) -> Wishes:
    levels = [one.id for one in taxonomy.levels]
    first, last = written.shown[Columns.AT].min(), written.shown[Columns.AT].max()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    until = first + LEARNT * (last - first)
    said = read_levels(written, taxonomy, labeller)
    learnt = written.shown.filter(pl.col(Columns.AT) <= until)
    turns = Turns.fit(learnt, said.filter(pl.col(Columns.AT) <= until), levels, seed=seed)
    posts = written.posts.filter(pl.col(Columns.AT) > until).sort(Columns.AT, Columns.AUTHOR)
    odds = []
    for author, at in posts.select(Columns.AUTHOR, Columns.AT).iter_rows():
        own = said.filter(pl.col(Columns.USER) == author)
        odds.append(goal_odds(turns.goals(own, at + timedelta(seconds=1)), [author], levels, {name: [name] for name in levels})[0])
    usual = [turns.usual(pl.DataFrame({Columns.USER: [author] * len(levels), Columns.LEVEL: range(len(levels))})) for author in posts[Columns.AUTHOR]]
    return Wishes(tuple(posts[Columns.AUTHOR].to_list()), np.array(odds, dtype=np.float32), np.array(usual), _wanted(world, posts))


def _wanted(world: "World", posts: pl.DataFrame) -> np.ndarray:
    """Return the level, from 0, that each post's author turns to on the days after it `[T, U]`, or -1: by the climb that is lived, whatever is told."""
    wanted: dict[tuple[str, int], int] = {}
    for row in world.readers.filter(pl.col("desk")).to_dicts():
        for day, said in zip(row["climb_day"], row["climb_level"], strict=True):
            # Levels count from 1, and the one after what is said is turned to.
            wanted |= {(row[Columns.USER], day + later): said for later in range(1, REACTION + 1)}
    days = [(author, (at.date() - START).days) for author, at in posts.select(Columns.AUTHOR, Columns.AT).iter_rows()]
    return np.array([[wanted.get((author, day + 1 + later), -1) for author, day in days] for later in range(REACTION)])


def _pair(world: "World", wishes: Wishes, levels: list[str], boredom: str) -> Pair:
    """Return the shelf of the world as a pair: levels of need are its categories, a post's four days a session."""
    shelf = [item for item in world.catalogue if Columns.LEVEL in item.attributes]
    of = np.array([int(item.attributes[Columns.LEVEL]) - 1 for item in shelf])
    member = of[:, None] == np.arange(len(levels))
    table = ItemTable(tuple(item.id for item in shelf), tuple(item.title for item in shelf), tuple(levels), member, member.astype(np.float32))
    count = len(wishes.users)
    tides = (LIFT * (wishes.wanted[:, :, None] == np.arange(len(levels)))).astype(np.float32)
    truth = Truth(np.full((count, len(shelf)), LIKING, dtype=np.float32), np.eye(len(levels), dtype=np.float32), tides)
    scores = logit(wishes.usual)[:, of].astype(np.float32)
    histories = Ragged.of([[]] * count)
    material = Material("shelf", table, wishes.users, histories, np.zeros(0, dtype=np.int8), np.full(count, Split.TEST, dtype=np.int8), scores)
    return Pair(material, truth, DAYS, slate=SLATE, horizon=REACTION).with_laws(boredom=level(boredom))
