"""The back end `replay`: replies that were recorded, found by the content of the request and never by their place."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.files import json_lines
from broadsheet.core.llm.faults import CallError, Reason
from broadsheet.core.llm.port import LLM, MANY, Message, Reply, Request
from broadsheet.core.schema import Record

# Characters of the nearest recorded request that an error shows.
SHOWN = 60


class Recorded(Record):
    """One line of a recording: the request's key, its messages, who answered, and the reply."""

    key: str
    messages: tuple[Message, ...]
    backend: str
    model: str
    reply: Reply


class ReplayLLM:
    """Answers from a file of recordings. A request that is not in it is a fault that names the nearest; nothing is made up."""

    name = "replay"
    at_once = MANY

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = {line.key: line for line in _lines(path)}
        self.model = ", ".join(dict.fromkeys(f"{line.backend}:{line.model}" for line in self._held.values())) or "nothing"

    async def complete(self, request: Request, *, idempotency: str = "") -> Reply:
        """Return what was recorded for exactly this request."""
        del idempotency
        if request.key not in self._held:
            raise CallError(
                Reason.UNRECORDED, f"{self._path.name} has no reply to the request. {self._nearest(request)}", "Record it: open_llm(..., record=FILE)."
            )
        return self._held[request.key].reply

    async def close(self) -> None:
        """Hold nothing open."""

    def _nearest(self, request: Request) -> str:
        if not self._held:
            return "It is empty."
        wanted = _words(request.messages)
        near = max(self._held.values(), key=lambda line: len(wanted & (words := _words(line.messages))) / (len(wanted | words) or 1))
        said = " ".join(near.messages[-1].content.split())
        same = " of the same messages; parameters or schema differ" if near.messages == request.messages else ""
        return f"The nearest is {near.key[:12]}{same}: {said[:SHOWN]!r}."


class RecordingLLM:
    """Another model, whose replies are appended to a file as they come. A file of ours holds messages in full: it is for texts that may be kept."""

    def __init__(self, inner: LLM, path: Path) -> None:
        self.name, self.model, self.at_once = inner.name, inner.model, inner.at_once
        self._inner, self._path = inner, path
        self._kept = {line.key for line in _lines(path)} if path.exists() else set()

    async def complete(self, request: Request, *, idempotency: str = "") -> Reply:
        """Ask the model, and keep what it said."""
        reply = await self._inner.complete(request, idempotency=idempotency)
        if request.key not in self._kept:
            self._kept.add(request.key)
            line = Recorded(key=request.key, messages=request.messages, backend=self.name, model=self.model, reply=reply)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line.model_dump_json() + "\n")
        return reply

    async def close(self) -> None:
        """Close the model's connections."""
        await self._inner.close()


def _lines(path: Path) -> Iterator[Recorded]:
    try:
        for place, held in json_lines(path):
            yield _line(place, held)
    except OSError as fault:
        raise SourceNotFoundError(
            f"The recording {path} cannot be read: {fault.strerror}.", "Check the path, or record one: open_llm(..., record=FILE)."
        ) from None


def _line(place: str, held: dict[str, Any] | None) -> Recorded:
    try:
        return Recorded.model_validate_json(json.dumps(held))
    except ValidationError as fault:
        raise RecordError(f"{place} is no recorded reply: {fault.errors()[0]['msg']}.", "Take the line out, or record the file anew.") from None


def _words(messages: tuple[Message, ...]) -> set[str]:
    return {word for message in messages for word in message.content.lower().split()}
