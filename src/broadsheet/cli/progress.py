"""Progress on standard error: bars on a terminal, a line a step elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from broadsheet.core.progress import Progress

# Seconds between two lines of a step that is not done.
PAUSE = 10.0


@contextmanager
def shown() -> Iterator[Progress]:
    """Show progress while the block runs."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    with Bars(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        reached: dict[str, int] = {}

        def progress(step: str, done: int, total: int) -> None:
            # A step that begins again, for the library after the day, gets a bar of its own.
            if step not in tasks or done < reached[step]:
                tasks[step] = bars.add_task(step, total=total)
            reached[step] = done
            bars.update(tasks[step], completed=done, total=total)

        yield progress


class _Lines:
    """Prints a line when a step is done, and one every ten seconds before."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def __call__(self, step: str, done: int, total: int) -> None:
        if done == total or time.monotonic() - self._since >= PAUSE:
            self._since = time.monotonic()
            print(f"{step}: {done}" + (f" of {total}" if done < total else ""), file=sys.stderr)  # noqa: T201 - standard error is this module's purpose
