"""The writer without a model: slots filled from the links of the question."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.link.english import is_empty
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.link.linker import beside
from broadsheet.ask.link.links import Missing, NameLink
from broadsheet.ask.question.against import is_english
from broadsheet.ask.question.words import parts, tokens
from broadsheet.ask.slots.keys import Keys
from broadsheet.ask.slots.texts import ORDINALS
from broadsheet.ask.slots.writer import Draft as SlotDraft
from broadsheet.ask.slots.writer import Slots
from broadsheet.ask.write.speaker import Said
from broadsheet.ask.write.writer import Asking, Draft
from broadsheet.core.errors import did_you_mean

# So many names that are like one that is missing are told.
NEAREST = 3
# So like a name a word is spelt that may be meant for it; so surely a word names a property that says of what another is a value.
SPELT, SURELY = 0.75, 0.8


def _called(names: Sequence[NameLink], index: ValueIndex) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the properties, and the labels of one text alone, with few values: how each is called, and where its values are.

    What names a label as well as a property of its own stands for the label.
    """
    labels = {(one.place, one.name) for one in names if one.kind == "label"}
    for one in names:
        if one.kind == "property" and any((one.place, label) in labels for label in one.owners):
            continue
        texts = {label: [key for key, facts in (own or {}).items() if facts.type == "string"] for label, own in index.schema.labels.items()}
        if one.kind == "property":
            among = [(label, one.name) for label in one.owners if one.name in texts.get(label, ())]
        else:
            among = [(one.name, key) for key in texts.get(one.name, ()) if len(texts[one.name]) == 1]
        if among and all(key in index.closed for key in among):
            yield " ".join(parts(one.name)), among


class SlotWriter:
    """Drafts by slots; it mends and explains nothing, and amends nothing: the tree's own edits do."""

    said: Sequence[Said] = ()

    def __init__(self, index: ValueIndex, graph: Graph) -> None:
        self._slots = Slots(index, Keys(graph))
        self.by = f"slots ({self._slots.weights.name})"

    def _unknown(self, one: Missing, asking: Asking) -> str:
        """Say that a name is none, what it may be a slip of, and else what is nearest."""
        called, meant = self._meant(one.place, one.words, asking)
        near = ", ".join(dict.fromkeys(each.value for each in one.nearest[:NEAREST]))
        return (
            (f"no {called}" if called else "nothing in the graph")
            + f" is called {one.words!r}"
            + (f".{meant}" if meant else f"; nearest: {near}" if near else "")
        )

    def _doubts(self, draft: SlotDraft, asking: Asking) -> Iterator[str]:
        """Yield what of a question its draft leaves out, and what language is not read."""
        for one in draft.idle[:NEAREST]:
            called, meant = self._meant(one.place, one.text, asking)
            said = f"no {called} is called that." if called else "nothing was made of it."
            yield f"The question says {one.text!r} (at {one.place.start}); {said}{meant}"
        yield from draft.left_out
        if not is_english(tokens(asking.question)):
            yield "The question does not read as English; only names and figures of it were understood."

    def _meant(self, place: Place, words: str, asking: Asking) -> tuple[str, str]:
        """Return of which property or label a word is no value, where one beside it says so, and what it may be a slip of."""
        index = self._slots.index
        if words.lower() in ORDINALS:
            return "", ""
        near = [one for one in beside(place, asking.links.names, tokens(asking.question)) if one.score >= SURELY]
        for called, among in _called(near, index):
            if meant := index.did_you_mean(words, among=among):
                return called, meant
        if meant := index.did_you_mean(words) or did_you_mean(
            words, [one for one in (*index.names.owners, *index.schema.labels) if one.lower() != words.lower()]
        ):
            return "", meant
        if meant := self._slots.meant(words):
            return "", did_you_mean(meant, [meant])
        return next((called for called, _ in _called([one for one in near if one.place.end <= place.start], index)), ""), ""

    def write(self, asking: Asking) -> Draft:
        """Return the best draft, with what is to be said of it."""
        drafts = self._slots.write(asking.question, 1, asking.links)
        if not drafts:
            heard = [one.text for one in tokens(asking.question) if one.shape in {"word", "code"} and not is_empty(one.low)]
            near = [f"{one!r}: nearest: {found}" for one in dict.fromkeys(heard) if (found := self._near(one))]
            return Draft(None, self.by, ("no word of the question stands for anything of the graph", *near[:NEAREST]))
        if lost := drafts[0].lost:
            return Draft(None, self.by, tuple(self._unknown(one, asking) for one in lost))
        return Draft(drafts[0].text, self.by, drafts[0].notes, tuple(self._doubts(drafts[0], asking)))

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
