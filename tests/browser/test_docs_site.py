"""The documentation site in Debian's Chromium: built whole, opened from a folder and under a path, searched, and nothing is fetched from elsewhere."""

import functools
import importlib.util
import os
import subprocess
import sys
import threading
import warnings
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.conftest import ROOT, missing

PAGES = ("index", "rank", "papers", "data", "reference/needs")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as `make docs` builds it, which fails where a link leads nowhere or a page would ask for something elsewhere."""
    if not all(importlib.util.find_spec(name) for name in ("zensical", "mkdocstrings")):
        missing("zensical is not installed: pip install --editable '.[docs]'")
    out = tmp_path_factory.mktemp("site") / "docs"
    done = subprocess.run([sys.executable, "tools/site.py", str(out)], cwd=ROOT, capture_output=True, text=True, env={**os.environ}, check=False)
    assert done.returncode == 0, done.stdout
    return out


@pytest.fixture
def served(site):
    """The site under a path that is not the root of its server."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=site.parent)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{site.name}"
        server.shutdown()
        thread.join()


def opened(context, asked, said):
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    return page


def searched(page):
    """Search by keys, as soon as scripts have run, and follow what is found first."""
    page.wait_for_load_state("load")
    page.wait_for_function("document.documentElement.classList.contains('js')")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search").fill("unfolding")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/*needs*")


@pytest.mark.parametrize("look", ["light", "narrow"], indirect=True)
def test_the_site_opens_from_a_folder(site, look):
    asked, said = [], []
    page = opened(look, asked, said)
    for name in PAGES:
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="the tutorial").click()
    assert page.url.endswith("tutorial.html")
    if page.viewport_size["width"] > 1000:
        searched(page)
    assert not said
    assert not [address for address in asked if not address.startswith(("file:", "data:", "blob:"))]


def test_the_site_works_under_any_path_and_axe_finds_nothing_grave(served, browser):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from axe_playwright_python.sync_playwright import Axe
    asked, said = [], []
    context = browser.new_context(viewport={"width": 1300, "height": 900}, color_scheme="dark")
    page = opened(context, asked, said)
    for name in ("index", "tutorial"):
        page.goto(f"{served}/{name}.html")
        page.wait_for_load_state("load")
        grave = [one for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}]
        assert not grave, (name, [(one["id"], one["nodes"][0]["html"]) for one in grave])
    searched(page)
    context.close()
    assert not said
    assert not [address for address in asked if not address.startswith((served, "data:", "blob:"))]
