"""Running a whole site: its parts, its jobs and its requests, until it is told to stop."""

import contextlib
import os
import socket as sockets
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import uvicorn
from starlette.types import ASGIApp

from broadsheet.core.jobs import JobState
from broadsheet.core.store import Store
from broadsheet.report.feedback.links import Links
from broadsheet.report.feedback.signing import read_secrets
from broadsheet.report.profile import read_profile
from broadsheet.sample import READERS, profile_path
from broadsheet.serve.api.reports import labels_of
from broadsheet.serve.app import create_app
from broadsheet.serve.application import create_site
from broadsheet.serve.models.holder import Holder
from broadsheet.serve.models.opening import Sources, openers
from broadsheet.serve.pages.app import create_pages
from broadsheet.serve.pages.today import newest_job
from broadsheet.serve.session import Sessions
from broadsheet.serve.site import Settings, Site
from broadsheet.serve.work import PAGE, Place, command_of
from broadsheet.serve.worker import Worker
from broadsheet.stack.record import read_run
from broadsheet.stack.why import Lineage


def site_server(application: ASGIApp) -> uvicorn.Server:
    """Return the server of a whole site. What is accepted when it is told to stop is answered before it does."""
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_keep_alive=15,
        timeout_graceful_shutdown=30,
        h11_max_incomplete_event_size=65_536,
    )
    return uvicorn.Server(config)


def serve_site(
    socket: sockets.socket,
    address: str,
    links: Links,
    settings: Settings,
    *,
    run: Path | None = None,
    worker: bool = True,
    told: Callable[[], None] = lambda: None,
) -> None:
    """Serve a whole site until the process is told to stop: the parts of `run`, or those that come with the package, over the database at an address.

    `told` is called as soon as requests are heard.
    """
    # Two lanes of models work side by side: more threads than cores would wait for each other.
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    with contextlib.closing(Store(address)) as store:
        store.create_tables()
        sources = Sources() if run is None else Sources.of_run(run)
        writes = settings.reports is None
        settings = settings._replace(reports=settings.reports or run, reader=_reader_of(run, settings.reader), writes=writes)
        site = Site(store, Holder(openers(sources), links.clock), settings, links.clock)
        commands = partial(command_of, place=Place(address, site.settings.report_folder))
        jobs = [Worker(site.jobs, threading.Event(), commands=commands, ready=lambda: site.holder.is_ready).beside] if worker else []
        if worker and settings.writes and not labels_of(site.settings.report_folder) and not _is_waiting(site):
            # So that there is a page to look at.
            site.jobs.submit(PAGE, {}, owner="site")
        told()
        pages = create_pages(site, create_app(store, links, links.clock), Sessions(read_secrets(), links.clock))
        site_server(create_site(site, pages, *jobs)).run(sockets=[socket])


def _is_waiting(site: Site) -> bool:
    job = newest_job(site)
    return job is not None and job.state in {JobState.WAITING, JobState.RUNNING}


def _reader_of(run: Path | None, stated: str) -> str:
    """Return whose page it is: who is named, else who the run was made for, else the reader of the sample."""
    if stated:
        if run is not None:
            Lineage(run).check_reader(stated)
        return stated
    if run is not None:
        return read_run(run).reader or "me"
    with profile_path(READERS[0]) as path:
        return read_profile(path).name
