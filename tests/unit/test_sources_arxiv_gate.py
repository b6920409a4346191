"""The gate before arXiv: one request in three seconds, one at a time, whoever asks and however they end."""

import itertools
import json
import os
import signal
import threading
from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.core.clock import SetClock, steady
from broadsheet.core.errors import NetworkError, OutputError
from broadsheet.sources.arxiv.addresses import Addresses
from broadsheet.sources.arxiv.client import ArxivClient
from broadsheet.sources.arxiv.gate import Gate

NOON = datetime(2026, 2, 9, 12, tzinfo=UTC)


def times_of(gate, turns):
    """Take turns; return when each began, by the gate's clock, in seconds since noon."""
    times = []
    for _ in range(turns):
        with gate.turn():
            times.append((gate.clock.now() - NOON).total_seconds())
    return times


def test_the_first_goes_at_once_and_each_further_one_three_seconds_after_the_end_of_the_last(tmp_path):
    clock = SetClock(NOON)
    gate = Gate(tmp_path / "gate", clock=clock)
    begun = []
    for lasts in (0, 2, 0):
        with gate.turn():
            begun.append((clock.now() - NOON).total_seconds())
            clock.sleep(lasts)
    assert begun == pytest.approx([0, 3, 8], abs=0.01)
    assert begun[1] >= 3
    assert begun[2] - begun[1] >= 5


def test_gates_on_one_file_are_one_gate_and_a_pause_that_was_made_is_not_made_twice(tmp_path):
    clock = SetClock(NOON)
    one, other = (Gate(tmp_path / "gate", clock=clock) for _ in range(2))
    assert times_of(one, 1) + times_of(other, 1) == pytest.approx([0, 3], abs=0.01)
    clock.sleep(60)
    assert times_of(one, 1) == pytest.approx([63], abs=0.01)


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(hours=1), timedelta(days=400)])
def test_a_clock_that_is_set_back_costs_one_pause_and_hangs_nothing(tmp_path, back):
    clock = SetClock(NOON)
    gate = Gate(tmp_path / "gate", clock=clock)
    times_of(gate, 1)
    clock.at -= back
    first, second = times_of(gate, 2)
    assert first == pytest.approx(3 - back.total_seconds(), abs=0.01)
    assert second - first == pytest.approx(3, abs=0.01)


def test_a_clock_that_is_set_forward_shortens_no_pause(tmp_path):
    gate = Gate(tmp_path / "gate", seconds=0.1)
    last = steady(gate.clock)
    gate.path.write_text(f"{last} {gate.clock.now().timestamp() - 3600} over\n")
    with gate.turn():
        assert steady(gate.clock) - last >= 0.1


@pytest.mark.parametrize(
    "content", ["", "x", "1 2", "nan nan over", "inf 1 over", "1 2 3 4", "\xff\xfe\x00", "9e99 9e99 over", f"{NOON.timestamp() - 60} " * 2 + "asking"]
)
def test_a_record_that_says_nothing_costs_at_most_one_pause(tmp_path, content):
    (tmp_path / "gate").write_text(content)
    gate = Gate(tmp_path / "gate", clock=SetClock(NOON))
    first, second = times_of(gate, 2)
    assert first == pytest.approx(3 if content else 0, abs=0.01)
    assert second - first == pytest.approx(3, abs=0.01)


def test_an_error_within_a_turn_ends_it(tmp_path):
    gate = Gate(tmp_path / "gate", clock=SetClock(NOON))
    with pytest.raises(ZeroDivisionError), gate.turn():
        _ = 1 / 0
    assert times_of(gate, 1) == pytest.approx([3], abs=0.01)


def in_a_process(work):
    """Fork, do the work, and end without anything of pytest's; return the process and where its lines come from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            work(lambda line: os.write(writing, json.dumps(line).encode() + b"\n"))
        finally:
            os._exit(0)
    os.close(writing)
    return child, os.fdopen(reading)


def test_a_holder_that_is_killed_frees_the_gate_and_its_request_counts(tmp_path):
    gate = Gate(tmp_path / "gate", seconds=0.1)

    def hold(say):
        with gate.turn():
            say("in")
            signal.pause()

    child, lines = in_a_process(hold)
    with lines:
        assert json.loads(lines.readline()) == "in"
        with pytest.raises(NetworkError), gate.turn(steady(gate.clock) + 0.05):
            pass
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    killed = steady(gate.clock)
    with gate.turn(killed + 60):
        assert steady(gate.clock) - killed >= 0.1


def test_four_processes_never_ask_at_once_nor_too_soon(tmp_path):
    pause = 0.04
    gate = Gate(tmp_path / "gate", seconds=pause)

    def ask(say):
        for _ in range(3):
            with gate.turn():
                begun = steady(gate.clock)
                gate.clock.sleep(0.01)
                say([begun, steady(gate.clock)])

    children = [in_a_process(ask) for _ in range(4)]
    turns = []
    for child, lines in children:
        with lines:
            turns += [json.loads(line) for line in lines]
        os.waitpid(child, 0)
    turns.sort()
    assert len(turns) == 12
    assert min(after[0] - before[1] for before, after in itertools.pairwise(turns)) >= pause


def test_threads_of_one_process_take_turns_too(tmp_path):
    gate = Gate(tmp_path / "gate", seconds=0.01)
    inside, most = [], []

    def ask():
        for _ in range(3):
            with gate.turn():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 12


def test_who_cannot_have_a_turn_in_time_is_told_and_keeps_nobody_waiting(tmp_path):
    clock = SetClock(NOON)
    gate = Gate(tmp_path / "gate", clock=clock)
    times_of(gate, 1)
    with pytest.raises(NetworkError, match="does not come within its time"), gate.turn(steady(clock) + 2):
        pass
    assert clock.now() == NOON
    assert times_of(gate, 1) == pytest.approx([3], abs=0.01)


def test_a_place_that_cannot_hold_the_gate_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "gate"):
        with pytest.raises(OutputError, match="XDG_CACHE_HOME"), Gate(path).turn():
            pass


def test_installations_of_one_user_share_the_gate_before_a_server(tmp_path):
    clock = SetClock(NOON)
    one, other = (ArxivClient(tmp_path / name, addresses=Addresses.of("http://127.0.0.1:8000"), clock=clock) for name in ("one", "other"))
    assert one.gate.path == other.gate.path
    assert ArxivClient(tmp_path, clock=clock).gate.path != one.gate.path
