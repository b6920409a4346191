"""The one training loop of the house: stages in order, resumed bit for bit where it was stopped."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
from torch import nn

from broadsheet.core.device import choose_dtype
from broadsheet.core.errors import ConfigError, WeightsError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.core.train.checkpoint import Place, load_checkpoint, restore_optimiser, save_checkpoint
from broadsheet.core.train.freeze import freeze_all_but, matches, matching, reinitialise, tensors_hash
from broadsheet.core.train.stage import Stage

Batches = Callable[[Stage, int, np.random.Generator], Any]
Objective = Callable[[Any, Any], Mapping[str, float]]
Evaluate = Callable[[Any], Mapping[str, float]]
Record = list[dict[str, Any]]
# Steps that are timed where training has to end within some seconds.
PROBED = 3


class Trained(NamedTuple):
    """What training left: a table with a line a stage, the record of all evaluations and losses, and whether it went on from a checkpoint."""

    table: pl.DataFrame
    record: pl.DataFrame
    resumed: bool


def autocast(dtype: str = "auto") -> Any:
    """Return the context of mixed precision: bfloat16 where the processor multiplies it in hardware, else nothing changes."""
    name = choose_dtype().name if dtype == "auto" else dtype
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=name == "bfloat16")


def descend(loss: Callable[[Any, Any], torch.Tensor], dtype: str = "auto") -> Objective:
    """Make an objective of a loss: the loss is taken in mixed precision, and its gradients are left in the parameters."""

    def objective(model: Any, batch: Any) -> Mapping[str, float]:
        with autocast(dtype):
            value = loss(model, batch)
        value.backward()
        return {Columns.LOSS: float(value.detach())}

    return objective


def train(
    model: nn.Module,
    stages: Sequence[Stage],
    batches: Batches,
    objective: Objective,
    folder: Path | None = None,
    *,
    seed: int = 0,
    evaluate: Evaluate | None = None,
    identity: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Trained:
    """Train through the stages; the model has the best weights of each stage where it watches a metric, else the last.

    `batches(stage, step, rng)` gives the batch of a step: it must depend on these three alone. `objective(model, batch)`
    leaves gradients and returns figures, `loss` among them (`descend` makes one of a loss). All randomness,
    dropout included, follows from seed, stage and step, so a run that was stopped and goes on from `folder` gives the same bits as
    one that was not. `identity` is what else the result depends on (data, configuration): a checkpoint of another is refused.

    Raises WeightsError where the loss is not finite, and RuntimeError where a frozen tensor changed.
    """
    if not stages or len({stage.name for stage in stages}) != len(stages):
        raise ConfigError("Stages need names, each its own, and there must be at least one.", "Give each stage a name of its own.")
    run = _Run(model, stages, batches, objective, evaluate, folder, seed, dict(identity or {}), progress)
    before = [parameter.requires_grad for parameter in model.parameters()]
    with torch.random.fork_rng(devices=[]):
        trained = run.through()
    for parameter, wanted in zip(model.parameters(), before, strict=True):
        parameter.requires_grad_(wanted)
        parameter.grad = None
    model.eval()
    return trained


def seconds_a_step(model: nn.Module, stage: Stage, batches: Batches, objective: Objective) -> float:
    """Return the wall seconds that a step takes here: the median of a few, after one that warms up; no weight changes."""
    spent = []
    for step in range(PROBED + 1):
        began = time.perf_counter()
        objective(model, batches(stage, step, generator(0, "probe")))
        spent.append(time.perf_counter() - began)
    model.zero_grad(set_to_none=True)
    return float(np.median(spent[1:]))


class _Run:
    """A run in progress."""

    def __init__(
        self,
        model: nn.Module,
        stages: Sequence[Stage],
        batches: Batches,
        objective: Objective,
        evaluate: Evaluate | None,
        folder: Path | None,
        seed: int,
        identity: dict[str, Any],
        progress: Progress,
    ) -> None:
        self.model, self.stages, self.batches, self.objective, self.evaluate = model, stages, batches, objective, evaluate
        self.folder, self.seed, self.progress = folder, seed, progress
        self.names = {id(parameter): name for name, parameter in model.named_parameters()}
        self.ever = self._ever_trained()
        self.identity = {**identity, "seed": seed, "stages": [stage.model_dump(mode="json") for stage in stages], "untouched": self._untouched()}
        self.record: Record = []
        self.table: Record = []
        self.best: dict[str, torch.Tensor] = {}

    def through(self) -> Trained:
        """Run all stages from where the checkpoint stands."""
        loaded = load_checkpoint(self.folder, self.identity, self.model) if self.folder else None
        place, optimiser = Place(), {}
        if loaded:
            (place, self.record, self.table, self.best), optimiser = loaded
        for number in range(place.stage, len(self.stages)):
            begun = place.stage == number and (place.step > 0 or place.ended)
            self._stage(number, place if begun else Place(number), optimiser if begun else {})
            self.best = {}
        return Trained(_frame(self.table), _frame(self.record), bool(loaded))

    def _stage(self, number: int, place: Place, state: Mapping[str, torch.Tensor]) -> None:
        stage = self.stages[number]
        if place.step == 0:
            reinitialise(self.model, stage.reinit, self.seed, stage.name)
        trainable = freeze_all_but(self.model, stage.trainable)
        frozen = tensors_hash(self.model, trainable=False)
        optimiser = torch.optim.AdamW(trainable.values(), lr=stage.learning_rate, weight_decay=stage.weight_decay)
        restore_optimiser(optimiser, state, trainable)
        if place.ended:
            return
        began = time.process_time()
        while place.step < stage.steps and not place.ended:
            figures = self._step(stage, place.step, optimiser, trainable)
            place = self._after(stage, place._replace(step=place.step + 1), figures)
            self._average(stage, place, trainable)
            self.progress(stage.name, place.step, stage.steps)
            if self._due(stage, place):
                self._save(place, optimiser)
        self._restore_best(stage, place)
        if tensors_hash(self.model, trainable=False) != frozen:
            raise RuntimeError(f"a frozen tensor changed in stage {stage.name}")
        self._close(stage, place, frozen, trainable, time.process_time() - began)
        self._save(place._replace(ended=True), optimiser)

    def _step(self, stage: Stage, step: int, optimiser: torch.optim.Optimizer, trainable: Mapping[str, nn.Parameter]) -> dict[str, float]:
        optimiser.zero_grad(set_to_none=True)
        for group in optimiser.param_groups:
            group["lr"] = stage.rate(step)
        sums: dict[str, float] = {}
        for part in range(stage.accumulate):
            rng = generator(self.seed, "train", stage.name, str(step), str(part))
            torch.manual_seed(int(rng.integers(2**62)))
            for name, value in self.objective(self.model, self.batches(stage, step, rng)).items():
                sums[name] = sums.get(name, 0.0) + value / stage.accumulate
        if not math.isfinite(sums.get(Columns.LOSS, 0.0)):
            raise WeightsError(f"The loss is not finite at step {step + 1} of stage {stage.name}.", "Lower the learning rate, or look for NaN in the data.")
        _require_frozen(self.model)
        if stage.accumulate > 1:
            for parameter in trainable.values():
                if parameter.grad is not None:
                    parameter.grad.div_(stage.accumulate)
        shares = _gradient_shares(stage, trainable)
        norm = torch.nn.utils.clip_grad_norm_(trainable.values(), stage.clip or math.inf)
        optimiser.step()
        return {**sums, **shares, "gradient_norm": float(norm), "learning_rate": stage.rate(step)}

    def _after(self, stage: Stage, place: Place, figures: Mapping[str, float]) -> Place:
        """Record the step; evaluate where it is due, and tell whether to wait longer."""
        row: dict[str, Any] = {Columns.STAGE: stage.name, Columns.STEP: place.step, **figures}
        due = stage.evaluate_every and (place.step % stage.evaluate_every == 0 or place.step == stage.steps)
        if due and self.evaluate:
            row.update(self._evaluated())
            if stage.watch:
                if stage.watch not in row:
                    raise ConfigError(f"Stage {stage.name} watches {stage.watch!r}, which is not evaluated.", f"Evaluated are: {', '.join(row)}.")
                place = self._watched(stage, place, float(row[stage.watch]))
        self.record.append(row)
        return place

    def _evaluated(self) -> Mapping[str, float]:
        modes = {module: module.training for module in self.model.modules()}
        self.model.eval()
        assert self.evaluate is not None
        with torch.no_grad():
            figures = self.evaluate(self.model)
        for module, mode in modes.items():
            module.training = mode
        return figures

    def _watched(self, stage: Stage, place: Place, value: float) -> Place:
        if place.best is None or value > place.best:
            self.best = {name: tensor.detach().clone() for name, tensor in self._weights().items()}
            return place._replace(best=value, best_step=place.step, waited=0)
        return place._replace(waited=place.waited + 1, ended=stage.patience > 0 and place.waited + 1 >= stage.patience)

    def _average(self, stage: Stage, place: Place, trainable: Mapping[str, nn.Parameter]) -> None:
        """Take the weights of this step into the mean, which stands where the best would."""
        count = place.step - (stage.steps - max(1, round(stage.average * stage.steps)))
        if stage.average and count > 0:
            for name, parameter in trainable.items():
                value = parameter.detach()
                self.best[name] = value.clone() if name not in self.best else self.best[name].lerp_(value, 1 / count)

    def _restore_best(self, stage: Stage, place: Place) -> None:
        if place.best is not None or stage.average:
            state = self._weights()
            with torch.no_grad():
                for name, tensor in self.best.items():
                    state[name].copy_(tensor)

    def _close(self, stage: Stage, place: Place, frozen: str, trainable: Mapping[str, nn.Parameter], seconds: float) -> None:
        losses = [row[Columns.LOSS] for row in self.record if row[Columns.STAGE] == stage.name and row.get(Columns.LOSS) is not None]
        tail = losses[-max(1, len(losses) // 10) :]
        count = sum(parameter.numel() for parameter in trainable.values())
        row = {
            Columns.STAGE: stage.name,
            Columns.STEP: place.step,
            "stopped": "patience" if place.step < stage.steps else "steps",
            "first_loss": losses[0] if losses else None,
            "last_loss": float(np.mean(tail)) if tail else None,
            "watched": stage.watch,
            "best": place.best,
            "best_step": place.best_step if place.best is not None else place.step,
            "trained_parameters": count,
            "frozen_parameters": sum(parameter.numel() for parameter in self.model.parameters()) - count,
            "frozen_hash": frozen,
            "cpu_s": round(seconds, 3),
        }
        self.table.append(row)

    def _due(self, stage: Stage, place: Place) -> bool:
        every = stage.save_every or stage.evaluate_every
        return bool(every) and place.step % every == 0 and place.step < stage.steps and not place.ended

    def _save(self, place: Place, optimiser: torch.optim.Optimizer) -> None:
        if self.folder:
            save_checkpoint(self.folder, self.identity, place, self._weights(), optimiser, self.names, self.best, {"record": self.record, "table": self.table})

    def _ever_trained(self) -> set[str]:
        parameters = dict(self.model.named_parameters())
        names = {name for stage in self.stages for name in matching(parameters, stage.trainable, "parameter")}
        redrawn = [p for stage in self.stages for p in matching(dict(self.model.named_modules()), stage.reinit, "module") if stage.reinit]
        return names | {name for name in parameters if any(name.startswith(f"{module}.") for module in redrawn)}

    def _weights(self) -> dict[str, torch.Tensor]:
        """Return what any stage may change: its parameters, and every buffer."""
        parameters = {name: parameter for name, parameter in self.model.named_parameters() if name in self.ever}
        return {**parameters, **dict(self.model.named_buffers())}

    def _untouched(self) -> str:
        """Name the tensors that no stage changes."""
        wanted = [parameter.requires_grad for parameter in self.model.parameters()]
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name in self.ever)
        self.model.train()
        name = tensors_hash(self.model, trainable=False)
        for parameter, before in zip(self.model.parameters(), wanted, strict=True):
            parameter.requires_grad_(before)
        return name


def _require_frozen(model: nn.Module) -> None:
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad and parameter.grad is not None:
            raise RuntimeError(f"the frozen parameter {name} has a gradient")


def _gradient_shares(stage: Stage, trainable: Mapping[str, nn.Parameter]) -> dict[str, float]:
    """Return each group's share of the squared gradient norm."""
    if not stage.groups:
        return {}
    squares = {name: float(p.grad.square().sum()) if p.grad is not None else 0.0 for name, p in trainable.items()}
    total = sum(squares.values()) or 1.0
    return {f"gradient_share_{group}": sum(squares[name] for name in squares if matches(name, patterns)) / total for group, patterns in stage.groups.items()}


def _frame(rows: Record) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)
