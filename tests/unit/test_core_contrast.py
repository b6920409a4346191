"""The contrast of many turns: every mask by a double loop, and GradCache to the bit of the full batch."""

import numpy as np
import pytest
import torch

from broadsheet.core.backbones import open_backbone
from broadsheet.core.backbones.lora import LoraConfig, add_lora
from broadsheet.core.contrast import LossConfig, Owners, forbidden, info_nce
from broadsheet.core.errors import RecordError
from broadsheet.represent.muco.gradcache import cached_backward
from broadsheet.represent.muco.model import MultiTurn
from broadsheet.represent.muco.pictures import Pictures


def naive(queries, targets, image, turn, text, hard, config):
    """InfoNCE by a double loop over pairs; every rule written out."""
    total, count = [], len(image)
    columns = [*zip(image, turn, text, strict=True), *hard]
    for direction in ("q2t", "t2q") if config.direction == "both" else (config.direction,):
        for a in range(count):
            terms, own = [], 0.0
            for b in range(len(columns) if direction == "q2t" else count):
                row, column = (a, b) if direction == "q2t" else (b, a)
                score = float(queries[row] @ targets[column]) / config.temperature
                if row == column:
                    own = score
                    terms.append(score)
                    continue
                its_image, its_turn, its_text = columns[column]
                if column >= count:
                    out = (image[row] == its_image and turn[row] != its_turn) or text[row] == its_text
                else:
                    out = (config.same_image and image[row] == its_image) or (config.same_text and text[row] == its_text)
                if not out:
                    terms.append(score)
            total.append(np.log(np.sum(np.exp(terms))) - own)
    return float(np.mean(total))


def unit(seed, rows, width=8):
    made = torch.tensor(np.random.default_rng(seed).normal(size=(rows, width)), dtype=torch.float64)
    return torch.nn.functional.normalize(made, dim=1)


RAGGED = {"image": [0, 0, 0, 1, 2, 2], "turn": [0, 1, 2, 0, 0, 1], "text": [0, 1, 2, 1, 3, 4]}
HARD = [(0, 1, 7), (2, 0, 1), (1, 0, 9)]


@pytest.mark.parametrize("direction", ["q2t", "t2q", "both"])
@pytest.mark.parametrize("hard", [[], HARD])
@pytest.mark.parametrize(("same_image", "same_text"), [(True, True), (False, True), (True, False), (False, False)])
def test_the_loss_is_a_double_loop_on_ragged_turns(direction, hard, same_image, same_text):
    config = LossConfig(temperature=0.2, direction=direction, same_image=same_image, same_text=same_text)
    queries, targets = unit(1, 6), unit(2, 6 + len(hard))
    contrast = info_nce(queries, targets, Owners.of(**RAGGED, hard=hard), config)
    assert float(contrast.loss) == pytest.approx(naive(queries, targets, *RAGGED.values(), hard, config), rel=1e-9)


def test_every_mask_changes_the_loss_and_is_counted():
    owners = Owners.of(**RAGGED, hard=HARD)
    queries, targets = unit(1, 6), unit(2, 9)
    whole = info_nce(queries, targets, owners)
    assert whole.masked == {"hard": 5, "same_image": 8, "same_text": 2}
    for mask in ("same_image", "same_text"):
        assert float(info_nce(queries, targets, owners, LossConfig(**{mask: False})).loss) > float(whole.loss)
    # A hard negative that is another turn's of the same image, or the row's own text, is none.
    naked = Owners.of(**RAGGED, hard=[(8, 0, 7), (9, 0, 11), (10, 0, 9)])
    assert float(info_nce(queries, targets, naked).loss) > float(whole.loss)


def test_the_twin_of_a_pair_is_no_negative_of_it():
    queries, targets = unit(3, 4), unit(4, 4)
    pairs = Owners.of([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 2, 3])
    assert not forbidden(pairs, LossConfig())["same_image"].diagonal().any()
    with_twin, without = (info_nce(queries, targets, pairs, LossConfig(same_image=mask)).loss for mask in (True, False))
    assert float(without) > float(with_twin)


def test_a_batch_without_negatives_is_refused_and_not_trained_to_nothing():
    same = Owners.of([0, 1, 2], [0, 0, 0], [5, 5, 5])
    with pytest.raises(RecordError, match="no negative left"):
        info_nce(unit(1, 3), unit(2, 3), same)


def test_narrow_widths_are_the_mean_of_their_own_losses():
    owners = Owners.of(**RAGGED)
    queries, targets = unit(1, 6), unit(2, 6)
    both = info_nce(queries, targets, owners, LossConfig(dims=(4, 8))).loss
    apart = []
    for width in (4, 8):
        left, right = (torch.nn.functional.normalize(rows[:, :width], dim=1) for rows in (queries, targets))
        apart.append(info_nce(left, right, owners).loss)
    assert float(both) == pytest.approx(float(sum(apart) / 2))


SHOWN = [("a poster", None), ("a lamp", None)]
TURNS = [[("what is it", None), ("which colour", None), ("where does it hang", None)], [("its name", None), ("its maker", None)]]
TARGETS = [[("a print", None), ("red", None), ("on a wall", None)], [("lamp", None), ("nobody", None)]]


def test_gradcache_is_the_full_batch_with_dropout_on():
    backbone = open_backbone("tiny:llama")
    assert add_lora(backbone, LoraConfig(rank=4, dropout=0.3, start="kaiming")) > 10
    with torch.no_grad():
        for name, parameter in backbone.named_parameters():
            if "lora_B" in name:
                parameter.normal_(generator=torch.Generator().manual_seed(3))
    model = MultiTurn(backbone)
    model.train()
    nothing = [("", None)]
    sides = [(SHOWN[:1], TURNS[:1]), (SHOWN[1:], TURNS[1:]), (nothing, TARGETS[:1]), (nothing, TARGETS[1:])]

    def encode(side):
        return model.embed(*side, Pictures(backbone))

    def loss(rows):
        owners = Owners.of([0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [0, 1, 2, 3, 4])
        return info_nce(rows[:5], rows[5:], owners, LossConfig(temperature=0.1)).loss

    def gradients():
        found = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
        model.zero_grad(set_to_none=True)
        return found

    torch.manual_seed(11)
    value = cached_backward(encode, sides, loss)
    cached, after = gradients(), torch.rand(1)
    torch.manual_seed(11)
    full = loss(torch.cat([encode(side) for side in sides]))
    full.backward()
    whole = gradients()
    assert float(value) == pytest.approx(float(full.detach()), rel=1e-6)
    assert float(after) == float(torch.rand(1))
    apart = sum(float((cached[name] - whole[name]).square().sum()) for name in whole) ** 0.5
    assert apart / sum(float(g.square().sum()) for g in whole.values()) ** 0.5 <= 1e-5
    # Dropout was truly on: another seed gives another loss.
    torch.manual_seed(12)
    assert float(loss(torch.cat([encode(side) for side in sides])).detach()) != pytest.approx(float(value), rel=1e-4)
