"""Keeps what was fitted, by what it was fitted on: the same data, settings and code are not fitted twice."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.artifacts import MANIFEST, Manifest, load_artifact, write_artifact
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.home import artifact_folder
from broadsheet.core.schema import ArtifactKind

STEM = "likings"


class Kept(NamedTuple):
    """Arrays by name, and facts for manifests."""

    arrays: Mapping[str, np.ndarray]
    facts: dict[str, Any]


def kept(role: str, identity: Mapping[str, Any], make: Callable[[], Kept]) -> Kept:
    """Return what `make` makes, from the folder of artefacts where it was made before from the same `identity` by the same code.

    Raises ArtifactError where what was kept has been changed, OutputError where nothing can be written.
    """
    folder = Path(__file__).parents[1]
    code = hash_files(path for part in ("models", "environment", ".") for path in (folder / part).glob("*.py"))
    config = {"role": role, "code": code, **identity}
    path = artifact_folder() / f"likings-{hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]}"
    if not (path / MANIFEST).is_file():
        made = make()
        manifest = Manifest(kind=ArtifactKind.LIKINGS, config={**config, "facts": made.facts})
        write_artifact(path, manifest, tensors={STEM: made.arrays})
        return made
    return load_artifact(path, ArtifactKind.LIKINGS, lambda artifact: Kept(artifact.tensors(STEM), artifact.manifest.config["facts"]))
