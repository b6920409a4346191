"""Artefacts: a folder with a manifest, tensors and frames, named by what it holds."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from pydantic import BaseModel, Field, ValidationError
from safetensors.numpy import load_file, save_file

from broadsheet import __version__
from broadsheet.core.errors import ArtifactError
from broadsheet.core.files import file_hash, staged_folder, write_file
from broadsheet.core.schema import ArtifactKind, Record

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"


class Manifest(Record):
    """What an artefact is and what it came from.

    `parents` maps a role to the content hash it was made from, `models` a role to the model
    that really ran, `files` each file to its SHA-256. There is no time in it: the same
    inputs give the same bytes.
    """

    kind: ArtifactKind
    schema_version: int = SCHEMA_VERSION
    package_version: str = __version__
    config: dict[str, Any] = Field(default_factory=dict)
    seed: int | None = None
    parents: dict[str, str] = Field(default_factory=dict)
    models: dict[str, str] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)


class _Stamp(BaseModel):
    """The one field that every manifest has, whichever version wrote it."""

    schema_version: int = SCHEMA_VERSION


class Artifact(NamedTuple):
    """An artefact on disk: its folder and its manifest."""

    path: Path
    manifest: Manifest

    @property
    def content_hash(self) -> str:
        """SHA-256 of the manifest, which holds the hashes of all files."""
        return hashlib.sha256(_manifest_bytes(self.manifest)).hexdigest()

    def tensors(self, name: str) -> dict[str, np.ndarray]:
        """Read `name.safetensors`."""
        return load_file(self._file(f"{name}.safetensors"))

    def frame(self, name: str) -> pl.DataFrame:
        """Read `name.parquet`."""
        return pl.read_parquet(self._file(f"{name}.parquet"))

    def _file(self, name: str) -> Path:
        if name not in self.manifest.files:
            raise ArtifactError(f"{self.path} has no {name}.", f"It holds: {', '.join(self.manifest.files)}.")
        return self.path / name


def write_artifact(
    path: Path,
    manifest: Manifest,
    tensors: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    frames: Mapping[str, pl.DataFrame] | None = None,
    fill: Callable[[Path], None] | None = None,
) -> Artifact:
    """Write an artefact: all of it under a temporary name, then one rename.

    `tensors` maps a file stem to named arrays, `frames` a file stem to a frame; `fill` writes further
    files into the folder it is given (a library's own checkpoint), whose hashes are kept too.
    """
    with staged_folder(path) as stage:
        for stem, arrays in (tensors or {}).items():
            save_file({key: np.asarray(value, order="C") for key, value in arrays.items()}, stage / f"{stem}.safetensors")
        for stem, frame in (frames or {}).items():
            frame.write_parquet(stage / f"{stem}.parquet")
        if fill:
            fill(stage)
        hashes = {file.name: file_hash(file) for file in sorted(stage.iterdir())}
        complete = manifest.model_copy(update={"files": hashes})
        write_file(stage / MANIFEST, _manifest_bytes(complete))
    return Artifact(path, complete)


def read_artifact(path: Path, kind: ArtifactKind) -> Artifact:
    """Open an artefact of the kind asked for; every file's hash is checked."""
    manifest = _read_manifest(path)
    if manifest.kind is not kind:
        raise ArtifactError(f"{path} holds {manifest.kind}, not {kind}.", f"Name a folder that holds {kind}.")
    for name, expected in manifest.files.items():
        if not (path / name).is_file() or file_hash(path / name) != expected:
            raise ArtifactError(f"{path / name} is missing or was changed.", "Delete the folder; it is made anew.")
    return Artifact(path, manifest)


def arrays_hash(arrays: Mapping[str, np.ndarray]) -> str:
    """Return SHA-256 over the names, shapes and bits of arrays: the name of weights.

    >>> arrays_hash({"a": np.zeros(2)}) == arrays_hash({"b": np.zeros(2)})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def _read_manifest(path: Path) -> Manifest:
    file = path / MANIFEST
    try:
        data = file.read_bytes()
        # A newer schema may have fields and kinds unknown here: its number is read before the rest.
        version = _Stamp.model_validate_json(data).schema_version
        if version > SCHEMA_VERSION:
            raise ArtifactError(f"{path} is of schema {version}, newer than {SCHEMA_VERSION}.", "Upgrade: pip install -U broadsheet")
        return Manifest.model_validate_json(data)
    except (FileNotFoundError, NotADirectoryError):
        raise ArtifactError(f"There is no artefact in {path}.", "Make it again with the command that fits it.") from None
    except OSError as fault:
        raise ArtifactError(f"{file} cannot be read: {fault.strerror}.", "Make the folder readable, or delete it; it is made anew.") from None
    except ValidationError as fault:
        raise ArtifactError(f"{file} is not a manifest: {fault.errors()[0]['msg']}.", "Delete the folder; it is made anew.") from None


def _manifest_bytes(manifest: Manifest) -> bytes:
    return (json.dumps(manifest.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
