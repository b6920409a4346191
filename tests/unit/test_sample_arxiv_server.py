"""The double of arXiv as a server: its clock, its faults, what it keeps account of."""

import sys
import threading
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from arxiv_days import FRIDAY, MONDAY, SPACES, ListPage, all_told, days, eastern, listed, serving, told, tree

from broadsheet.core.clock import SetClock, WallClock
from broadsheet.core.errors import ConfigError, FeedError, NotAFeedError, TruncatedError
from broadsheet.core.schema import Announce
from broadsheet.sample.arxiv import FAULTS, ArxivServer, DayList, Fault, Faults
from broadsheet.sample.arxiv.faults import HAPPENS, SAID, SENT
from broadsheet.sources.feeds import parse_feed

NINE = eastern(MONDAY, 9)
SUNDAY = date(2026, 3, 8)
HARVEST = "/oai?verb=ListRecords&metadataPrefix=arXivRaw"


@pytest.fixture(scope="module")
def client():
    with httpx.Client(timeout=20) as one:
        yield one


def feed(client, server, path="/rss/cs.IR"):
    answer = client.get(server.url + path)
    assert answer.status_code == 200
    return parse_feed(answer.content, path)


def shown(client, server, path="/rss/cs.IR") -> list[str]:
    return [announced.item.id for announced in feed(client, server, path).announcements]


def test_the_clock_decides_what_each_interface_shows(client):
    with serving(eastern(SUNDAY, 19, 59)) as server:

        def state():
            listing = ListPage(client.get(f"{server.url}/list/cs.IR/new").text).headings[0].removeprefix("Showing new listings for ")
            total = told(tree(client.get(f"{server.url}/api/query?search_query=cat:cs.IR").content), "search:totalResults")
            harvested = len(all_told(tree(client.get(server.url + HARVEST).content), ".//oai:header"))
            return listing, len(shown(client, server)), total, harvested

        assert state() == ("Friday, 6 March 2026", 0, "4", 4)
        server.clock.at = eastern(SUNDAY, 20)
        assert state() == ("Monday, 9 March 2026", 0, "11", 4)
        server.clock.at = eastern(SUNDAY, 22)
        assert state() == ("Monday, 9 March 2026", 0, "11", 11)
        server.clock.at = eastern(MONDAY, 0)
        assert state() == ("Monday, 9 March 2026", 9, "11", 11)
        server.clock.at = eastern(date(2026, 3, 10), 0)
        assert state() == ("Monday, 9 March 2026", 0, "11", 11)


def test_the_clock_is_moved_over_http_and_the_machines_own_is_not(client):
    with serving(eastern(SUNDAY, 23)) as server:
        assert client.post(f"{server.url}/clock", json={"seconds": 3600}).json() == {"now": "2026-03-09T00:00:00-04:00"}
        assert len(shown(client, server)) == 9
        assert client.post(f"{server.url}/clock", json={"now": "2026-03-06T09:00-05:00"}).status_code == 200
        assert shown(client, server) == ["2603.90003", "2603.90004", "2603.90002"]
        for wrong in ({"now": "2026-03-06T09:00"}, {"now": "x"}, {"now": 3}, {"seconds": "x"}):
            assert client.post(f"{server.url}/clock", json=wrong).status_code == 409
        assert client.get(f"{server.url}/clock").json() == {"now": "2026-03-06T09:00:00-05:00"}
    with ArxivServer(days(), clock=WallClock()) as server:
        assert client.post(f"{server.url}/clock", json={"seconds": 1}).status_code == 409


def test_every_request_is_kept_account_of_but_not_those_to_the_double_itself(client):
    with serving(NINE, faults=["429:1x@rss"]) as server:
        client.get(f"{server.url}/rss/cs.IR", headers={"User-Agent": "reader/1 (ana@papers.example.org)"})
        server.clock.sleep(3)
        client.get(f"{server.url}/rss/cs.IR")
        client.get(f"{server.url}/nothing/here")
        first, second, third = server.served.requests
        assert (first.path, first.status, first.fault, first.agent) == ("/rss/cs.IR", 429, "429", "reader/1 (ana@papers.example.org)")
        assert (second.status, second.fault, third.status) == (200, "", 404)
        assert (first.at, second.at) == (NINE, NINE + timedelta(seconds=3))
        assert server.served.clock_gaps == [3.0, 0.0]
        assert all(gap > 0 for gap in server.served.gaps)
        told_by_http = client.get(f"{server.url}/served").json()
        assert told_by_http["statuses"] == {"200": 1, "404": 1, "429": 1}
        assert told_by_http["faults"] == {"429": 1}
        assert [row["path"] for row in told_by_http["rows"]] == [one.path for one in server.served.requests]
        server.forget()
        assert server.served.requests == ()
        assert server.served.summary()["least_gap"] is None


def test_requests_and_connections_at_once_are_counted():
    with serving(NINE, faults=["stall"], stall=30) as server:

        def ask():
            with httpx.Client(timeout=30) as own, pytest.raises(httpx.RemoteProtocolError):
                own.get(f"{server.url}/rss/cs.IR")

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        while len(server.served.requests) < 3:
            threads[0].join(0.01)
        server.over.set()
        for thread in threads:
            thread.join()
        assert (server.served.at_once, server.served.connections) == (3, 3)
        assert {one.status for one in server.served.requests} == {0}


def test_a_connection_that_is_kept_serves_one_request_after_another(client):
    with serving(NINE) as server:
        for path in ("/rss/cs.IR", "/atom/cs.IR", "/list/cs.IR/new"):
            client.get(server.url + path)
        assert (server.served.at_once, server.served.connections) == (1, 1)


@pytest.mark.parametrize("path", ["/rss/cs.IR", "/atom/cs.IR", "/list/cs.IR/new"])
def test_what_has_not_changed_is_not_sent_again(client, path):
    with serving(NINE) as server:
        first = client.get(server.url + path)
        tag, since = first.headers["ETag"], first.headers["Last-Modified"]
        assert parsedate_to_datetime(since) <= NINE
        for header in ({"If-None-Match": tag}, {"If-None-Match": f'"x", {tag}'}, {"If-Modified-Since": since}):
            again = client.get(server.url + path, headers=header)
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        old = "Sun, 01 Mar 2026 00:00:00 GMT"
        for header in ({"If-None-Match": '"x"'}, {"If-Modified-Since": old}, {"If-Modified-Since": "x"}, {"If-None-Match": '"x"', "If-Modified-Since": since}):
            assert client.get(server.url + path, headers=header).content == first.content
        server.clock.at = eastern(date(2026, 3, 6), 9)
        assert client.get(server.url + path, headers={"If-None-Match": tag}).status_code == 200
    with serving(NINE, faults=["error-200"]) as server:
        assert "ETag" not in client.get(server.url + path).headers


PATHS = {"rss": "/rss/cs.IR", "atom": "/atom/cs.IR", "list": "/list/cs.IR/new", "api": "/api/query?search_query=cat:cs.IR", "oai": HARVEST}


@pytest.mark.parametrize("face", PATHS)
def test_faults_in_place_of_an_answer(client, face):
    path = PATHS[face]
    with serving(NINE, retry_after="17") as server:
        whole = client.get(server.url + path).content
        for status in (429, 503):
            server.faults.set([str(status)])
            answer = client.get(server.url + path)
            assert (answer.status_code, answer.headers["Retry-After"]) == (status, "17")
            server.faults.set([f"{status}-bare"])
            answer = client.get(server.url + path)
            assert (answer.status_code, "Retry-After" in answer.headers) == (status, False)
        server.faults.set(["html-200"])
        answer = client.get(server.url + path)
        assert (answer.status_code, b"Rate exceeded" in answer.content) == (200, True)
        server.faults.set(["truncated"])
        assert client.get(server.url + path).content == whole[: len(whole) // 2]
        for status in (200, 400):
            server.faults.set([f"error-{status}"])
            answer = client.get(server.url + path)
            assert answer.status_code == status
            assert b"rror" in answer.content
        server.faults.set(["cut"])
        with httpx.Client() as own, pytest.raises(httpx.RemoteProtocolError, match="closed"):
            own.get(server.url + path)
        server.faults.set([])
        assert client.get(server.url + path).content == whole


def test_our_reader_tells_these_faults_apart(client):
    with serving(NINE) as server:
        for face in ("rss", "atom"):
            for name, error in (("html-200", NotAFeedError), ("truncated", TruncatedError), ("error-200", FeedError)):
                server.faults.set([name])
                with pytest.raises(error):
                    parse_feed(client.get(f"{server.url}/{face}/cs.IR").content, face)
        server.faults.set([])
        with pytest.raises(FeedError, match=r"cs\.XX"):
            feed(client, server, "/rss/cs.IR+cs.XX")
        assert client.get(f"{server.url}/list/cs.XX/new").status_code == 404


def test_a_refusal_may_name_a_date(client):
    with serving(NINE, faults=["503"], retry_after="+90") as server:
        answer = client.get(f"{server.url}/oai?verb=Identify")
        assert answer.headers["Retry-After"] == "Mon, 09 Mar 2026 13:01:30 GMT"
        assert answer.headers["Date"] == "Mon, 09 Mar 2026 13:00:00 GMT"


def test_a_body_that_drips_comes_a_byte_at_a_time():
    with serving(NINE, faults=["drip"], drip=0.02) as server, httpx.Client() as own:
        with own.stream("GET", f"{server.url}/rss/cs.IR") as answer:
            pieces = answer.iter_raw()
            first = [next(pieces) for _ in range(3)]
        assert all(len(piece) < 20 for piece in first)
        assert server.served.requests[0].fault == "drip"


@pytest.mark.parametrize(("face", "name"), [("rss", "pubDate"), ("atom", "published")])
def test_one_category_is_stale_under_todays_date(client, face, name):
    friday = DayList(FRIDAY, (listed(1, FRIDAY), listed(2, FRIDAY, lists=("cs.AI",), categories=("cs.AI",))))
    monday = DayList(MONDAY, (listed(3), listed(4, lists=("cs.AI",), categories=("cs.AI",)), listed(5, lists=("cs.AI", "cs.IR"))))
    with serving(NINE, [friday, monday], faults=["stale@cs.AI"]) as server:
        assert shown(client, server, f"/{face}/cs.AI") == ["2603.90002"]
        assert shown(client, server, f"/{face}/cs.IR") == ["2603.90003", "2603.90005"]
        assert sorted(shown(client, server, f"/{face}/cs.IR+cs.AI")) == ["2603.90002", "2603.90003", "2603.90005"]
        text = client.get(f"{server.url}/{face}/cs.AI").text
        assert ("lastBuildDate>Mon, 09 Mar" if face == "rss" else "<updated>2026-03-09") in text
        assert (f"{name}>Fri, 06 Mar" if face == "rss" else f"{name}>2026-03-06") in text
        assert ListPage(client.get(f"{server.url}/list/cs.AI/new").text).ids == ["2603.90004", "2603.90005"]
        server.faults.set(["stale-today@cs.AI"])
        text = client.get(f"{server.url}/{face}/cs.AI").text
        assert "2603.90002" in text
        assert "06 Mar" not in text
        assert "03-06" not in text


def test_pubdate_lags_behind_its_content(client):
    with serving(NINE, faults=["pubdate-lag"]) as server:
        late = feed(client, server)
        assert late.label == SUNDAY
        assert {announced.item.announced for announced in late.announcements} == {SUNDAY}
        assert len(late.announcements) == 9
        assert "<lastBuildDate>Mon, 09 Mar 2026 04:00:00" in client.get(f"{server.url}/rss/cs.IR").text


def test_an_announcement_that_is_late_is_late_everywhere(client):
    with serving(NINE, faults=["late"]) as server:
        assert feed(client, server).label == FRIDAY
        assert ListPage(client.get(f"{server.url}/list/cs.IR/new").text).headings[0].endswith("Friday, 6 March 2026")
        assert told(tree(client.get(server.url + PATHS["api"]).content), "search:totalResults") == "4"
        assert len(all_told(tree(client.get(server.url + HARVEST).content), ".//oai:header")) == 4


def test_an_empty_day_looks_like_a_holiday(client):
    with serving(NINE, faults=["empty"]) as server:
        assert (feed(client, server).label, shown(client, server), shown(client, server, "/atom/cs.IR")) == (MONDAY, [], [])
        page = ListPage(client.get(f"{server.url}/list/cs.IR/new").text)
        assert (page.ids, len(page.headings)) == ([], 1)
        assert told(tree(client.get(server.url + PATHS["api"]).content), "search:totalResults") == "0"
        assert tree(client.get(server.url + HARVEST).content).find("oai:error", SPACES).get("code") == "noRecordsMatch"


def test_a_feed_holds_2000_items_at_most_or_fewer_on_request(client):
    many = [DayList(MONDAY, tuple(listed(number) for number in range(12)))]
    with serving(NINE, many, most=10) as server:
        assert len(shown(client, server)) == 10
        assert len(ListPage(client.get(f"{server.url}/list/cs.IR/new").text).ids) == 12
        server.faults.set(["cap"])
        assert len(shown(client, server)) == 6
    assert ArxivServer(many).desk.most == 2000


def test_a_paper_stands_twice_once_as_cross(client):
    with serving(NINE, faults=["duplicate"]) as server:
        batch = feed(client, server).announcements
        twins = [announced for announced in batch if announced.item.id == batch[0].item.id]
        assert [announced.kind for announced in twins] == [Announce.NEW, Announce.CROSS]
        assert len(batch) == 10


def test_totals_and_pages_of_the_query_interface_that_do_not_fit(client):
    with serving(NINE, faults=["empty-page:1x", "wrong-total:1x"]) as server:
        first, second = (tree(client.get(server.url + PATHS["api"]).content) for _ in range(2))
        assert (told(first, "search:totalResults"), len(all_told(first, "atom:entry"))) == ("18", 0)
        assert (told(second, "search:totalResults"), len(all_told(second, "atom:entry"))) == ("11", 10)


def test_a_listing_that_counts_more_than_it_shows_and_one_of_another_layout(client):
    with serving(NINE, faults=["short-list"]) as server:
        page = ListPage(client.get(f"{server.url}/list/cs.IR/new").text)
        assert page.headings[1:] == ["New submissions (showing 6 of 6 entries)", "Replacement submissions (showing 3 of 3 entries)"]
        assert len(page.ids) == 8
        server.faults.set(["broken-list"])
        page = ListPage(client.get(f"{server.url}/list/cs.IR/new").text)
        assert (page.headings, page.ids) == ([], [])
        assert len(client.get(f"{server.url}/list/cs.IR/new?skip=6&show=2").content) > 100


def test_a_token_that_is_expired(client):
    with serving(NINE, page=5) as server:
        token = told(tree(client.get(server.url + HARVEST).content), "oai:ListRecords/oai:resumptionToken")
        again = f"{server.url}/oai?verb=ListRecords&resumptionToken={quote(token)}"
        server.faults.set(["token-expired:1x"])
        assert tree(client.get(again).content).find("oai:error", SPACES).get("code") == "badResumptionToken"
        assert len(all_told(tree(client.get(again).content), ".//oai:header")) == 5
        posted = client.post(f"{server.url}/oai", data={"verb": "ListRecords", "resumptionToken": token})
        assert len(all_told(tree(posted.content), ".//oai:header")) == 5
        server.clock.at = datetime(2026, 3, 10, tzinfo=UTC)
        assert tree(client.get(again).content).find("oai:error", SPACES).get("code") == "badResumptionToken"


def test_all_dates_of_a_skewed_clock_are_off(client):
    with serving(NINE, faults=["skew"], skew=timedelta(hours=26)) as server:
        answer = client.get(f"{server.url}/rss/cs.IR")
        assert answer.headers["Date"] == "Tue, 10 Mar 2026 15:00:00 GMT"
        assert feed(client, server).label == date(2026, 3, 10)
        assert len(shown(client, server)) == 9
        assert "Tuesday, 10 March" in client.get(f"{server.url}/list/cs.IR/new").text
        assert told(tree(client.get(f"{server.url}/oai?verb=Identify").content), "oai:responseDate") == "2026-03-10T15:00:00Z"
        server.faults.set([])
        assert client.get(f"{server.url}/rss/cs.IR").headers["Date"] == "Mon, 09 Mar 2026 13:00:00 GMT"


def test_what_happens_in_the_days_is_told_by_all_interfaces_alike(client):
    plain = [DayList(label, (listed(number, label),)) for number, label in enumerate((date(2026, 3, 5), FRIDAY, MONDAY))]
    with serving(NINE, plain, faults=["replaced-withdrawn@cs.AI", "old-id"]) as server:
        assert shown(client, server) == ["2603.90002", "cs/0503997", "2603.90000"]
        raw = tree(client.get(f"{server.url}/oai?verb=GetRecord&metadataPrefix=arXivRaw&identifier=oai:arXiv.org:2603.90000").content)
        assert len(all_told(raw, ".//raw:version")) == 3
        assert "withdrawn" in told(raw, ".//raw:comments")
        old = tree(client.get(f"{server.url}/api/query?id_list=cs/0503997").content)
        assert told(old, "atom:entry/atom:id") == "http://arxiv.org/abs/cs/0503997v2"
        assert {one.fault for one in server.served.requests} == {""}
        server.faults.set([])
        assert shown(client, server) == ["2603.90002"]


def test_faults_are_switched_over_http(client):
    with serving(NINE) as server:
        assert client.post(f"{server.url}/faults", json={"faults": ["429:0.25@rss", "503:2x"]}).json() == {"faults": ["429:0.25@rss", "503:2x"]}
        wrong = client.post(f"{server.url}/faults", json={"faults": ["426"]})
        assert (wrong.status_code, "no fault '426'" in wrong.json()["error"]) == (400, True)
        assert client.get(f"{server.url}/faults").json() == {"faults": ["429:0.25@rss", "503:2x"]}
        assert client.post(f"{server.url}/faults", content=b"{").status_code == 409


def test_a_fault_is_met_where_and_as_often_as_it_is_said():
    one = Faults(["429:2x@oai/cs.IR"])
    assert [bool(one.met(*asked)) for asked in (("rss", ["cs.IR"]), ("oai", ["cs.CL"]), ("oai", ["cs.IR"]), ("oai", ["cs.IR"]), ("oai", ["cs.IR"]))] == [
        False,
        False,
        True,
        True,
        False,
    ]
    often = Faults(["503:0.3"], seed=4)
    met = [bool(often.met("rss", ["cs.IR"])) for _ in range(2000)]
    assert 500 < sum(met) < 700
    again = Faults(["503:0.3"], seed=4)
    assert met == [bool(again.met("rss", ["cs.IR"])) for _ in range(2000)]
    assert [fault.name for fault in Faults(["429", "503", "cap", "stale"]).met("rss", ["cs.IR"])] == ["429", "cap", "stale"]
    assert not Faults(["stale", "cap", "duplicate", "token-expired", "empty-page"]).met("list", ["cs.IR"])


@pytest.mark.parametrize("stated", ["429:x", "429:1.5", "429:-1", "429:xx", "nothing", "429:"])
def test_a_fault_that_cannot_be_read_is_an_error(stated):
    with pytest.raises(ConfigError):
        Fault.read(stated)


def test_every_fault_is_named_once_and_written_as_it_is_read():
    assert len(FAULTS) == len(SENT) + len(SAID) + len(HAPPENS) == 28
    for stated in ("429:0.1", "503:2x@oai", "stale:1@cs.AI", "cut:1@rss/cs.IR"):
        assert str(Fault.read(stated)) == stated


def test_a_query_of_a_category_meets_that_categorys_fault(client):
    with serving(NINE, faults=["503@cs.IR"]) as server:
        asked = ["/oai?verb=ListRecords&metadataPrefix=arXiv&set=cs:cs:IR", "/oai?verb=ListRecords&metadataPrefix=arXiv&set=cs:cs:CL"]
        asked += ["/api/query?search_query=cat:cs.IR+AND+ti:x", "/api/query?search_query=cat:cs.CL", "/list/cs.IR/new", "/cs.CL", "/cs.IR"]
        assert [client.get(server.url + path).status_code for path in asked] == [503, 200, 503, 200, 503, 200, 503]


def test_a_port_that_is_taken_is_an_error():
    with ArxivServer(days(), clock=SetClock(NINE)) as server, pytest.raises(OSError, match="in use"), ArxivServer(days(), port=int(server.url[17:])):
        pass
