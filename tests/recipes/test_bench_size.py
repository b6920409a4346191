"""The bench of large days: generated papers, a process for each row, rows that are kept."""

import multiprocessing

import pytest

from broadsheet.core.errors import ConfigError
from broadsheet.report.bench.large import LISTS, SizePlan, bench_size, generated


def test_generated_papers_are_a_day_without_a_word_of_anybodys():
    day = generated(60)
    assert len({a.item.id for a in day}) == 60
    assert {name for a in day for name in a.lists} == set(LISTS)
    assert all(len(a.item.text.split(". ")) == 8 for a in day)
    assert [a.item.title for a in generated(60)] == [a.item.title for a in day]


def test_a_row_says_memory_and_time_and_what_is_missing_says_why(tmp_path, monkeypatch):
    # A new process imports everything; what is measured here matters to nobody.
    forked = multiprocessing.get_context("fork")
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: forked)
    plan = SizePlan(papers=60, items=30, arms=("feed, read", "feeds, written", "day, kept in PostgreSQL"))
    bench = bench_size(plan, tmp_path, "broadsheet bench report-size")
    assert [(row["name"], row["count"]) for row in bench.rows] == [("feed, read", "30"), ("feeds, written", "30")]
    for row in bench.rows:
        assert row["peak_mib"] > 20
        assert row["processor_s"] > 0
    (missing,) = bench.missing
    assert "--store postgresql://" in missing["why"]
    assert bench_size(plan, tmp_path, "again").rows == bench.rows
    with pytest.raises(ConfigError, match="Did you mean"):
        bench_size(plan._replace(arms=("feed read",)), tmp_path, "")
