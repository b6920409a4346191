"""The page of a reader by what was had before: what retrieval proposes, ranking orders and a plan fills."""

from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.core.progress import Progress, silent
from broadsheet.stack.recipe import Recipe
from broadsheet.stack.running import Watch

if TYPE_CHECKING:
    from broadsheet.report.composed import Composed


def compose_events(recipe: Recipe, out: Path, reader: str, *, watch: Watch = lambda _: None, progress: Progress = silent) -> "Composed":
    """Run."""
    raise NotImplementedError
