"""Progress on standard error: bars on a terminal, a line a step elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from broadsheet.core.progress import Progress


@contextmanager
def shown() -> Iterator[Progress]:
    """Show progress while the block runs."""
    if not sys.stderr.isatty():
        yield _lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    with Bars(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, object] = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks or done <= 1:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)  # pyrefly: ignore

        yield progress


def _lines(step: str, done: int, total: int) -> None:
    if done == total:
        print(f"{step}: {done}", file=sys.stderr)  # noqa: T201 - standard error is this module's purpose
