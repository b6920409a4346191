"""Those who do a thing together: co-authors of someone, who acted with whom."""

from collections.abc import Sequence
from dataclasses import replace

from broadsheet.ask.cypher.nodes import Place
from broadsheet.ask.link.english import alike
from broadsheet.ask.link.names import Names
from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.words import parts, root
from broadsheet.ask.slots.sketch import Because, Link, Sketch, Spot

# Words for those who do something together, alone or before the name of what they are.
TOGETHER = frozenset("collaborator collaborators colleague colleagues costar costars teammate teammates".split())
ALONE = 4


class Company:
    """Reads who is joined with whom, for one question."""

    def __init__(self, facts: Facts, names: Names) -> None:
        self._facts, self._names = facts, names

    def added(self, sketch: Sketch) -> tuple[Sketch, float]:
        """Return the sketch with the company that is asked for, who is never of their own company."""
        at = self._at()
        if at < 0 or sketch.links or not sketch.spots[0].conditions:
            return self._apart(sketch), 0.0
        label = sketch.spots[0].label
        join = self._join(label, parts(self._facts.tokens[at].low))
        if join is None:
            return sketch, 0.0
        kind, towards, middle = join
        back = "left" if towards == "right" else "right"
        first = max(0, at - 2) if self._facts.tokens[at - 1].low == "-" else max(0, at - (self._facts.tokens[at - 1].low == "co"))
        place = Place(self._facts.tokens[first].place.start, self._facts.tokens[at].place.end)
        because = Because(place, self._facts.question[slice(*place)], f"{kind}, twice")
        spots = (sketch.spots[0]._replace(conditions=()), Spot(middle), Spot(label, sketch.spots[0].conditions, sketch.spots[0].at, 0))
        links = (Link(0, 1, kind, towards), Link(1, 2, kind, back))  # pyrefly: ignore[bad-argument-type]
        return replace(sketch, spots=spots, links=links, apart=((0, 2),), why=(*sketch.why, because)), 0.8

    def _at(self) -> int:
        """Return the token at which company is asked for, -1 where none is."""
        tokens = self._facts.tokens
        for at, one in enumerate(tokens):
            if one.low == "co" and at + 1 < len(tokens):
                return at + (2 if tokens[at + 1].low == "-" and at + 2 < len(tokens) else 1)
            known = any(alike(one.low[2:], label.lower()) for label in self._names.schema.labels)
            if one.low in TOGETHER or (one.low.startswith("co") and len(one.low) > ALONE and known):
                return at
        return -1

    def _join(self, label: str, words: Sequence[str]) -> tuple[str, str, str] | None:
        """Return the relation by which things of a label are together, to which side, and in what: one that the words speak for, else the only one."""
        found = []
        for triple in self._names.schema.triples:
            if (triple.start == label) != (triple.end == label):
                own = [one for one in parts(triple.type) if one not in {"by", "in", "has", "of"}]
                said = max((alike(one.removeprefix("co"), word) for one in (*words, label.lower()) for word in own), default=0.0)
                said = max(said, *(0.9 * (root(one) == root(word)) for one in words for word in own)) if own and words else said
                towards = "right" if triple.start == label else "left"
                found.append((said, triple.type, towards, triple.end if towards == "right" else triple.start))
        if not found:
            return None
        best = max(found)
        return best[1:] if best[0] or len(found) == 1 else None

    @staticmethod
    def _apart(sketch: Sketch) -> Sketch:
        """Keep those with whom something is done apart from those who are asked for, where both are joined to one node in the same way."""
        into = {one.end: one for one in sketch.links}
        for second in sketch.links:
            first = into.get(second.start)
            if first is not None and first.start == 0 and first.type == second.type and first.towards != second.towards and second.mode == first.mode == "all":
                far = sketch.spots[second.end]
                if far.label == sketch.spots[0].label and far.conditions and not sketch.apart:
                    return replace(sketch, apart=((0, second.end),))
        return sketch
