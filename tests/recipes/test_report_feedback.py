"""Tomorrow's page learns from what a reader did today, says so, and forgets what is undone."""

import contextlib
import json
import random
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from broadsheet.core.clock import SetClock
from broadsheet.core.schema import Announcement, Item
from broadsheet.core.store import Store
from broadsheet.report.feedback.record import CATEGORY, MORE, NOT_MY_FIELD, OPENED, READ, SAVED, record_act, record_undo
from broadsheet.report.run import Request, Result, run

EACH = 10
MONDAY, TUESDAY = date(2026, 2, 9), date(2026, 2, 10)
NINE = datetime(2026, 2, 9, 9, tzinfo=UTC)
TOPICS = {
    "soup": "soup broth ladle simmer stock carrot leek pot spoon bowl",
    "bread": "bread dough oven crust yeast flour loaf knead rise sourdough",
    "tea": "tea leaf kettle steep oolong harvest cup aroma green infusion",
    "bees": "bee hive honey comb queen swarm pollen nectar drone brood",
}
USUAL = "we study how a method is measured and report what was found in a large trial of it over many days".split()


def papers(day: date, each: int, seed: int) -> list[dict]:
    rng = random.Random(seed)
    everything = [word for words in TOPICS.values() for word in words.split()]
    rows = []
    for number in range(each):
        for topic, words in TOPICS.items():
            told = rng.sample(words.split(), 4)
            text = " ".join(rng.sample(USUAL, 16) + told + rng.sample(everything, 3))
            name = f"{day:%y%m}.{day.day:02}{list(TOPICS).index(topic)}{number:02}"
            rows.append({"id": name, "title": f"On {told[0]} and {told[1]}", "abstract": text, "announced": str(day), "categories": [f"food.{topic}"]})
    rng.shuffle(rows)
    return rows


class Desk(NamedTuple):
    """A folder with Tuesday's papers and a profile, and a database that knows Monday's."""

    folder: Path
    store: str

    def page(self, *settings: str) -> Result:
        request = Request(
            (str(self.folder / "tuesday.jsonl"),), str(self.folder / "me.toml"), settings=("ranking.use_dense=false", *settings), store=self.store
        )
        return run(request, self.folder / "out")

    @contextlib.contextmanager
    def told(self, kind: str, items: list[str]):
        """Record one act on each item, a minute apart; give what undoes them all."""
        clock = SetClock(NINE)
        with contextlib.closing(Store(self.store)) as store:
            for item in items:
                clock.sleep(60)
                record_act(store, "Ana", item, kind, clock=clock)
            yield lambda: [record_undo(store, "Ana", item, clock=SetClock(NINE + timedelta(days=1))) for item in items]


def set_up(tmp_path: Path) -> Desk:
    store = Store(tmp_path / "s.sqlite")
    rows = papers(MONDAY, EACH, 1)
    store.record_day(
        [Announcement(item=Item(id=r["id"], title=r["title"], text=r["abstract"], categories=tuple(r["categories"]), announced=MONDAY)) for r in rows]
    )
    store.close()
    (tmp_path / "tuesday.jsonl").write_text("".join(json.dumps(row) + "\n" for row in papers(TUESDAY, EACH, 2)))
    (tmp_path / "me.toml").write_text('name = "Ana"\ninterests = ["bread dough and sourdough crust"]\nbudget = 8\n')
    return Desk(tmp_path, str(tmp_path / "s.sqlite"))


@pytest.fixture(autouse=True, scope="module")
def _plain_map():
    """The map of a day costs a third of its page, and nothing of a reader is in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("broadsheet.report.build.place", lambda vectors: np.zeros((vectors.lexical_candidates.shape[0], 2)))
        yield


@pytest.fixture
def desk(tmp_path):
    return set_up(tmp_path)


class Quiet(NamedTuple):
    """The page without events, and its files."""

    result: Result
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    result = set_up(tmp_path_factory.mktemp("quiet")).page()
    return Quiet(result, files(result))


def files(result: Result) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in result.page.parent.iterdir()}


def topic(item: str) -> str:
    return list(TOPICS)[int(item.split(".")[1][-3])]


def places(result: Result, name: str) -> float:
    order = sorted(result.report.entries, key=lambda e: -e.score)
    found = [place for place, entry in enumerate(order) if topic(entry.item.id) == name]
    return sum(found) / len(found)


def of_topic(name: str, count: int) -> list[str]:
    return [row["id"] for row in papers(MONDAY, EACH, 1) if topic(row["id"]) == name][:count]


def test_twenty_clicks_move_a_topic_up_and_undoing_restores_every_byte(desk, quiet):
    items = of_topic("tea", 10)
    with desk.told(MORE, items * 2) as undo:
        after = desk.page()
        assert places(after, "tea") < places(quiet.result, "tea") - 5
        picked = [sum(topic(e.item.id) == "tea" for e in one.report.picks()) for one in (quiet.result, after)]
        assert picked[1] >= picked[0] + 2
        assert files(desk.page()) == files(after)
        assert len(undo()) == 20
    assert files(desk.page()) == quiet.files


def test_the_page_and_its_data_say_what_was_learnt_from(desk, quiet):
    assert b"feedback" not in quiet.files["index.html"].lower()
    assert b"feedback" not in quiet.files["report.json"]
    assert b"learning" not in quiet.files["report.json"]
    with desk.told(SAVED, of_topic("tea", 5)):
        result = desk.page()
    assert any("5 events (5 saved)" in note for note in result.report.notes)
    assert "5 events (5 saved)" in result.page.read_text()
    assert json.loads((result.page.parent / "report.json").read_text())["config"]["feedback"] == {"events": 5, "kinds": {"saved": 5}, "unknown": 0}


def test_a_reason_of_feedback_is_the_share_that_is_lost_without_it(desk, quiet):
    without = {e.item.id: e.score for e in quiet.result.report.entries}
    saved = of_topic("tea", 6)
    with desk.told(SAVED, saved):
        result = desk.page()
    reasons = [(e, r) for e in result.report.entries for r in e.reasons if r.kind == "feedback"]
    assert len(reasons) >= EACH // 2
    shown = result.page.read_text()
    for entry, reason in reasons:
        assert entry.score >= without[entry.item.id]
        # Scores are rounded to six places.
        assert entry.score * (1 - reason.share) == pytest.approx(without[entry.item.id], rel=1e-3, abs=2e-6)
        assert reason.reference in saved
        assert f"most of all on <i>{reason.text}</i>" in shown or entry.slot is None


def test_the_paper_named_in_a_reason_is_evidence(desk):
    items = of_topic("bread", 3)
    with desk.told(SAVED, items) as undo:
        whole = desk.page()
        entry, reason = next((e, r) for e in whole.report.picks() for r in e.reasons if r.kind == "feedback")
        undo()
    with desk.told(SAVED, [item for item in items if item != reason.reference]):
        less = {e.item.id: e.score for e in desk.page().report.entries}
    assert less[entry.item.id] < entry.score


def test_what_was_read_is_left_out_and_comes_back(desk, quiet):
    gone = quiet.result.report.picks()[0].item.id
    with desk.told(READ, [gone]) as undo:
        result = desk.page()
        (entry,) = [e for e in result.report.entries if e.item.id == gone]
        assert entry.slot is None
        assert entry.left_out == "you marked it as read"
        assert gone in result.page.read_text()
        assert gone in [e.item.id for e in desk.page("ranking.learning.hide_read=false").report.picks()]
        undo()
    assert files(desk.page()) == quiet.files


@pytest.mark.parametrize("items", [[CATEGORY + "food.bread"], of_topic("bread", 4)], ids=["a category", "papers of it"])
def test_not_my_field_takes_a_field_down(desk, quiet, items):
    with desk.told(NOT_MY_FIELD, items):
        after = desk.page()
    assert places(after, "bread") > places(quiet.result, "bread")
    before, now = ({e.item.id: e.score for e in one.report.entries if topic(e.item.id) == "bread"} for one in (quiet.result, after))
    assert all(now[item] < before[item] for item in before)


def test_a_reader_without_a_library_is_ranked_by_feedback_alone(desk):
    (desk.folder / "me.toml").write_text('name = "Ana"\nbudget = 8\n')
    with desk.told(OPENED, of_topic("bees", 8)):
        result = desk.page()
    assert result.report.ranked_by == "your feedback"
    assert sum(topic(e.item.id) == "bees" for e in result.report.picks()) >= 6
    assert not any("no library" in note for note in result.report.notes)


class Hrefs(HTMLParser):
    def __init__(self):
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.hrefs += [value for name, value in attrs if tag == "a" and name == "href"]


def test_links_are_in_the_page_only_where_an_address_is_configured(desk, quiet, monkeypatch):
    assert b"/f/" not in quiet.files["index.html"]
    monkeypatch.setenv("BROADSHEET_LINKS", "https://news.example.org")
    result = desk.page()
    parser = Hrefs()
    parser.feed(result.page.read_text())
    signed = [url for url in parser.hrefs if url.startswith("https://news.example.org/f/")]
    picks = len(result.report.picks())
    assert len(signed) == len(set(signed)) == 5 * picks + len(result.report.entries) - picks
    assert files(result)["report.json"] == quiet.files["report.json"]
