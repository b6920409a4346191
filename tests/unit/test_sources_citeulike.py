"""Readers' libraries: what is read, and what is refused."""

import pytest

from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.sources.citeulike import read_libraries


def written(folder, users="2 0 1\n1 2\n", tagged="2 0 1\n1 0\n1 0\n", tags="graph-theory\nmine\n"):
    for name, text in (("users.dat", users), ("item-tag.dat", tagged), ("tags.dat", tags)):
        (folder / name).write_text(text)
    return folder


def test_libraries_are_sets_and_tags_that_several_papers_carry_are_their_text(tmp_path):
    read = read_libraries(written(tmp_path))
    assert [row.tolist() for row in read.libraries] == [[0, 1], [2]]
    assert read.texts == ("graph theory",) * 3
    assert read.items == ("0", "1", "2")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"users": "3 0 1\n"}, "users.dat, line 1"),
        ({"users": "1 x\n"}, "users.dat, line 1"),
        ({"users": "1 9\n"}, "names paper 9"),
        ({"tagged": "1 7\n1 0\n1 0\n"}, "names tag 7"),
    ],
)
def test_what_is_no_library_is_refused(tmp_path, change, what):
    with pytest.raises(RecordError, match=what):
        read_libraries(written(tmp_path, **change))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"users\.dat"):
        read_libraries(tmp_path)
