"""Debian's Chromium with the network cut off, at three looks, and what is asked of every page in it."""

import contextlib
import os
import shutil
import warnings

import pytest

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
LOOKS = {"light": (1200, "light"), "dark": (1200, "dark"), "narrow": (360, "light")}


@pytest.fixture(scope="module")  # Playwright keeps an event loop running in this thread while it is open, in which no other test could start its own
def browser():
    path = shutil.which("chromium")
    if path is None:
        (pytest.fail if os.environ.get("BROADSHEET_NO_SKIP") else pytest.skip)("chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=LOOKS)
def look(request, browser):
    width, scheme = LOOKS[request.param]
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    yield context
    context.close()


def quiet_page(page, address):
    """Open a page, its details unfolded: it asks for nothing but itself, tells the console nothing, has no script, and is not wider than the screen."""
    asked, told = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert asked == [address]
    assert told == []
    assert page.locator("script").count() == 0
    assert fits(page)
    return page


def fits(page):
    """Whether nothing is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@contextlib.contextmanager
def watched(browser, address):
    """Give a page whose every request and word in the console are looked at when the block ends; what it said is in `page.said`, and may be cleared."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    asked, page.said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda fault: page.said.append(str(fault)))
    yield page
    context.close()
    assert page.said == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


def axe_faults(page):
    """Return what axe finds wrong with the accessibility of a page that is open, in its own words; nothing where it finds nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from axe_playwright_python.sync_playwright import Axe
    found = Axe().run(page)
    return found.generate_report() if found.violations_count else ""
