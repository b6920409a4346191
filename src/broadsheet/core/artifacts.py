"""Artefacts: a folder with a manifest, tensors and frames, named by what it holds."""

import hashlib
import io
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import polars as pl
from pydantic import BaseModel, Field, ValidationError
from safetensors.numpy import load, save_file

from broadsheet import __version__
from broadsheet.core.errors import ArtifactError, OutputError
from broadsheet.core.files import before_of, check_own, check_writable, file_hash, staged_folder, write_file
from broadsheet.core.schema import ArtifactKind, Record

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
AGAIN = "Delete the folder, and run the command that made it once more."
# Which command makes what.
MAKERS = {
    ArtifactKind.EMBEDDINGS: "broadsheet represent run",
    ArtifactKind.EMBEDDER: "broadsheet represent fit",
    ArtifactKind.WORLD: "broadsheet world",
    ArtifactKind.RETRIEVER: "broadsheet retrieve fit",
    ArtifactKind.SEQUENCE_RANKER: "broadsheet rank fit",
    ArtifactKind.NEEDS: "broadsheet needs run",
    ArtifactKind.NEEDS_VIEW: "broadsheet needs view",
    ArtifactKind.NEEDS_LABELLER: "broadsheet needs fit",
    ArtifactKind.NEEDS_THEMES: "broadsheet needs themes",
    ArtifactKind.GRAPH: "broadsheet ask build",
    ArtifactKind.PLAN_TABLE: "broadsheet plan fit",
    ArtifactKind.PLAN: "broadsheet plan fit",
    **dict.fromkeys(
        (ArtifactKind.CATALOGUE, ArtifactKind.VECTORS, ArtifactKind.CANDIDATES, ArtifactKind.SCORES, ArtifactKind.SLATE, ArtifactKind.PAGE), "broadsheet run"
    ),
}
# How often, and after how many seconds, a folder that is just being replaced is looked at again.
TRIES, PAUSE = 50, 0.02
Loaded = TypeVar("Loaded")


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
        """Read `name.safetensors`. Raises ArtifactError where the file is not the one that the manifest names."""
        return load(self._file(f"{name}.safetensors"))

    def frame(self, name: str) -> pl.DataFrame:
        """Read `name.parquet`. Raises ArtifactError where the file is not the one that the manifest names."""
        return pl.read_parquet(io.BytesIO(self._file(f"{name}.parquet")))

    def _file(self, name: str) -> bytes:
        """Read a file; the hash is that of the bytes that are used, for the folder may have been replaced since it was opened."""
        if name not in self.manifest.files:
            raise ArtifactError(f"{self.path} has no {name}.", f"It holds: {', '.join(self.manifest.files)}.")
        try:
            data = (self.path / name).read_bytes()
        except FileNotFoundError:
            data = b""
        if hashlib.sha256(data).hexdigest() != self.manifest.files[name]:
            raise _changed(self.path / name)
        return data


def write_artifact(
    path: Path,
    manifest: Manifest,
    tensors: Mapping[str, Mapping[str, np.ndarray]] | None = None,
    frames: Mapping[str, pl.DataFrame] | None = None,
    fill: Callable[[Path], None] | None = None,
) -> Artifact:
    """Write an artefact: all of it under a temporary name, then one rename.

    `tensors` maps a file stem to named arrays, `frames` a file stem to a frame; `fill` writes further
    files into the folder it is given (a library's own checkpoint), whose hashes are kept too. A folder that holds anything but an
    artefact of the same kind is not replaced: OutputError.
    """
    check_replaceable(path, manifest.kind)
    with staged_folder(path, MANIFEST) as stage:
        for stem, arrays in (tensors or {}).items():
            save_file({key: np.asarray(value, order="C") for key, value in arrays.items()}, stage / f"{stem}.safetensors")
        for stem, frame in (frames or {}).items():
            frame.write_parquet(stage / f"{stem}.parquet")
        if fill:
            fill(stage)
        for file in stage.iterdir():
            if file.is_file():
                file.chmod(0o644)
        hashes = {file.name: file_hash(file) for file in sorted(stage.iterdir())}
        complete = manifest.model_copy(update={"files": hashes})
        write_file(stage / MANIFEST, _manifest_bytes(complete))
    return Artifact(path, complete)


def check_replaceable(path: Path, kind: ArtifactKind) -> None:
    """Raise OutputError unless an artefact of this kind may be written to `path`: nothing is there, or one of the same kind, whole or not.

    To be called before long work, and called by `write_artifact` again.
    """
    check_writable(path.parent)
    check_own(path, MANIFEST)
    try:
        other = Manifest.model_validate_json((path / MANIFEST).read_bytes()).kind
    except (FileNotFoundError, ValidationError):
        return
    if other is not kind:
        raise OutputError(f"{path} holds {other}, which {kind} does not replace.", "Name another folder, or move that one away.")


def read_artifact(path: Path, kind: ArtifactKind) -> Artifact:
    """Open an artefact of the kind asked for; every file's hash is checked. One that is just being replaced is the old one or the new one."""
    for _ in range(TRIES):
        stamp = _stamp(path)
        try:
            return _opened(path, kind)
        except ArtifactError:
            if not before_of(path).exists() and _stamp(path) == stamp:
                raise
            time.sleep(PAUSE)
    return _opened(path, kind)


def _stamp(path: Path) -> bytes | None:
    """Return the manifest as it is, or None where there is none: another one says that the folder was replaced."""
    try:
        return (path / MANIFEST).read_bytes()
    except OSError:
        return None


def load_artifact(path: Path, kind: ArtifactKind, loaded: Callable[[Artifact], Loaded]) -> Loaded:
    """Open an artefact and load it; where another took its place meanwhile, that one: never a part of each."""
    for _ in range(TRIES):
        artifact = read_artifact(path, kind)
        try:
            return loaded(artifact)
        except ValidationError as fault:
            raise ArtifactError(f"{path} has settings that are none: {fault.errors()[0]['msg']}.", AGAIN) from None
        except ArtifactError:
            if read_artifact(path, kind).manifest == artifact.manifest:
                raise
    return loaded(read_artifact(path, kind))


def _opened(path: Path, kind: ArtifactKind) -> Artifact:
    manifest = _read_manifest(path, kind)
    if manifest.kind is not kind:
        raise ArtifactError(f"{path} holds {manifest.kind}, not {kind}.", f"Name a folder that holds {kind}. {_made_by(kind)}")
    for name, expected in manifest.files.items():
        try:
            same = file_hash(path / name) == expected
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            same = False
        if not same:
            raise _changed(path / name)
    return Artifact(path, manifest)


def _changed(file: Path) -> ArtifactError:
    return ArtifactError(f"{file} is missing or was changed.", AGAIN)


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


def _made_by(kind: ArtifactKind) -> str:
    """Say how to come by an artefact of a kind."""
    return f"Make one: {MAKERS[kind]} (its --help has an example)." if kind in MAKERS else "Make it again with the command that fits it."


def _read_manifest(path: Path, kind: ArtifactKind) -> Manifest:
    file = path / MANIFEST
    try:
        data = file.read_bytes()
        # A newer schema may have fields and kinds unknown here: its number is read before the rest.
        version = _Stamp.model_validate_json(data).schema_version
        if version > SCHEMA_VERSION:
            raise ArtifactError(f"{path} is of schema {version}, newer than {SCHEMA_VERSION}.", "Upgrade: pip install -U broadsheet")
        return Manifest.model_validate_json(data)
    except (FileNotFoundError, NotADirectoryError):
        raise ArtifactError(f"There is no artefact in {path}.", _made_by(kind)) from None
    except OSError as fault:
        raise ArtifactError(f"{file} cannot be read: {fault.strerror}.", f"Make the folder readable. Or: {AGAIN[0].lower()}{AGAIN[1:]}") from None
    except ValidationError as fault:
        raise ArtifactError(f"{file} is not a manifest: {fault.errors()[0]['msg']}.", AGAIN) from None


def _manifest_bytes(manifest: Manifest) -> bytes:
    return (json.dumps(manifest.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
