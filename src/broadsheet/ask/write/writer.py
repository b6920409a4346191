"""Who writes queries: a draft says its text, who wrote it, and what was done to the reply; what is drafted is never run unchecked."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from broadsheet.ask.link.links import Links
from broadsheet.ask.schema import Schema
from broadsheet.ask.write.prompts import Role, amend_request, explain_request, mend_request, write_request
from broadsheet.ask.write.replies import query_of
from broadsheet.ask.write.schema_text import schema_text
from broadsheet.ask.write.speaker import Said, Speaker
from broadsheet.core.errors import LLMError
from broadsheet.core.llm import Reason, Request

# Characters of a schema that are shown; where the model reads less, it is asked again with the next.
WINDOWS = (24_000, 6_000, 2_000, 800)


class Draft(NamedTuple):
    """The text of a query, or None where there is none; who wrote it; and what there is to tell of it; `doubts` are what keeps it from being run unseen."""

    text: str | None
    by: str
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class Asking(NamedTuple):
    """A question, and what its words are linked to, of those with several meanings the one that the person chose; `hints` tell it in words."""

    question: str
    links: Links
    hints: tuple[str, ...] = ()


class Writer(Protocol):
    """Writes queries. `by` names it; `said` is what a model behind it replied, in order, empty where there is none."""

    by: str

    @property
    def said(self) -> Sequence[Said]:
        """What a model behind it replied, in order."""
        ...

    def write(self, asking: Asking) -> Draft:
        """Return a draft that answers a question. Raises LLMError where a model gives no reply."""
        ...

    def mend(self, asking: Asking, query: str, faults: Sequence[str]) -> Draft | None:
        """Return a draft without faults that a checker has found, or None from a writer that cannot. Raises LLMError."""
        ...

    def amend(self, asking: Asking, query: str, amendment: str) -> Draft | None:
        """Return a draft that is changed as a person asks, or None from a writer that cannot. Raises LLMError."""
        ...

    def explain(self, query: str) -> str | None:
        """Return an explanation in the writer's own words, from the query alone, or None from a writer that has none. Raises LLMError."""
        ...


class ModelWriter:
    """A language model in the four roles, as a speaker says what it replies."""

    def __init__(self, schema: Schema, speaker: Speaker) -> None:
        self._schema, self._speaker = schema, speaker
        self.by = speaker.by

    @property
    def said(self) -> Sequence[Said]:
        """What the model replied, in order."""
        return self._speaker.said

    def write(self, asking: Asking) -> Draft:
        """Return the query in the model's reply. Raises LLMError."""
        return self._asked(Role.WRITE, asking, lambda schema: write_request(asking.question, schema, asking.hints))

    def mend(self, asking: Asking, query: str, faults: Sequence[str]) -> Draft:
        """Return the query that the model made of another and its faults. Raises LLMError."""
        return self._asked(Role.MEND, asking, lambda schema: mend_request(asking.question, query, faults, schema))

    def amend(self, asking: Asking, query: str, amendment: str) -> Draft:
        """Return the query that the model made of another and a person's words. Raises LLMError."""
        return self._asked(
            Role.AMEND, asking._replace(question=f"{asking.question} {amendment}"), lambda schema: self._change(asking, query, amendment, schema)
        )

    def explain(self, query: str) -> str:
        """Return the model's explanation of a query. Raises LLMError."""
        return self._speaker.say(Role.EXPLAIN, explain_request(query))

    @staticmethod
    def _change(asking: Asking, query: str, amendment: str, schema: str) -> Request:
        return amend_request(asking.question, query, amendment, schema, asking.hints)

    def _asked(self, role: Role, asking: Asking, request: Callable[[str], Request]) -> Draft:
        """Ask with as much of the schema as the model reads."""
        for place, most in enumerate(WINDOWS):
            shown = schema_text(self._schema, asking.question, most)
            try:
                reply = self._speaker.say(role, request(shown.text))
            except LLMError:
                # A prompt that is too long is rejected; with less of the schema it may be read.
                if not self.said or self.said[-1].reason != Reason.REJECTED or place == len(WINDOWS) - 1:
                    raise
                continue
            taken = query_of(reply)
            cut = (f"left out of the schema, for the model reads no more: {shown.left_out}",) if shown.left_out else ()
            return Draft(taken.query, self.by, (*cut, *taken.notes))
        raise AssertionError("the last window returns or raises")
