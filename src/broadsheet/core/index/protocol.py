"""What every index gives: ids and scores of the nearest, under a filter, and a life as an artefact."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

import numpy as np
import polars as pl
from pydantic import Field

from broadsheet.core.artifacts import Artifact, Manifest, write_artifact
from broadsheet.core.config import Config
from broadsheet.core.errors import ArtifactError, RecordError, WeightsError, did_you_mean
from broadsheet.core.index.formats import Encoded, Format, decode, encode
from broadsheet.core.index.nearest import Near
from broadsheet.core.schema import ArtifactKind, Columns


class IndexConfig(Config):
    """How vectors are kept and searched.

    `kind` auto is exact up to `exact_up_to` vectors, an inverted file beyond. `format` is how they are kept: auto is float32 where
    search is exact, bfloat16 beside an inverted file. `recall` is what the inverted file must reach among the first ten, on vectors
    held out of its training; the number of lists probed follows from it. `seed` is that of the training.
    """

    kind: Literal["auto", "exact", "ivf"] = "auto"
    format: Literal["auto", "float32", "bfloat16", "int8"] = "auto"
    exact_up_to: Annotated[int, Field(ge=0)] = 200_000
    recall: Annotated[float, Field(gt=0, le=1)] = 0.95
    seed: Annotated[int, Field(ge=0)] = 0


class Found(NamedTuple):
    """Answers to queries: ids, cosines `[Q, k]`, and positions `[Q, k]` among the ids of the index.

    Where fewer than k items are allowed, `ids[q]` is shorter, and behind it scores are -inf and positions -1. `how` says what was
    searched. `unknown` are ids of the filter that the index does not hold.
    """

    ids: list[list[str]]
    scores: np.ndarray
    positions: np.ndarray
    how: str
    unknown: tuple[str, ...] = ()


Allowed = np.ndarray | Collection[str] | None


class Index(ABC):
    """Unit vectors by id.

    An item whose vector is all zero said nothing: its score is 0, and it comes behind every item that said something, those with
    negative scores too. Against a query that is all zero every score is 0 and items come in their order.
    """

    kind: ClassVar[str]
    default_format: ClassVar[Format]

    def __init__(self, config: IndexConfig | None = None) -> None:
        self.config = config or IndexConfig()
        self.ids: list[str] = []
        self.parents: dict[str, str] = {}
        self.models: dict[str, str] = {}
        self._row: dict[str, int] = {}
        self._take([], encode(np.zeros((0, 0)), self.format))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def format(self) -> Format:
        """How vectors are kept."""
        return self.default_format if self.config.format == "auto" else self.config.format

    @property
    @abstractmethod
    def arithmetic(self) -> str:
        """What products are computed in, and why."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes of memory that vectors take, ids left out."""

    @abstractmethod
    def nearest(self, queries: np.ndarray, k: int, allowed: np.ndarray | None) -> tuple[list[Near], str]:
        """Return the k nearest of each of `[Q, d]` and what was searched; at least k are in the mask `allowed`, none of them zero."""

    @abstractmethod
    def rebuild(self, rows: np.ndarray) -> None:
        """Make ready to search `rows` `[N, d]`, which are those of `kept` before they were encoded."""

    def grow(self, fresh: np.ndarray) -> None:
        """Make ready after `fresh` `[F, d]` were put behind what was there."""
        del fresh
        self.rebuild(self.vectors())

    def shrink(self, stay: np.ndarray) -> None:
        """Make ready after only those rows were kept that the mask `stay` names."""
        del stay
        self.rebuild(self.vectors())

    def tensors(self) -> dict[str, np.ndarray]:
        """Return what is written to disk: vectors in their format, with the scales of int8."""
        return {"vectors": self.kept.data, **({} if self.kept.scale is None else {"scale": self.kept.scale})}

    def restore(self, tensors: Mapping[str, np.ndarray], metrics: Mapping[str, float]) -> None:
        """Make ready after `kept` was read back."""
        del tensors, metrics
        self.rebuild(self.vectors())

    def metrics(self) -> dict[str, float]:
        """Return figures for the manifest."""
        return {"items": len(self)}

    def vectors(self) -> np.ndarray:
        """Return the vectors as they are kept, float32 `[N, d]`."""
        return decode(self.kept)

    def build(self, ids: Sequence[str], vectors: np.ndarray) -> Self:
        """Take `[N, d]` float32 vectors in place of what was there.

        Raises RecordError where ids and rows differ in number or an id stands twice, WeightsError for a row that is not finite.
        """
        rows = checked(ids, vectors)
        self._take(ids, encode(rows, self.format))
        self.parents = {}
        self.rebuild(rows)
        return self

    def add(self, ids: Sequence[str], vectors: np.ndarray) -> Self:
        """Add items behind those that are there. Raises as `build`, and RecordError for an id that is there or another width."""
        if not len(self):
            return self.build(ids, vectors)
        twice = [i for i in ids if i in self._row]
        if twice:
            raise RecordError(f"{len(twice)} ids are in the index already, first {twice[0]!r}.", "Remove them first.")
        if not len(ids):
            return self
        rows, width = checked(ids, vectors), self.kept.data.shape[1]
        if rows.shape[1] != width:
            raise RecordError(f"Vectors have {rows.shape[1]} dimensions, the index {width}.", "Embed items with the model that embedded the others.")
        self._take([*self.ids, *ids], self.kept.join(encode(rows, self.format)))
        self.parents = {}
        self.grow(rows)
        return self

    def remove(self, ids: Collection[str]) -> Self:
        """Take items out. Raises RecordError for an id that is not there."""
        gone = set(ids)
        for item in ids:
            if item not in self._row:
                raise RecordError(f"There is no {item!r} in the index.{did_you_mean(item, self.ids)}", "Remove only ids that it holds.")
        if gone:
            stay = np.array([item not in gone for item in self.ids], dtype=bool)
            self._take([item for item in self.ids if item not in gone], self.kept.take(stay))
            self.parents = {}
            self.shrink(stay)
        return self

    def search(self, queries: np.ndarray, k: int, allowed: Allowed = None) -> Found:
        """Return the k nearest of `[Q, d]` by inner product, best first, equal ones in the order they were added.

        `allowed` is a mask `[N]` or ids; k are returned whenever k are allowed. Raises RecordError for queries of another width, a
        mask of another length and k below 1, WeightsError for a query that is not finite.
        """
        rows = self._queries(queries, k)
        mask, unknown = self.mask(allowed)
        heard = self.heard(mask)
        count = len(self) if heard is None else int(heard.sum())
        wide = min(k, count)
        mute = np.flatnonzero(self.silent if mask is None else self.silent & mask)[: k - wide]
        near, how = self._answers(rows, wide, heard) if wide else ([Near(mute[:0], np.zeros(0))] * len(rows), f"nothing of {len(self)}")
        positions, scores = np.full((len(rows), k), -1), np.full((len(rows), k), -np.inf, dtype=np.float32)
        for row, of in enumerate(near):
            positions[row, :wide], scores[row, :wide] = of
        positions[:, wide : wide + len(mute)], scores[:, wide : wide + len(mute)] = mute, 0.0
        return Found([[self.ids[at] for at in of[: wide + len(mute)]] for of in positions.tolist()], scores, positions, how, unknown)

    def heard(self, mask: np.ndarray | None) -> np.ndarray | None:
        """Return the mask of those of `mask` that say something, or None where that is all."""
        if not self.silent.any():
            return mask
        return np.logical_not(self.silent) if mask is None else np.logical_and(mask, np.logical_not(self.silent))

    def _answers(self, rows: np.ndarray, k: int, heard: np.ndarray | None) -> tuple[list[Near], str]:
        """Answer queries that say something; of one that does not, the first k."""
        asked: np.ndarray = np.asarray(rows.any(axis=1))
        found, how = self.nearest(rows[asked], k, heard) if asked.any() else ([], "nothing was asked")
        first = Near(np.arange(k) if heard is None else np.flatnonzero(heard)[:k], np.zeros(k, dtype=np.float32))
        answers = iter(found)
        return [next(answers) if spoken else first for spoken in asked], how

    def save(self, folder: Path) -> Artifact:
        """Write the index as an artefact; its parent is the embeddings it was built of, or a hash of ids and vectors."""
        manifest = Manifest(
            kind=ArtifactKind.INDEX,
            config={**self.config.model_dump(mode="json"), "built": self.kind, "kept": self.format, "arithmetic": self.arithmetic},
            seed=self.config.seed,
            parents=self.parents or {"vectors": self._hash()},
            models=self.models,
            metrics=self.metrics(),
        )
        return write_artifact(folder, manifest, {"index": self.tensors()}, {"items": pl.DataFrame({Columns.ITEM: self.ids}, schema={Columns.ITEM: pl.String})})

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the index that `save` wrote. Raises ArtifactError for one of another kind, or whose parts do not fit."""
        stated = artifact.manifest.config
        if stated["built"] != cls.kind:
            raise ArtifactError(f"{artifact.path} holds an index of kind {stated['built']}, not {cls.kind}.", "Open it with open_index.")
        index = cls(IndexConfig.model_validate({name: stated[name] for name in IndexConfig.model_fields}))
        ids, tensors = artifact.frame("items")[Columns.ITEM].to_list(), artifact.tensors("index")
        if len(ids) != len(tensors["vectors"]):
            raise ArtifactError(f"{len(ids)} ids and {len(tensors['vectors'])} vectors do not fit.", "Build the index anew.")
        index._take(ids, Encoded(index.format, tensors["vectors"], tensors.get("scale")))
        index.parents, index.models = dict(artifact.manifest.parents), dict(artifact.manifest.models)
        index.restore(tensors, artifact.manifest.metrics)
        return index

    def _take(self, ids: Sequence[str], kept: Encoded) -> None:
        row = {item: number for number, item in enumerate(ids)}
        if len(row) != len(ids):
            raise RecordError("An id stands twice among the vectors.", "Give each vector an id of its own.")
        self.ids, self._row, self.kept = list(ids), row, kept
        # The sign bit of bfloat16's -0 is not a word.
        said: np.ndarray = np.asarray((kept.data & 0x7FFF if kept.format == "bfloat16" else kept.data).any(axis=1))
        self.silent: np.ndarray = np.asarray(np.logical_not(said))

    def _hash(self) -> str:
        digest = hashlib.sha256("\n".join(self.ids).encode())
        for name, array in sorted(Index.tensors(self).items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        return digest.hexdigest()

    def mask(self, allowed: Allowed) -> tuple[np.ndarray | None, tuple[str, ...]]:
        """Return `allowed` as a mask `[N]`, None for all, and its unknown ids."""
        if allowed is None:
            return None, ()
        if isinstance(allowed, np.ndarray):
            if allowed.shape != (len(self),) or allowed.dtype != bool:
                what = f"A filter of {allowed.dtype} of shape {allowed.shape} does not fit {len(self)} items."
                raise RecordError(what, "Give one truth value an item, or ids.")
            return allowed, ()
        made = np.zeros(len(self), dtype=bool)
        made[[self._row[i] for i in allowed if i in self._row]] = True
        return made, tuple(i for i in allowed if i not in self._row)

    def _queries(self, queries: np.ndarray, k: int) -> np.ndarray:
        rows = np.atleast_2d(np.ascontiguousarray(queries, dtype=np.float32))
        width = self.kept.data.shape[1]
        if k < 1:
            raise RecordError(f"{k} results were asked for.", "Ask for at least 1.")
        if len(self) and rows.shape[1] != width:
            raise RecordError(f"Queries have {rows.shape[1]} dimensions, the index {width}.", "Embed queries with the model that embedded the items.")
        if not np.isfinite(rows).all():
            raise WeightsError("A query's vector is not finite.", "Look for NaN in the model that made it.")
        return rows


def checked(ids: Sequence[str], vectors: np.ndarray) -> np.ndarray:
    """Return vectors as float32 `[N, d]`.

    Raises RecordError where ids and rows differ in number, or rows are no vectors, and WeightsError for one that is not finite.

    >>> checked(["a"], np.array([[1, 0]])).dtype.name
    'float32'
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != len(ids):
        raise RecordError(f"{len(ids)} ids and vectors of shape {rows.shape} do not fit.", "Give one row a vector, one id a row.")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise WeightsError(f"The vector of {ids[int(np.argmin(finite))]!r} is not finite.", "Look for NaN in the model that made it.")
    return rows
