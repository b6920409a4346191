"""A picture of what a query matched."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broadsheet.ask.loop.machine import Loop
    from broadsheet.ask.loop.records import Transcript


def draw(loop: "Loop", made: "Transcript", file: Path) -> str:
    """Draw what the rows of the state that a loop is at rest on; return what there is to tell. Raises OutputError."""
    from broadsheet.ask.answer.answer import picture
    from broadsheet.ask.cypher.parser import parse
    from broadsheet.core.files import write_file

    state = made.state
    query = parse(state.query).query if state is not None and state.query is not None and state.preview is not None else None
    found = loop.shown(query).answer if query is not None else None
    if found is None or not found.citations:
        return "There is nothing to draw: no row that could be traced."
    write_file(file, picture(found))
    return f"The picture of what these rows rest on is in {file}."
