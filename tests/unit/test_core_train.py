"""The training loop: what is frozen stays, what was stopped goes on with the same bits, and the table says what happened."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.errors import ArtifactError, ConfigError, WeightsError
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.train import Stage, descend, freeze_all_but, reinitialise, tensors_hash, train


class Net(nn.Module):
    """A tower with running statistics, and a head with dropout."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(5)
            self.tower = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU())
            self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(8, 2))

    def forward(self, x):
        return self.head(self.tower(x))


def batches(stage, step, rng):
    x = torch.tensor(rng.normal(size=(stage.batch, 6)), dtype=torch.float32)
    return x, (x[:, 0] > 0).long()


objective = descend(lambda model, batch: nn.functional.cross_entropy(model(batch[0]), batch[1]))
HELD = batches(Stage(name="held", steps=1, batch=200), 0, np.random.default_rng(9))


def evaluate(model):
    return {"accuracy": float((model(HELD[0]).argmax(1) == HELD[1]).float().mean())}


HEAD = Stage(name="head", steps=6, learning_rate=0.02, trainable=("head.*",), batch=16, evaluate_every=2, watch="accuracy")
ALL = Stage(name="all", steps=7, learning_rate=0.02, batch=16, evaluate_every=3, watch="accuracy", schedule="cosine", warmup=2)

AVERAGED = ALL.model_copy(update={"watch": "", "average": 0.7})


def bits(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def test_a_frozen_tower_keeps_every_bit_has_no_gradient_and_is_in_no_optimiser(monkeypatch):
    held: list[int] = []
    real = torch.optim.AdamW
    monkeypatch.setattr(torch.optim, "AdamW", lambda parameters, **k: real([held.append(p.numel()) or p for p in parameters], **k))
    net, seen = Net(), []

    def watched(model, batch):
        figures = objective(model, batch)
        seen.append([parameter.grad is None for parameter in model.tower.parameters()])
        return figures

    before = bits(net)
    trained = train(net, [HEAD], batches, watched, evaluate=evaluate)
    after = bits(net)
    # Running statistics are no parameters, but they too stand still.
    assert all(torch.equal(before[name], after[name]) for name in before if name.startswith("tower"))
    assert not torch.equal(before["head.1.weight"], after["head.1.weight"])
    assert all(all(flags) for flags in seen)
    assert held == [16, 2]
    row = trained.table.to_dicts()[0]
    assert (row["trained_parameters"], row["frozen_parameters"]) == (18, 72)


def test_a_frozen_tensor_that_changes_is_noticed():
    def meddling(model, batch):
        figures = objective(model, batch)
        with torch.no_grad():
            model.tower[0].weight.add_(1e-6)
        return figures

    with pytest.raises(RuntimeError, match="frozen"):
        train(Net(), [HEAD], batches, meddling, evaluate=evaluate)


def test_a_gradient_of_a_frozen_tensor_is_noticed():
    def meddling(model, batch):
        model.tower[0].weight.grad = torch.zeros(8, 6)
        return objective(model, batch)

    with pytest.raises(RuntimeError, match="gradient"):
        train(Net(), [HEAD], batches, meddling, evaluate=evaluate)


class Killed(BaseException):
    """What stops a process in the middle."""


@pytest.mark.parametrize(("last", "killed_at"), [*((ALL, step) for step in range(1, 14)), (AVERAGED, 12)])
def test_stopped_at_any_step_and_gone_on_gives_the_same_bits(tmp_path, last, killed_at):
    whole = Net()
    record = train(whole, [HEAD, last], batches, objective, evaluate=evaluate).record
    calls = 0

    def dying(stage, step, rng):
        nonlocal calls
        calls += 1
        if calls == killed_at:
            raise Killed
        return batches(stage, step, rng)

    with pytest.raises(Killed):
        train(Net(), [HEAD, last], dying, objective, tmp_path, evaluate=evaluate)
    again = Net()
    trained = train(again, [HEAD, last], batches, objective, tmp_path, evaluate=evaluate)
    assert trained.resumed == (killed_at > 2)
    assert same(bits(whole), bits(again))
    assert trained.record.equals(record)


def test_what_is_done_is_not_done_again(tmp_path):
    net = Net()
    train(net, [HEAD], batches, objective, tmp_path, evaluate=evaluate)

    def never(stage, step, rng):
        raise AssertionError

    again = Net()
    trained = train(again, [HEAD], never, objective, tmp_path, evaluate=evaluate)
    assert trained.resumed
    assert same(bits(net), bits(again))


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    train(Net(), [HEAD], batches, objective, tmp_path, evaluate=evaluate)
    for stages, seed, identity in ([[HEAD.model_copy(update={"steps": 7})], 0, {}], [[HEAD], 1, {}], [[HEAD], 0, {"data": "other"}]):
        with pytest.raises(ArtifactError, match="another run"):
            train(Net(), stages, batches, objective, tmp_path, seed=seed, evaluate=evaluate, identity=identity)
    other = Net()
    with torch.no_grad():
        other.tower[0].weight.add_(1)
    with pytest.raises(ArtifactError, match="another run"):
        train(other, [HEAD], batches, objective, tmp_path, evaluate=evaluate)


def test_the_checkpoint_holds_no_frozen_weight(tmp_path):
    train(Net(), [HEAD], batches, objective, tmp_path, evaluate=evaluate)
    weights = read_artifact(tmp_path / "checkpoint", ArtifactKind.CHECKPOINT).tensors("weights")
    assert {name for name in weights if "running" not in name and "tracked" not in name} == {"head.1.weight", "head.1.bias"}


def test_early_stopping_keeps_the_best_weights():
    values = iter([0.5, 0.9, 0.4, 0.3, 0.2])
    kept = []

    def scripted(model):
        kept.append(bits(model))
        return {"accuracy": next(values)}

    net = Net()
    stage = Stage(name="s", steps=50, batch=8, evaluate_every=2, watch="accuracy", patience=3)
    row = train(net, [stage], batches, objective, evaluate=scripted).table.to_dicts()[0]
    assert (row["step"], row["stopped"], row["best"], row["best_step"]) == (10, "patience", 0.9, 4)
    assert same(bits(net), kept[1])


def test_the_mean_of_the_last_steps_is_kept():
    seen = []

    def watching(model, batch):
        seen.append({name: weight.detach().clone() for name, weight in model.named_parameters()})
        return objective(model, batch)

    net = Net()
    train(net, [Stage(name="s", steps=8, batch=8, average=0.5)], batches, watching)
    last = Net()
    train(last, [Stage(name="s", steps=8, batch=8)], batches, objective)
    for name, weight in net.named_parameters():
        after = [*(weights[name] for weights in seen[5:]), dict(last.named_parameters())[name].detach()]
        torch.testing.assert_close(weight.detach(), torch.stack(after).mean(dim=0))
    with pytest.raises(ValueError, match="leave one out"):
        Stage(name="s", steps=8, watch="accuracy", average=0.5)


def test_accumulated_parts_are_one_batch():
    def halves(stage, step, rng):
        x, y = HELD
        half = slice(0, 100) if next(turn) % 2 == 0 else slice(100, 200)
        return x[half], y[half]

    turn = iter(range(100))
    linear, other = nn.Linear(6, 2), nn.Linear(6, 2)
    other.load_state_dict(linear.state_dict())
    train(linear, [Stage(name="s", steps=3, accumulate=2, learning_rate=0.01)], halves, objective)
    train(other, [Stage(name="s", steps=3, learning_rate=0.01)], lambda *_: HELD, objective)
    assert torch.allclose(linear.weight, other.weight, atol=1e-6)


def test_drawn_anew_before_its_stage_and_always_the_same():
    first, second = Net(), Net()
    before = bits(first)
    assert reinitialise(first, ["head.1"], 3, "all") == ["head.1"]
    reinitialise(second, ["head.1"], 3, "all")
    assert same(bits(first), bits(second))
    assert not torch.equal(before["head.1.weight"], first.head[1].weight)
    assert torch.equal(before["tower.0.weight"], first.tower[0].weight)
    assert not torch.equal(Net().head[1].weight, train_reinit().head[1].weight)


def train_reinit():
    net = Net()
    train(net, [ALL.model_copy(update={"reinit": ("head.1",), "steps": 1, "learning_rate": 1e-9, "watch": ""})], batches, objective)
    return net


def test_shares_of_the_gradient_add_up():
    stage = ALL.model_copy(update={"groups": {"tower": ("tower.*",), "head": ("head.*",)}})
    record = train(Net(), [stage], batches, objective, evaluate=evaluate).record
    shares = record["gradient_share_tower"] + record["gradient_share_head"]
    assert np.allclose(shares.to_numpy(), 1)


def test_a_loss_that_is_not_finite_stops_the_run():
    with pytest.raises(WeightsError, match="step 1 of stage all"):
        train(Net(), [ALL], batches, lambda model, batch: {"loss": math.nan}, evaluate=evaluate)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"trainable": ("haed.*",)}, "haed"), ({"reinit": ("nowhere",)}, "nowhere"), ({"watch": "recall"}, "recall")],
)
def test_a_name_that_is_not_there_is_an_error(change, word):
    with pytest.raises(ConfigError, match=word):
        train(Net(), [ALL.model_copy(update=change)], batches, objective, evaluate=evaluate)


def test_the_callers_randomness_is_left_alone():
    torch.manual_seed(1)
    wanted = torch.rand(1)
    torch.manual_seed(1)
    train(Net(), [HEAD], batches, objective, evaluate=evaluate)
    assert torch.equal(torch.rand(1), wanted)


def test_the_hash_sees_one_bit():
    net = Net()
    freeze_all_but(net, ["head.*"])
    before = tensors_hash(net, trainable=False)
    with torch.no_grad():
        net.tower[1].running_mean[0] += 1e-7
    assert tensors_hash(net, trainable=False) != before
    assert tensors_hash(net, trainable=True) == tensors_hash(net, trainable=True)
