"""Turns by a language model, through one function: a prompt goes in, a text comes out, and what is no turn is rejected with its reason."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from broadsheet.represent.curate.entry import Entry
from broadsheet.represent.curate.rules import answer_key
from broadsheet.represent.muco.schema import Turn, normalised

Ask = Callable[[str], str]

PROMPT = """Here is what is known of a picture, and nothing else is known:
{facts}

Write {most} questions about the picture, each with a short answer that follows from these facts alone: {shares}.
No question may give its answer away, and no two may have the same answer. Reply with JSON and nothing else, in this form:
{{"turns": [{{"kind": "class", "query": "Of which kind is it?", "target": "a bird"}}]}}"""
REPAIR = """{prompt}

Your last reply could not be used: {fault}. Reply again, with the whole JSON and nothing else. It was:
{reply}"""
SHARES = "one of kind class, one retrieval (a caption to find the picture by), two global (the whole), two local (a part), one creative"
# So much of a reply that cannot be read is kept with the reason.
SAID = 300


class _Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    kind: Literal["class", "global", "local", "creative", "retrieval"]
    query: Annotated[str, Field(min_length=1)]
    target: Annotated[str, Field(min_length=1)]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    turns: Annotated[list[_Turn], Field(min_length=1)]


class _Loose(BaseModel):
    """A reply whose turns are read one by one."""

    turns: Annotated[list[object], Field(min_length=1)]


class Rejected(NamedTuple):
    """What was not taken of a model's reply, and why."""

    reason: str
    said: str


class Asked(NamedTuple):
    """Turns that a model wrote, what was rejected, and how often it was asked again."""

    turns: tuple[Turn, ...]
    rejected: tuple[Rejected, ...]
    repairs: int


def prompt_of(entry: Entry, most: int) -> str:
    """Return what a model is asked about an entry: its facts, the number of turns, and the form of the reply."""
    facts = {"title": entry.title, "description": entry.description, "keywords": ", ".join(entry.keywords), "category": " > ".join(entry.categories)}
    known = {**facts, **{name.replace("_", " "): value for name, value in entry.attributes.items()}}
    return PROMPT.format(facts="\n".join(f"{name}: {value}" for name, value in known.items() if value), most=most, shares=SHARES)


def turns_by_asking(entry: Entry, ask: Ask, most: int = 7) -> Asked:
    """Ask for turns of an entry; a reply that is not wholly of the form is asked for once more, and then taken turn by turn.

    Rejected are a reply without turns, a turn of another form or kind, one whose question holds its answer, and one
    whose answer stood before. What `ask` raises is not caught.
    """
    prompt = prompt_of(entry, most)
    reply = ask(prompt)
    try:
        return _kept(list(_Reply.model_validate_json(_bare(reply)).turns), [], entry, 0)
    except ValidationError as fault:
        reply = ask(REPAIR.format(prompt=prompt, fault=_said(fault), reply=reply))
    try:
        loose = _Loose.model_validate_json(_bare(reply)).turns
    except ValidationError as fault:
        return Asked((), (Rejected(f"no turns in the reply: {_said(fault)}", reply[:SAID]),), 1)
    turns: list[_Turn] = []
    rejected: list[Rejected] = []
    for each in loose:
        try:
            turns.append(_Turn.model_validate(each))
        except ValidationError as fault:
            rejected.append(Rejected(_said(fault), str(each)[:SAID]))
    return _kept(turns, rejected, entry, 1)


def _kept(turns: list[_Turn], rejected: list[Rejected], entry: Entry, repairs: int) -> Asked:
    made: dict[str, Turn] = {}
    for turn in turns:
        answer = answer_key(turn.target)
        if not answer:
            rejected.append(Rejected("the answer says nothing", turn.target))
        elif f" {answer} " in f" {normalised(turn.query).replace('?', ' ').replace('.', ' ')} ":
            rejected.append(Rejected("the question holds its answer", f"{turn.query} {turn.target}"))
        elif answer in made:
            rejected.append(Rejected("the answer stands twice", f"{turn.query} {turn.target}"))
        else:
            made[answer] = Turn(query=turn.query, target=turn.target, kind=turn.kind, query_sentence=f"{entry.caption} {turn.query}")
    return Asked(tuple(made.values()), tuple(rejected), repairs)


def _bare(reply: str) -> str:
    """Return what stands from the first brace to the last: many models wrap JSON in words."""
    start, end = reply.find("{"), reply.rfind("}")
    return reply[start : end + 1] if 0 <= start < end else reply


def _said(fault: ValidationError) -> str:
    first = fault.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])


class Scripted:
    """A stand-in for a language model, for tests: the reply whose key stands in the prompt; `prompts` are those it was given.

    A key with several replies gives them one after the other, the last one ever after.

    >>> ask = Scripted({"cat": ["mew", "purr"]}, otherwise="woof")
    >>> ask("a cat"), ask("a cat"), ask("a cat"), ask("a dog")
    ('mew', 'purr', 'purr', 'woof')
    """

    def __init__(self, replies: Mapping[str, list[str]], otherwise: str = '{"turns": []}') -> None:
        self._replies = {key: list(values) for key, values in replies.items()}
        self._otherwise = otherwise
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        """Return the reply."""
        self.prompts.append(prompt)
        values = next((values for key, values in self._replies.items() if key in prompt), [self._otherwise])
        return values.pop(0) if len(values) > 1 else values[0]
