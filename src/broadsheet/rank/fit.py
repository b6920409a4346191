"""From histories and what is said of items to a trained model, with a table of what each stage gave."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch

from broadsheet.core.baselines import neighbour_vectors
from broadsheet.core.corpus import Corpus
from broadsheet.core.files import write_file
from broadsheet.core.metrics import by_rank, target_ranks
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns
from broadsheet.core.train import seconds_a_step, train
from broadsheet.rank.batches import Log, Sampler, kept, packed
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.model import SequenceModel, tokens_of
from broadsheet.rank.mpo import Planned, plan
from broadsheet.rank.mrc import SIZE, ItemTokenizer
from broadsheet.rank.objective import objective
from broadsheet.rank.spae import SHORTEST, PositionAwareness

# Held-out histories whose states are asked for order, distance and first items.
ASKED = 1000
# How far items' own embeddings spread at the start.
SPREAD = 0.05


class Asks(NamedTuple):
    """Histories, with the seconds of their events if known, the item that came next `[U]`, and items that are hidden from each, if any are."""

    rows: Sequence[np.ndarray]
    targets: np.ndarray
    times: Sequence[np.ndarray] | None = None
    hidden: Sequence[np.ndarray] | None = None

    def some(self, places: np.ndarray) -> "Asks":
        """Return some of them."""
        rows, times, hidden = ([part[place] for place in places.tolist()] if part is not None else None for part in (self.rows, self.times, self.hidden))
        return Asks(rows or [], self.targets[places], times, hidden)

    def within(self, longest: int) -> "Asks":
        """Return them with what a state of so many items keeps of each history."""
        counts = [kept(len(row), longest) for row in self.rows]
        cut = [row[len(row) - count :] for row, count in zip(self.rows, counts, strict=True)]
        times = None if self.times is None else [row[len(row) - count :] for row, count in zip(self.times, counts, strict=True)]
        return self._replace(rows=cut, times=times)


class Usual(NamedTuple):
    """The mean state of users `[d]`, and what it scores the mean of the items that somebody had."""

    state: torch.Tensor
    level: float


class Fitted(NamedTuple):
    """A trained model, a line a stage, every step and evaluation; how many positions an epoch trains, what states remember of held-out histories, the usual user.

    `share` is how much of the planned steps the clock left.
    """

    model: SequenceModel
    table: pl.DataFrame
    record: pl.DataFrame
    targets: int = 0
    epoch: int = 1
    proxies: Mapping[str, float] = MappingProxyType({})
    usual: Usual | None = None
    share: float = 1.0

    @property
    def seconds_an_epoch(self) -> float:
        """CPU seconds of an epoch, in the mean of all stages, evaluations included."""
        return float(self.table["cpu_s"].sum()) / max(1, int(self.table[Columns.STEP].sum())) * self.epoch if len(self.table) else 0.0


def ranks(blocks: Iterable[np.ndarray], asks: Asks) -> np.ndarray:
    """Return the rank from 0 of each target by scores of all items `[B, N]`, block after block; infinity for a target that is hidden."""
    return target_ranks(blocks, asks.targets, asks.hidden)


def fit_model(
    config: RankerConfig,
    corpus: Corpus,
    log: Log,
    validation: Asks,
    *,
    model: SequenceModel | None = None,
    seed: int = 0,
    seconds: float | None = None,
    folder: Path | None = None,
    identity: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Fitted:
    """Train through the stages, a new model or the one given; `validation` chooses the weights of every stage but the last. With `seconds` all stages are cut alike to about that long."""
    model = model or SequenceModel(config, len(corpus.items), corpus.attributes, corpus.contents, seed=seed)
    begin(model.items, log.histories, neighbours=config.start == "neighbours")
    sampler = Sampler(log, config.longest, seed, ordered=config.ordered, strange=config.strange)
    if not sampler.targets:
        return Fitted(model.eval(), pl.DataFrame(), pl.DataFrame())
    watched = validation.within(config.longest)
    descend = objective(config, np.bincount(log.histories.values, minlength=len(corpus.items)))
    tables, records = [], []
    epoch = sampler.steps(config.batch)
    stages = whole = plan(model, config, epoch)
    if seconds is not None:
        stages = _within(seconds, stages, _step(folder, lambda: seconds_a_step(model, stages[-1].stage, sampler, descend)))
    for planned in stages:
        model.items.active = planned.active
        done = train(
            model,
            [planned.stage],
            sampler,
            descend,
            folder / planned.stage.name if folder else None,
            seed=seed,
            evaluate=lambda _: evaluated(model, watched),
            identity={**(identity or {}), "active": sorted(planned.active)},
            progress=progress,
        )
        shares = {name: float(done.record[name].to_numpy().mean()) for name in done.record.columns if name.startswith("gradient_")}
        tables.append(done.table.with_columns(**{name: pl.lit(value) for name, value in {**evaluated(model, watched), **shares}.items()}))
        records.append(done.record)
    model.eval()
    model.items.lend(torch.from_numpy(np.unique(log.histories.values)))
    usual = settle(model, log)
    table, record = (pl.concat(frames, how="diagonal_relaxed") for frames in (tables, records))
    return Fitted(model, table, record, sampler.targets, epoch, remembered(model, watched), usual, _steps(stages) / _steps(whole))


def begin(items: ItemTokenizer, train: Ragged, *, neighbours: bool) -> None:
    """Let items' own embeddings begin as the leading eigenvectors of who had what near what: the collaborative signal, which training goes on to mend.

    A prior begins as the logarithm of how often an item was had, in the mean 0. Items that nobody had begin, and stay, at nothing: they are all alike.
    """
    own = items.own
    if own is None:
        return
    counts = np.bincount(train.values, minlength=len(own.weight))
    vectors = SPREAD * neighbour_vectors(train, len(own.weight), own.embedding_dim - items.prior) if neighbours else np.zeros((len(own.weight), 0))
    rows = np.flatnonzero(vectors.any(axis=1))
    with torch.no_grad():
        own.weight[torch.from_numpy(rows), : vectors.shape[1]] = torch.from_numpy(vectors[rows].astype(np.float32))
        if items.prior and len(train.values):
            often = torch.log(torch.from_numpy(counts).float())
            own.weight[:, -1] = SIZE * (often - often[torch.from_numpy(counts > 0)].mean())
        own.weight[torch.from_numpy(np.flatnonzero(counts == 0))] = 0.0


def settle(model: SequenceModel, log: Log) -> Usual | None:
    """Give items that nobody had, and that are lent nothing, the prior by which the usual user likes each as the mean of the known ones; None where items have no priors.

    What a state says of new content to everybody alike was learnt of other items by heart: how often the new one will be had nobody knows.
    """
    own = model.items.own
    if own is None or not model.items.prior:
        return None
    some = np.linspace(0, len(log.histories.lengths) - 1, min(ASKED, len(log.histories.lengths))).astype(int)
    begins = log.histories.begins
    spans = [
        slice(int(end) - kept(int(end - begin), model.config.longest), int(end))
        for begin, end in zip(begins[some], begins[some + 1], strict=True)
        if end > begin
    ]
    with torch.inference_mode():
        vectors, outputs = model.table()
        state = model.read([log.histories.values[span] for span in spans], None if log.times is None else [log.times[span] for span in spans], vectors).mean(
            dim=0
        )
    had = np.bincount(log.histories.values, minlength=len(own.weight)) > 0
    found = Usual(state, float((outputs[torch.from_numpy(had)] @ state).mean()))
    with torch.no_grad():
        alone = torch.from_numpy(~had) & ~own.weight.any(dim=1)
        own.weight[alone, -1] = settled(outputs[alone], found)
    return found


def settled(outputs: torch.Tensor, usual: Usual) -> torch.Tensor:
    """Return the priors `[R]`, as they stand in tokens, by which the usual user likes new items of outputs `[R, d]` as the mean of the known ones."""
    return SIZE * (usual.level - outputs[:, :-1] @ usual.state[:-1])


def _within(seconds: float, stages: Sequence[Planned], step: float) -> list[Planned]:
    """Return the stages with all steps cut alike, so that they take about so many seconds at so many a step."""
    share = min(1.0, seconds / max(1e-9, step * _steps(stages)))
    return [planned._replace(stage=planned.stage.model_copy(update={"steps": max(1, round(planned.stage.steps * share))})) for planned in stages]


def _step(folder: Path | None, measured: Callable[[], float]) -> float:
    """Return the seconds of a step, as they were measured when the training of this folder began: one that goes on has the steps it had."""
    kept = folder / "seconds_a_step" if folder else None
    if kept is not None and kept.exists():
        return float(kept.read_text(encoding="utf-8"))
    seconds = measured()
    if kept is not None:
        write_file(kept, repr(seconds))
    return seconds


def _steps(stages: Sequence[Planned]) -> int:
    return sum(planned.stage.steps for planned in stages)


def evaluated(model: SequenceModel, asks: Asks) -> dict[str, float]:
    """Return hit rate and nDCG at ten, and the mean share of each expert."""
    found = by_rank(ranks(model.scores(asks.rows, asks.times), asks), [10])
    return {name: float(values.mean()) if len(values) else 0.0 for name, values in found.items()} | _gates(model)


def _gates(model: SequenceModel) -> dict[str, float]:
    """Return the mean weight of each expert over all items."""
    if not model.items.names:
        return {}
    with torch.inference_mode():
        shares = model.items().gates.mean(dim=0).tolist()
    names = [*model.items.names, *(f"shared {number + 1}" for number in range(model.items.shared_count))]
    return {f"gate {name}": share for name, share in zip(names, shares, strict=True)}


def remembered(model: SequenceModel, asks: Asks) -> dict[str, float]:
    """Return what states of held-out histories tell: which of two items came first (chance .5), how far apart they were, and what the first items were.

    Distances are beside the share of their most frequent bucket, first items are found among all items of those histories.
    """
    rows = [row for row in asks.rows if len(row) >= SHORTEST][:ASKED]
    if not rows or not model.config.proxy:
        return {}
    times = None if asks.times is None else [row for row in asks.times if len(row) >= SHORTEST][:ASKED]
    given = packed(rows, times, model.config.longest)
    with torch.inference_mode(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        seen, where, vectors, made = tokens_of(model, given)
        states, summed, flat = model.states(given, vectors), made.vectors.sum(dim=1), where.flatten()[given.at]
        asked = model.aware.asked(states, summed[flat], given.flat, given.begins, given.lengths)
        first = PositionAwareness.first_items(flat, given.begins, given.lengths)
        recalled = model.aware.recalled(states, summed, given.begins, given.lengths)
    if asked is None or recalled is None:
        return {}
    return {
        "order": float(((asked.order > 0) == (asked.before > 0)).float().mean()),
        "distance": float((asked.distance.argmax(dim=1) == asked.bucket).float().mean()),
        "distance, always the same": float(torch.bincount(asked.bucket).max() / len(asked.bucket)),
        "earliest": float((recalled.argmax(dim=1) == first).float().mean()),
        "earliest, by chance": 1 / len(seen),
    }
