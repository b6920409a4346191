"""From a recipe to its steps; the page, and what it alone can do, are handed in from above."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.stack.recipe import FIT, OFF, Recipe
from broadsheet.stack.steps.bundles import chosen, fit_step, why_off
from broadsheet.stack.steps.catalogue import WORLD, Day, day_step, events_step
from broadsheet.stack.steps.graph import graph_step
from broadsheet.stack.steps.needs import needs_step
from broadsheet.stack.steps.rank import rank_step
from broadsheet.stack.steps.retrieve import retrieve_step
from broadsheet.stack.steps.score import score_step
from broadsheet.stack.steps.step import Step
from broadsheet.stack.steps.vectors import vectors_step

if TYPE_CHECKING:
    from broadsheet.stack.shop import Told


def steps_of(recipe: Recipe, material: "Day | str", because: Mapping[str, str] = {}, told: "Told | None" = None) -> list[Step]:
    """Return the steps of a recipe, but the page's own: for a day of papers, or for the user of that name with what they `told` since.

    `because` says by stage why it is off, where that was measured.
    """
    first = day_step(recipe, material) if isinstance(material, Day) else events_step(recipe, material, told)
    meaning = bool(recipe.ranking.get("use_dense", True))
    steps = [first, vectors_step(meaning=meaning, images=recipe.images)]
    offs = {stage: why_off(getattr(recipe.stages, stage), because.get(stage, ""), meaning=meaning) for stage in ("retrieve", "rank")}
    for stage, make in (("retrieve", retrieve_step), ("rank", rank_step)):
        said, off = getattr(recipe.stages, stage), offs[stage]
        # A stage that is off has no bundle to look for.
        bundle = chosen(stage, said if said != OFF else "shipped")
        if said == FIT:
            steps.append(fit_step(stage, recipe, off))
        steps.append(make(bundle, off))
    both = all(offs.values())
    steps.append(
        score_step(
            of_events=recipe.of_events, off="Retrieval and ranking are off: the page's own ranker scores alone." if both and not recipe.of_events else ""
        )
    )
    own = Path(recipe.posts) if recipe.posts and recipe.posts != WORLD else None
    steps.append(needs_step(recipe.stages.needs, recipe.taxonomy, own, _off(recipe.stages.needs, because.get("needs", ""))))
    steps.append(graph_step(recipe, _off(recipe.stages.ask, "")))
    return steps


def _off(said: str, because: str) -> str:
    return (because or "The recipe leaves it out.") if said == OFF else ""
