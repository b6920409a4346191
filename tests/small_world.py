"""The sample made small: some papers of its day, and a world of few people, so that a run of every stage takes seconds."""

from contextlib import contextmanager

import pytest

from broadsheet import sample
from broadsheet.stack.steps import catalogue

PAPERS = 14
DIALS = {"readers": 10, "items": 800, "days": 24, "seed": 0, "posters": 10}


@contextmanager
def small(home):
    """Let the sample be small while the block runs, with a home of its own."""
    day = sample.announcements()
    few = [one for one in day if one.kind.value in {"new", "cross"}][: PAPERS - 2] + [one for one in day if one.kind.value not in {"new", "cross"}][:2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_HOME", str(home))
        patch.setattr(sample, "announcements", lambda: few)
        patch.setattr(catalogue, "DIALS", DIALS)
        yield few
