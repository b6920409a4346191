"""What a step is: a name, what it reads, and a function that leaves one artefact."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.core.artifacts import Artifact
from broadsheet.core.progress import Progress
from broadsheet.core.schema import ArtifactKind


class Done(NamedTuple):
    """What a step left: its artefact, the figures worth a line, and what a reader of the page should know."""

    artifact: Artifact
    figures: Mapping[str, float] = {}
    note: str = ""


class Work(NamedTuple):
    """What a step is given: the folder to write, its parents' artefacts by step, and whom to tell how far it is."""

    folder: Path
    parents: Mapping[str, Artifact]
    progress: Progress


class Step(NamedTuple):
    """One step. `parents` it cannot do without; what stands `beside` it reads where it is there.

    `settings` and the bytes of `files` are part of its key. `off` says why it does not run; empty where it does.
    """

    name: str
    title: str
    kind: ArtifactKind
    work: Callable[[Work], Done]
    parents: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    settings: Mapping[str, Any] = {}
    files: tuple[Path, ...] = ()
    off: str = ""
