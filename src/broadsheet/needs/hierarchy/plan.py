"""What is decided before data are seen: tests, levels and thresholds, in a form that is hashed into the result."""

from typing import Annotated

from pydantic import Field

from broadsheet.core.config import Config


class AnalysisPlan(Config):
    """How a hierarchy is looked for.

    At `level` the null is rejected; a scale is one from `scale` on, in Loevinger's H beyond what people's writing explains (Mokken's convention). A model is better than
    another from so many standard errors on (`better`), and matters from a gain of `effect` nats a person on; and a verdict of `none` is given only where an H of `least` would have been found nine times in ten.
    No number of people under `k` is told.
    """

    level: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    scale: Annotated[float, Field(gt=0, lt=1)] = 0.3
    effect: Annotated[float, Field(ge=0)] = 0.05
    better: Annotated[float, Field(gt=0)] = 1.0
    least: Annotated[float, Field(gt=0, lt=1)] = 0.3
    people: Annotated[int, Field(ge=2)] = 30
    k: Annotated[int, Field(ge=2)] = 5
    draws: Annotated[int, Field(ge=99)] = 499
    resamples: Annotated[int, Field(ge=100)] = 1000
    folds: Annotated[int, Field(ge=2)] = 5
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    seed: Annotated[int, Field(ge=0)] = 0
