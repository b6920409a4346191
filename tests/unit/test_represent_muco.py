"""Many turns in one pass: each is what it would be alone, sees nothing later, and nothing of any target; for every backbone."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image

from broadsheet.core.backbones import open_backbone
from broadsheet.core.backbones.checkpoint import open_checkpoint
from broadsheet.core.backbones.efficientnet import EfficientNetLite0
from broadsheet.core.backbones.lora import LoraConfig, add_lora
from broadsheet.core.backbones.nano import NanoMLLM
from broadsheet.core.backbones.protocol import EMB, IMAGE
from broadsheet.core.backbones.tiny import write_tiny
from broadsheet.core.contrast import LossConfig, Owners, info_nce
from broadsheet.represent.muco.model import MultiTurn
from broadsheet.represent.muco.packing import pack
from broadsheet.represent.muco.pictures import Pictures
from broadsheet.represent.muco.template import Picture, Said, Template

VISION = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")
EVERY = ("llama", *VISION, "nano")


def drawn(seed, size):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))


PICTURES = {"wide": drawn(1, (112, 56)), "high": drawn(2, (56, 84)), "square": drawn(3, (56, 56))}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tiny")


@pytest.fixture(scope="module", params=EVERY)
def backbone(request, folder):
    if request.param == "nano":
        return NanoMLLM(EfficientNetLite0(49), open_checkpoint(write_tiny("llama", folder / "nano"))).eval()
    return open_checkpoint(write_tiny(request.param, folder / request.param)).eval()


def pictures(backbone, kept=None):
    return Pictures(backbone, held=PICTURES, kept=kept)


def example(backbone):
    """Two examples of three and of two turns; with pictures where the backbone sees."""
    shown = [("a poster", "wide" if backbone.sees else None), ("", "square" if backbone.sees else None)]
    turns = [[("what is it", None), ("which colour", None), ("where does it hang", None)], [("its name", None), ("its maker", None)]]
    return shown, turns


def embed(model, shown, turns):
    return model.embed(shown, turns, pictures(model.backbone))


def test_a_packed_turn_is_that_of_its_own_prefix_pass(backbone):
    model = MultiTurn(backbone)
    shown, turns = example(backbone)
    with torch.no_grad():
        packed = embed(model, shown, turns)
        alone = torch.cat([embed(model, [s], [of[: j + 1]])[-1:] for s, of in zip(shown, turns, strict=True) for j in range(len(of))])
    assert packed.shape == (5, backbone.width)
    assert float((packed - alone).abs().max()) <= 1e-5


def test_with_block_history_a_turn_is_that_of_a_pass_alone(backbone):
    block, causal = MultiTurn(backbone, history="block"), MultiTurn(backbone)
    shown, turns = example(backbone)
    with torch.no_grad():
        packed = embed(block, shown, turns)
        alone = torch.cat([embed(causal, [s], [[turn]]) for s, of in zip(shown, turns, strict=True) for turn in of])
        with_history = embed(causal, shown, turns)
    assert float((packed - alone).abs().max()) <= 1e-5
    # The two histories are truly different from the second turn on.
    assert float((packed - with_history).abs().max(dim=1).values[[1, 2, 4]].min()) > 1e-3
    assert float((packed - with_history)[[0, 3]].abs().max()) <= 1e-5


TARGETS = [[("a print", None), ("red", None), ("on a wall", None)], [("lamp", None), ("nobody", None)]]


def loss_of(model, queries, targets):
    owners = Owners.of([0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [0, 1, 2, 3, 4])
    return info_nce(queries, targets, owners, LossConfig(temperature=0.1)).loss


def gradients(model):
    found = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad(set_to_none=True)
    return found


@pytest.mark.parametrize("history", ["causal", "block"])
def test_the_gradients_of_a_packed_loss_are_those_of_its_prefix_passes(backbone, history):
    model = MultiTurn(backbone, history=history)
    shown, turns = example(backbone)
    loss_of(model, embed(model, shown, turns), embed(model, [("", None)] * 2, TARGETS)).backward()
    packed = gradients(model)

    def alone(shown, turns):
        one = [(s, of[: j + 1] if history == "causal" else of[j : j + 1]) for s, of in zip(shown, turns, strict=True) for j in range(len(of))]
        return torch.cat([embed(model, [s], [of])[-1:] for s, of in one])

    loss_of(model, alone(shown, turns), alone([("", None)] * 2, TARGETS)).backward()
    passes = gradients(model)
    assert packed.keys() == passes.keys()
    assert len(packed) > 10
    whole = torch.cat([passes[name].flatten() for name in packed])
    apart = torch.cat([(packed[name] - passes[name]).flatten() for name in packed])
    assert float(apart.norm() / whole.norm()) <= 1e-4


def test_a_later_turn_moves_no_earlier_embedding_and_every_later_one(backbone):
    model = MultiTurn(backbone)
    shown, turns = example(backbone)
    changed = [[turns[0][0], ("how large", None), turns[0][2]], turns[1]]
    with torch.no_grad():
        before, after = embed(model, shown, turns), embed(model, shown, changed)
    moved = (before - after).abs().max(dim=1).values
    assert float(moved[[0, 3, 4]].max()) <= 1e-6
    assert float(moved[[1, 2]].min()) > 1e-3


def test_no_target_moves_any_query(backbone):
    model = MultiTurn(backbone)
    shown, turns = example(backbone)

    def queries(targets):
        made = embed(model, shown, turns)
        embed(model, [("", None)] * 2, targets)
        return made

    with torch.no_grad():
        assert torch.equal(queries(TARGETS), queries([[("x", None)] * 3, [("y", None)] * 2]))


def test_the_tower_runs_once_for_each_picture_however_often_it_is_shown(backbone):
    if not backbone.sees:
        assert (backbone.looks, backbone.looked) == (0, 0)
        return
    model = MultiTurn(backbone)
    calls = []
    tower = backbone.tower if isinstance(backbone, NanoMLLM) else backbone.model.visual
    handle = tower.register_forward_hook(lambda *_: calls.append(1))
    shown = [("", "wide"), ("", "wide"), ("", "square")]
    turns = [[("a", None), ("b", None)], [("c", None)], [("d", None), ("e", "wide"), ("f", "high")]]
    backbone.looks = backbone.looked = 0
    with torch.no_grad():
        embed(model, shown, turns)
        assert (len(calls), backbone.looks, backbone.looked) == (1, 1, 3)
        kept = pictures(backbone, {})
        first, second = (model.embed(shown, turns, kept) for _ in range(2))
    handle.remove()
    assert (backbone.looks, backbone.looked) == (2, 6)
    assert torch.equal(first, second)


def test_a_picture_may_be_a_target_and_another_turns_picture(backbone):
    if not backbone.sees:
        with pytest.raises(TypeError, match="reads text alone"), torch.no_grad():
            embed(MultiTurn(backbone), [("", "wide")], [[("", None)]])
        return
    model = MultiTurn(backbone)
    with torch.no_grad():
        rows = embed(model, [("", None)], [[("", "wide"), ("with words", "high"), ("", "wide")]])
        other = embed(model, [("", None)], [[("", "square"), ("with words", "high"), ("", "wide")]])
    assert rows.shape == (3, backbone.width)
    assert float((rows - other).abs().max(dim=1).values.min()) > 1e-4


@pytest.mark.parametrize("lengths", [[1], [7, 1, 4], [2, 2]])
def test_there_are_as_many_read_outs_as_turns_whatever_the_texts(backbone, lengths):
    # Texts far over the limit, empty ones, and one that spells the read-out's own mark.
    texts = ["word " * 400, "", "<|emb|> <|image_pad|> <|im_end|>", "x"]
    turns = [[(texts[(n + j) % 4], None) for j in range(k)] for n, k in enumerate(lengths)]
    model = MultiTurn(backbone)
    packed = pack(model.dialogues([("", None)] * len(lengths), turns, {}), backbone)
    assert len(packed.rows) == sum(lengths)
    assert (packed.ids[packed.rows, packed.columns] == backbone.marks[EMB]).all()
    assert int((packed.ids == backbone.marks[EMB]).sum()) == sum(lengths)
    assert int((packed.ids == backbone.marks[IMAGE]).sum()) == 0
    assert packed.turns.tolist() == [j for k in lengths for j in range(k)]


@pytest.mark.parametrize("family", VISION)
def test_positions_and_states_are_those_of_the_family_itself(family, folder):
    backbone = open_checkpoint(write_tiny(family, folder / f"{family}-oracle")).eval()
    template = Template()
    sight = backbone.see([PICTURES["wide"], PICTURES["high"]])
    shown = [Said("two", Picture("wide", sight.grids[0])), Said("", Picture("high", sight.grids[1]))]
    laid = [template.dialogue(backbone, said, [Said("what is it"), Said("and why")], block=False) for said in shown]
    packed = pack(laid, backbone)
    merge = backbone.processor.merge_size
    thw = torch.tensor([(1, high * merge, wide * merge) for high, wide in sight.grids])
    attention = packed.visible.diagonal(dim1=1, dim2=2).long()
    kinds = (packed.ids == backbone.marks[IMAGE]).int()
    positions, _ = backbone.model.get_rope_index(packed.ids, mm_token_type_ids=kinds, image_grid_thw=thw, attention_mask=attention)
    told = attention.bool()
    assert torch.equal(positions[:, told], packed.positions[:, told])
    # The family knows none of our new marks: a letter stands for each, in both passes.
    ids = torch.where(packed.ids < backbone.rows, packed.ids, backbone.encode("e")[0])
    with torch.no_grad():
        ours = backbone(ids, packed.visible, packed.positions, sight)
        theirs = backbone.model(input_ids=ids, attention_mask=attention, pixel_values=sight.pixels, image_grid_thw=thw, position_ids=positions)
    assert float((ours - theirs.last_hidden_state)[told].abs().max()) <= 1e-5


@pytest.mark.parametrize("dora", [False, True])
def test_adapters_change_nothing_at_first_and_are_all_that_is_trained(folder, dora):
    backbone = open_backbone("tiny:llama")
    model = MultiTurn(backbone).eval()
    turns = [[("a query", None)]]
    with torch.no_grad():
        before = embed(model, [("", None)], turns)
        add_lora(backbone, LoraConfig(rank=2, dora=dora))
        after = embed(model, [("", None)], turns)
    assert float((before - after).abs().max()) <= 1e-6


def test_positions_of_blocks_start_anew_and_those_of_a_dialogue_go_on():
    backbone = open_backbone("tiny:llama")
    template = Template()
    said = [Said("one"), Said("two")]
    causal = pack([template.dialogue(backbone, Said("shown"), said, block=False)], backbone)
    block = pack([template.dialogue(backbone, Said("shown"), said, block=True)], backbone, "block")
    assert causal.positions[0, 0].tolist() == list(range(causal.ids.shape[1]))
    starts = [b for a, b in pairwise(block.positions[0, 0].tolist()) if b <= a]
    assert len(starts) == 1
