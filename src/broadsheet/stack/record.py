"""What a run tells of itself: `run.json`, rewritten after every step, from which its picture is drawn."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from shlex import quote
from typing import Literal

from pydantic import Field, ValidationError

from broadsheet import __version__
from broadsheet.core.errors import ArtifactError, OutputError
from broadsheet.core.files import write_file
from broadsheet.core.schema import Record
from broadsheet.stack.words import Words, words_of

RUN = "run.json"
State = Literal["waiting", "running", "done", "unchanged", "off", "failed"]
READY: frozenset[State] = frozenset({"done", "unchanged"})
"""States of a step whose artefact is there."""


class StepRecord(Record):
    """One step of a run: its state, the artefact it left, and what that was made from.

    `key` names what it was asked to do, `artefact` is a folder within the run's, `parents` maps steps to the content hashes that were read. `seconds` and `cpu_seconds`
    are those of the run that made the artefact, `models` what ran by role, `note` what a reader of the page should know, `mend` what mends a failure.
    """

    name: str
    title: str
    state: State = "waiting"
    key: str = ""
    artefact: str = ""
    content_hash: str = ""
    parents: dict[str, str] = Field(default_factory=dict)
    after: tuple[str, ...] = ()
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    figures: dict[str, float] = Field(default_factory=dict)
    models: dict[str, str] = Field(default_factory=dict)
    note: str = ""
    mend: str = ""

    @property
    def ready(self) -> bool:
        """Whether its artefact is there."""
        return self.state in READY


class RunRecord(Record):
    """A run: the recipe and what it says, for whom and which day, and its steps in the order in which they run.

    `took` is how many seconds it took from its command to its page, nought while it works.
    `folder` is where a page says that its run lies: as it was named, or the last part of a path that only holds on one machine.
    """

    schema_version: int = 1
    package_version: str = __version__
    recipe: str
    kind: str = "papers"
    reader: str = ""
    label: date | None = None
    settings: dict[str, object] = Field(default_factory=dict)
    folder: str = ""
    took: float = 0.0
    steps: tuple[StepRecord, ...] = ()

    def step(self, name: str) -> StepRecord | None:
        """Return a step by its name, None where the run has none."""
        return next((step for step in self.steps if step.name == name), None)

    def with_step(self, step: StepRecord) -> "RunRecord":
        """Return the run with a step in the place of the one of its name."""
        return self.model_copy(update={"steps": tuple(step if one.name == step.name else one for one in self.steps)})

    @property
    def words(self) -> Words:
        """Return what its page calls items, and what readers did with them."""
        return words_of(self.kind, self.settings.get("words"))

    @property
    def failed(self) -> tuple[StepRecord, ...]:
        """Return the steps that failed."""
        return tuple(step for step in self.steps if step.state == "failed")

    @property
    def seconds(self) -> float:
        """Return the seconds of the steps that worked this time."""
        return sum(step.seconds for step in self.steps if step.state != "unchanged")


class Cause(Record):
    """One line of the way to the page: the stage, what it says of the item, and the artefact that this was read from, with its hash.

    `figures` are the numbers in it; a stage that did not run has no artefact, and says why.
    """

    stage: str
    title: str
    text: str
    artefact: str = ""
    content_hash: str = ""
    figures: dict[str, float] = Field(default_factory=dict)


def called(folder: Path) -> str:
    """Return what a run's folder is called on a page.

    >>> called(Path("shop/run")), called(Path("/somewhere/run"))
    ('shop/run', 'run')
    """
    return folder.name if folder.is_absolute() else str(folder)


def read_run(folder: Path) -> RunRecord:
    """Read what a run told of itself. Raises ArtifactError where a folder holds no run that this version can read."""
    path = folder / RUN
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ArtifactError(f"There is no run in {folder}.", f"Make one: broadsheet run sample --out {folder}") from None
    except OSError as fault:
        raise ArtifactError(f"{path} cannot be read: {fault.strerror}.", "Make it readable, or run again with another --out.") from None
    except ValidationError as fault:
        raise ArtifactError(f"{path} is no record of a run: {fault.errors()[0]['msg']}.", "Delete it, and run again.") from None


def check_whose(out: Path, reader: str, *, replace: bool = False) -> None:
    """Raise OutputError where a run of somebody else's lies in a folder, whose page one for this reader would take the place of, unless it may `replace` it."""
    held = read_run(out).reader if (out / RUN).is_file() else ""
    if held and held != reader and not replace:
        name = re.sub(r"[^\w.-]+", "-", reader)
        other = out.with_name(f"{out.name}-{name}")
        raise OutputError(
            f"{out} holds the page of {held}, and this run is for {reader}.",
            f"Run the recipe into another folder, and both stay: --out {quote(str(other))}; or add --replace.",
        )


def write_run(folder: Path, record: RunRecord) -> None:
    """Write `run.json`, whole or not at all."""
    write_file(folder / RUN, record.model_dump_json(indent=1) + "\n")


def told(figures: Mapping[str, float]) -> str:
    """Write figures in one line.

    >>> told({"papers": 144, "H": 0.4321})
    '144 papers, H .43'
    """
    return ", ".join(_told(name, value) for name, value in figures.items())


def _told(name: str, value: float) -> str:
    if float(value).is_integer():
        return f"{value:,.0f} {name}"
    return f"{name} {value:.2f}".replace(" 0.", " .").replace("-0.", "-.")
