"""Tables and folders of them: declared columns, usual names, and everything that may be wrong with a file."""

import gzip
import json
from datetime import date

import polars as pl
import pytest

from broadsheet.core.errors import ColumnError, EmptySourceError, RecordError, SourceNotFoundError, TruncatedError
from broadsheet.core.schema import Announce
from broadsheet.sources import ColumnMap, read_source

ROWS = [
    {
        "id": "2603.00001v2",
        "title": "Soup | stew",
        "abstract": "Line\none.",
        "authors": ["Ana Ruiz", "Sam Hill"],
        "categories": ["cs.IR", "cs.LG"],
        "announced": "2026-03-16",
    },
    {"id": "x-7", "title": "Bread\u2028rolls", "abstract": "", "authors": [], "categories": None, "announced": "2026-03-17"},
]


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_json_lines_plain_and_compressed_are_the_same(tmp_path):
    plain = read_source(write(tmp_path / "a.jsonl", lines(ROWS)))
    packed = read_source(write(tmp_path / "a.jsonl.gz", gzip.compress(lines(ROWS).encode())))
    assert plain == packed
    first, second = (a.item for a in plain.announcements)
    assert (first.id, first.version, first.text, first.creators) == ("2603.00001", 2, "Line\none.", ("Ana Ruiz", "Sam Hill"))
    assert first.url == "https://arxiv.org/abs/2603.00001"
    assert (second.id, second.title, second.url) == ("x-7", "Bread\u2028rolls", "")
    assert plain.labels == [date(2026, 3, 16), date(2026, 3, 17)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_quotes_newlines_mark_and_any_delimiter(tmp_path, delimiter):
    text = f'﻿id{delimiter}title{delimiter}description{delimiter}authors\r\nm1{delimiter}"Soup{delimiter} hot"{delimiter}"Two\nlines"{delimiter}"Ruiz, Ana; Hill, Sam"\r\n'
    (announcement,) = read_source(write(tmp_path / "a.csv", text)).announcements
    assert announcement.item.title == f"Soup{delimiter} hot"
    assert announcement.item.text == "Two\nlines"
    if delimiter != ";":
        assert announcement.item.creators == ("Ruiz, Ana", "Hill, Sam")


def test_parquet_and_declared_columns(tmp_path):
    pl.DataFrame({"sku": [7], "dish": ["Soup"], "blurb": ["Hot."], "price": [3.5]}).write_parquet(tmp_path / "a.parquet")
    (announcement,) = read_source(str(tmp_path / "a.parquet"), ColumnMap.parse("id=sku, title=dish, text=blurb")).announcements
    assert (announcement.item.id, announcement.item.title, announcement.item.text) == ("7", "Soup", "Hot.")
    assert announcement.item.attributes == {"price": 3.5}


def test_a_folder_is_read_whole_and_repeated_papers_are_merged(tmp_path):
    row = {"id": "2603.00001", "title": "Soup", "announced": "2026-03-16"}
    write(tmp_path / "ir.jsonl", lines([row | {"lists": ["cs.IR"], "categories": ["cs.CL"]}]))
    write(tmp_path / "cl.jsonl", lines([row | {"lists": ["cs.CL"], "categories": ["cs.CL"]}]))
    batch = read_source(str(tmp_path))
    assert batch.repeated == 1
    assert batch.announcements[0].kind is Announce.NEW
    assert set(batch.announcements[0].lists) == {"cs.IR", "cs.CL"}


def test_the_shared_files_as_they_are(data):
    days = read_source(str(data / "arxiv" / "daily"))
    assert (len(days.announcements), len(days.labels)) == (6104, 21)
    history = read_source([str(data / "arxiv" / f"csir_history_part{part}.jsonl.gz") for part in (1, 2)])
    assert len(history.announcements) == 6319
    assert history.repeated == 0


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("a.jsonl", "", EmptySourceError, "is empty"),
        ("a.jsonl", "\ufeff \n\n", EmptySourceError, "is empty"),
        ("a.csv", "id,title\n", EmptySourceError, "no record"),
        ("a.jsonl", '{"id": "a", "title": "T"}\n{"id": "b", "ti', TruncatedError, "line 2"),
        ("a.jsonl", '{"id": "a", oops}\n{"id": "b", "title": "T"}\n', RecordError, "line 1"),
        ("a.jsonl", '{"id": "a", "title": "T"}\n[1]\n', RecordError, "line 2"),
        ("a.jsonl", '{"id": "a", "title": ""}\n', RecordError, "title is empty"),
        ("a.jsonl", '{"id": null, "title": "T"}\n', RecordError, "id is empty"),
        ("a.jsonl", '{"id": "a", "title": "T", "date": "16.3.2026"}\n', RecordError, "no date"),
        ("a.jsonl", '{"id": "a", "title": "T", "version": "two"}\n', RecordError, "no version"),
        ("a.jsonl", '{"id": "a", "title": "T", "kind": "nwe"}\n', RecordError, "Did you mean 'new'"),
        ("a.jsonl", '{"id": "a", "headline": "T"}\n', ColumnError, "'title'"),
        ("a.csv", "id,title\n1,a,b\n", RecordError, "line 2"),
        ("a.csv", 'id,title\n1,"open\n', TruncatedError, "line"),
        ("a.csv", "id,title\n1,Caf\u00e9\n".encode("latin-1"), RecordError, "UTF-8"),
        ("a.parquet", b"PAR1" + b"x" * 50, TruncatedError, "Parquet"),
        ("a.parquet", "id,title\n1,T\n", TruncatedError, "Parquet"),
        ("a.gz", "id,title\n1,T\n", TruncatedError, "no gzip"),
        ("a.json", "{", RecordError, "not JSON"),
        ("a.json", "[]", RecordError, "recorded response"),
    ],
)
def test_a_fault_names_its_place_in_two_lines(tmp_path, name, content, error, says):
    with pytest.raises(error) as caught:
        read_source(write(tmp_path / name, content))
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


def test_a_gzip_cut_anywhere_is_an_error(tmp_path):
    whole = gzip.compress(lines(ROWS * 20).encode())
    for cut in range(3, len(whole), 7):
        with pytest.raises(TruncatedError):
            read_source(write(tmp_path / "a.jsonl.gz", whole[:cut]))


@pytest.mark.parametrize("text", ["titel=name", "title", "title=", "=name"])
def test_a_column_map_that_is_none(text):
    with pytest.raises(ColumnError):
        ColumnMap.parse(text)


def test_an_unknown_column_is_told_with_the_nearest(tmp_path):
    path = write(tmp_path / "a.csv", "sku,dish\n1,Soup\n")
    with pytest.raises(ColumnError, match="Did you mean 'dish'"):
        read_source(path, ColumnMap.parse("id=sku,title=dich"))


def test_no_such_source_and_a_folder_without_files(tmp_path):
    with pytest.raises(SourceNotFoundError):
        read_source(str(tmp_path / "nowhere"))
    with pytest.raises(EmptySourceError):
        read_source(str(tmp_path))
