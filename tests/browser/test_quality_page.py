"""The page of quality in Debian's Chromium, the network cut off: full, nearly empty, and with a curve."""

import numpy as np
import pytest
from tests.browser.conftest import axe_faults, quiet_page
from tests.unit.quality_archive import event, item_of, report_of, write_archive

from broadsheet.core.store import Store
from broadsheet.report.archive import write_day
from broadsheet.report.quality.build import quality, write_quality


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of one day of which nothing is known, and one of ten days with feedback, misses, a repeat and long words."""
    folder = tmp_path_factory.mktemp("quality")
    store = Store(folder / "s.sqlite")
    write_archive(folder / "bare", days=1, candidates=())
    bare = write_quality(quality(folder / "bare", None), folder / "bare")
    reports = write_archive(folder / "full", store, days=5, papers=20, picks=12)
    twice = item_of(0, 0).model_copy(update={"title": "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4 + " <script>alert(1)</script>"})
    write_day(report_of(5, [twice, *(item_of(5, number) for number in range(1, 8))]), folder / "full")
    rng = np.random.default_rng(1)
    acts = [event(e.item.id, "opened", r.label) for r in reports for e in r.entries if rng.random() < ((e.chance or 0) if e.slot else 0.1)]
    store.record_events(acts)
    found = quality(folder / "full", store)
    assert found.calibration.bins
    assert found.misses
    assert found.repeats
    full = write_quality(found, folder / "full")
    store.close()
    return {"bare": bare, "full": full}


# What is bare is part of what is full but for words: one look tells.
@pytest.mark.parametrize(("look", "which"), [("light", "full"), ("dark", "full"), ("narrow", "full"), ("narrow", "bare")], indirect=["look"])
def test_nothing_is_asked_for_nothing_is_too_wide_and_axe_finds_nothing(look, pages, which):
    page = quiet_page(look.new_page(), pages[which].as_uri())
    assert page.locator("h1").count() == 1
    assert axe_faults(page) == ""
