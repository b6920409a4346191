"""Harvests by OAI-PMH: every record once, whatever becomes of a token, and both forms of a record alike."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.arxiv_desk import Reply, oai, raw, record, records

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import FeedError, IdentifierError, NotAFeedError, RecordError, SourceNotFoundError, TruncatedError
from broadsheet.sources.arxiv.addresses import Addresses, ClientLimits
from broadsheet.sources.arxiv.client import ArxivClient
from broadsheet.sources.arxiv.oai import ExpiredTokenError, Harvested, RecordPage, harvest, parse_records

SINCE, UNTIL = date(2026, 2, 2), date(2026, 2, 6)
EXPIRED = Reply(oai("<error code='badResumptionToken'>The token is invalid or expired.</error>"))


@pytest.fixture
def client(desk, tmp_path):
    return ArxivClient(tmp_path, addresses=Addresses.of(desk.url), clock=SetClock(datetime(2026, 2, 9, 12, tzinfo=UTC)), limits=ClientLimits(answer=20.0))


def papers(*places):
    """Papers by number and day of February."""
    return [(f"2602.{number:05d}", f"2026-02-{day:02d}") for number, day in places]


def harvested(client, category="cs.IR"):
    return [record.id for record in client.harvest(category, SINCE, UNTIL)]


RAW = raw("""<id>2602.00001</id><submitter>Ana Ruiz</submitter>
<version version="v2"><date>Thu, 5 Feb 2026 09:30:00 GMT</date><size>20kb</size><source_type>D</source_type></version>
<version version="v1"><date>Mon, 2 Feb 2026 18:00:01 GMT</date><size>14kb</size></version>
<title>Soup and
  stew</title><authors>Ana Ruiz (1), Paulo Andr\\'e (1 and 2 (a guest)), Bo Li, Jr. and Zo\\"e Hill ((1) Kitchen, (2) Cellar)</authors>
<categories>cs.IR cs.CL</categories><comments>12 pages</comments><journal-ref>J. of Stew 1</journal-ref><doi>10.1000/1</doi>
<license>http://creativecommons.org/licenses/by/4.0/</license><abstract>  We stir &lt;soup&gt;.
</abstract>""")
SHORT = """<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2602.00001</id><created>2026-02-02</created><updated>2026-02-05</updated>
<authors><author><keyname>Ruiz</keyname><forenames>Ana</forenames></author><author><keyname>Andr\\'e</keyname><forenames>Paulo</forenames></author>
<author><keyname>Li</keyname><forenames>Bo</forenames><suffix>Jr.</suffix></author><author><keyname>Zo\\"e Hill</keyname></author></authors>
<title>Soup and
  stew</title><categories>cs.IR cs.CL</categories><comments>12 pages</comments><journal-ref>J. of Stew 1</journal-ref><doi>10.1000/1</doi>
<license>http://creativecommons.org/licenses/by/4.0/</license><abstract>  We stir &lt;soup&gt;.
</abstract></arXiv>"""


def page(inner):
    return oai(f"<ListRecords>{inner}</ListRecords>")


@pytest.mark.parametrize("form", [RAW, SHORT])
def test_both_forms_of_a_record_say_the_same(form):
    ((paper,), token) = parse_records(page(record("2602.00001", "2026-02-06", form)), "page")
    assert (paper.id, paper.datestamp, paper.title, paper.text) == ("2602.00001", date(2026, 2, 6), "Soup and\n  stew", "We stir <soup>.")
    assert [name.replace(",", "") for name in paper.creators] == ["Ana Ruiz", "Paulo André", "Bo Li Jr.", "Zoë Hill"]
    assert (paper.categories, paper.comment, paper.journal, paper.doi) == (("cs.IR", "cs.CL"), "12 pages", "J. of Stew 1", "10.1000/1")
    assert (paper.licence, paper.published, paper.withdrawn, paper.deleted) == ("http://creativecommons.org/licenses/by/4.0/", date(2026, 2, 2), False, False)
    assert token == ""
    item = paper.item(date(2026, 2, 6))
    assert (item.announced, item.published, item.url, item.attributes["primary"]) == (
        date(2026, 2, 6),
        date(2026, 2, 2),
        "https://arxiv.org/abs/2602.00001",
        "cs.IR",
    )


def test_the_raw_form_has_each_version_with_its_time():
    ((paper,), _) = parse_records(page(record("2602.00001", "2026-02-06", RAW)), "page")
    assert [(v.number, v.at.isoformat(), v.size, v.source) for v in paper.versions] == [
        (1, "2026-02-02T18:00:01+00:00", "14kb", ""),
        (2, "2026-02-05T09:30:00+00:00", "20kb", "D"),
    ]
    assert paper.version == paper.item().version == 2


def test_old_identifiers_deleted_and_withdrawn_papers():
    gone = "<record><header status='deleted'><identifier>oai:arXiv.org:2602.00009</identifier><datestamp>2026-02-06T01:02:03Z</datestamp></header></record>"
    said = RAW.replace("12 pages", "This paper has been withdrawn by the authors")
    silent = RAW.replace("<size>20kb</size><source_type>D</source_type>", "<size>0kb</size><source_type>I</source_type>")
    old = record("cond-mat/0102001", "2026-02-06", RAW)
    found, _ = parse_records(page(gone + record("2602.00001", "2026-02-06", said) + record("2602.00002", "2026-02-06", silent) + old), "page")
    assert [(p.id, p.withdrawn, p.deleted) for p in found] == [
        ("2602.00009", False, True),
        ("2602.00001", True, False),
        ("2602.00002", True, False),
        ("cond-mat/0102001", False, False),
    ]
    assert found[0] == Harvested("2602.00009", date(2026, 2, 6), deleted=True)


@pytest.mark.parametrize(
    ("data", "kind", "says"),
    [
        (page(record("2602.00001", "2026-02-06"))[:-30], TruncatedError, "ends before"),
        (b"<html>Rate exceeded</html>", NotAFeedError, "Rate exceeded"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", NotAFeedError, "no answer of OAI-PMH"),
        (page(""), FeedError, "no record"),
        (oai("<Identify/>"), RecordError, "lists no records"),
        (oai("<error code='badArgument'>No such set.</error>"), FeedError, "badArgument: No such set"),
        (page("<record/>"), RecordError, "no header"),
        (page(record("abc", "2026-02-06")), IdentifierError, "abc"),
        (page(record("2602.00001", "")), RecordError, "no datestamp"),
        (page(record("2602.00001", "yesterday")), RecordError, "yesterday"),
        (page(record("2602.00001", "2026-02-06", "<dc/>")), RecordError, "no metadata of a known form"),
        (page(record("2602.00001", "2026-02-06", RAW.replace("<title>Soup and\n  stew</title>", ""))), RecordError, "no title"),
        (page(record("2602.00001", "2026-02-06", RAW.replace("Thu, 5 Feb 2026 09:30:00 GMT", "once"))), RecordError, "no number or no date"),
        (page(record("2602.00001", "2026-02-06", RAW.replace('"v2"', '"two"'))), RecordError, "no number or no date"),
    ],
)
def test_what_is_no_page_of_records_is_an_error(data, kind, says):
    with pytest.raises(kind, match=says) as caught:
        parse_records(data, "page")
    assert len(str(caught.value).splitlines()) == 2


def test_a_harvest_follows_the_tokens_to_the_end(desk, client):
    token = "verb%3DListRecords%26skip%3D2"
    desk.says("/oai", Reply(records(papers((1, 2), (2, 3)), token)), Reply(records(papers((3, 6)), "")))
    assert harvested(client) == ["2602.00001", "2602.00002", "2602.00003"]
    assert desk.queries == [
        {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "set": "cs:cs:IR", "from": "2026-02-02", "until": "2026-02-06"},
        {"verb": "ListRecords", "resumptionToken": token},
    ]
    assert client.notes == []


def test_days_without_a_change_are_an_empty_harvest(desk, client):
    desk.says("/oai", Reply(oai("<error code='noRecordsMatch'/>")))
    assert harvested(client) == []


def test_what_cannot_be_harvested_is_not_asked_for(desk, client):
    with pytest.raises(SourceNotFoundError, match="oai_dc"):
        client.harvest("cs.IR", SINCE, UNTIL, prefix="oai_dc")
    with pytest.raises(SourceNotFoundError):
        client.harvest("cs:cs:IR", SINCE, UNTIL)
    assert desk.asked == []


def test_a_busy_server_is_waited_for_in_the_midst_of_a_harvest(desk, client):
    busy = Reply(status=503, headers=(("Retry-After", "30"),))
    cut = Reply(records(papers((2, 3)), "")[:-40])
    desk.says("/oai", Reply(records(papers((1, 2)), "t")), busy, cut, Reply(records(papers((2, 3)), "")))
    assert harvested(client) == ["2602.00001", "2602.00002"]
    assert [q.get("resumptionToken") for q in desk.queries] == [None, "t", "t", "t"]


def test_an_expired_token_loses_nothing_and_doubles_nothing(desk, client):
    desk.says(
        "/oai",
        Reply(records(papers((1, 2), (2, 3), (3, 3)), "t")),
        EXPIRED,
        Reply(records(papers((2, 3), (3, 3), (4, 3)), "u")),
        Reply(records(papers((5, 6)), "")),
    )
    assert harvested(client) == [f"2602.0000{i}" for i in range(1, 6)]
    assert [q.get("from") for q in desk.queries] == ["2026-02-02", None, "2026-02-03", None]
    assert "begins again on 2026-02-03" in client.notes[0]


def test_records_that_do_not_come_by_day_are_harvested_from_the_first_day_again(desk, client):
    desk.says(
        "/oai",
        Reply(records(papers((1, 5), (2, 3)), "t")),
        EXPIRED,
        Reply(records(papers((1, 5), (2, 3)), "u")),
        Reply(records(papers((3, 2), (1, 6)), "")),
    )
    assert harvested(client) == ["2602.00001", "2602.00002", "2602.00003", "2602.00001"], "a paper that changed meanwhile comes with its change"
    assert [q.get("from") for q in desk.queries] == ["2026-02-02", None, "2026-02-02", None]


def test_a_harvest_that_gets_nowhere_ends_with_an_error(desk, client):
    desk.says("/oai", *[Reply(records(papers((1, 2)), "t")), EXPIRED] * 20)
    with pytest.raises(ExpiredTokenError, match="invalid or expired"):
        harvested(client)
    assert len(desk.asked) == 8
    desk.says("/oai", EXPIRED)
    with pytest.raises(ExpiredTokenError):
        harvested(client)
    desk.says("/oai", Reply(records(papers((1, 2)), "same")))
    with pytest.raises(FeedError, match="would not end"):
        harvested(client)


@given(days=st.lists(st.integers(2, 6), max_size=30), size=st.integers(1, 7), by_day=st.booleans(), lives=st.lists(st.integers(0, 4), max_size=3))
def test_whatever_expires_each_record_that_comes_by_day_comes_once(days, size, by_day, lives):
    """`lives` are how many tokens are taken before one is not; then all are."""
    kept = papers(*enumerate(sorted(days) if by_day else days))
    left = [*lives]

    def ask(url, read):
        del read
        if "#" in url:
            day, place = url.partition("=")[2].split("#")
            if left:
                if left[0] == 0:
                    left.pop(0)
                    raise ExpiredTokenError("The token is expired.", "Begin again.")
                left[0] -= 1
        else:
            day, place = url, "0"
        due = [paper for paper in kept if paper[1] >= day]
        shown = due[int(place) : int(place) + size]
        token = f"{day}#{int(place) + size}" if int(place) + size < len(due) else ""
        return RecordPage(tuple(Harvested(key, date.fromisoformat(stamp)) for key, stamp in shown), token)

    class Tokens(Addresses):
        def resumed_at(self, token):
            return f"token={token}"

    given_ = [r.id for r in harvest(ask, lambda day: day.isoformat(), SINCE, lambda _: None, addresses=Tokens())]
    assert len(given_) == len(set(given_))
    # arXiv gives records by day. Where a server does not, and that is not seen before its token expires, the day to begin again on is a guess.
    if by_day or not lives:
        assert sorted(given_) == [key for key, _ in sorted(kept)]
