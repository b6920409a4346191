"""The writer that is held to the schema: a model on this machine writes token by token, and nothing but queries that the schema allows."""

from collections.abc import Callable, Iterable, Sequence

from broadsheet.ask.decode.decoder import MOST, Decoder
from broadsheet.ask.decode.given import Given
from broadsheet.ask.decode.prompt import asked
from broadsheet.ask.link.links import Links
from broadsheet.ask.schema import Schema
from broadsheet.ask.write.prompts import Role
from broadsheet.ask.write.speaker import Recorded, Said
from broadsheet.ask.write.writer import Asking, Draft
from broadsheet.core.llm import LLM, CallError, Request


class HeldWriter:
    """Drafts by a decoder, one attempt each; what was drafted once is said again where it is recorded. It mends, amends and explains nothing."""

    def __init__(self, schema: Schema, by: str, decoded: Callable[[Asking, Request], str]) -> None:
        self._schema, self._decoded, self.by = schema, decoded, by
        self.said: list[Said] = []

    @classmethod
    def of(cls, llm: LLM, schema: Schema) -> "HeldWriter":
        """Return the writer that drives a model. Raises ConfigError for one that is not on this machine."""
        decoder = Decoder(llm)
        return cls(schema, f"{llm.name}: {llm.model}, held to the schema", lambda asking, _: decoder(asking.question, schema, given_of(asking)).text)

    @classmethod
    def recorded(cls, schema: Schema, by: str, replies: Iterable[Said]) -> "HeldWriter":
        """Return the writer that says what was drafted once."""
        speaker = Recorded(by, replies)
        return cls(schema, by, lambda _, request: speaker.say(Role.WRITE, request))

    def write(self, asking: Asking) -> Draft:
        """Return the draft. Raises LLMError where the schema is more than the model reads."""
        request = asked(asking.question, self._schema, given_of(asking), most=MOST)
        try:
            text = self._decoded(asking, request)
        except CallError as fault:
            self.said.append(Said(Role.WRITE, request.key, fault.what, fault.reason, fault.mend))
            raise
        self.said.append(Said(Role.WRITE, request.key, text))
        return Draft(text, self.by)

    def mend(self, asking: Asking, query: str, faults: Sequence[str]) -> None:
        """Return None: what the checker cannot mend is for the person."""

    def amend(self, asking: Asking, query: str, amendment: str) -> None:
        """Return None: the tree is edited instead."""

    def explain(self, query: str) -> None:
        """Return None: the tree is explained."""


def given_of(asking: Asking) -> Given:
    """Return the values that a query may hold: those in the question, and those that it is linked to."""
    linked: dict[tuple[str, str], tuple[str, ...]] = {}
    for one in _values(asking.links):
        linked[one[:2]] = (*linked.get(one[:2], ()), one[2])
    return Given.of_question(asking.question, linked)


def _values(links: Links) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys((one.label, one.property, one.value) for one in links.values))
