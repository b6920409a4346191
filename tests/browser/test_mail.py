"""The HTML part of a mail in Debian's Chromium: nothing fetched, nothing too wide, nothing that a screen reader stumbles over."""

import pytest
from tests.browser.conftest import axe_faults, quiet_page
from tests.deliver_reports import entry, report, updated, withdrawn

from broadsheet.report.render.mail_html import mail_html
from broadsheet.report.render.mail_text import MailView

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def letter(tmp_path_factory):
    long = entry(70, slot=4, title="Unbreakable" * 9, creators=("Zoë Kéita",) * 12)
    path = tmp_path_factory.mktemp("mail") / "mail.html"
    path.write_text(mail_html(MailView(report(rest=20, entries=(long, updated(50), withdrawn(60))), "https://reports.example.org/2026-02-09/index.html")))
    return path


def test_no_request_no_script_no_overflow_no_console_message(look, letter):
    page = quiet_page(look.new_page(), letter.as_uri())
    assert page.locator("img, link, style").count() == 0
    assert page.locator("h1").count() == 1


def test_axe_finds_nothing(look, letter):
    page = look.new_page()
    page.goto(letter.as_uri())
    assert axe_faults(page) == ""
