"""Why a stage is off on real papers: what it was measured to add, and the command that measured it."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from broadsheet.stack.recipe import Recipe


@cache
def measured() -> Mapping[str, Mapping[str, str]]:
    """Return by stage what was measured of it, as `tools/stack_figures.py` writes it from `benchmarks/`."""
    return json.loads((files("broadsheet.stack") / "recipes" / "measured.json").read_text(encoding="utf-8"))


def because(recipe: Recipe) -> dict[str, str]:
    """Return why stages are off in the recipe of real papers; nothing for another, whose stages are off because it says so."""
    if recipe.kind != "papers" or recipe.source == ("sample",):
        return {}
    return {stage: f"{said['said']} {said['command']}" for stage, said in measured().items()}
