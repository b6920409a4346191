"""Real processes that all begin at once, without importing everything anew."""

import contextlib
import io
import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from typing import Any

# No database is open where these are called from: what is open is not to be taken into another process.
CONTEXT = multiprocessing.get_context("fork")


def together(work: Callable[..., None], calls: Sequence[tuple[Any, ...]]) -> None:
    """Run `work` once for each call, each in its own process, held back until all are ready; every one ends well."""
    barrier, faults = CONTEXT.Barrier(len(calls)), CONTEXT.SimpleQueue()
    running = [CONTEXT.Process(target=_run, args=(barrier, faults, work, call)) for call in calls]
    for process in running:
        process.start()
    for process in running:
        process.join(60)
    assert [_told(process, faults) for process in running] == [(0, "")] * len(calls)


def begin(work: Callable[..., None], *call: Any) -> BaseProcess:
    """Run `work` in a process of its own, which the caller ends or waits for."""
    process = CONTEXT.Process(target=work, args=call)
    process.start()
    return process


def run_command(words: Sequence[str], environment: Mapping[str, str], expected: Collection[int]) -> None:
    """Give the command, in a process of its own; it ends with one of the exit codes expected."""
    from broadsheet.cli import main

    os.environ.update(environment)
    sys.argv = ["broadsheet", *words]
    code, said = 0, io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as end:
            code = end.code
    assert code in expected, said.getvalue()


def _told(process: BaseProcess, faults: SimpleQueue) -> tuple[int | None, str]:
    return process.exitcode, "" if faults.empty() else faults.get()


def _run(barrier: Barrier, faults: SimpleQueue, work: Callable[..., None], call: tuple[Any, ...]) -> None:
    barrier.wait(60)
    try:
        work(*call)
    except BaseException:
        faults.put(traceback.format_exc())
        raise
