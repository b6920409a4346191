"""A whole site at a free port of this machine: pages, interface and jobs, over a run of few papers and small parts."""

import contextlib
import os
import socket as sockets
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.serve_site import asking, parts
from tests.site_run import write_recipe

from broadsheet.core.store import Store
from broadsheet.report.feedback.links import Links
from broadsheet.serve.app import create_app
from broadsheet.serve.application import create_site
from broadsheet.serve.models.holder import Holder, Opener
from broadsheet.serve.pages.app import create_pages
from broadsheet.serve.running import site_server
from broadsheet.serve.session import Sessions
from broadsheet.serve.site import Settings, Site
from broadsheet.serve.work import Place, command_of
from broadsheet.serve.worker import Worker

PARTS = ("search", "ask", "needs")


@contextlib.contextmanager
def running(site: Site, *beside) -> Iterator[str]:
    """Serve a site in a thread while the block runs, with what runs `beside` it; give its address."""
    with sockets.create_server(("127.0.0.1", 0)) as socket:
        pages = create_pages(site, create_app(site.store, Links(b"s" * 32, "")), Sessions([b"s" * 32]))
        server = site_server(create_site(site, pages, *beside))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


@contextlib.contextmanager
def served(here: Path) -> Iterator[str]:
    """Serve a site in a thread while the block runs; give its address. Its jobs are real commands, in processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_HOME", str(here / "home"))
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]))
        made = subprocess.run(
            [sys.executable, "-m", "broadsheet", "run", str(write_recipe(here)), "--out", str(here / "run")], capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stderr
        address = str(here / "s.sqlite")
        with contextlib.closing(Store(address)) as store:
            store.create_tables()
            # The server closes what it served; the graph of other tests stays open.
            every = {**parts(), "ask": asking()}
            holder = Holder({name: Opener(lambda: "1", lambda part=every[name]: part) for name in PARTS})
            site = Site(store, holder, Settings(reader="Ana", reports=here / "run", writes=True))
            worker = Worker(site.jobs, threading.Event(), commands=partial(command_of, place=Place(address, here / "run")), look=0.05)
            with running(site, worker.beside) as url:
                yield url
