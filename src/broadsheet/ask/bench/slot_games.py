"""Drafts of the slot baseline that a simulated user amends: in words, each part on its own; or, to see what that is worth, by writing the query anew with the wish added."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import polars as pl

from broadsheet.ask.amend.diff import diff
from broadsheet.ask.amend.heard import Link
from broadsheet.ask.amend.words import Amended, read_amendment
from broadsheet.ask.bench.drafts import Draft
from broadsheet.ask.bench.execution import same
from broadsheet.ask.bench.game_rows import NAMES, line_of
from broadsheet.ask.bench.played import Amender, Judge, play
from broadsheet.ask.bench.pole_graph import PoleGraph
from broadsheet.ask.bench.pole_pairs import SEEN, Asked
from broadsheet.ask.bench.user import User
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.schema import Schema
from broadsheet.ask.slots.writer import Slots
from broadsheet.core.bench import Measured
from broadsheet.core.seeds import generator

# Questions of each seed.
COUNT = 60


def amended_in_words(slots: Slots) -> Amender:
    """Return what edits the parts that a wish names; values are found in the graph."""

    def links(said: str) -> Iterator[Link]:
        yield from (Link(one.label, one.property, one.value) for one in slots.index.exact(said))

    return lambda text, tree, schema: read_amendment(text, tree, schema, links)


def written_anew(slots: Slots, question: str) -> Amender:
    """Return what writes the query again, from the question with all wishes behind it."""
    wishes: list[str] = []

    def amend(text: str, tree: Query, schema: Schema) -> Amended:
        del schema
        wishes.append(text)
        drafts = slots.write(". ".join((question, *wishes)), 1)
        return Amended(drafts[0].query, diff(tree, drafts[0].query)) if drafts else Amended(tree, (), unread=text)

    return amend


class PoleGames(PoleGraph):
    """The slot baseline's drafts of questions over POLE; those whose forms its rules were written with are left out."""

    @cached_property
    def _kept(self) -> Sequence[Asked]:
        return [one for one in self.pairs if one.form % SEEN]

    def measuring(self, seed: int, *, anew: bool) -> Callable[[], Measured]:
        """Return what drafts the questions of a seed, and lets a user amend them."""

        def measure() -> Measured:
            chosen = generator(seed, "slot games").permutation(len(self._kept))[:COUNT]
            user = User("held", generator(seed, "slot games", "user"))
            rows = [self._row(self._kept[int(place)], user, anew=anew) for place in chosen]
            return Measured({"drafts": len(rows)}, pl.DataFrame([(number, *row) for number, row in enumerate(rows)], schema=NAMES, orient="row"))

        return measure

    def _row(self, asked: Asked, user: User, *, anew: bool) -> tuple[object, ...]:
        drafts = self.slots.write(asked.question, 1)
        if not drafts:
            return line_of(None)
        amender = written_anew(self.slots, asked.question) if anew else amended_in_words(self.slots)
        draft = Draft(asked.id, "pole", drafts[0].query, asked.query, self.slots.index.schema)
        return line_of(play(draft, user, amender, self._judge(asked.query)))

    def _judge(self, meant: Query) -> Judge:
        wanted = self.answers.of(meant)
        return lambda query: same(wanted, self.answers.of(query))
