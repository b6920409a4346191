"""A picture of what a query matched."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broadsheet.ask.loop.machine import Loop
    from broadsheet.ask.loop.records import Transcript


def draw(loop: "Loop", made: "Transcript", file: Path) -> str:
    """Draw the answer of the state that a loop is at; return what there is to tell."""
    return ""
