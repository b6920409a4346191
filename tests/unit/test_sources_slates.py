"""What was taken and what was passed over, from a log of events."""

from datetime import datetime

import polars as pl

from broadsheet.sample.world import world
from broadsheet.sources.slates import PASSED, choices

# Reader, kind, item, minute: two slates with an item in common, an opening without a slate, one that comes before its slate, and a skip.
LOG = [
    ("ann", "shown", "a", 1),
    ("ann", "shown", "b", 1),
    ("ann", "shown", "c", 1),
    ("ann", "opened", "b", 2),
    ("ann", "skipped", "a", 2),
    ("ann", "opened", "c", 3),
    ("ann", "shown", "b", 5),
    ("ann", "shown", "d", 5),
    ("ann", "opened", "b", 6),
    ("ann", "opened", "z", 7),
    ("bob", "opened", "a", 1),
    ("bob", "shown", "a", 2),
    ("bob", "shown", "d", 2),
]


def frame(rows):
    return pl.DataFrame([{"user": u, "kind": kind, "item": item, "at": datetime(2026, 3, 1, 6, minute)} for u, kind, item, minute in rows])


def test_an_opening_belongs_to_the_last_slate_before_it_that_held_the_item():
    ann, bob = choices(frame(LOG)).to_dicts()
    assert (ann["item"], ann[PASSED]) == (["b", "c", "b", "z"], [["a"], ["a"], ["d"], []])
    assert (bob["item"], bob[PASSED]) == (["a"], [[]])


def test_the_order_of_lines_moves_nothing():
    assert choices(frame(LOG[::-1])).equals(choices(frame(LOG)))


def test_a_log_without_openings_gives_no_rows():
    assert choices(frame(LOG[:3])).is_empty()


def test_in_a_world_every_probe_is_a_slate_of_its_own():
    made = world(readers=10, items=800, days=24, posters=10, seed=0)
    told = {row["user"]: row for row in choices(made.events).to_dicts()}
    for probe in made.probes.to_dicts():
        reader = told[probe["user"]]
        assert reader["item"][probe["position"]] == probe["answer"]
        assert set(reader[PASSED][probe["position"]]) == set(probe["candidates"]) - {probe["answer"]}
