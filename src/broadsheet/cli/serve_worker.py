"""`broadsheet serve worker`: does jobs, beside or without a server."""

from typing import Annotated

import typer

from broadsheet.cli.report_options import StoreUrl


def worker(
    store: StoreUrl = "",
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due, and end.")] = False,
) -> None:
    """Do jobs until it is stopped: one that is under way then is given back, and another worker begins it again.

    Example: broadsheet serve worker
    """
    import signal
    import threading

    from broadsheet.core.jobs import Jobs
    from broadsheet.core.log import configure
    from broadsheet.core.store import open_store
    from broadsheet.serve.worker import Worker

    configure(verbose=True, as_json=True)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with open_store(store) as opened:
        opened.create_tables()
        Worker(Jobs(opened), ended).run(once=once)
