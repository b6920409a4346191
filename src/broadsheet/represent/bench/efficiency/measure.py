"""One arm: its speed over a few steps, or its recall after a budget of seconds and after a number of epochs."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
import torch

from broadsheet.core.backbones.protocol import Sight
from broadsheet.core.bench import Measured
from broadsheet.core.contrast import LossConfig
from broadsheet.core.images import read_image
from broadsheet.core.metrics import own_ranks
from broadsheet.core.progress import Progress
from broadsheet.core.schema import Columns
from broadsheet.core.train import Objective, Stage, train
from broadsheet.represent.bench.efficiency.data import OTHERS, TESTED, Data
from broadsheet.represent.muco.batches import Sampler
from broadsheet.represent.muco.config import MucoConfig
from broadsheet.represent.muco.fit import Built, build_model
from broadsheet.represent.muco.model import MultiTurn
from broadsheet.represent.muco.objective import muco_objective
from broadsheet.represent.muco.packing import pack
from broadsheet.represent.muco.pictures import Pictures
from broadsheet.represent.muco.schema import normalised
from broadsheet.represent.muco.template import Template

RATE, TEMPERATURE = 1e-3, 0.07
# Steps of a training that its budgets end.
LONGEST = 1_000_000


class Arm(NamedTuple):
    """A way to train: turns an example, how many batches of one-turn training a step holds, history, and masks."""

    turns: int = 7
    wider: bool = False
    history: Literal["causal", "block"] = "causal"
    same_image: bool = True
    same_text: bool = True

    def config(self, backbone: str, batch: int) -> MucoConfig:
        """Return the settings of the arm; a `wider` one takes as many pictures a step as seven turns give pairs."""
        return MucoConfig(
            backbone=backbone,
            history=self.history,
            most_turns=self.turns,
            batch=batch * (7 if self.wider else 1),
            learning_rate=RATE,
            template=Template(system="", longest=32),
            loss=LossConfig(temperature=TEMPERATURE, direction="both", same_image=self.same_image, same_text=self.same_text),
        )


class Counted(NamedTuple):
    """An objective that counts its pairs and pictures."""

    objective: Objective
    spent: dict[str, float]


def speed(arm: Arm, data: Data, root: Path, backbone: str, batch: int, steps: int, seed: int, *, cached: bool) -> Measured:
    """Time steps of training, both sides and the optimiser counted; the tower's work is done before (`cached`), or in each step."""
    built, config = _built(arm, backbone, batch, seed)
    held = {example.image: read_image(root / example.image) for example in data.train[: 2 * config.batch] if example.image}
    for image in held.values():
        image.thumbnail((224, 224))
    pictures = Pictures(built.net.backbone, held=held, kept={} if cached else None)
    examples = [example for example in data.train if example.image in held]
    pictures.look(list(held))
    sampler = Sampler(examples, seed=seed, most_turns=arm.turns)
    stage = Stage(name="multi", steps=1, learning_rate=RATE, batch=config.batch, trainable=built.trainable)
    counted = _counted(muco_objective(pictures, config.loss, dtype="float32"))
    objective = counted.objective
    train(built.net, [stage], sampler, objective, seed=seed)
    built.net.backbone.looked = 0
    counted.spent.clear()
    began, wall = time.process_time(), time.perf_counter()
    train(built.net, [stage.model_copy(update={"steps": steps})], sampler, objective, seed=seed)
    cpu, wall = time.process_time() - began, time.perf_counter() - wall
    tokens = _tokens(built.net, sampler, stage, pictures)
    figures = {
        "pairs_per_cpu_s": counted.spent["pairs"] / cpu,
        "images_per_cpu_s": counted.spent["images"] / cpu,
        "updates_per_cpu_s": steps / cpu,
        "tokens_per_cpu_s": tokens * steps / cpu,
        "cpu_s_per_image": cpu / counted.spent["images"],
        "cpu_s_per_wall_s": cpu / wall,
        "looks_per_image": built.net.backbone.looked / counted.spent["images"],
    }
    return Measured(figures, models={"backbone": built.net.backbone.name})


def recall(
    arm: Arm, data: Data, root: Path, kept: dict[str, Sight], backbone: str, batch: int, seconds: float, epochs: float, seed: int, progress: Progress
) -> Measured:
    """Train until both `seconds` of the processor and `epochs` of pictures are spent; measure single turns of unseen pictures at each.

    The clock runs for all that training takes, the optimiser and the packing of batches included, and stands still while it is judged.
    """
    built, config = _built(arm, backbone, batch, seed)
    shown = Pictures(built.net.backbone, root, kept=kept)
    # All that the tower sees is seen before the clock starts, or the first arm would pay for the others.
    shown.look([example.image for example in data.train if example.image] + [image for image, _ in data.test], progress)
    at_epochs = max(1, round(epochs * len(data.train) / min(config.batch, len(data.train))))
    counted = _counted(muco_objective(shown, config.loss, dtype="float32"))
    stage = Stage(name="multi", steps=LONGEST, learning_rate=RATE, batch=config.batch, trainable=built.trainable, warmup=20)
    found: dict[str, Judged] = {}
    spent: dict[str, float] = {}
    began = time.process_time()

    def told(step: str, done: int, total: int) -> None:
        del total
        nonlocal began
        gone = time.process_time() - began
        for name, reached in (("cpu", gone >= seconds), ("epochs", done >= at_epochs)):
            if reached and name not in found:
                found[name] = judge(built.net, data, shown)
                # Not under `cpu_s`: that is what the whole row cost, and what was trained for is stated.
                spent.update({f"{name}_images": counted.spent["images"], f"{name}_updates": float(done), **({"epochs_s": gone} if name == "epochs" else {})})
        began = time.process_time() - gone
        progress(f"{step}, seconds", min(int(gone), int(seconds)), int(seconds))
        if len(found) == len(("cpu", "epochs")):
            raise _Spent

    with contextlib.suppress(_Spent):
        train(built.net, [stage], Sampler(data.train, seed=seed, most_turns=arm.turns), counted.objective, seed=seed, progress=told)
    figures = {f"{name}@{moment}" if "@" not in name else f"{name}_{moment}": value for moment, one in found.items() for name, value in one.figures.items()}
    values = pl.DataFrame({Columns.IMAGE: [image for image, _ in data.test], **{f"rank_{moment}": one.ranks for moment, one in found.items()}})
    return Measured({**figures, **spent}, values, {"backbone": built.net.backbone.name})


class _Spent(Exception):  # noqa: N818 - it is no error
    """Both budgets are spent."""


class Judged(NamedTuple):
    """Figures of a model on unseen pictures, and the rank of each one's text, from 0."""

    figures: Mapping[str, float]
    ranks: np.ndarray


def judge(net: MultiTurn, data: Data, pictures: Pictures) -> Judged:
    """Find each unseen picture's text among all, by one turn alone; equal texts are one candidate, ties count by the mean.

    Beside recall: the gap between the means of both sides (Liang et al. 2022), alignment and uniformity (Wang and Isola 2020),
    and the cosine between three turns of one picture.
    """
    modes = [module.training for module in net.modules()]
    net.eval()
    with torch.no_grad():
        queries = _read(net, [(image, [TESTED]) for image, _ in data.test], pictures)
        texts = list(dict.fromkeys(normalised(text) for _, text in data.test))
        spoken = {normalised(text): text for _, text in data.test}
        targets = _read(net, [(None, [spoken[text]]) for text in texts], pictures)
        several = _read(net, [(image, [TESTED, *OTHERS]) for image, _ in data.test[:64]], pictures)
    for module, mode in zip(net.modules(), modes, strict=True):
        module.training = mode
    own = np.array([texts.index(normalised(text)) for _, text in data.test])
    ranks = own_ranks(queries @ targets.T, own)
    matched = targets[own]
    apart = ((queries[:, None] - queries[None]) ** 2).sum(axis=-1)[~np.eye(len(queries), dtype=bool)]
    turns = several.reshape(-1, 3, several.shape[1])
    figures = {
        **{f"recall@{k}": float(np.mean(ranks < k)) for k in (1, 5, 10)},
        "modality_gap": float(np.linalg.norm(queries.mean(axis=0) - targets.mean(axis=0))),
        "alignment": float(((queries - matched) ** 2).sum(axis=1).mean()),
        "uniformity": float(np.log(np.exp(-2 * apart).mean())),
        "turn_cosine": float(np.mean([(turns[:, a] * turns[:, b]).sum(axis=1).mean() for a, b in ((0, 1), (0, 2), (1, 2))])),
        "chance": 1 / len(texts),
    }
    return Judged(figures, ranks)


def _read(net: MultiTurn, asked: Sequence[tuple[str | None, list[str]]], pictures: Pictures) -> np.ndarray:
    parts = []
    for start in range(0, len(asked), 32):
        block = asked[start : start + 32]
        parts.append(net.embed([("", image) for image, _ in block], [[(query, None) for query in queries] for _, queries in block], pictures).numpy())
    return np.concatenate(parts)


def _built(arm: Arm, backbone: str, batch: int, seed: int) -> tuple[Built, MucoConfig]:
    config = arm.config(backbone, batch)
    return build_model(config, seed), config


def _counted(objective: Objective) -> Counted:
    spent: dict[str, float] = {}

    def counting(model: Any, batch: Any) -> Mapping[str, float]:
        figures = objective(model, batch)
        for name, value in (("pairs", figures["rows"]), ("images", len(batch.queries))):
            spent[name] = spent.get(name, 0.0) + value
        return figures

    return Counted(counting, spent)


def _tokens(net: MultiTurn, sampler: Sampler, stage: Stage, pictures: Pictures) -> int:
    """Return the tokens of a step, both sides, padding aside."""
    batch = sampler(stage, 0, np.random.default_rng(0))
    count = 0
    for side in (batch.queries, batch.targets):
        keys = list(dict.fromkeys(key for asked in side for _, key in (asked.shown, *asked.turns) if key))
        sight = pictures.sight(keys)
        grids = dict(zip(keys, sight.grids if sight else (), strict=True))
        count += pack(net.dialogues([asked.shown for asked in side], [asked.turns for asked in side], grids), net.backbone, net.history).tokens
    return count
