"""What is made of each entry, as records and as two frames: one row an item, one row a turn."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from broadsheet.core.artifacts import Artifact
from broadsheet.core.schema import Columns
from broadsheet.represent.curate.ask import Rejected
from broadsheet.represent.muco.schema import Example, Turn

TURNS = "turns"
ITEMS = "items"
MADE_BY = "made_by"
TARGET_IMAGE = "target_image"
NEGATIVES = "negatives"
QUERY_SENTENCE = "query_sentence"
TARGET_SENTENCE = "target_sentence"
DOUBLES = "doubles"
REPAIRS = "repairs"
REJECTED = "rejected"
REASON = "reason"
SAID = "said"

ITEM_SCHEMA = {
    Columns.ITEM: pl.String,
    Columns.IMAGE: pl.String,
    Columns.TEXT: pl.String,
    Columns.TEXT_HASH: pl.String,
    Columns.FAULT: pl.String,
    DOUBLES: pl.Int64,
    REPAIRS: pl.Int64,
    REJECTED: pl.List(pl.Struct({REASON: pl.String, SAID: pl.String})),
}
TURN_SCHEMA = {
    Columns.ITEM: pl.String,
    Columns.TURN: pl.Int64,
    Columns.KIND: pl.String,
    Columns.QUERY: pl.String,
    Columns.TARGET: pl.String,
    TARGET_IMAGE: pl.String,
    NEGATIVES: pl.List(pl.String),
    QUERY_SENTENCE: pl.String,
    TARGET_SENTENCE: pl.String,
    MADE_BY: pl.String,
}


class Line(NamedTuple):
    """An item with its turns and who made each, what was left out, and two lines where its picture cannot be read.

    `text_hash` names all that the turns follow from: the entry, the configuration, and who is asked.
    """

    item: str
    image: str | None
    text: str
    text_hash: str
    fault: str = ""
    turns: tuple[Turn, ...] = ()
    made_by: tuple[str, ...] = ()
    doubles: int = 0
    repairs: int = 0
    rejected: tuple[Rejected, ...] = ()

    def example(self) -> Example | None:
        """Return the example, or None where there is no turn."""
        return Example(id=self.item, text=self.text, image=self.image, turns=self.turns) if self.turns else None


def frames(lines: Sequence[Line]) -> dict[str, pl.DataFrame]:
    """Return the frames `items` and `turns` of lines."""
    items = [
        (line.item, line.image, line.text, line.text_hash, line.fault, line.doubles, line.repairs, [each._asdict() for each in line.rejected]) for line in lines
    ]
    turns = [
        (line.item, place, t.kind, t.query, t.target, t.target_image, list(t.negatives), t.query_sentence, t.target_sentence, by)
        for line in lines
        for place, (t, by) in enumerate(zip(line.turns, line.made_by, strict=True))
    ]
    return {ITEMS: pl.DataFrame(items, schema=ITEM_SCHEMA, orient="row"), TURNS: pl.DataFrame(turns, schema=TURN_SCHEMA, orient="row")}


def read_lines(artifact: Artifact) -> list[Line]:
    """Return the lines of an artefact, in order."""
    turns: dict[str, list[tuple[Turn, str]]] = {}
    for row in artifact.frame(TURNS).iter_rows(named=True):
        turns.setdefault(row[Columns.ITEM], []).append((_turn(row), row[MADE_BY]))
    lines = []
    for row in artifact.frame(ITEMS).iter_rows(named=True):
        of = turns.get(row[Columns.ITEM], [])
        line = Line(row[Columns.ITEM], row[Columns.IMAGE], row[Columns.TEXT], row[Columns.TEXT_HASH], row[Columns.FAULT])
        rejected = tuple(Rejected(each[REASON], each[SAID]) for each in row[REJECTED])
        made = {"turns": tuple(turn for turn, _ in of), "made_by": tuple(by for _, by in of)}
        lines.append(line._replace(**made, doubles=row[DOUBLES], repairs=row[REPAIRS], rejected=rejected))
    return lines


def _turn(row: dict[str, Any]) -> Turn:
    return Turn(
        query=row[Columns.QUERY],
        target=row[Columns.TARGET],
        kind=row[Columns.KIND],
        target_image=row[TARGET_IMAGE],
        negatives=tuple(row[NEGATIVES]),
        query_sentence=row[QUERY_SENTENCE],
        target_sentence=row[TARGET_SENTENCE],
    )
