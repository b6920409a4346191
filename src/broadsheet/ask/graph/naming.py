"""Which columns of a table name its rows: the key, and what a row is called."""

import polars as pl

from broadsheet.ask.answer.values import FAMILY
from broadsheet.ask.graph.tables import SHORT

# Columns that are called like keys, and like names.
KEYS = ("id", "sku", "key", "code", "isbn", "uuid", "number", "nr", "no")
NAMES = ("name", "title", "label", "caption", "headline")
# So many of a column's values differ that they may name its rows, and of one that is called a name: names come twice.
DIFFERENT, HALF = 0.9, 0.5


def naming(label: str, frame: pl.DataFrame, key: str | None, title: str = "") -> tuple[str, ...]:
    """Return the columns that name the rows of a label: their key, and a `title` that is known, else a column that is called like one, or whose values are short and differ.

    >>> frame = pl.DataFrame({"nr": ["A-1", "A-2"], "family": ["strings", "strings"], "sort": ["Cello", "Viola da gamba"], "price": [900, 400]})
    >>> naming("Instrument", frame, "nr"), naming("Instrument", frame, "sort")
    (('nr', 'sort'), ('nr', 'sort'))
    """
    called = [name for name, held in zip(frame.columns, frame, strict=True) if _is_called(name, label) and held.dtype == pl.String and _differ(held, HALF)]
    told = [name for name in frame.columns if _tells(frame[name])]
    name = next(iter([*(one for one in (title,) if one in frame.columns), *called, *(one for one in told if one == key), *told]), None)
    keys = [one for one in (key, *(name for name in frame.columns if name.lower() in KEYS)) if one is not None]
    code = next((one for one in keys if one != name and _differ(frame[one])), None)
    family = [one for one in frame.columns if one.lower() in FAMILY] if name is not None and name.lower() == NAMES[0] else []
    return tuple(one for one in (code, name, *family) if one is not None)


def _is_called(name: str, label: str) -> bool:
    bare = "".join(filter(str.isalnum, name.lower()))
    return bare in NAMES or bare in {label.lower(), *(f"{label.lower()}{one}" for one in NAMES)}


def _differ(held: pl.Series, share: float = DIFFERENT) -> bool:
    return held.n_unique() >= share * len(held)


def _tells(held: pl.Series) -> bool:
    """Whether values are short texts that differ, and no codes or addresses."""
    if held.dtype != pl.String or held.null_count() > (1 - DIFFERENT) * len(held) or not _differ(held):
        return False
    texts = held.drop_nulls()
    codes = texts.str.contains(r"://|@") | (texts.str.contains(r"\d") & ~texts.str.contains(r"\s"))
    return bool((texts.str.len_chars() <= SHORT).all()) and 2 * int(codes.sum()) < len(texts)
