"""The pages behind signed links in Debian's Chromium: what is asked, what was done, and by keys alone."""

import pytest
from tests.browser.conftest import axe_faults, fits

from broadsheet.serve.answer import Answer, Button, render

ASKED = Answer("More like this?", ("Papers like this one move up.",), Button("More like this"), "Soup $x^2$ " + "long" * 60, "https://papers.example.org/soup")
DONE = Answer("Recorded: more like this", ("Recorded on 9 February 2026.",), Button("Undo", "../f/x"), "Soup", done=True)


@pytest.mark.parametrize("look", ["dark", "narrow"], indirect=True)
def test_axe_finds_nothing_nothing_is_too_wide_and_keys_reach_the_button(look, tmp_path):
    page = look.new_page()
    for answer in (ASKED, DONE):
        (tmp_path / "page.html").write_text(render(answer))
        page.goto((tmp_path / "page.html").as_uri())
        assert fits(page)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == answer.button.words
        assert axe_faults(page) == ""
