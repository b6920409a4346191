"""The page of a question in Debian's Chromium: asked, amended, undone and accepted by keys and clicks, kept over reload and back, and without the script."""

import contextlib
import importlib.util

import pytest
from tests.browser.conftest import axe_faults, fits, watched

for needed in ("fastapi", "prometheus_client", "python_multipart", "torch"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)

QUESTION = "Which films have a year greater than 2010?"


@pytest.fixture(scope="module")
def ask_server(tmp_path_factory):
    """A site over a small graph of films, with no other part."""
    from tests.browser.site_server import running
    from tests.serve_site import asking, held

    from broadsheet.core.store import Store
    from broadsheet.serve.site import Settings, Site

    here = tmp_path_factory.mktemp("ask")
    with contextlib.closing(Store(here / "s.sqlite")) as store:
        store.create_tables()
        with running(Site(store, held(ask=asking()), Settings(reader="Ana", reports=here / "reports"))) as address:
            yield address


@pytest.fixture
def page(browser, ask_server):
    with watched(browser, ask_server) as page:
        page.goto(f"{ask_server}/ask")
        yield page


def ask(page, address, words=QUESTION):
    page.goto(f"{address}/ask")
    page.fill("#question", words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ask/*")
    page.locator("#query-title, #options-title").first.wait_for()


def amend(page, words):
    page.fill("#amend", words)
    page.keyboard.press("Enter")
    page.locator("#changed-title").wait_for()


def focused(page):
    return page.evaluate("document.activeElement.id")


def test_a_person_asks_amends_sees_what_changed_undoes_accepts_and_comes_back(page, ask_server):
    assert focused(page) == "question"
    ask(page, ask_server)
    place = page.url
    assert page.locator(".answer-rows tbody tr").count() == 2
    page.keyboard.press("/")
    assert focused(page) == "amend"
    page.keyboard.type("at most 1 row")
    page.keyboard.press("Enter")
    page.locator("#changed-title").wait_for()
    assert focused(page) == "changed-title"
    assert page.locator(".was-now ins").inner_text().strip() == "LIMIT 1"
    assert page.locator(".rows-diff del").count() == 1
    assert page.locator(".answer-rows tbody tr").count() == 1
    page.reload()
    assert page.locator(".answer-rows tbody tr").count() == 1
    page.get_by_role("button", name="Undo: back to state 1").click()
    page.get_by_text("Back at state 1; state 2 is kept.").wait_for()
    assert focused(page) == "now"
    page.get_by_role("button", name="Go on from here").click()
    page.get_by_text("Going on from state 2.").wait_for()
    page.get_by_role("button", name="Yes, accept the answer").click()
    page.get_by_text("Accepted: state 2.").wait_for()
    assert page.locator("#amend").count() == 0
    page.go_back()
    assert page.url == f"{ask_server}/ask"
    page.reload()
    page.locator(".asked-list a").first.click()
    assert page.url == place
    assert page.get_by_text("Accepted: state 2.").count() == 1


def test_a_sentence_marks_its_part_of_the_query_by_pointer_and_by_keys(page, ask_server):
    ask(page, ask_server)
    marked = []
    looks = "one => getComputedStyle(one).backgroundColor"
    plain = page.locator("#part-2").evaluate(looks)
    page.locator("#say-2").hover()
    marked.append(page.locator("#part-2").evaluate(looks))
    page.mouse.move(0, 0)
    page.locator("#say-2 a").focus()
    marked.append(page.locator("#part-2").evaluate(looks))
    assert plain not in marked
    assert marked[0] == marked[1]
    assert page.locator("#part-1").evaluate(looks) == plain


def test_an_example_why_a_row_and_a_fix_by_one_click(page, ask_server):
    page.locator(".chips-list button").first.click()
    page.wait_for_url("**/ask/*")
    page.locator(".answer-rows button").first.click()
    page.locator("#why").wait_for()
    assert focused(page) == "why"
    assert page.locator("#why img").evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    page.get_by_text("Write the query yourself").click()
    page.fill("#cypher", "MATCH (f:Flim) RETURN f.title")
    page.get_by_role("button", name="Check and run it").click()
    page.get_by_role("button", name="Write Film in place of Flim").click()
    page.get_by_text("3 rows", exact=True).first.wait_for()


def test_two_tabs_and_words_that_are_not_understood_are_told_and_nothing_is_lost(page, ask_server):
    ask(page, ask_server)
    other = page.context.new_page()
    other.goto(page.url)
    amend(other, "at most 1 row")
    page.fill("#amend", "newest first")
    page.keyboard.press("Enter")
    page.get_by_text("a step was taken meanwhile").wait_for()
    assert page.locator("#amend").input_value() == "newest first"
    assert page.locator(".answer-rows tbody tr").count() == 1
    assert all("409" in words for words in page.said)
    page.said.clear()
    page.fill("#amend", "blorb the frumious")
    page.keyboard.press("Enter")
    page.get_by_text("is not understood").wait_for()
    assert page.locator("#amend").input_value() == "blorb the frumious"


def test_axe_finds_nothing_in_any_state_and_nothing_runs_over_the_edge(look, ask_server):
    look.set_offline(False)
    page = look.new_page()

    def checked():
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.locator(".htmx-request").first.wait_for(state="detached")
        assert fits(page)
        assert axe_faults(page) == ""

    page.goto(f"{ask_server}/ask")
    page.locator(".chips-list").wait_for()
    checked()
    ask(page, ask_server)
    amend(page, "at most 1 row")
    page.locator(".answer-rows button").first.click()
    page.locator("#why").wait_for()
    page.locator("#say-1").hover()
    checked()
    page.fill("#cypher", "MATCH (f:Flim) WHERE f.year > 3000 RETURN f.title")
    page.get_by_role("button", name="Check and run it").click()
    page.locator(".findings li.error").first.wait_for()
    checked()
    page.get_by_role("button", name="Undo: back to state 2").click()
    page.get_by_text("Back at state 2").wait_for()
    page.get_by_role("button", name="Yes, accept the answer").click()
    page.get_by_text("Accepted: state 2.").wait_for()
    checked()


def test_without_the_script_every_step_is_a_form(browser, ask_server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    ask(page, ask_server)
    page.fill("#amend", "at most 1 row")
    page.keyboard.press("Enter")
    page.locator("#changed-title").wait_for()
    page.wait_for_url("**#now")
    page.locator(".answer-rows button").first.click()
    page.wait_for_url("**#why")
    assert page.locator("#why h3").inner_text() == "Why row 1 is there"
    page.get_by_role("button", name="Yes, accept the answer").click()
    page.get_by_text("Accepted: state 2.").wait_for()
    context.close()
