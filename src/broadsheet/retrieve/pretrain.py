"""Pretraining by a plan: one stage after the other, semantic IDs in between, and what each modality gained on the way."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch

from broadsheet.core.backbones.trunk import HEAD
from broadsheet.core.metrics import by_rank, target_ranks
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.train import Stage, train
from broadsheet.retrieve.model.batches import Sampler
from broadsheet.retrieve.model.depth import DepthDecoder
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.model.search import BLOCK, FUSED, SearchModel
from broadsheet.retrieve.model.tasks import Roles, objective
from broadsheet.retrieve.plan import Plan, PlanStage, needs_ids
from broadsheet.retrieve.tokenizer import Codebook, CodebookConfig, card

# Layers of what generates semantic IDs.
LAYERS = 1
# A drop after an epoch's end is one-epoch over-fitting where it is a share of the best value so far.
ALARM = 0.02


class Asks(NamedTuple):
    """Requests with the item that each should find `[U]`, items that are hidden from each (such as those seen), and what stood beside it, if known."""

    requests: Requests
    targets: np.ndarray
    hidden: Sequence[np.ndarray] | None = None
    offered: Sequence[np.ndarray] | None = None


class Pretrained(NamedTuple):
    """What pretraining left: the codebook and its codes `[N, L]` (none where no stage needs them), a line a stage, every step and epoch, alarms."""

    codebook: Codebook | None
    codes: np.ndarray | None
    card: Mapping[str, float]
    table: pl.DataFrame
    record: pl.DataFrame
    alarms: tuple[str, ...]


def pretrain(
    model: SearchModel,
    plan: Plan,
    sampler: Sampler,
    validation: Asks,
    roles: Roles,
    codebook: CodebookConfig,
    *,
    seed: int = 0,
    folder: Path | None = None,
    identity: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Pretrained:
    """Train through the plan; the model has the best weights of each stage by its watched metric on `validation`.

    Semantic IDs are made of the fused vectors as they are when the first stage needs them, so they hold nothing that training did not see.
    """
    tables: list[pl.DataFrame] = []
    records: list[pl.DataFrame] = []
    book: Codebook | None = None
    codes, marks = None, {}
    for planned in plan.stages:
        if needs_ids(planned) and book is None:
            parts = any("D3" in stage.tasks for stage in plan.stages)
            book, codes, marks = tokenise(model, roles, codebook, seed, parts=parts, apart=plan.apart)
        epoch = sampler.steps(plan.batch)
        stage = staged(planned, epoch, plan.batch, roles)
        done = train(
            model,
            [stage],
            sampler,
            objective(planned.tasks, roles),
            folder / planned.name if folder else None,
            seed=seed,
            evaluate=lambda _: evaluated(model, validation, roles),
            identity={**(identity or {}), "tasks": dict(planned.tasks)},
            progress=progress,
        )
        tables.append(done.table)
        records.append(done.record)
    record = pl.concat(records, how="diagonal_relaxed")
    return Pretrained(book, codes, marks, pl.concat(tables, how="diagonal_relaxed"), record, alarms(record))


def staged(planned: PlanStage, epoch: int, batch: int, roles: Roles) -> Stage:
    """Return a stage of the plan as one of the training loop, evaluated once an epoch; the shares of the gradient are those of the modalities."""
    return Stage(
        name=planned.name,
        steps=max(1, round(planned.epochs * epoch)),
        learning_rate=planned.learning_rate,
        trainable=planned.trainable,
        reinit=planned.reinit,
        schedule=planned.schedule,
        batch=batch,
        warmup=min(20, epoch),
        evaluate_every=epoch,
        watch=planned.watch,
        average=planned.average,
        patience=planned.patience,
        groups={_role(name, roles): (f"table.*.{name}*",) for name in (roles.text, roles.image) if name},
    )


def tokenise(
    model: SearchModel, roles: Roles, config: CodebookConfig, seed: int, *, parts: bool = False, apart: bool = False
) -> tuple[Codebook, np.ndarray, dict[str, float]]:
    """Give the items semantic IDs of their fused vectors, and with `parts` IDs of each modality alone; the model takes them."""
    vectors = model.items()
    book, encoded = Codebook.fit(vectors, config, seed=seed)
    names = [name for name in (roles.text, roles.image) if name]
    alone = {name: Codebook.fit(model.items(name), config, seed=seed)[1].codes for name in names} if parts else {}
    width = model.table.width // HEAD * HEAD
    decoder = DepthDecoder(width, config.levels, config.size, LAYERS, 0.1, seed)
    attributes = 0 if roles.attributes is None else roles.attributes.shape[1]
    model.adopt(encoded.codes, decoder, attributes, alone, apart=apart)
    with torch.no_grad():
        # A code begins as the direction of what it stands for, so that alike codes begin alike.
        start = torch.from_numpy(book.centres.reshape(-1, vectors.shape[1])[:, :width])
        decoder.codes.weight.copy_(start / start.norm(dim=1).mean().clamp(min=1e-9) * 0.1)
    marks = card(encoded.codes, config.size, vectors, book.decode(encoded.codes), seed=seed)
    return book, encoded.codes, {**marks, "error_apart": encoded.error_apart / max(encoded.error, 1e-12) - 1}


def evaluated(model: SearchModel, asks: Asks, roles: Roles) -> dict[str, float]:
    """Return recall and nDCG at 10 by all modalities, by each alone, and without each."""
    found = {name: value for name, value in means(ranks(model, asks)).items() if name.endswith("@10")}
    names = [name for name in (roles.text, roles.image) if name]
    for name in names:
        found[f"recall@10 {_role(name, roles)}"] = means(ranks(model, asks, name))["recall@10"]
    if len(names) > 1:
        for name in names:
            found[f"recall@10 without {_role(name, roles)}"] = means(ranks(model, asks, without=name))["recall@10"]
    return found


def _role(name: str, roles: Roles) -> str:
    return "text" if name == roles.text else "image"


def ranks(model: SearchModel, asks: Asks, view: str = FUSED, without: str = "") -> np.ndarray:
    """Return the rank from 0 of each target among all items that its request may see `[U]`, ties by the mean."""
    return ranked(model.scores(asks.requests, view, without), asks)


def score_blocks(score: Callable[[Requests], np.ndarray], requests: Requests) -> Iterator[np.ndarray]:
    """Yield the scores `[B, N]` that `score` gives, a block of requests at a time."""
    for start in range(0, len(requests.asks), BLOCK):
        yield score(requests.rows(np.arange(start, min(start + BLOCK, len(requests.asks)))))


def ranked(blocks: Iterable[np.ndarray], asks: Asks) -> np.ndarray:
    """Return the rank from 0 of each target by scores of all items `[B, N]`, block after block; infinity for a target that is hidden from its request."""
    return target_ranks(blocks, asks.targets, asks.hidden)


def means(found: np.ndarray) -> dict[str, float]:
    """Return mean recall and nDCG of ranks."""
    return {name: float(values.mean()) if len(values) else 0.0 for name, values in by_rank(found).items()}


def alarms(record: pl.DataFrame) -> tuple[str, ...]:
    """Return where validation fell right after an epoch's end while the training loss still improved: one-epoch over-fitting."""
    found = []
    for stage in record[Columns.STAGE].unique(maintain_order=True):
        epochs = record.filter((pl.col(Columns.STAGE) == stage) & pl.col("recall@10").is_not_null())
        values = epochs["recall@10"].to_list()
        losses = _epoch_losses(record.filter(pl.col(Columns.STAGE) == stage), epochs[Columns.STEP].to_list())
        for number in range(1, len(values)):
            if values[number] < (1 - ALARM) * max(values[:number]) and losses[number] < losses[number - 1]:
                found.append(f"{stage}, epoch {number + 1}: recall@10 {max(values[:number]):.4f} to {values[number]:.4f} while the loss fell")
                break
    return tuple(found)


def _epoch_losses(record: pl.DataFrame, ends: Sequence[int]) -> list[float]:
    found = []
    for low, high in zip([0, *ends[:-1]], ends, strict=True):
        losses = record.filter((pl.col(Columns.STEP) > low) & (pl.col(Columns.STEP) <= high))[Columns.LOSS].to_numpy()
        found.append(float(losses.mean()) if len(losses) else 0.0)
    return found
