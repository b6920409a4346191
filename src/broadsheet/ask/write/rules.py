"""The writer without a model: slots filled from the links of the question."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.link.english import is_empty
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.link.links import Missing
from broadsheet.ask.question.against import is_english
from broadsheet.ask.question.words import parts, tokens
from broadsheet.ask.slots.keys import Keys
from broadsheet.ask.slots.writer import Draft as SlotDraft
from broadsheet.ask.slots.writer import Slots
from broadsheet.ask.write.speaker import Said
from broadsheet.ask.write.writer import Asking, Draft

# So many names that are like one that is missing are told.
NEAREST = 3
# So like a name a word is spelt that may be meant for it.
SPELT = 0.75


def _unknown(one: Missing) -> str:
    near = ", ".join(dict.fromkeys(each.value for each in one.nearest[:NEAREST]))
    return f"nothing in the graph is called {one.words!r}" + (f"; nearest: {near}" if near else "")


def _doubts(draft: SlotDraft, question: str) -> Iterator[str]:
    """Yield what of a question its draft leaves out, and what language is not read."""
    yield from (f"The question says {one.text!r} (at {one.place.start}); nothing was made of it." for one in draft.idle[:NEAREST])
    yield from draft.left_out
    if not is_english(tokens(question)):
        yield "The question does not read as English; only names and figures of it were understood."


class SlotWriter:
    """Drafts by slots; it mends and explains nothing, and amends nothing: the tree's own edits do."""

    said: Sequence[Said] = ()

    def __init__(self, index: ValueIndex, graph: Graph) -> None:
        self._slots = Slots(index, Keys(graph))
        self.by = f"slots ({self._slots.weights.name})"

    def write(self, asking: Asking) -> Draft:
        """Return the best draft, with what is to be said of it."""
        drafts = self._slots.write(asking.question, 1, asking.links)
        if not drafts:
            heard = [one.text for one in tokens(asking.question) if one.shape in {"word", "code"} and not is_empty(one.low)]
            near = [f"{one!r}: nearest: {found}" for one in dict.fromkeys(heard) if (found := self._near(one))]
            return Draft(None, self.by, ("no word of the question stands for anything of the graph", *near[:NEAREST]))
        if lost := drafts[0].lost:
            return Draft(None, self.by, tuple(map(_unknown, lost)))
        return Draft(drafts[0].text, self.by, drafts[0].notes, tuple(_doubts(drafts[0], asking.question)))

    def _near(self, word: str) -> str:
        """Return the labels, properties and values that are spelt nearly like a word."""
        schema = self._slots.index.schema
        names = {part: name for name in (*schema.labels, *self._slots.index.names.owners) for part in parts(name)}
        close = get_close_matches(word.lower(), [*names, *(f"{one}s" for one in names)], 1, SPELT)
        found = [names.get(one) or names[one[:-1]] for one in close]
        return ", ".join(dict.fromkeys((*found, *(one.entry.value for one in self._slots.index.nearest(word, 1)))))

    def mend(self, asking: Asking, query: str, faults: Sequence[str]) -> None:
        """Return None: what the checker cannot mend is for the person."""

    def amend(self, asking: Asking, query: str, amendment: str) -> None:
        """Return None: the tree is edited instead."""

    def explain(self, query: str) -> None:
        """Return None: the tree is explained."""
