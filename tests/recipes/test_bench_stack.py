"""The ablation: one stage more in each row, each held against the row before it, on a small stream of papers."""

import json
from datetime import date
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest
from tests.recipes.bench_world import write_stream

from broadsheet.report.authors import AuthorDays
from broadsheet.report.bench.ablation import pages
from broadsheet.report.bench.ablation import papers as ablation
from broadsheet.report.bench.run import Plan
from broadsheet.report.ranker.stream import Stream
from broadsheet.represent.linked import LinkedConfig
from broadsheet.sources import read_source

SINCE = UNTIL = date(2026, 1, 20)


class Said:
    """Stands for a model of papers that is quickly fitted: it says how near a paper is to the library's last, through a projection drawn by the seed."""

    config = LinkedConfig()
    fits: ClassVar[list[tuple[str, int, int]]] = []
    asked: ClassVar[list[tuple]] = []

    def __init__(self, vectors, matrix):
        self.vectors, self.matrix, self.fitted = vectors, matrix, self.fits[-1]

    @classmethod
    def fit(cls, days, vectors, known, *, seed=0, progress=None):
        del days, progress
        cls.fits.append((cls.__name__, known, seed))
        return cls(vectors[: known + 400], np.random.default_rng(seed).normal(size=(vectors.shape[1], 8)))

    def __call__(self, rows, libraries):
        self.asked.append((self.fitted, *rows))
        seen = self.vectors @ self.matrix
        found = np.stack([seen[list(rows)] @ seen[library[-1]] for library in libraries])
        return (found - found.mean(axis=1, keepdims=True))[..., None]


class Retrieving(Said):
    """The first of two."""


class Ranking(Said):
    """The second of two."""


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    path = write_stream(tmp_path_factory.mktemp("stream") / "papers.jsonl", labels=16, papers=12)
    # A plan is one of categories: those of the lists, and one of three that no list has.
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    told = [json.dumps({**row, "categories": [*row["lists"], f"x.{number % 3}"]}) for number, row in enumerate(rows)]
    path.write_text("\n".join(told) + "\n")
    return path


@pytest.fixture
def light(monkeypatch):
    """Let all models be quick: random vectors for meaning, links of a few papers, two drawn projections."""
    monkeypatch.setattr(ablation, "PapersRetriever", Retrieving)
    monkeypatch.setattr(ablation, "PapersRanker", Ranking)
    monkeypatch.setattr(ablation, "LinkedConfig", lambda: LinkedConfig(size="tiny", latent=8, epochs=1))
    vectors = np.random.default_rng(0).normal(size=(16 * 12, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    whole = ablation.opened

    def opened(plan, progress):
        setting = whole(plan, progress)
        streams = {dense: Stream(setting.days, vectors if dense else None, announced_on=plan.announced_on) for dense in (True, False)}
        return setting._replace(stream=lambda *, dense: streams[dense])

    monkeypatch.setattr(ablation, "opened", opened)
    monkeypatch.setattr("broadsheet.report.ranker.stream.LEAST_FOR_LINKS", 30)
    Said.fits.clear()
    Said.asked.clear()


def test_each_row_is_held_against_the_row_before_it_and_kept(light, stream, tmp_path):
    plan = ablation.PapersPlan(Plan((str(stream),), since=SINCE, until=UNTIL, seeds=1), planner="mask-recent")
    bench = ablation.bench_papers(plan, tmp_path, "broadsheet bench stack --on papers")
    assert not bench.missing
    rows = {row["name"]: row for row in bench.rows}
    assert [row["over"] for row in bench.rows if "over" in row] == [
        "lexical",
        "+ represent",
        "+ retrieve",
        "+ rank",
        "+ places",
        "+ represent",
        "+ represent",
        "represent + places",
    ]
    assert rows["+ rank"]["runs"] == 1
    for row in bench.rows[1:]:
        before = rows[row["over"]]
        assert row["gain"] == pytest.approx(row[row["metric"]] - before[row["metric"]], abs=2e-5)
        assert row["gain_lo"] <= row["gain"] <= row["gain_hi"]
        assert row["p"] <= row["p_holm"] <= 1
    assert {"apart gain", "again gain_lo"} <= set(rows["+ plan"])
    # Every model is fitted once before each month and once before the first label judged, whichever rows ask it.
    assert len(Said.fits) == len(set(Said.fits)) == 2 * 2
    # And is asked once about each day, before it has met a later one.
    assert len(Said.asked) == len(set(Said.asked)) > 10
    again = ablation.bench_papers(plan, tmp_path, "broadsheet bench stack --on papers")
    assert again.rows == bench.rows
    assert len(Said.fits) == 4


def test_a_page_of_an_earlier_day_rests_on_what_was_known_on_that_day_and_shows_less_of_what_was_shown(stream, monkeypatch):
    monkeypatch.setattr(pages, "PLACES", 6)
    announcements = read_source(str(stream)).announcements
    label, before = date(2026, 1, 19), date(2026, 1, 17)
    found = []
    for some in (announcements, [a for a in announcements if a.item.announced <= label], [a for a in announcements if a.item.announced <= before]):
        made = pages.Pages("mask-recent").earlier(Stream(AuthorDays(some), None), "Author Number3", label)
        found.append([(page.label, [item.id for item in page.items]) for page in made if page.label <= before])
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 5
    assert all(len(items) == 6 for _, items in found[0])
    stream_of = Stream(AuthorDays(announcements), np.ones((len(announcements), 1), dtype=np.float32))
    rows = {item.item.id: row for row, item in enumerate(stream_of.days.papers)}

    def again(planner: str) -> float:
        shown = pages.Pages(planner).earlier(stream_of, "Author Number3", label)
        told = [pages.Measured(stream_of, [rows[item.id] for item in page.items], [before]) for before, page in pairwise(shown)]
        assert all(one.apart == 0 for one in told)
        return float(np.mean([one.again for one in told]))

    assert again("mask-recent") < again("")
