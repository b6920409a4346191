"""Embedders by name or by the folder that one was fitted into."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.component import Embedder
from broadsheet.core.errors import ArtifactError, ConfigError, did_you_mean
from broadsheet.core.packages import EFFICIENTNET
from broadsheet.core.schema import ArtifactKind


def _minilm() -> Embedder[Any]:
    from broadsheet.represent.minilm import MiniLMEmbedder

    return MiniLMEmbedder()


def _pictures() -> Embedder[Any]:
    from broadsheet.represent.pictures.embedder import PicturesEmbedder

    return PicturesEmbedder.shipped()


MODELS: dict[str, Callable[[], Embedder[Any]]] = {"minilm": _minilm, "pictures": _pictures}


def model_of_runs() -> str:
    """Return what runs are searched by, on the site and by command: the one of words and pictures, and without its tower that of words."""
    return "pictures" if EFFICIENTNET.is_installed() else "minilm"


def open_embedder(name: str) -> Embedder[Any]:
    """Open an embedder: `minilm`, `pictures` (the one that comes with the package), or the folder of a fitted one.

    Raises ConfigError for another name, ArtifactError for a folder that holds none, and what the embedder itself raises.
    """
    if name in MODELS:
        return MODELS[name]()
    folder = Path(name)
    if not folder.is_dir():
        raise ConfigError(f"There is no embedder {name!r}.{did_you_mean(name, MODELS)}", f"Name one of {', '.join(MODELS)}, or a folder that fit wrote.")
    artifact = read_artifact(folder, ArtifactKind.EMBEDDER)
    component = artifact.manifest.models.get("component", "")
    kinds = {kind.__name__: kind for kind in _kinds()}
    if component not in kinds:
        raise ArtifactError(f"{folder} holds no embedder that is known here ({component or 'not named'}).", "Fit it anew with this version.")
    return kinds[component].load(artifact)


def _kinds() -> tuple[type[Embedder[Any]], ...]:
    from broadsheet.represent.minilm import MiniLMEmbedder
    from broadsheet.represent.muco.embedder import MucoEmbedder
    from broadsheet.represent.pictures.embedder import PicturesEmbedder
    from broadsheet.represent.tfidf import TfidfEmbedder

    return MucoEmbedder, PicturesEmbedder, MiniLMEmbedder, TfidfEmbedder
