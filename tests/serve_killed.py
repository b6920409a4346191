"""A server and a worker in processes of their own, to be killed: forked, for importing everything anew takes longer than all else."""

import contextlib
import multiprocessing
import socket as sockets
import threading
from multiprocessing.process import BaseProcess
from pathlib import Path

from broadsheet.core.jobs import Jobs
from broadsheet.core.store import Store
from broadsheet.report.feedback.links import Links
from broadsheet.serve.app import create_app
from broadsheet.serve.application import create_site
from broadsheet.serve.models.holder import Holder, Opener
from broadsheet.serve.running import site_server
from broadsheet.serve.site import Settings, Site
from broadsheet.serve.worker import Worker

FORKED = multiprocessing.get_context("fork")


def serve(store: Path, socket: sockets.socket, openers: dict[str, Opener] | None = None) -> BaseProcess:
    """Serve a database at a socket in a process of its own, with the parts that are given."""

    def run() -> None:
        with contextlib.closing(Store(store)) as opened:
            opened.create_tables()
            site = Site(opened, Holder(openers or {}), Settings(reader="ana"))
            site_server(create_site(site, create_app(opened, Links(b"s" * 32, "")))).run(sockets=[socket])

    process = FORKED.Process(target=run, daemon=True)
    process.start()
    return process


def work(store: Path, command: list[str], lease: float) -> BaseProcess:
    """Do jobs, each by the same command, in a process of its own."""

    def run() -> None:
        with contextlib.closing(Store(store)) as opened:
            jobs = Jobs(opened, lease=lease)
            Worker(jobs, threading.Event(), commands=lambda _: [command], look=0.02, beat=lease / 4).run()

    # It has children of its own.
    process = FORKED.Process(target=run, daemon=False)
    process.start()
    return process
