"""From sequences, queries and what is said of items to all that answers: model, semantic IDs, weights of the fusion."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import polars as pl
import torch
from pydantic import Field
from torch import nn

from broadsheet.core.backbones.trunk import Trunk
from broadsheet.core.baselines import neighbour_vectors
from broadsheet.core.config import Config, Size
from broadsheet.core.corpus import Corpus
from broadsheet.core.files import write_file
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator
from broadsheet.core.train import seconds_a_step
from broadsheet.retrieve.decoding import Filter
from broadsheet.retrieve.fusion import NONE, Candidates, Fusion, fit_fusion
from broadsheet.retrieve.hybrid import FEATURES, Index, retrieve
from broadsheet.retrieve.model.batches import Pairs, Sampler
from broadsheet.retrieve.model.items import ItemTable
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.model.search import SearchModel
from broadsheet.retrieve.model.tasks import Roles, objective
from broadsheet.retrieve.plan import Plan, PlanStage
from broadsheet.retrieve.pretrain import Asks, Pretrained, pretrain, staged, tokenise
from broadsheet.retrieve.tokenizer import CodebookConfig
from broadsheet.sources.leave_one_out import Held

# Requests of the validation on which the course of training is shown, and by which the fusion is fitted.
WATCHED, WEIGHED = 2000, 5000
# How far the embeddings of items spread at the start.
SPREAD = 0.05
# The share of a stage's last steps whose weights are averaged.
AVERAGED = 0.4


class RetrieverConfig(Config):
    """How the model is built and trained; `size` derives its width, its layers and how many codes a level has.

    `own` gives each item an embedding of its own beside what is said of it: not for a catalogue that is new every day. It starts as the
    item's row in the eigenvectors of what stands near what in the training sequences, or with `start` "random" as noise.
    Vectors of a modality are kept on the `content` axes along which they differ most. With `taste` the dense head begins with that many
    times the cosine between an item's vectors and the mean of those of the history. Candidates come of the dense head and of the beam; their
    `order` is that of the dense head alone, or of the learnt fusion, which on published sequences is no better (docs/retrieve.md).
    """

    size: Size = "base"
    levels: Annotated[int, Field(ge=2)] = 3
    longest: Annotated[int, Field(ge=2)] = 50
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    own: bool = True
    start: Literal["neighbours", "random"] = "neighbours"
    content: Annotated[int, Field(ge=1)] = 128
    taste: Annotated[float, Field(ge=0)] = 0.0
    batch: Annotated[int, Field(ge=2)] = 2048
    epochs: Annotated[float, Field(gt=0)] = 14
    id_epochs: Annotated[float, Field(gt=0)] = 12
    order: Literal["dense", "hybrid"] = "dense"
    beam: Annotated[int, Field(ge=1)] = 50
    top: Annotated[int, Field(ge=1)] = 100

    @property
    def width(self) -> int:
        """Width of all vectors."""
        return {"tiny": 32, "small": 64, "base": 128}[self.size]

    @property
    def layers(self) -> int:
        """Layers of the trunk."""
        return {"tiny": 1, "small": 2, "base": 2}[self.size]

    @property
    def codebook(self) -> CodebookConfig:
        """Settings of the semantic IDs."""
        return CodebookConfig(levels=self.levels, size={"tiny": 16, "small": 64, "base": 256}[self.size])

    def plan(self, *, choice: bool = False) -> Plan:
        """Return the stages for requests: items among all of the catalogue, then semantic IDs, for which items and dense head stay as they are.

        With `choice` the first stage also tells what was taken from what stood beside it.

        Epochs are fixed, so no step is chosen by validation: it has no say in the model. The rate does not fall: where it did, what was
        learnt of the training sequences grew and what carried over to later events did not. The last weights are averaged.
        """
        collab = PlanStage(name="collab", tasks={"next": 1.0, **({"choice": 1.0} if choice else {})}, epochs=self.epochs, watch="", average=AVERAGED)
        trained = ("decoder.*", "writer.*", "nothing")
        ids = PlanStage(name="ids", tasks={"G1": 1.0, "G2": 1.0, "G3": 0.1, "G5": 0.1}, trainable=trained, epochs=self.id_epochs, watch="", average=AVERAGED)
        return Plan(stages=(collab, ids), batch=self.batch, apart=True)


def roles_of(corpus: Corpus) -> Roles:
    """Return the first modality as text, the second as image."""
    names = [*corpus.attributes, *corpus.contents]
    return Roles(names[0] if names else "", names[1] if len(names) > 1 else None)


class Fitted(NamedTuple):
    """A trained model with its index, and what the training left."""

    index: Index
    pretrained: Pretrained


def asks(held: Held, features: int = 1, *, keep_seen: bool = False) -> Asks:
    """Return what is asked of a split as requests; what a user has seen is hidden, unless it is kept."""
    seen = [] if keep_seen else list(held.histories)
    return Asks(Requests.of_histories(held.histories, features), held.targets, seen or None)


def some(given: Asks, count: int, seed: int, name: str) -> Asks:
    """Return so many of the requests, drawn by the seed."""
    rows = np.sort(generator(seed, "asks", name).permutation(len(given.targets))[:count])
    hidden, offered = ([of[row] for row in rows.tolist()] if of is not None else None for of in (given.hidden, given.offered))
    return Asks(given.requests.rows(rows), given.targets[rows], hidden, offered)


def new_model(config: RetrieverConfig, corpus: Corpus, features: int, seed: int) -> SearchModel:
    """Build a model for histories and queries over a corpus; `features` is the width of a query's vector."""
    table = ItemTable(
        len(corpus.items),
        config.width,
        corpus.attributes,
        corpus.contents,
        own=config.own or not (corpus.attributes or corpus.contents),
        dropout=config.dropout,
        seed=seed,
    )
    trunk = Trunk(config.width, config.layers, config.longest, config.dropout, seed)
    return SearchModel(table, trunk, features, cosine=False, dropout=config.dropout, taste=config.taste, seed=seed)


def fit_model(
    config: RetrieverConfig,
    corpus: Corpus,
    train: Ragged,
    validation: Asks,
    *,
    pairs: Pairs | None = None,
    passed: Ragged | None = None,
    plan: Plan | None = None,
    seed: int = 0,
    seconds: float | None = None,
    folder: Path | None = None,
    identity: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Fitted:
    """Train on sequences, and on queries with what they found; `validation` shows the course and changes nothing. With neither nothing is trained.

    `passed` has a row for each value of `train`: what stood beside that item and was passed over.
    With `seconds` all stages are cut alike to about that long; how many epochs that left is in the card.
    """
    features = validation.requests.queries.shape[1]
    model = new_model(config, corpus, features, seed)
    if model.table.own is not None and config.start == "neighbours":
        begin(model.table.own, train)
    sampler = Sampler(train, pairs, config.longest, seed, passed)
    if sampler.empty:
        book, codes, marks = tokenise(model, roles_of(corpus), config.codebook, seed, apart=config.plan().apart)
        return Fitted(Index.of(model.eval(), book, codes), Pretrained(book, codes, marks, pl.DataFrame(), pl.DataFrame(), ()))
    watched = some(validation, WATCHED, seed, "watched")
    stages = plan or config.plan(choice=passed is not None)
    if seconds is not None:
        stages = _kept(folder, lambda: within(seconds, model, stages, sampler, roles_of(corpus)))
    done = pretrain(
        model,
        stages,
        sampler,
        watched,
        roles_of(corpus),
        config.codebook,
        seed=seed,
        folder=folder,
        identity=identity,
        progress=progress,
    )
    if done.codebook is None or done.codes is None:
        raise ValueError("a plan without semantic IDs gives no index")
    index = Index.of(model.eval(), done.codebook, done.codes)
    return Fitted(index, done._replace(card={**done.card, "epochs": sum(stage.epochs for stage in stages.stages)}))


def begin(own: nn.Embedding, train: Ragged) -> None:
    """Set embeddings to the leading eigenvectors of the items' co-occurrences.

    An item that stands beside no other keeps what it has, and so do the places for which there is no positive eigenvalue.
    """
    vectors = SPREAD * neighbour_vectors(train, *own.weight.shape)
    rows = np.flatnonzero(vectors.any(axis=1))
    with torch.no_grad():
        own.weight[torch.from_numpy(rows), : vectors.shape[1]] = torch.from_numpy(vectors[rows].astype(np.float32))


def within(seconds: float, model: SearchModel, plan: Plan, sampler: Sampler, roles: Roles) -> Plan:
    """Return the plan with all epochs cut alike, so that it takes about so many seconds here: every step is taken to last as the first stage's do."""
    first = staged(plan.stages[0], sampler.steps(plan.batch), plan.batch, roles)
    step = seconds_a_step(model, first, sampler, objective(plan.stages[0].tasks, roles))
    steps = sampler.steps(plan.batch) * sum(stage.epochs for stage in plan.stages)
    share = min(1.0, seconds / max(1e-9, step * steps))
    return plan.model_copy(update={"stages": tuple(stage.model_copy(update={"epochs": stage.epochs * share}) for stage in plan.stages)})


def _kept(folder: Path | None, measured: Callable[[], Plan]) -> Plan:
    """Return the plan that was measured for this folder, so that a run that was stopped goes on with the same steps."""
    path = folder / "plan.json" if folder else None
    if path is not None and path.exists():
        return Plan.model_validate_json(path.read_text(encoding="utf-8"))
    plan = measured()
    if path is not None:
        write_file(path, plan.model_dump_json(indent=1))
    return plan


class Retrieved(NamedTuple):
    """For each request the items of the beam `[U, W]`, and all candidates with their features."""

    beams: np.ndarray
    candidates: Candidates


def gather(index: Index, given: Asks, config: RetrieverConfig, progress: Progress = silent, *, allowed: Filter | None = None) -> Retrieved:
    """Run all requests and lay the candidates of all blocks one behind the other."""
    hidden = given.hidden if given.hidden is not None else [np.zeros(0, dtype=np.int64)] * len(given.targets)
    found = list(retrieve(index, given.requests, hidden, allowed=allowed, width=config.beam, top=config.top, also=given.offered, progress=progress))
    beams = _joined([block.answers.items for block in found])
    items = _joined([block.candidates.items for block in found])
    features = [np.pad(one.candidates.features, ((0, 0), (0, items.shape[1] - one.candidates.items.shape[1]), (0, 0))) for one in found]
    return Retrieved(beams, Candidates(items, np.concatenate(features)))


def weigh(index: Index, validation: Asks, config: RetrieverConfig, seed: int = 0, progress: Progress = silent) -> dict[str, Fusion]:
    """Fit the fusion on some of the validation requests: without co-occurrences, and with them where the index has any."""
    given = some(validation, WEIGHED, seed, "weighed")
    candidates = gather(index, given, config, progress).candidates
    fitted = {"hybrid": fit_fusion(FEATURES, candidates.first(len(FEATURES)), given.targets, given.offered)}
    return fitted | ({"hybrid+cooc": fit_fusion(index.features, candidates, given.targets, given.offered)} if index.near is not None else {})


def list_ranks(lists: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the place from 0 of each target in its list `[U, C]`, infinity where it is not there."""
    own = (lists == targets[:, None]) & (lists != NONE)
    return np.where(own.any(axis=1), own.argmax(axis=1), np.inf)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    wide = max(part.shape[1] for part in parts)
    return np.concatenate([np.pad(part, ((0, 0), (0, wide - part.shape[1])), constant_values=NONE) for part in parts])
