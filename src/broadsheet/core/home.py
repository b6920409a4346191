"""Where this installation keeps its state: the store and cached artefacts."""

import os
from pathlib import Path


def home() -> Path:
    """Return BROADSHEET_HOME, or the user's data folder by the XDG convention."""
    stated = os.environ.get("BROADSHEET_HOME")
    if stated:
        return Path(stated)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "broadsheet"


def cache_folder() -> Path:
    """Return the user's cache folder by the XDG convention: all installations of one user share it, whatever their BROADSHEET_HOME."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "broadsheet"


def artifact_folder() -> Path:
    """Return the folder of cached artefacts."""
    return home() / "artifacts"


def data_path(path: Path) -> Path:
    """Return a path as it is where it leads to something, else within BROADSHEET_DATA where it does there."""
    stated = os.environ.get("BROADSHEET_DATA")
    return Path(stated) / path if stated and not path.exists() and (Path(stated) / path).exists() else path


def store_path() -> Path:
    """Return the default database."""
    return home() / "store.sqlite"


def bench_folder() -> Path:
    """Return the folder of bench rows."""
    return home() / "bench"


def ranker_folder() -> Path:
    """Return where a ranker of one's own is kept and found."""
    return home() / "ranker"


def graph_folder() -> Path:
    """Return where databases of graphs are kept, by what they hold."""
    return home() / "graphs"
