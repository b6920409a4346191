"""Feeds by the letter of RFC 4287 and of JSON Feed 1.1: one entry a paper a label, whatever is sent how often."""

import contextlib
import email
import email.policy
import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import fromstring

import pytest
from tests.deliver_reports import LABEL, archive, entry, report

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import OutputError, ProfileError, SourceNotFoundError
from broadsheet.core.store import Store
from broadsheet.report.archive import write_day
from broadsheet.report.deliver import DeliveryConfig, FeedChannel, FeedPlace, MailConfig, Outbox, Place, Put, Wanted, parcel, send_archive
from broadsheet.report.feedback.subscription import subscribe_again, unsubscribe
from broadsheet.report.model import Links
from broadsheet.report.render.atom import atom_feed
from broadsheet.report.render.json_feed import json_feed, json_items

NINE = datetime(2026, 2, 10, 9, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
IRI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x1f]+")
ONCE = ("id", "title", "updated", "generator", "icon", "logo", "rights", "subtitle", "published", "summary", "content", "source")


def check_atom(text: str):
    """Hold a document to RFC 4287, section by section."""
    feed = fromstring(text.encode())
    assert feed.tag == ATOM + "feed"
    entries = feed.findall(ATOM + "entry")
    for element in (feed, *entries):
        names = [child.tag.removeprefix(ATOM) for child in element]
        assert {"id", "title", "updated"} <= set(names), "4.1.1, 4.1.2"
        assert all(names.count(name) <= 1 for name in ONCE)
        assert IRI.fullmatch(element.findtext(ATOM + "id")), "4.2.6"
        assert DATE.fullmatch(element.findtext(ATOM + "updated")), "3.3"
        for link in element.findall(ATOM + "link"):
            assert IRI.fullmatch(link.get("href")), "4.2.7.1"
            assert link.get("rel", "alternate") in ("alternate", "self")
        for person in element.findall(ATOM + "author"):
            assert [child.tag for child in person] == [ATOM + "name"], "3.2"
            assert person.findtext(ATOM + "name")
        for category in element.findall(ATOM + "category"):
            assert category.get("term"), "4.2.2.1"
    for one in entries:
        alternates = [link for link in one.findall(ATOM + "link") if link.get("rel", "alternate") == "alternate"]
        assert one.find(ATOM + "content") is not None or alternates, "4.1.2: an entry without content has a link"
        assert len(alternates) <= 1
        assert one.find(ATOM + "author") is not None, "4.1.1"
    assert entries or feed.find(ATOM + "author") is not None, "4.1.1"
    ids = [one.findtext(ATOM + "id") for one in entries]
    assert len(ids) == len(set(ids))
    return ids


def check_json(text: str):
    """Hold a document to JSON Feed 1.1."""
    feed = json.loads(text)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str)
    assert isinstance(feed["items"], list)
    assert feed.keys() <= {*"version title home_page_url feed_url description user_comment next_url icon favicon authors language expired hubs items".split()}
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert item["id"]
        assert "content_html" in item or "content_text" in item
        assert DATE.fullmatch(item["date_published"])
        assert IRI.fullmatch(item.get("url", "https://x"))
        assert all(author.keys() <= {"name", "url", "avatar"} for author in item["authors"])
        assert all(author["name"] for author in item["authors"])
        assert all(isinstance(tag, str) for tag in item["tags"])
    ids = [item["id"] for item in feed["items"]]
    assert len(ids) == len(set(ids))
    return ids


@pytest.fixture
def store(tmp_path):
    with contextlib.closing(Store(tmp_path / "store.sqlite")) as opened:
        yield opened


def test_awkward_papers_are_valid_in_both_feeds():
    awkward = (
        entry(1, slot=1, links=Links()),
        entry(2, slot=2, title="A & B <c> \x07 \ufffe", creators=()),
        entry(3, slot=3, text=r"$\frac{1}{2}$ of \emph{all} & <b>", creators=("Zoë & <Ana>", "\x01"), links=Links(abstract='https://example.org/a "b"\x07')),
    )
    odd = entry(4, slot=4).model_copy(update={"item": entry(4).item.model_copy(update={"id": 'shop 7/<ä>"{x}%', "categories": ("a\x07b", "")})})
    made = report(picks=0, entries=(*awkward, odd))
    assert check_atom(atom_feed([report(picks=0, rest=0)], "Stews")) == []
    ids = check_atom(atom_feed([made], "Stews & more"))
    assert check_json(json_feed(json_items(made), "Stews & more")) == ids
    assert ids[0] == "tag:broadsheet.example.org,2026-02-09:2602.00001"


@pytest.mark.parametrize("form", ["atom", "json-feed"])
def test_a_feed_has_each_paper_of_each_label_once_newest_first_whatever_is_sent_again(tmp_path, store, form):
    page = tmp_path / "page"
    archive(page, days=3, picks=2)
    place = Place(page, DeliveryConfig(channels=(form,), address="https://reports.example.org/"))
    path = page / "feeds" / ("atom.xml" if form == "atom" else "feed.json")
    check = check_atom if form == "atom" else check_json
    send_archive(place, Wanted(), store, SetClock(NINE))
    once = path.read_bytes()
    ids = check(once.decode())
    assert [i.rpartition(":")[0][-10:] for i in ids] == ["2026-02-11"] * 2 + ["2026-02-10"] * 2 + ["2026-02-09"] * 2
    for how in (Wanted(), Wanted(resend=True), Wanted(label=LABEL, resend=True)):
        send_archive(place, how, store, SetClock(NINE))
        assert path.read_bytes() == once
    write_day(report(LABEL, picks=1), page)
    send_archive(place, Wanted(), store, SetClock(NINE))
    assert check(path.read_text()) == ids[:5], "a day that was written anew has its entries replaced"
    assert b"https://reports.example.org/feeds/" in once


def test_a_feed_that_was_deleted_is_written_again(tmp_path, store):
    archive(tmp_path / "page")
    place = Place(tmp_path / "page", DeliveryConfig(folder=str(tmp_path / "public")))
    send_archive(place, Wanted(), store, SetClock(NINE))
    (tmp_path / "public" / "feeds" / "atom.xml").unlink()
    shutil.rmtree(tmp_path / "public" / "2026-02-09")
    tried = send_archive(place, Wanted(), store, SetClock(NINE)).tried
    assert {row.channel for row in tried} == {"files", "atom"}
    assert (tmp_path / "public" / "feeds" / "atom.xml").is_file()
    assert (tmp_path / "public" / "2026-02-09" / "index.html").is_file()


def test_a_feed_holds_so_many_and_no_more(tmp_path, store):
    assert DeliveryConfig().items == 2000
    box = Outbox(store, SetClock(NINE))
    place = Place(tmp_path, DeliveryConfig())
    for number in range(3):
        made = report(LABEL + timedelta(days=number), picks=7, rest=0)
        for name in ("atom", "json-feed"):
            assert box.put(parcel(made, name, place, "x", NINE)[0]) is Put.NEW
    box.deliver([FeedChannel(name, box, FeedPlace(tmp_path, "Stews"), 20) for name in ("atom", "json-feed")], "Ana")
    ids = check_atom((tmp_path / "atom.xml").read_text())
    assert len(ids) == 20
    assert check_json((tmp_path / "feed.json").read_text()) == ids
    assert ids[-1].startswith("tag:broadsheet.example.org,2026-02-09:"), "what is left out is the oldest"


def test_files_are_the_days_and_an_index_over_them(tmp_path, store):
    archive(tmp_path / "page", days=2)
    place = Place(tmp_path / "page", DeliveryConfig(channels=("files",), folder=str(tmp_path / "public")))
    send_archive(place, Wanted(), store, SetClock(NINE))
    names = {str(path.relative_to(tmp_path / "public")) for path in (tmp_path / "public").rglob("*") if path.is_file()}
    days = {f"2026-02-{day:02d}/{name}" for day in (9, 10) for name in ("index.html", "report.md", "report.json", "report.atom", "papers.bib")}
    assert names == days | {"index.html", "index.json", "feed.xml"}
    assert (tmp_path / "public" / "2026-02-09" / "index.html").read_bytes() == (tmp_path / "page" / "2026-02-09" / "index.html").read_bytes()


def test_a_folder_that_cannot_be_written_keeps_the_delivery(tmp_path, store):
    archive(tmp_path / "page")
    (tmp_path / "public").write_text("in the way")
    place = Place(tmp_path / "page", DeliveryConfig(folder=str(tmp_path / "public")))
    sent = send_archive(place, Wanted(), store, SetClock(NINE))
    assert [row.channel for row in sent.left] == ["atom", "files", "json-feed"]
    assert sent.fault().exit_code == 41
    (tmp_path / "public").unlink()
    assert send_archive(place, Wanted(), store, SetClock(NINE)).fault() is None


def mailed(**facts) -> DeliveryConfig:
    mail = MailConfig(**{"to": "ana@example.org", "sender": "news@example.org", "host": "127.0.0.1", "port": 1, "tls": "none", "timeout": 1, **facts})
    return DeliveryConfig(channels=("mail",), mail=mail)


def test_labels_of_long_ago_are_not_mailed_and_the_output_says_so(tmp_path, store):
    archive(tmp_path / "page", days=4)
    sent = send_archive(Place(tmp_path / "page", mailed(days=2)), Wanted(), store, SetClock(NINE))
    assert [str(row.label) for row in sent.left] == ["2026-02-11", "2026-02-12"]
    assert any(note.endswith("(delivery.mail.days): 2 labels up to 2026-02-10.") for note in sent.notes)
    assert any("without TLS, in plain text, to 127.0.0.1" in note for note in sent.notes)


def test_a_reader_who_unsubscribed_gets_no_mail_and_the_output_says_so(tmp_path, store):
    archive(tmp_path / "page")
    unsubscribe(store, "Ana", "mail", SetClock(NINE))
    sent = send_archive(Place(tmp_path / "page", mailed()), Wanted(), store, SetClock(NINE))
    assert (sent.tried, sent.left) == ((), ())
    assert sent.notes == ("The reader has unsubscribed from mail; none is sent.",)
    subscribe_again(store, "Ana", "mail", SetClock(NINE))
    assert len(send_archive(Place(tmp_path / "page", mailed()), Wanted(), store, SetClock(NINE)).left) == 1


def test_a_mail_has_the_links_of_the_installation(tmp_path, store, monkeypatch):
    monkeypatch.setenv("BROADSHEET_LINKS", "https://news.example.org")
    archive(tmp_path / "page")
    send_archive(Place(tmp_path / "page", mailed()), Wanted(), store, SetClock(NINE))
    ((_, content),) = Outbox(store, SetClock(NINE)).contents("Ana", "mail")
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert read["List-Unsubscribe"].startswith("<https://news.example.org/u/")
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read.get_body(("plain",)).get_content().count("More like this: https://news.example.org/f/") == 3


def test_what_cannot_be_sent_is_an_error_of_two_lines(tmp_path, store):
    place = Place(tmp_path / "page", DeliveryConfig())
    with pytest.raises(SourceNotFoundError, match="no report to send"):
        send_archive(place, Wanted(), store)
    archive(tmp_path / "page")
    with pytest.raises(SourceNotFoundError, match="no report of 2026-02-10"):
        send_archive(place, Wanted(label=LABEL + timedelta(days=1)), store)
    with pytest.raises(ProfileError, match="The page of 2026-02-09 is for Ana, and the profile is of Sam"):
        send_archive(place, Wanted(reader="Sam"), store)
    with pytest.raises(ProfileError, match="says nothing of mail"):
        send_archive(place, Wanted(channels=("mail",)), store)
    write_day(report(LABEL + timedelta(days=1), reader="Sam"), tmp_path / "page")
    with pytest.raises(ProfileError, match="pages of several readers: Ana, Sam"):
        send_archive(place, Wanted(), store)
    (tmp_path / "page" / "2026-02-09" / "report.json").write_text("{}")
    with pytest.raises(OutputError, match="no report that this version can read"):
        send_archive(place, Wanted(), store)
    (tmp_path / "page" / "2026-02-09" / "report.json").unlink()
    (tmp_path / "page" / "2026-02-09" / "report.json").mkdir()
    with pytest.raises(OutputError, match="cannot be read: Is a directory"):
        send_archive(place, Wanted(), store)
