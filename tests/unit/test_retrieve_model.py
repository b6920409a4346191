"""The sequence model: packed rows against sequences one by one, and its decoder against the transformers library."""

import numpy as np
import pytest
import torch

from broadsheet.core.backbones.trunk import Trunk, pack
from broadsheet.retrieve.model.batches import NextItems, lay
from broadsheet.retrieve.model.dense import SequenceModel
from broadsheet.retrieve.model.items import Content, ItemTable
from broadsheet.sources.interactions import Attributes, Ragged

ROWS = Ragged.of([[1, 2, 3], [4], [], [5, 6, 7, 8, 9, 1], [2, 2]])


def model(items=12, width=32, longest=6):
    return SequenceModel(ItemTable(items, width, {}, {}), Trunk(width, 2, longest, 0.0, 0)).eval()


def test_rows_are_filled_in_order_and_no_sequence_is_cut():
    places = pack([3, 2, 4, 1], 5)
    assert places.row.tolist() == [0, 0, 1, 1]
    assert places.start.tolist() == [0, 3, 0, 4]
    assert places.rows == 2
    with pytest.raises(ValueError, match="does not fit"):
        pack([6], 5)


def test_a_packed_sequence_has_the_states_it_has_alone():
    net = model()
    together = net.read(ROWS)
    for number, row in enumerate(ROWS):
        alone = net.read(Ragged.of([row]))[0]
        assert np.allclose(together[number], alone, atol=1e-6)
    assert not together[2].any()


def test_a_state_does_not_see_what_comes_later():
    net = model()
    table = net.table()
    one, other = (lay(Ragged.of([row]), np.array([0]), 6, 6, Ragged.of([row])) for row in ([1, 2, 3, 4], [1, 2, 3, 9]))
    first, second = net.states(one, table), net.states(other, table)
    assert torch.equal(first[:3], second[:3])
    assert not torch.allclose(first[3], second[3])


def test_an_epoch_trains_every_position_once():
    train = Ragged.of([[1, 2, 3], [4, 5], [6], [7, 8, 9, 10]])
    batches = NextItems(train, 6, 0)
    from broadsheet.core.train import Stage

    stage = Stage(name="dense", steps=2, batch=3)
    assert batches.steps(3) == 2
    seen = [batches(stage, step, np.random.default_rng(0)) for step in range(2)]
    assert sorted(target for batch in seen for target in batch.targets.tolist()) == [2, 3, 5, 8, 9, 10]
    for batch in seen:
        flat = batch.items.flatten()[batch.at].tolist()
        assert all(after == before + 1 for before, after in zip(flat, batch.targets.tolist(), strict=True))


def test_long_histories_keep_their_last_items():
    batch = lay(Ragged.of([[1, 2, 3, 4, 5]]), np.array([0]), 3, 6)
    assert batch.items[0, :3].tolist() == [3, 4, 5]
    assert batch.layout.position[0, :3].tolist() == [0, 1, 2]


def table_of_two(**more):
    """Three items with attributes and images; the second has no attribute, the third no image."""
    attributes = {"tags": Attributes(("red", "round"), Ragged.of([[0, 1], [], [1]]))}
    contents = {"image": Content(np.eye(3, 4, dtype=np.float32), np.array([True, True, False]))}
    return ItemTable(3, 32, attributes, contents, **more)


def test_an_item_without_a_modality_has_its_learnt_null_and_a_new_one_no_embedding_of_its_own():
    table = table_of_two().eval()
    table.fresh[1] = True
    with torch.no_grad():
        bag, image = table.bags["tags"].weight, table.adapters["image"](torch.eye(3, 4))
        parts = {"tags": torch.stack([bag.mean(dim=0), table.nulls["tags"], bag[1]]), "image": torch.stack([image[0], image[1], table.nulls["image"]])}
        own = table.own.weight * torch.tensor([[1.0], [0.0], [1.0]])
        gates = table.gates(parts)
        assert torch.allclose(gates.sum(dim=1), torch.full((3,), 2.0))
        assert torch.allclose(table(), own + gates[:, :1] * parts["tags"] + gates[:, 1:] * parts["image"], atol=1e-6)
        assert torch.allclose(table(torch.tensor([2, 0])), table()[[2, 0]], atol=1e-6)


def test_a_modality_can_be_left_out_and_is_hidden_in_training_alone():
    table = table_of_two(own=False, hidden=0.5).eval()
    with torch.no_grad():
        assert torch.equal(table(), table())
        lonely = table(without="image")
        assert not torch.allclose(lonely[0], table()[0])
        assert torch.allclose(lonely[2], table()[2], atol=1e-6)
        table.train()
        assert len({round(float(table()[0].sum()), 6) for _ in range(20)}) > 1


def test_training_lowers_the_loss_and_a_constant_order_is_learnt():
    from broadsheet.core.train import Stage, descend, train

    sequences = Ragged.of([[(start + step) % 12 for step in range(6)] for start in range(12)])
    net = model()
    batches = NextItems(sequences, 6, 0)
    train(net, [Stage(name="dense", steps=60, learning_rate=1e-2, batch=30)], batches, descend(lambda m, b: m.loss(b), "float32"))
    scores = np.concatenate(list(net.scores(Ragged.of([[3, 4], [10, 11]]))))
    assert scores.argmax(axis=1).tolist() == [5, 0]


def decoder_and_ids(items=150, size=12, requests=3):
    """A decoder with weights large enough that codes depend on those before them."""
    from broadsheet.retrieve.model.depth import DepthDecoder

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
