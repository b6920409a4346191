"""Needs and the reader in Debian's Chromium: a post is read and its evidence marked, an act is taken back, and what changed is a picture and a list."""

import contextlib
import importlib.util
from datetime import UTC, datetime, timedelta

import pytest
from tests.browser.conftest import axe_faults, fits, watched
from tests.site_posts import run_with_posts

from broadsheet.core.clock import WallClock
from broadsheet.core.schema import Event
from broadsheet.core.store import Store
from broadsheet.report.model import Report

for needed in ("fastapi", "prometheus_client", "python_multipart", "torch"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)

LABEL = "2026-03-16"
POST = "Hello. The rent is late again and the heating is off. Bye."


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of a site over a run that read posts, and its store: a page that was written anew, and acts of its reader."""
    from tests.browser.site_server import running
    from tests.serve_site import parts, site_of

    from broadsheet.serve.pages import before
    from broadsheet.serve.site import Settings

    here = tmp_path_factory.mktemp("you")
    folder = run_with_posts(here)
    report = Report.model_validate_json((folder / LABEL / "report.json").read_bytes())
    with contextlib.closing(Store(here / "s.sqlite")) as store:
        site = site_of(store, Settings(reader="Ana", reports=folder), needs=parts()["needs"])
        store.create_tables()
        tell(store, report)
        slots = {entry.item.id: entry.slot for entry in report.picks()}
        turned = [entry.model_copy(update={"slot": len(slots) + 1 - entry.slot} if entry.slot else {}) for entry in report.entries]
        before.keep(store, report.model_copy(update={"entries": tuple(turned)}), WallClock())
        with running(site) as address:
            yield address, store


def tell(store, report):
    """Keep acts on three picks; the test takes the newest back."""
    at = datetime(2026, 3, 16, 9, tzinfo=UTC)
    picks = report.picks()
    store.record_events(Event(user="Ana", item=picks[n].item.id, kind=kind, at=at + timedelta(hours=n)) for n, kind in enumerate(("saved", "read", "more")))


@pytest.fixture
def page(browser, served):
    with watched(browser, served[0]) as page:
        yield page


def test_a_post_is_read_by_keys_alone_its_evidence_is_marked_and_nothing_is_kept(page, served):
    page.goto(f"{served[0]}/needs")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "posts"
    page.keyboard.type(POST)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    mark = page.locator("#taken mark")
    mark.wait_for()
    assert mark.inner_text() == "The rent is late again and the heating is off."
    assert page.evaluate("document.activeElement.className") == "taken-title"
    page.locator("#taken sup a").click()
    assert page.url.endswith("#need-1-1")
    assert page.locator("#posts").input_value() == POST
    page.reload()
    assert page.locator("#taken mark").count() == 0


def test_a_level_has_an_address_that_reload_and_back_keep(page, served):
    page.goto(f"{served[0]}/needs")
    page.get_by_role("link", name="Income, cash flow and tax").click()
    page.wait_for_url("**/needs?level=cash_flow#level-cash_flow")
    level = page.locator("#level-cash_flow")
    assert level.locator("blockquote mark").count() == 9
    page.reload()
    assert level.get_attribute("open") is not None
    page.go_back()
    assert level.get_attribute("open") is None
    page.go_forward()
    assert level.locator("blockquote").first.is_visible()


def test_an_act_is_taken_back_and_stays_so(page, served):
    address, store = served
    page.goto(f"{address}/reader")
    first = page.locator(".act").first
    assert "More like this" in first.inner_text()
    first.get_by_role("button").press("Enter")
    page.locator(".act.taken-back").wait_for()
    assert "taken back" in page.evaluate("document.activeElement.textContent")
    assert page.locator(".act.taken-back button").count() == 0
    assert store.events("Ana")[-1].kind.startswith("undo more")
    page.reload()
    assert page.locator(".act.taken-back").count() == 1
    page.locator("#changed h3 a").first.click()
    page.wait_for_url(f"**/day/{LABEL}#p1")
    page.go_back()
    assert page.locator(".act.taken-back").count() == 1


def test_without_the_script_both_forms_work(browser, served):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served[0]}/needs")
    page.locator("#posts").fill(POST)
    page.get_by_role("button", name="Find the needs").click()
    page.wait_for_url("**/needs#taken")
    assert page.locator("#taken mark").inner_text() == "The rent is late again and the heating is off."
    page.goto(f"{served[0]}/reader")
    page.locator(".act button").last.click()
    page.wait_for_url("**/reader?page=1#told")
    page.locator(".act.taken-back").first.wait_for()
    context.close()


@pytest.mark.parametrize("place", ["/needs", "/reader", "/readers", "/readers?name=Bo"])
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(look, served, place, monkeypatch):
    from broadsheet.serve import histories
    from broadsheet.serve.pages import readers

    for module in (histories, readers):
        monkeypatch.setattr(module, "histories_of", lambda _: {"Ana": ("a",), "Bo": ("a", "long" * 60), "B" * 190: ("b",)})
    look.set_offline(False)
    page = look.new_page()
    page.goto(served[0] + place)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    if place == "/needs":
        page.locator("#posts").fill(f"{POST}\n\n{'long' * 60}")
        page.get_by_role("button", name="Find the needs").click()
        page.locator("#taken mark").wait_for()
    assert fits(page)
    assert axe_faults(page) == ""


def test_another_reader_is_found_by_name(page, served, monkeypatch):
    from broadsheet.serve import histories
    from broadsheet.serve.pages import readers

    for module in (histories, readers):
        monkeypatch.setattr(module, "histories_of", lambda _: {"Ana": ("a",), "Bo": ("a", "b")})
    page.goto(f"{served[0]}/readers")
    page.get_by_role("combobox", name="Name of a reader").fill("Bo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/readers?name=Bo")
    assert page.get_by_role("heading", level=1).inner_text() == "Bo"
    page.get_by_role("link", name="All readers").click()
    page.get_by_role("link", name="Ana").click()
    page.wait_for_url("**/reader")
