"""Files and folders appear whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from broadsheet.core.errors import OutputError
from broadsheet.core.files import check_writable, json_lines, staged_folder, write_file

KILLED = """
import os, sys
from pathlib import Path
from broadsheet.core.files import staged_folder
with staged_folder(Path(sys.argv[1]), "page.html") as stage:
    (stage / "page.html").write_text("new")
    os._exit(9)
"""


def publish(folder: Path, text: str) -> None:
    with staged_folder(folder, "page.html") as stage:
        (stage / "page.html").write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_the_folders_above_it(tmp_path):
    write_file(tmp_path / "2026" / "page.html", "Zoë")
    assert (tmp_path / "2026" / "page.html").read_text(encoding="utf-8") == "Zoë"
    assert names(tmp_path / "2026") == ["page.html"]


def test_a_file_written_again_is_replaced(tmp_path):
    write_file(tmp_path / "page.html", "old")
    write_file(tmp_path / "page.html", b"new")
    assert (tmp_path / "page.html").read_bytes() == b"new"


def test_a_file_that_cannot_be_renamed_leaves_the_old_one_and_nothing_else(tmp_path, monkeypatch):
    write_file(tmp_path / "page.html", "old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="No space left"):
        write_file(tmp_path / "page.html", "new")
    assert (tmp_path / "page.html").read_text() == "old"
    assert names(tmp_path) == ["page.html"]


@pytest.mark.parametrize("write", [lambda path: write_file(path, "text"), lambda path: publish(path, "text"), check_writable])
def test_a_path_below_a_regular_file_is_an_error_of_two_lines(tmp_path, write):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError) as error:
        write(tmp_path / "file" / "page")
    assert len(str(error.value).splitlines()) == 2
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("write", [lambda path: write_file(path, "text"), lambda path: publish(path, "text"), check_writable])
def test_a_name_that_no_disk_takes_is_an_error_of_two_lines(tmp_path, write):
    with pytest.raises(OutputError, match="too long") as error:
        write(tmp_path / ("x" * 300))
    assert len(str(error.value).splitlines()) == 2
    assert names(tmp_path) == []


def test_check_writable_makes_the_folder_and_leaves_it_empty(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert names(tmp_path / "a" / "b") == []


def test_a_staged_folder_takes_its_place_when_all_went_well(tmp_path):
    with staged_folder(tmp_path / "day", "page.html") as stage:
        (stage / "page.html").write_text("text")
        assert not (tmp_path / "day").exists()
    assert names(tmp_path) == ["day"]
    assert names(tmp_path / "day") == ["page.html"]


def test_a_folder_that_stood_there_is_replaced_with_all_that_was_in_it(tmp_path):
    publish(tmp_path / "day", "old")
    (tmp_path / "day" / "stale.html").touch()
    publish(tmp_path / "day", "new")
    assert (tmp_path / "day" / "page.html").read_text() == "new"
    assert names(tmp_path / "day") == ["page.html"]
    assert names(tmp_path) == ["day"]


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path):
    (tmp_path / "day").mkdir()
    publish(tmp_path / "day", "an empty one is taken")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_text("mine")
    with pytest.raises(OutputError, match=r"no page\.html") as error:
        publish(tmp_path / "photos", "new")
    assert len(str(error.value).splitlines()) == 2
    assert names(tmp_path / "photos") == ["a.jpg"]
    assert names(tmp_path) == ["day", "photos"]


def test_an_exception_leaves_the_old_folder(tmp_path):
    publish(tmp_path / "day", "old")
    with pytest.raises(ZeroDivisionError), staged_folder(tmp_path / "day", "page.html") as stage:
        (stage / "page.html").write_text(str(1 / 0))
    assert (tmp_path / "day" / "page.html").read_text() == "old"
    assert names(tmp_path) == ["day"]


def test_a_full_disk_leaves_the_old_folder_and_is_an_error_of_two_lines(tmp_path):
    publish(tmp_path / "day", "old")
    with pytest.raises(OutputError, match="No space left"), staged_folder(tmp_path / "day", "page.html"):
        raise OSError(28, "No space left on device")
    assert (tmp_path / "day" / "page.html").read_text() == "old"


def test_a_kill_in_the_middle_leaves_the_old_folder_and_the_next_run_replaces_it(tmp_path):
    publish(tmp_path / "day", "old")
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "day")], check=False).returncode == 9
    assert (tmp_path / "day" / "page.html").read_text() == "old"
    publish(tmp_path / "day", "new")
    assert (tmp_path / "day" / "page.html").read_text() == "new"


def test_a_folder_that_a_kill_left_aside_is_put_back(tmp_path):
    publish(tmp_path / ".day.before", "old")
    with pytest.raises(ZeroDivisionError), staged_folder(tmp_path / "day", "page.html"):
        raise ZeroDivisionError
    assert (tmp_path / "day" / "page.html").read_text() == "old"
    assert names(tmp_path) == ["day"]


def test_a_folder_that_a_kill_left_beside_the_new_one_is_removed(tmp_path):
    publish(tmp_path / ".day.before", "older")
    publish(tmp_path / "day", "old")
    publish(tmp_path / "day", "new")
    assert (tmp_path / "day" / "page.html").read_text() == "new"
    assert names(tmp_path) == ["day"]


def test_a_file_is_never_replaced_by_a_folder(tmp_path):
    (tmp_path / "day").write_text("mine")
    with pytest.raises(OutputError):
        publish(tmp_path / "day", "new")
    assert (tmp_path / "day").read_text() == "mine"
    assert names(tmp_path) == ["day"]


def test_behind_a_link_the_file_is_replaced_and_the_link_stays(tmp_path):
    write_file(tmp_path / "disk" / "me.toml", "old")
    (tmp_path / "me.toml").symlink_to(tmp_path / "disk" / "me.toml")
    write_file(tmp_path / "me.toml", "new")
    assert (tmp_path / "disk" / "me.toml").read_text() == "new"
    assert (tmp_path / "me.toml").is_symlink()
    assert names(tmp_path / "disk") == ["me.toml"]


def test_a_link_that_leads_to_itself_is_an_error(tmp_path):
    (tmp_path / "day").symlink_to(tmp_path / "day")
    with pytest.raises(OutputError):
        publish(tmp_path / "day", "new")
    assert names(tmp_path) == ["day"]


def test_behind_a_link_the_folder_is_replaced_and_the_link_stays(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "day").symlink_to(tmp_path / "disk")
    publish(tmp_path / "day", "old")
    publish(tmp_path / "day", "new")
    assert (tmp_path / "disk" / "page.html").read_text() == "new"
    assert names(tmp_path) == ["day", "disk"]


def test_lines_of_json_are_read_one_by_one_and_the_broken_ones_have_their_place(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n\n[1]\nno json\n\xff\n{"b": 2}')
    assert list(json_lines(path)) == [("a.jsonl, line 1", {"a": 1}), *((f"a.jsonl, line {n}", None) for n in (3, 4, 5)), ("a.jsonl, line 6", {"b": 2})]
