"""What staged pretraining is tried on: items that queries ask for, and sequences of items in two modalities."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl
import torch

from broadsheet.core.backbones.trunk import Trunk
from broadsheet.core.baselines import BM25, recent
from broadsheet.core.errors import RecordError
from broadsheet.core.metrics import own_ranks
from broadsheet.core.modality import Attributes, Content
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.retrieve.fit import asks, some
from broadsheet.retrieve.model.batches import Pairs, Sampler
from broadsheet.retrieve.model.items import ItemTable
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.model.search import SearchModel
from broadsheet.retrieve.model.tasks import Roles
from broadsheet.retrieve.plan import Plan, default_plan
from broadsheet.retrieve.pretrain import Asks, ranked, score_blocks
from broadsheet.sources.interactions import Interactions, read_interactions
from broadsheet.sources.leave_one_out import Split, leave_one_out

TEXT, IMAGE = "text", "image"
WIDTH, DROPOUT = 128, 0.2
OVERLAP = "overlap"
# Requests of validation and test; a word of an item's text counts where so many items have it.
WATCHED, ASKED, LEAST = 2000, 5000, 5


class Setting(NamedTuple):
    """All that a run needs: the model, what it is trained on, what it is chosen and tested by, and which modality is which."""

    model: SearchModel
    sampler: Sampler
    validation: Asks
    test: Asks
    roles: Roles


class Trial(Protocol):
    """One draw of what is tried."""

    @property
    def images(self) -> bool:
        """Whether there are images beside texts."""
        ...

    def plan(self) -> Plan:
        """Return the staged plan."""
        ...

    def setting(self, seed: int, *, random: bool) -> Setting:
        """Return what a run needs; `random` images say nothing."""
        ...

    def frame(self, ranks: np.ndarray) -> pl.DataFrame:
        """Return a line for each test request: what it belongs to, its rank, and whether it shares a word with its item."""
        ...

    def lexical(self) -> np.ndarray:
        """Return the ranks of BM25."""
        ...


class Material(NamedTuple):
    """Items with vectors of their texts and images, and queries by part: words, vectors and the item of each.

    `queries` maps train, validation and test to `(words, vectors [Q, C], items [Q])`; a request of the latter two sees the items of its
    own part alone. `attributes` `[N, A]` are what semantic IDs are asked to tell.
    """

    titles: tuple[str, ...]
    text: Content
    image: Content
    attributes: np.ndarray
    queries: Mapping[str, tuple[Sequence[str], np.ndarray, np.ndarray]]

    @property
    def images(self) -> bool:
        """Always."""
        return True

    def plan(self) -> Plan:
        """Return text, image, fusion, semantic IDs."""
        return default_plan(TEXT, IMAGE, histories=False, queries=True)

    def setting(self, seed: int, *, random: bool) -> Setting:
        """Return what a run needs."""
        image = self.image
        if random:
            image = Content(generator(seed, "random image").normal(size=image.vectors.shape).astype(np.float32), image.present)
        table = ItemTable(len(self.titles), WIDTH, {}, {TEXT: self.text, IMAGE: image}, own=False, hidden=0.3, dropout=DROPOUT, seed=seed)
        _, vectors, items = self.queries["train"]
        model = SearchModel(table, Trunk(WIDTH, 1, 2, DROPOUT, seed), vectors.shape[1], cosine=True, dropout=DROPOUT, seed=seed)
        roles = Roles(TEXT, IMAGE, torch.from_numpy(self.attributes.astype(np.float32)))
        return Setting(model, Sampler(None, Pairs(vectors, items), 2, seed), self.asks("validation"), self.asks("test"), roles)

    def asks(self, part: str) -> Asks:
        """Return the requests of a part; each may see the items of the part alone."""
        _, vectors, items = self.queries[part]
        others = np.setdiff1d(np.arange(len(self.titles)), items)
        return Asks(Requests.of_queries(vectors), items, [others] * len(items))

    def frame(self, ranks: np.ndarray) -> pl.DataFrame:
        """Return a line for each query."""
        words, _, items = self.queries["test"]
        shared = [bool(set(query.lower().split()) & set(self.titles[item].lower().split())) for query, item in zip(words, items.tolist(), strict=True)]
        return pl.DataFrame({Columns.ITEM: items, Columns.RANK: ranks.astype(np.float64), OVERLAP: shared})

    def lexical(self) -> np.ndarray:
        """Return the ranks of BM25 over titles."""
        words, _, items = self.queries["test"]
        return own_ranks(BM25([self.titles[item] for item in items.tolist()]).of_words(words), np.arange(len(items)))


# What names of tables of images' codes have in them.
IMAGES = "vit|im(a)?g|visual|vision|pic|clip"


class Sequences(NamedTuple):
    """Sequences with one or two modalities of attributes: words of items' texts, or published codes of texts and of images."""

    split: Split
    modalities: Mapping[str, Attributes]

    @classmethod
    def read(cls, folder: Path) -> "Sequences":
        """Read a folder: of two tables of published codes one is the image's, by its name or as the second; else words are. Raises RecordError for neither."""
        read = read_interactions(folder)
        codes = {name: said for name, said in read.attributes.items() if name.startswith("index_")}
        seen = {name for name in codes if re.search(IMAGES, name)}
        ordered = [*(codes[name] for name in codes if name not in seen), *(codes[name] for name in codes if name in seen)]
        tables = ordered if len(codes) > 1 else [words_of(read)] if any(read.texts) else list(read.attributes.values())
        if not tables:
            raise RecordError(f"Nothing is said of the items of {folder}.", "Give items.tsv, items.jsonl or index_*.tsv beside the sequences.")
        return cls(leave_one_out(read.sequences), dict(zip((TEXT, IMAGE), tables, strict=False)))

    @property
    def images(self) -> bool:
        """Whether there is a second modality."""
        return IMAGE in self.modalities

    def plan(self) -> Plan:
        """Return text, image, fusion, collaboration, semantic IDs; negatives are those of the batch, for this is a comparison and no record."""
        plan = default_plan(TEXT, IMAGE if self.images else None, histories=True, queries=False)
        stages = [
            stage.model_copy(update={"tasks": {("fused" if task == "next" else task): weight for task, weight in stage.tasks.items()}}) for stage in plan.stages
        ]
        return plan.model_copy(update={"stages": tuple(stages)})

    def setting(self, seed: int, *, random: bool) -> Setting:
        """Return what a run needs; random images are those of other items."""
        tables = dict(self.modalities)
        count = len(next(iter(tables.values())).rows.lengths)
        if random:
            order = generator(seed, "random image").permutation(count)
            tables[IMAGE] = Attributes(tables[IMAGE].names, Ragged.of(tables[IMAGE].rows.row(int(row)) for row in order))
        table = ItemTable(count, WIDTH, tables, {}, hidden=0.3, dropout=DROPOUT, seed=seed)
        model = SearchModel(table, Trunk(WIDTH, 2, 50, DROPOUT, seed), 1, cosine=True, dropout=DROPOUT, seed=seed)
        text = self.modalities[TEXT]
        told = torch.zeros(count, len(text.names))
        told[torch.from_numpy(np.repeat(np.arange(count), text.rows.lengths)), torch.from_numpy(text.rows.values)] = 1
        watched = some(asks(self.split.validation), WATCHED, 0, "watched")
        return Setting(model, Sampler(self.split.train, None, 50, seed), watched, self._test(), Roles(TEXT, IMAGE if self.images else None, told))

    def frame(self, ranks: np.ndarray) -> pl.DataFrame:
        """Return a line for each user; a history is no query, so no word is shared or not."""
        return pl.DataFrame(
            {Columns.ITEM: np.arange(len(ranks)), Columns.RANK: ranks.astype(np.float64), OVERLAP: [None] * len(ranks)}, schema_overrides={OVERLAP: pl.Boolean}
        )

    def lexical(self) -> np.ndarray:
        """Return the ranks of BM25 with the last six items as the query."""
        said = self.modalities[TEXT]
        words = BM25([" ".join(f"w{one}" for one in row.tolist()) or "nothing" for row in said.rows])
        test, count = self._test(), len(said.rows.lengths)
        return ranked(score_blocks(lambda asked: words.of_texts(recent(asked.histories, count)), test.requests), test)

    def _test(self) -> Asks:
        return some(asks(self.split.test), ASKED, 0, "tested")


def words_of(read: Interactions) -> Attributes:
    """Return the words of items' texts that at least five items have."""
    rows = [sorted(set(text.lower().replace(",", " ").split())) for text in read.texts]
    names, counts = np.unique([word for row in rows for word in row], return_counts=True)
    kept = tuple(str(name) for name in names[counts >= LEAST])
    number = {name: place for place, name in enumerate(kept)}
    return Attributes(kept, Ragged.of([number[word] for word in row if word in number] for row in rows))
