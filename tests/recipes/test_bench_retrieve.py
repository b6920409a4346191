"""The bench of sequences at toy size: rows that survive a stop, nothing of the test in what is fitted."""

import json

import numpy as np
import pytest

from broadsheet.core.errors import ConfigError, SourceNotFoundError
from broadsheet.retrieve.bench.sequences import ARMS, SequencesPlan, bench_sequences
from broadsheet.retrieve.fit import RetrieverConfig, list_ranks

TOY = RetrieverConfig(size="tiny", levels=2, epochs=4, id_epochs=2, batch=200, beam=20, top=20, dropout=0.1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sequences that go round a ring of 40 items, with a few steps aside."""
    path = tmp_path_factory.mktemp("ring")
    rng = np.random.default_rng(0)
    lines = []
    for user in range(120):
        row = (rng.integers(40) + np.arange(7) + (rng.random(7) < 0.1)) % 40
        lines.append(f"{user} " + " ".join(str(item) for item in row))
    (path / "sequences.txt").write_text("\n".join(lines))
    (path / "item2attributes.json").write_text(json.dumps({str(item): [item // 10] for item in range(40)}))
    return path


@pytest.fixture(scope="module")
def bench(folder, tmp_path_factory):
    rows = tmp_path_factory.mktemp("rows")
    return bench_sequences(SequencesPlan((folder,), seeds=1, config=TOY), rows, "broadsheet bench retrieve"), rows


def test_every_arm_has_a_row_with_intervals_and_the_hybrid_says_whom_it_beats(bench, folder):
    found = {row["name"].partition(": ")[2]: row for row in bench[0].rows}
    assert tuple(found) == ARMS
    for row in found.values():
        assert row["recall@10_lo"] <= row["recall@10"] <= row["recall@10_hi"]
        assert row["ndcg@10"] <= row["recall@10"]
    assert found["hybrid"]["over"] in {"sequence dense", "generative", "co-occurrence"}
    assert 0 < found["hybrid"]["p"] <= 1
    # A ring is learnt from what stands beside what; popularity knows nothing of it.
    assert found["co-occurrence"]["recall@10"] > 0.6
    assert found["popularity"]["recall@10"] < 0.5
    again = bench_sequences(SequencesPlan((folder,), seeds=1, config=TOY), bench[1], "broadsheet bench retrieve")
    assert [row["name"] for row in again.rows] == [row["name"] for row in bench[0].rows]


def test_a_folder_of_sequences_alone_has_every_row_but_that_of_words(folder, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "sequences.txt").write_text((folder / "sequences.txt").read_text())
    made = bench_sequences(SequencesPlan((bare,), seeds=1, config=TOY), tmp_path / "rows", "")
    assert [row["name"].partition(": ")[2] for row in made.rows] == [arm for arm in ARMS if arm != "BM25"]
    assert any("no row of BM25" in note for note in made.notes)


def test_an_item_that_comes_again_is_found_by_no_row_where_those_had_are_removed_and_the_table_says_so(tmp_path):
    path = tmp_path / "again"
    path.mkdir()
    (path / "sequences.txt").write_text("\n".join(f"{user} {user % 9} {9 + user % 5} {20 + user % 7} {user % 9}" for user in range(60)))
    arms = ("popularity", "co-occurrence", "sequence dense", "hybrid")
    for kept in (False, True):
        made = bench_sequences(SequencesPlan((path,), seeds=1, config=TOY, arms=arms, keep_seen=kept), tmp_path / "rows", "")
        assert [bool(row["recall@20"]) for row in made.rows] == [kept] * 4
        assert any("100.0% of the users had their last item before" in note for note in made.notes) is not kept


def test_folders_of_one_name_and_folders_that_are_not_there_are_refused_in_two_lines(folder, tmp_path):
    other = tmp_path / folder.name
    other.mkdir()
    for folders, error in (((folder, other), ConfigError), ((tmp_path / "nowhere",), SourceNotFoundError)):
        with pytest.raises(error) as told:
            bench_sequences(SequencesPlan(folders, seeds=1, config=TOY), tmp_path / "rows", "")
        assert len(str(told.value).splitlines()) == 2


def test_seconds_cut_two_towers_too(folder, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("broadsheet.retrieve.bench.sequences.within", lambda seconds, model, plan, *_: asked.append(seconds) or plan)
    bench_sequences(SequencesPlan((folder,), seeds=1, config=TOY, arms=("two-tower joint", "two-tower staged"), seconds=7.0), tmp_path / "rows", "")
    assert asked == [7.0, 7.0]


def test_shuffling_what_each_user_chose_last_and_last_but_one_changes_no_artefact(folder):
    from broadsheet.core.baselines import cooccurrence, popularity
    from broadsheet.core.corpus import Corpus
    from broadsheet.core.ragged import Ragged
    from broadsheet.retrieve.fit import asks, fit_model
    from broadsheet.sources.interactions import read_interactions
    from broadsheet.sources.leave_one_out import leave_one_out

    read = read_interactions(folder)
    plain = leave_one_out(read.sequences)
    shuffled = leave_one_out(Ragged.of(np.concatenate([row[:-2], row[-2:][::-1]]) for row in read.sequences))
    assert not np.array_equal(plain.test.targets, shuffled.test.targets)
    assert not any(stage.watch for stage in TOY.plan().stages)
    made = []
    for split in (plain, shuffled):
        fitted = fit_model(TOY, Corpus(read.items, read.attributes, {}), split.train, asks(split.validation), seed=0)
        weights = {name: value.numpy().tobytes() for name, value in fitted.index.model.state_dict().items()}
        near = cooccurrence(split.train, 40)
        made.append(
            (weights, fitted.pretrained.codes.tobytes(), fitted.index.book.centres.tobytes(), near.toarray().tobytes(), popularity(split.train, 40).tobytes())
        )
    assert made[0] == made[1]


def test_hidden_items_are_in_nothing_that_is_trained_on_or_chosen_by(folder):
    from broadsheet.retrieve.bench.cold import hide_items
    from broadsheet.sources.interactions import read_interactions

    read = read_interactions(folder)
    hidden = hide_items(read, 0.2, seed=0)
    assert hidden.warm == 32
    assert sorted(hidden.kept.tolist()) == list(range(40))
    for values in (hidden.train.values, hidden.validation.histories.values, hidden.validation.targets):
        assert values.max() < hidden.warm
    assert hidden.test.targets.min() >= hidden.warm
    last = {hidden.kept[target] for target in hidden.test.targets.tolist()}
    assert last <= {int(row[-1]) for row in read.sequences}


def test_items_that_came_after_the_training_are_found_by_what_is_said_of_them(tmp_path):
    from broadsheet.retrieve.bench.cold import ARMS as COLD
    from broadsheet.retrieve.bench.cold import ColdPlan, bench_cold

    rng = np.random.default_rng(0)
    # Who likes a kind takes four items of it: a new item's kind is all that tells.
    lines = [f"{user} " + " ".join(str(item) for item in rng.permutation(np.arange(10) + 10 * (user % 6))[:6]) for user in range(300)]
    (tmp_path / "sequences.txt").write_text("\n".join(lines))
    (tmp_path / "item2attributes.json").write_text(json.dumps({str(item): [item // 10] for item in range(60)}))
    bench = bench_cold(
        ColdPlan((tmp_path,), 0.1, seeds=1, config=TOY.model_copy(update={"epochs": 30, "id_epochs": 15})), tmp_path / "rows", "broadsheet bench retrieve-cold"
    )
    found = {row["name"].partition(": ")[2]: row for row in bench.rows}
    assert tuple(found) == COLD
    for arm in ("dense", "generative", "hybrid"):
        assert found[arm]["recall@20 all"] >= 3 * max(found["popularity"]["recall@20 all"], 0.01)
        assert found[arm]["insert_ms"] > 0


def test_a_budget_of_seconds_cuts_all_stages_and_a_run_that_was_stopped_keeps_the_cut(folder, tmp_path):
    plan = SequencesPlan((folder,), seeds=1, config=TOY, seconds=0.002, arms=("sequence dense",))
    bench_sequences(plan, tmp_path, "broadsheet bench retrieve")
    (kept,) = tmp_path.glob("checkpoints/*/plan.json")
    cut = [stage["epochs"] for stage in json.loads(kept.read_text())["stages"]]
    assert cut[0] / cut[1] == pytest.approx(TOY.epochs / TOY.id_epochs)
    assert cut[0] < TOY.epochs
    # The generator's row needs the model again: another measurement would give other steps, which the checkpoint refuses.
    rows = bench_sequences(plan._replace(arms=("sequence dense", "generative")), tmp_path, "broadsheet bench retrieve").rows
    assert len(rows) == 2


def test_what_nothing_is_said_of_cannot_be_known_by_it(tmp_path):
    from broadsheet.retrieve.bench.cold import ColdPlan, bench_cold

    (tmp_path / "sequences.txt").write_text("\n".join(f"{user} " + " ".join(str((user + step) % 30) for step in range(6)) for user in range(60)))
    bench = bench_cold(ColdPlan((tmp_path,), seeds=1, arms=("content kNN",)), tmp_path / "rows", "broadsheet bench retrieve-cold")
    assert not bench.rows
    assert "Nothing is said" in str(bench.missing)


def test_a_target_that_no_list_holds_has_no_rank():
    assert list_ranks(np.array([[4, 5, -1], [7, -1, -1]]), np.array([5, -1])).tolist() == [1.0, np.inf]


def test_decoding_is_timed_after_the_answers_are_the_same(tmp_path, monkeypatch):
    from broadsheet.retrieve.bench import decoding

    monkeypatch.setattr(decoding, "SMALL", 400)
    plan = decoding.DecodingPlan(sizes=(400,), batch=2, wide=4, single=3, requests=12, seeds=1)
    rows = {row["name"]: row for row in decoding.bench_decoding(plan, tmp_path, "broadsheet bench retrieve-decoding").rows}
    assert rows["equal answers: end to end"]["same_answers"] == 1
    assert rows["equal answers: a step"]["ratio"] > 0
    assert rows["400 items: one request"]["mib"] < 1


def test_our_ids_are_one_an_item_and_the_rows_beside_are_of_the_same_vectors(tmp_path):
    from broadsheet.retrieve.bench.ids import ARMS as CODED
    from broadsheet.retrieve.bench.ids import IdsPlan, bench_ids, made_up

    np.save(tmp_path / "vectors.npy", made_up(900, 0))
    bench = bench_ids(IdsPlan((tmp_path / "vectors.npy",), items=800, large=600, seeds=1, arms=CODED[:3]), tmp_path / "rows", "broadsheet bench retrieve-ids")
    found = {row["name"]: row for row in bench.rows}
    assert set(found) == {*(f"800 vectors: {arm}" for arm in CODED[:3]), f"600 made up, 64 wide: {CODED[0]}"}
    ours, plain = found[f"800 vectors: {CODED[0]}"], found[f"800 vectors: {CODED[1]}"]
    assert ours["collisions"] == 0
    assert ours["perplexity@1"] >= plain["perplexity@1"]
    assert ours["seconds"] > 0


@pytest.fixture(scope="module")
def ring(folder):
    """A model fitted on the ring, and what is asked of it."""
    from broadsheet.core.corpus import Corpus
    from broadsheet.retrieve.fit import asks, fit_model
    from broadsheet.sources.interactions import read_interactions
    from broadsheet.sources.leave_one_out import leave_one_out

    read = read_interactions(folder)
    split = leave_one_out(read.sequences)
    longer = TOY.model_copy(update={"epochs": 10, "id_epochs": 20})
    return fit_model(longer, Corpus(read.items, read.attributes, {}), split.train, asks(split.validation), seed=0).index, asks(split.test)


def test_the_generator_needs_no_dense_head(ring):
    from broadsheet.retrieve.fit import gather

    index, test = ring
    blind = index._replace(vectors=np.zeros_like(index.vectors))
    assert np.array_equal(gather(index, test, TOY).beams, gather(blind, test, TOY).beams)


def test_semantic_ids_given_to_other_items_find_less(ring):
    from broadsheet.retrieve.decoding import LiveTrie
    from broadsheet.retrieve.fit import gather

    index, test = ring
    codes = index.model.codes.numpy()
    found = []
    for order in (np.arange(40), np.random.default_rng(0).permutation(40)):
        other = index._replace(trie=LiveTrie(codes[order], index.book.config.size))
        found.append((list_ranks(gather(other, test, TOY).beams, test.targets) < 5).mean())
    assert found[0] > 0.4
    assert found[1] < 0.25


@pytest.mark.data
def test_cheap_baselines_on_beauty_rank_all_items_and_stand_where_they_are_known_to_stand(data, tmp_path):
    plan = SequencesPlan((data / "amazon" / "beauty",), seeds=1, arms=("popularity", "co-occurrence"))
    popular, near = bench_sequences(plan, tmp_path, "broadsheet bench retrieve").rows
    assert popular["recall@10"] == pytest.approx(0.0114, abs=0.001)
    assert near["recall@10"] == pytest.approx(0.072, abs=0.001)
