"""A run of a few fictional papers that reads posts too: of sixteen people, one of whom is hostile and one careless, and a level of which too few speak."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.site_run import write_recipe

HOSTILE_POST = 'Hello <script>alert(1)</script> "><img src=x onerror=alert(2)> all. The landlord wants the rent and I am broke.'
CARELESS = "Write to jo.bloggs@example.org please. The eviction is on Monday and there is no food."
RENT = (
    "The rent is late again and the heating is off.",
    "There is no food in the house before payday comes.",
    "My landlord sent an eviction notice this morning.",
)
WAGES = ("My salary came nine days late once more.", "They cut my overtime and the budget does not balance.", "The job ended and the wage with it.")
LEGACY = "I want to leave an inheritance to a charity one day."


def posts() -> Iterator[dict[str, str]]:
    """Yield posts of sixteen people: nine speak of a level, nine of another, two of a third."""
    for person in range(7):
        text = f"Evening all. {RENT[person % 3]} The bus was number {person}."
        yield {"id": f"r{person}", "author": f"ann{person}", "at": f"2026-03-{person + 1:02}T08:00:00Z", "text": text}
    for person in range(5, 14):
        text = f"It rained on day {person}. {WAGES[person % 3]} That is all for now."
        yield {"id": f"w{person}", "author": f"ann{person}", "at": f"2026-03-{person + 8:02}T08:00:00Z", "text": text}
    for person in range(2):
        yield {"id": f"l{person}", "author": f"ann{person}", "at": f"2026-03-2{person}T08:00:00Z", "text": f"Hello number {person}. {LEGACY} See you."}
    yield {"id": "h", "author": "eve", "at": "2026-03-22T08:00:00Z", "text": HOSTILE_POST}
    yield {"id": "c", "author": "jo", "at": "2026-03-23T08:00:00Z", "text": CARELESS}


def run_with_posts(here: Path) -> Path:
    """Make the run, and return its folder."""
    from broadsheet.report.composed import compose
    from broadsheet.stack.recipe import read_recipe
    from broadsheet.stack.steps import needs as step

    path = write_recipe(here)
    (here / "posts.jsonl").write_text("".join(f"{json.dumps(post)}\n" for post in posts()), encoding="utf-8")
    path.write_text(path.read_text().replace("slate = 6\n", 'slate = 6\nposts = "posts.jsonl"\n').replace("[stages]\n", '[stages]\nneeds = "cues"\n'))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_HOME", str(here / "home"))
        # What the verdict is does not matter here, and it is soon there.
        patch.setattr(step, "DRAWS", {"draws": 99, "resamples": 100})
        assert compose(read_recipe(path), here / "run").error is None
    return here / "run"
