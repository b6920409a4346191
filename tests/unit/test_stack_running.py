"""Steps run once, in the order that they name; what fails is named, what has not changed stays, and a kill leaves whole steps."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stack_killed import step, steps

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.errors import ArtifactError, OutputError, RecordError
from broadsheet.core.schema import ArtifactKind
from broadsheet.stack.record import RunRecord, read_run, told
from broadsheet.stack.running import in_order, locked, run_steps, step_key

RUN = RunRecord(recipe="mine")
ROOT = Path(__file__).resolve().parents[2]


def states(record):
    return {one.name: one.state for one in record.steps}


def worked(folder, name):
    path = folder / f"{name}.worked"
    return len(path.read_text()) if path.exists() else 0


def test_the_order_is_found_from_what_steps_name(tmp_path):
    seen = []
    ran = run_steps(steps(), tmp_path, RUN, watch=lambda record: seen.append(states(record)))
    assert [one.name for one in ran.record.steps] == ["a", "b", "c"]
    assert states(ran.record) == dict.fromkeys("abc", "done")
    assert {"a": "done", "b": "running", "c": "waiting"} in seen
    assert (tmp_path / "steps" / "c" / "said.txt").read_text() == "abc"
    assert ran.record.step("c").parents == {"b": ran.record.step("b").content_hash}
    assert read_run(tmp_path) == ran.record


def test_what_has_not_changed_is_not_made_again_and_a_changed_setting_makes_what_reads_it_again(tmp_path):
    run_steps(steps(), tmp_path, RUN)
    again = run_steps(steps(), tmp_path, RUN)
    assert states(again.record) == dict.fromkeys("abc", "unchanged")
    assert [worked(tmp_path, name) for name in "abc"] == [1, 1, 1]
    other = run_steps([step("a"), step("b", "a", said="B"), step("c", "b")], tmp_path, RUN)
    assert states(other.record) == {"a": "unchanged", "b": "done", "c": "done"}
    # The same content from another key: what reads it has not changed.
    same = run_steps([step("a", files=(ROOT / "pyproject.toml",)), step("b", "a", said="B"), step("c", "b")], tmp_path, RUN)
    assert states(same.record) == {"a": "done", "b": "unchanged", "c": "unchanged"}


def test_an_artefact_that_was_changed_or_taken_away_is_made_again(tmp_path):
    run_steps(steps(), tmp_path, RUN)
    (tmp_path / "steps" / "b" / "said.txt").write_text("forged")
    shutil.rmtree(tmp_path / "steps" / "c")
    ran = run_steps(steps(), tmp_path, RUN)
    assert states(ran.record) == {"a": "unchanged", "b": "done", "c": "done"}
    assert (tmp_path / "steps" / "b" / "said.txt").read_text() == "ab"


def test_another_artefact_in_the_place_of_one_that_was_left_is_not_taken_for_it(tmp_path):
    run_steps(steps(), tmp_path, RUN)
    run_steps([step("a", said="other")], tmp_path / "else", RUN)
    shutil.rmtree(tmp_path / "steps" / "a")
    shutil.copytree(tmp_path / "else" / "steps" / "a", tmp_path / "steps" / "a")
    ran = run_steps(steps(), tmp_path, RUN)
    assert states(ran.record)["a"] == "done"
    assert (tmp_path / "steps" / "a" / "said.txt").read_text() == "a"


def test_a_step_that_fails_is_named_and_what_does_not_need_it_goes_on(tmp_path):
    def fails(_):
        raise RecordError("There is no soup.", "Cook one.")

    broken = step("b", "a")._replace(work=fails)
    ran = run_steps([step("a"), broken, step("c", "b"), step("d", "a", beside=("b",))], tmp_path, RUN)
    assert states(ran.record) == {"a": "done", "b": "failed", "c": "waiting", "d": "done"}
    assert (ran.record.step("b").note, ran.record.step("b").mend) == ("There is no soup.", "Cook one.")
    assert ran.record.step("c").note == "waits for b"
    assert isinstance(ran.error, RecordError)
    assert ran.record.failed == (ran.record.step("b"),)
    mended = run_steps([step("a"), step("b", "a"), step("c", "b"), step("d", "a", beside=("b",))], tmp_path, RUN)
    # What stood beside is there now, and is read.
    assert states(mended.record) == {"a": "unchanged", "b": "done", "c": "done", "d": "done"}
    assert mended.error is None


def test_what_nobody_foresaw_is_recorded_and_raised(tmp_path):
    def breaks(_):
        raise ZeroDivisionError("no")

    with pytest.raises(ZeroDivisionError):
        run_steps([step("a")._replace(work=breaks)], tmp_path, RUN)
    assert read_run(tmp_path).step("a").state == "failed"
    assert read_run(tmp_path).step("a").note == "ZeroDivisionError: no"


def test_a_step_that_is_off_says_why_and_nothing_waits_for_it(tmp_path):
    ran = run_steps([step("a", off="It was measured to add nothing."), step("b", beside=("a",))], tmp_path, RUN)
    assert states(ran.record) == {"a": "off", "b": "done"}
    assert ran.record.step("a").note == "It was measured to add nothing."
    assert worked(tmp_path, "a") == 0


def test_a_folder_has_one_run_at_a_time(tmp_path):
    with locked(tmp_path), pytest.raises(OutputError, match="Another run works"):
        run_steps(steps(), tmp_path, RUN)
    assert states(run_steps(steps(), tmp_path, RUN).record) == dict.fromkeys("abc", "done")


def test_a_process_that_is_killed_leaves_whole_steps_and_the_next_goes_on(tmp_path):
    process = subprocess.Popen([sys.executable, "-m", "tests.stack_killed", str(tmp_path)], cwd=ROOT)
    try:
        for _ in range(3000):
            if (tmp_path / "hangs").exists():
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert states(read_run(tmp_path)) == {"a": "done", "b": "running", "c": "waiting"}
    read_artifact(tmp_path / "steps" / "a", ArtifactKind.SCORES)
    with pytest.raises(ArtifactError):
        read_artifact(tmp_path / "steps" / "b", ArtifactKind.SCORES)
    ran = run_steps(steps(), tmp_path, RUN)
    assert states(ran.record) == {"a": "unchanged", "b": "done", "c": "done"}
    assert worked(tmp_path, "a") == 1


def test_a_key_hears_of_settings_parents_and_the_bytes_of_files(tmp_path):
    file = tmp_path / "posts.jsonl"
    file.write_text("one")
    plain = step("a", files=(file, tmp_path / "nowhere"))
    first = step_key(plain, {"b": "x"})
    assert step_key(plain, {"b": "x"}) == first
    assert step_key(plain, {"b": "y"}) != first
    assert step_key(plain._replace(settings={"said": "more"}), {"b": "x"}) != first
    file.write_text("two")
    assert step_key(plain, {"b": "x"}) != first
    of_folder = step("a", files=(tmp_path,))
    before = step_key(of_folder, {})
    file.write_text("three")
    assert step_key(of_folder, {}) != before


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25), st.randoms())
def test_every_step_stands_after_what_it_reads(pairs, random):
    reads = {name: sorted({str(low) for low, high in pairs if low < high and str(high) == name}) for name in map(str, range(10))}
    given_steps = [step(name, *parents) for name, parents in reads.items()]
    random.shuffle(given_steps)
    names = [one.name for one in in_order(given_steps)]
    assert sorted(names) == sorted(reads)
    assert all(names.index(parent) < names.index(name) for name, parents in reads.items() for parent in parents)


def test_steps_that_need_each_other_are_refused():
    with pytest.raises(ValueError, match="need each other"):
        in_order([step("a", "b"), step("b", "a")])


def test_a_folder_without_a_run_is_two_lines(tmp_path):
    with pytest.raises(ArtifactError, match="There is no run") as error:
        read_run(tmp_path)
    assert len(str(error.value).splitlines()) == 2
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ArtifactError, match="no record of a run"):
        read_run(tmp_path)


def test_figures_are_told_with_their_sign():
    assert told({"papers": 1440, "weight of rank": -0.25, "H": 12.5}) == "1,440 papers, weight of rank -.25, H 12.50"
