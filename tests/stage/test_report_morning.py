"""A morning from the double of arXiv to the reader's folder: missed labels oldest first, each once, whatever is done again."""

from datetime import UTC, datetime

import pytest

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import ThrottledError
from broadsheet.core.store import Store
from broadsheet.report.deliver import Outbox
from broadsheet.report.labels_done import Done, Mornings
from broadsheet.report.live import calendar, lists_of
from broadsheet.report.morning import live_morning
from broadsheet.report.run import Request, profile_of
from broadsheet.report.watch import Watch
from broadsheet.sample.arxiv import ArxivServer, fictional_days


@pytest.fixture
def double(monkeypatch):
    clock = SetClock(datetime(2026, 3, 18, 12, tzinfo=UTC))
    with ArxivServer(fictional_days(), clock=clock) as server:
        monkeypatch.setenv("BROADSHEET_ARXIV", server.url)
        yield server, clock


@pytest.fixture
def watch(tmp_path, double):
    _, clock = double
    (tmp_path / "me.toml").write_text('name = "Me"\nbudget = 3\ncategories = ["cs.IR"]\ninterests = ["search and retrieval"]\n')
    store = Store(tmp_path / "s.sqlite")
    request = Request(profile=str(tmp_path / "me.toml"), settings=("ranking.use_dense=false",), store=str(tmp_path / "s.sqlite"))
    profile = profile_of(request)
    told = []

    def run(since=None):
        morning = live_morning(request, lists_of(profile.categories), profile, tmp_path / "page", store, clock)
        Watch(calendar(), Mornings(store, profile.name), morning, clock, told.append).run(since, once=True)

    run.store, run.told, run.folder = store, told, tmp_path / "page"
    yield run
    store.close()


def test_missed_labels_are_filled_in_written_and_delivered_oldest_first_and_never_twice(double, watch):
    server, clock = double
    # On a Saturday nothing but the archive has the Friday.
    clock.at = datetime(2026, 3, 14, 12, tzinfo=UTC)
    newest = calendar().label_at(clock.now())
    missed = calendar().before(newest)
    watch(since=missed)
    done = [(change.label, change.state) for change in watch.told if change.label]
    assert done == [(label, state) for label in (missed, newest) for state in ("fetched", "written", "sent", "done")]
    assert all((watch.folder / str(label) / "index.html").is_file() for label in (missed, newest))
    rows = [(row.label, row.channel, row.state) for row in Outbox(watch.store).rows("Me")]
    assert {label for label, _, _ in rows} == {missed, newest}
    assert {state for _, _, state in rows} == {"delivered"}
    asked = len(server.served.requests)
    watch(since=missed)
    assert len(server.served.requests) == asked
    assert Outbox(watch.store).rows("Me") is not None
    assert [(row.label, row.channel, row.state) for row in Outbox(watch.store).rows("Me")] == rows
    assert Mornings(watch.store, "Me").labels() == {missed: Done.DONE, newest: Done.DONE}


def test_a_throttling_server_ends_the_pass_with_its_own_exit_code_and_nothing_is_recorded(double, watch):
    server, _ = double
    server.faults.set(["429"])
    with pytest.raises(ThrottledError):
        watch()
    assert [change.exit_code for change in watch.told if change.state == "throttled"] == [52]
    assert Mornings(watch.store, "Me").labels() == {}
    server.faults.set([])
    watch()
    assert list(Mornings(watch.store, "Me").labels().values()) == [Done.DONE]
