"""Logs of slates and of the plans behind them, and the same again from a log: a planner that answers what was recorded."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, ValidationError

from broadsheet import __version__
from broadsheet.core.errors import ArtifactError, EmptySourceError, RecordError, RecordingError, SourceNotFoundError
from broadsheet.plan.bundle import Ask, PlanBundle
from broadsheet.plan.material import Material
from broadsheet.plan.protocols import Planner, Plans, PlanState, Source
from broadsheet.plan.run import Answered, PlannerOf, Shown, next_slates, simulate

GRAIN: Final = 1000
"""States are the same that agree to so many parts of a slate: sums in another order must not miss."""
RUN, PLAN, SLATE = "run", "plan", "slate"
LONGEST: Final = 1_000_000
"""Slates that a plan can hold for."""
AS_WRITTEN: Final = "Give a log as it was written."
_SOURCES: Final = tuple(source.name.lower() for source in Source)


class Request(NamedTuple):
    """What is asked of a bundle: the next slates after those `shown`, or with `rounds` whole sessions that are played."""

    asks: tuple[Ask, ...]
    shown: tuple[Shown, ...] = ()
    rounds: int = 0
    draw: bool = False
    seed: Annotated[int, Field(ge=0)] = 0


class Replayed(NamedTuple):
    """What a replay came to: lines of the log, plans that were looked up and were not recorded, and the number of the first line that differs (0: none)."""

    lines: int
    plans: int
    misses: int
    differs: int


class RecordingPlanner:
    """Lets another planner plan and keeps each plan with the state that it was made for."""

    def __init__(self, inner: Planner) -> None:
        self.inner, self.name, self.lines = inner, inner.name, list[dict[str, Any]]()

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; what was recorded stays."""
        self.inner.begin(count, seed)

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return the other's plans, and keep them."""
        plans = self.inner.plan(state, due)
        for row in np.flatnonzero(due).tolist():
            held = {"allowed": np.flatnonzero(plans.allowed[row]).tolist(), "ttl": int(plans.ttl[row]), "source": Source(int(plans.source[row])).name.lower()}
            self.lines.append({"kind": PLAN, "key": state_key(state, row), **held})
        return plans

    def counts(self) -> Mapping[str, float]:
        """Return the other's counts."""
        return self.inner.counts()


class RecordedPlanner:
    """Answers from plans of a log, each once, in their order where states are equal.

    A state that is not in it is an error; with `lenient` it is counted, and its plan allows all that is available and says FALLBACK.
    """

    def __init__(self, name: str, plans: Sequence[Mapping[str, Any]], *, lenient: bool = False) -> None:
        self.name, self.lenient = name, lenient
        self._held: dict[str, list[Mapping[str, Any]]] = {}
        for plan in plans:
            self._held.setdefault(str(plan["key"]), []).append(plan)
        self._counts: Counter[str] = Counter()

    def begin(self, count: int, seed: int) -> None:
        """Forget nothing: what was answered is answered."""
        del count, seed

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return the plans recorded. Raises RecordingError for a state without one, unless lenient."""
        plans = Plans(np.zeros_like(state.available), np.ones(len(due), dtype=np.int32), np.full(len(due), Source.FALLBACK, dtype=np.int8))
        for row in np.flatnonzero(due).tolist():
            found = self._held.get(state_key(state, row))
            if found:
                plan = found.pop(0)
                if max(plan["allowed"], default=-1) >= state.available.shape[1]:
                    raise RecordError(f"A plan of the log allows a category that is none of the {state.available.shape[1]}.", AS_WRITTEN)
                plans.allowed[row, plan["allowed"]] = True
                plans.ttl[row], plans.source[row] = plan["ttl"], Source[plan["source"].upper()]
                self._counts["replayed"] += 1
                continue
            self._counts["missed"] += 1
            if not self.lenient:
                raise RecordingError(
                    f"The log has no plan for round {int(state.step[row]) + 1} as it came about.",
                    "Replay with the bundle of the log, or count such rounds: --lenient.",
                )
            plans.allowed[row] = state.available[row]
        return plans

    def counts(self) -> Mapping[str, float]:
        """Return plans replayed and missed."""
        return {"replayed": float(self._counts["replayed"]), "missed": float(self._counts["missed"])}


def state_key(state: PlanState, row: int) -> str:
    """Name what a planner knows of a session by its round and what was shown and liked so far."""
    held = [np.rint(GRAIN * part[row]).astype(np.int64) for part in (state.recent, state.last, state.exposed, state.pleased)]
    words = [np.array([state.user[row], state.step[row], state.horizon], dtype=np.int64), *held, state.available[row].astype(np.int64)]
    return hashlib.sha256(np.concatenate(words).tobytes()).hexdigest()[:16]


def answer(bundle: PlanBundle, request: Request, planner_of: PlannerOf | None = None) -> Answered:
    """Return what a request asks for."""
    if request.rounds:
        return simulate(bundle, request.asks, request.rounds, draw=request.draw, seed=request.seed, planner_of=planner_of)
    return next_slates(bundle, request.asks, request.shown, draw=request.draw, seed=request.seed, planner_of=planner_of)


def record(bundle: PlanBundle, request: Request, planner_of: PlannerOf | None = None) -> tuple[Answered, str]:
    """Return what a request asks for, and its log: the request, the plans in the order in which they were made, the slates."""
    kept: list[RecordingPlanner] = []

    def recording(material: Material) -> Planner | None:
        inner = planner_of(material) if planner_of else bundle.open_planner(material)
        if inner is None:
            return None
        kept.append(RecordingPlanner(inner))
        return kept[-1]

    found = answer(bundle, request, recording)
    head = {"kind": RUN, "version": __version__, "bundle": bundle.artifact.content_hash, "name": bundle.name, "request": _plain(request)}
    plans = [line for planner in kept for line in planner.lines]
    slates = [{"kind": SLATE, **one.plain()} for one in found.slates]
    return found, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (head, *plans, *slates))


def replay(text: str, bundle: PlanBundle, *, lenient: bool = False) -> Replayed:
    """Do again what a log says, with its plans, and compare every byte.

    Raises ArtifactError for another bundle than the log's, RecordingError for a plan that it lacks or a line that differs; with `lenient` both are counted, and the bundle may be another.
    """
    lines = _lines(text)
    head, plans = read_lines(lines)
    if head["bundle"] != bundle.artifact.content_hash and not lenient:
        raise ArtifactError(
            f"The log was written with {head['name']}, and this is {bundle.name}.", "Name its bundle: --bundle FOLDER; or count what differs: --lenient."
        )
    held: list[RecordedPlanner] = []

    def recorded(material: Material) -> Planner | None:
        del material
        if not bundle.planner:
            return None
        held.append(RecordedPlanner(bundle.artifact.manifest.config["planner"], plans, lenient=lenient))
        return held[-1]

    _, again = record(bundle, _request(head["request"]), recorded)
    new = _lines(again)
    misses = int(sum(planner.counts()["missed"] for planner in held))
    differs = next((number for number, (old, now) in enumerate(zip(lines, new, strict=False), 1) if old != now), 0)
    if not differs and len(lines) != len(new):
        differs = min(len(lines), len(new)) + 1
    if differs and not lenient:
        raise RecordingError(
            f"Line {differs} of the log is not what comes of it now.", "Replay with the version that wrote it, or count what differs: --lenient."
        )
    return Replayed(len(lines), len(plans), misses, differs)


def read_lines(lines: Sequence[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the head of a log and its plans. Raises RecordError for what is no log of `broadsheet plan run`."""
    found = []
    for number, line in enumerate(lines, 1):
        try:
            held = json.loads(line)
        except (ValueError, RecursionError):
            held = None
        kind = held.get("kind") if isinstance(held, dict) else None
        if not isinstance(held, dict) or kind not in (RUN, PLAN, SLATE) or (number == 1) != (kind == RUN) or (kind == PLAN and not _is_plan(held)):
            raise RecordError(f"Line {number} of the log is none that `broadsheet plan run --log` writes.", AS_WRITTEN)
        found.append(held)
    if not found:
        raise EmptySourceError("The log is empty.", "Write one: broadsheet plan run --rounds 5 --log FILE")
    if not {"bundle", "name", "request"} <= set(found[0]):
        raise RecordError("The log lacks what a replay needs.", AS_WRITTEN)
    return found[0], [one for one in found if one["kind"] == PLAN]


def read_text(path: Path) -> str:
    """Return the text of a log, ends of lines as they are. Raises SourceNotFoundError where there is none."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as fault:
        raise SourceNotFoundError(f"{path} cannot be read: {fault}.", "Check the path.") from None


def _plain(request: Request) -> dict[str, Any]:
    asks = [{**ask._asdict(), "liked": None if ask.liked is None else sorted(ask.liked)} for ask in request.asks]
    return {**request._asdict(), "asks": asks, "shown": [{"items": list(one.items), "liked": sorted(one.liked)} for one in request.shown]}


def _request(held: Mapping[str, Any]) -> Request:
    try:
        return TypeAdapter(Request).validate_python(held)
    except ValidationError:
        raise RecordError("The request of the log cannot be read.", AS_WRITTEN) from None


def _lines(text: str) -> list[str]:
    """Return the lines of a log with their ends; only a line feed ends one, for a title may hold whatever else does elsewhere."""
    return list(StringIO(text))


def _is_plan(line: Mapping[str, Any]) -> bool:
    allowed, ttl = line.get("allowed"), line.get("ttl")
    counted = isinstance(allowed, list) and all(type(one) is int and one >= 0 for one in allowed)
    return counted and isinstance(line.get("key"), str) and type(ttl) is int and 1 <= ttl <= LONGEST and line.get("source") in _SOURCES
