"""Authors under another name: a keyed hash that nobody undoes without this installation's key."""

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from broadsheet.core.errors import OutputError
from broadsheet.core.home import home

KEY_BYTES = 32
DIGITS = 16


def author_key() -> bytes:
    """Return the key of this installation, made when it is first asked for; only the user can read its file.

    Raises OutputError where the key can neither be read nor written, or is not as it was written.
    """
    path = home() / "authors.key"
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as fault:
        raise OutputError(f"The key of authors cannot be kept in {path}: {fault.strerror}.", "Set BROADSHEET_HOME to a folder of your own.") from None
    if len(key) != KEY_BYTES:
        raise OutputError(f"{path} is not the key that was written there.", "Put it back from a copy; a new key gives every author a new name.")
    return key


def pseudonym(author: str, key: bytes) -> str:
    """Return 16 hexadecimal digits that stand for an author, the same for as long as the key is.

    >>> pseudonym("ana", b"k" * 32) == pseudonym("ana", b"k" * 32) != pseudonym("ana", b"l" * 32)
    True
    """
    return hmac.new(key, author.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:DIGITS]


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A temporary file is the user's alone from its first byte; the link is made only if no other process was first.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".authors.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()
