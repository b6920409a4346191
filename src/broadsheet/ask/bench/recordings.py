"""Replies of language models that were recorded, a file for each: further rows of a suite.

A file NAME.jsonl holds the replies of the model NAME, a line for each query or question of the suite by its `id`. Of a query that the model was shown: `flagged`, whether it
says that something is wrong with it, and if wanted `summary`, its explanation in words. Of a question that it was asked: `query`, the Cypher that it wrote. Other keys are
left alone; so are ids that the suite does not have.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.files import read_text


class Reply(NamedTuple):
    """What a model said to one query or question; None where nothing was recorded."""

    flagged: bool | None = None
    summary: str | None = None
    query: str | None = None


class Recording(NamedTuple):
    """The replies of a model by id, and the file that holds them."""

    name: str
    replies: dict[str, Reply]
    path: Path


def read_recordings(folder: Path | None) -> list[Recording]:
    """Read every recording of a folder, by name; none without a folder. Raises SourceNotFoundError where it holds none, and RecordError for a line that is no reply."""
    if folder is None:
        return []
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        raise SourceNotFoundError(f"There are no recordings in {folder}.", "Name a folder of files NAME.jsonl, one for each language model.")
    return [Recording(path.stem, dict(_replies(path)), path) for path in paths]


def _replies(path: Path) -> Iterator[tuple[str, Reply]]:
    text = read_text(path, "Check who may read it.")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _reply(line, f"{path.name}, line {number}")


def _reply(line: str, where: str) -> tuple[str, Reply]:
    try:
        held = json.loads(line)
        name, found = str(held["id"]), Reply(*(held.get(key) for key in Reply._fields))
    except (ValueError, KeyError, AttributeError, TypeError):
        name, found = "", Reply()
    said = [one for one in found if one is not None]
    if not said or not all(isinstance(one, kind | None) for one, kind in zip(found, (bool, str, str), strict=True)):
        raise RecordError(f"{where} holds no reply.", 'Write: {"id": "P07", "flagged": true, "summary": "..."} or {"id": "q1", "query": "MATCH (n) RETURN n"}')
    return name, found
