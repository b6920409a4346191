"""The port to language models: what is asked, what comes back, and who answers."""

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from broadsheet.core.llm.json_schema import schema_of
from broadsheet.core.schema import Record

if TYPE_CHECKING:
    import numpy as np

Finish = Literal["stop", "length", "refusal"]
# What a back end that sets no bound of its own works on at a time.
MANY = 1024
# How a reply was held to its form: by the server, by words in the prompt, by a token mask, by scoring each choice.
Held = Literal["", "server", "prompt", "mask", "scores"]
# Tokens that a provider may add to each message, and to a conversation (a template's own first message).
FRAME, TEMPLATE = 16, 64


def _whole(text: str) -> str:
    """Return a text that can be stored and sent: half of a surrogate pair, which is no character, becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


Text = Annotated[str, AfterValidator(_whole)]


class Message(Record):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Text


class Request(Record):
    """What is asked of a model: messages, and the form of the answer.

    `output` is a pydantic model whose JSON the answer must be; `choices` are the only answers allowed. With
    neither, any text is an answer. `max_tokens` bounds the answer, in tokens. `purpose` is a label for the ledger
    and no part of `key`.
    """

    messages: Annotated[tuple[Message, ...], Field(min_length=1)]
    output: type[BaseModel] | None = None
    choices: tuple[str, ...] = ()
    max_tokens: Annotated[int, Field(ge=1)] = 512
    temperature: Annotated[float, Field(ge=0)] | None = 0.0
    seed: int | None = 0
    purpose: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.output and self.choices:
            raise ValueError("an answer has either an output or choices, not both")
        if len(set(self.choices)) < len(self.choices) or any(choice != choice.strip() or not choice for choice in self.choices):
            raise ValueError("choices must differ, be not empty, and have no blanks at their ends")
        return self

    @classmethod
    def ask(cls, text: str, *, system: str = "", **settings: Any) -> Self:
        """Return a request of one user message, after a system message if there is one."""
        before = (Message(role="system", content=system),) if system else ()
        return cls(messages=(*before, Message(role="user", content=text)), **settings)

    @property
    def answer_schema(self) -> dict[str, Any] | None:
        """The JSON schema that the answer must fit, if any; that of choices has the one field `choice`."""
        if self.choices:
            one = {"type": "string", "enum": list(self.choices)}
            return {"type": "object", "properties": {"choice": one}, "required": ["choice"], "additionalProperties": False}
        return schema_of(self.output) if self.output else None

    @property
    def key(self) -> str:
        """SHA-256 of all that changes the answer, the model aside."""
        facts = {
            "messages": [[message.role, message.content] for message in self.messages],
            "schema": self.answer_schema,
            "choices": self.choices,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    @property
    def most_prompt_tokens(self) -> int:
        """An upper bound of the prompt's tokens: a token of text has at least one byte; the schema may be read twice."""
        said = sum(len(message.content.encode()) + FRAME for message in self.messages)
        return said + TEMPLATE + (2 * len(json.dumps(self.answer_schema)) + 200 if self.answer_schema else 0)

    @property
    def likely_tokens(self) -> int:
        """What a rate limiter takes the call for before it is made: four characters a token, and the longest answer."""
        return sum(len(message.content) for message in self.messages) // 4 + self.max_tokens


class Reply(Record):
    """What a model answered.

    `value` is the parsed answer (a model of `output`, or the choice), once it was read; tokens are None where
    the endpoint did not count them. `model` is the one that really answered. `logprobs` has the natural
    logarithm of each choice's probability among the choices, where they are known.
    """

    text: Text
    value: Any = Field(default=None, exclude=True)
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model: str = ""
    finish: Finish = "stop"
    held: Held = ""
    logprobs: dict[str, float] | None = None


class Hold(Protocol):
    """Tells whoever writes which tokens may come next [K] (none where the text must end), whether it may end, and takes what was written."""

    @property
    def allowed(self) -> "np.ndarray":
        """The tokens that may come next."""
        ...

    @property
    def may_end(self) -> bool:
        """Whether the text is whole as it stands."""
        ...

    def take(self, token: int) -> None:
        """Write one of the tokens that are allowed."""
        ...


class LLM(Protocol):
    """A language model: `name` is the back end and `model` what it runs, as they stand in every record.

    `at_once` is how many calls it works on at a time; more would only wait, and time out.
    """

    name: str
    model: str
    at_once: int

    async def complete(self, request: Request, *, idempotency: str = "") -> Reply:
        """Answer one request, in one call; `value` is left to the reader of the reply.

        `idempotency` names the call: a server that honours it answers, and bills, the same name once.
        Raises `CallError`.
        """
        ...

    async def close(self) -> None:
        """Give back connections; the next call opens them anew."""
        ...


def call_key(llm: LLM, request: Request) -> str:
    """Return the content key of a call: SHA-256 over back end, model and the request's own key."""
    return hashlib.sha256(f"{llm.name}\x1f{llm.model}\x1f{request.key}".encode()).hexdigest()
