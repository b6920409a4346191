"""Feeds, read strictly: all announce types, odd texts, and whatever else may come instead of a feed."""

from datetime import date

import pytest

from broadsheet.core.errors import FeedError, IdentifierError, NotAFeedError, RecordError, SourceError, TruncatedError
from broadsheet.core.schema import Announce
from broadsheet.sources import read_source
from broadsheet.sources.feeds import parse_feed

HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>
<title>cs.IR+cs.CL updates on arXiv.org</title><description>d</description><pubDate>Mon, 16 Mar 2026 00:00:00 -0400</pubDate>
"""
TAIL = "</channel></rss>\n"


def item(number: int, kind: str = "new", version: int = 1, title: str = "Soup", text: str = "Soup is good.", names: str = "Ana Ruiz, Sam Hill, Jr.") -> str:
    return (
        f"<item><title>{title}</title><link>https://arxiv.org/abs/2603.{number:05d}</link><description>arXiv:2603.{number:05d}v{version} "
        f"Announce Type: {kind} \nAbstract: {text}</description><guid isPermaLink='false'>oai:arXiv.org:2603.{number:05d}v{version}</guid>"
        f"<category>cs.IR</category><category>cs.LG</category><arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator>{names}</dc:creator></item>\n"
    )


def rss(*items: str) -> bytes:
    return (HEAD + "".join(items) + TAIL).encode()


def test_the_four_announce_types_with_their_versions():
    kinds = ["new", "cross", "replace", "replace-cross"]
    feed = parse_feed(rss(*(item(n, kind, n + 1) for n, kind in enumerate(kinds))), "feed")
    assert [(a.kind, a.item.version) for a in feed.announcements] == [(Announce(k), n + 1) for n, k in enumerate(kinds)]
    assert feed.label == date(2026, 3, 16)
    assert feed.lists == ("cs.IR", "cs.CL")
    first = feed.announcements[0].item
    assert first.creators == ("Ana Ruiz", "Sam Hill, Jr.")
    assert first.categories == ("cs.IR", "cs.LG")
    assert first.text == "Soup is good."


def test_texts_come_whole():
    feed = parse_feed(rss(item(1, title="P(a | b) &lt; $x_{i}$ &amp; more", text="Line one\nline two, Abstract: again &lt;think&gt;.")), "feed")
    assert feed.announcements[0].item.title == "P(a | b) < $x_{i}$ & more"
    assert feed.announcements[0].item.text == "Line one\nline two, Abstract: again <think>."


def test_tex_accents_of_authors_are_resolved_and_kept_verbatim():
    feed = parse_feed(rss(item(1, names=r"Paulo Andr\'e Lima, {\L}ukasz \.Zak")), "feed")
    assert feed.announcements[0].item.creators == ("Paulo André Lima", "Łukasz Żak")
    assert feed.announcements[0].item.attributes["creators_verbatim"] == r"Paulo Andr\'e Lima, {\L}ukasz \.Zak"


def test_a_holiday_is_an_empty_day():
    feed = parse_feed(rss(), "feed")
    assert feed.announcements == ()
    assert feed.label == date(2026, 3, 16)


def test_a_withdrawal_is_told_by_the_text():
    feed = parse_feed(rss(item(1, "replace", 2, text="This paper has been withdrawn by the authors due to an error.")), "feed")
    assert feed.announcements[0].kind is Announce.WITHDRAWN


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"<!DOCTYPE html><html></html>", NotAFeedError),
        (b"\n\n  <html lang='en'><head/></html>", NotAFeedError),
        (b"\xef\xbb\xbf<!doctype HTML><p>", NotAFeedError),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body/></html>", NotAFeedError),
        (b"Rate exceeded.", NotAFeedError),
        (b"{}", NotAFeedError),
        (b"<rss version='2.0'></rss>", NotAFeedError),
        (b"<opml/>", NotAFeedError),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel/></rss>", NotAFeedError),
        (rss(item(1)).replace(b"cs.IR+cs.CL updates on arXiv.org", b"Feed error for query: cs.XX"), FeedError),
        (rss(item(1, kind="novel")), RecordError),
        (rss(item(1, title="")), RecordError),
        (rss(item(1)).replace(b"2603.00001", b"2613.00001"), IdentifierError),
        (rss(item(1)).replace(b"Mon, 16 Mar 2026", b"Someday"), RecordError),
        (rss(item(1)).replace(b"<category>", b"<categ&ory>"), SourceError),
    ],
)
def test_what_is_no_feed_is_an_error_and_never_an_empty_day(data, error):
    with pytest.raises(error) as caught:
        parse_feed(data, "feed")
    assert len(str(caught.value).splitlines()) == 2


def test_a_feed_cut_anywhere_is_an_error():
    whole = rss(item(1), item(2, "cross"))
    end = len(whole.rstrip())
    for cut in range(1, end):
        with pytest.raises(SourceError):
            parse_feed(whole[:cut], "feed")
    with pytest.raises(TruncatedError):
        parse_feed(whole[: end - 30], "feed")


def test_the_reference_feed(data):
    batch = read_source(str(data / "arxiv" / "reference" / "rss-cs.IR-2026-02-09.xml"))
    assert [a.kind.value for a in batch.announcements] == ["new"] * 5 + ["cross"] + ["replace"] * 2 + ["replace-cross"]
    assert [a.item.version for a in batch.announcements[-3:]] == [3, 2, 2]
    assert batch.label == date(2026, 2, 9)


def test_the_recorded_atom_excerpt(data):
    batch = read_source(str(data / "arxiv" / "fixtures" / "atom_cs.AI_2025-08-20.xml"))
    kinds = [a.kind for a in batch.announcements]
    assert (kinds.count(Announce.CROSS), kinds.count(Announce.NEW)) == (5, 2)
    assert batch.labels == [date(2025, 8, 20)]
    assert any("Paulo André Lima de Castro" in a.item.creators for a in batch.announcements)


def test_recorded_answers_of_the_query_interface(data):
    fixtures = data / "arxiv" / "fixtures"
    sizes = {}
    for path in sorted(fixtures.glob("api_*.json")):
        try:
            sizes[path.name[:20]] = len(read_source(str(path)).announcements)
        except FeedError as error:
            assert "incorrect id format" in error.what  # noqa: PT017 - only the malformed id may fail
            sizes[path.name[:20]] = -1
    assert sorted(sizes.values()).count(-1) == 1
    pages = [read_source(str(path)).announcements for path in sorted(fixtures.glob("api_q_*.json"))]
    assert [len(p) for p in pages] == [10, 10, 10]
    assert all(a.item.published and a.item.announced is None for p in pages for a in p)
    assert any("Aurora Ramírez" in a.item.creators for p in pages for a in p)
