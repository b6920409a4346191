"""The quality of an archive, held against what was put into it by hand."""

import json
import os
from datetime import UTC, date, datetime

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from tests.unit.quality_archive import event, item_of, label_of, report_of, write_archive

from broadsheet.core.catalogue import reading_text
from broadsheet.core.errors import SourceNotFoundError
from broadsheet.core.schema import Announcement, Item
from broadsheet.core.store import Store
from broadsheet.report.archive import write_day
from broadsheet.report.feedback.record import undo_of
from broadsheet.report.quality.build import quality, write_quality
from broadsheet.report.quality.model import Quality
from broadsheet.report.quality.reading import calibration


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "s.sqlite")
    yield opened
    opened.close()


def test_coverage_interests_exploration_and_the_lists_are_counted(tmp_path, store):
    write_archive(tmp_path / "page", store)
    late = Item(id="late", title="Came after the page", announced=label_of(1))
    store.record_day([Announcement(item=late, lists=("cs.IR",)), Announcement(item=late.model_copy(update={"id": "other"}), lists=("cs.XX",))])
    found = quality(tmp_path / "page", store)
    first, second, _ = found.days
    assert (first.papers, first.kept, first.missing) == (8, 8, ())
    assert (second.kept, second.missing) == (9, ("late",))
    assert [(one.name, one.kept, one.stated, one.state) for one in first.lists] == [("cs.IR", 8, 8, "announced")]
    assert (first.interests, first.covered, first.explored, first.asked) == (1, 1, 1, 1)
    assert found.share("explored", "picks") == 0.25
    assert found.repeats == ()


def test_a_paper_that_is_new_twice_is_named_and_an_updated_one_is_not(tmp_path, store):
    write_archive(tmp_path / "page", store, days=1)
    again = report_of(1, [item_of(0, 0).model_copy(update={"version": 2}), item_of(0, 1), *(item_of(1, number) for number in range(2, 6))])
    entries = tuple(entry.model_copy(update={"section": "updated", "slot": None}) if entry.item.version == 2 else entry for entry in again.entries)
    write_day(again.model_copy(update={"entries": entries}), tmp_path / "page")
    (repeat,) = quality(tmp_path / "page", store).repeats
    assert (repeat.item, repeat.labels) == (item_of(0, 1).id, (label_of(0), label_of(1)))


def test_misses_are_what_was_taken_up_and_not_picked_unless_undone(tmp_path, store):
    reports = write_archive(tmp_path / "page", store)
    unpicked, left_out, picked = reports[0].entries[5].item.id, reports[0].entries[-1].item.id, reports[0].entries[0].item.id
    undone = event(reports[1].entries[6].item.id, "saved", label_of(1))
    acts = [
        event(unpicked, "opened", label_of(0)),
        event(left_out, "saved", label_of(0)),
        event(picked, "saved", label_of(0)),
        event("elsewhere", "saved", label_of(2)),
    ]
    store.record_events([*acts, event(reports[0].entries[6].item.id, "less", label_of(0)), undone, undo_of(undone, undone.at)])
    misses = quality(tmp_path / "page", store).misses
    assert [(miss.item, miss.why) for miss in misses] == [
        (unpicked, "scored below the picks"),
        (left_out, "left out: your rule against x"),
        ("elsewhere", "on no page of this archive"),
    ]
    assert [miss.label for miss in misses] == [label_of(0), label_of(0), None]


def test_diversity_and_novelty_are_those_of_plain_tfidf(tmp_path, store):
    reports = write_archive(tmp_path / "page", store, days=2)
    words = TfidfVectorizer(ngram_range=(1, 2), stop_words="english", token_pattern=r"(?u)\b\w[\w'-]*\w\b", sublinear_tf=True)
    texts = [reading_text(entry.item) for entry in reports[1].entries]
    rows = words.fit_transform(texts)[:4].toarray()
    apart = 1 - rows @ rows.T
    day = quality(tmp_path / "page", store).days[1]
    assert day.diversity == pytest.approx(apart[np.triu_indices(4, 1)].mean(), abs=1e-3)
    assert day.novelty is not None
    # The days are of the same themes, so the second is less news than the first.
    assert 0 < day.novelty < 1


def test_a_plain_ranker_wants_the_theme_of_the_library_and_what_the_page_omits_of_it_is_counted(tmp_path, store):
    write_archive(tmp_path / "page", store, days=1, papers=60, candidates=(3,))
    (day,) = quality(tmp_path / "page", store).days
    # One theme in four is the library's: 15 of 60 papers, of which picks hold one; the other three picks are of other themes.
    assert day.top == 20
    assert day.omitted >= 16


def test_figures_of_a_day_do_not_move_when_later_days_come(tmp_path, store):
    write_archive(tmp_path / "page", store, days=2)
    before = quality(tmp_path / "page", store).days
    write_archive(tmp_path / "page", store, days=4)
    after = quality(tmp_path / "page", store).days
    drop = {"hours"}
    assert [day.model_dump(exclude=drop) for day in after[:2]] == [day.model_dump(exclude=drop) for day in before]


def test_calibration_is_told_only_where_there_is_enough_of_it():
    rng = np.random.default_rng(0)
    reports = [report_of(day, [item_of(day, number) for number in range(30)], picks=20) for day in range(10)]
    chances = {entry.item.id: entry.chance for report in reports for entry in report.picks()}
    labels = {entry.item.id: report.label for report in reports for entry in report.picks()}
    acts = [event(item, "saved", labels[item]) for item, chance in chances.items() if rng.random() < chance]
    few = calibration(reports[:1], acts)
    assert (few.bins, few.days) == ((), 1)
    assert "taken up so far" in few.why_not
    none = calibration(reports, [])
    assert (none.shown, none.why_not[:11]) == (0, "No feedback")
    told = calibration(reports, acts)
    assert (told.days, told.shown, told.taken) == (10, 200, len(acts))
    assert sum(one.count for one in told.bins) == 200
    assert sum(one.low <= one.predicted <= one.high for one in told.bins) >= 0.7 * len(told.bins)
    assert told.error is not None
    assert told.error < 0.15
    # Days on which the reader did nothing say nothing.
    assert calibration(reports, [one for one in acts if labels[one.item] != label_of(3)]).shown == 180


def test_the_first_writing_counts_though_a_day_is_written_again(tmp_path, store):
    write_archive(tmp_path / "page", store, days=1)
    path = tmp_path / "page" / str(label_of(0)) / "report.json"
    # Monday's label is announced on Sunday at 20:00 in New York, 01:00 UTC.
    first = datetime(2026, 2, 2, 5, tzinfo=UTC).timestamp()
    os.utime(path, (first, first))
    found = quality(tmp_path / "page", store)
    assert found.days[0].hours == 4.0
    write_quality(found, tmp_path / "page")
    os.utime(path, (first + 90_000, first + 90_000))
    assert quality(tmp_path / "page", store).days[0].hours == 4.0


def test_other_readers_and_what_is_not_known_are_named(tmp_path, store):
    write_archive(tmp_path / "page", days=2)
    write_day(report_of(2, [item_of(2, number) for number in range(5)]).model_copy(update={"reader": "Ana"}), tmp_path / "page")
    found = quality(tmp_path / "page", store)
    assert (found.reader, len(found.days)) == ("Ana", 1)
    assert any("other readers" in note for note in found.notes)
    assert any("knows none of these days" in note for note in found.notes)
    assert found.days[0].kept is None
    with pytest.raises(SourceNotFoundError):
        quality(tmp_path / "nothing", store)


def test_the_command_writes_both_files_and_the_index_links_to_the_page(tmp_path, here, store):
    store.close()
    write_archive(tmp_path / "page", days=2)
    done = here("report", "quality", "--out", "page", "--json")
    assert done.returncode == 0
    found = Quality.model_validate_json(done.stdout)
    assert found == Quality.model_validate(json.loads((tmp_path / "page" / "quality.json").read_text()))
    assert "quality.html" in (tmp_path / "page" / "index.html").read_text()
    page = (tmp_path / "page" / "quality.html").read_text()
    assert "nothing can be held against the chances" in page
    assert date(2026, 2, 3).isoformat() in page
    gone = here("report", "quality", "--out", "elsewhere")
    assert (gone.returncode, len(gone.stderr.strip().splitlines())) == (21, 2)
