"""The sequence model: packed rows against sequences one by one, and its decoder against the transformers library."""

import numpy as np
import pytest
import torch

from broadsheet.core.backbones.trunk import Trunk, pack
from broadsheet.core.modality import Attributes, Content
from broadsheet.core.ragged import Ragged
from broadsheet.core.train import Stage, train
from broadsheet.retrieve.model.batches import Pairs, Sampler
from broadsheet.retrieve.model.depth import DepthDecoder
from broadsheet.retrieve.model.items import ItemTable
from broadsheet.retrieve.model.requests import Requests, tokens
from broadsheet.retrieve.model.search import SearchModel
from broadsheet.retrieve.model.tasks import LOSSES, Roles, Step, neighbours, objective
from broadsheet.retrieve.plan import TASKS

ROWS = Ragged.of([[1, 2, 3], [4], [], [5, 6, 7, 8, 9, 1], [2, 2]])
QUERIES = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
ASKS = np.array([True, False, True, True, False])


def model(items=12, width=32, longest=7, **more):
    return SearchModel(ItemTable(items, width, more.get("attributes", {}), more.get("contents", {})), Trunk(width, 2, longest), 8, cosine=False).eval()


def test_rows_are_filled_in_order_and_no_sequence_is_cut():
    places = pack([3, 2, 4, 1], 5)
    assert places.row.tolist() == [0, 0, 1, 1]
    assert places.start.tolist() == [0, 3, 0, 4]
    assert places.rows == 2
    with pytest.raises(ValueError, match="does not fit"):
        pack([6], 5)


def test_a_packed_request_has_the_state_it_has_alone():
    net, requests = model(), Requests(ROWS, QUERIES, ASKS)
    together = net.read(requests)
    for number in range(5):
        assert np.allclose(together[number], net.read(requests.rows(np.array([number])))[0], atol=1e-6)
    assert not np.allclose(together, net.read(Requests.of_histories(ROWS, 8))[:5])


def test_a_state_does_not_see_what_comes_later():
    net = model()
    one, other = (net.states(tokens(Requests.of_histories(Ragged.of([row])), 6, every=True)) for row in ([1, 2, 3, 4], [1, 2, 3, 9]))
    assert torch.allclose(one[:3], other[:3], atol=1e-6)
    assert not torch.allclose(one[3], other[3])


def test_long_histories_keep_their_last_items_and_the_query_stands_behind_them():
    given = tokens(Requests(Ragged.of([[1, 2, 3, 4, 5]]), QUERIES[:1], np.array([True])), 4)
    assert given.items[0, :3].tolist() == [3, 4, 5]
    assert given.layout.position[0].tolist() == [0, 1, 2, 3]
    assert given.query_at.tolist() == given.at.tolist() == [3]


def test_an_epoch_trains_every_position_and_every_query_once():
    train_rows = Ragged.of([[1, 2, 3], [4, 5], [6], [7, 8, 9, 10]])
    pairs = Pairs(QUERIES, np.array([3, 1, 4, 1, 5]))
    sampler = Sampler(train_rows, pairs, 6, 0)
    stage = Stage(name="dense", steps=2, batch=3)
    assert sampler.steps(3) == 2
    seen = [sampler(stage, step, np.random.default_rng(0)) for step in range(2)]
    assert sorted(item for batch in seen for item in batch.histories.items.tolist()) == [2, 3, 5, 8, 9, 10]
    asked = [tuple(np.round(query, 4)) for batch in seen for query in batch.queries.given.queries.numpy()]
    assert len(set(asked)) == 5
    for batch in seen:
        given = batch.histories.given
        flat = given.items.flatten()[given.at].tolist()
        assert all(after == before + 1 for before, after in zip(flat, batch.histories.items.tolist(), strict=True))


def table_of_two(**more):
    """Three items with attributes and images; the second has no attribute, the third no image."""
    attributes = {"tags": Attributes(("red", "round"), Ragged.of([[0, 1], [], [1]]))}
    contents = {"image": Content(np.eye(3, 4, dtype=np.float32), np.array([True, True, False]))}
    return ItemTable(3, 32, attributes, contents, **more)


def test_an_item_without_a_modality_has_its_learnt_null():
    table = table_of_two().eval()
    with torch.no_grad():
        bag, image = table.bags["tags"].weight, table.adapters["image"](torch.eye(3, 4))
        parts = {"tags": torch.stack([bag.mean(dim=0), table.nulls["tags"], bag[1]]), "image": torch.stack([image[0], image[1], table.nulls["image"]])}
        own = table.own.weight
        gates = table.gates(parts)
        assert torch.allclose(gates.sum(dim=1), torch.full((3,), 2.0))
        assert torch.allclose(table(), own + gates[:, :1] * parts["tags"] + gates[:, 1:] * parts["image"], atol=1e-6)
        assert torch.allclose(table(torch.tensor([2, 0])), table()[[2, 0]], atol=1e-6)
        assert torch.allclose(table.said(), table() - own, atol=1e-6)


def test_a_modality_can_be_left_out_and_is_hidden_in_training_alone():
    table = table_of_two(own=False, hidden=0.5).eval()
    with torch.no_grad():
        assert torch.equal(table(), table())
        lonely = table(without="image")
        assert not torch.allclose(lonely[0], table()[0])
        assert torch.allclose(lonely[2], table()[2], atol=1e-6)
        table.train()
        assert len({round(float(table()[0].sum()), 6) for _ in range(20)}) > 1


def test_a_constant_order_is_learnt():
    sequences = Ragged.of([[(start + step) % 12 for step in range(6)] for start in range(12)])
    net = model()
    train(net, [Stage(name="dense", steps=60, learning_rate=1e-2, batch=30)], Sampler(sequences, None, 6, 0), objective({"next": 1.0}, Roles("tags")))
    scores = np.concatenate(list(net.scores(Requests.of_histories(Ragged.of([[3, 4], [10, 11]]), 8))))
    assert scores.argmax(axis=1).tolist() == [5, 0]


def whole():
    """A model of two modalities with semantic IDs, and a batch of histories and queries."""
    attributes = {"tags": Attributes(("red", "round"), Ragged.of([[item % 2] for item in range(12)]))}
    contents = {"image": Content(np.random.default_rng(1).normal(size=(12, 4)).astype(np.float32), np.arange(12) != 3)}
    net = model(attributes=attributes, contents=contents)
    codes = np.stack([np.arange(12) // 4, np.arange(12) % 4], axis=1)
    net.adopt(codes, DepthDecoder(32, 2, 4, 1, 0.0), attributes=2, parts={"tags": codes, "image": codes[::-1].copy()})
    passed = Ragged.of([[(item + 1) % 12, (item + 2) % 12] if item % 2 else [] for item in ROWS.values.tolist()])
    batch = Sampler(ROWS, Pairs(QUERIES, np.array([3, 1, 4, 1, 5])), 7, 0, passed)(Stage(name="ids", steps=1, batch=8), 0, np.random.default_rng(0))
    return net, batch, Roles("tags", "image", torch.eye(2)[torch.arange(12) % 2])


def test_every_task_of_the_plan_has_a_loss_that_moves_what_it_should():
    assert set(LOSSES) == set(TASKS)
    moved = {
        "text": ("table.bags.tags", "query", "trunk"),
        "image": ("table.adapters.image", "table.bags.tags"),
        "request-image": ("table.adapters.image", "query"),
        "fused": ("table.gate", "query"),
        "next": ("table.own", "trunk"),
        "choice": ("table.own", "trunk"),
        "G1": ("decoder", "query"),
        "G2": ("decoder", "trunk"),
        "G3": ("decoder", "table.bags.tags"),
        "G4": ("told", "decoder.codes"),
        "G5": ("nothing", "decoder"),
        "D1": ("decoder.codes", "query", "bias"),
        "D2": ("decoder.codes", "table"),
        "D3": ("parts.image", "parts.tags"),
    }
    for name, parts in moved.items():
        net, batch, roles = whole()
        loss = LOSSES[name](Step(net, batch, roles))
        loss.backward()
        touched = [key for key, value in net.named_parameters() if value.grad is not None and bool(value.grad.abs().sum() > 0)]
        for part in parts:
            assert any(key.startswith(part) for key in touched), f"{name} does not move {part}"
    assert not any(key.startswith("table") for key in touched)


def test_a_task_without_its_data_is_left_out():
    net, batch, roles = whole()
    for name, lacking in (("G1", batch._replace(queries=None)), ("G2", batch._replace(histories=None)), ("choice", batch._replace(histories=None))):
        assert LOSSES[name](Step(net, lacking, roles)) is None
    for name in ("image", "request-image", "D3"):
        assert LOSSES[name](Step(net, batch, Roles("tags"))) is None
    assert LOSSES["choice"](Step(net, batch._replace(histories=batch.histories._replace(passed=None)), roles)) is None
    nothing = torch.full((len(batch.histories.items), 2), -1)
    assert LOSSES["choice"](Step(net, batch._replace(histories=batch.histories._replace(passed=nothing)), roles)) is None


def test_what_was_passed_over_stays_beside_what_was_taken():
    """Histories are cut to their last items, drawn in any order, and end at different lengths."""
    rows = Ragged.of([[1, 2, 3, 4, 5], [6], [7, 8], [9, 10, 11]])
    passed = Ragged.of([[100 + item] * (item % 4) for item in rows.values.tolist()])
    sampler, stage = Sampler(rows, None, 3, 0, passed), Stage(name="dense", steps=2, batch=3)
    seen = [sampler(stage, step, np.random.default_rng(0)).histories for step in range(2)]
    told = {item: [one for one in row if one >= 0] for part in seen for item, row in zip(part.items.tolist(), part.passed.tolist(), strict=True)}
    assert told == {item: [100 + item] * (item % 4) for item in (3, 4, 5, 8, 10, 11)}


def test_the_loss_of_choices_is_the_cross_entropy_among_what_was_there():
    net, batch, roles = whole()
    part = batch.histories
    states, vectors = net.states(part.given), net.view("fused")
    losses = []
    for state, item, passed in zip(states, part.items.tolist(), part.passed.tolist(), strict=True):
        if offered := [one for one in passed if one >= 0]:
            losses.append(-torch.log_softmax(state @ vectors[[item, *offered]].T, dim=0)[0])
    assert 0 < len(losses) < len(states)
    assert torch.allclose(LOSSES["choice"](Step(net, batch, roles)), torch.stack(losses).mean(), atol=1e-5)


def test_hard_negatives_begin_with_the_same_codes_and_are_never_the_item():
    codes = torch.tensor([[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 1, 0], [1, 0, 0], [1, 1, 1]])
    for _ in range(5):
        found = neighbours(codes, torch.tensor([0, 4]), 2)
        assert set(found[0].tolist()) == {1, 2}
        assert found[1, 0] == 5
        assert 4 not in found[1].tolist()


def decoder_and_ids(items=150, size=12, requests=3):
    """A decoder with weights large enough that codes depend on those before them."""
    rng = np.random.default_rng(0)
    decoder = DepthDecoder(32, 3, size, 1, 0.0).eval()
    with torch.no_grad():
        for weight in decoder.parameters():
            weight.add_(torch.from_numpy(rng.normal(size=weight.shape) * 0.2).float())
    keys = rng.permutation(size**3)[:items]
    return decoder, np.stack([keys // size**level % size for level in range(3)], axis=1), rng.normal(size=(requests, 32)).astype(np.float32)


@pytest.mark.parametrize("width", [2, 20])
def test_the_beam_finds_what_the_beam_search_of_transformers_finds_with_the_same_scores(width):
    from broadsheet.retrieve.bench.oracle import Oracle
    from broadsheet.retrieve.decoding import LiveTrie, beam

    decoder, ids, states = decoder_and_ids()
    ours = beam(LiveTrie(ids, 12), decoder.scorer(states), len(states), width)
    theirs = Oracle(decoder, states).answers(ids, width)
    assert np.array_equal(ours.items, theirs.items)
    assert np.allclose(ours.scores, theirs.scores, atol=1e-4)


def test_the_exact_mode_is_the_likelihood_that_teacher_forcing_gives():
    from broadsheet.retrieve.decoding import LiveTrie, exact

    decoder, ids, states = decoder_and_ids(items=12**3, requests=1)
    answers = exact(LiveTrie(ids, 12), decoder.scorer(states), 1)
    with torch.no_grad():
        logits = decoder(torch.from_numpy(states).expand(len(ids), -1), torch.from_numpy(ids[:, :-1]))
        given = torch.log_softmax(logits, dim=-1).gather(2, torch.from_numpy(ids)[:, :, None]).sum(dim=(1, 2)).numpy()
    # Every code follows every prefix, so nothing is masked and the two are the same.
    assert np.allclose(answers.scores[0], given[answers.items[0]], atol=1e-4)
