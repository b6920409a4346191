"""Stages of training as data: what is trained, from what start, how fast, and until when."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from broadsheet.core.config import Config

Schedule = Literal["constant", "linear", "cosine"]


class Stage(Config):
    """One stage of training.

    `trainable` are patterns of parameter names (`*` stands for anything); every other tensor is frozen: it has no
    gradient, is in no optimiser, and is shown by hash to be the same afterwards. `reinit` are patterns of module names
    that are drawn anew before the stage. `evaluate_every` steps the model is evaluated; where `watch` names a metric
    (higher is better), the best weights are kept, and `patience` evaluations without a gain end the stage. In place of the best, the
    mean of the weights over the last share `average` of the steps can be kept (Izmailov et al. 2018): it needs no validation.
    `save_every` steps a checkpoint is written; 0 means at evaluations and at the end. `groups` names parts of the model whose
    shares of the gradient norm are recorded. `batch` is for whoever makes batches.
    """

    name: Annotated[str, Field(min_length=1)]
    steps: Annotated[int, Field(ge=1)]
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    trainable: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    reinit: tuple[str, ...] = ()
    batch: Annotated[int, Field(ge=1)] = 32
    accumulate: Annotated[int, Field(ge=1)] = 1
    warmup: Annotated[int, Field(ge=0)] = 0
    schedule: Schedule = "constant"
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    clip: Annotated[float, Field(gt=0)] | None = 1.0
    evaluate_every: Annotated[int, Field(ge=0)] = 0
    watch: str = ""
    patience: Annotated[int, Field(ge=0)] = 0
    average: Annotated[float, Field(ge=0, le=1)] = 0.0
    save_every: Annotated[int, Field(ge=0)] = 0
    groups: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if self.average and self.watch:
            raise ValueError("watch and average both choose the weights: leave one out")
        return self

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0: warm-up in a line, then the schedule.

        >>> [Stage(name="s", steps=4, learning_rate=1.0, warmup=2).rate(step) for step in range(4)]
        [0.5, 1.0, 1.0, 1.0]
        """
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        share = (step - self.warmup) / max(1, self.steps - self.warmup)
        if self.schedule == "linear":
            return self.learning_rate * (1 - share)
        if self.schedule == "cosine":
            return float(self.learning_rate * 0.5 * (1 + np.cos(np.pi * share)))
        return self.learning_rate
