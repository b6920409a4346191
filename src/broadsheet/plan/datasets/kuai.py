"""Files of KuaiRec and KuaiRand in their own layouts: ratios of watching, logs of clicks, the categories of videos."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.errors import ColumnError, RecordError, SourceNotFoundError

MATRIX = "small_matrix.csv"
CATEGORIES = ("item_categories.csv", "item_categories.json")
VIDEOS, USERS = "video_features_basic_pure.csv", ("user_features_pure.csv", "user_features_pure.csv.gz")
LOGS = "log_*_pure.csv"
MOST = 5.0
"""A ratio of watching counts at most so much (EasyRL4Rec)."""


class KuaiRec(NamedTuple):
    """KuaiRec's small matrix (Gao et al. 2022): ids in order of their numbers, ratios of watching `[U, I]`, and categories `[I, P]`, -1 for none.

    `filled` is the share of pairs that nobody watched: they count 0, as in the published game.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    table: NDArray[np.float32]
    listed: NDArray[np.int32]
    filled: float


class KuaiRand(NamedTuple):
    """KuaiRand-Pure (Gao et al. 2022): users and videos with their features, categories `[I, P]`, -1 for none, and logs where they are there.

    A video without a tag has the category 0, and the tag n is the category n + 1. `clicks` `[U, I]` is 1, 0, or -1 where a user was not shown a video; the newest counts.
    """

    users: pl.DataFrame
    videos: pl.DataFrame
    listed: NDArray[np.int32]
    clicks: NDArray[np.int8] | None

    @property
    def first(self) -> NDArray[np.int32]:
        """The first category of each video `[I]`: the one by which LERL's readers leave."""
        return self.listed[:, 0]


def read_kuairec(folder: Path) -> KuaiRec:
    """Read `small_matrix.csv` and the categories, `item_categories.csv` (video_id, feat, a list) or `.json` (video: list), of a folder.

    Raises SourceNotFoundError for a missing file, ColumnError for a missing column, RecordError for a video without categories.
    """
    frame = _frame(folder / MATRIX, {"user_id": pl.Int64, "video_id": pl.Int64, "watch_ratio": pl.Float64})
    users, user = np.unique(frame["user_id"].to_numpy(), return_inverse=True)
    items, item = np.unique(frame["video_id"].to_numpy(), return_inverse=True)
    ratio = np.minimum(frame["watch_ratio"].to_numpy(), MOST)
    finite = np.isfinite(ratio)
    table = np.zeros((len(users), len(items)), dtype=np.float32)
    # What is no number counts as the mean, as in the published game.
    table[user, item] = np.where(finite, ratio, ratio[finite].mean() if finite.any() else 0.0)
    held = _categories(folder)
    lacking = [int(video) for video in items if not held.get(int(video))]
    if lacking:
        raise RecordError(f"{len(lacking)} videos have no categories, first {lacking[0]}.", f"Give a {CATEGORIES[0]} of all videos of {MATRIX}.")
    seen = np.zeros(table.shape, dtype=bool)
    seen[user, item] = True
    return KuaiRec(users, items, table, padded([held[int(video)] for video in items]), float(1 - seen.mean()))


def read_kuairand(folder: Path) -> KuaiRand:
    """Read the features of users and videos of KuaiRand-Pure, and its logs `log_*_pure.csv` where the folder has any.

    Raises SourceNotFoundError for a missing file of features, ColumnError for a missing column, RecordError for logs of users or videos without features
    and for tags that are no numbers.
    """
    videos = _frame(folder / VIDEOS, {"video_id": pl.Int64, "tag": pl.String}).sort("video_id")
    users = _frame(next((folder / name for name in USERS if (folder / name).is_file()), folder / USERS[0]), {"user_id": pl.Int64}).sort("user_id")
    try:
        listed = padded([[int(part) + 1 for part in tag.split(",")] if tag else [0] for tag in videos["tag"].to_list()])
    except ValueError as error:
        raise RecordError(f"A tag of {VIDEOS} is no list of whole numbers.", 'Give tags such as "12,30", or none.') from error
    logs = sorted(folder.glob(LOGS))
    clicks = _clicks(logs, users["user_id"].to_numpy(), videos["video_id"].to_numpy()) if logs else None
    return KuaiRand(users, videos, listed, clicks)


def padded(lists: list[list[int]]) -> NDArray[np.int32]:
    """Return lists as rows `[N, P]`, -1 where a list is shorter than the longest.

    >>> padded([[3], [1, 2]]).tolist()
    [[3, -1], [1, 2]]
    """
    rows = np.full((len(lists), max(map(len, lists), default=1)), -1, dtype=np.int32)
    for place, values in enumerate(lists):
        rows[place, : len(values)] = values
    return rows


def _clicks(logs: list[Path], users: NDArray[np.int64], videos: NDArray[np.int64]) -> NDArray[np.int8]:
    columns: dict[str, type[pl.DataType]] = {"user_id": pl.Int64, "video_id": pl.Int64, "time_ms": pl.Int64, "is_click": pl.Int8}
    frame = pl.concat([_frame(path, columns).select(*columns) for path in logs]).sort("time_ms", maintain_order=True)
    rows = []
    for column, known in (("user_id", users), ("video_id", videos)):
        ids = frame[column].to_numpy()
        place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        if (known[place] != ids).any():
            raise RecordError(f"The logs name {column} {int(ids[known[place] != ids][0])}, of which there are no features.", "Give the files of one release.")
        rows.append(place)
    clicks = np.full((len(users), len(videos)), -1, dtype=np.int8)
    clicks[rows[0], rows[1]] = frame["is_click"].to_numpy()
    return clicks


def _categories(folder: Path) -> dict[int, list[int]]:
    path = next((folder / name for name in CATEGORIES if (folder / name).is_file()), folder / CATEGORIES[0])
    try:
        if path.suffix == ".json" and path.is_file():
            return {int(video): [int(row) for row in rows] for video, rows in json.loads(path.read_text(encoding="utf-8")).items()}
        frame = _frame(path, {"video_id": pl.Int64, "feat": pl.String})
        return {video: [int(row) for row in json.loads(text)] for video, text in frame.select("video_id", "feat").rows()}
    except (ValueError, TypeError, AttributeError) as error:
        raise RecordError(f"{path.name} does not hold lists of whole numbers.", 'Give lists such as "[8, 3]".') from error


def _frame(path: Path, columns: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Read a CSV, plain or in gzip, whose columns named are of the types given.

    Raises SourceNotFoundError, ColumnError, and RecordError for one without rows, or with a row that lacks a whole number.
    """
    if not path.is_file():
        raise SourceNotFoundError(f"There is no {path.name} in {path.parent}.", "Give the folder of the release, with the names that it came with.")
    try:
        frame = pl.read_csv(path, schema_overrides=columns)
    except pl.exceptions.PolarsError as error:
        raise RecordError(f"{path.name} cannot be read as a table.", "Give the file as it was published.") from error
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        raise ColumnError(f"{path.name} has no column {lacking[0]!r}.", f"It has {', '.join(frame.columns)}.")
    if not len(frame):
        raise RecordError(f"{path.name} has no rows.", "Give the file as it was published.")
    for name, kind in columns.items():
        if kind.is_integer() and frame[name].null_count():
            raise RecordError(f"{path.name} has {frame[name].null_count()} rows without a {name}.", "Give the file as it was published.")
    return frame
