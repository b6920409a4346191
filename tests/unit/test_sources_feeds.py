"""Feeds, read strictly: all announce types, odd texts, and whatever else may come instead of a feed."""

from datetime import date
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.errors import FeedError, IdentifierError, NotAFeedError, RecordError, SourceError, TruncatedError
from broadsheet.core.schema import Announce
from broadsheet.sources import read_source
from broadsheet.sources.feeds import parse_feed

KINDS = ["new", "cross", "replace", "replace-cross"]
MONDAY = date(2026, 3, 16)
RSS_HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>
<title>cs.IR+cs.CL updates on arXiv.org</title><description>d</description><pubDate>Mon, 16 Mar 2026 00:00:00 -0400</pubDate>
"""
ATOM_HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://www.w3.org/2005/Atom">
<id>http://rss.arxiv.org/atom/cs.IR</id><title>cs.IR updates on arXiv.org</title><updated>2026-03-16T04:00:19.866337+00:00</updated>
"""


def item(number: int, kind: str = "new", version: int = 1, title: str = "Soup", text: str = "Soup is good.", names: str = "Ana Ruiz, Sam Hill, Jr.") -> str:
    return (
        f"<item><title>{title}</title><link>https://arxiv.org/abs/2603.{number:05d}</link><description>arXiv:2603.{number:05d}v{version} "
        f"Announce Type: {kind} \nAbstract: {text}</description><guid isPermaLink='false'>oai:arXiv.org:2603.{number:05d}v{version}</guid>"
        f"<category>cs.IR</category><category>cs.LG</category><arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator>{names}</dc:creator></item>\n"
    )


def rss(*items: str) -> bytes:
    return (RSS_HEAD + "".join(items) + "</channel></rss>\n").encode()


def entry(number: int, kind: str = "new", version: int = 1, title: str = "Soup", text: str = "Soup is good.", names: str = "Ana Ruiz, Sam Hill, Jr.") -> str:
    return (
        f"<entry><id>oai:arXiv.org:2603.{number:05d}v{version}</id><title>{title}</title><link href='https://arxiv.org/abs/2603.{number:05d}' rel='alternate'/>"
        f"<summary>arXiv:2603.{number:05d}v{version} Announce Type: {kind} \nAbstract: {text}</summary><category term='cs.IR'/><category term='cs.LG'/>"
        f"<published>2026-03-16T00:00:00-04:00</published><arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator>{names}</dc:creator></entry>\n"
    )


def atom(*entries: str) -> bytes:
    return (ATOM_HEAD + "".join(entries) + "</feed>\n").encode()


def answer(*entries: str, total: int, start: int = 0) -> bytes:
    """Write a page of the query interface."""
    return (
        "<feed xmlns:opensearch='http://a9.com/-/spec/opensearch/1.1/' xmlns:arxiv='http://arxiv.org/schemas/atom' xmlns='http://www.w3.org/2005/Atom'>"
        "<id>https://arxiv.org/api/x</id><title>arXiv Query: search_query=all:soup</title><updated>2026-04-12T22:09:26Z</updated>"
        f"<opensearch:totalResults>{total}</opensearch:totalResults><opensearch:startIndex>{start}</opensearch:startIndex>{''.join(entries)}</feed>"
    ).encode()


ANSWERED = (
    "<entry><id>http://arxiv.org/abs/2603.00007v2</id><title>Soup</title><updated>2026-04-01T00:00:00Z</updated><published>2026-03-02T17:59:59Z</published>"
    "<link href='https://arxiv.org/abs/2603.00007v2' rel='alternate'/><summary>Soup is good.</summary><category term='cs.IR'/>"
    "<arxiv:primary_category term='cs.IR'/><arxiv:comment>7 pages</arxiv:comment><author><name>Sam Hill, Jr.</name></author>"
    "<author><name>Kitchen Lab, Harbour</name></author></entry>"
)
BOTH = pytest.mark.parametrize(("feed_of", "one"), [(rss, item), (atom, entry)], ids=["rss", "atom"])


def refused(data: bytes, error: type[SourceError]) -> str:
    """Return what the error says, after checking that it says it in two lines."""
    with pytest.raises(error) as caught:
        parse_feed(data, "feed.xml")
    assert len(str(caught.value).splitlines()) == 2
    assert "Traceback" not in str(caught.value)
    assert "feed.xml" in caught.value.what
    return caught.value.what


@BOTH
def test_the_four_announce_types_with_their_versions(feed_of, one):
    feed = parse_feed(feed_of(*(one(n, kind, n + 1) for n, kind in enumerate(KINDS))), "feed")
    assert [(a.kind, a.item.version) for a in feed.announcements] == [(Announce(k), n + 1) for n, k in enumerate(KINDS)]
    assert feed.label == MONDAY
    first = feed.announcements[0].item
    assert (first.id, first.url) == ("2603.00000", "https://arxiv.org/abs/2603.00000")
    assert first.creators == ("Ana Ruiz", "Sam Hill, Jr.")
    assert first.categories == ("cs.IR", "cs.LG")
    assert first.text == "Soup is good."
    assert first.announced == MONDAY
    assert "creators_verbatim" not in first.attributes


def test_the_lists_of_a_feed_stand_in_its_title():
    assert parse_feed(rss(item(1)), "feed").announcements[0].lists == ("cs.IR", "cs.CL")
    assert parse_feed(atom(entry(1)), "feed").lists == ("cs.IR",)


@BOTH
def test_an_announce_type_only_in_the_text_counts(feed_of, one):
    data = feed_of(one(1, "replace-cross", 3)).replace(b"<arxiv:announce_type>replace-cross</arxiv:announce_type>", b"")
    assert parse_feed(data, "feed").announcements[0].kind is Announce.REPLACE_CROSS


@BOTH
def test_texts_come_whole(feed_of, one):
    title = "P(a | b) &lt; $x_{i}$ &amp; more"
    feed = parse_feed(feed_of(one(1, title=title, text="Line one\nline two, Abstract: again &lt;think&gt;.")), "feed")
    assert feed.announcements[0].item.title == "P(a | b) < $x_{i}$ & more"
    assert feed.announcements[0].item.text == "Line one\nline two, Abstract: again <think>."


@BOTH
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<![CDATA[Soup < stew & $\\mathbb{R}^n$]]>", "Soup < stew & $\\mathbb{R}^n$"),
        ("<![CDATA[Soup]]> &amp; <![CDATA[]]>stew", "Soup & stew"),
        ("Soup <i>and</i> stew", "Soup and stew"),
        ("Soup<!-- not --> and stew", "Soup and stew"),
        ("Soup &#x2014; &#252;ber alles", "Soup — über alles"),
        ("&amp;lt;b&amp;gt; and \U0001f35c", "&lt;b&gt; and \U0001f35c"),
        ("Error", "Error"),
        ("Feed error", "Feed error"),
    ],
)
def test_titles_however_they_are_written(feed_of, one, written, read):
    assert parse_feed(feed_of(one(1, title=written)), "feed").announcements[0].item.title == read


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1).filter(lambda text: text.strip()))
def test_any_title_survives(title):
    assert parse_feed(rss(item(1, title=escape(title))), "feed").announcements[0].item.title == title.strip()


@BOTH
def test_tex_accents_of_authors_are_resolved_and_kept_verbatim(feed_of, one):
    feed = parse_feed(feed_of(one(1, names=r"Paulo Andr\'e Lima, {\L}ukasz \.Zak")), "feed")
    assert feed.announcements[0].item.creators == ("Paulo André Lima", "Łukasz Żak")
    assert feed.announcements[0].item.attributes["creators_verbatim"] == r"Paulo Andr\'e Lima, {\L}ukasz \.Zak"


@BOTH
def test_a_holiday_is_an_empty_day(feed_of, one):
    feed = parse_feed(feed_of(), "feed")
    assert feed.announcements == ()
    assert feed.label == MONDAY


def test_an_atom_entry_without_a_date_has_the_date_of_its_feed():
    data = atom(entry(1)).replace(b"<published>2026-03-16T00:00:00-04:00</published>", b"")
    assert parse_feed(data, "feed").announcements[0].item.announced == MONDAY


@BOTH
def test_a_withdrawal_is_told_by_the_text(feed_of, one):
    feed = parse_feed(feed_of(one(1, "replace", 2, text="This paper has been withdrawn by the authors due to an error.")), "feed")
    assert feed.announcements[0].kind is Announce.WITHDRAWN


def test_an_answer_of_the_query_interface_states_submission_and_no_label():
    feed = parse_feed(answer(ANSWERED, total=1), "feed")
    (one,) = feed.announcements
    assert (feed.label, feed.lists, one.lists) == (None, (), ())
    assert (one.item.published, one.item.announced, one.item.version) == (date(2026, 3, 2), None, 2)
    assert one.item.creators == ("Sam Hill, Jr.", "Kitchen Lab, Harbour")
    assert one.item.attributes == {"comment": "7 pages", "primary": "cs.IR"}
    assert one.kind is Announce.NEW


def test_no_results_are_an_empty_answer_but_an_answer_without_its_results_is_an_error():
    assert parse_feed(answer(total=0), "feed").announcements == ()
    assert parse_feed(answer(total=10, start=10), "feed").announcements == ()
    assert "10 papers" in refused(answer(total=10), FeedError)
    assert "10 papers" in refused(answer(total=10).replace(b"<opensearch:startIndex>0<", b"<opensearch:startIndex>none<"), FeedError)


@pytest.mark.parametrize(
    "start", ["", "\n\n \t", "\ufeff", "\f", " " * 500, "<!-- a proxy -->", "<?xml version='1.0'?>\n", "\ufeff<?xml version='1.0'?><!-- <rss> -->\n"]
)
@pytest.mark.parametrize(
    "page",
    [
        "<!DOCTYPE html><html></html>",
        "<!doctype HTML PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN' 'x.dtd'><HTML><p>a&nbsp;b<br></HTML>",
        "<html lang='en'><head><meta charset=utf-8></head></html>",
        "<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>",
        "<h:html xmlns:h='urn:of:somebody'><h:body/></h:html>",
        "<head><title>502 Bad Gateway</title></head><center>nginx",
        "<html>cut in the mid",
    ],
)
def test_a_page_of_html_is_no_feed(start, page):
    assert "an HTML page" in refused((start + page).encode(), NotAFeedError)


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"Rate exceeded.", NotAFeedError, "no XML"),
        (b"{}", NotAFeedError, "no XML"),
        (b"", NotAFeedError, "no XML"),
        ("<rss/>".encode("utf-16"), NotAFeedError, "no XML"),
        (b"<rss version='2.0'></rss>", NotAFeedError, "without a channel"),
        (b"<opml version='2.0'><body/></opml>", NotAFeedError, "'opml'"),
        (b"<opml><br></opml>", NotAFeedError, "'opml'"),
        (b"<feed xmlns='urn:of:somebody'/>", NotAFeedError, "no RSS or Atom feed"),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel/></rss>", NotAFeedError, "DTDForbidden"),
        (b"<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><rss><channel><title>&b;</title></channel></rss>", NotAFeedError, "DTDForbidden"),
        (b"<!DOCTYPE feed SYSTEM 'file:///etc/hostname'><feed/>", NotAFeedError, "DTDForbidden"),
        (b"<?xml version='1.0' encoding='shift_jis'?><rss/>", RecordError, "encoding"),
        (b"<?xml version='1.0' encoding='cuneiform'?><rss/>", RecordError, "encoding"),
        (b"<?xml version='1.0' encoding='utf-16'?><rss/>", RecordError, "encoding"),
        (rss(item(1)).replace(b"cs.IR+cs.CL updates on arXiv.org", b"Feed error for query: cs.XX"), FeedError, "cs.XX"),
        (atom().replace(b"cs.IR updates on arXiv.org", b"Feed error for query: cs.XX"), FeedError, "cs.XX"),
        (rss(item(1, title="Soup & stew")), RecordError, "line 4"),
        (rss(item(1)).replace(b"Soup is", b"Caf\xe9 is"), RecordError, "line 5"),
        (rss(item(1)) + b"<html>Proxy</html>", RecordError, "junk after document element"),
        (rss(item(1)).replace(b"Mon, 16 Mar 2026", b"Someday"), RecordError, "Someday"),
        (rss(item(1)).replace(b"16 Mar 2026", b"16 Mar 99999999999999999999"), RecordError, "no date"),
    ],
)
def test_what_is_no_feed_is_an_error_and_never_an_empty_day(data, error, says):
    assert says in refused(data, error)


@BOTH
@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"kind": "novel"}, RecordError, "paper 2603.00002 has the announce type 'novel'"),
        ({"title": ""}, RecordError, "paper 2603.00002 has no title"),
        ({"title": " \n "}, RecordError, "paper 2603.00002 has no title"),
    ],
)
def test_an_error_names_the_paper(feed_of, one, changed, error, says):
    assert says in refused(feed_of(one(1), one(2, **changed), one(3)), error)


@BOTH
@pytest.mark.parametrize("number", [b"2613.00001", b"", b"1501.0001", b"soup"])
def test_a_malformed_number_is_told_with_the_title_of_its_paper(feed_of, one, number):
    data = feed_of(one(1, title="Leek soup")).replace(b"oai:arXiv.org:2603.00001v1", b"oai:arXiv.org:" + number)
    assert "paper 'Leek soup'" in refused(data, IdentifierError)


def test_a_date_of_atom_that_is_none():
    assert "2026-02-30" in refused(atom(entry(1)).replace(b"2026-03-16T00:00:00-04:00", b"2026-02-30T00:00:00Z"), RecordError)
    assert "soon" in refused(atom().replace(b"2026-03-16T04:00:19.866337+00:00", b"soon"), RecordError)


def test_an_error_entry_is_an_error():
    entry = (
        "<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_soup</id><title>Error</title><summary>incorrect id format for soup</summary></entry>"
    )
    assert "incorrect id format for soup" in refused(answer(entry, total=1), FeedError)


@pytest.mark.parametrize(
    "whole",
    [rss(item(1), item(2, "cross", title="<![CDATA[a > b]]> é &amp; <!-- c -->")), atom(entry(1), entry(2, "cross", title="Süppe")), answer(ANSWERED, total=1)],
    ids=["rss", "atom", "answer"],
)
def test_a_feed_cut_at_any_byte_is_an_error(whole):
    for cut in range(1, len(whole.rstrip())):
        with pytest.raises(TruncatedError) as caught:
            parse_feed(whole[:cut], "feed")
        assert len(str(caught.value).splitlines()) == 2
    assert parse_feed(whole.rstrip(), "feed") == parse_feed(whole, "feed")


def test_the_reference_feed(data):
    batch = read_source(str(data / "arxiv" / "reference" / "rss-cs.IR-2026-02-09.xml"))
    assert [a.kind.value for a in batch.announcements] == ["new"] * 5 + ["cross"] + ["replace"] * 2 + ["replace-cross"]
    assert [a.item.version for a in batch.announcements[-3:]] == [3, 2, 2]
    assert len({a.item.id for a in batch.announcements}) == 9
    assert all(a.item.text and a.item.creators and a.lists == ("cs.IR",) for a in batch.announcements)
    assert (batch.label, batch.labels, batch.repeated) == (date(2026, 2, 9), [date(2026, 2, 9)], 0)


def test_the_recorded_atom_excerpt(data):
    batch = read_source(str(data / "arxiv" / "fixtures" / "atom_cs.AI_2025-08-20.xml"))
    kinds = [a.kind for a in batch.announcements]
    assert (kinds.count(Announce.CROSS), kinds.count(Announce.NEW)) == (5, 2)
    assert batch.labels == [date(2025, 8, 20)]
    (paulo,) = (a.item for a in batch.announcements if "Paulo André Lima de Castro" in a.item.creators)
    assert r"Paulo Andr\'e Lima de Castro" in paulo.attributes["creators_verbatim"]
    assert not any(a.item.text.startswith("arXiv:") for a in batch.announcements)


def test_documents_of_another_protocol_are_no_feeds(data):
    for path in sorted((data / "arxiv" / "fixtures" / "oai").glob("*.xml")):
        with pytest.raises(SourceError):
            read_source(str(path))


def test_recorded_answers_of_the_query_interface(data):
    fixtures = data / "arxiv" / "fixtures"
    with pytest.raises(FeedError, match="incorrect id format"):
        read_source([str(path) for path in fixtures.glob("api_id_abc_*.json")])
    (nothing,) = fixtures.glob("api_id_0000.0000_*.json")
    assert read_source(str(nothing)).announcements == []
    (old,) = read_source([str(path) for path in fixtures.glob("api_id_quant-ph_*.json")]).announcements
    assert old.item.id == "quant-ph/0201082"
    pages = [read_source(str(path)).announcements for path in sorted(fixtures.glob("api_q_*.json"))]
    assert [len(p) for p in pages] == [10, 10, 10]
    assert all(a.item.published and a.item.announced is None for p in pages for a in p)
    assert any("Aurora Ramírez" in a.item.creators for p in pages for a in p)
