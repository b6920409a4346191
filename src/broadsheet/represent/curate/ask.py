"""Turns by a language model, through one function: a prompt goes in, a text comes out, and what is no turn is kept as such."""

from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from broadsheet.represent.muco.schema import KINDS, Turn, normalised
from broadsheet.represent.pictures.labelled import Labelled

Ask = Callable[[str], str]

PROMPT = """Here is what is known of a picture, and nothing else is known:
{facts}

Write {most} questions about the picture, each with a short answer that follows from these facts alone: {kinds}.
No answer may be given away by its question. Reply with JSON and nothing else, in this form:
{{"turns": [{{"kind": "class", "query": "Of which kind is it?", "target": "a bird"}}]}}"""
REPAIR = "{prompt}\n\nYour last reply could not be read ({fault}). Reply again, with JSON alone. It was:\n{reply}"
SHARES = "one class, one retrieval (a caption to find it by), two global, two local, one creative"


class _Turn(BaseModel):
    kind: str
    query: Annotated[str, Field(min_length=1)]
    target: Annotated[str, Field(min_length=1)]


class _Reply(BaseModel):
    turns: Annotated[list[_Turn], Field(min_length=1)]


class Asked(NamedTuple):
    """Turns that a model wrote, what of its reply was rejected and why, and how often it was asked again."""

    turns: tuple[Turn, ...]
    rejected: tuple[str, ...]
    repairs: int


def turns_by_asking(row: Labelled, ask: Ask, most: int = 7) -> Asked:
    """Ask for turns of a picture; a reply that is not of the form is asked for once more, and then rejected whole.

    A turn is rejected that is of no kind we know, whose answer stands in its question, or repeats another.
    """
    facts = {"title": row.title, "description": row.description, "keywords": ", ".join(row.keywords), "category": " > ".join(row.category)}
    prompt = PROMPT.format(facts="\n".join(f"{name}: {value}" for name, value in facts.items() if value), most=most, kinds=SHARES)
    reply = ask(prompt)
    try:
        return _kept(_Reply.model_validate_json(_bare(reply)), row, most, 0)
    except ValidationError as fault:
        again = ask(REPAIR.format(prompt=prompt, fault=_said(fault), reply=reply))
    try:
        return _kept(_Reply.model_validate_json(_bare(again)), row, most, 1)
    except ValidationError as fault:
        return Asked((), (f"no turns in the reply ({_said(fault)}): {again[:200]}",), 1)


def _kept(reply: _Reply, row: Labelled, most: int, repairs: int) -> Asked:
    made: dict[str, Turn] = {}
    rejected = []
    for turn in reply.turns:
        answer = normalised(turn.target)
        if turn.kind not in KINDS:
            rejected.append(f"of no known kind ({turn.kind}): {turn.query} {turn.target}")
        elif answer in normalised(turn.query):
            rejected.append(f"the question holds its answer: {turn.query} {turn.target}")
        elif answer in made:
            rejected.append(f"the answer stands twice: {turn.query} {turn.target}")
        else:
            sentence = f"{row.description or row.text} {turn.query}"
            made[answer] = Turn(query=turn.query, target=turn.target, kind=turn.kind, query_sentence=sentence)
    return Asked(tuple(made.values())[:most], tuple(rejected), repairs)


def _bare(reply: str) -> str:
    """Return what stands from the first brace to the last: many models wrap JSON in words."""
    start, end = reply.find("{"), reply.rfind("}")
    return reply[start : end + 1] if 0 <= start < end else reply


def _said(fault: ValidationError) -> str:
    return str(fault.errors(include_url=False)[0]["msg"])


def scripted(replies: Mapping[str, str], otherwise: str = '{"turns": []}') -> Ask:
    """Return a stand-in for a language model: the reply whose key stands in the prompt, for tests without one.

    >>> scripted({"cat": "meow"})("a picture of a cat")
    'meow'
    """

    def ask(prompt: str) -> str:
        return next((reply for key, reply in replies.items() if key in prompt), otherwise)

    return ask
