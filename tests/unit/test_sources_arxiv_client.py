"""The client of arXiv against servers on loopback: what it gives, what it raises, how it waits."""

import gzip
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest
from tests.unit.arxiv_desk import Reply, error, results, rss

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import (
    FeedError,
    NetworkError,
    NotAFeedError,
    RecordError,
    RefusedError,
    SourceNotFoundError,
    ThrottledError,
    TruncatedError,
)
from broadsheet.core.schema import Announce
from broadsheet.sources.arxiv.addresses import Addresses, ClientLimits
from broadsheet.sources.arxiv.client import ArxivClient
from broadsheet.sources.arxiv.gate import Gate

NOON = datetime(2026, 2, 9, 12, tzinfo=UTC)
DAY = Reply(rss("cs.IR", ["2602.00001v1 new", "2602.00002v2 replace"]))
BUSY = Reply(b"Rate exceeded.", 503)


@pytest.fixture
def client(desk, tmp_path):
    """A client of the desk, whose waits pass at once."""
    return client_of(desk, tmp_path)


def client_of(desk, home, **limits):
    clock = SetClock(NOON)
    return ArxivClient(
        home, addresses=Addresses.of(desk.url), clock=clock, gate=Gate(home / "gate", clock=clock), limits=ClientLimits(**{"answer": 20.0, **limits})
    )


def waited(client):
    """How long it took by the client's clock, in seconds."""
    return (client.clock.now() - NOON).total_seconds()


def refused(error, call, *args, **options):
    """Return the error, after checking that it says what is wrong and what mends it."""
    with pytest.raises(error) as caught:
        call(*args, **options)
    assert len(str(caught.value).splitlines()) == 2
    assert caught.type is error
    return caught.value


def test_a_feed_is_what_its_server_announces(desk, client, monkeypatch):
    monkeypatch.setenv("BROADSHEET_CONTACT", "ana@papers.example.org")
    desk.says("/rss/cs.IR", DAY)
    feed = client.feed(["cs.IR"])
    assert (feed.label, feed.lists, feed.capped) == (date(2026, 2, 9), ("cs.IR",), ())
    assert [(a.item.id, a.kind) for a in feed.announcements] == [("2602.00001", Announce.NEW), ("2602.00002", Announce.REPLACE)]
    ((path, headers),) = desk.asked
    assert path == "/rss/cs.IR"
    assert "ana@papers.example.org" in headers["User-Agent"]
    assert headers["Connection"] == "close"


def test_a_day_without_papers_is_an_empty_feed_and_no_error(desk, client):
    desk.says("/rss/cs.IR+cs.CL", Reply(rss("cs.IR+cs.CL", [])))
    feed = client.feed(["cs.IR", "cs.CL", "cs.IR"])
    assert (feed.label, feed.announcements) == (date(2026, 2, 9), ())


@pytest.mark.parametrize("names", [[], ["cs.IR+cs.CL"], ["../x"], ["cs.IR", ""], ["cs.IR?x"]])
def test_what_names_no_category_is_not_asked_for(desk, client, names):
    refused(SourceNotFoundError, client.feed, names)
    assert desk.asked == []


def test_addresses_are_arxivs_own_or_those_of_one_base(monkeypatch, tmp_path):
    monkeypatch.delenv("BROADSHEET_ARXIV", raising=False)
    assert ArxivClient(tmp_path).addresses == Addresses(
        "https://rss.arxiv.org", "https://arxiv.org/list", "https://export.arxiv.org/api/query", "https://oaipmh.arxiv.org/oai"
    )
    monkeypatch.setenv("BROADSHEET_ARXIV", "http://127.0.0.1:8000/mirror/rss/")
    assert ArxivClient(tmp_path).addresses == Addresses.of("http://127.0.0.1:8000/mirror")


CUT = Reply(DAY.body[:-20])
PAGE = Reply(b"<html><body><h1>Rate exceeded.</h1>Come back&nbsp;later</body></html>")


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (CUT, TruncatedError, "ends before its last element"),
        (PAGE, NotAFeedError, "It says: Rate exceeded. Come back later"),
        (Reply(b"Rate exceeded."), NotAFeedError, "It says: Rate exceeded."),
        (Reply(b""), NotAFeedError, "no XML"),
        (BUSY, ThrottledError, "answered 503"),
        (Reply(status=429), ThrottledError, "answered 429"),
        (Reply(status=502), RefusedError, "answered 502"),
        (Reply(gzip.compress(DAY.body)[:-30], headers=(("Content-Encoding", "gzip"),)), TruncatedError, "ends before"),
    ],
)
def test_a_fault_that_may_pass_is_tried_again_and_then_told(desk, tmp_path, reply, kind, says):
    client = client_of(desk, tmp_path, tries=3)
    desk.says("/rss/cs.IR", reply)
    assert says in refused(kind, client.feed, ["cs.IR"]).what
    assert len(desk.asked) == 3
    desk.says("/rss/cs.IR", reply, reply, DAY)
    assert len(client.feed(["cs.IR"]).announcements) == 2
    assert len(desk.asked) == 6


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (Reply(error("cs.XX is no category")), FeedError, "cs.XX is no category"),
        (Reply(error("cs.XX is no category"), 400), FeedError, "cs.XX is no category"),
        (Reply(rss("Feed error for query: cs.XX", [])), FeedError, "cs.XX"),
        (Reply(b"<html>no</html>", 400), RefusedError, "answered 400"),
        (Reply(DAY.body, 400), RefusedError, "answered 400"),
        (Reply(status=403), RefusedError, "answered 403"),
        (Reply(status=404), RefusedError, "answered 404"),
        (Reply(status=304), RefusedError, "answered 304"),
        (Reply(DAY.body.replace(b"On 2602.00001v1", b"Soup & stew")), RecordError, "well-formed"),
        (Reply(DAY.body.replace(b"<title>On 2602.00001v1</title>", b"")), RecordError, "no title"),
        (Reply(b"<opml/>"), NotAFeedError, "opml"),
    ],
)
def test_a_fault_that_stays_is_told_at_once(desk, tmp_path, reply, kind, says):
    client = client_of(desk, tmp_path, tries=1 if kind is NotAFeedError else 5)
    desk.says("/rss/cs.IR", reply)
    assert says in refused(kind, client.feed, ["cs.IR"]).what
    assert len(desk.asked) == 1


@pytest.mark.parametrize(("after", "seconds"), [("40", 40), ("0", 3), ("1.5", 3), ("date", 90), ("past", 3)])
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_a_server_names_is_kept_in_seconds_and_as_a_date(desk, client, status, after, seconds):
    dates = {"date": NOON + timedelta(seconds=90), "past": NOON - timedelta(days=1)}
    named = format_datetime(dates[after], usegmt=True) if after in dates else after
    desk.says("/rss/cs.IR", Reply(status=status, headers=(("Retry-After", named),)), DAY)
    client.feed(["cs.IR"])
    assert seconds <= waited(client) < seconds + 0.1


@pytest.mark.parametrize("named", [None, "soon", "-5", "Mon, 99 Foo 2026"])
def test_without_a_wait_it_doubles_with_jitter_that_a_seed_repeats(desk, tmp_path, named, monkeypatch):
    monkeypatch.setenv("BROADSHEET_CONTACT", "ana@papers.example.org")
    reply = Reply(status=503, headers=(("Retry-After", named),) if named else ())
    desk.says("/rss/cs.IR", reply)
    sums = []
    for run in range(2):
        client = client_of(desk, tmp_path / str(run), tries=4, backoff=8.0)
        assert refused(ThrottledError, client.feed, ["cs.IR"]).retry_after is None
        sums.append(waited(client))
    assert sums[0] == sums[1]
    assert 0.5 * 8 * 7 <= sums[0] <= 1.5 * 8 * 7
    monkeypatch.setenv("BROADSHEET_CONTACT", "zoe@papers.example.org")
    client = client_of(desk, tmp_path / "other", tries=4, backoff=8.0)
    refused(ThrottledError, client.feed, ["cs.IR"])
    assert waited(client) != sums[0]


def test_a_wait_longer_than_the_longest_is_told_and_not_waited_for(desk, tmp_path):
    client = client_of(desk, tmp_path, longest_wait=60)
    desk.says("/rss/cs.IR", Reply(status=503, headers=(("Retry-After", "3600"),)))
    fault = refused(ThrottledError, client.feed, ["cs.IR"])
    assert (fault.retry_after, waited(client), len(desk.asked)) == (3600, 0, 1)
    assert "wait 3600 s" in fault.what


def test_a_call_is_over_by_its_deadline(desk, tmp_path):
    client = client_of(desk, tmp_path, deadline=250, tries=99)
    desk.says("/rss/cs.IR", Reply(status=503, headers=(("Retry-After", "100"),)))
    refused(ThrottledError, client.feed, ["cs.IR"])
    assert (waited(client), len(desk.asked)) == (200, 3)


def test_a_server_that_drips_is_given_up_and_its_connection_closed(desk, tmp_path):
    desk.says("/rss/cs.IR", Reply(None))
    # On a very busy machine the time may be over before anything was asked.
    for answer in (0.2, 2, 20):
        fault = refused(NetworkError, client_of(desk, tmp_path, answer=answer, tries=1).feed, ["cs.IR"])
        assert f"within {answer:g} s" in fault.what
        if desk.asked:
            break
    assert desk.gone.wait(2), "the server still has its connection"


def test_a_body_without_end_is_given_up(desk, tmp_path):
    client = client_of(desk, tmp_path, body=10_000)
    packed = gzip.compress(b" " * 200_000)
    desk.says("/rss/cs.IR", Reply(b" " * 10_001), Reply(packed, headers=(("Content-Encoding", "gzip"),)))
    for _ in range(2):
        assert "10,000 bytes" in refused(NetworkError, client.feed, ["cs.IR"]).what
    assert len(desk.asked) == 2


def test_redirects_are_followed_a_few_times_each_in_its_turn(desk, client):
    desk.says("/rss/cs.IR", Reply(status=301, headers=(("Location", "/rss/new"),)))
    desk.says("/rss/new", DAY)
    assert len(client.feed(["cs.IR"]).announcements) == 2
    assert waited(client) >= 3
    desk.says("/rss/new", Reply(status=302, headers=(("Location", "/rss/new"),)))
    assert "more than 3 times" in refused(NetworkError, client.feed, ["cs.IR"]).what


def test_what_has_not_changed_is_not_sent_again(desk, client, tmp_path):
    marks = (("ETag", '"a"'), ("Last-Modified", "Mon, 09 Feb 2026 05:00:00 GMT"))
    desk.says("/rss/cs.IR", DAY._replace(headers=marks), Reply(status=304))
    first = client.feed(["cs.IR"])
    assert client.feed(["cs.IR"]) == first
    assert client_of(desk, tmp_path).feed(["cs.IR"]) == first
    assert [h.get("If-None-Match") for _, h in desk.asked] == [None, '"a"', '"a"']
    assert [h.get("If-Modified-Since") for _, h in desk.asked] == [None, marks[1][1], marks[1][1]]
    desk.says("/rss/cs.IR", Reply(rss("cs.IR", [])))
    assert client.feed(["cs.IR"]).announcements == ()
    assert client.notes == []


@pytest.mark.parametrize(
    "harm", [lambda b: b[:-9], lambda b: b"", lambda b: b"{}\n", lambda b: b"[1]\n", lambda b: b.replace(b"2602.00001", b"2602.00003"), lambda b: b"\xff" + b]
)
def test_an_answer_that_was_kept_and_is_damaged_is_discarded_and_said(desk, client, tmp_path, harm):
    desk.says("/rss/cs.IR", DAY._replace(headers=(("ETag", '"a"'),)))
    first = client.feed(["cs.IR"])
    (kept,) = (tmp_path / "arxiv" / "answers").iterdir()
    kept.write_bytes(harm(kept.read_bytes()))
    assert client.feed(["cs.IR"]) == first
    assert "If-None-Match" not in desk.asked[1][1]
    (note,) = client.notes
    assert "discarded" in note
    assert client.feed(["cs.IR"]) == first
    assert desk.asked[2][1]["If-None-Match"] == '"a"'


def test_only_what_could_be_read_is_kept(desk, client):
    marks = (("ETag", '"bad"'),)
    desk.says("/rss/cs.IR", PAGE._replace(headers=marks), CUT._replace(headers=marks), DAY)
    assert len(client.feed(["cs.IR"]).announcements) == 2
    assert all("If-None-Match" not in headers for _, headers in desk.asked)


def test_a_kept_answer_that_cannot_be_read_any_more_is_asked_for_anew(desk, client, monkeypatch):
    desk.says("/rss/cs.IR", DAY._replace(headers=(("ETag", '"a"'),)), Reply(status=304), DAY)
    client.feed(["cs.IR"])
    real, faults = client._feed.__globals__["parse_feed"], [RecordError("A rule of today.", "Ask again.")]
    monkeypatch.setattr("broadsheet.sources.arxiv.client.parse_feed", lambda *a: real(*a) if not faults else (_ for _ in ()).throw(faults.pop()))
    assert len(client.feed(["cs.IR"]).announcements) == 2
    assert "A rule of today" in client.notes[0]


def test_answers_that_cannot_be_kept_are_given_all_the_same(desk, client, tmp_path):
    (tmp_path / "arxiv").mkdir()
    (tmp_path / "arxiv" / "answers").write_text("a file where a folder belongs")
    desk.says("/rss/cs.IR", DAY._replace(headers=(("ETag", '"a"'),)))
    assert len(client.feed(["cs.IR"]).announcements) == 2
    assert any("could not be kept" in note for note in client.notes)


def test_the_oldest_answers_make_room(desk, client, tmp_path):
    client._asker.cache.most = 3 * len(DAY.body)
    for name in ("cs.AI", "cs.CL", "cs.IR", "cs.LG"):
        desk.says(f"/rss/{name}", DAY._replace(headers=(("ETag", '"a"'),)))
        client.feed([name])
    assert len(list((tmp_path / "arxiv" / "answers").iterdir())) == 2
    client.feed(["cs.LG"])
    assert desk.asked[-1][1]["If-None-Match"] == '"a"'


def test_a_feed_as_long_as_feeds_may_be_is_asked_for_by_category(desk, tmp_path):
    client = client_of(desk, tmp_path, feed_items=3)
    desk.says("/rss/cs.IR+cs.CL", Reply(rss("cs.IR+cs.CL", ["2602.00001v1 new", "2602.00002v1 new", "2602.00003v1 new"])))
    desk.says("/rss/cs.IR", Reply(rss("cs.IR", ["2602.00001v1 new", "2602.00002v1 cross"])))
    desk.says("/rss/cs.CL", Reply(rss("cs.CL", ["2602.00002v1 new", "2602.00004v1 new"])))
    feed = client.feed(["cs.IR", "cs.CL"])
    assert {a.item.id: (a.lists, a.kind) for a in feed.announcements} == {
        "2602.00001": (("cs.IR",), Announce.NEW),
        "2602.00002": (("cs.IR", "cs.CL"), Announce.NEW),
        "2602.00004": (("cs.CL",), Announce.NEW),
    }
    assert (feed.label, feed.lists, feed.capped) == (date(2026, 2, 9), ("cs.IR", "cs.CL"), ())
    assert "by itself" in client.notes[0]


def test_a_category_that_is_cut_even_by_itself_is_named(desk, tmp_path):
    client = client_of(desk, tmp_path, feed_items=2)
    for name in ("cs.IR+cs.CL", "cs.CL"):
        desk.says(f"/rss/{name}", Reply(rss(name, ["2602.00001v1 new", "2602.00002v1 new"])))
    desk.says("/rss/cs.IR", Reply(rss("cs.IR", ["2602.00001v1 new"])))
    assert client.feed(["cs.IR", "cs.CL"]).capped == ("cs.CL",)
    assert client.feed(["cs.CL"]).capped == ("cs.CL",)
    assert "some may be missing" in client.notes[-1]


KEYS = [f"2602.0000{i}v1" for i in range(8)]


def paged(query, of=KEYS):
    start, most = int(query["start"]), int(query["max_results"])
    return Reply(results(of[start : start + most], len(of), start))


def ids_of(announcements):
    return [f"{a.item.id}v{a.item.version}" for a in announcements]


def test_a_query_gives_all_pages_or_as_many_as_are_wanted(desk, tmp_path):
    client = client_of(desk, tmp_path, page=3)
    desk.says("/api/query", paged)
    assert ids_of(client.query("cat:cs.IR")) == KEYS
    assert [(q["start"], q["max_results"], q["search_query"], q["sortOrder"]) for q in desk.queries] == [(s, "3", "cat:cs.IR", "ascending") for s in "036"]
    assert ids_of(client.query("cat:cs.IR", start=2, most=4)) == KEYS[2:6]
    assert ids_of(client.query("cat:cs.IR", start=5)) == KEYS[5:]
    assert ids_of(client.query("cat:cs.IR", start=8)) == []
    asked = len(desk.asked)
    assert client.query("cat:cs.IR", most=0) == []
    assert client.query() == client.query(ids=[]) == []
    assert len(desk.asked) == asked


def test_a_query_that_finds_nothing_is_empty_and_a_page_that_should_hold_papers_is_asked_for_again(desk, client):
    desk.says("/api/query", Reply(results([], 0)))
    assert client.query("ti:nothing") == []
    desk.says("/api/query", Reply(results([], 2)), Reply(results(KEYS[:1], 2)), Reply(results(KEYS[:2], 2, start=5)), Reply(results(KEYS[:2], 2)))
    assert ids_of(client.query("cat:cs.IR")) == KEYS[:2]
    assert len(desk.asked) == 5
    desk.says("/api/query", Reply(results([], 2)))
    with pytest.raises(FeedError, match="holds none"):
        client.query("cat:cs.IR")
    desk.says("/api/query", Reply(results(KEYS[:1], 2)))
    with pytest.raises(FeedError, match="2 papers from place 0 on are due, and the page holds 1"):
        client.query("cat:cs.IR")
    desk.says("/api/query", DAY)
    with pytest.raises(NotAFeedError):
        client.query("cat:cs.IR")


def test_a_list_that_moves_under_the_pages_gives_each_paper_once(desk, tmp_path):
    client = client_of(desk, tmp_path, page=3)
    desk.says("/api/query", lambda q: paged(q, KEYS[:5]), lambda q: paged(q, ["2602.00009v1", *KEYS[:5]]))
    assert ids_of(client.query("cat:cs.IR")) == KEYS[:5]


def test_more_than_the_interface_gives_is_an_error_before_it_is_fetched(desk, tmp_path):
    client = client_of(desk, tmp_path, page=2, results=6)
    desk.says("/api/query", paged)
    assert "8 papers match" in refused(FeedError, client.query, "cat:cs.IR").what
    assert len(desk.asked) == 1
    assert ids_of(client.query("cat:cs.IR", most=6)) == KEYS[:6]
    assert "up to place 7" in refused(FeedError, client.query, "cat:cs.IR", most=7).what


def test_many_identifiers_are_asked_for_in_parts(desk, client):
    keys = [f"2602.{i:05d}v1" for i in range(450)]
    desk.says("/api/query", lambda q: paged(q, [k for k in q["id_list"].split(",") if k != keys[7]]))
    assert ids_of(client.query(ids=keys)) == keys[:7] + keys[8:]
    assert [len(q["id_list"].split(",")) for q in desk.queries] == [200, 200, 50]
    assert ids_of(client.query(ids=keys, start=10, most=5)) == keys[11:16]


def test_an_identifier_that_is_none_is_told_by_what_the_server_says(desk, client):
    desk.says("/api/query", Reply(error("incorrect id format for abc"), 400))
    assert "incorrect id format for abc" in refused(FeedError, client.query, ids=["abc"]).what
    assert len(desk.asked) == 1


LISTING = """<!DOCTYPE html><html lang="en"><head><title>Information Retrieval</title></head><body><h1>Information Retrieval</h1>
<h3>Showing new listings for Monday,
9 February 2026</h3><div class='paging'>Total of {total} entries</div>{parts}</body></html>"""


def listing(parts, total):
    return Reply(LISTING.format(total=total, parts="".join(f"<dl><h3>{part} entries)</h3></dl>" for part in parts)).encode())


def test_a_listing_states_its_date_and_counts(desk, client):
    desk.says(
        "/list/cs.IR/new",
        listing(["New submissions (showing 12 of 12", "Cross submissions (showing 5 of 5", "Replacement submissions (showing first 3 of 9"], 26),
    )
    assert client.listing("cs.IR") == (date(2026, 2, 9), 12, 5, 9, 26, 20, ())
    desk.says("/list/cs.IR/new", listing(["Replacement submissions (showing 1 of 1"], 1))
    assert client.listing("cs.IR") == (date(2026, 2, 9), 0, 0, 1, 1, 1, ())


@pytest.mark.parametrize("body", [LISTING.format(total=0, parts=""), LISTING.format(total=0, parts="<p>No updates today.</p>")])
def test_a_quiet_day_is_a_listing_of_nothing(desk, client, body):
    desk.says("/list/cs.IR/new", Reply(body.encode()))
    assert client.listing("cs.IR") == (date(2026, 2, 9), 0, 0, 0, 0, 0, ())


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (listing(["New submissions (showing 12 of 12"], 12).body[:-8], TruncatedError, "before it is closed"),
        (b"<html><h1>Rate exceeded.</h1></html>", NotAFeedError, "It says: Rate exceeded."),
        (b"Rate exceeded.", NotAFeedError, "It says: Rate exceeded."),
        (DAY.body, NotAFeedError, "no listing"),
        (listing([], 7).body, RecordError, "no counts"),
        (listing(["New submissions (showing 12 of 12"], 13).body, RecordError, "counts 13 papers, and its parts 12"),
        (listing(["New submissions (showing 12 of 12"], 12).body.replace(b"9 Feb", b"31 Feb"), RecordError, "no date"),
    ],
)
def test_a_listing_without_date_or_counts_is_no_quiet_day(desk, tmp_path, body, kind, says):
    client = client_of(desk, tmp_path, tries=2)
    desk.says("/list/cs.IR/new", Reply(body))
    assert says in refused(kind, client.listing, "cs.IR").what
    assert len(desk.asked) == (1 if kind is RecordError else 2)
