"""The watch on a clock that is set: waits, catches up oldest first, stops between two steps, and loses nothing to a kill."""

import multiprocessing
import os
import signal
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from broadsheet.core.clock import SetClock, WallClock
from broadsheet.core.errors import (
    ConfigError,
    DeliveryError,
    IncompleteError,
    NoPapersError,
    NotReadyError,
    RecordError,
    StaleError,
    StoreError,
    ThrottledError,
    UnknownDeliveryError,
)
from broadsheet.core.store import Store
from broadsheet.report.labels_done import Done, Mornings
from broadsheet.report.stopping import Stop, only_one
from broadsheet.report.watch import Pace, Watch
from broadsheet.sources.arxiv.calendar import Calendar

MONDAY = date(2026, 2, 9)
STEPS = ("fetched", "written", "sent")


class Stage:
    """A watch whose mornings fail as a script says: by label, one error for each try, None where it succeeds."""

    def __init__(self, tmp_path, at, script=None, until=None, each=lambda stage, label, step: None):
        self.clock = SetClock(at)
        self.store = Store(tmp_path / "s.sqlite")
        self.kept = Mornings(self.store, "Me")
        self.script = {label: list(faults) for label, faults in (script or {}).items()}
        self.steps, self.told, self.stop = [], [], Stop()
        self.until, self.each = until, each
        self.loop = Watch(Calendar(), self.kept, self.morning, self.clock, self.say, pace=Pace(300, 3600), stop=self.stop)

    def morning(self, label):
        faults = self.script.get(label, [])
        fault = faults.pop(0) if faults else None
        for step in STEPS:
            if fault is not None:
                raise fault
            self.steps.append((label, step))
            self.each(self, label, step)
            yield step

    def say(self, change):
        self.told.append(change)
        if self.until and change.state == "asleep" and self.clock.now() >= self.until:
            self.stop.asked = "SIGTERM"

    def sent(self):
        return [label for label, step in self.steps if step == "sent"]

    def states(self):
        return [(change.label, change.state) for change in self.told]


@pytest.fixture
def stage(tmp_path):
    made = []

    def make(at, *arguments, **settings):
        made.append(Stage(tmp_path, at, *arguments, **settings))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


def at(day, hour, minute=0):
    return datetime(2026, 2, day, hour, minute, tzinfo=UTC)


def test_a_label_is_done_once_and_the_next_is_waited_for_by_the_calendar(stage):
    one = stage(at(9, 12), until=at(10, 12))
    one.loop.run()
    # 10 February is announced on the 9th at 20:00 in New York, 01:00 UTC; the 11th a day later.
    assert one.sent() == [MONDAY, date(2026, 2, 10), date(2026, 2, 11)]
    assert one.clock.now() == at(11, 1)
    assert one.kept.labels() == dict.fromkeys(one.sent(), Done.DONE)
    assert one.states()[:5] == [(None, "watching"), (MONDAY, "fetched"), (MONDAY, "written"), (MONDAY, "sent"), (MONDAY, "done")]
    assert one.states()[-1] == (None, "stopped")


def test_five_missed_days_go_oldest_first_and_again_nothing_is_due(stage):
    one = stage(at(9, 12))
    one.loop.run(since=date(2026, 2, 3), once=True)
    assert one.sent() == [date(2026, 2, day) for day in (3, 4, 5, 6, 9)]
    again = stage(at(9, 13))
    again.loop.run(once=True)
    assert again.steps == []
    assert again.states()[-1] == (None, "ended")


def test_what_is_not_there_yet_is_asked_for_ever_more_seldom_and_not_before_feeds_are_built(stage):
    late = NotReadyError("Not yet.", "Wait.")
    stale = StaleError("Yesterday's.", "Wait.")
    one = stage(at(9, 2), {MONDAY: [late, stale, stale]}, until=at(9, 5))
    one.loop.run()
    waits = [(change.at, change.exit_code) for change in one.told if change.state == "again"]
    # Feeds are built anew at midnight in New York, 05:00 UTC.
    assert waits == [(at(9, 2), 3), (at(9, 5), 4), (at(9, 5, 10), 4)]
    assert one.sent() == [MONDAY]
    assert one.clock.now() >= at(9, 5, 30)


def test_what_a_server_asks_for_is_waited(stage):
    one = stage(at(9, 12), {MONDAY: [ThrottledError("429.", "Wait.", 7000)]}, until=at(9, 12))
    one.loop.run()
    assert one.told[2].why.startswith("at 2026-02-09 13:56")
    assert one.sent() == [MONDAY]


def test_a_label_that_cannot_be_had_keeps_no_other_from_its_reader_and_is_tried_again_under_the_next(stage):
    friday = date(2026, 2, 6)
    one = stage(at(9, 12), {friday: [IncompleteError("A list is missing.", "Wait.")] * 2}, until=at(10, 12))
    one.loop.run(since=friday)
    assert one.sent() == [MONDAY, date(2026, 2, 10), friday, date(2026, 2, 11)]
    assert one.states().count((friday, "not whole")) == 2
    assert (friday, "again") not in one.states()


def test_a_mail_server_that_refuses_keeps_the_order_for_some_hours(stage):
    friday = date(2026, 2, 6)
    one = stage(at(9, 12), {friday: [DeliveryError("451", "Wait.")]}, until=at(9, 12))
    one.loop.run(since=friday)
    assert one.sent() == [friday, MONDAY]
    for fault in (DeliveryError("451", "Wait."), RecordError("No title.", "Wait.")):
        one = stage(at(12, 12), {date(2026, 2, 11): [fault] * 99}, until=at(13, 12))
        one.kept = Mornings(one.store, type(fault).__name__)
        one.loop = Watch(Calendar(), one.kept, one.morning, one.clock, one.say, stop=one.stop)
        one.loop.run(since=date(2026, 2, 11))
        assert one.sent() == [date(2026, 2, 12), date(2026, 2, 13), date(2026, 2, 16)]
        assert one.states().count((date(2026, 2, 11), "put off")) == 8


def test_a_letter_that_is_refused_for_good_ends_its_label_and_is_told(stage):
    friday = date(2026, 2, 6)
    one = stage(at(9, 12), {friday: [DeliveryError("554", "Mend it.", is_final=True)]})
    with pytest.raises(DeliveryError):
        one.loop.run(since=friday, once=True)
    assert one.sent() == [MONDAY]
    assert one.kept.labels() == {friday: Done.REFUSED, MONDAY: Done.DONE}
    assert [(change.state, change.exit_code) for change in one.told if change.label == friday] == [("refused", 41)]


def test_the_first_label_due_is_not_lost_when_the_next_is_announced_or_the_watch_starts_anew(stage):
    one = stage(at(9, 12), {MONDAY: [ThrottledError("429.", "Wait.")]})
    with pytest.raises(ThrottledError):
        one.loop.run(once=True)
    again = stage(at(10, 2), {MONDAY: [ThrottledError("429.", "Wait.", 4 * 3600.0)] * 6}, until=at(11, 2))
    again.loop.run()
    # Six times four hours, although the next label was announced meanwhile.
    assert again.sent() == [MONDAY, date(2026, 2, 10), date(2026, 2, 11)]
    assert again.clock.now() == at(11, 2)


def test_a_clock_that_is_put_back_makes_no_wait_longer():
    class Back(SetClock):
        def sleep(self, seconds):
            super().sleep(seconds)
            self.at -= timedelta(days=1)

    clock = Back(at(9, 12))
    Stop().wait(clock, 3000)
    assert clock.now() == at(5, 12, 50)


def test_once_raises_the_first_error_after_it_has_done_the_rest(stage):
    friday = date(2026, 2, 6)
    one = stage(at(9, 12), {friday: [IncompleteError("A list is missing.", "Wait.")]})
    with pytest.raises(IncompleteError):
        one.loop.run(since=friday, once=True)
    assert one.sent() == [MONDAY]


def test_a_quiet_day_and_an_unknown_outcome_are_ends_and_are_told(stage):
    friday = date(2026, 2, 6)
    one = stage(at(9, 12), {friday: [NoPapersError("Nothing.", "")], MONDAY: [UnknownDeliveryError("Lost after DATA.", "Ask.")]})
    with pytest.raises(UnknownDeliveryError):
        one.loop.run(since=friday, once=True)
    assert one.kept.labels() == {friday: Done.QUIET, MONDAY: Done.UNKNOWN}
    assert [change.exit_code for change in one.told if change.label == MONDAY] == [42]
    again = stage(at(9, 12))
    again.loop.run(once=True)
    assert again.steps == []


def test_what_waiting_does_not_mend_is_raised_and_told(stage):
    one = stage(at(9, 12), {MONDAY: [ConfigError("No such setting.", "Mend it.")]})
    with pytest.raises(ConfigError):
        one.loop.run()
    assert one.states()[-1] == (MONDAY, "broken")
    assert one.kept.labels() == {}


def test_a_stop_comes_between_two_steps_and_the_morning_is_done_anew(stage):
    def stopped(one, label, step):
        one.stop.asked = one.stop.asked or ("SIGTERM" if step == "written" else "")

    one = stage(at(9, 12), each=stopped)
    one.loop.run()
    assert [step for _, step in one.steps] == ["fetched", "written"]
    assert one.kept.labels() == {}
    again = stage(at(9, 12))
    again.loop.run(once=True)
    assert [step for _, step in again.steps] == list(STEPS)


def test_a_signal_ends_a_wait_at_once_and_a_step_never():
    stop = Stop()
    with stop.listening():
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        stop.wait(WallClock(), 60)
        assert stop.asked == "SIGTERM"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    other = Stop()
    with other.listening():
        os.kill(os.getpid(), signal.SIGINT)
        assert other.asked == "SIGINT"
        other.wait(SetClock(at(9, 12)), 60)


def _hold(path, ready, end):
    with only_one(path):
        ready.set()
        end.wait(20)


def test_one_process_at_a_time_watches_and_a_kill_frees_the_lock(tmp_path):
    context = multiprocessing.get_context("fork")
    ready, end = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "watch.lock", ready, end))
    other.start()
    assert ready.wait(20)
    with pytest.raises(StoreError, match=f"process {other.pid}"), only_one(tmp_path / "watch.lock"):
        pass
    other.kill()
    other.join()
    with only_one(tmp_path / "watch.lock"):
        assert int((tmp_path / "watch.lock").read_text()) == os.getpid()


def test_backoff_doubles_up_to_the_longest():
    waits = [Pace(300, 3600).wait(tries, StaleError("", "")) for tries in range(6)]
    assert waits == [300, 600, 1200, 2400, 3600, 3600]
    assert timedelta(seconds=sum(waits)) < timedelta(hours=4)
