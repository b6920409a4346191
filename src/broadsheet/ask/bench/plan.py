"""What every suite of the bench is told."""

from pathlib import Path
from typing import NamedTuple, Protocol

from broadsheet.core.bench import Bench
from broadsheet.core.errors import SourceNotFoundError
from broadsheet.core.progress import Progress


class AskPlan(NamedTuple):
    """What is measured: where public data lie, where replies of language models were recorded, how many seeds, which rows, and for how long."""

    data: Path = Path("kgqa")
    recordings: Path | None = None
    seeds: int = 3
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None

    def file(self, *names: str) -> Path:
        """Return the path of a public file. Raises SourceNotFoundError where it is not there."""
        path = self.data.joinpath(*names)
        if not path.exists():
            raise SourceNotFoundError(
                f"There is no {path}.", "Name the folder of public queries with --data, or the folder that holds kgqa with BROADSHEET_DATA."
            )
        return path


class Suite(Protocol):
    """A suite of the bench: rows are kept in a folder."""

    def __call__(self, plan: AskPlan, folder: Path, command: str, progress: Progress) -> Bench:
        """Measure, row by row. Raises a BroadsheetError where data are missing."""
        ...
