"""Bundles that were fitted before, found again by what they were fitted on: a run for another reader, or in another folder, fits nothing twice."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from broadsheet import __version__
from broadsheet.core.artifacts import MANIFEST, Artifact, read_artifact
from broadsheet.core.errors import ArtifactError
from broadsheet.core.files import staged_folder
from broadsheet.core.home import artifact_folder
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind
from broadsheet.stack.contents import contents_of

if TYPE_CHECKING:
    from broadsheet.stack.known import Known

MOST = 8
"""So many bundles of a kind are kept, those that were asked for last."""


def fitted(
    kind: ArtifactKind, known: "Known", config: Any, folder: Path, fit: Callable[..., Artifact], progress: Progress = silent, *, most: int = MOST
) -> tuple[Artifact, bool]:
    """Return the bundle of what is known in `folder`, and whether it was fitted before: by the same version, with the same settings, on the same items, vectors and histories.

    `fit(known, folder, config, progress=)` fits it. One that is kept and damaged is fitted anew. Raises what the fit raises.
    """
    kept = artifact_folder() / f"{kind}-{_key(known, config, progress)}"
    if kept.exists():
        try:
            read_artifact(kept, kind)
            _copied(kept, folder)
            os.utime(kept)
            return read_artifact(folder, kind), True
        except ArtifactError:
            get_logger("run").warning("a kept bundle is damaged and fitted anew", artifact=kept.name)
            shutil.rmtree(kept, ignore_errors=True)
    made = fit(known, folder, config, progress=progress)
    _copied(folder, kept)
    others = sorted((path for path in kept.parent.glob(f"{kind}-*") if path != kept), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[most - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
    return made, False


def _key(known: "Known", config: Any, progress: Progress) -> str:
    contents = {name: [of.model, hashlib.sha256(of.vectors.tobytes()).hexdigest()] for name, of in contents_of(known, progress).items()}
    held = {
        "config": config.model_dump(mode="json"),
        "histories": known.histories,
        "items": known.catalogue.content_hash(),
        "contents": contents,
        "version": __version__,
    }
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:20]


def _copied(source: Path, target: Path) -> None:
    with staged_folder(target, MANIFEST) as stage:
        shutil.copytree(source, stage, dirs_exist_ok=True)
