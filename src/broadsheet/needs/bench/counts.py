"""How many labels and spans of each kind were said, were true, and were both, text by text: what F1 is made of."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from broadsheet.core.metrics import bootstrap_f1
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.needs.label.tokens import Tagged

RIGHT, SAID, TRUE = "right", "said", "true"
LETTERS = "letters "
COUNTED = (RIGHT, SAID, TRUE)
COLUMNS = (Columns.POST, Columns.KIND, *COUNTED, *(f"{LETTERS}{name}" for name in COUNTED))
ROUNDS = 2000
# A count of labels or spans, and of their letters.
Counts = dict[str, tuple[int, ...]]


def label_counts(true: Iterable[str], said: Iterable[str]) -> Counts:
    """Return for each label that is true or said of a text whether it is both, said, and true.

    >>> label_counts(["card"], ["card", "pin"])
    {'card': (1, 1, 1, 0, 0, 0), 'pin': (0, 1, 0, 0, 0, 0)}
    """
    told, held = set(said), set(true)
    return {name: (int(name in told and name in held), int(name in told), int(name in held), 0, 0, 0) for name in sorted(told | held)}


def span_counts(true: Sequence[Tagged], said: Sequence[Tagged]) -> Counts:
    """Return for each kind how many spans are both, said, and true, where both ends must be the same; and how many letters are within such spans.

    >>> from broadsheet.needs.records import Span
    >>> span_counts([Tagged("date", Span(start=0, end=6, text="5 June"))], [Tagged("date", Span(start=2, end=6, text="June"))])
    {'date': (0, 1, 1, 4, 4, 6)}
    """
    whole = [Counter((kind, span.start, span.end) for kind, span in spans) for spans in (said, true)]
    letters = [Counter((kind, place, place + 1) for kind, span in spans for place in range(span.start, span.end)) for spans in (said, true)]
    kinds = sorted({kind for kind, _ in (*true, *said)})
    return {kind: tuple(_of(kind, one) for told, held in (whole, letters) for one in (told & held, told, held)) for kind in kinds}


def _of(kind: str, counter: Mapping[tuple[Any, ...], int]) -> int:
    return sum(count for key, count in counter.items() if key[0] == kind)


def frame_of(counts: Mapping[int, Counts]) -> pl.DataFrame:
    """Return the counts of texts by their number as a frame, a line a text and kind."""
    rows = [(text, kind, *numbers) for text, kinds in counts.items() for kind, numbers in kinds.items()]
    numbers = dict.fromkeys(COLUMNS[2:], pl.Int64)
    return pl.DataFrame(rows, schema={Columns.POST: pl.Int64, Columns.KIND: pl.String, **numbers}, orient="row")


def scores(frames: Sequence[pl.DataFrame], texts: int, name: str, *, spans: bool) -> dict[str, float]:
    """Return F1 with its interval over `texts` texts, counts summed over `frames` (of seeds).

    `micro_f1` is over all labels or spans, `macro_f1` the mean over kinds; of spans also `letters_f1`, by letters, and `f1 KIND` of each.
    Where nothing is said and nothing is true there is none of them.
    """
    whole = pl.concat(frames)
    if whole.is_empty():
        return {}
    kinds = sorted(whole[Columns.KIND].unique().to_list())
    place = {kind: number for number, kind in enumerate(kinds)}
    tables = {column: np.zeros((texts, len(kinds))) for column in COLUMNS[2:]}
    rows, columns = whole[Columns.POST].to_numpy(), np.array([place[kind] for kind in whole[Columns.KIND].to_list()], dtype=int)
    for column, table in tables.items():
        np.add.at(table, (rows, columns), whole[column].to_numpy())
    exact = [tables[column] for column in COUNTED]
    found = {"micro_f1": [table.sum(axis=1) for table in exact], "macro_f1": exact}
    if spans:
        found["letters_f1"] = [tables[f"{LETTERS}{column}"].sum(axis=1) for column in COUNTED]
        found |= {f"f1 {kind}": [table[:, place[kind]] for table in exact] for kind in kinds if tables[TRUE][:, place[kind]].any()}
    line = {}
    for metric, counted in found.items():
        right, said, true = counted
        interval = bootstrap_f1(right, said, true, generator(0, "nlupp", name, metric), rounds=ROUNDS)
        line |= {metric: interval.mean, f"{metric}_lo": interval.low, f"{metric}_hi": interval.high}
    return line
