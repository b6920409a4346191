"""Published layouts of sequences: what is read, and what is refused in two lines."""

import json

import numpy as np
import pytest

from broadsheet.core.baselines import cooccurrence, popularity, recent
from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.metrics import by_rank
from broadsheet.core.ragged import Ragged
from broadsheet.sources.interactions import read_interactions, read_items
from broadsheet.sources.leave_one_out import leave_one_out


def test_sequences_with_attributes_in_words(tmp_path):
    (tmp_path / "sequences.txt").write_text("ana 10 2 7\nbo 2\n")
    (tmp_path / "items.tsv").write_text("id\tasin\tattributes\n2\tx\tTea | Green\n10\ty\tTea\n")
    (tmp_path / "item2attributes.json").write_text('{"2": [1]}')
    read = read_interactions(tmp_path)
    assert read.users == ("ana", "bo")
    assert read.items == ("2", "7", "10")
    assert [row.tolist() for row in read.sequences] == [[2, 0, 1], [0]]
    said = read.attributes["attributes"]
    assert [[said.names[one] for one in row] for row in said.rows] == [["Green", "Tea"], [], ["Tea"]]
    assert read.texts == ("Tea, Green", "", "Tea")


def test_numbered_attributes_and_items_as_json_lines(tmp_path):
    (tmp_path / "sequences.txt").write_text("1 1 2 3\n")
    (tmp_path / "item2attributes.json").write_text(json.dumps({"1": [4, 5], "3": [5]}))
    assert read_interactions(tmp_path).attributes["attributes"].rows.lengths.tolist() == [2, 0, 1]
    (tmp_path / "items.jsonl").write_text('{"id": 3, "title": "Pie", "categories": "Food, Bakery", "brand": "Oven"}\n')
    read = read_interactions(tmp_path)
    assert read.texts == ("", "", "Pie. Food, Bakery, Oven")
    assert read.attributes["attributes"].names == ("Bakery", "Food", "Oven")


def test_prefixes_with_targets_and_published_codes(tmp_path):
    head = "user_id:token\titem_id_list:token_seq\titem_id:token\n"
    (tmp_path / "train.inter").write_text(f"{head}0\t4 5\t6\n0\t4\t5\n9\t1\t2\n9\t1 2\t4\n")
    (tmp_path / "valid.inter").write_text(f"{head}0\t4 5 6\t7\n")
    (tmp_path / "test.inter").write_text(f"{head}0\t4 5 6 7\t8\n")
    (tmp_path / "index_text.tsv").write_text("4\ta_1 b_2\n5\ta_1 b_3\n")
    read = read_interactions(tmp_path)
    assert [[read.items[item] for item in row] for row in read.sequences] == [["4", "5", "6", "7", "8"], ["1", "2", "4"]]
    assert read.attributes["index_text"].names == ("a_1", "b_2", "b_3")


def test_windows_with_targets_in_tables_give_the_last_of_the_longest(tmp_path):
    head = "user\thistory\ttarget\n"
    (tmp_path / "valid.tsv").write_text(f"{head}0\t1\t2\n7\t5\t6\n")
    (tmp_path / "test.tsv").write_text(f"{head}0\t1 2\t3\n0\t2 3\t4\n")
    read = read_interactions(tmp_path)
    assert [[read.items[item] for item in row] for row in read.sequences] == [["2", "3", "4"], ["5", "6"]]


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({}, SourceNotFoundError),
        ({"sequences.txt": "\n"}, RecordError),
        ({"test.inter": "head\n0\t1 2\n"}, RecordError),
        ({"sequences.txt": "1 1 2\n", "items.jsonl": "no\n"}, RecordError),
        ({"sequences.txt": "1 1 2\n", "item2attributes.json": "[1]"}, RecordError),
        ({"sequences.txt": "1 1 2\n2 5\n1 1 2 3\n"}, RecordError),
        ({"sequences.txt": "1 1 2\n", "items.tsv": "1\tTea\n2\tRice\n"}, RecordError),
        ({"sequences.txt": "1 1 2\n", "items.jsonl": '{"id": null, "title": "Pie"}\n'}, RecordError),
        ({"sequences.txt": "1 1 2\n", "items.jsonl": '{"id": 1}\n{"id": "1"}\n'}, RecordError),
        ({"sequences.txt": "1 1 2\n2,1,2\n"}, RecordError),
        ({"test.tsv": "0\t1 2\t3\n1\t1 2\t3\n"}, RecordError),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, files, error):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(error) as told:
        read_interactions(tmp_path)
    assert len(str(told.value).splitlines()) == 2


def test_a_file_in_another_encoding_is_refused_in_two_lines(tmp_path):
    (tmp_path / "sequences.txt").write_bytes("1 k\u00e4se brot\n".encode("latin1"))
    with pytest.raises(RecordError, match="UTF-8") as told:
        read_interactions(tmp_path)
    assert len(str(told.value).splitlines()) == 2


def test_a_file_of_sixteen_bits_and_a_file_in_place_of_its_folder_are_told_what_mends_them(tmp_path):
    path = tmp_path / "sequences.txt"
    path.write_text("1 tea rice\n", encoding="utf-16")
    with pytest.raises(RecordError, match="-f UTF-16"):
        read_interactions(tmp_path)
    with pytest.raises(SourceNotFoundError, match="is a file") as told:
        read_interactions(path)
    assert str(tmp_path) in told.value.mend
    with pytest.raises(SourceNotFoundError, match="no folder"):
        read_interactions(tmp_path / "nowhere")


def test_a_mark_of_byte_order_is_no_part_of_what_is_read(tmp_path):
    (tmp_path / "sequences.txt").write_text("ana tea rice\n", encoding="utf-8-sig")
    (tmp_path / "items.jsonl").write_text('{"id": "tea"}\n{"id": "rice"}\n', encoding="utf-8-sig")
    read = read_interactions(tmp_path)
    assert (read.users, read.items, read.doubts) == (("ana",), ("rice", "tea"), ())


def test_what_looks_wrong_is_told_and_the_rest_is_read(tmp_path):
    (tmp_path / "sequences.txt").write_text("1 a b\n2\n3 a typo\n")
    (tmp_path / "items.jsonl").write_text('{"id": "a"}\n{"id": "b"}\n')
    (tmp_path / "items.csv").write_text("id,title\n")
    empty, strange, unread = read_interactions(tmp_path).doubts
    assert empty == "1 user has a line and no items: 2"
    assert strange == "1 item of the sequences is described nowhere: typo"
    assert unread.startswith("items.csv is not read")


def test_titles_of_atomic_files_are_their_first_words(tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "films.inter").write_text("user_id:token\titem_id:token\n1\t7\n1\t8\n")
    (folder / "films.item").write_text("item_id:token\tyear:float\tname:token_seq\tgenre:token_seq\n7\t1999\tThe Long Walk\tDrama War\n")
    read = read_interactions(folder)
    known, strange = read_items(folder, read)
    assert (known.title, known.categories, strange.title) == ("The Long Walk", ("Drama", "War"), "")
    assert read.texts[0] == "1999. The Long Walk. Drama War"
    (folder / "films.item").write_text("item_id:token\tgenre:token_seq\n7\tDrama War\n")
    assert read_items(folder, read_interactions(folder))[0].title == "Drama War"
    (folder / "films.item").write_text("item_id:token\tprice:float\tgenre:token_seq\n7\t3\tDrama War\n")
    assert read_items(folder, read_interactions(folder))[0].title == ""


def test_a_line_ends_where_a_file_says_so_and_nowhere_else(tmp_path):
    (tmp_path / "sequences.txt").write_bytes(b"1 4 5\r\n\r\n2 4\r\n")
    (tmp_path / "items.tsv").write_text("id\tattributes\n4\tNail\u2028Polish | Red\n")
    read = read_interactions(tmp_path)
    assert read.items == ("4", "5")
    assert read.attributes["attributes"].names == ("Nail\u2028Polish", "Red")
    head = "user\titems\titem\n"
    (tmp_path / "sequences.txt").unlink()
    (tmp_path / "test.inter").write_text(f"{head}0\t4 5\t6\n\n")
    assert [row.tolist() for row in read_interactions(tmp_path).sequences] == [[0, 1, 2]]


def test_items_come_with_all_that_is_said_of_them(tmp_path):
    (tmp_path / "sequences.txt").write_text("1 a b c\n")
    (tmp_path / "items.jsonl").write_text(
        '{"id": "a", "name": " Pot ", "description": "Red.", "image": "a.png", "categories": ["Pots", "Red"], "brand": "Pots"}\n{"id": "b", "price": 3}\n'
    )
    pot, plain, unknown = read_items(tmp_path, read_interactions(tmp_path))
    assert (pot.title, pot.text, pot.images, sorted(pot.categories)) == ("Pot", "Red.", ("a.png",), ["Pots", "Red"])
    assert (plain.id, plain.title, plain.categories) == ("b", "", ())
    assert unknown.id == "c"


def test_the_last_item_is_tested_on_the_one_before_it_chooses_and_neither_is_trained_on():
    split = leave_one_out(Ragged.of([[1, 2, 3, 4], [5, 6], [7, 8, 9]]))
    assert [row.tolist() for row in split.train] == [[1, 2], [5, 6], [7]]
    assert [row.tolist() for row in split.validation.histories] == [[1, 2], [7]]
    assert split.validation.targets.tolist() == [3, 8]
    assert [row.tolist() for row in split.test.histories] == [[1, 2, 3], [7, 8]]
    assert split.test.targets.tolist() == [4, 9]
    with pytest.raises(RecordError, match="three items"):
        leave_one_out(Ragged.of([[1, 2]]))


def test_figures_of_ranks():
    found = by_rank(np.array([0.0, 4.0, 5.0, 30.0]), [5])
    assert found["recall@5"].tolist() == [1, 1, 0, 0]
    assert np.allclose(found["ndcg@5"], [1, 1 / np.log2(6), 0, 0])


def test_cooccurrence_against_counting_pairs_one_by_one():
    rows = [[0, 1, 2, 3, 4, 5, 6, 0], [2, 0, 2], [7]]
    counts = np.zeros((8, 8))
    for row in rows:
        for place, one in enumerate(row):
            for other in row[place + 1 : place + 6]:
                counts[one, other] += 1
                counts[other, one] += 1
    scale = np.sqrt(np.maximum(counts.sum(axis=1), 1))
    assert np.allclose(cooccurrence(Ragged.of(rows), 8).toarray(), counts / scale / scale[:, None])
    assert popularity(Ragged.of(rows), 8).tolist() == [3, 1, 3, 1, 1, 1, 1, 1]


def test_recent_items_weigh_less_the_older_they_are():
    weights = recent(Ragged.of([[0, 1, 2], [], [3, 3]]), 4).toarray()
    assert np.allclose(weights, [[0.49, 0.7, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1.7]])


def test_cooccurrence_on_beauty(data):
    read = read_interactions(data / "amazon" / "beauty")
    assert (len(read.users), len(read.items), len(read.sequences.values)) == (22_363, 12_101, 198_502)
    split = leave_one_out(read.sequences)
    found = []
    near, weights = cooccurrence(split.train, len(read.items)), recent(split.test.histories, len(read.items))
    for user in range(0, len(split.test.targets), 16):
        scores = (weights[[user]] @ near).toarray()[0]
        scores[split.test.histories.row(user)] = -np.inf
        found.append((scores > scores[split.test.targets[user]]).sum())
    # All users give .072; every sixteenth user has an error of .007.
    assert by_rank(np.array(found), [10])["recall@10"].mean() == pytest.approx(0.072, abs=0.02)
