"""The back end `scripted`: rules that somebody wrote, named so in every record, for tests and for work without a model."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from broadsheet.core.config import Config, build, read_toml
from broadsheet.core.errors import PatternError
from broadsheet.core.llm.faults import CallError, Reason
from broadsheet.core.llm.port import MANY, Reply, Request

# What a rule may give: text, or what becomes JSON.
Said = Any
Rules = Callable[[Request], Said] | Sequence[tuple[str, Said]]


class _Rule(Config):
    pattern: str
    reply: Annotated[Any, Field(default=...)]


class _File(Config):
    rules: tuple[_Rule, ...]


class ScriptedLLM:
    """Answers by rules: a function of the request, or pairs of a regular expression and a reply, of which the first that is found counts.

    It is looked for in the last message. Tokens are words. A request that no rule fits is a fault. `model` is `rules` and
    a hash of them, for replies are kept under it: of a function its code, so one that reads what changes outside
    of it takes a name of its own.
    """

    name = "scripted"
    at_once = MANY

    def __init__(self, rules: Rules, model: str = "") -> None:
        self.model = model or f"rules@{_hash(rules)}"
        self._rule = rules if callable(rules) else _first_of(rules)

    @classmethod
    def read(cls, path: Path) -> "ScriptedLLM":
        """Read a TOML file of `[[rules]]` with `pattern` and `reply`."""
        file = build(_File, read_toml(path), str(path))
        return cls([(rule.pattern, rule.reply) for rule in file.rules])

    async def complete(self, request: Request, *, idempotency: str = "") -> Reply:
        """Answer by the first rule that fits."""
        del idempotency
        said = self._rule(request)
        if said is None:
            raise CallError(Reason.UNRECORDED, "No rule fits the request.", "Add one that does; a last rule with the pattern '' fits all.")
        text = said if isinstance(said, str) else json.dumps(TypeAdapter(Any).dump_python(said, mode="json"), ensure_ascii=False)
        words = sum(len(message.content.split()) for message in request.messages)
        return Reply(text=text, prompt_tokens=words, completion_tokens=len(text.split()), model=self.model)

    async def close(self) -> None:
        """Hold nothing."""


def _hash(rules: Rules) -> str:
    said = list(rules) if not callable(rules) else _code(getattr(rules, "__code__", None))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def _code(code: Any) -> Any:
    """Return what a function's code says, without where it lies in memory."""
    return (code.co_code, code.co_names, tuple(map(_code, code.co_consts))) if isinstance(code, CodeType) else code


def _first_of(rules: Sequence[tuple[str, Said]]) -> Callable[[Request], Said]:
    try:
        compiled = [(re.compile(pattern), reply) for pattern, reply in rules]
    except re.error as fault:
        raise PatternError(f"The pattern {fault.pattern!r} of a rule does not compile: {fault.msg}.", "Mend the regular expression.") from None

    def rule(request: Request) -> Said:
        said = request.messages[-1].content
        return next((reply for pattern, reply in compiled if pattern.search(said)), None)

    return rule
