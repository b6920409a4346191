"""Steps in the order that they name, each once: what has not changed is not made again, and a kill leaves whole steps."""

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

from broadsheet import __version__
from broadsheet.core.artifacts import Artifact, read_artifact
from broadsheet.core.errors import ArtifactError, BroadsheetError, OutputError
from broadsheet.core.files import check_writable, file_hash
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.stack.record import RunRecord, StepRecord, read_run, write_run
from broadsheet.stack.steps.step import Step, Work

STEPS = "steps"
LOCK = ".run.lock"
Watch = Callable[[RunRecord], None]


class Ran(NamedTuple):
    """A run that ended: what it tells of itself, its artefacts by step, and the first error, None where there was none."""

    record: RunRecord
    artifacts: Mapping[str, Artifact]
    error: BroadsheetError | None


def run_steps(steps: Sequence[Step], folder: Path, run: RunRecord, *, watch: Watch = lambda _: None, progress: Progress = silent) -> Ran:
    """Run steps into `folder/steps`, and tell `run.json` and `watch` after each change.

    A step is unchanged where the last run left it with the same key and its artefact still opens with the same content hash. One that fails is named, and what needs it
    waits; the rest goes on. Raises OutputError where another run works in the folder, and whatever is no BroadsheetError.
    """
    check_writable(folder)
    with locked(folder):
        before = _before(folder)
        ordered = in_order(steps)
        record = run.model_copy(update={"steps": tuple(_begun(step) for step in ordered)})
        found: dict[str, Artifact] = {}
        error: BroadsheetError | None = None

        def tell(step: StepRecord) -> None:
            nonlocal record
            record = record.with_step(step)
            write_run(folder, record)
            watch(record)

        write_run(folder, record)
        watch(record)
        for step in ordered:
            if step.off:
                continue
            own = record.step(step.name)
            assert own is not None
            lacking = [name for name in step.parents if name not in found]
            if lacking:
                tell(own.model_copy(update={"note": f"waits for {', '.join(lacking)}"}))
                continue
            try:
                artifact = _stepped(step, folder, found, before, own, tell, progress)
            except BroadsheetError as fault:
                error = error or fault
                continue
            found[step.name] = artifact
    return Ran(record, found, error)


def in_order(steps: Sequence[Step]) -> list[Step]:
    """Return steps so that each stands after what it reads, else in the order given. Raises ValueError for a circle."""
    place = {step.name: step for step in steps}
    sorter = TopologicalSorter({step.name: [name for name in (*step.parents, *step.beside) if name in place] for step in steps})
    try:
        sorter.prepare()
    except CycleError as fault:
        raise ValueError(f"steps need each other: {fault.args[1]}") from None
    rank = {step.name: number for number, step in enumerate(steps)}
    waiting: list[str] = []
    ordered: list[Step] = []
    while sorter.is_active():
        waiting = sorted([*waiting, *sorter.get_ready()], key=rank.__getitem__)
        first = waiting.pop(0)
        sorter.done(first)
        ordered.append(place[first])
    return ordered


def step_key(step: Step, parents: Mapping[str, str]) -> str:
    """Return the hash of all that decides what a step makes: its settings, its parents' content hashes, the bytes of its files, the version of the package."""
    files = {str(number): _bytes_hash(path) for number, path in enumerate(step.files)}
    held = {"name": step.name, "settings": step.settings, "parents": dict(parents), "files": files, "version": __version__}
    return hashlib.sha256(json.dumps(held, sort_keys=True, default=str).encode()).hexdigest()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the one lock of a folder; it goes when its process does. Raises OutputError where another process holds it."""
    with (folder / LOCK).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"Another run works in {folder}.", "Wait until it is done, or name another folder: --out") from None
        yield


def _stepped(
    step: Step,
    folder: Path,
    found: Mapping[str, Artifact],
    before: Mapping[str, StepRecord],
    own: StepRecord,
    tell: Callable[[StepRecord], None],
    progress: Progress,
) -> Artifact:
    """Return a step's artefact, the one that is there or a new one; a failure is told, and raised."""
    parents = {name: found[name].content_hash for name in (*step.parents, *step.beside) if name in found}
    path = folder / STEPS / step.name
    began, worked = time.monotonic(), time.process_time()
    try:
        own = own.model_copy(update={"key": step_key(step, parents), "parents": parents, "artefact": f"{STEPS}/{step.name}"})
        last = before.get(step.name)
        if last is not None and last.ready and last.key == own.key and (held := _opened(path, step, last.content_hash)) is not None:
            tell(last.model_copy(update={"state": "unchanged", "title": own.title, "after": own.after}))
            return held
        tell(own.model_copy(update={"state": "running"}))
        done = step.work(Work(path, {name: found[name] for name in parents}, progress))
    except BroadsheetError as fault:
        get_logger("run").info("a step failed", step=step.name, what=fault.what)
        tell(own.model_copy(update={"state": "failed", "note": fault.what, "mend": fault.mend, **_spent(began, worked)}))
        raise
    except Exception as fault:
        tell(own.model_copy(update={"state": "failed", "note": f"{type(fault).__name__}: {fault}", **_spent(began, worked)}))
        raise
    facts = {"content_hash": done.artifact.content_hash, "figures": dict(done.figures), "models": dict(done.artifact.manifest.models), "note": done.note}
    tell(own.model_copy(update={"state": "done", **facts, **_spent(began, worked)}))
    return done.artifact


def _spent(began: float, worked: float) -> dict[str, float]:
    return {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - worked, 2)}


def _begun(step: Step) -> StepRecord:
    return StepRecord(name=step.name, title=step.title, state="off" if step.off else "waiting", note=step.off, after=(*step.parents, *step.beside))


def _before(folder: Path) -> dict[str, StepRecord]:
    """Return the steps of the last run, by name; a record that cannot be read is none, and all is made again."""
    try:
        return {step.name: step for step in read_run(folder).steps}
    except ArtifactError as fault:
        get_logger("run").info("nothing is known of an earlier run", why=fault.what)
        return {}


def _opened(path: Path, step: Step, content_hash: str) -> Artifact | None:
    """Return the artefact of the last run, None where it does not open or is another."""
    try:
        held = read_artifact(path, step.kind)
    except ArtifactError as fault:
        get_logger("run").warning("an artefact is damaged, and made again", step=step.name, why=fault.what)
        shutil.rmtree(path, ignore_errors=True)
        return None
    return held if held.content_hash == content_hash else None


def _bytes_hash(path: Path) -> str:
    """Return the hash of a file, or of all files of a folder with their names; of what is not there the word none."""
    if path.is_file():
        return file_hash(path)
    if not path.is_dir():
        return "none"
    held = [f"{file.relative_to(path)} {file_hash(file)}" for file in sorted(path.rglob("*")) if file.is_file()]
    return hashlib.sha256("\n".join(held).encode()).hexdigest()
