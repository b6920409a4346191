"""Plans of pretraining: ablations of one are data, and a stage moves only what it names."""

import numpy as np
import polars as pl
import pytest
import torch

from broadsheet.core.backbones.trunk import Trunk
from broadsheet.core.errors import ConfigError
from broadsheet.core.metrics import hide
from broadsheet.core.modality import Content
from broadsheet.core.ragged import Ragged
from broadsheet.retrieve.fit import begin, list_ranks
from broadsheet.retrieve.model.batches import Pairs, Sampler
from broadsheet.retrieve.model.items import ItemTable
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.model.search import SearchModel
from broadsheet.retrieve.model.tasks import Roles
from broadsheet.retrieve.plan import Plan, PlanStage, default_plan
from broadsheet.retrieve.pretrain import Asks, alarms, means, pretrain, ranked, ranks
from broadsheet.retrieve.tokenizer import CodebookConfig

PLAN = default_plan("text", "image", histories=False, queries=True)


def names(plan):
    return [stage.name for stage in plan.stages]


def test_the_default_plan_goes_from_modality_to_modality_and_ends_with_semantic_ids():
    assert names(PLAN) == ["text", "image", "fuse", "ids"]
    assert names(default_plan("tags", None, histories=True, queries=False)) == ["text", "collab", "ids"]


def test_jointly_all_losses_are_there_at_once_for_as_many_epochs():
    joint = PLAN.joint()
    assert names(joint) == ["joint", "ids"]
    assert set(joint.stages[0].tasks) == {"text", "image", "fused", "request-image"}
    assert joint.stages[0].epochs == sum(stage.epochs for stage in PLAN.stages[:3])
    assert joint.stages[0].trainable == ("*",)


def test_stages_in_another_order_and_tasks_dropped():
    assert names(PLAN.ordered(["image", "text"])) == ["image", "text", "fuse", "ids"]
    assert "D1" not in PLAN.without(["D1"]).stages[-1].tasks
    assert names(PLAN.without(["image"])) == ["text", "fuse", "ids"]
    for wrong in (lambda: PLAN.ordered(["imag"]), lambda: PLAN.without(["D9"]), lambda: Plan(stages=(PlanStage(name="a", tasks={"G1": 1}),)).without(["G1"])):
        with pytest.raises(ConfigError) as error:
            wrong()
        assert len(str(error.value).splitlines()) == 2


def planted(seed=0, items=60):
    """Items whose text and image hold the same hidden vector, and queries that say it with noise."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(items, 6))
    text, image = (hidden @ rng.normal(size=(6, 16)) + 0.3 * rng.normal(size=(items, 16)) for _ in range(2))
    asking = rng.normal(size=(6, 10))
    queries = np.concatenate([hidden @ asking + 0.5 * rng.normal(size=(items, 10)) for _ in range(4)]).astype(np.float32)
    owners = np.tile(np.arange(items), 4)
    contents = {"text": Content(text, np.ones(items, dtype=bool)), "image": Content(image, np.arange(items) % 7 != 0)}
    net = SearchModel(ItemTable(items, 32, {}, contents, own=False, hidden=0.3, seed=seed), Trunk(32, 1, 2, 0.0, seed), 10, cosine=True, seed=seed)
    held = np.arange(3 * items, 4 * items)
    return net, Sampler(None, Pairs(queries[: 3 * items], owners[: 3 * items]), 2, seed), Asks(Requests.of_queries(queries[held]), owners[held])


def short(plan, epochs=4):
    return plan.model_copy(update={"batch": 60, "stages": tuple(stage.model_copy(update={"epochs": epochs}) for stage in plan.stages)})


def test_a_plan_is_run_stage_by_stage_and_what_a_stage_does_not_name_stays_bit_for_bit():
    net, sampler, asks = planted()
    text = PLAN.model_copy(update={"stages": PLAN.stages[:1]})
    before = {name: value.clone() for name, value in net.state_dict().items()}
    done = pretrain(net, short(text), sampler, asks, Roles("text", "image"), CodebookConfig(levels=2, size=16))
    after = net.state_dict()
    assert done.codes is None
    assert all(torch.equal(before[name], after[name]) for name in before if ".image" in name)
    assert not all(torch.equal(before[name], after[name]) for name in before if ".text" in name)
    assert done.record["recall@10 text"].drop_nulls().to_list()[-1] > 3 * 10 / 60


def test_semantic_ids_are_made_where_they_are_needed_and_requests_find_items_at_last():
    net, sampler, asks = planted()
    done = pretrain(net, short(PLAN), sampler, asks, Roles("text", "image"), CodebookConfig(levels=2, size=16))
    assert done.table["stage"].to_list() == ["text", "image", "fuse", "ids"]
    assert done.codes.shape == (60, 2)
    assert len(np.unique(done.codes, axis=0)) == 60
    assert done.card["collisions"] == 0
    assert {"loss G1", "loss D1", "loss D3"} <= set(done.record.columns)
    assert means(ranks(net, asks))["recall@10"] > 0.5


def test_hidden_items_are_found_by_nobody_not_even_the_target():
    scores = np.array([[3.0, 2.0, 1.0]])
    hide(scores, [np.array([0, 2])])
    assert scores.tolist() == [[-np.inf, 2.0, -np.inf]]


def test_the_rank_of_a_target_is_the_same_by_scores_and_by_a_list():
    asked = Asks(Requests.of_histories(Ragged.of([[0], [0], [2]])), np.array([1, 0, 1]), [np.array([0]), np.array([0]), np.array([2])])
    scores = np.array([[3.0, 2.0, 1.0]] * 3)
    assert ranked([scores.copy()], asked).tolist() == [0.0, np.inf, 1.0]
    assert list_ranks(np.array([[1, 2, -1], [1, 2, -1], [0, 1, -1]]), asked.targets).tolist() == [0.0, np.inf, 1.0]


def test_a_fall_after_an_epoch_while_the_loss_improves_is_told():
    def record(values, losses):
        steps = pl.DataFrame({"stage": ["s"] * 6, "step": list(range(1, 7)), "loss": losses})
        return steps.with_columns(pl.Series("recall@10", [None, values[0], None, values[1], None, values[2]]))

    assert alarms(record([0.4, 0.3, 0.2], [6.0, 5, 4, 3, 2, 1])) == ("s, epoch 2: recall@10 0.4000 to 0.3000 while the loss fell",)
    assert not alarms(record([0.4, 0.399, 0.5], [6.0, 5, 4, 3, 2, 1]))
    assert not alarms(record([0.4, 0.3, 0.2], [1.0, 2, 3, 4, 5, 6]))


@pytest.mark.parametrize("items", [12, 600])
def test_items_start_near_those_they_stand_beside_and_a_lonely_one_stays_where_it_was(items):
    rng = np.random.default_rng(0)
    train = Ragged.of([6 * (user % (items // 6 - 1)) + rng.permutation(6)[:4] for user in range(4 * items)])
    own = torch.nn.Embedding(items, 8)
    torch.nn.init.normal_(own.weight, std=0.002)
    before = own.weight.detach().clone()
    begin(own, train)
    lonely = slice(items - 6, items)
    assert torch.equal(own.weight[lonely], before[lonely])
    made = torch.nn.functional.normalize(own.weight.detach()[: items - 6], dim=1)
    alike = (made @ made.T).numpy()
    same = np.equal.outer(np.arange(items - 6) // 6, np.arange(items - 6) // 6)
    assert alike[same].mean() > (0.9 if items == 12 else alike[~same].mean() + 0.3)
