"""Running a whole site: its parts, its jobs and its requests, until it is told to stop."""

import contextlib
import os
import socket as sockets
import threading
from collections.abc import Callable
from pathlib import Path

import torch
import uvicorn
from starlette.types import ASGIApp

from broadsheet.core.store import Store
from broadsheet.report.feedback.links import Links
from broadsheet.serve.app import create_app
from broadsheet.serve.application import create_site
from broadsheet.serve.models.holder import Holder
from broadsheet.serve.models.opening import Sources, openers
from broadsheet.serve.site import Settings, Site
from broadsheet.serve.worker import Worker


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
        settings = settings if run is None or settings.reports is not None else settings._replace(reports=run)
        site = Site(store, Holder(openers(sources), links.clock), settings, links.clock)
        jobs = [Worker(site.jobs, threading.Event(), ready=lambda: site.holder.is_ready).beside] if worker else []
        if worker and run is None and settings.reports is None:
            # So that there is a page to look at; the next start finds the same job.
            site.jobs.submit("report", {"reader": "ines"}, owner="site", key="first report")
        told()
        site_server(create_site(site, create_app(store, links, links.clock), *jobs)).run(sockets=[socket])
