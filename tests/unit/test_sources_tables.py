"""Tables: declared columns, usual names, and everything that may be wrong with a file."""

import gzip
import io
import json
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.errors import BroadsheetError, ColumnError, EmptySourceError, RecordError, TruncatedError
from broadsheet.core.schema import Announce
from broadsheet.sources import ColumnMap, read_source
from broadsheet.sources.tables import read_csv, read_json_lines

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


def one(**fields):
    """Read one row of JSON Lines that has an id, a title, and these fields."""
    (announcement,) = read_json_lines(lines([{"id": "a", "title": "Soup"} | fields]), ColumnMap(), "t")
    return announcement


def refused(error, read, *args):
    """Return what the error says, after checking that it says it in two lines."""
    with pytest.raises(error) as caught:
        read(*args)
    assert len(str(caught.value).splitlines()) == 2
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def test_json_lines_plain_and_compressed_are_the_same(tmp_path):
    plain = read_source(write(tmp_path / "a.jsonl", lines(ROWS)))
    packed = read_source(write(tmp_path / "a.jsonl.gz", gzip.compress(lines(ROWS).encode())))
    assert plain == packed
    first, second = (a.item for a in plain.announcements)
    assert (first.id, first.version, first.text, first.creators) == ("2603.00001", 2, "Line\none.", ("Ana Ruiz", "Sam Hill"))
    assert first.url == "https://arxiv.org/abs/2603.00001"
    assert (second.id, second.title, second.url) == ("x-7", "Bread\u2028rolls", "")
    assert plain.labels == [date(2026, 3, 16), date(2026, 3, 17)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", " \n"])
@pytest.mark.parametrize("inside", ["\u2028", "\u2029", "\x85", "\u001e"])
def test_only_line_ends_end_a_line(tmp_path, end, inside):
    rows = [{"id": "a", "title": f"Soup{inside}stew"}, {"id": "b", "title": "Bread"}]
    text = end.join(json.dumps(row, ensure_ascii=False) for row in rows) + end
    assert [a.item.title for a in read_source(write(tmp_path / "a.jsonl", text)).announcements] == [f"Soup{inside}stew", "Bread"]


def test_the_last_line_needs_no_end(tmp_path):
    assert len(read_source(write(tmp_path / "a.jsonl", lines(ROWS).rstrip())).announcements) == 2


def test_json_lines_cut_anywhere_in_the_last_record_are_an_error(tmp_path):
    whole = lines(ROWS[:1] * 2).encode()
    for cut in range(len(whole) // 2 + 1, len(whole) - 1):
        assert "a.jsonl" in refused(TruncatedError, read_source, write(tmp_path / "a.jsonl", whole[:cut]))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_quotes_newlines_mark_and_any_delimiter(tmp_path, delimiter, mark, end):
    rows = [
        ["id", "title", "description", "authors"],
        ["m1", f'"Soup{delimiter} hot"', f'"Two{end}lines, ""quoted"""', '"Ruiz, Ana; Hill, Sam"'],
        ["m2", "Bread\u2028rolls", "", "Ana Ruiz"],
    ]
    first, second = (a.item for a in read_source(write(tmp_path / "a.csv", mark + "".join(delimiter.join(row) + end for row in rows))).announcements)
    assert first.title == f"Soup{delimiter} hot"
    assert first.text == f'Two{end}lines, "quoted"'
    assert first.creators == ("Ruiz, Ana", "Hill, Sam")
    assert (second.title, second.text, second.creators) == ("Bread\u2028rolls", "", ("Ana Ruiz",))


def test_a_delimiter_inside_a_quoted_name_of_a_column_does_not_count():
    (announcement,) = read_csv('id;"title, short, clear"\n1;Soup\n', ColumnMap(title="title, short, clear"), "t")
    assert announcement.item.title == "Soup"


def test_names_of_columns_in_any_case_and_with_spaces_are_found():
    (announcement,) = read_csv("ID, Title,ABSTRACT\n1,Soup,Hot.\n", ColumnMap(), "t")
    assert (announcement.item.id, announcement.item.title, announcement.item.text) == ("1", "Soup", "Hot.")


@given(st.lists(st.tuples(st.text(alphabet="aé,;\t\"' \r\n|\u2028", min_size=1).filter(str.strip), st.text(alphabet='bß,"\n')), min_size=1))
def test_what_a_csv_writer_wrote_is_read_back(cells):
    frame = pl.DataFrame({"id": [f"r{n}" for n in range(len(cells))], "title": [t for t, _ in cells], "text": [t for _, t in cells]})
    text = frame.write_csv(quote_style="always")
    assert [(a.item.title, a.item.text) for a in read_csv(text, ColumnMap(), "t")] == [(title.strip(), text.strip()) for title, text in cells]


def test_parquet_and_declared_columns(tmp_path):
    frame = pl.DataFrame(
        {"sku": [7, 8], "dish": ["Soup", "Bread"], "blurb": ["Hot.", None], "price": [3.5, None], "tags": [["warm"], []], "day": [date(2026, 3, 16)] * 2}
    )
    frame.write_parquet(tmp_path / "a.parquet")
    soup, bread = (a.item for a in read_source(str(tmp_path / "a.parquet"), ColumnMap.parse("id=sku, title=dish, text=blurb")).announcements)
    assert (soup.id, soup.title, soup.text, soup.categories, soup.announced) == ("7", "Soup", "Hot.", ("warm",), date(2026, 3, 16))
    assert soup.attributes == {"price": 3.5}
    assert (bread.text, bread.categories, bread.attributes) == ("", (), {})


def test_parquet_cut_anywhere_is_an_error(tmp_path):
    whole = io.BytesIO()
    pl.DataFrame({"id": ["a", "b"], "title": ["Soup", "Bread"], "authors": [["Ana"], []]}).write_parquet(whole)
    for cut in range(1, len(whole.getvalue()), 5):
        assert "a.parquet" in refused(BroadsheetError, read_source, write(tmp_path / "a.parquet", whole.getvalue()[:cut]))
    for cut in (4, 12, len(whole.getvalue()) - 1):
        assert "a.parquet" in refused(TruncatedError, read_source, write(tmp_path / "a.parquet", whole.getvalue()[:cut]))


def test_the_shared_files_as_they_are(data):
    days = read_source(str(data / "arxiv" / "daily"))
    assert (len(days.announcements), len(days.labels), days.repeated) == (6104, 21, 0)
    assert (days.labels[0], days.labels[-1]) == (date(2026, 1, 28), date(2026, 2, 25))
    assert {a.kind for a in days.announcements} <= {Announce.NEW, Announce.CROSS, Announce.WITHDRAWN}
    assert all(a.item.text and a.item.creators and a.lists for a in days.announcements)
    history = read_source([str(data / "arxiv" / f"csir_history_part{part}.jsonl.gz") for part in (1, 2)])
    assert (len(history.announcements), history.repeated) == (6319, 0)
    assert all("cs.IR" in a.lists for a in history.announcements)


@pytest.mark.parametrize(
    ("authors", "creators"),
    [
        (["Ana Ruiz", " Sam Hill "], ("Ana Ruiz", "Sam Hill")),
        ("Ana Ruiz, Sam Hill, Jr.", ("Ana Ruiz", "Sam Hill, Jr.")),
        ("Ruiz, Ana; Hill, Sam", ("Ruiz, Ana", "Hill, Sam")),
        ([r"Paulo Andr\'e", "", None], ("Paulo André",)),
        ("Ana Ruiz", ("Ana Ruiz",)),
        (None, ()),
        ([], ()),
        (7, ("7",)),
    ],
)
def test_creators_as_a_list_or_a_text(authors, creators):
    assert one(authors=authors).item.creators == creators


@pytest.mark.parametrize(
    ("stated", "categories"),
    [
        (["cs.IR", "cs.LG"], ("cs.IR", "cs.LG")),
        ("cs.IR cs.LG", ("cs.IR", "cs.LG")),
        ("cs.IR; cs.LG", ("cs.IR", "cs.LG")),
        ("math-ph hep-th", ("math-ph", "hep-th")),
        ("warm soups, breads", ("warm soups", "breads")),
        ("home decor", ("home decor",)),
        ("a|b", ("a", "b")),
        (3, ("3",)),
        ([1, 2], ("1", "2")),
        ("", ()),
        (None, ()),
    ],
)
def test_categories_as_a_list_a_text_or_a_number(stated, categories):
    assert one(categories=stated).item.categories == categories


@pytest.mark.parametrize(
    ("stated", "identity"), [(7, "7"), (7.0, "7"), (2602.06393, "2602.06393"), ("0012", "0012"), (" a b ", "a b"), ("arXiv:2603.00001v3", "2603.00001")]
)
def test_identities_may_be_numbers(stated, identity):
    assert one(id=stated).item.id == identity


def test_an_arxiv_number_that_lost_its_zeros_is_an_error():
    assert "2602.1" in refused(RecordError, lambda: one(id=2602.10000))


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("2026-03-16", date(2026, 3, 16)),
        ("2026-03-16T23:59:59Z", date(2026, 3, 16)),
        (str(datetime(2026, 3, 16, 1, 2)), date(2026, 3, 16)),
        (20260316, date(2026, 3, 16)),
        (None, None),
        (float("nan"), None),
    ],
)
def test_dates(stated, day):
    assert one(date=stated, created=stated).item.announced == one(created=stated).item.published == day


@pytest.mark.parametrize(("stated", "version"), [(2, 2), ("v3", 3), ("2", 2), (2.0, 2), (None, 1), ("", 1), (float("nan"), 1)])
def test_versions(stated, version):
    assert one(version=stated).item.version == version


def test_the_version_in_an_identity_holds_where_no_other_is_stated():
    assert one(id="2603.00001v4").item.version == 4


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, Announce.NEW),
        ({"kind": " Replace-Cross "}, Announce.REPLACE_CROSS),
        ({"announce_type": "cross"}, Announce.CROSS),
        ({"lists": ["cs.IR"], "categories": ["cs.CL", "cs.IR"]}, Announce.CROSS),
        ({"lists": "cs.IR cs.CL", "categories": "cs.CL cs.IR"}, Announce.NEW),
        ({"comment": "This paper has been withdrawn by the authors"}, Announce.WITHDRAWN),
    ],
)
def test_kinds(fields, kind):
    assert one(**fields).kind is kind


def test_what_has_no_field_is_an_attribute_and_what_is_missing_is_none():
    assert one(price=3.5, colour="red", none=None, empty="", nan=float("nan")).item.attributes == {"price": 3.5, "colour": "red"}
    assert one(text=float("nan")).item.text == ""


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("a.csv", "id,title\n", EmptySourceError, "no record"),
        ("a.jsonl", '{"id": "a", "title": "T"}\n{"id": "b", "ti', TruncatedError, "line 2"),
        ("a.jsonl", '{"id": "a", oops}\n{"id": "b", "title": "T"}\n', RecordError, "line 1"),
        ("a.jsonl", '{"id": "a", "title": "T"}\n[1]\n', RecordError, "line 2"),
        ("a.jsonl", '{"id": "a", "title": "T"}\n\n{"id": "b", "title": " "}\n', RecordError, "line 3: the title is empty"),
        ("a.jsonl", '{"id": null, "title": "T"}\n', RecordError, "id is empty"),
        ("a.jsonl", '{"id": NaN, "title": "T"}\n', RecordError, "id is empty"),
        ("a.jsonl", '{"id": "a", "title": NaN}\n', RecordError, "title is empty"),
        ("a.jsonl", '{"id": "a", "title": ["T"]}\n', RecordError, "line 1: the title is a list"),
        ("a.jsonl", '{"id": "a", "title": {"en": "T"}}\n', RecordError, "the title is a dict"),
        ("a.jsonl", '{"id": "a", "title": "T", "text": ["A", "B"]}\n', RecordError, "the text is a list"),
        ("a.jsonl", '{"id": "a", "title": "T", "authors": [{"name": "Ana Ruiz"}]}\n', RecordError, "creators are nested"),
        ("a.jsonl", '{"id": "a", "title": "T", "date": "16.3.2026"}\n', RecordError, "no date"),
        ("a.jsonl", '{"id": "a", "title": "T", "date": "2026-02-30"}\n', RecordError, "no date"),
        ("a.jsonl", '{"id": "a", "title": "T", "date": "2026-02-0912"}\n', RecordError, "no date"),
        ("a.jsonl", '{"id": "a", "title": "T", "date": 1771200000}\n', RecordError, "no date"),
        ("a.jsonl", '{"id": "a", "title": "T", "version": "two"}\n', RecordError, "no version"),
        ("a.jsonl", '{"id": "a", "title": "T", "version": 0}\n', RecordError, "no version"),
        ("a.jsonl", '{"id": "a", "title": "T", "version": 1.5}\n', RecordError, "no version"),
        ("a.jsonl", '{"id": "a", "title": "T", "version": "²"}\n', RecordError, "no version"),
        ("a.jsonl", '{"id": "a", "title": "T", "kind": "nwe"}\n', RecordError, "Did you mean 'new'"),
        ("a.jsonl", '{"id": "a", "title": "T\\ud800"}\n', RecordError, "half a character"),
        ("a.jsonl", '{"id": "a", "title": "T", "x": ' + "[" * 100000 + "]" * 100000 + "}\n", RecordError, "too deep"),
        ("a.jsonl", '{"id": ' + "1" * 5000 + ', "title": "T"}\n', RecordError, "too long"),
        ("a.jsonl", '{"id": "a", "headline": "T"}\n', ColumnError, "--columns title=COLUMN"),
        ("a.csv", "name,text\nT,A\n", ColumnError, "no column for 'id'"),
        ("a.csv", "id,title,title\n1,a,b\n", ColumnError, "two columns 'title'"),
        ("a.csv", "id,title\n1,a\n2,\n", RecordError, "line 3: the title is empty"),
        ("a.csv", "id,title\n1,a,b\n", RecordError, "line 2"),
        ("a.csv", "id,title,text\n1,a,b\n2,c\n", RecordError, "line 3"),
        ("a.csv", 'id,title\n1,"a\nb"\n\n2,"open\n3,T\n', TruncatedError, "line 5"),
        ("a.csv", 'id,title,text\n1,a,"b\nc"\n\n2,,"d\r\ne"\n', RecordError, "line 5: the title is empty"),
        ("a.csv", '"id,title\n1,a\n', TruncatedError, "line 1"),
        ("a.csv", 'id,title\n1,"Soup" hot\n', RecordError, "line 2"),
        ("a.csv", "id,title\n1,Caf\u00e9\n".encode("cp1252"), RecordError, "UTF-8 (byte 14)"),
        ("a.csv", "id,title\n1,\u201cSoup\u201d\n".encode("cp1252"), RecordError, "iconv"),
        ("a.parquet", b"PAR1" + b"x" * 50, TruncatedError, "Parquet"),
        ("a.parquet", b"PAR1" + b"x" * 50 + b"PAR1", TruncatedError, "Parquet"),
    ],
)
def test_a_fault_names_its_place_in_two_lines(tmp_path, name, content, error, says):
    assert says in refused(error, read_source, write(tmp_path / name, content))


def test_the_old_lines_of_a_file_are_not_used_when_a_later_one_is_wrong(tmp_path):
    assert "a.jsonl" in refused(RecordError, read_source, write(tmp_path / "a.jsonl", lines(ROWS) + "oops\n"))


@pytest.mark.parametrize("text", ["title", "title=", "title=a,oops"])
def test_a_column_map_that_is_none(text):
    assert "field=column" in refused(ColumnError, ColumnMap.parse, text)


def test_an_unknown_field_is_told_with_the_nearest():
    assert "Did you mean 'title'" in refused(ColumnError, ColumnMap.parse, "titel=name")
    assert "no field ''" in refused(ColumnError, ColumnMap.parse, "=name")


def test_an_unknown_column_is_told_with_the_nearest(tmp_path):
    path = write(tmp_path / "a.csv", "sku,dish\n1,Soup\n")
    said = refused(ColumnError, read_source, path, ColumnMap.parse("id=sku,title=dich"))
    assert "Did you mean 'dish'" in said
    assert "sku, dish" in said


def test_a_declared_column_goes_before_the_usual_names():
    text = '{"id": 1, "sku": "s-1", "title": "Soup", "abstract": "A", "long": "L"}\n'
    (announcement,) = read_json_lines(text, ColumnMap.parse("id=sku,text=long"), "t")
    assert (announcement.item.id, announcement.item.text) == ("s-1", "L")
    assert announcement.item.attributes == {"id": 1, "abstract": "A"}
