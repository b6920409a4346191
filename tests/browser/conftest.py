"""Debian's Chromium with the network cut off, at three looks."""

import os
import shutil

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
