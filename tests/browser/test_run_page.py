"""The page of a run in Debian's Chromium: its picture, its table and each way to a place, at three looks."""

import pytest
from tests.browser.conftest import axe_faults, quiet_page
from tests.small_world import PAPERS, small

from broadsheet.report.composed import compose
from broadsheet.stack.recipe import read_recipe


@pytest.fixture(scope="module")
def page_of_run(tmp_path_factory):
    """A run of the sample by words alone, with a stage that is off and one that failed."""
    folder = tmp_path_factory.mktemp("run")
    with small(folder / "home"):
        settings = ["stages.retrieve=off", "stages.rank=off", "stages.needs=nowhere", "ranking.use_dense=false"]
        return compose(read_recipe("sample", settings), folder / "run").page


def test_the_page_of_a_run_asks_for_nothing_and_axe_finds_nothing(look, page_of_run):
    page = quiet_page(look.new_page(), page_of_run.as_uri())
    assert page.locator("details.lineage").count() == PAPERS
    assert page.locator("svg.run g.failed").count() == 1
    assert "There is no labeller" in page.locator("#run").inner_text()
    assert axe_faults(page) == ""


def test_a_keyboard_opens_a_why(browser, page_of_run):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(page_of_run.as_uri())
    first = page.locator("#p1 details.lineage")
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert "Text and figure" in first.inner_text()
    assert "Off." in first.inner_text()
    context.close()
