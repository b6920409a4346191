"""Batches of examples as both sides of a contrast: what is read in one pass each, and whose every row is."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.core.contrast import Owners
from broadsheet.core.errors import RecordError
from broadsheet.core.seeds import generator
from broadsheet.core.train import Stage
from broadsheet.represent.muco.schema import Example, Turn, normalised, number, text_number

# A text and a picture's key, either of which may be missing.
Part = tuple[str, str | None]


class Asked(NamedTuple):
    """One dialogue to be read: what is shown, its turns, and in stage 2 the counterpart's words (None for hidden ones)."""

    shown: Part
    turns: tuple[Part, ...]
    other: tuple[str | None, ...] = ()


class Batch(NamedTuple):
    """A batch: dialogues of the query side, of the target side, and of hard negatives, with the owners of all rows.

    In stage 2 (`twins`) each dialogue has two read-outs, the second inferred from the counterpart.
    """

    queries: tuple[Asked, ...]
    targets: tuple[Asked, ...]
    hard: tuple[Asked, ...]
    owners: Owners
    twins: bool = False


class Sampler:
    """Draws batches: every example at most once an epoch, in an order that follows from seed, stage and epoch."""

    def __init__(self, examples: Sequence[Example], *, seed: int = 0, most_turns: int | None = None, hard: bool = True) -> None:
        if len(examples) < 2:
            raise RecordError(f"{len(examples)} examples give no negatives.", "Give at least two examples whose images and targets differ.")
        self.examples, self.seed, self.most_turns, self.hard = list(examples), seed, most_turns, hard

    def __call__(self, stage: Stage, step: int, rng: np.random.Generator) -> Batch:
        """Return the batch of a step: many turns an example, or with a stage named `pair` one turn in masked counterparts."""
        chosen = self.drawn(stage, step)
        return self.pairs(chosen, rng) if stage.name.startswith("pair") else self.many(chosen, rng)

    def drawn(self, stage: Stage, step: int) -> list[Example]:
        """Return the examples of a step; those that fill no batch at an epoch's end are left to the next one."""
        size = min(stage.batch, len(self.examples))
        epoch, place = divmod(step, len(self.examples) // size)
        order = generator(self.seed, "epoch", stage.name, str(epoch)).permutation(len(self.examples))
        return [self.examples[int(row)] for row in order[place * size : (place + 1) * size]]

    def many(self, chosen: Sequence[Example], rng: np.random.Generator) -> Batch:
        """Stage 1: all turns of each example in a random order, the same on both sides (MuCo, section 3.1)."""
        queries, targets, hard = [], [], []
        rows: list[tuple[int, int, int]] = []
        columns: list[tuple[int, int, int]] = []
        for example in chosen:
            order = rng.permutation(len(example.turns))[: self.most_turns]
            turns = [example.turns[int(place)] for place in order]
            owner = self._owner(example)
            queries.append(Asked((example.text, example.image), tuple((turn.query, None) for turn in turns)))
            targets.append(Asked(("", None), tuple((turn.target, turn.target_image) for turn in turns)))
            rows += [(owner, number(f"{example.id} {place}"), self._text(turn)) for place, turn in zip(order, turns, strict=True)]
            for place, turn in zip(order, turns, strict=True):
                for text in self._hard(turn, rng):
                    hard.append(Asked(("", None), ((text, None),)))
                    columns.append((owner, number(f"{example.id} {place}"), text_number(text)))
        return Batch(tuple(queries), tuple(targets), tuple(hard), _owners(rows, columns))

    def pairs(self, chosen: Sequence[Example], rng: np.random.Generator) -> Batch:
        """Stage 2: one turn of each example, both sides followed by their counterpart in masked words (section 3.2)."""
        queries, targets, hard = [], [], []
        rows: list[tuple[int, int, int]] = []
        columns: list[tuple[int, int, int]] = []
        for example in chosen:
            place = int(rng.integers(len(example.turns)))
            turn = example.turns[place]
            owner = self._owner(example)
            said = turn.query_sentence or " ".join(part for part in (example.text, turn.query) if part.strip())
            queries.append(Asked((example.text, example.image), ((turn.query, None),), hidden(turn.target_sentence or turn.target, rng)))
            targets.append(Asked(("", None), ((turn.target, turn.target_image),), hidden(said, rng)))
            rows.append((owner, number(f"{example.id} {place}"), self._text(turn)))
            for text in self._hard(turn, rng):
                hard.append(Asked(("", None), ((text, None),)))
                columns.append((owner, number(f"{example.id} {place}"), text_number(text)))
        return Batch(tuple(queries), tuple(targets), tuple(hard), _owners(rows, columns), twins=True)

    def _hard(self, turn: Turn, rng: np.random.Generator) -> list[str]:
        return [turn.negatives[int(rng.integers(len(turn.negatives)))]] if self.hard and turn.negatives else []

    def _owner(self, example: Example) -> int:
        """Name by number whose turns they are: examples of one picture are one owner."""
        return number(f"picture {example.image}" if example.image else f"id {example.id}")

    def _text(self, turn: Turn) -> int:
        return number(f"{turn.target_image}\x1f{normalised(turn.target)}") if turn.target_image else text_number(turn.target)


def hidden(text: str, rng: np.random.Generator) -> tuple[str | None, ...]:
    """Hide words of a counterpart: half the time all of them as one, else each with probability .5, runs as one (section 3.2)."""
    words = text.split()
    if not words or rng.random() < 0.5:
        return (None,)
    out: list[str | None] = []
    for word, hide in zip(words, rng.random(len(words)) < 0.5, strict=True):
        if not hide:
            out.append(word)
        elif not out or out[-1] is not None:
            out.append(None)
    return tuple(out)


def _owners(rows: Sequence[tuple[int, int, int]], hard: Sequence[tuple[int, int, int]]) -> Owners:
    return Owners.of([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], hard)
