"""A log of slates that were drawn: every candidate of every slate, how likely it was shown, whether it was, and whether it was liked."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.errors import ColumnError, EmptySourceError, RecordError, SourceNotFoundError
from broadsheet.core.schema import Columns

NEEDED = (Columns.USER, Columns.STEP, Columns.ITEM, Columns.SLOT, Columns.PROPENSITY, Columns.LIKED)
EXAMPLE = '{"user": "ana", "step": 0, "item": "i0007", "slot": 2, "propensity": 0.31, "liked": 1, "chance": 0.4}'
_FORM = f"A line is a candidate of a slate, shown or not (slot and liked are then null): {EXAMPLE}"


@dataclass(frozen=True, eq=False)
class SlateLog:
    """Candidates `[N]` of slates `[S]`, slate by slate.

    `slate` `[N]` is the slate of each candidate, ascending, `user` `[S]` a number for whom each slate was; `shown` `[N]`, `liked` `[N]` (0 where it was not
    shown), `propensity` `[N]` the chance to be shown that the drawing gave it, `chance` `[N]` what a model thinks of its being liked (NaN where none says so). `items` `[N]` are ids.

    Raises RecordError for parts of different lengths, for a propensity, a liking or a model's chance outside 0 to 1, and for what was shown with a propensity of 0.
    """

    user: NDArray[np.int64]
    slate: NDArray[np.int64]
    items: NDArray[np.object_]
    shown: NDArray[np.bool_]
    liked: NDArray[np.float64]
    propensity: NDArray[np.float64]
    chance: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        lengths = {len(part) for part in (self.slate, self.items, self.shown, self.liked, self.propensity, self.chance)}
        if len(lengths) > 1 or (len(self.slate) and (np.diff(self.slate) < 0).any()):
            raise RecordError("The parts of a log are of different lengths, or its slates are not in order.", "Give one value of each for every candidate.")
        told = {"propensity": self.propensity, "liking": self.liked, "chance": np.where(np.isnan(self.chance), 0, self.chance)}
        for name, part in told.items():
            beyond = ~((part >= 0) & (part <= 1 + 1e-9))
            if beyond.any():
                raise RecordError(f"The {name} of {self.items[int(beyond.argmax())]!r} is not from 0 to 1.", "Log a number from 0 to 1.")
        impossible = self.shown & (self.propensity <= 0)
        if impossible.any():
            raise RecordError(f"{self.items[int(impossible.argmax())]!r} was shown, and its propensity is 0.", "Log the chance that it had before the draw.")

    def __len__(self) -> int:
        return len(self.user)

    @property
    def modelled(self) -> bool:
        """Whether a model's chance stands beside every candidate."""
        return bool(np.isfinite(self.chance).all())

    def frame(self, users: tuple[str, ...] = ()) -> pl.DataFrame:
        """Return the log as a frame that `read_log` reads; `users` name the users by their numbers."""
        slots = np.zeros(len(self.slate), dtype=np.int64)
        starts = np.searchsorted(self.slate, self.slate)
        running = np.cumsum(self.shown)
        slots[:] = running - np.where(starts > 0, running[np.maximum(starts - 1, 0)], 0)
        who = self.user[self.slate]
        step = np.zeros(len(self.user), dtype=np.int64)
        for user in np.unique(self.user):
            rows = np.flatnonzero(self.user == user)
            step[rows] = np.arange(len(rows))
        return pl.DataFrame(
            {
                Columns.USER: [users[one] if users else str(one) for one in who.tolist()],
                Columns.STEP: step[self.slate],
                Columns.ITEM: self.items.tolist(),
                Columns.SLOT: [int(slot) if there else None for slot, there in zip(slots, self.shown, strict=True)],
                Columns.PROPENSITY: self.propensity,
                Columns.LIKED: [float(one) if there else None for one, there in zip(self.liked, self.shown, strict=True)],
                Columns.CHANCE: self.chance,
            },
            schema_overrides={Columns.SLOT: pl.Int64, Columns.LIKED: pl.Float64},
        )


def read_log(path: Path) -> tuple[SlateLog, pl.DataFrame]:
    """Read a log (JSON lines, CSV or Parquet) and return it with its frame, rows in the same order.

    Raises SourceNotFoundError, EmptySourceError, ColumnError for a column that it lacks, and RecordError for what is no log.
    """
    frame = _frame(path)
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise ColumnError(f"{path.name} lacks {', '.join(missing)}.", _FORM)
    try:
        frame = frame.with_columns(
            pl.col(Columns.USER).cast(pl.String),
            pl.col(Columns.STEP).cast(pl.Int64),
            pl.col(Columns.ITEM).cast(pl.String),
            pl.col(Columns.PROPENSITY).cast(pl.Float64),
            pl.col(Columns.LIKED).cast(pl.Float64),
        )
        chance = frame[Columns.CHANCE].cast(pl.Float64).fill_null(np.nan).to_numpy() if Columns.CHANCE in frame.columns else np.full(len(frame), np.nan)
    except pl.exceptions.PolarsError:
        raise RecordError(f"{path.name} has a value of another kind in one of its columns.", _FORM) from None
    bare = frame.filter(pl.any_horizontal(pl.col(Columns.USER, Columns.STEP, Columns.ITEM, Columns.PROPENSITY).is_null()))
    if len(bare):
        raise RecordError(f"{path.name} has {len(bare)} lines without a user, a step, an item or a propensity.", _FORM)
    if (frame[Columns.SLOT].is_null() != frame[Columns.LIKED].is_null()).any():
        raise RecordError(f"{path.name} has a line with a slot and no liked, or with liked and no slot.", _FORM)
    if frame.select(Columns.USER, Columns.STEP, Columns.ITEM).is_duplicated().any():
        raise RecordError(f"{path.name} has an item twice among the candidates of a slate.", _FORM)
    frame = frame.with_columns(pl.Series(Columns.CHANCE, chance)).sort(Columns.USER, Columns.STEP, maintain_order=True)
    keys = frame.select(Columns.USER, Columns.STEP)
    new = (keys != keys.shift(1)).select(pl.any_horizontal(pl.all()).fill_null(value=True)).to_series().to_numpy()
    slate = np.cumsum(new) - 1
    _, user = np.unique(frame.filter(pl.Series(new))[Columns.USER].to_numpy(), return_inverse=True)
    log = SlateLog(
        user.astype(np.int64),
        slate.astype(np.int64),
        frame[Columns.ITEM].to_numpy().astype(object),
        frame[Columns.SLOT].is_not_null().to_numpy(),
        frame[Columns.LIKED].fill_null(0.0).to_numpy(),
        frame[Columns.PROPENSITY].to_numpy(),
        frame[Columns.CHANCE].to_numpy(),
    )
    return log, frame


def _frame(path: Path) -> pl.DataFrame:
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault.strerror}.", "Check the path.") from None
    if not data.strip():
        raise EmptySourceError(f"{path.name} is empty.", _FORM)
    try:
        if path.suffix == ".parquet":
            found = pl.read_parquet(io.BytesIO(data))
        elif path.suffix == ".csv":
            found = pl.read_csv(io.BytesIO(data))
        else:
            found = pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except pl.exceptions.PolarsError:
        raise RecordError(_broken(path, data), _FORM) from None
    if not len(found):
        raise EmptySourceError(f"{path.name} holds no line.", _FORM)
    return found


def _broken(path: Path, data: bytes) -> str:
    """Say what is wrong with a file that cannot be read, by the number of its first line that is none where lines are JSON."""
    if path.suffix not in (".parquet", ".csv"):
        for number, line in enumerate(data.split(b"\n"), 1):
            try:
                whole = not line.strip() or isinstance(json.loads(line), dict)
            except (ValueError, RecursionError):
                whole = False
            if not whole:
                return f"{path.name}, line {number}, is no JSON object."
    return f"{path.name} is no table of JSON lines, CSV or Parquet."
