"""Why a stage is off on real papers: what it was measured to add, and the command that measured it."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from broadsheet.stack.recipe import OFF, Recipe


@cache
def measured() -> Mapping[str, Mapping[str, Any]]:
    """Return by stage what was measured of it, as `tools/stack_tables.py` writes it from `benchmarks/`: what is said of it, the command, whether it is on, the figures."""
    return json.loads((files("broadsheet.stack") / "recipes" / "measured.json").read_text(encoding="utf-8"))


def because(recipe: Recipe) -> dict[str, str]:
    """Return why stages are off in the recipe of real papers; nothing for another, whose stages are off because it says so."""
    if recipe.kind != "papers" or recipe.source == ("sample",):
        return {}
    return {stage: f"{said['said']} Measured by: {said['command']}" for stage, said in measured().items() if not said["on"]}


def stages_said(recipe: Recipe) -> str:
    """Say in a sentence which stages are off on a page of real papers, where they are off because of what was measured; empty elsewhere."""
    off = [stage for stage in because(recipe) if getattr(recipe.stages, stage) == OFF]
    on = [stage for stage, said in measured().items() if said["on"]]
    if not off:
        return ""
    return f"Of the stages only {' and '.join(on)} was measured to help on real papers; off: {', '.join(off)}. The figures stand below, under how this page was made."
