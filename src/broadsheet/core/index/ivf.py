"""Approximate search: faiss's inverted file over vectors of one byte a dimension."""

import importlib.util
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from broadsheet.core.errors import ConfigError, MissingExtraError
from broadsheet.core.index.exact import among
from broadsheet.core.index.formats import Encoded, Format, decode
from broadsheet.core.index.nearest import Near, nearest, plain_scorer, rescored
from broadsheet.core.index.protocol import Index, IndexConfig, checked
from broadsheet.core.seeds import generator

INSTALL = "pip install faiss-cpu"
# Vectors held out of training, on which the number of lists to probe is chosen.
JUDGED = 256
TOP = 10
# Training a list's centre on more vectors than this changes little (faiss warns below 39).
A_LIST = 40
# So many of what the lists give are scored again, for each one asked for.
RESCORED = 4
# Lists learnt on so many vectors are learnt anew when they hold this many times as many.
OUTGROWN = 2


class Recall(NamedTuple):
    """Recall among the first ten on held-out vectors: its mean, and the lower end of its 95 % interval."""

    mean: float = 1.0
    low: float = 1.0


class IvfIndex(Index):
    """Lists of near vectors; a query is compared with those of `nprobe` lists, and the best are scored again.

    Lists hold one byte a dimension (faiss IVF, SQ8); beside them `kept` holds the vectors in `format`, for the second scoring.
    `nprobe` is the smallest power of two at which even the lower end of the interval of recall@10 reaches `config.recall`, on vectors
    held out of training and never counted as their own answer, against exact float32 search; `judge` chooses it on real queries.
    Where all lists do not reach it, all are probed, and `reached` says what was reached.

    Under a filter as many more lists are probed as it leaves fewer vectors; where that would be most lists, or they give fewer than
    k, search is exact over what the filter leaves, and `Found.how` says so.

    Added vectors go into the lists there are, until those have outgrown what they were learnt on. Raises MissingExtraError without faiss.
    """

    kind: ClassVar[str] = "ivf"
    default_format: ClassVar[Format] = "bfloat16"

    def __init__(self, config: IndexConfig | None = None) -> None:
        if importlib.util.find_spec("faiss") is None:
            raise MissingExtraError("An inverted file needs faiss.", f"Run: {INSTALL}")
        super().__init__(config)
        self._faiss: Any = None
        # faiss's own number of each row, ascending: rows move up when one is removed, these stay.
        self._labels = np.zeros(0, dtype=np.int64)
        self._learnt_on = 0
        self.nprobe = 1
        self.reached = Recall()
        # How many queries `nprobe` was chosen on; 0 says vectors of the index itself.
        self.judged_on = 0

    @property
    def arithmetic(self) -> str:
        """What products are computed in."""
        return f"one byte a dimension by faiss, scored again over {self.format}"

    @property
    def lists(self) -> int:
        """How many lists there are."""
        return self._faiss.nlist if self._faiss is not None else 0

    @property
    def nbytes(self) -> int:
        """Bytes of memory that vectors take: codes, labels and centres in faiss, and what is kept for the second scoring."""
        if self._faiss is None:
            return self.kept.nbytes
        return self.kept.nbytes + self._labels.nbytes + self._faiss.ntotal * (self._faiss.code_size + 8) + self.lists * self._faiss.d * 4

    def rebuild(self, rows: np.ndarray) -> None:
        """Learn the lists (seeded), fill them, and choose how many are probed."""
        import faiss

        self._labels = np.arange(len(rows), dtype=np.int64)
        self._faiss, self.nprobe, self.reached, self.judged_on = None, 1, Recall(), 0
        heard = np.flatnonzero(~self.silent)
        self._learnt_on = len(heard)
        if not len(heard):
            return
        lists = max(1, min(int(4 * np.sqrt(len(heard))), len(heard) // 39))
        rng = generator(self.config.seed, "ivf")
        order = rng.permutation(heard)
        judged = np.sort(order[: min(JUDGED, len(heard) // 4)])
        train = np.sort(order[len(judged) : len(judged) + A_LIST * lists])
        index: Any = faiss.index_factory(rows.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.cp.seed = 1 + self.config.seed
        index.train(rows[train])
        index.add_with_ids(rows[heard], heard)
        self._faiss = index
        if len(judged):
            self._choose(rows, rows[judged], judged)

    def judge(self, queries: np.ndarray, vectors: np.ndarray | None = None) -> Self:
        """Choose how many lists are probed on real queries `[J, d]`, which differ from items where items lie in families of near copies.

        Recall is against exact search of `vectors` `[N, d]`, those that were built, or without them of the vectors as they are kept.
        """
        if self._faiss is not None and len(queries):
            rows = np.ascontiguousarray(queries, dtype=np.float32)
            self._choose(self.vectors() if vectors is None else checked(self.ids, vectors), rows, np.full(len(rows), -1))
            self.judged_on = len(rows)
        return self

    def _choose(self, rows: np.ndarray, queries: np.ndarray, own: np.ndarray) -> None:
        """Double the number of lists probed until recall is what is asked for; `own` is the row that a query is itself, or -1."""
        k = min(TOP, self._faiss.ntotal - 1) or 1
        wide = min(k + 1, self._faiss.ntotal)
        exact = nearest(plain_scorer(Encoded("float32", rows)), queries, wide, self.heard(None))
        truth = [set(of.rows[of.rows != row][:k].tolist()) for row, of in zip(own, exact, strict=True)]
        self.nprobe = 1
        while True:
            found = self._probe(queries, wide, None, self.nprobe)
            others = [set(of.rows[of.rows != row][:k].tolist()) for row, of in zip(own, found, strict=True)]
            shares = np.array([len(there & wanted) / k for there, wanted in zip(others, truth, strict=True)])
            mean = float(shares.mean())
            self.reached = Recall(mean, mean - 1.96 * float(shares.std()) / len(shares) ** 0.5)
            if self.reached.low >= self.config.recall or self.nprobe >= self.lists:
                return
            self.nprobe = min(2 * self.nprobe, self.lists)

    def grow(self, fresh: np.ndarray) -> None:
        """Put vectors into the lists, or learn them anew where they have outgrown what they were learnt on."""
        heard = np.logical_not(self.silent[len(self) - len(fresh) :])
        if self._faiss is None or self._faiss.ntotal + int(heard.sum()) > OUTGROWN * self._learnt_on:
            self.rebuild(self.vectors())
            return
        behind = int(self._labels[-1]) + 1
        labels = np.arange(behind, behind + len(fresh), dtype=np.int64)
        self._labels = np.concatenate([self._labels, labels])
        self._faiss.add_with_ids(fresh[heard], labels[heard])

    def shrink(self, stay: np.ndarray) -> None:
        """Take vectors out of the lists."""
        if self._faiss is not None:
            self._faiss.remove_ids(self._labels[~stay])
        self._labels = self._labels[stay]
        if not len(self._labels):
            self._faiss = None

    def probing(self, nprobe: int) -> "IvfIndex":
        """Set how many lists are probed, for a curve of recall against time. Raises ConfigError outside 1 to `lists`."""
        if not 1 <= nprobe <= self.lists:
            raise ConfigError(f"{nprobe} lists cannot be probed.", f"There are {self.lists}.")
        self.nprobe = nprobe
        return self

    def nearest(self, queries: np.ndarray, k: int, allowed: np.ndarray | None) -> tuple[list[Near], str]:
        """Return the k nearest that the lists give, or where those do not suffice the k nearest of all."""
        count = len(self) if allowed is None else int(allowed.sum())
        probe = -(-self.nprobe * len(self) // count)
        if 2 * probe > self.lists and allowed is not None:
            return among(self.kept, queries, k, allowed), f"exact over the {count} of {len(self)} that the filter leaves"
        found = self._probe(queries, k, allowed, probe)
        how = f"{probe} of {self.lists} lists, recall@10 {self.reached.mean:.3f} when built"
        short = np.array([len(of.rows) < k for of in found], dtype=bool)
        if short.any():
            full = iter(among(self.kept, queries[short], k, np.ones(len(self), dtype=bool) if allowed is None else allowed))
            found = [next(full) if lacks else of for lacks, of in zip(short, found, strict=True)]
            how += f"; exact for {int(short.sum())} queries whose lists gave fewer than {k}"
        return found, how

    def _probe(self, queries: np.ndarray, k: int, allowed: np.ndarray | None, probe: int) -> list[Near]:
        import faiss

        # faiss's own wrapper counts the bytes of the bitmap, which its C++ signature wants told.
        bitmap: Any = faiss.IDSelectorBitmap
        more: dict[str, Any] = {"nprobe": probe}
        if allowed is not None:
            members = np.zeros(int(self._labels[-1]) + 1, dtype=bool)
            members[self._labels[allowed]] = True
            more["sel"] = bitmap(np.packbits(members, bitorder="little"))
        _, labels = self._faiss.search(queries, min(RESCORED * k, len(self)), params=faiss.SearchParametersIVF(**more))
        found = []
        for query, near in zip(queries, labels, strict=True):
            rows = np.searchsorted(self._labels, np.sort(near[near >= 0]))
            found.append(rescored(query, rows, decode(self.kept.take(rows)), k))
        return found

    def tensors(self) -> dict[str, np.ndarray]:
        """Return the vectors as kept, and faiss's own bytes."""
        import faiss

        made = faiss.serialize_index(self._faiss) if self._faiss is not None else np.zeros(0, dtype=np.uint8)
        return {**super().tensors(), "faiss": made, "labels": self._labels}

    def restore(self, tensors: Mapping[str, np.ndarray], metrics: Mapping[str, float]) -> None:
        """Take the lists back."""
        import faiss

        self._faiss = faiss.deserialize_index(tensors["faiss"]) if len(tensors["faiss"]) else None
        self._labels, self._learnt_on = tensors["labels"], int(metrics["learnt_on"])
        self.judged_on = int(metrics["judged_on"])
        self.nprobe, self.reached = int(metrics["nprobe"]), Recall(metrics["recall@10"], metrics["recall@10_lo"])

    def metrics(self) -> dict[str, float]:
        """Return how many lists there are and are probed, what they were learnt on, and the recall that was reached."""
        return {
            "items": len(self),
            "lists": self.lists,
            "learnt_on": self._learnt_on,
            "nprobe": self.nprobe,
            "judged_on": self.judged_on,
            "recall@10": self.reached.mean,
            "recall@10_lo": self.reached.low,
        }
