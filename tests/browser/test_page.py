"""The page in Debian's Chromium, the network cut off: no request, no accessibility fault, nothing wider than the screen."""

import pytest
from tests.browser.conftest import axe_faults, quiet_page

from broadsheet import sample
from broadsheet.report.run import Request, run


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The sample's page and the index, written once."""
    folder = tmp_path_factory.mktemp("page")
    _, page = run(Request(settings=("ranking.use_dense=false",)), folder)
    return {"day": page, "index": folder / "index.html"}


@pytest.mark.parametrize("which", ["day", "index"])
def test_no_request_no_script_no_overflow_no_console_message_and_axe_finds_nothing(look, pages, which):
    assert axe_faults(quiet_page(look.new_page(), pages[which].as_uri())) == ""


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
