"""The state of a training run on disk: weights, optimiser, best weights, record; no pickle."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
from torch import nn

from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.errors import ArtifactError
from broadsheet.core.schema import ArtifactKind

FOLDER = "checkpoint"
Rows = list[dict[str, Any]]


class Place(NamedTuple):
    """Where a run stands: the stage by number, steps done in it, and what early stopping remembers."""

    stage: int = 0
    step: int = 0
    best: float | None = None
    best_step: int = 0
    waited: int = 0
    ended: bool = False


class Loaded(NamedTuple):
    """A checkpoint that was read: where the run stood, its record, its table, and the best weights of the stage."""

    place: Place
    record: Rows
    table: Rows
    best: dict[str, torch.Tensor]


def run_hash(identity: Mapping[str, Any]) -> str:
    """Name a run by everything that its result depends on."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()


def save_checkpoint(
    folder: Path,
    identity: Mapping[str, Any],
    place: Place,
    weights: Mapping[str, torch.Tensor],
    optimiser: torch.optim.Optimizer,
    names: Mapping[int, str],
    best: Mapping[str, torch.Tensor],
    rows: Mapping[str, Rows],
) -> Artifact:
    """Write the state under a temporary name, then rename; `names` maps each parameter's id to its name."""
    state = {
        f"{names[id(parameter)]}|{key}": value
        for parameter, values in optimiser.state.items()
        for key, value in values.items()
        if isinstance(value, torch.Tensor)
    }
    tensors = {"weights": weights, "optimiser": state, "best": best}
    manifest = Manifest(kind=ArtifactKind.CHECKPOINT, config={"run": run_hash(identity), "identity": dict(identity), "place": place._asdict()})
    arrays = {stem: {name: _array(tensor) for name, tensor in held.items()} for stem, held in tensors.items() if held}
    frames = {stem: pl.DataFrame(held, infer_schema_length=None) for stem, held in rows.items() if held}
    return write_artifact(folder / FOLDER, manifest, arrays, frames)


def load_checkpoint(folder: Path, identity: Mapping[str, Any], model: nn.Module) -> tuple[Loaded, dict[str, torch.Tensor]] | None:
    """Read the state back into `model`; return it with the optimiser's tensors, or None where there is none.

    Raises ArtifactError for the state of another run: other stages, seed, data or frozen weights.
    """
    if not (folder / FOLDER).exists():
        return None
    artifact = read_artifact(folder / FOLDER, ArtifactKind.CHECKPOINT)
    if artifact.manifest.config["run"] != run_hash(identity):
        raise ArtifactError(f"{folder} holds the checkpoint of another run.", "Give an empty folder, or delete this one to begin anew.")
    state = dict([*model.named_parameters(), *model.named_buffers()])
    with torch.no_grad():
        for name, value in artifact.tensors("weights").items():
            state[name].copy_(torch.from_numpy(value))
    held = artifact.manifest.files
    optimiser = artifact.tensors("optimiser") if "optimiser.safetensors" in held else {}
    best = artifact.tensors("best") if "best.safetensors" in held else {}
    record, table = (artifact.frame(stem).to_dicts() if f"{stem}.parquet" in held else [] for stem in ("record", "table"))
    place = Place(**artifact.manifest.config["place"])
    loaded = Loaded(place, record, table, {name: torch.from_numpy(value) for name, value in best.items()})
    return loaded, {name: torch.from_numpy(value) for name, value in optimiser.items()}


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor], parameters: Mapping[str, nn.Parameter]) -> None:
    """Give each parameter's state back, bit for bit."""
    for name, value in tensors.items():
        parameter, _, key = name.rpartition("|")
        optimiser.state[parameters[parameter]][key] = value.clone()


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()
