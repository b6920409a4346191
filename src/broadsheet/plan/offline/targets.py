"""Targets by name: whose slates a log is asked about."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.errors import ColumnError, ConfigError, did_you_mean
from broadsheet.core.schema import Columns
from broadsheet.plan.offline.estimators import best_first, softly
from broadsheet.plan.offline.log import SlateLog

TARGETS: Final = ("best", "soft", "even", "column")
EDGE: Final = 1e-6


def open_target(spec: str, log: SlateLog, frame: pl.DataFrame, k: int) -> NDArray[np.float64]:
    """Return the chance `[N]` with which a target shows each candidate on slates of k.

    `best` are the first k by the log's chance, `soft:TEMPERATURE` Plackett-Luce draws by its logit over the temperature, `even` chance alone, `column` what the
    column target says. Raises ConfigError for another name, ColumnError for a log without what the target needs.
    """
    name, _, rest = spec.partition(":")
    if name not in TARGETS or (name == "soft") != bool(rest):
        raise ConfigError(f"There is no target {spec!r}.{did_you_mean(name, TARGETS)}", "Targets are: best, soft:TEMPERATURE, even, column.")
    if name == "even":
        return softly(log, np.zeros(len(log.slate)), k)
    if name == "column":
        if Columns.TARGET not in frame.columns:
            raise ColumnError("The log has no column target.", "Give the chance that the target shows each candidate, or name another target.")
        return frame[Columns.TARGET].cast(pl.Float64).fill_null(0.0).to_numpy()
    if not log.modelled:
        raise ColumnError(f"The target {name} goes by the column chance, which the log lacks or leaves empty.", "Give a model's chance for each candidate.")
    if name == "best":
        return best_first(log, log.chance, k)
    chance = np.clip(log.chance, EDGE, 1 - EDGE)
    return softly(log, np.log(chance / (1 - chance)) / _temperature(rest), k)


def _temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise ConfigError(f"A temperature of {text!r} draws nothing.", "Write soft:1, or another number above 0.")
    return value
