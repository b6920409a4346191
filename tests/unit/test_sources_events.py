"""Events as tables: columns by their usual names or by a map, times, kinds that say nothing of what was had."""

import polars as pl
import pytest

from broadsheet.core.errors import BroadsheetError
from broadsheet.sources.events import read_events


def written(tmp_path, text, name="events.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_events_come_in_the_order_of_time_and_what_was_not_had_is_counted(tmp_path):
    text = "customer;sku;time;action\nana;b;2026-02-02T10:00:00+01:00;bought\nana;a;1770000000;bought\nbo;a;;bought\nbo;c;2026-02-01;returned\n"
    read = read_events(written(tmp_path, text))
    assert read.frame.rows() == [("ana", "a", 1770000000.0), ("ana", "b", 1770022800.0), ("bo", "a", None)]
    assert read.left_out == {"returned": 1}


def test_columns_are_named_where_their_names_do_not_say_it(tmp_path):
    path = written(tmp_path, "who,what\nana,7\n")
    with pytest.raises(BroadsheetError, match="no column for 'user'"):
        read_events(path)
    assert read_events(path, "user=who,item=what").frame.rows() == [("ana", "7", None)]


def test_three_forms_of_a_table_say_the_same(tmp_path):
    frame = pl.DataFrame({"user": ["ana", "bo"], "item": ["a", "b"], "at": [2.0, 1.0]})
    frame.write_parquet(tmp_path / "e.parquet")
    frame.write_ndjson(tmp_path / "e.jsonl")
    frame.write_csv(tmp_path / "e.csv")
    found = [read_events(tmp_path / f"e.{form}").frame.rows() for form in ("parquet", "jsonl", "csv")]
    assert found == [[("bo", "b", 1.0), ("ana", "a", 2.0)]] * 3


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("", "", "no event"),
        ("user,item\n", "", "no event"),
        ("user,item,at\nana,a,soon\n", "", "'soon' is no time"),
        ("user,item\nana,\n", "", "has no item"),
        ("user,item\nana,a\n", "user=custmer", "no column 'custmer'"),
        ("user,item\nana,a\n", "usr=user", "Did you mean 'user'?"),
    ],
)
def test_what_is_wrong_is_two_lines(tmp_path, text, columns, said):
    with pytest.raises(BroadsheetError) as error:
        read_events(written(tmp_path, text), columns)
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 2
    with pytest.raises(BroadsheetError, match="no file of events"):
        read_events(tmp_path / "nowhere.csv")
