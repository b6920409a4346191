"""A second day knows the first: what came before is the background, and what was shown is kept with its propensity."""

from datetime import date

import pytest
from tests.recipes.bench_world import write_stream

from broadsheet.core.home import ranker_folder, store_path
from broadsheet.core.packages import MINILM
from broadsheet.core.schema import Announcement, Item
from broadsheet.core.store import Store
from broadsheet.report.ranker.fit import fit_history
from broadsheet.report.run import Request, run
from broadsheet.sources import read_source

WORDS = ("ranking.use_dense=false",)


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "me.toml"
    path.write_text('name = "Me"\nbudget = 5\nexploration = 0.4\ninterests = ["theme1word1 theme1word2 theme1word3", "theme2word1 theme2word4"]\n')
    return str(path)


def test_earlier_papers_come_oldest_first_under_their_first_label(tmp_path):
    def paper(number: int, day: int, *lists: str, version: int = 1) -> Announcement:
        return Announcement(item=Item(id=f"p{number}", title="T", creators=("Ana",), announced=date(2026, 3, day), version=version), lists=lists)

    store = Store(tmp_path / "s.sqlite")
    store.record_day([paper(1, 2, "cs.IR", "cs.CL"), paper(2, 2, "cs.IR")])
    store.record_day([paper(3, 3), paper(1, 3, "cs.IR", version=2)])
    store.record_day([paper(4, 4)])
    earlier = store.announced_before(date(2026, 3, 4), 10)
    assert [(a.item.id, a.item.announced.day, a.item.version, set(a.lists)) for a in earlier] == [
        ("p1", 2, 1, {"cs.IR", "cs.CL"}),
        ("p2", 2, 1, {"cs.IR"}),
        ("p3", 3, 1, set()),
    ]
    assert [a.item.id for a in store.announced_before(date(2026, 3, 4), 1)] == ["p3"]
    store.close()


def test_a_day_with_an_archive_behind_it_is_ranked_against_what_came_before(tmp_path, profile):
    source = str(write_stream(tmp_path / "papers.jsonl", labels=30))
    first, _ = run(Request((source,), profile, date(2026, 1, 5), settings=WORDS), tmp_path / "out")
    assert "against the same list" in first.models["weights"]
    assert any("Nothing earlier is known" in note for note in first.notes)
    for day in range(6, 31):
        run(Request((source,), profile, date(2026, 1, day), settings=WORDS), tmp_path / "out")
    last, page = run(Request((source,), profile, date(2026, 2, 2), settings=WORDS), tmp_path / "out")
    assert "against what came before" in last.models["weights"]
    assert not any("Nothing earlier is known" in note for note in last.notes)
    assert 0 < sum(e.chance or 0 for e in last.entries) < 3
    assert "P ." in page.read_text() or "P &lt; ." in page.read_text()


def test_what_was_shown_is_kept_once_with_its_propensity(tmp_path, profile):
    source = str(write_stream(tmp_path / "papers.jsonl", labels=2))
    request = Request((source,), profile, date(2026, 1, 5), settings=WORDS)
    report, page = run(request, tmp_path / "out")
    run(request, tmp_path / "out")
    store = Store(store_path())
    shown = store.events("Me")
    store.close()
    picks = report.picks()
    assert [(e.item, e.slot, e.kind) for e in shown] == [(p.item.id, p.slot, "shown") for p in picks]
    assert [e.propensity for e in shown] == [p.propensity for p in picks]
    explored = [p for p in picks if p.explored]
    assert len(explored) == 2
    assert all(0 < p.propensity < 1 for p in explored)
    assert all(p.propensity == 1 for p in picks if not p.explored)
    assert sum(e.propensity for e in report.entries) == pytest.approx(5, abs=1e-4)
    assert "a place by chance" in page.read_text()


@pytest.mark.skipif(not MINILM.is_installed(), reason="the dense model is not installed")
def test_a_ranker_of_ones_own_is_found_and_its_links_take_part(tmp_path, profile):
    source = str(write_stream(tmp_path / "papers.jsonl", labels=36, papers=16))
    fit_history([source], ranker_folder())
    report, _ = run(Request((source,), profile, date(2026, 2, 2)), tmp_path / "out")
    assert "576 papers" in report.models["weights"]
    store = Store(store_path())
    store.record_day([a for a in read_source(source).announcements if a.item.announced < date(2026, 2, 3)])
    store.close()
    report, _ = run(Request((source,), profile, date(2026, 2, 3)), tmp_path / "out")
    assert "lexical + dense + linked, against what came before" in report.models["weights"]
    assert all(reason.share > 0 for entry in report.picks() for reason in entry.reasons)
    assert any(reason.kind == "term" for entry in report.picks() for reason in entry.reasons)
