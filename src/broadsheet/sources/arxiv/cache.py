"""Answers kept on disk, so that a server is asked only whether anything changed."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.errors import OutputError
from broadsheet.core.files import write_file

_SUFFIX = ".answer"
MOST = 256 * 2**20


class Kept(NamedTuple):
    """A body that was kept, and by what the server knows it again."""

    body: bytes
    etag: str
    modified: str

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for another body only."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}


class ResponseCache:
    """A folder with a file for each address: a line of JSON (address, ETag, Last-Modified, hash of the body), then the body.

    Files are written whole or not at all. One that is not as it was written is removed and
    reported to `say`. The oldest go where all hold more than `most` bytes.
    """

    def __init__(self, folder: Path, say: Callable[[str], None], most: int = MOST) -> None:
        self.folder = folder
        self.say = say
        self.most = most

    def get(self, url: str) -> Kept | None:
        """Return what is kept of an address, None where nothing is."""
        try:
            data = self._path(url).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as fault:
            self.say(f"The kept answer of {url} cannot be read ({fault.strerror}); it is asked for anew.")
            return None
        kept = _whole(data, url)
        if kept is None:
            self.drop(url, "it is damaged")
        return kept

    def put(self, url: str, body: bytes, etag: str, modified: str) -> None:
        """Keep an answer that was read and found good; one that the server would not know again is not kept. That it could not be is said, and no error."""
        if not etag and not modified:
            return
        head = {"url": url, "etag": etag, "modified": modified, "sha256": hashlib.sha256(body).hexdigest()}
        try:
            write_file(self._path(url), json.dumps(head).encode() + b"\n" + body)
            self._make_room()
        except (OutputError, OSError) as fault:
            self.say(f"The answer of {url} could not be kept: {fault.what if isinstance(fault, OutputError) else fault.strerror}")

    def drop(self, url: str, reason: str) -> None:
        """Remove what is kept of an address, and say so."""
        try:
            self._path(url).unlink(missing_ok=True)
        except OSError as fault:
            reason = f"{reason}, and cannot be removed ({fault.strerror})"
        self.say(f"The kept answer of {url} was discarded: {reason.rstrip('.')}. It is asked for anew.")

    def forget(self) -> None:
        """Remove all that is kept: whoever says that nothing changed is not believed any more."""
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                path.unlink()

    def _path(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}{_SUFFIX}"

    def _make_room(self) -> None:
        # Another process may remove the same files.
        sizes = {path: stat for path in self.folder.glob(f"*{_SUFFIX}") if (stat := _stat(path)) is not None}
        held = sum(size for _, size in sizes.values())
        for path, (_, size) in sorted(sizes.items(), key=lambda pair: pair[1]):
            if held <= self.most:
                return
            path.unlink(missing_ok=True)
            held -= size


def _whole(data: bytes, url: str) -> Kept | None:
    line, _, body = data.partition(b"\n")
    try:
        head = json.loads(line)
        stated = (head["url"], head["sha256"])
        kept = Kept(body, head["etag"], head["modified"])
    except (ValueError, KeyError, TypeError):
        return None
    return kept if stated == (url, hashlib.sha256(body).hexdigest()) and isinstance(kept.etag, str) and isinstance(kept.modified, str) else None


def _stat(path: Path) -> tuple[float, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime, found.st_size
