"""Training a multi-turn model, and restoring one: what was trained is kept, what was not is known by hash."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import torch

from broadsheet.core.artifacts import Artifact
from broadsheet.core.backbones import open_backbone
from broadsheet.core.backbones.lora import add_lora, decoder_of
from broadsheet.core.backbones.protocol import Backbone
from broadsheet.core.errors import WeightsError
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.core.train import freeze_all_but, tensors_hash, train
from broadsheet.represent.muco.batches import Sampler
from broadsheet.represent.muco.config import MucoConfig
from broadsheet.represent.muco.examples import readable
from broadsheet.represent.muco.model import MultiTurn
from broadsheet.represent.muco.objective import muco_objective
from broadsheet.represent.muco.pictures import Pictures
from broadsheet.represent.muco.schema import Example


class Built(NamedTuple):
    """A model, and the patterns of the parameters that are trained."""

    net: MultiTurn
    trainable: tuple[str, ...]


class TrainedModel(NamedTuple):
    """What training left: the model, what it trained by name, the hash of all else, figures, and tables."""

    net: MultiTurn
    weights: dict[str, np.ndarray]
    frozen: str
    metrics: dict[str, float]
    table: pl.DataFrame
    record: pl.DataFrame
    faults: dict[str, str]


def build_model(config: MucoConfig, seed: int = 0) -> Built:
    """Open the backbone, put adapters in where they are asked for, and say what is trained: never the tower or the vocabulary."""
    backbone = open_backbone(config.runs_on, seed=seed)
    if config.lora:
        torch.manual_seed(seed)
        add_lora(backbone, config.lora)
    net = MultiTurn(backbone, config.template, config.history)
    names = [name for name, _ in net.named_parameters()]
    decoder = _prefix(net, backbone)
    wanted = [f"{decoder}layers.*lora_*"] if config.lora else [f"{decoder}layers.*", f"{decoder}norm.*"]
    wanted += ["backbone.marked"] + (["backbone.projector.*"] if any(name.startswith("backbone.projector.") for name in names) else [])
    return Built(net, tuple(wanted))


def _prefix(net: MultiTurn, backbone: Backbone) -> str:
    """Return the prefix that the decoder's parameters have in the model."""
    decoder = decoder_of(backbone)
    return next(f"{name}." for name, module in net.named_modules() if module is decoder)


def fit_model(
    config: MucoConfig,
    examples: Sequence[Example],
    *,
    root: Path | None = None,
    seed: int = 0,
    checkpoints: Path | None = None,
    progress: Progress = silent,
) -> TrainedModel:
    """Train a model on examples; those whose picture cannot be read are left out and named in `faults`."""
    parts = readable(examples, root or Path())
    if parts.faults:
        get_logger("represent").warning("examples whose picture cannot be read are left out", count=len(parts.faults))
    with torch.random.fork_rng(devices=[]):
        net, trainable = build_model(config, seed)
    stages = config.stages(trainable) if len(parts.examples) > 1 else ()
    table = record = pl.DataFrame()
    if stages:
        pictures = Pictures(net.backbone, root, kept={})
        pictures.look([key for one in parts.examples for key in (one.image, *(turn.target_image for turn in one.turns)) if key], progress)
        objective = muco_objective(pictures, config.loss, twins=config.twins, chunk=config.chunk, dtype=config.dtype)
        identity = {"config": config.model_dump(mode="json"), "examples": _examples_hash(parts.examples)}
        sampler = Sampler(parts.examples, seed=seed, most_turns=config.most_turns)
        done = train(net, stages, sampler, objective, checkpoints, seed=seed, identity=identity, progress=progress)
        table, record = done.table, done.record
    else:
        get_logger("represent").warning("nothing was trained", examples=len(parts.examples), why="there is nothing to contrast" if not stages else "")
    weights = {name: parameter.detach().numpy().copy() for name, parameter in freeze_all_but(net, trainable).items()}
    frozen = tensors_hash(net, trainable=False)
    net.requires_grad_(requires_grad=False).eval()
    turns = sum(len(example.turns) for example in parts.examples)
    metrics = {
        "examples": len(parts.examples),
        "turns": turns,
        "left_out": len(parts.faults),
        "steps": float(sum(stage.steps for stage in stages)),
        "pictures_looked_at": net.backbone.looked,
    }
    return TrainedModel(net, weights, frozen, metrics, table, record, parts.faults)


def restored(config: MucoConfig, artifact: Artifact, seed: int) -> MultiTurn:
    """Build the model of an artefact and give it what was trained.

    Raises WeightsError where the backbone is not the one it was trained on, or the template is not the one it was trained with.
    """
    if artifact.manifest.models["template"] != config.template.template_hash():
        raise WeightsError(f"{artifact.path.name} was trained with another template.", "Take the template out of the settings; the model brings its own.")
    with torch.random.fork_rng(devices=[]):
        net, trainable = build_model(config, seed)
    parameters = freeze_all_but(net, trainable)
    if tensors_hash(net, trainable=False) != artifact.manifest.models["frozen"]:
        raise WeightsError(
            f"{artifact.path.name} was trained on another {artifact.manifest.models['backbone']}.", f"Give it that checkpoint again ({config.runs_on})."
        )
    restore(parameters, {name: torch.from_numpy(value) for name, value in artifact.tensors("weights").items()}, artifact.path.name)
    net.requires_grad_(requires_grad=False).eval()
    return net


def restore(parameters: Mapping[str, torch.nn.Parameter], weights: Mapping[str, torch.Tensor], name: str) -> None:
    """Copy weights into parameters of the same names and shapes. Raises WeightsError where they differ, or are not finite."""
    odd = sorted(parameters.keys() ^ weights.keys()) or [key for key in parameters if parameters[key].shape != weights[key].shape]
    if odd:
        raise WeightsError(f"{name} does not fit its backbone: {len(odd)} tensors differ, first {odd[0]}.", "Train it anew on this backbone.")
    for key, value in weights.items():
        if not bool(torch.isfinite(value).all()):
            raise WeightsError(f"The weight {key} of {name} is not finite.", "Take an earlier checkpoint, or train it anew.")
        with torch.no_grad():
            parameters[key].copy_(value)


def _examples_hash(examples: Sequence[Example]) -> str:
    return hashlib.sha256("\n".join(example.model_dump_json() for example in examples).encode()).hexdigest()
