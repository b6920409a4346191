"""The pages behind signed links in Debian's Chromium: what is asked, what was done, and by keys alone."""

import warnings

import pytest

from broadsheet.serve.answer import Answer, Button, render

ASKED = Answer("More like this?", ("Papers like this one move up.",), Button("More like this"), "Soup $x^2$ " + "long" * 60, "https://papers.example.org/soup")
DONE = Answer("Recorded: more like this", ("Recorded on 9 February 2026.",), Button("Undo", "../f/x"), "Soup", done=True)


@pytest.mark.parametrize("look", ["dark", "narrow"], indirect=True)
def test_axe_finds_nothing_nothing_is_too_wide_and_keys_reach_the_button(look, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from axe_playwright_python.sync_playwright import Axe
    page = look.new_page()
    for answer in (ASKED, DONE):
        (tmp_path / "page.html").write_text(render(answer))
        page.goto((tmp_path / "page.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == answer.button.words
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
