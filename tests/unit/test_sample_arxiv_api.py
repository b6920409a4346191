"""The double's query interface: what fits a query, pages, versions, and errors as arXiv reports them."""

import json
import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from arxiv_days import MONDAY, SPACES, all_told, days, listed, told, tree

from broadsheet.sample.arxiv import DayList, api
from broadsheet.sample.arxiv.archive import Archive
from broadsheet.sources.feeds import parse_feed

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
KNOWN = Archive(days()).known(MONDAY)


def ask(known=KNOWN, **parameters):
    return api.answer({name: str(value) for name, value in parameters.items()}, known, NOW)


def forms(element) -> list[tuple]:
    """Return the elements of a document in order: name, attributes' names, and the same of what is within; repeats of one form in a row once."""
    inner = [(child.tag, tuple(sorted(child.attrib)), tuple(forms(child))) for child in element]
    return [form for place, form in enumerate(inner) if place == 0 or form != inner[place - 1]]


def recorded(data, start: str) -> tuple[str, bytes]:
    """Return the address and the body of a recorded answer."""
    (path,) = (data / "arxiv" / "fixtures").glob(f"{start}*.json")
    held = json.loads(path.read_text(encoding="utf-8"))
    return held["url"], held["body"].encode()


@pytest.mark.data
@pytest.mark.parametrize("start", ["api_id_abc", "api_id_0000"])
def test_an_answer_without_papers_is_the_recorded_one_byte_for_byte(data, start):
    url, body = recorded(data, start)
    when = datetime.fromisoformat(told(tree(body), "atom:updated"))
    answer = api.answer(dict(parse_qsl(urlsplit(url).query)), KNOWN, when)
    named = re.compile(rb"(?<=<id>https://arxiv.org/api/)[\w+/]{27}(?=</id>)")
    assert named.sub(b"", answer.body) == named.sub(b"", body)


@pytest.mark.data
def test_an_entry_has_the_elements_of_the_recorded_ones_in_their_order(data):
    root = tree(recorded(data, "api_q_testing_s0")[1])
    full = next(entry for entry in root.findall("atom:entry", SPACES) if len(all_told(entry, "arxiv:doi")) == 1 == len(all_told(entry, "arxiv:comment")))
    ours = tree(ask(id_list="2603.90004").body)
    assert forms(ours.find("atom:entry", SPACES)) == forms(full)
    assert [child.tag for child in ours][:7] == [child.tag for child in root][:7]


def ids(answer) -> list[str]:
    assert answer.status == 200
    return [one.rpartition("/")[2] for one in all_told(tree(answer.body), "atom:entry/atom:id")]


def test_a_page_is_in_the_recorded_form_and_our_reader_gets_every_field_back():
    answer = ask(id_list="2603.90004,2603.90005v1")
    root = tree(answer.body)
    assert told(root, "atom:title") == "arXiv Query: search_query=&id_list=2603.90004,2603.90005v1&start=0&max_results=10"
    assert [told(root, f"search:{name}") for name in ("itemsPerPage", "totalResults", "startIndex")] == ["10", "2", "0"]
    entry = root.find("atom:entry", SPACES)
    heads = [child.tag.rpartition("}")[2] for child in entry]
    assert heads == "id title updated link link summary category category published comment primary_category journal_ref author author doi link".split()
    assert told(entry, "atom:id") == "http://arxiv.org/abs/2603.90004v1"
    assert [link.get("rel") for link in entry.findall("atom:link", SPACES)] == ["alternate", "related", "related"]
    cross, old = (one.item for one in parse_feed(answer.body, "api").announcements)
    assert (cross.title, cross.text, cross.creators, cross.categories) == ("Paper 4", "What paper 4 says.", ("Ana Ruiz", "Ondřej Wójcik"), ("stat.ML", "cs.IR"))
    assert cross.attributes == {"comment": "12 pages", "doi": "10.5555/x", "journal": "J. Lamps 3", "primary": "stat.ML"}
    assert (old.title, old.text, old.version, old.published) == ("First name", "First words.", 1, date(2025, 1, 7))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cat:stat.ML", "4"),
        ("cat:cs.*", "1 2 3 4 10 11 12 13 14 15 5"),
        ("cat:cs.CL AND cat:cs.IR", "3 5"),
        ('cat:cs.CL ANDNOT ti:"paper 5"', "3"),
        ('ti:renamed OR (co:"12 pages" AND au:wójcik)', "1 4"),
        ("all:again", "2"),
        ("ti:Paper_1,_renamed", "1"),
        ("id:2603.90010", "10"),
        ("submittedDate:[20250101 TO 20251231]", "5"),
        ("lastUpdatedDate:[* TO 202603060000]", "3 4"),
        ("nothing_like_it", ""),
    ],
)
def test_what_fits_a_query(query, found):
    assert ids(ask(search_query=query, max_results=50)) == [f"2603.9{int(n):04}v{len(KNOWN[f'2603.9{int(n):04}'].versions)}" for n in found.split()]


def test_a_query_within_ids_and_in_an_order():
    assert ids(ask(search_query="cat:cs.CL", id_list="2603.90001,2603.90003")) == ["2603.90003v1"]
    up = ids(ask(search_query="cat:cs.IR", sortBy="submittedDate", sortOrder="ascending", max_results=50))
    assert up[0] == "2603.90005v3"
    assert ids(ask(search_query="cat:cs.IR", sortBy="submittedDate", max_results=50)) == up[::-1]


def test_pages_have_the_same_total_and_meet_no_paper_twice():
    pages = [ask(search_query="cat:cs.IR", start=start, max_results=4) for start in (0, 4, 8, 12)]
    assert sorted(one for page in pages for one in ids(page)) == sorted(ids(ask(search_query="cat:cs.IR", max_results=50)))
    assert {told(tree(page.body), "search:totalResults") for page in pages} == {"11"}
    assert ids(pages[-1]) == []


def test_what_is_not_there_is_no_error():
    assert ids(ask(id_list="2603.90099")) == []
    assert ids(ask(id_list="2603.90001v9")) == []
    assert told(tree(ask(id_list="2603.90099").body), "search:totalResults") == "0"


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"id_list": "abc"}, "incorrect id format for abc"),
        ({"search_query": "cat:cs.IR", "start": "x"}, "start must be an integer"),
        ({"search_query": "cat:cs.IR", "start": "-1"}, "start must be non-negative"),
        ({"search_query": "cat:cs.IR", "start": "29000", "max_results": "1001"}, "start + max_results must not exceed 30000"),
        ({"search_query": "cat:cs.IR AND"}, "cannot read the query: a term is missing"),
        ({"search_query": "(cat:cs.IR"}, "cannot read the query: a bracket is not closed"),
        ({"search_query": "zz:x"}, "cannot read the query: 'zz' is no field"),
        ({"search_query": "cat:x )"}, "cannot read the query: ')' is not expected"),
        ({"search_query": "submittedDate:[x]"}, "cannot read the query: '[x]' is no span of dates"),
        ({"search_query": "cat:cs.IR", "sortBy": "x"}, "sortBy must be in: relevance, lastUpdatedDate, submittedDate"),
        ({"search_query": "cat:cs.IR", "sortOrder": "x"}, "sortOrder must be in: ascending, descending"),
        ({}, "search_query and id_list are both empty"),
    ],
)
def test_a_wrong_query_is_400_with_an_error_entry(parameters, says):
    answer = ask(**parameters)
    root = tree(answer.body)
    assert answer.status == 400
    assert told(root, "search:totalResults") == "1"
    assert told(root, "atom:entry/atom:title") == "Error"
    assert told(root, "atom:entry/atom:summary") == says
    assert told(root, "atom:entry/atom:id").startswith("https://arxiv.org/api/errors#")
    assert root.find("atom:entry/atom:published", SPACES) is None


def test_a_page_holds_2000_at_most_and_the_last_window_is_30000():
    many = Archive([DayList(MONDAY, tuple(listed(number) for number in range(2005)))]).known(MONDAY)
    assert len(ids(ask(many, search_query="cat:cs.IR", max_results=3000))) == 2000
    assert ids(ask(many, search_query="cat:cs.IR", start=2000, max_results=28_000)) == [f"2603.9{number}v1" for number in range(2000, 2005)]


def test_a_withdrawn_paper_has_no_pdf_and_says_so_in_its_comment():
    entry = tree(ask(id_list="2603.90002").body).find("atom:entry", SPACES)
    assert [link.get("rel") for link in entry.findall("atom:link", SPACES)] == ["alternate"]
    assert told(entry, "arxiv:comment") == "This paper has been withdrawn by the authors"
    assert told(entry, "atom:published") < told(entry, "atom:updated")
