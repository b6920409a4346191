"""Who answers a writer's requests: a language model, or the record of what one said."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from broadsheet.ask.write.prompts import Role
from broadsheet.core.errors import RecordingError
from broadsheet.core.llm import Client, Failure, Reason, Request


class Said(NamedTuple):
    """What was said to one request: the role, the request's key, and the reply; or why there is none, with `reason` not empty."""

    role: Role
    key: str
    text: str
    reason: str = ""
    mend: str = ""


class Speaker(Protocol):
    """Answers requests and keeps what was said, in order. `by` names who speaks."""

    by: str
    said: list[Said]

    def say(self, role: Role, request: Request) -> str:
        """Return the reply. Raises LLMError where there is none."""
        ...


class Asked:
    """A language model behind the client: with its cache, its ledger and its budget."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.by = f"{client.llm.name}: {client.llm.model}"
        self.said: list[Said] = []

    def say(self, role: Role, request: Request) -> str:
        """Return the reply. Raises LLMError where there is none."""
        (result,) = self._client.run([request])
        if (failure := result.failure) is not None:
            self.said.append(Said(role, request.key, failure.what, failure.reason, failure.mend))
            raise failure.error()
        self.said.append(Said(role, request.key, result.value))
        return result.value


class Recorded:
    """What a model said once, said again in the same order: no model is asked."""

    def __init__(self, by: str, replies: Iterable[Said]) -> None:
        self.by, self._replies = by, tuple(replies)
        self.said: list[Said] = []

    def say(self, role: Role, request: Request) -> str:
        """Return the next reply; it is kept under what is asked now, so that another request shows as a difference. Raises LLMError as it was then."""
        if len(self.said) >= len(self._replies):
            raise RecordingError(
                f"Only {len(self._replies)} repl{'y is' if len(self._replies) == 1 else 'ies are'} recorded, and the role {role} asks for one more.",
                "Record it anew with the model that spoke.",
            )
        held = self._replies[len(self.said)]
        self.said.append(held._replace(role=role, key=request.key))
        if held.reason:
            raise Failure(Reason(held.reason), held.text, held.mend).error()
        return held.text
