"""A transcript on disk, and its replay: everything is done again, without a model, and compared byte for byte."""

import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.records import VERSION, Transcript
from broadsheet.core.errors import RecordError
from broadsheet.core.files import read_text, write_file
from broadsheet.core.progress import Progress, silent

# Characters of a value that a difference shows.
LONG = 200


def dumped(transcript: Transcript) -> str:
    """Return a transcript as it is written: JSON of one form, with nothing in it that tells when or where."""
    return json.dumps(transcript.model_dump(mode="json"), indent=1, ensure_ascii=True) + "\n"


def write_transcript(path: Path, transcript: Transcript) -> None:
    """Write a transcript whole, or leave the file as it was. Raises OutputError."""
    write_file(path, dumped(transcript))


def read_transcript(path: Path) -> tuple[Transcript, str]:
    """Return a transcript and its text. Raises SourceNotFoundError, and RecordError for a file that is none."""
    text = read_text(path, "Check the path of the transcript.", "Name a file that ask --transcript wrote.")
    try:
        return Transcript.model_validate_json(text), text
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise RecordError(
            f"{path} is no transcript of version {VERSION}: {where}: {first['msg']}.", "Name a file that ask --transcript wrote, with this version."
        ) from None


def replayed(recorded: Transcript, loop: Loop, progress: Progress = silent) -> Transcript:
    """Return the transcript of the same events, all done again. The loop's writer says what was recorded."""
    events = [one.event for one in recorded.happened]
    made = loop.blank(recorded.question)
    for number, event in enumerate(events, 1):
        made = loop.step(made, event)
        progress("replaying", number, len(events))
    return made


def differences(recorded: str, made: str) -> Iterator[str]:
    """Yield where two transcripts differ, by the path of the value; a difference of white space alone is one too.

    >>> list(differences('{"a": [1, {"b": 2}]}', '{"a": [1, {"b": 3}]}'))
    ['a.1.b: recorded 2, now 3']
    """
    if recorded == made:
        return
    found = False
    for where, old, new in _differing(json.loads(recorded), json.loads(made), ""):
        found = True
        yield f"{where or 'all of it'}: recorded {_short(old)}, now {_short(new)}"
    if not found:
        line = next(number for number, pair in enumerate(zip_longest(recorded.split("\n"), made.split("\n")), 1) if pair[0] != pair[1])
        yield f"line {line}: the same values, written otherwise"


_NOTHING = object()


def _differing(old: Any, new: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from _differing(old.get(key, _NOTHING), new.get(key, _NOTHING), f"{where}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list):
        for place, (one, other) in enumerate(zip_longest(old, new, fillvalue=_NOTHING)):
            yield from _differing(one, other, f"{where}.{place}".lstrip("."))
    elif type(old) is not type(new) or old != new:
        yield where, old, new


def _short(value: Any) -> str:
    said = "nothing" if value is _NOTHING else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONG else f"{said[:LONG]}..."
