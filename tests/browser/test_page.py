"""The page in Debian's Chromium, the network cut off: no request, no accessibility fault, nothing wider than the screen."""

import warnings

import pytest

from broadsheet import sample
from broadsheet.report.run import Request, run


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The sample's page and the index, written once."""
    folder = tmp_path_factory.mktemp("page")
    _, page = run(Request(settings=("ranking.use_dense=false",)), folder)
    return {"day": page, "index": folder / "index.html"}


@pytest.mark.parametrize("which", ["day", "index"])
def test_no_request_no_script_no_overflow_no_console_message(look, pages, which):
    page = look.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(pages[which].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert asked == [pages[which].as_uri()]
    assert said == []
    assert page.locator("script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("which", ["day", "index"])
def test_axe_finds_nothing(look, pages, which):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from axe_playwright_python.sync_playwright import Axe
    page = look.new_page()
    page.goto(pages[which].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_maths_is_drawn_and_every_abstract_is_there(browser, pages):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(pages["day"].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    sizes = page.evaluate("[...document.querySelectorAll('math')].map(m => m.getBoundingClientRect()).map(r => [r.width, r.height])")
    assert len(sizes) >= 20
    assert all(width > 2 and height > 2 for width, height in sizes)
    assert page.locator("details.abstract p").count() == len(sample.announcements())
    assert page.locator("h1").count() == 1
    context.close()


def test_a_keyboard_opens_an_abstract_and_marks_its_key_sentences(browser, pages):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(pages["day"].as_uri())
    first = page.locator("#p1 details.abstract")
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert first.locator("p").is_visible()
    assert first.locator("mark").count() >= 1
    context.close()


def test_print_opens_the_abstracts_of_picks(browser, pages):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(pages["day"].as_uri())
    page.emulate_media(media="print")
    assert page.locator("#p1 details.abstract p").bounding_box()["height"] > 0
    context.close()
