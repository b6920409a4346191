"""Where a figure comes from: the commit of the code, and a hash of the data."""

import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from broadsheet import __version__
from broadsheet.core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


@cache
def commit() -> str:
    """Return the short commit of the package's checkout, `+` behind it where files differ; elsewhere the version."""
    found = _git("rev-parse", "--short", "HEAD")
    if not found:
        return __version__
    return found + ("+" if _git("status", "--porcelain", "--untracked-files=no", "--", str(ROOT)) else "")


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def hash_files(paths: Iterable[Path]) -> str:
    """Return the first 16 hexadecimal digits of a SHA-256 over the contents of files; their names and order play no part."""
    digests = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]


def by_name(folders: Sequence[Path]) -> dict[str, Path]:
    """Name folders by their own names. Raises ConfigError where two have the same, for their rows could not be told apart."""
    named = {source.resolve().name: source for source in folders}
    if len(named) < len(folders):
        raise ConfigError(f"Two of {', '.join(map(str, folders))} have the same name.", "Bench them one at a time, or name one otherwise.")
    return named
