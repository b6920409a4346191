"""Label Studio's JSON: sheets as tasks, and its exported annotations as rows of a sheet."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.core.files import write_file
from broadsheet.core.schema import Columns
from broadsheet.needs.agree.sheet import COLUMNS, Sheet
from broadsheet.needs.normal import without_halves
from broadsheet.needs.taxonomy import Taxonomy

# The names of the two controls of the labelling interface: what the post is about, and words that say so.
CHOICE, WORDS = "level", "evidence"


def is_tasks(path: Path) -> bool:
    """Whether a file is meant as Label Studio's, by its name."""
    return path.suffix.lower() == ".json"


def interface(taxonomy: Taxonomy) -> str:
    """Return the labelling interface that Label Studio is set up with, as XML."""
    from markupsafe import escape

    levels = [level.id for level in taxonomy.levels]
    choices = "".join(f'<Choice value="{escape(name)}"/>' for name in [*levels, "none"])
    words = "".join(f'<Label value="{escape(name)}"/>' for name in levels)
    return (
        f'<View><Text name="text" value="$text"/><Choices name="{CHOICE}" toName="text" choice="single">{choices}</Choices>'
        f'<Labels name="{WORDS}" toName="text">{words}</Labels></View>\n'
    )


def write_tasks(path: Path, sheet: Sheet, taxonomy: Taxonomy) -> None:
    """Write posts as tasks to import, and beside them, as NAME.xml, the labelling interface."""
    tasks = [{"data": {name: row[name] for name in (Columns.POST, Columns.TEXT, Columns.PROPENSITY)}} for row in sheet.rows]
    write_file(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
    write_file(path.with_suffix(".xml"), interface(taxonomy))


def read_tasks(path: Path) -> Sheet:
    """Return an export (JSON, not its short form) as rows; the line of each is the task's number. An annotation that was cancelled is a row without a level.

    Who annotated is `completed_by`: its email where it has one, else its number. Raises SourceNotFoundError, EmptySourceError or RecordError.
    """
    try:
        held = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path of the labels.") from None
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, list):
        raise RecordError(f"{path} is no export of Label Studio.", "Export the project as JSON.")
    if not held:
        raise EmptySourceError(f"{path} holds no task.", "Export the project as JSON, with its tasks.")
    rows, lines = [], []
    for number, task in enumerate(held, 1):
        try:
            found = list(_rows(task))
        except (KeyError, TypeError, AttributeError, IndexError):
            mend = f"Its data needs post and text, as `needs label --out tasks.json` writes them; the controls are {CHOICE} and {WORDS}."
            raise RecordError(f"{path.name}, task {number} is not one of ours.", mend) from None
        rows += found
        lines += [number] * len(found)
    return Sheet(COLUMNS, rows, tuple(lines))


def _rows(task: Any) -> Iterator[dict[str, str]]:
    data = task["data"]
    post = {
        **dict.fromkeys(COLUMNS, ""),
        Columns.POST: _text(data[Columns.POST]),
        Columns.TEXT: _text(data[Columns.TEXT]),
        Columns.PROPENSITY: _text(data.get(Columns.PROPENSITY, "")),
    }
    annotations = task.get("annotations") or []
    if not annotations:
        yield post
    for annotation in annotations:
        yield from _annotated(post, annotation)


def _annotated(post: dict[str, str], annotation: Any) -> Iterator[dict[str, str]]:
    by = annotation.get("completed_by", "")
    row = {**post, Columns.ANNOTATOR: _text((by.get("email") or by["id"]) if isinstance(by, dict) else by)}
    results = [] if annotation.get("was_cancelled") else annotation["result"]
    levels = [result["value"]["choices"][0] for result in results if result["from_name"] == CHOICE]
    spans = [result["value"] for result in results if result["from_name"] == WORDS]
    # A post's choice and the labels of its words are rows of their own: where they differ, the reader tells of two levels.
    if levels or not spans:
        yield {**row, Columns.LEVEL: _text(levels[0]) if levels else ""}
    for span in spans:
        words = _text(span["text"])
        start, end = _characters(row[Columns.TEXT], span["start"], span["end"], words)
        yield {**row, Columns.LEVEL: _text(span["labels"][0]), Columns.START: str(start), Columns.END: str(end), Columns.EVIDENCE: words}


def _text(value: Any) -> str:
    """Return a cell of what JSON holds."""
    return without_halves(str(value))


def _characters(text: str, start: int, end: int, words: str) -> tuple[int, int]:
    """Return a place counted in characters; a browser counts an emoji as two.

    >>> _characters("😭 rent", 3, 7, "rent")
    (2, 6)
    """
    if text[start:end] == words:
        return start, end
    units = text.encode("utf-16-le")
    before, within = (units[2 * begin : 2 * close].decode("utf-16-le", "replace") for begin, close in ((0, start), (start, end)))
    return (len(before), len(before) + len(within)) if within == words else (start, end)
