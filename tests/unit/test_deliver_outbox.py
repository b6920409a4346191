"""The outbox in a real database of either kind: one row a delivery, each step committed, nothing twice."""

import contextlib
import os
import signal
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.deliver_killed import in_a_process

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import OutputError, ProfileError
from broadsheet.core.store import Store
from broadsheet.report.deliver import Outbox, Outcome, Parcel, Put, State
from broadsheet.report.deliver.outbox import TakenError

MONDAY = date(2026, 2, 9)
NINE = datetime(2026, 2, 9, 9, tzinfo=UTC)


@pytest.fixture
def clock():
    return SetClock(NINE)


@pytest.fixture
def store(database):
    with contextlib.closing(Store(database)) as opened:
        yield opened


@pytest.fixture
def box(store, clock):
    return Outbox(store, clock)


class Carrier:
    """A channel that says what is told it to say, and remembers what it carried."""

    def __init__(self, *outcomes, name="mail", marks=True):
        self.name, self.outcomes, self.marks, self.carried = name, list(outcomes), marks, []

    def send(self, delivery, content, mark):
        if self.marks:
            mark()
        self.carried.append((delivery.label, content))
        said = self.outcomes.pop(0) if self.outcomes else Outcome(State.DELIVERED, "250 kept")
        if isinstance(said, BaseException):
            raise said
        return said


def letter(label=MONDAY, content=b"a letter", **facts):
    return Parcel(**{"reader": "Ana", "label": label, "channel": "mail", "destination": "ana@example.org", "content": content, "repeatable": False, **facts})


def states(box):
    return [(row.label, row.channel, row.state) for row in box.rows("Ana")]


def test_what_is_put_in_is_delivered_once(box):
    carrier = Carrier()
    assert box.put(letter()) is Put.NEW
    assert box.put(letter()) is Put.SAME
    (row,) = box.deliver([carrier], "Ana")
    assert (row.state, row.attempts, row.reason) == (State.DELIVERED, 1, "250 kept")
    assert box.put(letter()) is Put.SAME
    assert box.deliver([carrier], "Ana") == []
    assert carrier.carried == [(MONDAY, b"a letter")]


def test_days_that_were_missed_go_oldest_first(box):
    days = [MONDAY + timedelta(days=n) for n in range(5)]
    for day in (days[3], days[0], days[4], days[2], days[1]):
        box.put(letter(day))
        box.put(letter(day, channel="atom", repeatable=True))
    carriers = [Carrier(name="atom", marks=False), Carrier()]
    order = [(row.label, row.channel) for row in box.deliver(carriers, "Ana")]
    assert order == [(day, name) for day in days for name in ("atom", "mail")]
    assert [label for label, _ in carriers[1].carried] == days


def test_a_newer_page_takes_the_place_of_a_letter_that_has_not_left_and_of_no_other(box):
    box.put(letter())
    assert box.put(letter(content=b"a better letter")) is Put.REPLACED
    carrier = Carrier()
    box.deliver([carrier], "Ana")
    assert carrier.carried == [(MONDAY, b"a better letter")]
    assert box.put(letter(content=b"a third", origin="other")) is Put.KEPT
    assert box.deliver([carrier], "Ana") == []
    assert box.put(letter(content=b"a third", origin="other"), again=True) is Put.REPLACED
    box.deliver([carrier], "Ana")
    assert carrier.carried[1:] == [(MONDAY, b"a third")]


def test_files_and_feeds_are_delivered_anew_when_they_change_or_go_elsewhere(box):
    feed = letter(channel="atom", repeatable=True, destination="here")
    box.put(feed)
    carrier = Carrier(name="atom", marks=False)
    box.deliver([carrier], "Ana")
    assert box.put(feed) is Put.SAME
    assert box.put(feed._replace(content=b"more")) is Put.REPLACED
    box.deliver([carrier], "Ana")
    assert box.put(feed._replace(content=b"more", destination="there")) is Put.REPLACED
    box.deliver([carrier], "Ana")
    assert len(carrier.carried) == 3


def test_a_second_reader_of_the_same_name_is_an_error_and_no_silence(box):
    box.put(letter())
    with pytest.raises(ProfileError, match="addressed to ana@"):
        box.put(letter(destination="another@example.org"))
    assert box.put(letter(destination="another@example.org"), again=True) is Put.REPLACED


def test_no_file_of_one_reader_is_replaced_by_anothers(box):
    box.put(letter(channel="atom", destination="feeds/atom.xml", repeatable=True))
    with pytest.raises(ProfileError, match="has the atom of Ana, and would lose it to Sam"):
        box.put(letter(reader="Sam", channel="atom", destination="feeds/atom.xml", repeatable=True))
    assert box.put(letter(reader="Sam")) is Put.NEW


def test_a_refusal_for_now_waits_longer_each_time(box, clock):
    box.put(letter())
    busy = Outcome(State.QUEUED, "451 busy", waits=True)
    carrier = Carrier(busy, busy, busy)
    box.deliver([carrier], "Ana")
    assert states(box) == [(MONDAY, "mail", State.QUEUED)]
    box.deliver([carrier], "Ana")
    assert len(carrier.carried) == 2, "the first refusal may be tried again at once"
    assert box.deliver([carrier], "Ana") == []
    clock.sleep(301)
    box.deliver([carrier], "Ana")
    clock.sleep(301)
    assert box.deliver([carrier], "Ana") == []
    clock.at -= timedelta(days=1)
    (row,) = box.deliver([carrier], "Ana")
    assert (row.state, row.attempts) == (State.DELIVERED, 4), "a clock that was put back puts nothing off"


def test_what_waits_is_tried_at_once_when_the_user_says_so(box):
    box.put(letter())
    carrier = Carrier(*[Outcome(State.QUEUED, "451 busy", waits=True)] * 2)
    for _ in range(2):
        box.deliver([carrier], "Ana")
    (row,) = box.deliver([carrier], "Ana", now=True)
    assert row.state is State.DELIVERED


def test_a_refusal_for_good_and_an_unknown_outcome_stay_until_somebody_says_so(box):
    box.put(letter())
    box.put(letter(MONDAY + timedelta(days=1)))
    carrier = Carrier(Outcome(State.REFUSED, "554 no"), Outcome(State.UNKNOWN, "lost"))
    box.deliver([carrier], "Ana")
    for _ in range(3):
        assert box.deliver([carrier], "Ana", now=True) == []
    assert [row.state for row in box.rows("Ana")] == [State.REFUSED, State.UNKNOWN]
    assert box.settle("Ana", MONDAY, "mail", "settled by hand")
    assert not box.settle("Ana", MONDAY, "mail", "settled by hand")
    (again,) = box.deliver([carrier], "Ana", resend_unknown=True)
    assert again.state is State.DELIVERED
    assert len(carrier.carried) == 3


def test_what_goes_wrong_before_the_mark_leaves_a_row_queued_and_after_it_unknown(box):
    box.put(letter())
    before = Carrier(OutputError("No room.", "Make some."), marks=False)
    (row,) = box.deliver([before], "Ana")
    assert (row.state, row.reason) == (State.QUEUED, "No room. Make some.")
    with pytest.raises(KeyboardInterrupt):
        box.deliver([Carrier(KeyboardInterrupt())], "Ana")
    (row,) = box.rows("Ana")
    assert (row.state, row.reason) == (State.UNKNOWN, "it was broken off by KeyboardInterrupt")


def test_a_letter_that_was_replaced_while_it_was_carried_is_not_sent(box):
    box.put(letter())

    class Slow(Carrier):
        def send(self, delivery, content, mark):
            box.put(letter(content=b"newer"))
            with pytest.raises(TakenError):
                mark()
            raise TakenError

    (row,) = box.deliver([Slow()], "Ana")
    assert row.state is State.QUEUED
    carrier = Carrier()
    box.deliver([carrier], "Ana")
    assert carrier.carried == [(MONDAY, b"newer")]


def test_only_the_label_that_is_asked_for(box):
    box.put(letter())
    box.put(letter(MONDAY + timedelta(days=1)))
    carrier = Carrier()
    box.deliver([carrier], "Ana", label=MONDAY + timedelta(days=1))
    assert states(box) == [(MONDAY, "mail", State.QUEUED), (MONDAY + timedelta(days=1), "mail", State.DELIVERED)]


def test_contents_come_back_newest_label_first(box):
    for n in range(3):
        box.put(letter(MONDAY + timedelta(days=n), channel="atom", content=str(n).encode(), repeatable=True))
    assert [content for _, content in box.contents("Ana", "atom")] == [b"2", b"1", b"0"]
    assert list(box.contents("Sam", "atom")) == []


def test_what_a_dead_process_was_sending_is_unknown_and_what_it_only_claimed_is_not(database, box):
    box.put(letter())
    box.put(letter(MONDAY + timedelta(days=1)))

    class Deadly(Carrier):
        def send(self, delivery, content, mark):
            if self.marks:
                mark()
            os.kill(os.getpid(), signal.SIGKILL)

    def die(*, marks):
        Outbox(Store(database), SetClock(NINE)).deliver([Deadly(marks=marks)], "Ana")

    for marks in (False, True):
        assert in_a_process(lambda marks=marks: die(marks=marks)) is None
    carrier = Carrier()
    tried = box.deliver([carrier], "Ana")
    assert [(row.state, row.attempts) for row in tried] == [(State.UNKNOWN, 2), (State.DELIVERED, 1)]
    assert "ended before" in tried[0].reason


def test_a_database_that_ends_all_sessions_while_a_letter_is_carried_keeps_what_became_of_it(store, box):
    if store.engine.dialect.name != "postgresql":
        return
    box.put(letter())

    class Ending(Carrier):
        def send(self, delivery, content, mark):
            said = super().send(delivery, content, mark)
            with store.engine.connect() as connection:
                connection.exec_driver_sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid != pg_backend_pid()")
            return said

    (row,) = box.deliver([Ending()], "Ana")
    assert row.state is State.DELIVERED
    assert box.deliver([Carrier()], "Ana") == []
