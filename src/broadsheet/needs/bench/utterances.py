"""Utterances with several intents each and slots at their places, in the layout of NLU++: a folder of fold0.json, fold1.json and so on."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.needs.label.tokens import Tagged
from broadsheet.needs.records import Span

_FOLD = re.compile(r"fold(\d+)\.json")


class Utterance(NamedTuple):
    """What was said, what is meant by it, and the spans in it."""

    text: str
    intents: tuple[str, ...]
    spans: tuple[Tagged, ...]


def fold_files(folder: Path) -> list[Path]:
    """Return the files of a folder's folds, by number. Raises SourceNotFoundError where there is none."""
    found = {int(match[1]): path for path in (folder.iterdir() if folder.is_dir() else ()) if (match := _FOLD.fullmatch(path.name))}
    if not found:
        raise SourceNotFoundError(f"There are no folds in {folder}.", "Name a folder that holds fold0.json, fold1.json and so on.")
    return [found[number] for number in sorted(found)]


def read_folds(paths: Sequence[Path]) -> tuple[tuple[Utterance, ...], ...]:
    """Read folds. Raises SourceNotFoundError, EmptySourceError or RecordError, which name the file and the utterance."""
    return tuple(_fold(path) for path in paths)


def _fold(path: Path) -> tuple[Utterance, ...]:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the folder of --nlupp and of --fit.") from None
    except ValueError as fault:
        raise RecordError(f"{path} is not JSON: {fault}.", "Fetch the file again.") from None
    if not isinstance(held, list):
        raise RecordError(f"{path} holds no list of utterances.", "Give a list of objects with text, intents and slots.")
    if not held:
        raise EmptySourceError(f"{path} holds no utterance.", "Give a list of objects with text, intents and slots, or leave the file out.")
    return tuple(_utterance(one, f"{path}, utterance {number}") for number, one in enumerate(held))


def _utterance(held: Any, where: str) -> Utterance:
    if not isinstance(held, dict) or not isinstance(held.get("text"), str):
        raise RecordError(f"{where} has no text.", "Each is an object with text, and with intents and slots where there are any.")
    intents, slots = held.get("intents", []), held.get("slots", {})
    if not isinstance(intents, list) or not all(isinstance(one, str) for one in intents) or not isinstance(slots, dict):
        raise RecordError(f"{where} has intents that are no list of names, or slots that are no object.", "Write them as the other utterances have them.")
    spans = tuple(sorted((Tagged(kind, _span(held["text"], slot, f"{where}, slot {kind}")) for kind, slot in slots.items()), key=lambda one: one.span.start))
    for before, after in pairwise(spans):
        if after.span.start < before.span.end:
            raise RecordError(f"{where} has slots {before.kind} and {after.kind} that overlap.", "A letter belongs to one slot: mend their spans.")
    return Utterance(held["text"], tuple(dict.fromkeys(intents)), spans)


def _span(text: str, slot: Any, where: str) -> Span:
    try:
        start, end = slot["span"]
        span = Span(start=start, end=end, text=slot["text"])
    except (TypeError, KeyError, ValueError, ValidationError):
        raise RecordError(f"{where} has no text with its span.", "A slot has text, and span: where it begins, and where the next letter stands.") from None
    if text[span.start : span.end] != span.text:
        raise RecordError(f"{where} says {span.text!r}, and {text[span.start : span.end]!r} stands there.", "Mend the span or the text of that slot.")
    return span
