"""One door for all sources: the form of a file is told by its content, and no fault is an empty day."""

import gzip
import json
from datetime import date

import pytest

from broadsheet.core.errors import EmptySourceError, FeedError, NotAFeedError, RecordError, SourceError, SourceNotFoundError, TruncatedError
from broadsheet.core.schema import Announce
from broadsheet.sources import Batch, read_source

FEED = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>
<title>{list} updates on arXiv.org</title><pubDate>Mon, {day} Mar 2026 00:00:00 -0400</pubDate>
<item><title>Süppe</title><guid>oai:arXiv.org:2603.00001v1</guid><arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator>Ana Ruiz</dc:creator></item>
</channel></rss>
"""
TABLE = '{"id": "2603.00001", "title": "Süppe", "announced": "2026-03-16"}\n'


def feed(name="cs.IR", day=16, kind="new"):
    return FEED.format(list=name, day=day, kind=kind)


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def refused(path, error):
    """Return what the error says, after checking that it says it in two lines and names the file."""
    with pytest.raises(error) as caught:
        read_source(str(path))
    assert len(str(caught.value).splitlines()) == 2
    assert "Traceback" not in str(caught.value)
    assert path.name in caught.value.what
    return caught.value.what


@pytest.mark.parametrize("name", ["day.xml", "day.rss", "day.txt", "day"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n \t\r\n", "\n" * 200])
def test_a_feed_is_known_by_its_content(tmp_path, name, start):
    batch = read_source(write(tmp_path / name, start + feed()))
    assert [a.item.title for a in batch.announcements] == ["Süppe"]
    assert (batch.label, batch.labels, batch.repeated) == (date(2026, 3, 16), [date(2026, 3, 16)], 0)


@pytest.mark.parametrize("name", ["day.jsonl", "day.txt", "day"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n" * 200])
def test_json_lines_are_known_by_their_content(tmp_path, name, start):
    batch = read_source(write(tmp_path / name, start + TABLE))
    assert [a.item.title for a in batch.announcements] == ["Süppe"]
    assert (batch.label, batch.labels) == (None, [date(2026, 3, 16)])


@pytest.mark.parametrize("content", [feed(), TABLE, "id,title\n1,Süppe\n"])
@pytest.mark.parametrize("suffix", [".gz", ".packed"])
def test_what_is_packed_is_unpacked_by_its_content(tmp_path, content, suffix):
    plain = read_source(write(tmp_path / "day", content))
    assert read_source(write(tmp_path / f"day{suffix}", gzip.compress(content.encode()))) == plain


@pytest.mark.parametrize("content", [feed(), TABLE * 30])
def test_a_gzip_cut_anywhere_is_an_error(tmp_path, content):
    whole = gzip.compress(content.encode())
    for cut in range(1, len(whole)):
        write(tmp_path / "day.gz", whole[:cut])
        assert "day.gz" in refused(tmp_path / "day.gz", TruncatedError)


def test_a_gzip_that_was_changed_is_an_error(tmp_path):
    whole = bytearray(gzip.compress((TABLE * 30).encode()))
    whole[len(whole) // 2] ^= 0xFF
    write(tmp_path / "day.gz", bytes(whole))
    assert "day.gz" in refused(tmp_path / "day.gz", TruncatedError)


def test_an_empty_day_is_no_error_and_an_empty_file_is(tmp_path):
    holiday = "<rss version='2.0'><channel><title>cs.IR updates on arXiv.org</title><pubDate>Fri, 25 Dec 2026 00:00:00 -0500</pubDate></channel></rss>"
    assert read_source(write(tmp_path / "day.xml", holiday)) == Batch([], date(2026, 12, 25), 0)
    for content in ["", " \n", "\ufeff", gzip.compress(b""), gzip.compress(b"\n")]:
        write(tmp_path / "day.xml", content)
        assert "is empty" in refused(tmp_path / "day.xml", EmptySourceError)


def test_several_feeds_are_one_day(tmp_path):
    sources = [write(tmp_path / "cl.xml", feed("cs.CL", kind="cross")), write(tmp_path / "ir.xml", feed("cs.IR"))]
    batch = read_source(sources)
    (one,) = batch.announcements
    assert (one.kind, one.lists, batch.repeated) == (Announce.NEW, ("cs.CL", "cs.IR"), 1)
    assert read_source(str(tmp_path)) == batch


def test_a_folder_of_days_has_the_label_of_the_newest(tmp_path):
    write(tmp_path / "a.xml", feed(day=17))
    write(tmp_path / "b.xml", feed(day=16))
    write(tmp_path / "notes.md", "not read")
    (tmp_path / "older").mkdir()
    batch = read_source(str(tmp_path))
    assert batch.label == date(2026, 3, 17)
    assert batch.labels == [date(2026, 3, 16), date(2026, 3, 17)]
    assert len(batch.announcements) == 2


def test_one_bad_file_in_a_folder_is_an_error_that_names_it(tmp_path):
    write(tmp_path / "a.xml", feed())
    write(tmp_path / "b.xml", feed()[:200])
    with pytest.raises(TruncatedError, match=r"b\.xml"):
        read_source(str(tmp_path))


def test_what_is_not_there(tmp_path):
    assert "nowhere" in refused(tmp_path / "nowhere", SourceNotFoundError)
    assert "no file to read" in refused(tmp_path, EmptySourceError)


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("day.xml", "Rate exceeded.", NotAFeedError, "no XML"),
        ("day.xml", "<html><br></html>", NotAFeedError, "an HTML page"),
        ("page", "\n" * 99 + "<!-- x --><html><br></html>", NotAFeedError, "an HTML page"),
        ("page", "Rate exceeded.", EmptySourceError, "no record"),
        ("day.jsonl", "Rate exceeded.\n" + TABLE, RecordError, "line 1, is not JSON"),
        ("day.jsonl", f"[{TABLE}]", RecordError, "line 1, is not JSON"),
        ("day.jsonl", "[1]", RecordError, "line 1, is no JSON object"),
        ("day.txt", b"\xff\xfei\x00d\x00", RecordError, "not UTF-8 (byte 0)"),
        ("day.parquet", TABLE, TruncatedError, "Parquet"),
        ("day.csv.gz", "id,title\n1,T\n", TruncatedError, "no gzip"),
    ],
)
def test_what_is_something_else(tmp_path, name, content, error, says):
    write(tmp_path / name, content)
    assert says in refused(tmp_path / name, error)


@pytest.mark.parametrize("body", [feed(), feed().encode().decode("latin-1")], ids=["text", "bytes as characters"])
def test_a_recorded_answer(tmp_path, body):
    path = write(tmp_path / "answer.json", json.dumps({"url": "https://rss.example.org", "status_code": 200, "body": body}))
    assert [a.item.title for a in read_source(path).announcements] == ["Süppe"]


@pytest.mark.parametrize("body", [feed(), "Rate exceeded.", "<html><br></html>", "", feed()[:99]])
@pytest.mark.parametrize("status", [400, 429, 503])
def test_a_recorded_refusal_is_an_error_whatever_its_body(tmp_path, status, body):
    write(tmp_path / "answer.json", json.dumps({"status_code": status, "body": body}))
    assert str(status) in refused(tmp_path / "answer.json", FeedError)


@pytest.mark.parametrize(
    "content", ["{", "[]", "7", "{}", '{"body": 7}', '{"status_code": 200, "body": "<html/>"}', "[" * 100000, "1" * 5000, '{"body": "\\ud800"}']
)
def test_json_that_is_no_recorded_answer(tmp_path, content):
    write(tmp_path / "answer.json", content)
    assert "answer.json" in refused(tmp_path / "answer.json", SourceError)
