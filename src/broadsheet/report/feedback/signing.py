"""The secrets that sign links: made once, kept for their owner's eyes, replaced while older ones still open."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

from broadsheet.core.errors import ConfigError, OutputError
from broadsheet.core.home import home

VARIABLE: Final = "BROADSHEET_SECRET"
# Shorter ones can be guessed.
LEAST = 16
KEPT = 3


def secret_path() -> Path:
    """Return where this installation keeps its secrets, newest first, one a line."""
    return home() / "secret"


def read_secrets() -> tuple[bytes, ...]:
    """Return the secrets, newest first: those of BROADSHEET_SECRET (separated by white space), then those of the file, which is made where there is neither.

    Raises ConfigError for one that is too short, and for a file that others may read.
    """
    stated = os.environ.get(VARIABLE, "").split()
    path = secret_path()
    if not stated and not path.exists():
        _make(path)
    kept = _read(path) if path.exists() else []
    found = [*stated, *kept]
    if any(len(one) < LEAST for one in found):
        raise ConfigError(f"A secret that signs links is shorter than {LEAST} characters.", f"Unset {VARIABLE}, and one is made; or take 32 random characters.")
    return tuple(one.encode() for one in dict.fromkeys(found))


def rotate_secret(*, forget: bool = False) -> Path:
    """Put a new secret before the others in the file; links of the older ones, of which few are kept, open until they expire.

    With `forget` none is kept: who knows an older one can sign nothing more, and no link that is out opens.
    """
    path = secret_path()
    if not path.exists():
        _make(path)
        return path
    lines = [secrets.token_hex(32), *([] if forget else _read(path))][:KEPT]
    _as_whole(path, "\n".join(lines) + "\n", replace=True)
    return path


def _read(path: Path) -> list[str]:
    try:
        open_to, text = path.stat().st_mode & 0o077, path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path}, which signs links, cannot be read: {fault}.", f"Move it away, and another is made; or set {VARIABLE}.") from None
    if open_to:
        raise ConfigError(f"Others may read {path}, which signs links.", f"chmod 600 {path}; then, if they did: broadsheet report feedback rotate --forget")
    return text.split()


def _make(path: Path) -> None:
    _as_whole(path, secrets.token_hex(32) + "\n", replace=False)


def _as_whole(path: Path, text: str, *, replace: bool) -> None:
    """Write a file that only its owner may read; of two processes that make it at once the first wins."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        beside = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                beside.replace(path)
            else:
                path.hardlink_to(beside)
        except FileExistsError:
            return
        finally:
            beside.unlink(missing_ok=True)
    except OSError as fault:
        raise OutputError(f"Cannot write in {path.parent}: {fault.strerror}.", f"Set BROADSHEET_HOME to a folder of your own, or {VARIABLE}.") from None
