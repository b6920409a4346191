"""The planted truths: what is planted, who finds it, who must not, and the world without it."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from broadsheet.core.progress import Progress, silent
from broadsheet.sample.world.build import world as build_world
from broadsheet.sample.world.model import World
from broadsheet.sample.world.solvers.cold import solve_cold, solve_cold_by_content, solve_cold_by_id
from broadsheet.sample.world.solvers.deep import solve_deep, solve_deep_by_recent
from broadsheet.sample.world.solvers.fatigue import solve_fatigue, solve_fatigue_by_placebo
from broadsheet.sample.world.solvers.figure import solve_figure, solve_figure_by_text
from broadsheet.sample.world.solvers.finance import solve_finance
from broadsheet.sample.world.solvers.finding import Finding
from broadsheet.sample.world.solvers.order import solve_order, solve_order_by_bag
from broadsheet.sample.world.solvers.posts import solve_posts

Solver = Callable[[World], Finding]


class Truth(NamedTuple):
    """A planted truth.

    `planted` states it, `control` what `world(without={name})` has instead, `measure` what the
    figures are. `solver` finds the truth; `rivals` lack what it takes and stay at chance.
    """

    name: str
    planted: str
    control: str
    measure: str
    solver: Solver
    rivals: dict[str, Solver]


class Checked(NamedTuple):
    """A solver or a rival of a truth, in the world and in the control world."""

    truth: str
    by: str
    measure: str
    world: Finding
    control: Finding


TRUTHS: tuple[Truth, ...] = (
    Truth(
        "figure",
        "Every paper's figure shows a ring, bars, a grid or a wave, in colours, places and sizes that tell nothing, and no word says which. "
        "Every reader prefers one motif: of four papers of one theme, one of each motif, they open the one that shows it. "
        "The last of these slates hold papers announced that day, so that no identifier helps.",
        "Which of the four is opened is left to chance.",
        "accuracy among 4",
        solve_figure,
        {"text": solve_figure_by_text},
    ),
    Truth(
        "order",
        "In a series of four papers p, q, f, b, whoever opens p and then q goes on to f, and whoever opens q and then p to b. "
        "Which comes first is a coin's choice, so that the bag of papers opened tells nothing.",
        "A coin decides between f and b.",
        "accuracy among 2",
        solve_order,
        {"bag": solve_order_by_bag},
    ),
    Truth(
        "deep",
        "Within their first five openings readers open one of four key papers. On the last day, at least 40 openings later and once for "
        "each reader, four doors are shown, and the key of the first day decides which is opened. Nothing in between tells the key.",
        "Which door is opened is left to chance.",
        "accuracy among 4",
        solve_deep,
        {"last 39": solve_deep_by_recent},
    ),
    Truth(
        "cold",
        "Readers of a hidden club open their club's papers, whose themes have nothing to do with what they like. On the last evening the original "
        "papers of six clubs come again as new papers in other words, with a similar figure. A member who never met the original opens "
        "its copy. Identifiers are new, and all copies are of one theme: only the way from copy to original, and from there to who opened it "
        "with what, leads to the answer.",
        "The new papers copy nothing, and which is opened is left to chance.",
        "accuracy among 6",
        solve_cold,
        {"id": solve_cold_by_id, "content": solve_cold_by_content},
    ),
    Truth(
        "fatigue",
        "Every exposure to a category makes its next papers less likely to be opened, and fades from day to day. Four pairs of categories "
        "have different names but the same words: a twin wears a reader out 0.9 times as much as the category itself, others not at all.",
        "Twins do not share fatigue.",
        "effect over own effect",
        solve_fatigue,
        {"placebo": solve_fatigue_by_placebo},
    ),
    Truth(
        "posts",
        "In four channels authors write about seven needs: in one cumulatively, in one about the level they are at (unfolding), in one the "
        "more the more they write, in one independently of everything. Only the first is a ladder.",
        "All four channels are independent.",
        "right verdicts",
        solve_posts,
        {},
    ),
    Truth(
        "finance",
        "Papers on household finance answer the seven needs. Readers who write at the desk about one need open, in the four days after, papers "
        "about the next one up, and rise over the weeks.",
        "Readers write about needs that have nothing to do with what they open.",
        "lift over others' posts",
        solve_finance,
        {},
    ),
)


def check_truths(world: World, progress: Progress = silent, truths: Sequence[Truth] = TRUTHS) -> Iterator[Checked]:
    """Yield what every solver and every rival find in the world, and in the world without the truth."""
    config = world.config
    for number, truth in enumerate(truths):
        without = config.without | {truth.name}
        control = build_world(config.readers, config.items, config.days, config.seed, without=without, posters=config.posters)
        for by, solver in {"solver": truth.solver, **truth.rivals}.items():
            yield Checked(truth.name, by, truth.measure, solver(world), solver(control))
        progress("truths", number + 1, len(truths))
