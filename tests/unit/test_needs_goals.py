"""What readers turn to after what they wrote: found where it is planted, not found in others' posts, and never by what is said at the same moment."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from broadsheet.cli import app
from broadsheet.core.errors import ConfigError, EmptySourceError, RecordError
from broadsheet.core.schema import Columns
from broadsheet.needs.goals import ADDED, OPENED, Turns, Usual, exchanged, latest
from broadsheet.needs.shown import read_shown
from broadsheet.needs.taxonomy import open_taxonomy

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("one", "two", "three", "four")
USER, AT, LEVEL = Columns.USER, Columns.AT, Columns.LEVEL


def planted(readers=150, days=3, seed=0):
    """Readers who write of a level every ten days, and for some days after open what stands two levels on, in a circle."""
    draw = np.random.default_rng(seed)
    said, shown = [], []
    for reader in range(readers):
        name = f"r{reader:03d}"
        spoken = [(day, int(draw.integers(4))) for day in range(int(draw.integers(10)), 40, 10)]
        said += [(name, BEGIN + timedelta(days=day), level) for day, level in spoken]
        for day in range(40):
            last = [level for when, level in spoken if 0 < day + 0.5 - when <= days]
            for level in range(4):
                wanted = bool(last) and level == (last[-1] + 2) % 4
                shown.append((name, BEGIN + timedelta(days=day + 0.5), level, float(draw.random() < (0.6 if wanted else 0.15))))
    return pl.DataFrame(shown, schema=[USER, AT, LEVEL, OPENED], orient="row"), pl.DataFrame(said, schema=[USER, AT, LEVEL], orient="row")


@pytest.fixture(scope="module")
def world():
    return planted()


def test_what_follows_what_is_found_with_the_days_for_which_it_holds(world):
    shown, said = world
    turns = Turns.fit(shown, said, NAMES, days=(1, 3, 8, 20))
    assert turns.days == 3
    assert turns.times.argmax(axis=1).tolist() == [2, 3, 0, 1]
    assert turns.times.max(axis=1).min() > 2


def test_the_posts_of_others_tell_nothing(world):
    shown, said = world
    handed = exchanged(said, 1)
    assert sorted(handed.drop(USER).rows()) == sorted(said.drop(USER).rows())
    assert not (handed[USER] == said[USER]).any()
    turns = Turns.fit(shown, handed, NAMES, days=(3,))
    assert np.abs(np.log(turns.times)).max() < 0.35


def test_times_are_openings_over_what_was_to_be_expected(world):
    shown, said = world
    shown = shown.filter(pl.col(USER) < "r020")
    turns = Turns.fit(shown, said, NAMES, days=(3,))
    usual = Usual.fit(shown, 4)(shown)
    opened, expected = np.full((4, 4), ADDED), np.full((4, 4), ADDED)
    for chance, (user, at, level, took) in zip(usual, shown.iter_rows(), strict=True):
        before = [(when, what) for who, when, what in said.iter_rows() if who == user and at - timedelta(days=3) <= when < at]
        if before:
            opened[max(before)[1], level] += took
            expected[max(before)[1], level] += chance
    np.testing.assert_allclose(turns.times, opened / expected)


def test_what_is_said_as_something_is_shown_does_not_count_and_of_one_moment_the_highest_level_does():
    said = pl.DataFrame({USER: ["a", "a", "a"], AT: [BEGIN, BEGIN, BEGIN + timedelta(days=2)], LEVEL: [1, 3, 2]})
    at = [BEGIN, BEGIN + timedelta(days=1), BEGIN + timedelta(days=2), BEGIN + timedelta(days=3), BEGIN + timedelta(days=7)]
    shown = pl.DataFrame({USER: ["a"] * 5 + ["b"], AT: [*at, at[1]], LEVEL: [0] * 6})
    assert latest(shown, said, 2).tolist() == [-1, 3, 3, 2, -1, -1]
    order = [4, 2, 0, 5, 1, 3]
    assert latest(shown[order], said, 2).tolist() == [[-1, 3, 3, 2, -1, -1][row] for row in order]


def test_scores_are_nothing_where_nothing_was_said_and_goals_name_what_says_so(world):
    shown, said = world
    turns = Turns.fit(shown, said, NAMES, days=(3,))
    scores = turns(shown, said)
    assert (scores[latest(shown, said, 3) < 0] == 0).all()
    moment = BEGIN + timedelta(days=12)
    goals = turns.goals(said, moment)
    inside = said.filter((pl.col(AT) <= moment) & (pl.col(AT) > moment - timedelta(days=3))).sort(USER, AT)
    assert set(goals) == set(inside[USER])
    user, when, level = inside.group_by(USER, maintain_order=True).last().row(0)
    first = goals[user][0]
    assert (first.level, first.said, first.at) == (NAMES[(level + 2) % 4], NAMES[level], when)
    assert [one.times for one in goals[user]] == sorted((one.times for one in goals[user]), reverse=True)


def test_a_log_without_openings_and_levels_that_are_none_are_told(world):
    shown, said = world
    with pytest.raises(EmptySourceError, match="nothing was opened"):
        Turns.fit(shown.with_columns(pl.lit(0.0).alias(OPENED)), said, NAMES)
    with pytest.raises(ConfigError, match="none of 3"):
        Turns.fit(shown, said, NAMES[:3])
    with pytest.raises(EmptySourceError, match="fewer than two readers"):
        exchanged(said.head(1), 0)


def test_the_command_finds_goals_of_readers_who_stand_under_another_name_in_the_posts(tmp_path, monkeypatch, world):
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "home"))
    from broadsheet.needs.pseudonyms import author_key, pseudonym

    levels = [level.id for level in open_taxonomy().levels]
    shown, said = world
    key = author_key()
    with (tmp_path / "posts.jsonl").open("w") as posts, (tmp_path / "mentions.jsonl").open("w") as mentions:
        for number, (user, at, level) in enumerate(said.iter_rows()):
            posts.write(json.dumps({"id": f"p{number}", "author": pseudonym(user, key), "at": at.isoformat(), "text": f"post {number}"}) + "\n")
            mentions.write(json.dumps({"id": f"m{number}", "post_id": f"p{number}", "level": levels[level]}) + "\n")
    lines = [json.dumps({"user": user, "at": at.isoformat(), "level": level + 1, "opened": took > 0}) for user, at, level, took in shown.iter_rows()]
    (tmp_path / "shown.jsonl").write_text("\n".join([*lines, json.dumps({"user": "r000", "at": 0, "level": None, "opened": False})]))
    files = [word for name in ("posts", "mentions", "shown") for word in (f"--{name}", str(tmp_path / f"{name}.jsonl"))]
    done = CliRunner().invoke(app, ["needs", "goals", *files, "--at", "2026-01-13T00:00:00Z", "--json"])
    found = json.loads(done.stdout)
    assert found["readers"] == 150
    assert np.array(found["times"])[:4].argmax(axis=1).tolist() == [2, 3, 0, 1]
    user, goals = next(iter(found["goals"].items()))
    assert len(user) == 16
    assert levels.index(goals[0]["level"]) == (levels.index(goals[0]["said"]) + 2) % 4
    plain = CliRunner().invoke(app, ["needs", "goals", *files, "--at", "2026-01-13T00:00:00Z"])
    assert f"after {levels[0]}: {levels[2]}" in plain.stdout
    assert "more readers: --json has all" in plain.stdout


@pytest.mark.parametrize("line", ["{", "[]", '{"user": "a", "at": 0, "opened": true}', '{"user": "a", "at": 0, "level": "debt_credit", "opened": "yes"}'])
def test_a_line_that_is_nothing_shown_is_named(tmp_path, line):
    path = tmp_path / "shown.jsonl"
    path.write_text(f'{{"user": "a", "at": 0, "level": 1, "opened": true}}\n{line}\n')
    with pytest.raises(RecordError, match="line 2"):
        read_shown(path, open_taxonomy(), {"a"}, str)


def test_an_unknown_level_and_a_log_of_other_things_are_told(tmp_path):
    path = tmp_path / "shown.jsonl"
    path.write_text('{"user": "a", "at": 0, "level": "castles", "opened": true}\n')
    with pytest.raises(RecordError, match="castles"):
        read_shown(path, open_taxonomy(), {"a"}, str)
    path.write_text('{"user": "a", "at": 0, "level": null, "opened": true}\n')
    with pytest.raises(EmptySourceError, match="nothing of a known level"):
        read_shown(path, open_taxonomy(), {"a"}, str)
