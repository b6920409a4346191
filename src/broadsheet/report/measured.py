"""Why a stage is off on real papers: what it was measured to add, and the command that measured it."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from broadsheet.stack.recipe import Recipe


@cache
def measured() -> Mapping[str, Mapping[str, Any]]:
    """Return by stage what was measured of it, as `tools/stack_tables.py` writes it from `benchmarks/`: what is said of it, the command, whether it is on, the figures."""
    return json.loads((files("broadsheet.stack") / "recipes" / "measured.json").read_text(encoding="utf-8"))


def because(recipe: Recipe) -> dict[str, str]:
    """Return why stages are off in the recipe of real papers; nothing for another, whose stages are off because it says so."""
    if recipe.kind != "papers" or recipe.source == ("sample",):
        return {}
    return {stage: f"{said['said']} Measured by: {said['command']}" for stage, said in measured().items()}
