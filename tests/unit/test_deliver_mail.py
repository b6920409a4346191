"""The letter of a report: headers that hold, a text to be read, HTML that fetches nothing."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deliver_reports import LABEL, entry, report, updated, withdrawn

from broadsheet.core.errors import ProfileError
from broadsheet.report.build import _public
from broadsheet.report.deliver import MailConfig, compose
from broadsheet.report.deliver.mail import MOST_BYTES, message_id, subject
from broadsheet.report.profile import read_profile
from broadsheet.report.render.mail_text import WIDTH, MailView, mail_text

NINE = datetime(2026, 2, 9, 9, 30, tzinfo=UTC)
PAGE = "https://reports.example.org/2026-02-09/index.html"
UNSUBSCRIBE = "https://reports.example.org/u/" + "a1-_" * 60


def mail(**facts) -> MailConfig:
    return MailConfig(**{"to": "Ana Ruiz <ana@example.org>", "sender": "Broadsheet <news@example.org>", "host": "mail.example.org", **facts})


def read(content: bytes):
    return email.message_from_bytes(content, policy=email.policy.default)


class Reading(HTMLParser):
    """The words of a page, and every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.tags = "", []
        self.feed(html)

    def handle_data(self, data):
        self.words += data

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_headers_of_a_letter():
    letter = compose(report(), mail(unsubscribe=UNSUBSCRIBE), NINE)
    said = read(letter.content)
    assert (said["From"], said["To"]) == ("Broadsheet <news@example.org>", "Ana Ruiz <ana@example.org>")
    assert said["Subject"] == "arXiv Daily Report, Monday 9 February 2026: 3 picks, first “Stews, part 1”"
    assert parsedate_to_datetime(said["Date"]) == NINE
    assert said["Message-ID"] == letter.message_id == message_id("Ana", LABEL, "news@example.org")
    assert said["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert said["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert said["Auto-Submitted"] == "auto-generated"
    assert said.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in said.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content_charset() for part in said.iter_parts()] == ["utf-8", "utf-8"]


def test_the_same_facts_give_the_same_bytes_which_are_ascii_in_short_lines():
    one, two = (compose(report(entries=(updated(20),)), mail(unsubscribe=UNSUBSCRIBE), NINE).content for _ in range(2))
    assert one == two
    assert one.isascii()
    assert max(map(len, one.split(b"\r\n"))) < 998
    assert b"\n" not in one.replace(b"\r\n", b"")
    long = compose(report(), mail(unsubscribe=UNSUBSCRIBE + "a" * 900), NINE)
    assert max(map(len, long.content.split(b"\r\n"))) < 998
    assert "no one-click unsubscribing" in long.notes[0]


def test_a_message_id_follows_from_reader_and_label_alone():
    ids = {message_id(reader, label, "news@example.org") for reader in ("Ana", "Zoë") for label in (LABEL, LABEL.replace(day=10))}
    assert len(ids) == 4
    assert message_id("Zoë", LABEL, "Zoë <zoë@bücher.example>").isascii()


@given(st.text(max_size=90))
@settings(max_examples=15)
def test_no_title_begins_a_header_and_each_comes_back(title):
    made = report(picks=0, rest=0, entries=(entry(1, slot=1, title=f"Soup{title}"),))
    wanted = subject(made)
    said = read(compose(made, mail(), NINE).content)
    assert said["Subject"] == wanted
    assert set(said.keys()) == {*"Message-ID List-Unsubscribe From To Subject Date Auto-Submitted MIME-Version Content-Type".split()}


@pytest.mark.parametrize("title", ["Soup\r\nBcc: all@example.org", "Soup\n\nnot the body", "Soup\x0bBcc: x", "Soup\u2028Bcc: x\u2029", "Soup\x00\x85Bcc: x"])
def test_a_line_break_in_a_title_or_a_name_stays_in_its_header(title):
    made = report(reader=title, picks=0, entries=(entry(1, slot=1, title=title),))
    said = read(compose(made, mail(), NINE).content)
    assert said["Bcc"] is None
    # As a mail reader decodes it, and not as this library tidies it up.
    raw = str(make_header(decode_header(email.message_from_bytes(compose(made, mail(), NINE).content)["Subject"])))
    assert raw.isprintable()
    assert len(raw.splitlines()) == 1


@pytest.mark.parametrize(
    ("to", "shown"),
    [
        ("Zoë Kéita <zoe@example.org>", "Zoë Kéita <zoe@example.org>"),
        ("Kéita, Zoë <zoe@example.org>", None),
        ('"Kéita, Zoë" <zoe@example.org>', '"Kéita, Zoë" <zoe@example.org>'),
        ("読者 <reader@例え.example>", "読者 <reader@xn--r8jz45g.example>"),
        ("zoë@example.org", "zoë@example.org"),
    ],
)
def test_names_and_addresses_beyond_ascii(to, shown):
    if shown is None:
        with pytest.raises(ValueError, match="is no address"):
            mail(to=to)
        return
    said = read(compose(report(), mail(to=to), NINE).content)
    assert str(said["To"]) == shown
    assert said["To"].addresses[0].display_name == shown.rpartition(" <")[0].strip('"')


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('to = "ana@example.org\\nBcc: x@example.org"', "no line break"),
        ('to = "ana"', "is no address"),
        ('to = "ana@example.org, sam@example.org"', "is no address"),
        ('to = "ana@example.org"\ntls = "none"', 'tls = "none" is for a server on this machine'),
        ('to = "ana@example.org"\npassword = "x"', "unknown setting 'delivery.mail.password'"),
        ('to = "ana@example.org"\nunsubscribe = "http://example.org/u"', "needs an https:// address"),
        ('to = "ana@example.org"\nunsubscribe = "https://example.org/u>\\r\\nX: y"', "needs an https:// address"),
    ],
)
def test_settings_that_cannot_be_are_errors_of_two_lines(tmp_path, lines, fault):
    path = tmp_path / "me.toml"
    path.write_text(f'name = "Ana"\n[delivery.mail]\nsender = "news@example.org"\nhost = "mail.example.org"\n{lines}\n')
    with pytest.raises(ProfileError) as error:
        read_profile(path)
    assert fault in error.value.what
    assert len(str(error.value).splitlines()) == 2


def test_what_a_profile_says_of_delivery(tmp_path):
    path = tmp_path / "me.toml"
    path.write_text(
        'name = "Ana"\n[delivery]\nfolder = "public"\n[delivery.mail]\nto = "ana@example.org"\nsender = "news@example.org"\n'
        'host = "127.0.0.1"\nport = 2525\ntls = "none"\npassword_file = "secret"\n'
    )
    stated = read_profile(path).delivery
    assert stated.wanted == ("files", "atom", "json-feed", "mail")
    assert stated.folder == str(tmp_path / "public")
    assert (stated.mail.password_file, stated.mail.certificates) == (str(tmp_path / "secret"), "")
    assert "ana@example.org" not in str(_public(read_profile(path))), "a page may be published, and says nothing of this"
    assert read_profile(path, ('delivery.channels=["mail"]',)).delivery.wanted == ("mail",)


def test_the_text_part_is_written_for_reading():
    made = report(rest=30, entries=(updated(50), withdrawn(60)))
    text = mail_text(MailView(made, PAGE))
    long = [line for line in text.splitlines() if len(line) > WIDTH and "https://" not in line]
    assert long == []
    assert not re.search(r"<[a-z]|&\w+;|\\", text), "no markup"
    assert "3 of 35 papers picked for you. Today has 33 new, 1 updated, 1 withdrawn." in " ".join(text.split())
    assert "1. Stews, part 1\n   Zoë Kéita, Ana Ruiz\n   2602.00001 | cs.IR, cs.CL | chance .25 | stews" in text
    assert "   Why: near “Soups” in your library (50\u00a0%)\n        its words “stew” (40\u00a0%)" in text
    assert "UPDATED\n-------\n\n * Stews, part 50" in text
    assert "Its title was “Stews, the first part”." in text
    assert "WITHDRAWN\n---------\n\n * Stews, part 60" in text
    assert "Authors’ comment: Withdrawn: the salt was sugar" in text
    assert "18 more papers of the day are not in this mail." in text
    assert text.index("Stews, part 1\n") < text.index("UPDATED") < text.index("WITHDRAWN") < text.index("ALSO NEW") < text.index("\n-- \n") < text.index(PAGE)


def test_both_parts_tell_the_same_papers_and_formulas_are_legible():
    made = report(picks=0, rest=0, entries=(entry(1, slot=1, title=r"An $O(n^2)$ stew <of> \emph{beans} & salt"), updated(5)))
    said = read(compose(made, mail(), NINE, page=PAGE).content)
    text, html = (part.get_content() for part in said.iter_parts())
    shown = Reading(html)
    for words in (
        "An O(n²) stew <of> beans & salt",
        "Zoë Kéita, Ana Ruiz",
        "Its title was “Stews, the first part”.",
        "near “Soups” in your library (50\u00a0%)",
    ):
        assert words in text
        assert words in shown.words
    hrefs = [attributes["href"] for tag, attributes in shown.tags if tag == "a"]
    assert "https://arxiv.org/abs/2602.00001" in hrefs
    assert PAGE in hrefs


def test_the_html_part_fetches_nothing_and_runs_nothing():
    hostile = entry(1, slot=1, title='<img src="http://x.example/p.png"> <script>alert(1)</script>', creators=('<b onclick="x">Zoë</b>',))
    made = report(rest=20, entries=(hostile, withdrawn(60)), notes=("<style>body{background:url(http://x.example/b)}</style>",))
    html = read(compose(made, mail(unsubscribe=UNSUBSCRIBE), NINE, page=PAGE).content).get_body(("html",)).get_content()
    shown = Reading(html)
    tags = {tag for tag, _ in shown.tags}
    assert tags <= {*"html head meta title body div p h1 h2 a span br blockquote s".split()}
    names = {name for _, attributes in shown.tags for name in attributes}
    assert names <= {*"lang charset name content style href role".split()}
    assert "url(" not in "".join(attributes.get("style", "") for _, attributes in shown.tags)
    assert "<script>alert(1)</script>" in shown.words


class Signed:
    """Links as the feedback makes them: acts on a paper, and one address to unsubscribe by."""

    class Offer:
        words, url = "Save", "https://reports.example.org/f/abc"

    def of(self, report, entry):
        return (self.Offer,)

    def unsubscribe(self, reader):
        return UNSUBSCRIBE


def test_what_a_reader_can_do_stands_in_both_parts_and_not_in_a_fictional_sample():
    said = read(compose(report(), mail(), NINE, links=Signed()).content)
    text, html = (part.get_content().replace("\r\n", "\n") for part in said.iter_parts())
    assert text.count("Save: https://reports.example.org/f/abc") == html.count(">Save</a>") == 3
    assert said["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert f"No more mails like this:\n{UNSUBSCRIBE}" in text
    fictional = read(compose(report(fictional=True), mail(), NINE, links=Signed()).content)
    assert "(fictional sample)" in fictional["Subject"]
    assert "f/abc" not in fictional.get_body(("plain",)).get_content()


def test_without_an_address_for_one_click_replies_unsubscribe_and_the_output_says_so():
    letter = compose(report(), mail(), NINE)
    said = read(letter.content)
    assert said["List-Unsubscribe"] == "<mailto:news@example.org?subject=unsubscribe>"
    assert said["List-Unsubscribe-Post"] is None
    assert "no one-click unsubscribing" in letter.notes[0]


def test_a_report_too_long_for_a_mail_names_what_is_left_out():
    long = tuple(entry(n, slot=n, text="x", title=f"Stew {n} " + "of beans and barley " * 12) for n in range(1, 200))
    letter = compose(report(picks=0, entries=long), mail(unsubscribe=UNSUBSCRIBE), NINE)
    assert len(letter.content) <= MOST_BYTES
    assert "of 199 picks in full" in letter.notes[0]
    text = read(letter.content).get_body(("plain",)).get_content()
    assert re.search(r"\d+ more papers of the day are not in this mail", text)


def test_an_empty_day_is_a_letter_too():
    text = read(compose(report(picks=0, rest=0), mail(), NINE).content).get_body(("plain",)).get_content()
    assert "No papers today." in text
