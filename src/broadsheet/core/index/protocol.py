"""What every index gives: ids and scores of the nearest, under a filter, and a life as an artefact."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import polars as pl
from pydantic import Field

from broadsheet.core.artifacts import Artifact, Manifest, write_artifact
from broadsheet.core.config import Config
from broadsheet.core.errors import RecordError, WeightsError
from broadsheet.core.index.formats import Format
from broadsheet.core.schema import ArtifactKind, Columns


class IndexConfig(Config):
    """How vectors are kept and searched.

    `kind` auto is exact up to `exact_up_to` vectors, an inverted file beyond. `format` is how they are kept. `recall` is what the
    inverted file must reach among the first ten, on queries drawn from the vectors themselves; the number of lists probed follows from it.
    """

    kind: Literal["auto", "exact", "ivf"] = "auto"
    format: Format = "float32"
    exact_up_to: Annotated[int, Field(ge=0)] = 200_000
    recall: Annotated[float, Field(gt=0, le=1)] = 0.95


class Found(NamedTuple):
    """Answers to queries: ids, and cosines `[Q, k]`; `how` says what was searched.

    Where fewer than k items are allowed, rows are shorter: `ids[q]` has as many entries as there are, and `scores[q, j]` behind them is -inf.
    """

    ids: list[list[str]]
    scores: np.ndarray
    how: str


Allowed = np.ndarray | Collection[str] | None


class Index(ABC):
    """Unit vectors by id. An item whose vector is all zero (it said nothing) has the score 0 against every query."""

    kind: ClassVar[str]

    def __init__(self, config: IndexConfig | None = None) -> None:
        self.config = config or IndexConfig()
        self.ids: list[str] = []
        self._row: dict[str, int] = {}
        self.parents: dict[str, str] = {}
        self.models: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.ids)

    @abstractmethod
    def build(self, ids: Sequence[str], vectors: np.ndarray) -> Self:
        """Take `[N, d]` float32 vectors in place of what was there. Raises RecordError and WeightsError as `checked` does."""

    @abstractmethod
    def search(self, queries: np.ndarray, k: int, allowed: Allowed = None) -> Found:
        """Return the k nearest of `[Q, d]` by inner product, best first, equal ones in the order they were added.

        `allowed` is a mask `[N]` or ids; k are returned whenever k are allowed. An id that is not here allows nothing.
        """

    @abstractmethod
    def vectors(self) -> np.ndarray:
        """Return the vectors as they are kept, float32 `[N, d]`."""

    @abstractmethod
    def tensors(self) -> Mapping[str, np.ndarray]:
        """Return what is written to disk."""

    @abstractmethod
    def restore(self, tensors: Mapping[str, np.ndarray], metrics: Mapping[str, float]) -> None:
        """Take what was written back."""

    @property
    @abstractmethod
    def arithmetic(self) -> str:
        """What products are computed in, and why."""

    def metrics(self) -> dict[str, float]:
        """Return figures for the manifest."""
        return {"items": len(self)}

    def add(self, ids: Sequence[str], vectors: np.ndarray) -> Self:
        """Add items behind those that are there. Raises RecordError for an id that is there."""
        twice = [i for i in ids if i in self._row]
        if twice:
            raise RecordError(f"{len(twice)} ids are in the index already, first {twice[0]!r}.", "Remove them first.")
        return self.build([*self.ids, *ids], np.concatenate([self.vectors(), vectors]) if len(self) else vectors)

    def remove(self, ids: Collection[str]) -> tuple[str, ...]:
        """Take items out; return the ids that were not there."""
        gone = set(ids)
        unknown = tuple(i for i in ids if i not in self._row)
        keep = [row for row, i in enumerate(self.ids) if i not in gone]
        if len(keep) < len(self):
            self.build([self.ids[row] for row in keep], self.vectors()[keep])
        return unknown

    def save(self, folder: Path) -> Artifact:
        """Write the index as an artefact."""
        manifest = Manifest(
            kind=ArtifactKind.INDEX,
            config={**self.config.model_dump(mode="json"), "built": self.kind, "arithmetic": self.arithmetic},
            parents=self.parents,
            models=self.models,
            metrics=self.metrics(),
        )
        return write_artifact(folder, manifest, {"index": self.tensors()}, {"items": pl.DataFrame({Columns.ITEM: self.ids}, schema={Columns.ITEM: pl.String})})

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the index that `save` wrote."""
        stated = artifact.manifest.config
        index = cls(IndexConfig.model_validate({name: stated[name] for name in IndexConfig.model_fields}))
        index.named(artifact.frame("items")[Columns.ITEM].to_list())
        index.parents, index.models = dict(artifact.manifest.parents), dict(artifact.manifest.models)
        index.restore(artifact.tensors("index"), artifact.manifest.metrics)
        return index

    def named(self, ids: Sequence[str]) -> None:
        """Name the rows. Raises RecordError for an id that stands twice."""
        self.ids = list(ids)
        self._row = {item: row for row, item in enumerate(self.ids)}
        if len(self._row) != len(self.ids):
            raise RecordError("An id stands twice among the vectors.", "Give each vector an id of its own.")

    def mask(self, allowed: Allowed) -> np.ndarray | None:
        """Return `allowed` as a mask `[N]`, or None for all. Raises RecordError for a mask of another length."""
        if allowed is None:
            return None
        if isinstance(allowed, np.ndarray):
            if allowed.shape != (len(self),):
                raise RecordError(f"A filter of shape {allowed.shape} does not fit {len(self)} items.", "Give one truth value an item, or ids.")
            return allowed.astype(bool)
        made = np.zeros(len(self), dtype=bool)
        made[[self._row[i] for i in allowed if i in self._row]] = True
        return made

    def queries(self, queries: np.ndarray, width: int, k: int) -> np.ndarray:
        """Return queries as float32 `[Q, d]`, or raise RecordError for another width, NaN, or no k."""
        rows = np.atleast_2d(np.asarray(queries, dtype=np.float32))
        if k < 1:
            raise RecordError(f"{k} results were asked for.", "Ask for at least 1.")
        if len(self) and rows.shape[1] != width:
            raise RecordError(f"Queries have {rows.shape[1]} dimensions, the index {width}.", "Embed queries with the model that embedded the items.")
        if not np.isfinite(rows).all():
            raise WeightsError("A query's vector is not finite.", "Look for NaN in the model that made it.")
        return rows


def checked(ids: Sequence[str], vectors: Any) -> np.ndarray:
    """Return vectors as float32 `[N, d]`.

    Raises RecordError where ids and rows differ in number, or rows are no vectors, and WeightsError for one that is not finite.
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != len(ids):
        raise RecordError(f"{len(ids)} ids and vectors of shape {rows.shape} do not fit.", "Give one row a vector, one id a row.")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise WeightsError(f"The vector of {ids[int(np.argmin(finite))]!r} is not finite.", "Look for NaN in the model that made it.")
    return rows


def best(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the columns of the k largest of `[Q, N]`, best first, equal ones in order: `[Q, min(k, N)]`.

    >>> best(np.array([[0.1, 0.9, 0.9, 0.5]]), 3).tolist()
    [[1, 2, 3]]
    """
    count = scores.shape[1]
    if k >= count:
        return np.argsort(-scores, axis=1, kind="stable")
    # Ties at the edge must fall to the earliest: whatever equals the k-th largest is a candidate.
    edge = -np.partition(-scores, k - 1, axis=1)[:, k - 1]
    out = np.empty((len(scores), k), dtype=np.int64)
    for row, (values, least) in enumerate(zip(scores, edge, strict=True)):
        candidates = np.flatnonzero(values >= least)
        out[row] = candidates[np.argsort(-values[candidates], kind="stable")[:k]]
    return out
