"""What solvers may look at, in handy form: opened histories, probes, and who opened what."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.schema import Columns
from broadsheet.sample.world.model import World

Matrix = NDArray[np.float32]


class Probe(NamedTuple):
    """One probe: the reader's row, how many papers they opened before, the candidates' rows `[C]`, the answer's column."""

    reader: int
    position: int
    candidates: NDArray[np.int64]
    answer: int


class Histories(NamedTuple):
    """Papers opened by each reader, as rows of the catalogue in order of opening; readers in the order of their ids."""

    users: tuple[str, ...]
    opened: tuple[NDArray[np.int64], ...]
    papers: int

    def matrix(self, *, before: NDArray[np.int64] | None = None, last: int | None = None) -> Matrix:
        """Return who opened what `[R, N]`: only the papers `before` a position `[R]`, of these only the `last` ones."""
        table = np.zeros((len(self.users), self.papers), dtype=np.float32)
        for reader, rows in enumerate(self.opened):
            stop = len(rows) if before is None else int(before[reader])
            table[reader, rows[0 if last is None else max(0, stop - last) : stop]] = 1.0
        return table


def histories(world: World) -> Histories:
    """Return every reader's opened papers."""
    row = pl.DataFrame({Columns.ITEM: world.catalogue.ids, "row": np.arange(len(world.catalogue))})
    opened = world.events.filter(pl.col(Columns.KIND) == "opened").join(row, on=Columns.ITEM, how="left", maintain_order="left")
    grouped = opened.group_by(Columns.USER, maintain_order=True).agg("row").sort(Columns.USER)
    return Histories(tuple(grouped[Columns.USER]), tuple(np.asarray(rows) for rows in grouped["row"].to_list()), len(world.catalogue))


def probes_of(world: World, truth: str, known: Histories) -> list[Probe]:
    """Return the probes of a truth, in order of time."""
    reader = {user: number for number, user in enumerate(known.users)}
    found = []
    for probe in world.probes.filter(pl.col(Columns.TRUTH) == truth).to_dicts():
        candidates = [world.catalogue.row(item) for item in probe[Columns.CANDIDATES]]
        answer = probe[Columns.CANDIDATES].index(probe[Columns.ANSWER])
        found.append(Probe(reader[probe[Columns.USER]], probe[Columns.POSITION], np.asarray(candidates), answer))
    return found


def last_of_each(probes: list[Probe]) -> list[Probe]:
    """Return the last probe of every reader."""
    return list({probe.reader: probe for probe in probes}.values())


def halves(n: int) -> Iterator[NDArray[np.bool_]]:
    """Yield the even and the odd ones of `n` as masks: what is tested on one half is learnt from the other.

    So outcomes of one half are independent given what was learnt, which an interval needs and
    leaving one out does not give.
    """
    for first in (0, 1):
        yield np.arange(n) % 2 == first
