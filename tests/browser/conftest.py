"""Debian's Chromium with the network cut off, at three looks, and what is asked of every page in it."""

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
    check_width(page)
    return page


def check_width(page):
    """Nothing is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def check_axe(page):
    """Axe finds no accessibility fault in a page that is open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from axe_playwright_python.sync_playwright import Axe
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
