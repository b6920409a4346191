"""A plan table: answers for all codes that sessions are likely to come to, made once, so that nothing is asked while sessions run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.artifacts import Artifact, Manifest, load_artifact, write_artifact
from broadsheet.core.errors import ConfigError, EmptySourceError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.plan.planners.asking import Answer, Asker
from broadsheet.plan.planners.keys import GOAL, LEVELS, TASTE, Codes, Keys, KeysConfig, read_code, written
from broadsheet.plan.planners.naming import Naming
from broadsheet.plan.planners.prompt import VERSION
from broadsheet.plan.protocols import Planner, Plans, PlanState, Source

MOST: Final = 5_000
"""Codes of a table; a local model is given 512."""
CHUNK: Final = 64
BY_RULE: Final = "table, by rule"
"""The name of a table that no model filled."""
_CODE, _TIMES = "code", "times"


class Near(NamedTuple):
    """The row of a table that answers for a code, and in how many numbers their codes differ."""

    row: int
    distance: int


@dataclass(frozen=True, eq=False)
class PlanTable:
    """Answers by code: `values` `[K, C]` (minus infinity: not named), `reasons` of those that have none, how many `times` the code was met on TRAIN users' sessions.

    `source` is who was asked, `worn` what an exposure of one slate's share takes off a value; `facts` say the model, the wording, the names and the reflections.
    """

    keys: Keys
    codes: Codes
    values: NDArray[np.float32]
    reasons: tuple[str, ...]
    times: NDArray[np.int64]
    source: Source
    worn: float
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay codes out for looking up. Raises EmptySourceError for none."""
        if not len(self.codes):
            raise EmptySourceError("A plan table of no codes answers nothing.", "Count codes on sessions of TRAIN users first.")
        object.__setattr__(self, "_row", {code.tobytes(): row for row, code in enumerate(self.codes)})

    @property
    def name(self) -> str:
        """Say who filled it, and by what names: `LLM table, names` where a model was asked."""
        named = str(self.facts.get("names", ""))
        return f"LLM table, {named}" if self.source in {Source.LLM, Source.REPLAY} else BY_RULE

    @classmethod
    def fill(
        cls,
        met: Mapping[str, int],
        asker: Asker,
        keys: Keys,
        *,
        most: int = MOST,
        naming: Naming = Naming.NAMES,
        reflections: Sequence[str] = (),
        progress: Progress = silent,
    ) -> "PlanTable":
        """Ask for the `most` codes that were met most often, ties by the code. `met` counts written codes."""
        chosen = sorted(met.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
        codes = np.array([read_code(text) for text, _ in chosen], dtype=np.int16).reshape(len(chosen), keys.width)
        answers: list[Answer] = []
        for start in range(0, len(codes), CHUNK):
            answers += asker.ask(list(codes[start : start + CHUNK]))
            progress("plans of the table", len(answers), len(codes))
        facts = {"model": asker.model, "prompt": VERSION, "names": naming.value, "reflections": list(reflections), "calls": asker.counts().get("calls", 0)}
        facts |= {"met": sum(met.values()), "distinct": len(met), "covered": sum(times for _, times in chosen) / max(1, sum(met.values()))}
        source = answers[0].source if answers else Source.FALLBACK
        values = np.array([answer.values for answer in answers], dtype=np.float32)
        times = np.array([times for _, times in chosen], dtype=np.int64)
        return cls(keys, codes, values, tuple(answer.reason for answer in answers), times, source, asker.worn, facts)

    def find(self, code: Codes, farthest: int) -> Near | None:
        """Return the row of a code, or the nearest of the same taste and goal by Hamming's distance, ties by how often it was met; None beyond `farthest`."""
        row = self._row.get(code.tobytes())  # pyrefly: ignore
        if row is not None:
            return Near(row, 0)
        alike = np.flatnonzero((self.codes[:, TASTE] == code[TASTE]) & (self.codes[:, GOAL] == code[GOAL]))
        if not len(alike):
            return None
        far = (self.codes[alike, LEVELS:] != code[LEVELS:]).sum(axis=1)
        best = int(far.argmin())
        return Near(int(alike[best]), int(far[best])) if far[best] <= farthest else None

    def save(self, path: Path) -> Artifact:
        """Write the table as an artefact whose manifest says the model."""
        rows = [np.flatnonzero(values > -np.inf) for values in self.values]
        frame = pl.DataFrame(
            {
                _CODE: [written(code) for code in self.codes],
                _TIMES: self.times,
                Columns.CATEGORIES: [row.tolist() for row in rows],
                Columns.SCORE: [values[row].tolist() for values, row in zip(self.values, rows, strict=True)],
                Columns.REASON: list(self.reasons),
            },
            schema_overrides={Columns.CATEGORIES: pl.List(pl.Int32), Columns.SCORE: pl.List(pl.Float32)},
        )
        config = {"keys": self.keys.config.model_dump(), "source": self.source.name, "worn": self.worn, **self.facts}
        manifest = Manifest(kind=ArtifactKind.PLAN_TABLE, config=config, models={"planner": str(self.facts.get("model", ""))})
        return write_artifact(path, manifest, tensors={"keys": self.keys.arrays()}, frames={"plans": frame})

    @classmethod
    def load(cls, path: Path) -> "PlanTable":
        """Read a table. Raises ArtifactError where there is none, or it was changed."""
        return load_artifact(path, ArtifactKind.PLAN_TABLE, cls._read)

    @classmethod
    def _read(cls, artifact: Artifact) -> "PlanTable":
        config = dict(artifact.manifest.config)
        held, frame = artifact.tensors("keys"), artifact.frame("plans")
        keys = Keys(KeysConfig.model_validate(config.pop("keys")), held["centres"], held["relevant"])
        values = np.full((len(frame), keys.centres.shape[1]), -np.inf, dtype=np.float32)
        for row, (categories, scores) in enumerate(zip(frame[Columns.CATEGORIES].to_list(), frame[Columns.SCORE].to_list(), strict=True)):
            values[row, categories] = scores
        codes = np.array([read_code(text) for text in frame[_CODE].to_list()], dtype=np.int16)
        source, worn = Source[config.pop("source")], float(config.pop("worn"))
        return cls(keys, codes, values, tuple(frame[Columns.REASON].to_list()), frame[_TIMES].to_numpy().astype(np.int64), source, worn, config)


class KeyCounter:
    """A planner that plans as another does and counts the codes of the states it is asked about: the reachable ones, when TRAIN users' sessions run in the copy environment."""

    def __init__(self, inner: Planner, keys: Keys) -> None:
        self.inner, self.keys, self.name = inner, keys, inner.name
        self.met: Counter[str] = Counter()

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; what was met stays."""
        self._tastes = Tastes(self.keys, count)
        self.inner.begin(count, seed)

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Count, and let the other plan."""
        rows = np.flatnonzero(due)
        self.met.update(written(code) for code in self.keys.codes(state, rows, self._tastes.of(state, rows)))
        return self.inner.plan(state, due)

    def counts(self) -> Mapping[str, float]:
        """Return the other's counts, and how many codes were met."""
        return {**self.inner.counts(), "codes": len(self.met)}


class Tastes:
    """The taste of each session `[B]`, taken at its first plan: what is left to show changes in a session, whom it is shown to does not."""

    def __init__(self, keys: Keys, count: int) -> None:
        self.keys = keys
        self._of, self._user, self._step = np.zeros(count, dtype=np.int16), np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=np.int32)

    def of(self, state: PlanState, rows: NDArray[np.int64]) -> NDArray[np.int16]:
        """Return the tastes of sessions `rows` `[N]`; one of another user, or whose rounds began anew, is new."""
        fresh = rows[(self._user[rows] != state.user[rows]) | (state.step[rows] <= self._step[rows])]
        if len(fresh):
            self._of[fresh] = self.keys.tastes(state.affinity[fresh])
        self._user[rows], self._step[rows] = state.user[rows], state.step[rows]
        return self._of[rows]


def check_table(table: PlanTable, categories: int) -> None:
    """Raise ConfigError for a table of another catalogue."""
    if table.values.shape[1] != categories:
        raise ConfigError(f"The plan table is of {table.values.shape[1]} categories, the catalogue has {categories}.", "Fill a table for this catalogue.")
