"""The site in Debian's Chromium, walked as a person does: read, tell, see the next page change, search by a figure, open why."""

import importlib.util

import pytest
from PIL import Image
from tests.browser.conftest import axe_faults, fits, watched

for needed in ("fastapi", "prometheus_client", "python_multipart", "torch"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    from tests.browser.site_server import served

    with served(tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest.fixture
def page(browser, address):
    with watched(browser, address) as page:
        page.goto(address)
        yield page


def titles(page):
    return page.locator("article.picked h3 a, article.picked h3 > span:first-child").all_inner_texts()


def test_a_click_and_the_next_page_has_changed(page, address):
    before = titles(page)
    page.locator("#p5 .acts button", has_text="More like this").click()
    page.locator("#learns button").wait_for()
    assert "learns from 1 thing" in page.locator("#learns").inner_text()
    pressed = page.locator("#p5 .acts button[aria-pressed=true]")
    assert pressed.inner_text().startswith("More like this")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.reload()
    assert page.locator("#p5 .acts button[aria-pressed=true]").count() == 1
    # One thing more, and at once the next page: what was told first is answered first.
    page.locator("#p6 .acts button", has_text="Less like this").click()
    page.locator("#learns button").click()
    page.locator("span.moved").first.wait_for(timeout=180_000)
    assert titles(page) != before
    assert titles(page).index(before[4]) < 4
    assert "from your feedback" in page.locator("article.picked", has=page.locator("h3", has_text=before[4])).inner_text()
    page.get_by_role("link", name="What changed, and why").click()
    assert page.url == f"{address}/reader#changed"
    page.go_back()
    assert page.url.rstrip("/") == address
    assert page.locator("span.moved").count()


def test_without_the_script_every_button_is_a_form(browser, address):
    from playwright.sync_api import expect

    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    named = page.locator("#p2 .acts button", has_text="Save").get_attribute("id")
    save = page.locator(f'[id="{named}"]')
    save.click()
    expect(save).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("#p2")
    save.click()
    expect(save).to_have_attribute("aria-pressed", "false")
    context.close()


def test_an_act_that_is_refused_says_so_below_its_buttons_and_leaves_them(page):
    page.route("**/act", lambda route: route.fulfill(status=503, body='<div class="problem" role="alert">Try again.</div>'))
    page.locator("#p4 .acts button").first.click()
    page.locator("#p4 .problems [role=alert]").wait_for()
    assert page.locator("#p4 .acts button").count() == 5
    assert page.evaluate("document.activeElement.closest('article').id") == "p4"
    page.unroute("**/act")
    page.locator("#p4 .acts button").first.click()
    page.locator("#p4 .acts button[aria-pressed=true]").wait_for()
    assert page.locator("#p4 .problems").inner_text() == ""
    assert all("503" in words for words in page.said)
    page.said.clear()


def test_words_find_and_a_figure_finds_and_back_keeps_both_addresses(page, address, tmp_path):
    page.keyboard.press("/")
    page.wait_for_url(f"{address}/search")
    page.keyboard.type("a red lamp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=a+red+lamp")
    assert page.locator("#found article").first.inner_text().startswith("A red lamp")
    figure = tmp_path / "lamp.png"
    Image.new("RGB", (16, 16), "red").save(figure)
    page.set_input_files("#image", figure)
    page.get_by_text("By the picture and “a red lamp”.").wait_for()
    assert page.locator("#found article").count() == 8
    (tmp_path / "broken.png").write_bytes(b"nothing")
    page.set_input_files("#image", tmp_path / "broken.png")
    page.locator("#found [role=alert]").wait_for()
    assert all("400" in words for words in page.said)
    page.said.clear()
    page.reload()
    assert page.locator("#q").input_value() == "a red lamp"
    page.go_back()
    page.go_forward()
    assert page.locator("#found article").first.inner_text().startswith("A red lamp")


def test_keys_lead_from_pick_to_pick_to_why_and_to_every_page(page, address):
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "p2"
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.id") == "p1"
    page.locator("#p1").get_by_role("link", name="The whole way to this place").press("Enter")
    page.get_by_text("Nothing is computed here").wait_for()
    assert page.locator("ol.lineage-list li").count() >= 4
    for key, place in {"s": "/search", "a": "/ask", "n": "/needs", "r": "/reader", "u": "/runs", "t": "/"}.items():
        # A field that takes the cursor by itself does so a moment after the page is there.
        page.wait_for_function("!document.querySelector('[autofocus]') || document.activeElement === document.querySelector('[autofocus]')")
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"{address}{place}")


@pytest.mark.parametrize("place", ["/", "/search?q=lamp", "/why?item=", "/runs", "/in", "/nothing"])
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(look, address, place):
    look.set_offline(False)
    page = look.new_page()
    if place == "/why?item=":
        page.goto(address)
        place = page.locator("#p1").get_by_role("link", name="The whole way to this place").get_attribute("href")
    page.goto(address + place)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert fits(page)
    assert axe_faults(page) == ""


def test_what_is_pressed_while_an_answer_is_on_its_way_is_not_lost(page):
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions", {"offline": False, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1}
    )
    paper = page.locator("#p3 .acts")
    paper.get_by_role("button", name="Save").click()
    page.locator("#learns button").wait_for()
    paper.get_by_role("button", name="More like this").click()
    paper.get_by_role("button", name="I have read it").click()
    page.locator("#learns button").click()
    page.get_by_text("The page is being written").or_(page.get_by_text("The page will be written")).wait_for()
    assert paper.locator("[aria-pressed=true]").count() == 1
    assert paper.locator("[aria-pressed=true]").inner_text().startswith("I have read it")
