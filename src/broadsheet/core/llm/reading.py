"""Reading a reply: the value in it, or what is wrong with it and how to ask again."""

import json
import re
from typing import Any, NamedTuple

from pydantic import ValidationError

from broadsheet.core.llm.faults import Reason
from broadsheet.core.llm.port import Message, Reply, Request

# One fenced block with at most blanks around it: all of the reply, or it is not read.
FENCED = re.compile(r"\s*```(?:json)?[ \t]*\n(.*?)\n?```\s*", re.DOTALL)
# So many faults of a reply are told to the model, each on a line of so many characters.
TOLD, LINE = 5, 200


class Value(NamedTuple):
    """What a reply says."""

    value: Any


class Fault(NamedTuple):
    """What is wrong with a reply. `mends` tells whether asking again with the fault may help."""

    reason: Reason
    what: str
    mends: bool = False


def read_reply(request: Request, reply: Reply) -> Value | Fault:
    """Return what a reply says in the form that the request asks for, or what is wrong with it.

    Of all that may surround JSON one fenced block is taken off, nothing else.
    """
    if reply.finish == "refusal":
        return Fault(Reason.REFUSAL, f"The model refused to answer: {_line(reply.text)}")
    if reply.finish == "length":
        return Fault(Reason.TRUNCATED, f"The reply was cut after {reply.completion_tokens or request.max_tokens} tokens.")
    if request.choices:
        return _choice(request, reply.text)
    if request.output is None:
        return Value(reply.text)
    try:
        return Value(request.output.model_validate_json(_unfenced(reply.text)))
    except ValidationError as fault:
        found = [_told(error["loc"], error["msg"]) for error in fault.errors(include_url=False, include_input=False)]
        more = [f"and {len(found) - TOLD} more"] if len(found) > TOLD else []
        return Fault(Reason.INVALID, "; ".join([*found[:TOLD], *more]), mends=True)


def repaired(request: Request, reply: Reply, fault: Fault) -> Request:
    """Return the request that asks again: the conversation so far, and what was wrong with the reply."""
    again = f"That does not fit: {fault.what}. Answer once more, with nothing but what was asked for."
    said = (Message(role="assistant", content=reply.text), Message(role="user", content=again))
    return request.model_copy(update={"messages": (*request.messages, *said)})


def as_asked(request: Request) -> tuple[Message, ...]:
    """Return the messages with the form of the answer in words, for who cannot be held to it otherwise."""
    if request.choices:
        form = f"Answer with exactly one of these, and nothing else: {json.dumps(list(request.choices), ensure_ascii=False)}"
    elif request.output:
        form = f"Answer with one JSON object that fits this schema, and nothing else: {json.dumps(request.answer_schema, ensure_ascii=False)}"
    else:
        return request.messages
    return (*request.messages[:-1], request.messages[-1].model_copy(update={"content": f"{request.messages[-1].content}\n\n{form}"}))


def _choice(request: Request, text: str) -> Value | Fault:
    """Read a choice: the bare words, or an object with the one field `choice`."""
    said = _unfenced(text).strip()
    if said.startswith(("{", '"')):
        try:
            held = json.loads(said)
        except ValueError:
            held = None
        said = held["choice"] if isinstance(held, dict) and set(held) == {"choice"} else held
    if said in request.choices:
        return Value(said)
    return Fault(Reason.INVALID, f"it must be exactly one of {json.dumps(list(request.choices), ensure_ascii=False)}", mends=True)


def _unfenced(text: str) -> str:
    found = FENCED.fullmatch(text)
    return found[1] if found and "```" not in found[1] else text


def _told(place: tuple[int | str, ...], message: str) -> str:
    return _line(f"{'.'.join(map(str, place))}: {message}" if place else message)


def _line(text: str) -> str:
    return " ".join(text.split())[:LINE]
