"""One paper over time, through whole runs: announced, shown, renamed, withdrawn; new once, and struck for whom it was shown to."""

import json
from contextlib import closing
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from broadsheet.core.home import store_path
from broadsheet.core.store import Store
from broadsheet.report.render.json_feed import json_items
from broadsheet.report.render.mail_text import withdrawn
from broadsheet.report.run import Request, run

WORDS = "theme1word1 theme1word2 theme1word3"
ATOM = "{http://www.w3.org/2005/Atom}"
OTHERS = [{"id": f"2602.0000{number}", "title": f"Soup {number}", "text": f"We boil theme2word{number}."} for number in range(3)]


@pytest.fixture
def profile(tmp_path):
    path = tmp_path / "me.toml"
    path.write_text(f'name = "Me"\nbudget = 3\ninterests = ["{WORDS}"]\n')
    return str(path)


def write_day(folder, label: str, **paper) -> str:
    """Write a day with our paper and others, and return its path."""
    ours = {"id": "2511.05885", "text": f"We study {WORDS}.", "lists": ["cs.IR"], **paper}
    others = [
        {**other, "id": other["id"].replace("2602", f"{label[2:4]}{label[5:7]}").replace("000", label[8:] + "0", 1), "lists": ["cs.IR"]} for other in OTHERS
    ]
    path = folder / f"{label}.jsonl"
    path.write_text("".join(json.dumps({**one, "announced": label}) + "\n" for one in (ours, *others)))
    return str(path)


def page(source: str, profile: str, out):
    report, path = run(Request((source,), profile, settings=("ranking.use_dense=false",)), out)
    return report, next(entry for entry in report.entries if entry.item.id == "2511.05885"), path.read_text()


def test_a_paper_is_new_once_and_its_withdrawal_reaches_whom_it_was_shown_to(tmp_path, profile):
    out = tmp_path / "out"
    _, first, _ = page(write_day(tmp_path, "2025-11-11", title="A remarkable soup"), profile, out)
    assert (first.section, first.slot, first.told_before) == ("new", 1, None)

    again = write_day(tmp_path, "2026-02-09", title="Soup is worth one spoon", version=2, kind="new")
    for _ in range(2):
        report, second, text = page(again, profile, out)
        assert (second.section, second.slot) == ("updated", None)
        assert (second.news_before, second.told_before) == (date(2025, 11, 11), date(2025, 11, 11))
        assert [edit.text for edit in second.changes[0].edits if edit.op == "out"] == ["A remarkable soup"]
        assert "Its source calls it new; it was announced on Tuesday 11 November 2025." in text
        assert any("2511.05885 (2025-11-11)" in note for note in report.notes)
        assert report.counts["new"] == 3

    gone = write_day(tmp_path, "2026-02-10", title="Soup is worth one spoon", version=3, comment="This paper has been withdrawn by the authors", kind="replace")
    report, third, text = page(gone, profile, out)
    assert (third.section, third.told_before) == ("withdrawn", date(2025, 11, 11))
    assert '<article class="struck">' in text
    assert "It was on your page of Tuesday 11 November 2025." in text
    assert "Withdrawn since you were shown it on 2025-11-11: Soup is worth one spoon (2511.05885)." in report.notes
    feed = ET.parse(out / "2026-02-10" / "report.atom")
    assert [t.text for t in feed.iter(f"{ATOM}title") if "Withdrawn" in t.text] == ["Withdrawn: Soup is worth one spoon"]
    assert [item["title"] for item in json_items(report) if "Withdrawn" in item["title"]] == ["Withdrawn: Soup is worth one spoon"]
    assert [entry.told for entry in withdrawn(report)] == ["It was on your page of 2025-11-11."]
    assert "- 2511.05885 was on your page of 2025-11-11.\n" in (out / "2026-02-10" / "report.md").read_text()

    other = tmp_path / "sam.toml"
    other.write_text('name = "Sam"\ninterests = ["tea"]\n')
    report, _, text = page(gone, str(other), tmp_path / "sam")
    assert "It was on your page" not in text
    assert not any("Withdrawn since" in note for note in report.notes)
    with closing(Store(store_path())) as store:
        kinds = store.items(["2511.05885"])
    assert kinds["2511.05885"].version == 3
